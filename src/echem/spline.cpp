#include "spline.hpp"

#include <algorithm>
#include <cmath>

namespace lithoscope::echem {

UniformSpline::Weights UniformSpline::at(double x) const {
  const double place = (x - low_) / width_;
  const double inside = std::clamp(place, 0.0, static_cast<double>(intervals_));
  const std::size_t interval = std::min(static_cast<std::size_t>(inside), intervals_ - 1);
  const double u = inside - static_cast<double>(interval);
  const double v = 1 - u;
  Weights w;
  w.first = interval;
  w.value = {v * v * v / 6, (4 - 6 * u * u + 3 * u * u * u) / 6, (4 - 6 * v * v + 3 * v * v * v) / 6, u * u * u / 6};
  w.slope = {-v * v / 2, (-4 * u + 3 * u * u) / 2, (4 * v - 3 * v * v) / 2, u * u / 2};
  for (std::size_t k = 0; k < 4; ++k) {
    w.value[k] += (place - inside) * w.slope[k];
    w.slope[k] /= width_;
  }
  return w;
}

double weighted(const std::array<double, 4>& weights, std::span<const double> four) {
  return weights[0] * four[0] + weights[1] * four[1] + weights[2] * four[2] + weights[3] * four[3];
}

}  // namespace lithoscope::echem
