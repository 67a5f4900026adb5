// Polynomials fitted to points, and the weights of those points in a value of the curve. Private to the room.
#pragma once

#include <span>
#include <vector>

namespace lithoscope::xas {

/// Least squares by an orthogonal decomposition in a centred, scaled variable.
class Polynomial {
 public:
  /// As many points as coefficients at least; `order` is lowered where there are fewer.
  Polynomial(std::span<const double> x, std::span<const double> y, int order);
  double operator()(double x) const;
  double slope(double x) const;

 private:
  double centre_ = 0, half_ = 1;
  std::vector<double> coefficients_;
};

/// How much each of the points counts in the curve's value at `at`: value = sum of weights times y.
std::vector<double> weights_at(std::span<const double> x, int order, double at);

}  // namespace lithoscope::xas
