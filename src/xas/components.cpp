#include "lithoscope/xas/components.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>

#include "fitted_shapes.hpp"
#include "lithoscope/core/cubic_spline.hpp"
#include "lithoscope/core/errors.hpp"

namespace lithoscope::xas {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

// What a normalisation fitted to each spectrum is no component: it is taken off what is left of it.
class Backgrounds {
 public:
  Backgrounds(std::span<const Spectrum> spectra, const std::vector<double>& energy_eV, const MatrixXd& variance) {
    for (const Spectrum& s : spectra) {
      const auto shapes = fitted_shapes({&s.fitted, 1}, energy_eV);
      MatrixXd& all = shapes_.emplace_back(variance.rows(), static_cast<Index>(shapes.size()));
      for (std::size_t k = 0; k < shapes.size(); ++k) all.col(static_cast<Index>(k)) = shapes[k];
      terms_ += static_cast<double>(shapes.size());
    }
  }
  double terms() const { return terms_; }
  MatrixXd without(const MatrixXd& rest, const MatrixXd& variance) const {
    MatrixXd out = rest;
    for (Index j = 0; j < rest.cols(); ++j) {
      const MatrixXd& shapes = shapes_[static_cast<std::size_t>(j)];
      if (shapes.cols() == 0) continue;
      const MatrixXd weighted = variance.col(j).cwiseInverse().asDiagonal() * shapes;
      out.col(j) -= shapes * (shapes.transpose() * weighted).ldlt().solve(weighted.transpose() * rest.col(j));
    }
    return out;
  }

 private:
  std::vector<MatrixXd> shapes_;
  double terms_ = 0;
};

}  // namespace

Components principal_components(std::span<const Spectrum> spectra) {
  constexpr std::size_t least = 3;
  if (spectra.size() < least) {
    throw core::UsageError({.what = "too few spectra to look for components",
                            .expected = "3 or more",
                            .found = std::to_string(spectra.size())});
  }
  double low = spectra.front().energy_eV.front(), high = spectra.front().energy_eV.back();
  for (const Spectrum& s : spectra) {
    low = std::max(low, s.energy_eV.front());
    high = std::min(high, s.energy_eV.back());
  }
  if (!(low < high)) {
    throw core::UsageError({.what = "the spectra do not overlap", .expected = "energies they share", .found = "none"});
  }
  Components out;
  out.energy_eV = cut(spectra.front(), low, high, static_cast<std::int64_t>(least)).energy_eV;
  const auto n = static_cast<Index>(out.energy_eV.size());
  const auto count = static_cast<Index>(spectra.size());
  MatrixXd data(n, count), variance(n, count);
  for (Index j = 0; j < count; ++j) {
    const Spectrum& s = spectra[static_cast<std::size_t>(j)];
    const core::CubicSpline curve{s.energy_eV, s.intensity}, noise{s.energy_eV, s.variance};
    for (Index i = 0; i < n; ++i) {
      data(i, j) = curve.value(out.energy_eV[static_cast<std::size_t>(i)]);
      variance(i, j) = std::max(0.0, noise.value(out.energy_eV[static_cast<std::size_t>(i)]));
    }
  }
  const Eigen::BDCSVD<MatrixXd> svd{data, Eigen::ComputeThinU | Eigen::ComputeThinV};
  const VectorXd& s = svd.singularValues();
  const Index kept = s.size();
  out.singular.assign(s.begin(), s.end());
  out.weights.resize(spectra.size());
  for (Index k = 0; k < kept; ++k) {
    const VectorXd u = svd.matrixU().col(k);
    out.curves.emplace_back(u.begin(), u.end());
    for (Index j = 0; j < count; ++j) out.weights[static_cast<std::size_t>(j)].push_back(s[k] * svd.matrixV()(j, k));
  }
  const bool noisy = variance.minCoeff() > 0;
  // A noise that is taken from the scatter is known no better than what is held against it: its own variance comes on
  // top, one and a half times as large, as it uses the points less well.
  const bool scatter = std::ranges::any_of(spectra, [](const Spectrum& one) { return one.noise == Noise::scatter; });
  constexpr double with_scatter = 2.5;
  const Backgrounds backgrounds{spectra, out.energy_eV, variance};
  MatrixXd rest = data;
  for (Index r = 1; r < kept; ++r) {
    // IND(r) = sqrt(sum of the eigenvalues left / (p (c - r))) / (c - r)^2, p points and c spectra (Malinowski 1977).
    const double left = s.tail(kept - r).squaredNorm();
    const auto spare = static_cast<double>(count - r);
    out.indicator.push_back(std::sqrt(left / (static_cast<double>(n) * spare)) / (spare * spare));
    rest -= s[r - 1] * svd.matrixU().col(r - 1) * svd.matrixV().col(r - 1).transpose();
    if (!noisy) continue;
    const double shared = backgrounds.terms() * static_cast<double>(count - r) / static_cast<double>(count);
    const double freedom = static_cast<double>((n - r) * (count - r)) - shared;
    const MatrixXd noise = backgrounds.without(rest, variance);
    out.reduced_chi_squared.push_back(noise.cwiseAbs2().cwiseQuotient(variance).sum() / freedom);
    const double bound = 1 + 1.645 * std::sqrt(2 * (scatter ? with_scatter : 1) / freedom);
    if (out.by_noise == 0 && out.reduced_chi_squared.back() < bound) out.by_noise = static_cast<std::size_t>(r);
  }
  out.by_indicator = static_cast<std::size_t>(std::ranges::min_element(out.indicator) - out.indicator.begin()) + 1;
  return out;
}

double outside_share(const Components& components, std::size_t count, const Spectrum& reference) {
  if (reference.energy_eV.front() > components.energy_eV.front() ||
      reference.energy_eV.back() < components.energy_eV.back()) {
    throw core::UsageError(
        {.what = fmt::format("\"{}\" does not cover the series", reference.name),
         .expected = fmt::format("{:g} to {:g} eV", components.energy_eV.front(), components.energy_eV.back()),
         .found = fmt::format("{:g} to {:g} eV", reference.energy_eV.front(), reference.energy_eV.back())});
  }
  const core::CubicSpline curve{reference.energy_eV, reference.intensity};
  const auto n = static_cast<Index>(components.energy_eV.size());
  VectorXd y(n);
  for (Index i = 0; i < n; ++i) y[i] = curve.value(components.energy_eV[static_cast<std::size_t>(i)]);
  VectorXd rest = y;
  for (std::size_t k = 0; k < std::min(count, components.curves.size()); ++k) {
    const Eigen::Map<const VectorXd> u{components.curves[k].data(), n};
    rest -= u.dot(y) * u;
  }
  return rest.norm() / y.norm();
}

}  // namespace lithoscope::xas
