// Spread that a few outliers do not move. Private to the room.
#pragma once

#include <cmath>
#include <vector>

#include "lithoscope/core/median.hpp"
#include "lithoscope/core/statistics.hpp"

namespace lithoscope::tes {

/// Median absolute deviation, times what makes it the standard deviation of a normal.
inline double spread_of(const std::vector<double>& values) {
  const double middle = core::median(values);
  std::vector<double> distance;
  distance.reserve(values.size());
  for (const double v : values) distance.push_back(std::abs(v - middle));
  return core::sigma_per_deviation * core::median(std::move(distance));
}

}  // namespace lithoscope::tes
