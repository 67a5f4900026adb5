// Diffusion with D(x) is linear in the Kirchhoff potential G(x) = integral of D: a flux is a difference of G, exact for
// any jump of D between two nodes. Tabulated once, a cubic between grid points. Private to the room.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "scalar.hpp"

namespace lithoscope::particle {

template <class T>
class KirchhoffTable {
 public:
  struct Point {
    T G, D, D_slope;
  };

  /// D(x) on [low, high]; outside, D keeps its end values. D must be positive.
  template <class Law>
  KirchhoffTable(double low, double high, const Law& law)
      : low_(low), spacing_((high - low) / intervals), per_spacing_(1 / spacing_) {
    G_.resize(intervals + 1);
    D_.resize(intervals + 1);
    G_[0] = T(0);
    D_[0] = law(low);
    for (std::size_t i = 0; i < intervals; ++i) {
      const double left = low + spacing_ * static_cast<double>(i);
      T sum(0);
      for (std::size_t k = 0; k < 3; ++k) {
        sum += 0.5 * gauss_weight[k] * law(left + spacing_ * 0.5 * (1 + gauss_node[k]));
      }
      G_[i + 1] = G_[i] + spacing_ * sum;
      D_[i + 1] = law(left + spacing_);
    }
  }

  Point at(const T& x) const {
    const double position = (value_of(x) - low_) * per_spacing_;
    if (!(position > 0)) return {G_.front() + (x - low_) * D_.front(), D_.front(), T(0)};
    if (position >= intervals) {
      return {G_.back() + (x - low_ - spacing_ * intervals) * D_.back(), D_.back(), T(0)};
    }
    const auto i = static_cast<std::size_t>(position);
    const T u = (x - low_) * per_spacing_ - static_cast<double>(i);
    const T step = G_[i + 1] - G_[i];
    const T left = spacing_ * D_[i];
    const T bend = 3.0 * step - 2.0 * left - spacing_ * D_[i + 1];
    const T twist = left + spacing_ * D_[i + 1] - 2.0 * step;
    return {G_[i] + u * (left + u * (bend + u * twist)), (left + u * (2.0 * bend + u * 3.0 * twist)) * per_spacing_,
            (2.0 * bend + 6.0 * u * twist) * (per_spacing_ * per_spacing_)};
  }

 private:
  static constexpr std::size_t intervals = 480;  // the cubic is then within 1e-9 of D over decades
  static constexpr double gauss_node[3] = {-0.7745966692414834, 0, 0.7745966692414834};
  static constexpr double gauss_weight[3] = {5.0 / 9, 8.0 / 9, 5.0 / 9};
  double low_, spacing_, per_spacing_;
  std::vector<T> G_, D_;
};

}  // namespace lithoscope::particle
