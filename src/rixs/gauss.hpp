// The Gaussian and what of it falls into a bin.
#pragma once

#include <cmath>
#include <numbers>

namespace lithoscope::rixs {

/// Area between two edges, of an area of one: exact in a bin of any width.
inline double gauss_share(double from, double to, double centre, double sigma) {
  const double scale = 1 / (std::numbers::sqrt2 * sigma);
  const double a = (from - centre) * scale, b = (to - centre) * scale;
  // By the smaller tails, so that shares far out keep their digits.
  if (a > 0) return 0.5 * (std::erfc(a) - std::erfc(b));
  if (b < 0) return 0.5 * (std::erfc(-b) - std::erfc(-a));
  return 0.5 * (std::erf(b) - std::erf(a));
}

/// Density of an area of one.
inline double gauss_density(double x, double centre, double sigma) {
  const double u = (x - centre) / sigma;
  return std::exp(-0.5 * u * u) / (sigma * std::sqrt(2 * std::numbers::pi));
}

}  // namespace lithoscope::rixs
