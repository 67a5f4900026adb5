// Escape from a surface and from a grain, in any scalar: numbers, and numbers that carry derivatives.
#pragma once

#include <array>
#include <cmath>
#include <vector>

namespace lithoscope::result {

/// The number in a scalar that may carry derivatives.
template <class T>
double plain(const T& v) {
  if constexpr (requires { v.a; }) {
    return v.a;
  } else {
    return v;
  }
}

/// Weights of exp(-z/lambda) dz over nodes at `depth` (from the surface inward, increasing), exact for values that are
/// linear between nodes; they add up to 1.
template <class T>
std::vector<T> escape_weights(const std::vector<T>& depth, const T& lambda) {
  using std::exp;
  using std::expm1;
  std::vector<T> w(depth.size(), T(0));
  T sum(0);
  for (std::size_t i = 0; i + 1 < depth.size(); ++i) {
    const T a = (depth[i + 1] - depth[i]) / lambda;
    const T start = exp(-depth[i] / lambda);
    const T whole = -expm1(-a);
    const T inner = plain(a) < 1e-4 ? a * 0.5 - a * a * (1.0 / 3) : whole / a - exp(-a);
    w[i] += start * (whole - inner);
    w[i + 1] += start * inner;
    sum += start * whole;
  }
  for (T& weight : w) weight = weight / sum;
  return w;
}

/// Mean of exp(-path/length) over all directions from radius r (of 1) in a sphere of radius R: what leaves a grain
/// bathed in the beam when in and out follow the same direction.
template <class T>
T escape_from_sphere(double r, const T& radius_over_length) {
  using std::exp;
  static constexpr std::array<double, 8> node{0.09501250983763744, 0.2816035507792589, 0.45801677765722737,
                                              0.6178762444026438,  0.755404408355003,  0.8656312023878318,
                                              0.9445750230732326,  0.9894009349916499};
  static constexpr std::array<double, 8> weight{0.1894506104550685,  0.18260341504492358, 0.16915651939500254,
                                                0.14959598881657674, 0.12462897125553388, 0.09515851168249279,
                                                0.06225352393864789, 0.027152459411754096};
  T sum(0);
  for (std::size_t k = 0; k < node.size(); ++k) {
    for (const double mu : {-node[k], node[k]}) {
      const double path = -r * mu + std::sqrt(1 - r * r * (1 - mu * mu));
      sum += 0.5 * weight[k] * exp(-path * radius_over_length);
    }
  }
  return sum;
}

}  // namespace lithoscope::result
