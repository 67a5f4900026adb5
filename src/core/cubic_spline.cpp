#include "lithoscope/core/cubic_spline.hpp"

#include <algorithm>

namespace lithoscope::core {

CubicSpline::CubicSpline(std::span<const double> x, std::span<const double> y)
    : x_(x.begin(), x.end()), y_(y.begin(), y.end()), curvature_(x.size(), 0.0) {
  // The tridiagonal system of the second derivatives, solved from both ends inwards (Thomas).
  const std::size_t n = x_.size();
  if (n < 3) return;
  std::vector<double> above(n, 0.0);
  for (std::size_t i = 1; i + 1 < n; ++i) {
    const double h0 = x_[i] - x_[i - 1];
    const double h1 = x_[i + 1] - x_[i];
    const double right = 6 * ((y_[i + 1] - y_[i]) / h1 - (y_[i] - y_[i - 1]) / h0);
    const double pivot = 2 * (h0 + h1) - h0 * above[i - 1];
    above[i] = h1 / pivot;
    curvature_[i] = (right - h0 * curvature_[i - 1]) / pivot;
  }
  for (std::size_t i = n - 2; i > 0; --i) curvature_[i] -= above[i] * curvature_[i + 1];
}

CubicSpline::Place CubicSpline::at(std::size_t i, double x) const {
  const double h = x_[i + 1] - x_[i];
  const double inside = std::clamp(x, x_[i], x_[i + 1]);
  const double b = (inside - x_[i]) / h;
  const double a = 1 - b;
  const double c0 = curvature_[i];
  const double c1 = curvature_[i + 1];
  const double value = a * y_[i] + b * y_[i + 1] + h * h / 6 * ((a * a * a - a) * c0 + (b * b * b - b) * c1);
  const double slope = (y_[i + 1] - y_[i]) / h + h / 6 * ((3 * b * b - 1) * c1 - (3 * a * a - 1) * c0);
  return {value + slope * (x - inside), slope};
}

std::size_t CubicSpline::interval_of(double x) const {
  const auto above = std::upper_bound(x_.begin() + 1, x_.end() - 1, x);
  return static_cast<std::size_t>(above - x_.begin()) - 1;
}

double CubicSpline::value(double x) const { return at(interval_of(x), x).value; }
double CubicSpline::slope(double x) const { return at(interval_of(x), x).slope; }

void CubicSpline::along(std::span<const double> x, double shift, std::span<double> value,
                        std::span<double> slope) const {
  if (x.empty()) return;
  std::size_t interval = interval_of(x.front() + shift);
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double at_x = x[k] + shift;
    while (interval + 2 < x_.size() && at_x >= x_[interval + 1]) ++interval;
    const Place place = at(interval, at_x);
    value[k] = place.value;
    slope[k] = place.slope;
  }
}

}  // namespace lithoscope::core
