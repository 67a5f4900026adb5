// A uniform cubic B-spline, straight beyond its ends, and the penalty that makes it smooth (Eilers and Marx, Stat. Sci.
// 11, 89 (1996)). Private to the room.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace lithoscope::echem {

class UniformSpline {
 public:
  UniformSpline(double low, double high, std::size_t intervals)
      : low_(low), width_((high - low) / static_cast<double>(intervals)), intervals_(intervals) {}

  /// The four coefficients that count at x, from the first, and their weights in the value and in its slope.
  struct Weights {
    std::size_t first = 0;
    std::array<double, 4> value{};
    std::array<double, 4> slope{};  ///< per unit of x
  };
  Weights at(double x) const;

  std::size_t coefficients() const { return intervals_ + 3; }
  double low() const { return low_; }
  double high() const { return low_ + width_ * static_cast<double>(intervals_); }
  double width() const { return width_; }
  /// Where a coefficient counts most.
  double centre(std::size_t coefficient) const { return low_ + width_ * (static_cast<double>(coefficient) - 1); }

 private:
  double low_, width_;
  std::size_t intervals_;
};

/// The sum of coefficients times weights.
double weighted(const std::array<double, 4>& weights, std::span<const double> four);

}  // namespace lithoscope::echem
