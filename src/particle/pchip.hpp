// Shape-preserving cubic interpolation (Fritsch and Carlson, SIAM J. Numer. Anal. 17, 238 (1980); the three-point end
// slopes of Moler). Private to the room.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "scalar.hpp"

namespace lithoscope::particle {

template <class T>
class Pchip {
 public:
  /// x increasing; one knot makes a constant.
  Pchip(std::vector<double> x, std::vector<T> y) : x_(std::move(x)), y_(std::move(y)), slope_(x_.size(), T(0)) {
    const std::size_t n = x_.size();
    if (n < 2) return;
    std::vector<double> h(n - 1);
    std::vector<T> chord(n - 1);
    for (std::size_t i = 0; i + 1 < n; ++i) {
      h[i] = x_[i + 1] - x_[i];
      chord[i] = (y_[i + 1] - y_[i]) * (1 / h[i]);
    }
    for (std::size_t i = 1; i + 1 < n; ++i) {
      if (value_of(chord[i - 1]) * value_of(chord[i]) <= 0) continue;
      const double a = 2 * h[i] + h[i - 1];
      const double b = h[i] + 2 * h[i - 1];
      slope_[i] = (a + b) / (a / chord[i - 1] + b / chord[i]);
    }
    if (n == 2) {
      slope_.front() = slope_.back() = chord[0];
    } else {
      slope_.front() = end_slope(h[0], h[1], chord[0], chord[1]);
      slope_.back() = end_slope(h[n - 2], h[n - 3], chord[n - 2], chord[n - 3]);
    }
  }

  T operator()(double x) const {
    if (x <= x_.front()) return y_.front();
    if (x >= x_.back()) return y_.back();
    const auto i = static_cast<std::size_t>(std::upper_bound(x_.begin(), x_.end(), x) - x_.begin()) - 1;
    const double h = x_[i + 1] - x_[i];
    const double t = (x - x_[i]) / h;
    const double s = 1 - t;
    return (s * s * (1 + 2 * t)) * y_[i] + (t * t * (3 - 2 * t)) * y_[i + 1] + (h * t * s * s) * slope_[i] -
           (h * t * t * s) * slope_[i + 1];
  }

 private:
  static T end_slope(double h0, double h1, const T& chord0, const T& chord1) {
    T slope = ((2 * h0 + h1) * chord0 - h0 * chord1) * (1 / (h0 + h1));
    if (value_of(slope) * value_of(chord0) <= 0) return T(0);
    if (value_of(chord0) * value_of(chord1) <= 0 && std::abs(value_of(slope)) > 3 * std::abs(value_of(chord0))) {
      return 3.0 * chord0;
    }
    return slope;
  }
  std::vector<double> x_;
  std::vector<T> y_, slope_;
};

}  // namespace lithoscope::particle
