// Curves that explain a titration: Gauss-Newton on potential and prior, with noise and smoothness from the data
// themselves. Private to the room.
#pragma once

#include <Eigen/Dense>
#include <vector>

#include "trace_model.hpp"
#include "trace_noise.hpp"

namespace lithoscope::echem {

/// What is assumed before the data are seen. Each curve is a random function whose differences of one order are
/// independent and normal (a Wiener process integrated order - 1 times); how rough it is, the data say.
struct TracePrior {
  int order_ln_D = 1, order_ocv = 2, order_exchange = 2;
  // Few pulses cannot tell a stiff curve from a perfectly stiff one: how smooth it may be taken to be.
  double least_change_ln_D = 0.01;  ///< over a whole run
  double least_bend_ocv_V = 1e-6;   ///< of the differences of order_ocv
  double sigma_ln_D = 6.9;          ///< about the first guess's mean: three decades
  double sigma_ln_exchange = 3;     ///< about the first guess's mean
  double sigma_resistance_ohm = 0;  ///< about 0; 0 where one current alone cannot tell it from charge transfer
};

class TraceFit {
 public:
  TraceFit(const TraceData& data, const TraceGrain& grain, TraceCurves first_guess, const TracePrior& prior);

  /// False when the transport equation has no solution at the first guess.
  bool run();

  const TraceCurves& curves() const { return curves_; }
  const TraceLayout& layout() const { return layout_; }
  const TracePrediction& prediction() const { return prediction_; }
  const TraceNoise& noise() const { return noise_; }
  /// Of all parameters, at the solution (Laplace's approximation).
  const Eigen::MatrixXd& covariance() const { return covariance_; }
  /// What the surface's lead over the mean costs at the end of a pulse, the median.
  double typical_gradient_V() const;
  int evaluations() const { return evaluations_; }
  bool converged() const { return converged_; }
  bool drift_found() const { return drift_found_; }
  bool resistance_free() const { return resistance_free_; }

 private:
  /// A roughness penalty: strength times the sum of squared differences.
  struct Penalty {
    Eigen::MatrixXd matrix;
    double rank;
    double strength;
    double stiffest;
  };

  Eigen::VectorXd parameters() const;
  Eigen::MatrixXd prior_matrix() const;
  Eigen::MatrixXd posterior() const;
  void evaluate(const TraceCurves& curves);
  void linearise();
  double cost(const TracePrediction& at, const Eigen::VectorXd& parameters) const;
  Eigen::VectorXd descent(double damping) const;
  bool descend();
  void weigh_penalties();
  void forget_shapes();
  void settle();
  bool drifts();

  const TraceData& data_;
  const TraceGrain& grain_;
  TraceCurves curves_;
  TraceLayout layout_;
  std::vector<Penalty> penalties_;
  Eigen::VectorXd precision_, centre_;  ///< of the part of the prior that is not roughness
  TraceNoise noise_;
  TracePrediction prediction_;
  Eigen::MatrixXd information_, covariance_;
  Eigen::VectorXd towards_;  ///< whitened Jacobian transposed times whitened residuals
  double damping_ = 1e-4;
  double change_ = 0;  ///< of the last step, in posterior standard deviations once these are known
  int evaluations_ = 0;
  bool converged_ = false;
  bool drift_found_ = false;
  bool resistance_free_ = false;
};

}  // namespace lithoscope::echem
