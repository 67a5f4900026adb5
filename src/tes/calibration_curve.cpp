#include "lithoscope/tes/calibration_curve.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <cmath>
#include <limits>

#include "lithoscope/core/errors.hpp"

namespace lithoscope::tes {
namespace {

// Least squares of y over 1, x, x^2 about the mean of x.
std::array<double, 3> parabola(const std::vector<double>& x, const std::vector<double>& y, double centre) {
  Eigen::MatrixXd a(static_cast<Eigen::Index>(x.size()), 3);
  Eigen::VectorXd b(static_cast<Eigen::Index>(x.size()));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double d = x[i] - centre;
    a.row(static_cast<Eigen::Index>(i)) << 1, d, d * d;
    b(static_cast<Eigen::Index>(i)) = y[i];
  }
  const Eigen::Vector3d c = a.colPivHouseholderQr().solve(b);
  return {c(0), c(1), c(2)};
}

}  // namespace

// A natural spline has no bend at its ends, which saturating pulses do have: with anchors to spare the spline is that
// of what a parabola leaves.
CalibrationCurve::Through CalibrationCurve::Through::of(const std::vector<Anchor>& anchors, CurveKind kind, bool bent) {
  std::vector<double> x, y;
  for (const Anchor& a : anchors) {
    x.push_back(kind == CurveKind::log_log ? std::log(a.height) : a.height);
    y.push_back(kind == CurveKind::log_log ? std::log(a.energy_eV) : a.height / a.energy_eV);
  }
  if (anchors.size() == 1) {  // energy as height
    x.push_back(x[0] + 1);
    y.push_back(y[0] + (kind == CurveKind::log_log ? 1 : 0));
  }
  Through out;
  constexpr std::size_t enough = 4;
  constexpr double wide = 4;  // over less the errors of line tables outweigh the bend
  if (bent && kind == CurveKind::log_log && anchors.size() >= enough &&
      anchors.back().energy_eV > wide * anchors.front().energy_eV) {
    for (const double v : x) out.centre += v / static_cast<double>(x.size());
    out.bend = parabola(x, y, out.centre);
    for (std::size_t i = 0; i < x.size(); ++i) y[i] -= out.base(x[i]);
  }
  out.spline = core::CubicSpline{x, y};
  return out;
}

double CalibrationCurve::Through::base(double x) const {
  const double d = x - centre;
  return bend[0] + d * (bend[1] + d * bend[2]);
}

CalibrationCurve::CalibrationCurve(std::vector<Anchor> anchors, CurveKind kind)
    : anchors_(std::move(anchors)), kind_(kind) {
  bool ascending = !anchors_.empty();
  for (std::size_t i = 0; i < anchors_.size(); ++i) {
    const Anchor& a = anchors_[i];
    ascending = ascending && a.height > 0 && a.energy_eV > 0 && std::isfinite(a.height) && std::isfinite(a.energy_eV) &&
                (i == 0 || (a.height > anchors_[i - 1].height && a.energy_eV > anchors_[i - 1].energy_eV));
  }
  if (!ascending) {
    throw core::ComputationError({.what = "no calibration curve goes through these anchors",
                                  .expected = "one or more, higher pulses for higher energies",
                                  .found = fmt::format("{} anchors", anchors_.size())});
  }
  through_ = Through::of(anchors_, kind_, true);
  unbent_ = Through::of(anchors_, kind_, false);
  lowest_ = anchors_.front().height;
  highest_ = anchors_.back().height;
  for (std::size_t i = 0; i < anchors_.size(); ++i) {
    std::vector<Anchor> moved = anchors_;
    const double slope =
        (energy_eV(anchors_[i].height * 1.001) - energy_eV(anchors_[i].height * 0.999)) / (0.002 * anchors_[i].height);
    moved[i].energy_eV += std::hypot(anchors_[i].energy_sigma_eV, slope * anchors_[i].height_sigma);
    nudged_.push_back(Through::of(moved, kind_, true));
  }
}

double CalibrationCurve::through(const Through& curve, double height) const {
  if (kind_ != CurveKind::log_log) return height / curve.spline.value(height);
  if (!(height > 0)) return 0;
  const double x = std::log(height);
  return std::exp(curve.base(x) + curve.spline.value(x));
}

double CalibrationCurve::energy_eV(double height) const { return through(through_, height); }

double CalibrationCurve::height(double energy_eV_wanted) const {
  double low = 0.01 * lowest_, high = 20 * highest_;
  constexpr int halvings = 60;
  for (int i = 0; i < halvings; ++i) {
    const double middle = 0.5 * (low + high);
    (energy_eV(middle) < energy_eV_wanted ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

// What the anchors leave open between and beyond them. A microcalorimeter's heights saturate: energies go as their
// power 1.0 to 1.15 below 1 keV. With a curve's worth of anchors two ways to draw it differ by as much as either may be
// off.
double CalibrationCurve::shape_sigma_eV(double height) const {
  constexpr double exponent_sigma = 0.1, bend_sigma = 0.05;
  const double here = energy_eV(height), x = std::log(std::max(height, 1e-300));
  const double first = x - std::log(lowest_), last = x - std::log(highest_);
  if (anchors_.size() == 1) return here * exponent_sigma * std::abs(first);
  if (anchors_.size() == 2) return here * bend_sigma * std::abs(first * last);
  return std::abs(through(unbent_, height) - here);
}

double CalibrationCurve::sigma_eV(double height) const {
  const double here = energy_eV(height);
  double sum = 0;
  for (const Through& curve : nudged_) sum += std::pow(through(curve, height) - here, 2);
  return std::hypot(std::sqrt(sum), shape_sigma_eV(height));
}

std::vector<double> CalibrationCurve::drop_one_eV() const {
  std::vector<double> out(anchors_.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t k = 1; k + 1 < anchors_.size(); ++k) {
    std::vector<Anchor> rest = anchors_;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(k));
    out[k] = CalibrationCurve{std::move(rest), kind_}.energy_eV(anchors_[k].height) - anchors_[k].energy_eV;
  }
  return out;
}

}  // namespace lithoscope::tes
