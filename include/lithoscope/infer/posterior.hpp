// Drawn states weighed by the joint likelihood: posterior, prior, and how far both can be trusted.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/infer/evidence.hpp"
#include "lithoscope/infer/state_draws.hpp"

namespace lithoscope::infer {

struct PosteriorSettings {
  std::vector<unsigned> combinations;  ///< bits of the processes, each with the same prior probability
  std::int64_t draws = 3000;           ///< of each combination
  double enough = 400;                 ///< effective draws at which refining ends
  int rounds = 8;                      ///< of refining, at most; 0: the prior's draws alone
  std::uint64_t seed = 1;
};

/// All combinations of these processes.
std::vector<unsigned> combinations_of(const std::vector<Process>& processes_allowed);

/// Drawn states and what is seen of them, for one set of kernels: the prior. It serves any number of data sets.
struct PriorDraws {
  std::vector<unsigned> combinations;
  std::vector<StateDraw> draws;
  std::vector<Viewer::View> views;
  std::vector<double> weight;  ///< of the prior: 1 / (combinations times draws of each), they add up to 1
};
PriorDraws draw_prior(const LithiumLibrary& library, const Viewer& viewer, const PosteriorSettings& settings,
                      core::Progress& progress);

/// Central 95 % of a weighted sample, and its median.
struct Interval {
  double low = 0, median = 0, high = 0, mean = 0, sd = 0;
};

/// Of values with their weights; NaN where none has weight.
Interval interval_of(std::vector<std::pair<double, double>> sample);

struct Posterior {
  std::vector<StateDraw> draws;
  std::vector<Viewer::View> views;
  std::vector<double> log_likelihood;
  std::vector<double> weight;  ///< they add up to 1
  std::vector<double> prior;   ///< what a draw stands for of the prior, before the likelihood
  std::vector<int> shard;      ///< 0 to 3: independent parts, for R-hat
  std::array<double, combinations> probability{};
  double effective = 0;          ///< draws: 1 over the sum of squared weights
  double effective_runs = 0;     ///< the same over runs of the particle, among states in which lithium moves
  double least_chi_squared = 0;  ///< of the best draw
  double prior_chi_squared = 0;  ///< of the best draw before refining
  int rounds = 0;

  using Of = std::function<double(const Viewer::View&)>;
  using Which = std::function<bool(const StateDraw&)>;
  /// Over draws that `which` takes (all without it); NaN where none has weight.
  Interval interval(const Of& of, const Which& which = {}) const;
  double probability_of(Process process) const;
  /// Gelman and Rubin's ratio of widths between and within the shards; 1 where they agree.
  double r_hat(const Of& of) const;
  std::size_t best() const;  ///< the most probable draw
};

/// Weights by the likelihood. Where fewer draws than `enough` count, new ones are drawn round those that do, seen by
/// the exact model and weighed by the density they were drawn from. `capacity` is weighed, too, where it was measured.
/// Throws ComputationError where no draw has a likelihood (a prior without mass at the data).
Posterior weigh(const PriorDraws& prior, const Evidence& evidence, const LithiumLibrary& library, const Viewer& viewer,
                const PosteriorSettings& settings);

/// Chi squared of all values at a state, the capacity among them where it was measured, and how many they are.
double chi_squared(const Evidence& evidence, const LithiumLibrary& library, const StateDraw& draw,
                   const Viewer::View& view);
int values_of(const Evidence& evidence);

/// Interval of the prior for a quantity.
Interval prior_interval(const PriorDraws& prior, const Posterior::Of& of, const Posterior::Which& which = {});

}  // namespace lithoscope::infer
