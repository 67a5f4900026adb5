// X-ray absorption (2p to 3d) and resonant inelastic scattering of an ion model, all polarisations at once.
#pragma once

#include <array>
#include <complex>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/multiplet/ion_model.hpp"

namespace lithoscope::multiplet {

using Vector3 = std::array<std::complex<double>, 3>;  ///< x, y, z
using Tensor3 = std::array<std::complex<double>, 9>;  ///< row-major over x, y, z

struct SolverSettings {
  double temperature_K = 300;
  double populated_kT = 20;        ///< states up to this many kT above the lowest count, whole manifolds always
  std::int64_t dense_most = 700;   ///< larger blocks are solved by Lanczos
  double krylov_tolerance = 1e-7;  ///< bound of a Krylov spectrum's error, share of its maximum
  std::int64_t krylov_most = 6000;
};

struct Level {
  double energy_eV = 0;  ///< above the lowest
  int degeneracy = 1;
  double spin_squared = 0;   ///< <S^2> of the d and ligand electrons
  double e_g_electrons = 0;  ///< of the d shell, means over the manifold
  double d_electrons = 0;
  double population = 0;  ///< of the whole manifold
};

/// A transition, or a pole of a Krylov space. conj(e) . strength . e is its intensity for polarisation e.
struct Stick {
  double energy_eV = 0;
  double half_hole = 0;  ///< share of the 2p hole in j = 1/2: 0 at L3, 1 at L2
  Tensor3 strength{};
};

/// Thermal average of all populated states. Strengths are of the dipole operator in Clebsch-Gordan normalisation: the
/// isotropic ones add up to (10 - n_d)/3.
struct Absorption {
  std::vector<Stick> sticks;  ///< by energy
  double krylov_residual =
      0;  ///< bound of the error, share of the maximum at the narrower of the widths; 0: all is dense
  std::int64_t krylov_steps = 0;  ///< the longest chain
};

/// Half widths (HWHM) of the Lorentzian of a core level; each core state gets the mean its hole deserves.
struct Lifetimes {
  double L3_eV = 0.25, L2_eV = 0.25;
  double of(double half_hole) const { return L3_eV + half_hole * (L2_eV - L3_eV); }
};

/// Intensity for a polarisation (a complex unit vector) or of a powder or cubic crystal.
double intensity(const Stick& stick, const Vector3& polarisation);
double isotropic(const Stick& stick);

struct Polarised {
  Vector3 in, out;
};
/// Weights of a powder average: |e_out* . e_in|^2, |e_out|^2, |e_out . e_in|^2, summed over what the detector takes.
struct Powder {
  double L1 = 0, L2 = 0, L3 = 0;
};
struct Channel {
  std::string name;
  std::variant<Polarised, Powder> how;
};

/// Polarisations of a scattering geometry: angles (rad) of incidence and exit from the surface, azimuth about z.
Vector3 pi_in(double incidence, double azimuth);
Vector3 sigma(double azimuth);
Vector3 pi_out(double exit, double azimuth);

/// Linear polarisations at an angle between them, and the outgoing one not analysed: `cos2` is then |e_in . k_out|^2.
Powder powder_linear(double cos2_between);
Powder powder_any_out(double cos2_in_and_exit);
Powder powder_of(const Vector3& in, const Vector3& out);
/// Average over all orientations of |conj(out) . F . in|^2 for one tensor of amplitudes (Andrews and Thirunamachandran,
/// J. Chem. Phys. 67, 5026, 1977).
double powder_average(const Tensor3& amplitudes, const Powder& weights);

struct ScatteringSettings {
  std::vector<double> incident_eV;
  Lifetimes lifetimes;
  std::vector<Channel> channels;
  bool elastic = true;  ///< keep the line at zero loss
  /// A large model's final states are found to be right through this half width up to this loss.
  double final_half_width_eV = 0.05;
  double loss_to_eV = 12;
};

/// What is scattered at each incident energy: lines of energy loss, one strength a channel (Kramers-Heisenberg). In a
/// Krylov space the core states are not told apart: there the width is that of the hole usual at the incident energy
/// (about 0.2 % of the maximum where L2 is three times L3).
struct ScatteringRow {
  double incident_eV = 0;
  std::vector<double> loss_eV;
  std::vector<double> strength;  ///< channel by channel, each over `loss_eV`
};
struct Scattering {
  std::vector<std::string> channels;
  std::vector<ScatteringRow> rows;
  bool krylov = false;         ///< some states were not diagonalised
  double krylov_residual = 0;  ///< bound of the amplitudes' and the final spectra's error, share of their maximum
};

/// One ion model solved. Building one diagonalises the ground configuration; the rest happens on demand.
/// Throws ComputationError for an impossible model or one too large for the memory at hand, before starting.
class Multiplet {
 public:
  explicit Multiplet(const IonModel& model, const SolverSettings& settings = {});
  ~Multiplet();
  Multiplet(Multiplet&&) noexcept;

  /// Lowest levels, degenerate states together: all of a dense ground configuration, the populated ones of a large one.
  /// `axis`: what the field's z axis is, for the e_g electrons.
  std::vector<Level> levels(CubicAxis axis = CubicAxis::fourfold) const;
  /// Energies of all states known, ascending, as calculated (their zero is the mean of d^n).
  std::vector<double> energies_eV() const;
  int populated() const;
  Size size() const;
  std::int64_t blocks_ground() const;
  std::int64_t blocks_core_hole() const;

  /// `lifetimes`: a Krylov space grows until it is converged at these widths.
  Absorption absorption(const Lifetimes& lifetimes, core::Progress& progress) const;
  Scattering scattering(const ScatteringSettings& settings, core::Progress& progress) const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace lithoscope::multiplet
