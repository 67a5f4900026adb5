// Tails of distributions as standard deviations of a normal one.
#pragma once

#include <cmath>
#include <numbers>

namespace lithoscope::rixs {

/// Of a chi squared (Wilson and Hilferty, 1931); degrees need not be whole.
inline double normal_score(double chi_squared, double degrees) {
  const double width = 2 / (9 * degrees);
  return (std::cbrt(chi_squared / degrees) - (1 - width)) / std::sqrt(width);
}

/// Chance of a normal number above z.
inline double upper_tail(double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); }

/// The z above which a normal number lies with this chance: bisection, sure over the whole range of a double.
inline double score_of_tail(double chance) {
  double low = -38, high = 38;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (upper_tail(middle) > chance ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace lithoscope::rixs
