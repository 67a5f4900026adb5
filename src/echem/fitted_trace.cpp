#include "fitted_trace.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "lithoscope/core/rng.hpp"

namespace lithoscope::echem {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

// What the solver adds, from fits of the same records with a finer mesh and shorter steps: to the surface's lead over
// the mean, relatively, and to log10 D.
constexpr double lead_error = 1e-3;
constexpr double log10_D_error = 5e-4;

}  // namespace

double FittedTrace::potential(double progress) const { return open_circuit_V(curves, progress); }

core::Value FittedTrace::ocv_V(double progress, double surface) const {
  const auto w = curves.ocv.at(progress);
  core::Value value = combination(layout_of(curves).ocv + static_cast<Index>(w.first), w.value, potential(progress));
  value.variance += std::pow(lead_error * (potential(surface) - value.value), 2);
  return value;
}

core::Value FittedTrace::log10_D(double progress) const {
  const auto& knot = curves.knot;
  const auto above = static_cast<std::size_t>(std::ranges::upper_bound(knot, progress) - knot.begin());
  const std::size_t i = std::clamp<std::size_t>(above, 1, knot.size() - 1) - 1;
  const double u = std::clamp((progress - knot[i]) / (knot[i + 1] - knot[i]), 0.0, 1.0);
  const std::array<double, 2> weights{(1 - u) / std::numbers::ln10, u / std::numbers::ln10};
  const auto k = static_cast<Index>(i);
  core::Value value = combination(layout_of(curves).ln_D + k, weights,
                                  weights[0] * curves.ln_D_m2_s[k] + weights[1] * curves.ln_D_m2_s[k + 1]);
  value.variance += std::pow(log10_D_error, 2);
  // D goes exactly with the square of the diffusion length.
  value.variance += std::pow(2 * length_m.relative_sigma() / std::numbers::ln10, 2);
  return value;
}

core::Value FittedTrace::overpotential_V(double progress, double current_A) const {
  const Overpotential eta = overpotential(curves, temperature_K, progress, current_A);
  const auto w = curves.exchange.at(progress);
  std::array<double, 4> weights{};
  for (std::size_t k = 0; k < 4; ++k) weights[k] = eta.by_ln_exchange * w.value[k];
  return combination(layout_of(curves).exchange + static_cast<Index>(w.first), weights, eta.V);
}

core::Value FittedTrace::combination(Index first, std::span<const double> weights, double value) const {
  const Eigen::Map<const VectorXd> w(weights.data(), static_cast<Index>(weights.size()));
  return {value, w.dot(covariance.block(first, first, w.size(), w.size()) * w)};
}

std::vector<TraceCurves> draw(const FittedTrace& fitted, int count, std::uint64_t seed) {
  core::RandomStream random{seed, 0};
  const TraceLayout layout = layout_of(fitted.curves);
  // The square root by LDLT: where nothing was measured the covariance is large, elsewhere close to singular.
  const Eigen::LDLT<Eigen::MatrixXd> factored(fitted.covariance);
  const VectorXd scale = factored.vectorD().cwiseMax(0.0).cwiseSqrt();
  std::vector<TraceCurves> draws;
  for (int i = 0; i < count; ++i) {
    VectorXd z(layout.count);
    for (double& value : z) value = random.normal();
    const VectorXd lower = factored.matrixL() * scale.cwiseProduct(z);
    const VectorXd by = factored.transpositionsP().transpose() * lower;
    draws.push_back(moved(fitted.curves, by));
  }
  return draws;
}

}  // namespace lithoscope::echem
