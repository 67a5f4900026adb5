// Pulse height to energy, through anchors, with an uncertainty anywhere on it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/cubic_spline.hpp"

namespace lithoscope::tes {

struct Anchor {
  std::string line;
  double height = 0, height_sigma = 0;  ///< raw units
  double energy_eV = 0, energy_sigma_eV = 0;
};

enum class CurveKind {
  log_log,  ///< natural cubic spline of the logarithm of energy over that of height
  gain,     ///< natural cubic spline of height over energy, over height (what MASS calls gain)
};

/// Straight beyond the first and the last anchor, in the spline's own variables.
class CalibrationCurve {
 public:
  CalibrationCurve() = default;
  /// Anchors ascending in height and energy, at least two. Throws ComputationError.
  CalibrationCurve(std::vector<Anchor> anchors, CurveKind kind);

  bool empty() const { return anchors_.empty(); }
  double energy_eV(double height) const;
  double height(double energy_eV) const;
  /// What the anchors' heights and energies do not fix, one standard deviation: first order in each anchor.
  double sigma_eV(double height) const;
  const std::vector<Anchor>& anchors() const { return anchors_; }
  /// Energy an anchor would be given by the others, less its own; NaN for the first and the last.
  std::vector<double> drop_one_eV() const;

 private:
  double through(const core::CubicSpline& spline, double height) const;
  std::vector<Anchor> anchors_;
  CurveKind kind_ = CurveKind::log_log;
  core::CubicSpline spline_;
  std::vector<core::CubicSpline> nudged_;  ///< with one anchor moved by its own uncertainty
  double lowest_ = 0, highest_ = 0;
};

}  // namespace lithoscope::tes
