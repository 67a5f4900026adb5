// After less scaled before, bin by bin, with weights that do not follow the noise. Private to the room.
#pragma once

#include <Eigen/Dense>
#include <vector>

#include "lithoscope/rixs/map.hpp"

namespace lithoscope::rixs {

struct MapPair {
  const RixsMap &before, &after;
  std::vector<double> exposure, exposure_after;  ///< of the columns; the latter times the scale between the states
  double rate(std::size_t r, std::size_t c) const;
};

/// Bins that were exposed in both states and hold no elastic light. Everything is in photons a unit of exposure of the
/// state before, on the common scale.
struct MapDifference {
  std::vector<std::size_t> row, column;
  Eigen::VectorXd difference, expected_variance, counted_variance;
  Eigen::VectorXd level, slope;  ///< of both states together, smoothed: the rate, and its slope along the emission
  std::size_t size() const { return row.size(); }
};
MapDifference difference_of(const MapPair& maps);

}  // namespace lithoscope::rixs
