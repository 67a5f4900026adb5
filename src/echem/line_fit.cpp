#include "lithoscope/echem/line_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace lithoscope::echem {
namespace {

double mean_of(std::span<const double> v) {
  return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}

double lag_one_correlation(const std::vector<double>& residuals, double sum_of_squares) {
  if (!(sum_of_squares > 0)) return 0;
  double products = 0;
  for (std::size_t i = 1; i < residuals.size(); ++i) products += residuals[i] * residuals[i - 1];
  return products / sum_of_squares;
}

LineFit not_a_fit(std::size_t points) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  return {.intercept = {nan, nan},
          .slope = {nan, nan},
          .r_squared = nan,
          .rms_residual = nan,
          .residual_correlation = nan,
          .points = static_cast<std::int64_t>(points)};
}

}  // namespace

LineFit fit_line(std::span<const double> x, std::span<const double> y) {
  const std::size_t n = x.size();
  if (n < 3) return not_a_fit(n);
  const double mean_x = mean_of(x);
  const double mean_y = mean_of(y);
  double sxx = 0;
  double sxy = 0;
  double syy = 0;
  for (std::size_t i = 0; i < n; ++i) {
    sxx += (x[i] - mean_x) * (x[i] - mean_x);
    sxy += (x[i] - mean_x) * (y[i] - mean_y);
    syy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  if (!(sxx > 0)) return not_a_fit(n);
  const double slope = sxy / sxx;
  const double intercept = mean_y - slope * mean_x;
  std::vector<double> residuals(n);
  double sum_of_squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    residuals[i] = (y[i] - mean_y) - slope * (x[i] - mean_x);
    sum_of_squares += residuals[i] * residuals[i];
  }
  const double scatter = sum_of_squares / static_cast<double>(n - 2);
  LineFit fit;
  fit.slope = {slope, scatter / sxx};
  fit.intercept = {intercept, scatter * (1.0 / static_cast<double>(n) + mean_x * mean_x / sxx)};
  fit.r_squared = syy > 0 ? 1 - sum_of_squares / syy : 0;
  fit.rms_residual = std::sqrt(scatter);
  fit.residual_correlation = lag_one_correlation(residuals, sum_of_squares);
  fit.points = static_cast<std::int64_t>(n);
  return fit;
}

LineFit fit_line_correlated(std::span<const double> x, std::span<const double> y) {
  LineFit fit = fit_line(x, y);
  const double r = std::clamp(fit.residual_correlation, 0.0, 0.95);
  const double inflation = (1 + r) / (1 - r);
  fit.slope.variance *= inflation;
  fit.intercept.variance *= inflation;
  return fit;
}

}  // namespace lithoscope::echem
