// Numbers and tails of distributions that every room needs once.
#pragma once

#include <cmath>
#include <numbers>

namespace lithoscope::core {

inline constexpr double two_sided_95 = 1.959963984540054;     ///< sigmas that include 95 % of a Gaussian
inline constexpr double fwhm_per_sigma = 2.3548200450309493;  ///< of a Gaussian, 2 sqrt(2 ln 2)
inline constexpr double sigma_per_deviation = 1.4826;  ///< of a Gaussian: sigma over the median absolute deviation

/// A chi squared as standard deviations of a normal number (Wilson and Hilferty, 1931); degrees need not be whole.
inline double normal_score(double chi_squared, double degrees) {
  const double width = 2 / (9 * degrees);
  return (std::cbrt(chi_squared / degrees) - (1 - width)) / std::sqrt(width);
}

/// Chance of a normal number above z.
inline double upper_tail(double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); }

/// Chance of a chi squared above x with a whole number of degrees of freedom: the finite sum that Q(degrees/2, x/2) is.
inline double tail_of_chi_squared(double x, int degrees) {
  if (!(x > 0)) return 1;
  const double half = 0.5 * x;
  const bool odd = degrees % 2 != 0;
  double sum = odd ? std::erfc(std::sqrt(half)) : 0;
  // half^a exp(-half) / Gamma(a + 1), from a = 0 or 1/2 upward
  double term = odd ? std::sqrt(half / std::numbers::pi) * 2 * std::exp(-half) : std::exp(-half);
  for (int k = 0; k < degrees / 2; ++k) {
    sum += term;
    term *= half / (k + (odd ? 1.5 : 1.0));
  }
  return sum < 1 ? sum : 1;
}

/// The z above which a normal number lies with this chance: bisection, sure over the whole range of a double.
inline double score_of_tail(double chance) {
  double low = -38, high = 38;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (upper_tail(middle) > chance ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace lithoscope::core
