// Where a round of refining draws new states: round those that count. Private to the room.
#pragma once

#include <Eigen/Core>
#include <array>
#include <map>
#include <vector>

#include "lithoscope/core/rng.hpp"
#include "lithoscope/infer/posterior.hpp"

namespace lithoscope::infer {

/// A mixture of normal kernels, for each combination of processes as wide as its good draws lie apart (West 1993: drawn
/// towards their middle by as much as the kernels widen them). Good is said of the likelihood to a power at which some
/// hundred draws count. Half of the new states keep the run of their kernel, half take any run.
class Proposal {
 public:
  Proposal(const Posterior& p, std::size_t combinations_allowed, std::size_t runs);

  StateDraw draw(core::RandomStream& random) const;
  /// The mixture's density over the prior's.
  double over_prior(const StateDraw& d) const;

 private:
  struct Part {  ///< of one combination of processes
    double share = 0;
    std::vector<std::size_t> which;  ///< coordinates it depends on
    Eigen::MatrixXd lower;           ///< of the kernels' covariance
    double log_scale = 0;            ///< log of its determinant's root
    Eigen::MatrixXd centres, white;  ///< a column a kernel; multiplied by the inverse of `lower`
    std::vector<std::int32_t> run;
    std::multimap<std::int32_t, Eigen::Index> of_run;
  };

  std::array<Part, combinations> parts_;
  double combinations_allowed_, runs_;
};

}  // namespace lithoscope::infer
