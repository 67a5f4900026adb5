// One feature of a map, such as the oxidised oxygen at 531 eV in and 523 eV out: where, how large, how sure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/rixs/map.hpp"

namespace lithoscope::rixs {

struct FeatureSettings {
  double incident_eV = 531, emission_eV = 523;              ///< where it is sought; JACS 2019, Figure 4
  double search_incident_eV = 1.2, search_emission_eV = 2;  ///< how far from there it may lie
  double window_incident_eV = 3, window_emission_eV = 6;    ///< half sides of the part of the map that is fitted
  double sigma_incident_eV = 0.5, sigma_emission_eV = 0.9;  ///< where the fit of the widths begins
};

struct Feature {
  core::Value incident_eV, emission_eV;
  core::Value sigma_incident_eV, sigma_emission_eV;
  core::Value counts;        ///< in the Gaussian above the background
  double low = 0, high = 0;  ///< 95 % interval of the counts, by the profile likelihood
  core::Value share;         ///< of all counts of the map
  /// Of its being there, standard deviations: on the background that was fitted, and on one that any smooth field may
  /// bend, whichever is less.
  double significance = 0;
  double chance = 1;         ///< that bands and noise alone make one as significant where it was sought
  double on_fit = 0;         ///< standard deviations on the background that was fitted, were it right
  core::Value other_counts;  ///< on the background that may bend
  double spread = 0;         ///< by which the two differ where that is beyond their noise; in the counts' error
  /// Covariance of place, logarithms of the widths, and counts, 5 x 5; not kept in a result.
  std::vector<double> covariance;
  bool at_edge = false;  ///< place or width lie at an end of what was searched: no detection
  double chi_squared_per_bin = 0;
};

/// Poisson likelihood of a two-dimensional Gaussian on a background that grows while the data ask for it: the
/// exponential of polynomials along each axis and of mixed terms, a pedestal, a second band that is no narrower than
/// bands are. Empty when the window does not lie in the map.
std::optional<Feature> find_feature(const RixsMap& map, const FeatureSettings& settings = {});

/// Chance that noise alone makes a summit of `z` standard deviations somewhere in a search along axes of these lengths,
/// in units over which a line becomes an independent one (Adler, Random Fields and Geometry).
double chance_elsewhere(double z, std::span<const double> lengths);

/// Why the counts of a feature are no observable to build on; empty when they are. A weak one shares its counts with
/// what the fit takes for background, so that the interval is too narrow: the check rixs-feature-counts has the
/// figures.
std::string why_unusable(const Feature& feature);

}  // namespace lithoscope::rixs
