// Light scattered without loss: found as a line along emission = incident, measured, and taken away.
#pragma once

#include <optional>

#include "lithoscope/rixs/map.hpp"

namespace lithoscope::rixs {

struct ElasticSettings {
  double half_width_eV = 6;  ///< of the strip about the diagonal that is fitted
  /// Other emission within this of the diagonal would be taken for elastic light: columns where the strip holds a
  /// fluorescence line are judged by the rest.
  double smooth_eV = 4;
  /// The detector's own full width at half maximum, from its calibration lines: elastic light is about as wide, a
  /// little wider by the beamline's. Nothing: any width is taken.
  std::optional<double> detector_fwhm_eV;
};

struct ElasticFit {
  core::Value offset_eV;            ///< emission less incident energy: how far the two scales are apart
  core::Value fwhm_eV;              ///< of the line: resolution of the spectrometer and the beamline
  std::vector<core::Value> counts;  ///< a column
  double significance = 0;          ///< of all columns together, standard deviations
};

/// Poisson likelihood of a Gaussian on a sloping background in each column, offset and width common to all. Their
/// errors are those of the whole likelihood over offset and width and not of its highest summit alone, widened by how
/// badly the columns are described. Empty when the map does not hold the diagonal.
std::optional<ElasticFit> fit_elastic(const RixsMap& map, const ElasticSettings& settings = {});

/// The map less the fitted line. What is left keeps the variance of what was measured plus that of the line.
struct CleanedMap {
  RixsMap map;                   ///< counts may be negative by the noise
  std::vector<double> variance;  ///< rows x columns
};
CleanedMap without_elastic(const RixsMap& map, const ElasticFit& fit);

}  // namespace lithoscope::rixs
