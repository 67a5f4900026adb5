// What a curve is divided by, and how its points make it up.
#pragma once

#include <vector>

#include "lithoscope/rixs/spectra.hpp"

namespace lithoscope::rixs {

struct Divisor {
  double value = 1;
  double variance = 0;
  /// How much each point of the curve counts in the divisor; all zero where it is made of other points.
  std::vector<double> weights;
};
/// Throws UsageError where there is nothing to divide by.
Divisor divisor_of(const Curve& curve, Normalise how, const Curve* reference);

/// Widths of the trapezoid rule; zero at points that were not measured.
std::vector<double> trapezoids(const Curve& curve);

}  // namespace lithoscope::rixs
