// Maps of oxygen's emission made by another hand than the fits': bands that are no Gaussians, edges, shifts with the
// incident energy, and a feature with a place and a shape of its own. They share no code with the room they check.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lithoscope/rixs/map.hpp"

namespace lithoscope::validation {

struct OxygenWorld {
  std::string name;
  /// Emission at an incident energy, per eV, before the spectrometer's resolution: the bands and the feature.
  std::function<double(double incident_eV, double emission_eV)> bands, feature;
};
std::vector<OxygenWorld> oxygen_worlds();

struct WorldMap {
  rixs::RixsMap bands, feature;  ///< expected counts; the bands' add up to the photons asked for
};
/// 526 to 538 eV in steps of 0.2 eV, rows from 510 to 540 eV of 0.5 eV, a resolution of 1.4 eV (FWHM). The feature is
/// a tenth of the emission in the column where it is highest.
WorldMap expected_in(const OxygenWorld& world, double photons);

/// Poisson counts about the bands and so many times the feature, at so much of the exposure.
rixs::RixsMap counted(const WorldMap& world, double feature, double exposure, std::uint64_t seed, std::uint64_t stream);

}  // namespace lithoscope::validation
