#include "lithoscope/xas/compare.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>

#include "lithoscope/core/cubic_spline.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/statistics.hpp"

namespace lithoscope::xas {
namespace {

using Eigen::Index;
using Eigen::Matrix3d;
using Eigen::MatrixXd;
using Eigen::Vector3d;
using Eigen::VectorXd;

struct Pair {
  Spectrum after;
  core::CubicSpline before, before_variance;
};

// The part of `after` that `before` covers with `reach` to spare on both sides.
Pair overlap(const Spectrum& before, const Spectrum& after, double from_eV, double to_eV, double reach) {
  const double low = std::max(
      {before.energy_eV.front() + reach, after.energy_eV.front(), from_eV == 0 ? after.energy_eV.front() : from_eV});
  const double high =
      std::min({before.energy_eV.back() - reach, after.energy_eV.back(), to_eV == 0 ? after.energy_eV.back() : to_eV});
  if (!(low < high)) {
    throw core::UsageError(
        {.what = "the two spectra do not overlap",
         .expected = "energies they share",
         .found = fmt::format("{:g} to {:g} and {:g} to {:g} eV", before.energy_eV.front(), before.energy_eV.back(),
                              after.energy_eV.front(), after.energy_eV.back())});
  }
  return {.after = cut(after, low, high, 8),
          .before = {before.energy_eV, before.intensity},
          .before_variance = {before.energy_eV, before.variance}};
}

VectorXd map(const std::vector<double>& v) {
  return Eigen::Map<const VectorXd>{v.data(), static_cast<Index>(v.size())};
}

std::vector<double> list(const VectorXd& v) { return {v.begin(), v.end()}; }

}  // namespace

std::span<const core::Setting<CompareSettings>> compare_settings_table() {
  using S = CompareSettings;
  static constexpr std::array table{
      core::Setting<S>{"from", "eV", &S::from, "First energy that is compared; 0: where both spectra have begun"},
      core::Setting<S>{"to", "eV", &S::to, "Last energy that is compared; 0: where the first spectrum ends"},
      core::Setting<S>{"shift", "eV", &S::shift,
                       "Standard deviation of the difference of two energy scales; 0 fixes it", 0, 10},
      core::Setting<S>{"scale", "1", &S::scale, "Standard deviation of the ratio of two heights; 0 fixes it", 0, 1},
      core::Setting<S>{"offset", "1", &S::offset, "Standard deviation of the difference of two backgrounds; 0 fixes it",
                       0, 1}};
  return table;
}

Difference compare(const Spectrum& before, const Spectrum& after, const CompareSettings& settings) {
  const Pair pair = overlap(before, after, settings.from, settings.to, 3 * settings.shift);
  const auto n = static_cast<Index>(pair.after.size());
  const std::vector<double>& energy = pair.after.energy_eV;
  VectorXd variance(n);
  for (Index i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    variance[i] = pair.after.variance[k] + std::max(0.0, pair.before_variance.value(energy[k]));
  }
  if (!(variance.minCoeff() > 0)) {
    throw core::UsageError({.what = "a difference needs to know the noise of the spectra",
                            .expected = "standard deviations, counts, or enough points to tell the scatter",
                            .found = "points without a variance"});
  }
  const VectorXd weight = variance.cwiseInverse();
  const std::array sigmas{settings.shift, settings.scale, settings.offset};
  Vector3d prior;
  for (Index k = 0; k < 3; ++k) {
    const double s = sigmas[static_cast<std::size_t>(k)];
    prior[k] = s > 0 ? 1 / (s * s) : 1e30;
  }
  // after = (1 + scale) before(E - shift) + offset; Gauss-Newton from no nuisance at all.
  Vector3d p = Vector3d::Zero();
  const VectorXd measured = map(pair.after.intensity);
  std::vector<double> value(energy.size()), slope(energy.size());
  VectorXd model(n);
  MatrixXd jacobian(n, 3);
  Matrix3d normal;
  const auto linearise = [&] {
    pair.before.along(energy, -p[0], value, slope);
    model = (1 + p[1]) * map(value);
    model.array() += p[2];
    jacobian.col(0) = -(1 + p[1]) * map(slope);
    jacobian.col(1) = map(value);
    jacobian.col(2).setOnes();
    normal = jacobian.transpose() * weight.asDiagonal() * jacobian;
    normal.diagonal() += prior;
  };
  constexpr int steps = 20;
  for (int step = 0; step < steps; ++step) {
    linearise();
    const Vector3d downhill = jacobian.transpose() * weight.cwiseProduct(measured - model) - prior.cwiseProduct(p);
    const Vector3d change = normal.ldlt().solve(downhill);
    p += change;
    if (change.cwiseAbs().maxCoeff() < 1e-12) break;
  }
  linearise();
  const Matrix3d covariance = normal.inverse();
  Difference out;
  out.energy_eV = energy;
  out.before = list(model);
  out.after = pair.after.intensity;
  const VectorXd difference = measured - model;
  out.difference = list(difference);
  out.shift_eV = {p[0], covariance(0, 0)};
  out.scale = {1 + p[1], covariance(1, 1)};
  out.offset = {p[2], covariance(2, 2)};
  // What is left has lost the part that looks like a nuisance: V - J C J'.
  const VectorXd explained = (jacobian * covariance).cwiseProduct(jacobian).rowwise().sum();
  out.sigma = list((variance - explained).cwiseMax(1e-3 * variance).cwiseSqrt());
  out.chi_squared = difference.cwiseAbs2().dot(weight) + p.cwiseAbs2().dot(prior);
  out.points = n;
  out.significance = core::normal_score(out.chi_squared, static_cast<double>(n));
  // The most significant run of points within the smoothing width.
  for (Index i = 0; i < n; ++i) {
    double sum = 0, weights = 0;
    for (Index k = i;
         k < n && energy[static_cast<std::size_t>(k)] - energy[static_cast<std::size_t>(i)] <= out.smooth_eV; ++k) {
      sum += difference[k] * weight[k];
      weights += weight[k];
    }
    const double score = sum / std::sqrt(weights);
    if (std::abs(score) > std::abs(out.largest)) {
      out.largest = score;
      out.largest_eV = energy[static_cast<std::size_t>(i)] + 0.5 * out.smooth_eV;
    }
  }
  return out;
}

std::string significance_words(double s) {
  if (s < 2) return fmt::format("no change is seen ({:.1f} standard deviations)", s);
  if (s < 3) return fmt::format("a change is possible ({:.1f} standard deviations)", s);
  if (s < 5) return fmt::format("a change is likely ({:.1f} standard deviations)", s);
  return fmt::format("a clear change ({:.0f} standard deviations)", s);
}

core::Value energy_offset_eV(const Spectrum& spectrum, const Spectrum& reference, double from_eV, double to_eV,
                             double prior_eV) {
  // A scale and an offset without a say: the prior's widths are those of the signal itself.
  const double height = *std::ranges::max_element(spectrum.intensity) - *std::ranges::min_element(spectrum.intensity);
  const Difference aligned = compare(
      reference, spectrum, {.from = from_eV, .to = to_eV, .shift = prior_eV, .scale = 10, .offset = 10 * height});
  const double freedom = std::max(1.0, aligned.chi_squared / static_cast<double>(aligned.points - 3));
  return {aligned.shift_eV.value, aligned.shift_eV.variance * freedom};
}

}  // namespace lithoscope::xas
