// Shoulders, pre-edge peaks and white lines: the numbers papers quote, with their uncertainty.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/value.hpp"
#include "lithoscope/xas/normalise.hpp"
#include "lithoscope/xas/spectrum.hpp"

namespace lithoscope::xas {

struct EdgeName {
  std::string element, edge;
};
/// The one edge (K of C, N, O, F and Ti to Cu, L2,3 of Ti to Cu) that energies from `from_eV` to `to_eV` hold with a
/// few eV to spare; none when there are several.
std::optional<EdgeName> edge_between(double from_eV, double to_eV);

/// A ratio of mean intensities in two windows.
struct FeatureWindow {
  std::string name;
  double from_eV = 0, to_eV = 0;              ///< of the shoulder or peak
  double other_from_eV = 0, other_to_eV = 0;  ///< of what it is compared with
  bool operator==(const FeatureWindow&) const = default;
};

/// The fingerprints of the reference study (paper, Fig. 2): Ni's high-energy shoulder, Co's and Mn's low-energy
/// shoulders, oxygen's pre-edge peak at 529.7 eV. Between neighbouring computed references Ni's falls and Co's and Mn's
/// rise where the metal is reduced; a window of Co that begins lower would hold the hole's line of Co4+, at 778.5 eV.
/// Empty for other edges. Places are usual ones: calibrate first.
std::vector<FeatureWindow> usual_features(const std::string& element);

/// "shoulder: 854..856 / 852..853.5". Throws UsageError.
FeatureWindow parse_feature(const std::string& text);

/// A ratio and where its variance comes from.
struct FeatureRatio {
  core::Value ratio;
  double by_noise = 0;  ///< variance from the points
  double by_shift = 0;  ///< what one standard deviation of the energy scale does to the ratio; its square is the rest
  bool operator==(const FeatureRatio&) const = default;
};
/// The noise is that of the points and of what the normalisation fitted. Throws UsageError where the spectrum does not
/// reach.
FeatureRatio measure_feature(const Spectrum& spectrum, const FeatureWindow& window, double shift_sigma_eV,
                             std::span<const SharedTerm> shared = {});

/// How the ratio grows with each point of the spectrum.
std::vector<double> feature_gradient(const Spectrum& spectrum, const FeatureWindow& window);

/// A feature of two spectra whose energy scales differ by a known shift: what both scales have in common is in neither
/// ratio's variance, and the window follows the spectrum after.
struct FeatureChange {
  FeatureWindow window;
  core::Value before, after;
  core::Value change;  ///< after less before, the shift's uncertainty included
};
/// A spectrum's ratio as measured, and how its points vary with the shift (eV times the spectrum's unit).
struct FeatureSide {
  const Spectrum& spectrum;
  const FeatureRatio& measured;
  std::span<const double> with_shift;
};
FeatureChange feature_change(const FeatureSide& before, const FeatureSide& after, const FeatureWindow& window,
                             const core::Value& shift_eV);

/// The ratio, the noise of the points and an uncertainty of the energy scale in its variance. Throws UsageError where
/// the spectrum does not reach.
core::Value feature_ratio(const Spectrum& spectrum, const FeatureWindow& window, double shift_sigma_eV);

struct DoubleStepSettings {
  std::optional<double> L3_eV, L2_eV;  ///< default: the maxima
  double pre_below_L3_eV = 5;          ///< the line through the pre-edge ends so far below L3
  double post_above_L2_eV = 10;        ///< the height is taken from here on
  double L3_share = 2.0 / 3;           ///< of the step
};

/// White lines on a line plus two arctangent steps at the L3 and L2 maxima.
struct WhiteLines {
  double L3_eV = 0, L2_eV = 0;
  double L3_half_width_eV = 0, L2_half_width_eV = 0;  ///< half widths at half maximum of the lines: those of the steps
  core::Value step;                                   ///< height of both
  core::Value L3_area, L2_area;                       ///< in units of the step times eV
  core::Value branching;                              ///< L3 / (L3 + L2)
  std::vector<double> baseline;                       ///< line and steps, on the spectrum's energies
};
/// Throws UsageError where the spectrum does not hold both edges and room below and above.
WhiteLines white_lines(const Spectrum& spectrum, const std::string& element, const DoubleStepSettings& settings = {});

}  // namespace lithoscope::xas
