#include "lithoscope/infer/joint_likelihood.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "lithoscope/core/errors.hpp"

namespace lithoscope::infer {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using result::NoiseLaw;
using result::Observable;

constexpr double log_2_pi = 1.8378770664093453;

std::string named(const Observable& o) {
  return o.name + (o.state.empty() ? std::string{} : " in the state \"" + o.state + "\"");
}

void refuse_twice(const std::vector<Observable>& observables) {
  for (std::size_t i = 0; i < observables.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const Observable &a = observables[i], &b = observables[j];
      if (a.name != b.name || a.state != b.state || a.against != b.against) continue;
      throw core::UsageError({.what = "an observable is there twice: " + named(a),
                              .expected = "one measurement of it in a state",
                              .found = "two",
                              .advice = "give the second measurement a state of its own, or remove it from the study"});
    }
  }
}

// Own covariance of the values of one observable, without what they share with others.
double own_covariance(const Observable& o, std::size_t i, std::size_t j) {
  if (!o.covariance.empty()) return o.covariance[i * o.size() + j];
  const auto variance = [&](std::size_t k) { return o.variance.empty() ? 0.0 : o.variance[k]; };
  if (i == j) return variance(i);
  if (o.noise.law != NoiseLaw::ar1) return 0;
  const double apart = i > j ? static_cast<double>(i - j) : static_cast<double>(j - i);
  return std::pow(o.noise.correlation, apart) * std::sqrt(variance(i) * variance(j));
}

bool bell_shaped(const Observable& o) { return o.noise.law == NoiseLaw::gaussian || o.noise.law == NoiseLaw::ar1; }

// Density of one value at a prediction, and its first and second derivative with respect to it.
struct Slope {
  double log_density, first, second;
};

Slope of_counts(double value, double exposure, double predicted) {
  const double count = value * exposure;
  const double mean = std::max(predicted * exposure, 1e-12);
  const double first = (count / mean - 1) * exposure;
  // the expected curvature: always negative, so that Newton's steps climb
  return {count * std::log(mean) - mean - std::lgamma(count + 1) + std::log(exposure), first,
          -exposure * exposure / mean};
}

Slope of_student(double value, double variance, double degrees, double predicted) {
  const double scale2 = degrees > 2 ? variance * (degrees - 2) / degrees : variance;
  const double r = value - predicted;
  const double q = 1 + r * r / (degrees * scale2);
  const double norm = std::lgamma(0.5 * (degrees + 1)) - std::lgamma(0.5 * degrees) -
                      0.5 * std::log(degrees * std::numbers::pi * scale2);
  return {norm - 0.5 * (degrees + 1) * std::log(q), (degrees + 1) * r / (degrees * scale2 * q),
          -(degrees + 1) / ((degrees + 3) * scale2)};
}

}  // namespace

struct JointLikelihood::Inside {
  std::vector<Observable> observables;
  std::vector<Place> places;
  VectorXd values;
  MatrixXd own;  // covariance without what is shared
  std::vector<std::string> causes;
  std::vector<VectorXd> shifts;  // one a cause
  bool gaussian = true;
  // made at first use
  mutable bool ready = false;
  mutable Eigen::LLT<MatrixXd> whole;
  mutable double log_norm = 0;
  mutable MatrixXd own_precision;  // of the bell-shaped values; rows of the others are zero
  mutable double own_log_norm = 0;

  const Observable& of(std::size_t i) const { return observables[places[i].observable]; }

  MatrixXd covariance() const {
    MatrixXd out = own;
    for (const VectorXd& s : shifts) out += s * s.transpose();
    return out;
  }

  void prepare() const {
    if (ready) return;
    const MatrixXd all = covariance();
    whole.compute(all);
    if (whole.info() != Eigen::Success || !(whole.matrixL().toDenseMatrix().diagonal().minCoeff() > 0)) {
      throw core::UsageError({.what = "the observables have a covariance that is not positive",
                              .expected = "independent values with an uncertainty each",
                              .found = "a combination of values without an uncertainty",
                              .advice = "check the errors of the inputs"});
    }
    const MatrixXd lower = whole.matrixL();
    log_norm = -lower.diagonal().array().log().sum() - 0.5 * static_cast<double>(places.size()) * log_2_pi;
    if (!gaussian) prepare_own();
    ready = true;
  }

  void prepare_own() const {
    std::vector<Index> bell;
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (bell_shaped(of(i))) bell.push_back(static_cast<Index>(i));
    }
    own_precision = MatrixXd::Zero(values.size(), values.size());
    if (bell.empty()) return;
    const MatrixXd part = own(bell, bell);
    const Eigen::LLT<MatrixXd> factor(part);
    const MatrixXd inverse = factor.solve(MatrixXd::Identity(part.rows(), part.cols()));
    for (Index a = 0; a < inverse.rows(); ++a) {
      for (Index b = 0; b < inverse.cols(); ++b)
        own_precision(bell[static_cast<std::size_t>(a)], bell[static_cast<std::size_t>(b)]) = inverse(a, b);
    }
    const MatrixXd lower = factor.matrixL();
    own_log_norm = -lower.diagonal().array().log().sum() - 0.5 * static_cast<double>(bell.size()) * log_2_pi;
  }

  // Own densities at a prediction, gradient and minus the curvature with respect to it.
  double own_density(const VectorXd& at, VectorXd& gradient, MatrixXd& curvature) const {
    const VectorXd r = values - at;
    gradient = own_precision * r;
    curvature = own_precision;
    double out = own_log_norm - 0.5 * r.dot(gradient);
    for (std::size_t k = 0; k < places.size(); ++k) {
      const Observable& o = of(k);
      if (bell_shaped(o)) continue;
      const auto i = static_cast<Index>(k);
      const std::size_t index = places[k].index;
      const double exposure = o.noise.exposure.empty() ? 1 : o.noise.exposure[index];
      const Slope s = o.noise.law == NoiseLaw::poisson ? of_counts(values(i), exposure, at(i))
                                                       : of_student(values(i), own(i, i), o.noise.degrees, at(i));
      out += s.log_density;
      gradient(i) += s.first;
      curvature(i, i) -= s.second;
    }
    return out;
  }

  // Newton's steps to the most probable sizes of the causes, then the integral of the parabola there.
  double by_laplace(const VectorXd& predicted) const {
    const auto count = static_cast<Index>(shifts.size());
    MatrixXd modes(values.size(), count);
    for (Index m = 0; m < count; ++m) modes.col(m) = shifts[static_cast<std::size_t>(m)];
    VectorXd size = VectorXd::Zero(count), gradient;
    MatrixXd curvature;
    double best = own_density(predicted, gradient, curvature);
    for (int step = 0; step < 50; ++step) {
      const MatrixXd hessian = MatrixXd::Identity(count, count) + modes.transpose() * curvature * modes;
      const VectorXd move = hessian.llt().solve(modes.transpose() * gradient - size);
      double stride = 1;
      bool climbed = false;
      for (; stride > 1e-4 && !climbed; stride *= 0.5) {
        const VectorXd there = size + stride * move;
        VectorXd g;
        MatrixXd c;
        const double now = own_density(predicted + modes * there, g, c) - 0.5 * there.squaredNorm();
        if (now < best - 1e-12) continue;
        climbed = true;
        const bool settled = now - best < 1e-10;
        best = now;
        size = there;
        gradient = g;
        curvature = c;
        if (settled) step = 50;
      }
      if (!climbed) break;
    }
    const MatrixXd hessian = MatrixXd::Identity(count, count) + modes.transpose() * curvature * modes;
    const MatrixXd lower = hessian.llt().matrixL();
    return best - lower.diagonal().array().log().sum();
  }
};

JointLikelihood::JointLikelihood(std::vector<Observable> observables) : in_(std::make_unique<Inside>()) {
  refuse_twice(observables);
  in_->observables = std::move(observables);
  for (std::size_t k = 0; k < in_->observables.size(); ++k) {
    const Observable& o = in_->observables[k];
    for (std::size_t i = 0; i < o.size(); ++i) {
      if ((o.flags.empty() || o.flags[i] == "ok") && std::isfinite(o.values[i])) in_->places.push_back({k, i});
    }
    in_->gaussian = in_->gaussian && bell_shaped(o);
  }
  const auto n = static_cast<Index>(in_->places.size());
  in_->values.resize(n);
  in_->own = MatrixXd::Zero(n, n);
  std::map<std::string, std::size_t> known;
  for (Index i = 0; i < n; ++i) {
    const Place at = in_->places[static_cast<std::size_t>(i)];
    const Observable& o = in_->observables[at.observable];
    in_->values(i) = o.values[at.index];
    for (Index j = 0; j < n; ++j) {
      const Place other = in_->places[static_cast<std::size_t>(j)];
      if (other.observable == at.observable) in_->own(i, j) = own_covariance(o, at.index, other.index);
    }
    if (!(in_->own(i, i) >= 0) || !(o.total_variance(at.index) > 0)) {
      throw core::UsageError({.what = named(o) + " has no uncertainty",
                              .expected = "a standard deviation above 0",
                              .found = fmt::format("a variance of {}", o.total_variance(at.index))});
    }
    for (const result::CommonMode& mode : o.common) {
      const auto [found, fresh] = known.try_emplace(mode.cause, in_->causes.size());
      if (fresh) {
        in_->causes.push_back(mode.cause);
        in_->shifts.push_back(VectorXd::Zero(n));
      }
      in_->shifts[found->second](i) += mode.shift[at.index];
    }
  }
}

JointLikelihood::JointLikelihood(JointLikelihood&&) noexcept = default;
JointLikelihood& JointLikelihood::operator=(JointLikelihood&&) noexcept = default;
JointLikelihood::~JointLikelihood() = default;

void JointLikelihood::add(const Artefact& artefact) {
  if (artefact.shift.size() != size())
    throw core::UsageError({.what = "the artefact \"" + artefact.cause + "\" does not fit the observables",
                            .expected = fmt::format("{} shifts", size()),
                            .found = std::to_string(artefact.shift.size())});
  const auto known = std::ranges::find(in_->causes, artefact.cause);
  const auto at = static_cast<std::size_t>(known - in_->causes.begin());
  if (known == in_->causes.end()) {
    in_->causes.push_back(artefact.cause);
    in_->shifts.push_back(VectorXd::Zero(static_cast<Index>(size())));
  }
  for (std::size_t i = 0; i < size(); ++i) in_->shifts[at](static_cast<Index>(i)) += artefact.shift[i];
  in_->ready = false;
}

void JointLikelihood::add_variance(std::span<const double> variance) {
  if (variance.size() != size())
    throw core::UsageError({.what = "the scatter does not fit the observables",
                            .expected = fmt::format("{} variances", size()),
                            .found = std::to_string(variance.size())});
  for (std::size_t i = 0; i < size(); ++i) in_->own(static_cast<Index>(i), static_cast<Index>(i)) += variance[i];
  in_->ready = false;
}

const std::vector<Observable>& JointLikelihood::observables() const { return in_->observables; }
const std::vector<Place>& JointLikelihood::places() const { return in_->places; }

std::vector<double> JointLikelihood::values() const { return {in_->values.begin(), in_->values.end()}; }

std::vector<double> JointLikelihood::covariance() const {
  const MatrixXd all = in_->covariance();
  std::vector<double> out;
  for (Index i = 0; i < all.rows(); ++i) {
    for (Index j = 0; j < all.cols(); ++j) out.push_back(all(i, j));
  }
  return out;
}

double JointLikelihood::chi_squared(std::span<const double> predicted) const {
  in_->prepare();
  const Eigen::Map<const VectorXd> at(predicted.data(), static_cast<Index>(predicted.size()));
  const VectorXd r = in_->values - at;
  return in_->whole.matrixL().solve(r).squaredNorm();
}

double JointLikelihood::log_density(std::span<const double> predicted) const {
  if (size() == 0) return 0;
  in_->prepare();
  if (in_->gaussian) return in_->log_norm - 0.5 * chi_squared(predicted);
  const Eigen::Map<const VectorXd> at(predicted.data(), static_cast<Index>(predicted.size()));
  return in_->by_laplace(at);
}

}  // namespace lithoscope::infer
