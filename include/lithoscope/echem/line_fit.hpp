// Ordinary least squares of a straight line, with what is needed to judge it.
#pragma once

#include <cstdint>
#include <span>

#include "lithoscope/core/value.hpp"

namespace lithoscope::echem {

struct LineFit {
  core::Value intercept;  ///< variance from the scatter about the line
  core::Value slope;
  double r_squared = 0;
  double rms_residual = 0;          ///< root of the residual sum of squares over n - 2
  double residual_correlation = 0;  ///< lag-1, of the residuals in the order given
  std::int64_t points = 0;
};

/// Needs at least three points and two different x; fewer give NaN throughout.
LineFit fit_line(std::span<const double> x, std::span<const double> y);

/// The same, with variances multiplied by (1 + r)/(1 - r) for residuals with lag-1 correlation r > 0: points that are
/// not independent count for less.
LineFit fit_line_correlated(std::span<const double> x, std::span<const double> y);

}  // namespace lithoscope::echem
