// Absorbed in a slab and seen again: one energy's fluorescence as a function of the resonant absorption. Private to the
// room.
#pragma once

#include <cmath>
#include <numbers>

#include "lithoscope/xas/self_absorption.hpp"

namespace lithoscope::xas {

/// With t the areal density over sin(in), a = other + g at_line, and x the resonant absorption (cm2/g):
/// value = x / (x + a) (1 - exp(-t (x + a))). It rises with x.
class SlabKernel {
 public:
  SlabKernel(const EdgeAbsorption& absorption, const Slab& slab)
      : absorption_(absorption),
        exit_(slab.exit_ratio * absorption.at_line),
        depth_(slab.areal_density_g_per_cm2 / std::sin(slab.incidence_deg * std::numbers::pi / 180)) {}

  double value(std::size_t i, double x) const {
    const double a = absorption_.other[i] + exit_;
    return x / (x + a) * seen(x + a);
  }
  double slope(std::size_t i, double x) const {
    const double a = absorption_.other[i] + exit_;
    const double s = x + a;
    const double deep = std::isinf(depth_) ? 0 : depth_ * std::exp(-depth_ * s);
    return a / (s * s) * seen(s) + x / s * deep;
  }
  /// What an infinite absorption would give.
  double limit(std::size_t /*i*/) const { return 1; }

  /// All that is absorbed and leaves: (x + other)/(x + a) (1 - exp(-t (x + a))).
  double escaping(std::size_t i, double x) const {
    const double a = absorption_.other[i] + exit_;
    return (x + absorption_.other[i]) / (x + a) * seen(x + a);
  }

  /// The resonant absorption that gives `share` < 1; negative shares (noise below the edge) follow the slope at zero.
  double solve(std::size_t i, double share) const {
    if (share <= 0) return share / slope(i, 0);
    double low = 0, high = absorption_.resonant[i];
    while (value(i, high) < share && high < 1e30) high *= 2;
    double x = 0.5 * (low + high);
    for (int step = 0; step < 200; ++step) {
      const double f = value(i, x) - share;
      (f > 0 ? high : low) = x;
      const double newton = x - f / slope(i, x);
      const double next = newton > low && newton < high ? newton : 0.5 * (low + high);
      if (std::abs(next - x) <= 1e-15 * x) return next;
      x = next;
    }
    return x;
  }

 private:
  double seen(double s) const { return std::isinf(depth_) ? 1 : -std::expm1(-depth_ * s); }
  const EdgeAbsorption& absorption_;
  double exit_, depth_;
};

}  // namespace lithoscope::xas
