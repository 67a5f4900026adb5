// One or several spectra as mixtures of the same references: the least-squares problem and its solution. Private to
// the room.
#pragma once

#include <Eigen/Core>
#include <span>
#include <vector>

#include "lithoscope/core/cubic_spline.hpp"
#include "lithoscope/xas/linear_combination.hpp"

namespace lithoscope::xas {

/// Where each kind of parameter stands in the vector: the amplitudes of each spectrum, the references' shifts and
/// scales, which all spectra share, then of each spectrum its shift, offset, slope, bend and tilt. -1: fixed.
struct MixtureLayout {
  Eigen::Index references = 0, spectra = 1;
  Eigen::Index shifts = -1, scales = -1, common = -1, offset = -1, slope = -1, bend = -1, tilt = -1;
  Eigen::Index size = 0;
  bool sum_to_one = true;

  MixtureLayout(std::size_t reference_count, std::size_t spectrum_count, const MixtureSettings& settings);
  Eigen::Index amplitudes() const { return references * spectra; }
  Eigen::Index free_parameters() const;
};

/// Points of one spectrum among all.
struct MixturePart {
  std::span<const double> energy;
  Eigen::Index first = 0;
  double centre = 0;  ///< of the slope
  Eigen::Index size() const { return static_cast<Eigen::Index>(energy.size()); }
};

struct MixtureProblem {
  const MixtureLayout& layout;
  std::span<const core::CubicSpline> curves;
  std::vector<MixturePart> parts;
  Eigen::VectorXd measured;  ///< of all parts
  Eigen::VectorXd weight;    ///< 1 / variance
  Eigen::VectorXd prior;     ///< 1 / variance of the priors, whose means are 0
};

struct MixtureSolution {
  Eigen::VectorXd parameters, model;
  Eigen::MatrixXd normal;  ///< with the priors
  bool converged = false;
};

/// Gauss-Newton with amplitudes that are not negative (active set) and, where the layout says so, add up to 1 in each
/// spectrum.
MixtureSolution solve_mixture(const MixtureProblem& problem, Eigen::VectorXd start);

/// Covariance of the parameters on the planes where amplitudes add up to 1.
Eigen::MatrixXd mixture_covariance(const Eigen::MatrixXd& normal, const MixtureLayout& layout);

}  // namespace lithoscope::xas
