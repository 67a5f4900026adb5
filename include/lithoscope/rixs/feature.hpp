// One feature of a map, such as the oxidised oxygen at 531 eV in and 523 eV out: where, how large, how sure.
#pragma once

#include <optional>
#include <string>

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
  double significance = 0;   ///< of its being there, standard deviations
  double chance = 1;         ///< that noise alone makes one as significant where it was sought
  double chi_squared_per_bin = 0;
};

/// Poisson likelihood of a two-dimensional Gaussian on a background that grows while the data ask for it: the
/// exponential of polynomials along each axis and of mixed terms, a pedestal, a second band that is no narrower than
/// bands are. Empty when the window does not lie in the map.
std::optional<Feature> find_feature(const RixsMap& map, const FeatureSettings& settings = {});

struct FeatureChange {
  Feature before, after;
  core::Value ratio;  ///< of the shares, after over before
  double significance = 0;
};
FeatureChange compare_feature(const Feature& before, const Feature& after);

}  // namespace lithoscope::rixs
