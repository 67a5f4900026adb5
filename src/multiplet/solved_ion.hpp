// An ion model with its states: what absorption and scattering are computed from. Private to the room.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "lanczos.hpp"
#include "lithoscope/multiplet/spectra.hpp"
#include "sparse.hpp"

namespace lithoscope::multiplet {

/// Free physical memory.
double memory_at_hand_bytes();

struct PopulatedState {
  std::size_t block = 0;
  Eigen::Index column = 0;  ///< of the block's eigenvectors
  double energy_eV = 0;
  double population = 0;
};

template <class S>
class SolvedIon {
 public:
  SolvedIon(const IonModel& model, const SolverSettings& settings);

  const SolverSettings settings;
  const int orbitals;
  Space<S> ground;
  Space<S> core_hole;
  std::vector<Eigenpairs<S>> ground_states;                    ///< of each block; of a large one the populated only
  std::vector<std::optional<Eigenpairs<S>>> core_hole_states;  ///< none of a large block
  std::vector<std::vector<double>> half_hole;                  ///< of each dense core-hole state
  std::array<SparseMatrix<S>, 3> dipole;                       ///< T_q, q = -1, 0, 1
  std::vector<PopulatedState> populated;                       ///< by energy, then block

  bool ground_is_dense() const;
  std::vector<Level> levels(CubicAxis axis) const;
  std::vector<double> energies() const;
  double lowest_eV() const { return populated.front().energy_eV; }
  Column<S> vector_of(const PopulatedState& state) const;

  /// Share of the 2p hole in j = 1/2 as a function of energy, about a vector of a large block.
  struct HoleCurve {
    std::vector<double> energy_eV, half_hole;
    double at(double energy_eV) const;
  };
  HoleCurve hole_curve(std::size_t block, const Column<S>& vector) const;

  Absorption absorption(const Lifetimes& lifetimes, core::Progress& progress) const;
  Scattering scattering(const ScatteringSettings& how, core::Progress& progress) const;

 private:
  void solve_ground();
  void solve_core_hole();
  void populate();

  SparseMatrix<S> p_spin_orbit_;  ///< sum of l.s over the 2p electrons
};

/// x, y, z components of the dipole operator in its spherical ones: T_a = sum_q [a][q + 1] T_q.
inline const std::array<std::array<std::complex<double>, 3>, 3>& cartesian() {
  static const double h = std::sqrt(0.5);
  static const std::array<std::array<std::complex<double>, 3>, 3> table{
      {{{{h, 0}, {0, 0}, {-h, 0}}}, {{{0, h}, {0, 0}, {0, h}}}, {{{0, 0}, {1, 0}, {0, 0}}}}};
  return table;
}

}  // namespace lithoscope::multiplet
