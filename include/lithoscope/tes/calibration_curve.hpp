// Pulse height to energy, through anchors, with an uncertainty anywhere on it.
#pragma once

#include <array>
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
  log_log,  ///< natural cubic spline of the logarithm of energy over that of height, over a wide range on a parabola
  gain,     ///< natural cubic spline of height over energy, over height (what MASS calls gain)
};

/// Beyond the first and the last anchor straight, or a parabola where four anchors or more span a factor of four. One
/// anchor: energy goes as height. What one or two anchors leave open of the shape is in sigma_eV: an exponent of 1 +-
/// 0.1 about one, a bend of 0 +- 0.05 (of the logarithms, per unit squared) through two.
class CalibrationCurve {
 public:
  CalibrationCurve() = default;
  /// Anchors ascending in height and energy, at least one. Throws ComputationError.
  CalibrationCurve(std::vector<Anchor> anchors, CurveKind kind);

  bool empty() const { return anchors_.empty(); }
  double energy_eV(double height) const;
  double height(double energy_eV) const;
  /// What the anchors' heights and energies do not fix, one standard deviation: first order in each anchor, and by how
  /// much two ways to draw the curve through them differ.
  double sigma_eV(double height) const;
  const std::vector<Anchor>& anchors() const { return anchors_; }
  /// Energy an anchor would be given by the others, less its own; NaN for the first and the last.
  std::vector<double> drop_one_eV() const;

 private:
  /// A natural spline on a parabola, in the spline's own variables.
  struct Through {
    static Through of(const std::vector<Anchor>& anchors, CurveKind kind, bool bent);
    double base(double x) const;
    core::CubicSpline spline;
    double centre = 0;
    std::array<double, 3> bend{};
  };
  double through(const Through& curve, double height) const;
  double shape_sigma_eV(double height) const;
  std::vector<Anchor> anchors_;
  CurveKind kind_ = CurveKind::log_log;
  Through through_, unbent_;     ///< the same spline without the parabola: another way to draw the curve
  std::vector<Through> nudged_;  ///< with one anchor moved by its own uncertainty
  double lowest_ = 0, highest_ = 0;
};

}  // namespace lithoscope::tes
