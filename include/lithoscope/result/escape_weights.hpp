// Escape from a surface and from a grain, in any scalar: numbers, and numbers that carry derivatives.
#pragma once

#include <array>
#include <cmath>
#include <numbers>
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

namespace escape {
inline constexpr std::array<double, 8> node{0.09501250983763744, 0.2816035507792589, 0.45801677765722737,
                                            0.6178762444026438,  0.755404408355003,  0.8656312023878318,
                                            0.9445750230732326,  0.9894009349916499};
inline constexpr std::array<double, 8> weight{0.1894506104550685,  0.18260341504492358, 0.16915651939500254,
                                              0.14959598881657674, 0.12462897125553388, 0.09515851168249279,
                                              0.06225352393864789, 0.027152459411754096};

/// Mean of exp(-k min(side, u)) for u even between 0 and `cap`; no cap: exp(-k side).
template <class T>
T between_caps(double side, double cap, const T& k) {
  using std::exp;
  using std::expm1;
  if (!(cap > 0)) return exp(-side * k);
  const double reach = side < cap ? side : cap;
  const T a = reach * k;
  const T inner = plain(a) < 1e-6 ? T(reach * (1.0 - 0.5 * a)) : T(-expm1(-a) * (reach / a));
  return (inner + (cap - reach) * exp(-side * k)) * (1 / cap);
}

/// A cylinder (dimensions 2) or a plate (1) of this height over its radius or half thickness, 0 without end.
template <class T>
T from_column(int dimensions, double height, double r, const T& k) {
  T sum(0);
  for (std::size_t a = 0; a < node.size(); ++a) {
    // of the polar angle from the axis of the cylinder, or the normal of the plate: by its cosine, 0 to 1
    const double cosine = 0.5 * (1 + node[a]);
    for (const double mu : {cosine, 1 - cosine}) {
      const double sine = std::sqrt(1 - mu * mu);
      for (std::size_t b = 0; b < node.size(); ++b) {
        const double half = 0.25 * std::numbers::pi;
        for (const double angle : {half * (1 + node[b]), half * (1 - node[b])}) {
          const double w = 0.125 * weight[a] * weight[b];
          for (const double side : {-1.0, 1.0}) {
            const double across = std::cos(angle) * side;
            if (dimensions == 2) {
              const double in_plane = -r * across + std::sqrt(1 - r * r * (1 - across * across));
              sum += w * between_caps<T>(in_plane / sine, height / mu, k);
            } else {
              sum += w * between_caps<T>((1 - side * r) / mu, height / (sine * std::cos(angle)), k);
            }
          }
        }
      }
    }
  }
  return sum;
}
}  // namespace escape

/// Mean of exp(-path/length) over all directions from radius r (of 1) in a grain of radius R: what leaves a grain
/// bathed in the beam when in and out follow the same direction. A sphere has 3 dimensions, a cylinder 2, a plate 1
/// (r from its middle); `height` over R, 0 without end, of the last two, where r stays and the place along the height
/// is averaged over.
template <class T>
T escape_from_grain(int dimensions, double height, double r, const T& radius_over_length) {
  using std::exp;
  if (dimensions != 3) return escape::from_column<T>(dimensions, height, r, radius_over_length);
  T sum(0);
  for (std::size_t k = 0; k < escape::node.size(); ++k) {
    for (const double mu : {-escape::node[k], escape::node[k]}) {
      const double path = -r * mu + std::sqrt(1 - r * r * (1 - mu * mu));
      sum += 0.5 * escape::weight[k] * exp(-path * radius_over_length);
    }
  }
  return sum;
}

}  // namespace lithoscope::result
