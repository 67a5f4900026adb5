#include "line_algebra.hpp"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>

namespace lithoscope::xas {
namespace {

struct Scaled {
  double centre = 0, half = 1;
  Eigen::MatrixXd powers;  // a row a point
};

Scaled scaled_powers(std::span<const double> x, int order) {
  const auto [low, high] = std::ranges::minmax(x);
  Scaled out{.centre = 0.5 * (low + high), .half = high > low ? 0.5 * (high - low) : 1.0};
  out.powers.resize(static_cast<Eigen::Index>(x.size()), order + 1);
  for (std::size_t i = 0; i < x.size(); ++i) {
    double power = 1;
    for (int k = 0; k <= order; ++k) {
      out.powers(static_cast<Eigen::Index>(i), k) = power;
      power *= (x[i] - out.centre) / out.half;
    }
  }
  return out;
}

}  // namespace

Polynomial::Polynomial(std::span<const double> x, std::span<const double> y, int order) {
  order = std::min(order, static_cast<int>(x.size()) - 1);
  const Scaled scaled = scaled_powers(x, order);
  centre_ = scaled.centre;
  half_ = scaled.half;
  const Eigen::Map<const Eigen::VectorXd> right{y.data(), static_cast<Eigen::Index>(y.size())};
  const Eigen::VectorXd solved = scaled.powers.householderQr().solve(right);
  coefficients_.assign(solved.begin(), solved.end());
}

double Polynomial::operator()(double x) const {
  const double t = (x - centre_) / half_;
  double value = 0;
  for (auto c = coefficients_.rbegin(); c != coefficients_.rend(); ++c) value = value * t + *c;
  return value;
}

double Polynomial::slope(double x) const {
  const double t = (x - centre_) / half_;
  double value = 0;
  for (std::size_t k = coefficients_.size(); k-- > 1;) value = value * t + static_cast<double>(k) * coefficients_[k];
  return value / half_;
}

std::vector<double> weights_at(std::span<const double> x, int order, double at) {
  order = std::min(order, static_cast<int>(x.size()) - 1);
  const Scaled scaled = scaled_powers(x, order);
  Eigen::VectorXd place(order + 1);
  double power = 1;
  for (int k = 0; k <= order; ++k) {
    place[k] = power;
    power *= (at - scaled.centre) / scaled.half;
  }
  // value = place . (A'A)^-1 A' y
  const Eigen::VectorXd solved = (scaled.powers.transpose() * scaled.powers).ldlt().solve(place);
  const Eigen::VectorXd weights = scaled.powers * solved;
  return {weights.begin(), weights.end()};
}

}  // namespace lithoscope::xas
