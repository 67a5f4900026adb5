#include "lithoscope/tes/calibration_curve.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "lithoscope/core/errors.hpp"

namespace lithoscope::tes {
namespace {

core::CubicSpline spline_of(const std::vector<Anchor>& anchors, CurveKind kind) {
  std::vector<double> x, y;
  for (const Anchor& a : anchors) {
    x.push_back(kind == CurveKind::log_log ? std::log(a.height) : a.height);
    y.push_back(kind == CurveKind::log_log ? std::log(a.energy_eV) : a.height / a.energy_eV);
  }
  return core::CubicSpline{x, y};
}

}  // namespace

CalibrationCurve::CalibrationCurve(std::vector<Anchor> anchors, CurveKind kind)
    : anchors_(std::move(anchors)), kind_(kind) {
  bool ascending = anchors_.size() >= 2;
  for (std::size_t i = 0; i < anchors_.size(); ++i) {
    const Anchor& a = anchors_[i];
    ascending = ascending && a.height > 0 && a.energy_eV > 0 && std::isfinite(a.height) && std::isfinite(a.energy_eV) &&
                (i == 0 || (a.height > anchors_[i - 1].height && a.energy_eV > anchors_[i - 1].energy_eV));
  }
  if (!ascending) {
    throw core::ComputationError({.what = "no calibration curve goes through these anchors",
                                  .expected = "two or more, higher pulses for higher energies",
                                  .found = fmt::format("{} anchors", anchors_.size())});
  }
  spline_ = spline_of(anchors_, kind_);
  lowest_ = anchors_.front().height;
  highest_ = anchors_.back().height;
  for (std::size_t i = 0; i < anchors_.size(); ++i) {
    std::vector<Anchor> moved = anchors_;
    const double slope =
        (energy_eV(anchors_[i].height * 1.001) - energy_eV(anchors_[i].height * 0.999)) / (0.002 * anchors_[i].height);
    moved[i].energy_eV += std::hypot(anchors_[i].energy_sigma_eV, slope * anchors_[i].height_sigma);
    nudged_.push_back(spline_of(moved, kind_));
  }
}

double CalibrationCurve::through(const core::CubicSpline& spline, double height) const {
  if (kind_ == CurveKind::log_log) return height > 0 ? std::exp(spline.value(std::log(height))) : 0;
  return height / spline.value(height);
}

double CalibrationCurve::energy_eV(double height) const { return through(spline_, height); }

double CalibrationCurve::height(double energy_eV_wanted) const {
  double low = 0.01 * lowest_, high = 20 * highest_;
  constexpr int halvings = 60;
  for (int i = 0; i < halvings; ++i) {
    const double middle = 0.5 * (low + high);
    (energy_eV(middle) < energy_eV_wanted ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

double CalibrationCurve::sigma_eV(double height) const {
  const double here = energy_eV(height);
  double sum = 0;
  for (const core::CubicSpline& spline : nudged_) sum += std::pow(through(spline, height) - here, 2);
  return std::sqrt(sum);
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
