// Fluorescence yield of a flat sample: what self-absorption makes of a spectrum, and back, with a verdict on whether
// the way back can be trusted.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/value.hpp"
#include "lithoscope/material/composition.hpp"
#include "lithoscope/xas/spectrum.hpp"

namespace lithoscope::xas {

/// No sample is flat enough for less, and light is reflected.
inline constexpr double least_angle_deg = 0.1;
/// A tenth of a layer of atoms.
inline constexpr double least_areal_density_g_per_cm2 = 1e-8;

/// Angles from the surface. Throws UsageError outside [least_angle_deg, 90].
struct Geometry {
  double incidence_deg = 45, exit_deg = 45;
  double ratio() const;  ///< sin(incidence) / sin(exit)
};

/// A line that the scanned edge emits: photons per hole in the first shell (K, L3) and in the second (L2).
struct EdgeLine {
  double attenuation = 0;  ///< of the material at its energy, cm2/g
  double per_first = 0, per_second = 0;
};

/// Attenuation of a material about one edge, in cm2 per gram of the material.
struct EdgeAbsorption {
  std::vector<double> energy_eV;
  std::vector<double> resonant;  ///< by the absorbing shells, smooth through the edge: times a spectrum of edge one
  std::vector<double> other;     ///< by all else
  double at_line = 0;            ///< of everything, at the emitted energy
  double line_eV = 0;
  /// What a detector of the edge's own lines counts; empty: one line of one photon a hole, at `line_eV`.
  std::vector<EdgeLine> lines = {};
  std::vector<double> second_open = {};  ///< how far the second shell has opened, 0 to 1; empty: there is none
};

/// Part of the resonant absorption that makes holes in the second shell, where a spectrum of edge one stands at
/// `near_edge`: towards L2 the first shell falls to its two thirds of the step.
double second_share(double open, double near_edge);
/// How far the second shell has opened at each energy: from 5 eV below its tabulated edge to it.
std::vector<double> second_open(const std::string& element, std::span<const std::string> shells,
                                std::span<const double> energy_eV);
/// All lines of the edge's own shells. A hole in L2 moves to L3 with the probability `coster_kronig` and emits from
/// there too: xraylib has none for Mn, Co and Ni, and measured ones lie between 0 and 0.7.
std::vector<EdgeLine> edge_lines(const material::Composition& composition, const std::string& element,
                                 std::span<const std::string> shells, double highest_eV, double coster_kronig);

/// From xraylib's tables. `shells`: {"K"} or {"L3", "L2"}; below its edge the shells' absorption is continued along its
/// power law, so that the place of the tabulated edge does not matter. Throws UsageError for what the material has not.
EdgeAbsorption edge_absorption(const material::Composition& composition, const std::string& element,
                               std::span<const std::string> shells, double line_eV, std::span<const double> energy_eV);

/// "K" -> {"K"}, "L" or "L2,3" -> {"L3", "L2"}, "L3" -> {"L3"}. Throws UsageError.
std::vector<std::string> shells_of(const std::string& edge);
/// The strongest line of the edge's lowest shell, eV.
double strongest_line_eV(const material::Composition& composition, const std::string& element,
                         std::span<const std::string> shells);

struct Slab {
  double areal_density_g_per_cm2 = std::numeric_limits<double>::infinity();  ///< infinity: thick
  double incidence_deg = 45;
  double exit_ratio = 1;  ///< Geometry::ratio()
};

/// Photons of the edge's lines that leave again, a photon in: for one line of one photon a hole mu_X/(mu_T + g mu_f)
/// (1 - exp(-d (mu_T/sin(in) + mu_f/sin(out)))). `resonant` in cm2/g on the energies of `absorption`.
std::vector<double> fluorescence(const EdgeAbsorption& absorption, std::span<const double> resonant, const Slab& slab);

/// What may decide how thick a sample is when nobody measured it. Throws UsageError when nothing is given.
struct ThicknessEvidence {
  /// The beam monitor and the detector answer alike at all energies: then the slope above the edge counts. A gas-filled
  /// monitor alone bends a spectrum more than any thickness.
  bool flat_response = false;
  /// Where the strength edge of the corrected spectrum must lie (see strength_edge_eV): its white line is paid for by
  /// what is missing elsewhere, so that too strong a correction pulls the edge down.
  std::optional<core::Value> strength_edge_eV;
};

struct ThicknessFit {
  Slab slab;
  double constant = 0;       ///< signal = constant * fluorescence
  double low = 0, high = 0;  ///< 95 % interval of the areal density, g/cm2; high may be infinite
  double misfit = 0, misfit_thick = 0, misfit_thin = 0;  ///< chi squared of the evidence
  bool thick_rejected = false, thin_rejected = false;    ///< at 95 %
};
/// `signal` without its pre-edge line, on the energies of `absorption`; the range lies above the edge, where the tables
/// hold. The oscillations there count as correlated noise. Throws UsageError for a range without points.
ThicknessFit fit_thickness(const Spectrum& signal, const EdgeAbsorption& absorption, const Geometry& geometry,
                           double from_eV, double to_eV, const ThicknessEvidence& evidence);

/// Where a step of one, from `below_eV` to `to_eV`, would have the strength of a spectrum of edge one, a straight line
/// through [from, to] made level first: strength is conserved, so white lines and oscillations add up to nothing.
double strength_edge_eV(const Spectrum& spectrum, double below_eV, double from_eV, double to_eV);

/// Usual strength edge of a 3d metal's K edge in an oxide of this valence: above the tabulated edge by
/// 5.5 + 1.1 (Z - 25) + 1.7 (valence - 2) eV, to 1.2 eV; from transmission spectra of fourteen Mn, Fe and Ni standards.
/// None for other elements.
std::optional<core::Value> usual_strength_edge_eV(const std::string& element, double valence);

/// The constant alone, for a given slab: mean over the range, not one energy.
double fit_constant(const Spectrum& signal, const EdgeAbsorption& absorption, const Slab& slab, double from_eV,
                    double to_eV);

/// Areal density and exit ratio by which a fluorescence spectrum follows another of the same sample that is not
/// absorbed, between two energies. `partner` is proportional to mu_X with a height of one at the last energy, such as
/// an electron yield over the energy.
struct PartnerFit {
  Slab slab;
  double constant = 0;
  double rms = 0;
};
PartnerFit fit_slab_to_partner(const Spectrum& signal, const Spectrum& partner, const EdgeAbsorption& absorption,
                               double incidence_deg, double from_eV, double to_eV);

struct Verdict {
  bool trusted = true;
  double amplification = 1;  ///< largest factor by which a relative error of the signal grows
  double at_eV = 0;
  std::string reason;  ///< empty when trusted
};

struct Corrected {
  Spectrum spectrum;    ///< mu_X over the smooth atomic one: an edge of one
  Spectrum absorption;  ///< mu_X itself, over what the atomic one is in the middle: falls above the edge as tables do
  Verdict verdict;
};

/// What a correction may do before it is refused.
struct CorrectionLimits {
  double amplification = 8;       ///< most by which a relative error of the signal grows, where the edge is
  double slope = 0.5;             ///< most change of the corrected spectrum over the range, where tables make it level
  double from_eV = 0, to_eV = 0;  ///< that range, above the edge; equal: not looked at
};

/// Solves signal = constant * fluorescence(mu_X) for mu_X at each energy (the right side rises with mu_X). Refused,
/// with the reason, where the signal reaches what an infinite mu_X would give (the values there are the largest that
/// can be told), where errors grow too much, or where the result does not follow the tables above the edge.
Corrected correct(const Spectrum& signal, const EdgeAbsorption& absorption, const Slab& slab, double constant,
                  const CorrectionLimits& limits = {});

/// Total attenuation from the same fluorescence at two geometries, over that at the emitted energy (thick samples;
/// Eisebitt et al., Phys. Rev. B 47, 14103, 1993). Both spectra on one scale and the same energies. Throws UsageError
/// for equal geometries, ComputationError where no attenuation gives both signals.
Spectrum two_angle_fluorescence(const Spectrum& first, double first_ratio, const Spectrum& second, double second_ratio);

/// The same from I0 over a non-resonant line (inverse partial fluorescence yield; Achkar et al., Phys. Rev. B 83,
/// 081106, 2011). `first` and `second` are the line's yields.
Spectrum two_angle_inverse(const Spectrum& first, double first_ratio, const Spectrum& second, double second_ratio);

/// One emitted line's share of the total fluorescence.
struct LineYield {
  std::string element, shell, line;
  double energy_eV = 0;
  std::vector<double> yield;  ///< photons per incident photon into 4 pi, over the energies
};

/// Everything that shines while an edge is scanned: `near_edge` is the edge's spectrum with an edge of one. Below and
/// through an L edge the oxygen line dips where the edge absorbs: total yields are distorted by it. `coster_kronig`:
/// see edge_lines.
std::vector<LineYield> total_fluorescence(const material::Composition& composition, const std::string& element,
                                          std::span<const std::string> shells, const Spectrum& near_edge,
                                          const Slab& slab, double coster_kronig = 0);

}  // namespace lithoscope::xas
