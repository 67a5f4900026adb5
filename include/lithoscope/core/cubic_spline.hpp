// The natural cubic spline through points: twice continuously differentiable, straight beyond its ends.
#pragma once

#include <span>
#include <vector>

namespace lithoscope::core {

class CubicSpline {
 public:
  CubicSpline() = default;
  /// `x` strictly ascending, at least two points, `y` of the same length; anything else is the caller's mistake.
  CubicSpline(std::span<const double> x, std::span<const double> y);

  double value(double x) const;
  double slope(double x) const;
  double low() const { return x_.front(); }
  double high() const { return x_.back(); }

  /// Values and slopes at ascending places: one walk along the knots.
  void along(std::span<const double> x, double shift, std::span<double> value, std::span<double> slope) const;

 private:
  struct Place {
    double value, slope;
  };
  Place at(std::size_t interval, double x) const;
  std::size_t interval_of(double x) const;
  std::vector<double> x_, y_, curvature_;
};

}  // namespace lithoscope::core
