// Absorbed in a slab and seen again: one energy's fluorescence as a function of the resonant absorption. Private to the
// room.
#pragma once

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "lithoscope/xas/self_absorption.hpp"

namespace lithoscope::xas {

/// With t the areal density over sin(in), a = other + g attenuation of a line, x the resonant absorption (cm2/g) and w
/// the photons of the line an absorption emits: value = sum of w x / (x + a) (1 - exp(-t (x + a))) over the lines. It
/// rises with x, but where a second shell that emits less takes over (see `rises`).
class SlabKernel {
 public:
  SlabKernel(const EdgeAbsorption& absorption, const Slab& slab)
      : absorption_(absorption),
        lines_(absorption.lines),
        exit_ratio_(slab.exit_ratio),
        depth_(slab.areal_density_g_per_cm2 / std::sin(slab.incidence_deg * std::numbers::pi / 180)) {
    if (lines_.empty()) lines_ = {{.attenuation = absorption.at_line, .per_first = 1, .per_second = 1}};
  }

  double value(std::size_t i, double x) const {
    const double second = second_at(i, x);
    double sum = 0;
    for (const EdgeLine& line : lines_) {
      const double s = x + lost(i, line);
      sum += (line.per_first + (line.per_second - line.per_first) * second) * x / s * seen(s);
    }
    return sum;
  }
  double slope(std::size_t i, double x) const {
    const double second = second_at(i, x), turn = second_slope(i, x);
    double sum = 0;
    for (const EdgeLine& line : lines_) {
      const double a = lost(i, line), s = x + a;
      const double deep = std::isinf(depth_) ? 0 : depth_ * std::exp(-depth_ * s);
      const double differ = line.per_second - line.per_first;
      sum +=
          (line.per_first + differ * second) * (a / (s * s) * seen(s) + x / s * deep) + differ * turn * x / s * seen(s);
    }
    return sum;
  }
  /// What an infinite absorption would give.
  double limit(std::size_t i) const {
    const double second = second_at(i, std::numeric_limits<double>::infinity());
    double sum = 0;
    for (const EdgeLine& line : lines_) sum += line.per_first + (line.per_second - line.per_first) * second;
    return sum;
  }

  /// The resonant absorption that gives `share` below the limit; negative shares (noise below the edge) follow the
  /// slope at zero.
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
  double lost(std::size_t i, const EdgeLine& line) const {
    return absorption_.other[i] + exit_ratio_ * line.attenuation;
  }
  double second_at(std::size_t i, double x) const {
    return absorption_.second_open.empty() ? 0 : second_share(absorption_.second_open[i], x / absorption_.resonant[i]);
  }
  double second_slope(std::size_t i, double x) const {
    if (absorption_.second_open.empty() || !(x > 0)) return 0;
    const double by = 1e-6 * x;
    return (second_at(i, x + by) - second_at(i, x - by)) / (2 * by);
  }
  const EdgeAbsorption& absorption_;
  std::vector<EdgeLine> lines_;
  double exit_ratio_, depth_;
};

}  // namespace lithoscope::xas
