#include "trace_fit.hpp"
#include "lithoscope/core/median.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>

namespace lithoscope::echem {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr double largest_drift_V_per_s = 3e-4 / 3600;  // prior standard deviation: 0.3 mV an hour
constexpr double held = 1e24;                          // precision of a parameter that stays where it is

// Sum of squares of the differences of one order of `count` parameters from `first`, as a matrix.
MatrixXd roughness(Index size, Index first, Index count, int order) {
  MatrixXd differences = MatrixXd::Identity(count, count);
  for (int i = 0; i < order; ++i) {
    const Index rows = differences.rows() - 1;
    differences = (differences.bottomRows(rows) - differences.topRows(rows)).eval();
  }
  MatrixXd penalty = MatrixXd::Zero(size, size);
  penalty.block(first, first, count, count) = differences.transpose() * differences;
  return penalty;
}

}  // namespace

TraceFit::TraceFit(const TraceData& data, const TraceGrain& grain, TraceCurves first_guess, const TracePrior& prior)
    : data_(data), grain_(grain), curves_(std::move(first_guess)), layout_(layout_of(curves_)) {
  const auto add = [&](Index first, Index count, int order, double strength, double stiffest) {
    penalties_.push_back(
        {roughness(layout_.count, first, count, order), static_cast<double>(count - order), strength, stiffest});
  };
  // Strengths to start from: stiff, so that the first steps are safe.
  const Index knots = curves_.ln_D_m2_s.size();
  const Index exchanges = curves_.ln_exchange_A.size();
  add(layout_.ln_D, knots, prior.order_ln_D, 1e2, static_cast<double>(knots) / std::pow(prior.least_change_ln_D, 2));
  add(layout_.ocv, curves_.ocv_V.size(), prior.order_ocv, 1e5, std::pow(prior.least_bend_ocv_V, -2));
  add(layout_.exchange, exchanges, prior.order_exchange, 1e2, 1e6);
  centre_ = parameters();
  centre_.segment(layout_.ln_D, knots).setConstant(curves_.ln_D_m2_s.mean());
  precision_ = VectorXd::Zero(layout_.count);
  precision_.segment(layout_.ln_D, knots).setConstant(std::pow(prior.sigma_ln_D, -2));
  precision_.segment(layout_.exchange, exchanges).setConstant(std::pow(prior.sigma_ln_exchange, -2));
  precision_[layout_.resistance] = prior.sigma_resistance_ohm > 0 ? std::pow(prior.sigma_resistance_ohm, -2) : held;
  resistance_free_ = prior.sigma_resistance_ohm > 0;
  precision_[layout_.drift] = held;
}

bool TraceFit::run() {
  // First with a noise that forgives a wrong guess.
  noise_ = {.white_V = 2e-3, .slow_V = 0, .slow_s = 3600, .unrest = {}};
  evaluate(curves_);
  if (!prediction_.finite) return false;
  linearise();
  constexpr double near_the_solution = 0.05;  // in ln D
  for (int i = 0; i < 20; ++i) {
    if (!descend() || change_ < near_the_solution) break;
  }
  forget_shapes();
  settle();
  if (drifts()) settle();
  return true;
}

// Smoothness while every bin's misfit still counts as its own: a slow noise, let in too early, takes what the curves
// should have explained.
void TraceFit::forget_shapes() {
  for (int round = 0; round < 4; ++round) {
    const double misfit = std::sqrt(prediction_.residual_V.squaredNorm() / static_cast<double>(data_.bins.size()));
    noise_ = {.white_V = noise_.white_V, .slow_V = misfit, .slow_s = 1, .unrest = {}};
    linearise();
    for (int i = 0; i < 10; ++i) weigh_penalties();
    if (!descend() || change_ < 0.1) break;
  }
  noise_.slow_s = 100;
}

// Noise, smoothness and curves in turn until none moves.
void TraceFit::settle() {
  converged_ = false;
  damping_ = 1e-6;
  constexpr int most_rounds = 12;
  for (int round = 0; round < most_rounds && !converged_; ++round) {
    noise_ = likeliest_noise(data_, prediction_.residual_V, prediction_.scatter_V2, noise_);
    linearise();
    for (int i = 0; i < 10; ++i) weigh_penalties();
    const VectorXd before = curves_.ln_D_m2_s;
    covariance_ = posterior();
    const auto moved_by = [&](const VectorXd& from) {
      const auto sigma = covariance_.diagonal().segment(layout_.ln_D, from.size()).array().sqrt();
      return ((curves_.ln_D_m2_s - from).array() / sigma).abs().maxCoeff();
    };
    for (int step = 0; step < 3; ++step) {
      const VectorXd from = curves_.ln_D_m2_s;
      if (!descend() || moved_by(from) < 0.3) break;
    }
    const double largest = moved_by(before);
    converged_ = largest < 0.15;
  }
}

// A drift is indistinguishable from the open-circuit curve but for the rests, which it tilts. It is freed where they
// ask for it: kept free always, it would widen every open-circuit potential by what a hundred hours of it could be.
// What it does to a rest must also stand out from what the solver, and particles that are no perfect spheres, do there.
bool TraceFit::drifts() {
  constexpr double significant = 5;            // standard deviations
  constexpr double share_of_gradient = 0.004;  // of what the gradient costs at the end of a pulse
  precision_[layout_.drift] = std::pow(largest_drift_V_per_s, -2);
  const double drift = std::abs(descent(0)[layout_.drift]);
  const double sigma = std::sqrt(posterior()(layout_.drift, layout_.drift));
  double longest = 0;
  for (const Drive& drive : data_.drives) longest = std::max(longest, drive.duration_s);
  drift_found_ = drift > significant * sigma && drift * longest > share_of_gradient * typical_gradient_V();
  if (!drift_found_) precision_[layout_.drift] = held;
  return drift_found_;
}

// Median over the pulses of what the surface's lead over the mean costs when they end.
double TraceFit::typical_gradient_V() const {
  std::vector<double> costs;
  for (std::size_t i = 0; i < data_.drives.size(); ++i) {
    if (data_.drives[i].current_A == 0) continue;
    costs.push_back(std::abs(open_circuit_V(curves_, prediction_.surface_end[i]) -
                             open_circuit_V(curves_, data_.drives[i].progress_end)));
  }
  return core::median(std::move(costs));
}

VectorXd TraceFit::parameters() const {
  VectorXd all(layout_.count);
  all << curves_.ln_D_m2_s, curves_.ocv_V, curves_.ln_exchange_A, curves_.resistance_ohm, curves_.drift_V_per_s;
  return all;
}

MatrixXd TraceFit::prior_matrix() const {
  MatrixXd total = precision_.asDiagonal();
  for (const Penalty& p : penalties_) total += p.strength * p.matrix;
  return total;
}

MatrixXd TraceFit::posterior() const {
  return (information_ + prior_matrix()).ldlt().solve(MatrixXd::Identity(layout_.count, layout_.count));
}

void TraceFit::evaluate(const TraceCurves& curves) {
  ++evaluations_;
  prediction_ = predict_trace(data_, grain_, curves, true);
}

void TraceFit::linearise() {
  VectorXd values = prediction_.residual_V;
  RowMatrix columns = prediction_.jacobian;
  whiten(data_, noise_, values, columns);
  information_.setZero(layout_.count, layout_.count);
  information_.selfadjointView<Eigen::Lower>().rankUpdate(columns.transpose());
  information_.triangularView<Eigen::StrictlyUpper>() = information_.transpose();
  towards_ = columns.transpose() * values;
}

// Minus twice the logarithm of the posterior, up to a constant.
double TraceFit::cost(const TracePrediction& at, const VectorXd& parameters) const {
  if (!at.finite) return std::numeric_limits<double>::infinity();
  VectorXd values = at.residual_V;
  RowMatrix none(values.size(), 0);
  whiten(data_, noise_, values, none);
  const VectorXd off = parameters - centre_;
  double sum = values.squaredNorm() + off.dot(precision_.cwiseProduct(off));
  for (const Penalty& p : penalties_) sum += p.strength * parameters.dot(p.matrix * parameters);
  return sum;
}

VectorXd TraceFit::descent(double damping) const {
  const VectorXd here = parameters();
  VectorXd gradient = towards_ - precision_.cwiseProduct(here - centre_);
  for (const Penalty& p : penalties_) gradient -= p.strength * (p.matrix * here);
  MatrixXd normal = information_ + prior_matrix();
  normal.diagonal() *= 1 + damping;
  return normal.ldlt().solve(gradient);
}

// One step of Levenberg and Marquardt; false when no step lowers the cost.
bool TraceFit::descend() {
  constexpr double negligible = 0.01;   // of minus twice a log-likelihood
  constexpr double longest_step = 1.5;  // in ln D: further, the linearised surface means nothing
  const VectorXd here = parameters();
  const TracePrediction standing = prediction_;
  const double cost_here = cost(standing, here);
  for (int attempt = 0; attempt < 8; ++attempt) {
    VectorXd by = descent(damping_);
    const double longest = by.segment(layout_.ln_D, curves_.ln_D_m2_s.size()).lpNorm<Eigen::Infinity>();
    if (longest > longest_step) by *= longest_step / longest;
    const TraceCurves there = moved(curves_, by);
    evaluate(there);
    const double cost_there = cost(prediction_, here + by);
    if (cost_there <= cost_here + negligible) {
      curves_ = there;
      change_ = std::min(longest, longest_step);
      damping_ = std::max(damping_ * 0.1, 1e-9);
      linearise();
      return true;
    }
    damping_ = std::max(damping_ * 10, 1e-5);
  }
  prediction_ = standing;
  return false;
}

// Smoothness by empirical Bayes (Wood and Fasiolo, Biometrics 73, 1071 (2017), Eq. 6), where the linearised fit would
// go with it.
void TraceFit::weigh_penalties() {
  const MatrixXd covariance = posterior();
  const VectorXd there = parameters() + descent(0);
  for (Penalty& p : penalties_) {
    const double spent = p.rank - p.strength * covariance.cwiseProduct(p.matrix).sum();
    const double rough = there.dot(p.matrix * there);
    const double factor = std::max(spent, 1e-3) / std::max(p.strength * rough, 1e-12);
    p.strength = std::clamp(p.strength * std::clamp(factor, 0.1, 10.0), 1e-3, p.stiffest);
  }
}

}  // namespace lithoscope::echem
