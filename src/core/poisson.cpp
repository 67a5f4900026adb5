#include "lithoscope/core/poisson.hpp"

#include <array>
#include <cmath>
#include <numbers>

namespace lithoscope::core {
namespace {

std::int64_t by_multiplication(double mean, RandomStream& random) {
  const double floor = std::exp(-mean);
  std::int64_t count = 0;
  double product = random.uniform();
  while (product > floor) {
    product *= random.uniform();
    ++count;
  }
  return count;
}

// Hörmann's algorithm PTRS, with his constants.
std::int64_t by_rejection(double mean, RandomStream& random) {
  const double b = 0.931 + 2.53 * std::sqrt(mean);
  const double a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  const double v_r = 0.9277 - 3.6224 / (b - 2);
  const double log_mean = std::log(mean);
  while (true) {
    const double u = random.uniform() - 0.5, v = random.uniform();
    const double us = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return static_cast<std::int64_t>(k);
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (std::log(v * inverse_alpha / (a / (us * us) + b)) <= k * log_mean - mean - log_factorial(k))
      return static_cast<std::int64_t>(k);
  }
}

}  // namespace

double log_factorial(double k) {
  static const std::array small = [] {
    std::array<double, 16> out{};
    double product = 1;
    for (std::size_t i = 1; i < out.size(); ++i) {
      product *= static_cast<double>(i);
      out[i] = std::log(product);
    }
    return out;
  }();
  if (k < static_cast<double>(small.size())) return small[static_cast<std::size_t>(k)];
  // Stirling's series: the next term is below 1e-14 from k = 16 on.
  const double x = k + 1, r = 1 / (x * x);
  return (x - 0.5) * std::log(x) - x + 0.5 * std::log(2 * std::numbers::pi) +
         (1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r * (1.0 / 1680 - r / 1188)))) / x;
}

std::int64_t poisson(double mean, RandomStream& random) {
  if (!(mean > 0)) return 0;
  constexpr double many = 10;
  return mean < many ? by_multiplication(mean, random) : by_rejection(mean, random);
}

}  // namespace lithoscope::core
