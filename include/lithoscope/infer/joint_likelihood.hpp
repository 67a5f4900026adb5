// One log-likelihood over the observables of a study: each with its noise law, all with the causes that they share.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/result/observable.hpp"

namespace lithoscope::infer {

/// A value of an observable that enters.
struct Place {
  std::size_t observable = 0, index = 0;
};

/// A cause that moves values of several observables, beside those the observables bring: an artefact. The shifts are
/// those of one standard deviation of the cause.
struct Artefact {
  std::string cause;
  std::vector<double> shift;  ///< one a place of JointLikelihood::places
};

/// log p(values | what was predicted), with everything linear that nobody asked for integrated out: every common mode
/// has a standard normal prior, and modes of one name are one cause, wherever they appear. Exact for Gaussian and AR(1)
/// noise; where counts (Poisson) or a Student t enter, the integral over the modes is Laplace's.
/// There are no weights: a data set counts by its own errors alone.
class JointLikelihood {
 public:
  /// Values without a flag "ok" do not enter. Throws UsageError for an observable that occurs twice in one state, for a
  /// covariance that is not positive, and for values without an uncertainty.
  JointLikelihood() : JointLikelihood(std::vector<result::Observable>{}) {}
  explicit JointLikelihood(std::vector<result::Observable> observables);
  JointLikelihood(JointLikelihood&&) noexcept;
  JointLikelihood& operator=(JointLikelihood&&) noexcept;
  ~JointLikelihood();

  /// `artefact.shift` has one entry a place. An artefact of the name of a mode that is there is the same cause. Throws
  /// UsageError for another length.
  void add(const Artefact& artefact);
  /// Variance that is the value's own, such as scatter between pieces; one entry a place. Throws UsageError.
  void add_variance(std::span<const double> variance);

  const std::vector<result::Observable>& observables() const;
  const std::vector<Place>& places() const;  ///< the values that enter, in the order of `predicted`
  std::size_t size() const { return places().size(); }
  std::vector<double> values() const;
  /// Of values and all causes together: a row-major matrix, size() by size().
  std::vector<double> covariance() const;

  /// `predicted` has one entry a place, in its unit. The first call after an artefact was added prepares:
  /// not from several threads.
  double log_density(std::span<const double> predicted) const;
  /// (values - predicted) C^-1 (values - predicted), with C = covariance(): what an adequate prediction keeps near
  /// size().
  double chi_squared(std::span<const double> predicted) const;

 private:
  struct Inside;
  std::unique_ptr<Inside> in_;
};

}  // namespace lithoscope::infer
