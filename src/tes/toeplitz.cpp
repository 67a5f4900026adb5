#include "toeplitz.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"

namespace lithoscope::tes {

std::vector<std::vector<double>> solve_toeplitz(std::span<const double> autocorrelation,
                                                std::span<const std::vector<double>> right) {
  const std::size_t n = right.front().size();
  const auto& r = autocorrelation;
  if (std::ranges::all_of(r.subspan(1, n - 1), [](double v) { return v == 0; }) && r[0] > 0) {  // white noise
    std::vector<std::vector<double>> x{right.begin(), right.end()};
    for (std::vector<double>& column : x) {
      for (double& v : column) v /= r[0];
    }
    return x;
  }
  std::vector<double> forward(n), next(n);  // prediction-error filter
  std::vector<std::vector<double>> x(right.size(), std::vector<double>(n, 0.0));
  double error = r[0];
  const auto require_sound = [&](std::size_t order) {
    constexpr double least = 1e-12;
    if (r[0] > 0 && std::abs(error) > least * r[0]) return;
    throw core::ComputationError({.what = "the noise cannot be whitened: its autocorrelation is singular",
                                  .expected = "a noise file of pulse-free records",
                                  .found = fmt::format("a prediction error of {:.3g} at lag {}", error, order),
                                  .advice = "give more noise records"});
  };
  require_sound(0);
  forward[0] = 1;
  for (std::size_t j = 0; j < x.size(); ++j) x[j][0] = right[j][0] / error;
  for (std::size_t m = 1; m < n; ++m) {
    double reflection = 0;
    for (std::size_t i = 0; i < m; ++i) reflection += forward[i] * r[m - i];
    reflection /= -error;
    for (std::size_t i = 0; i <= m; ++i)
      next[i] = (i < m ? forward[i] : 0.0) + reflection * (i > 0 ? forward[m - i] : 0.0);
    forward.swap(next);
    error *= 1 - reflection * reflection;
    require_sound(m);
    for (std::size_t j = 0; j < x.size(); ++j) {
      double rest = right[j][m];
      for (std::size_t i = 0; i < m; ++i) rest -= x[j][i] * r[m - i];
      const double factor = rest / error;
      for (std::size_t i = 0; i <= m; ++i) x[j][i] += factor * forward[m - i];
    }
  }
  return x;
}

double quadratic_form(std::span<const double> autocorrelation, std::span<const double> q) {
  // The sum by lag: products of q with itself first.
  double out = 0;
  for (std::size_t lag = 0; lag < q.size(); ++lag) {
    double sum = 0;
    for (std::size_t i = lag; i < q.size(); ++i) sum += q[i] * q[i - lag];
    out += (lag == 0 ? 1 : 2) * autocorrelation[lag] * sum;
  }
  return out;
}

}  // namespace lithoscope::tes
