// The step `inference` of a study: everything measured in two states, weighed against one particle.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lithoscope/core/log.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/infer/evidence.hpp"
#include "lithoscope/infer/ledger.hpp"
#include "lithoscope/infer/posterior.hpp"
#include "lithoscope/probe/probe.hpp"
#include "lithoscope/result/result.hpp"

namespace lithoscope::infer {

struct InferenceSettings {
  std::vector<std::string> allowed;  ///< names of the processes; empty: all
  int draws = 3000;                  ///< of each combination of processes
};
std::span<const core::Setting<InferenceSettings>> inference_settings_table();

struct LibrarySettings {
  int runs = 4000;
  int first = 0;                   ///< place in the sequence: libraries of other places extend each other
  std::vector<std::string> prior;  ///< "PARAMETER=LOW to HIGH"
};
std::span<const core::Setting<LibrarySettings>> library_settings_table();

/// Of one quantity: what the priors, the data and a closed grain say of it, and whether a study could have seen it.
struct Implication {
  std::string quantity, unit, help;
  Interval prior, posterior, closed;
  std::optional<core::Value> measured;
  std::optional<double> smallest;  ///< change that instruments of the kind resolve
  std::string because;
};

/// How well the posterior describes one value.
struct Adequacy {
  std::string name, unit;
  double measured = 0, sigma = 0;  ///< with everything that is not the state
  Interval predicted;              ///< of the posterior, without noise
  double p = 1;                    ///< two-sided, of the value under the posterior predictive
};

struct InferenceOutcome {
  std::string before, after;
  std::vector<Process> allowed;
  LithiumLibrary library;
  Evidence evidence;
  std::vector<Quantity> quantities;
  PriorDraws prior;
  Posterior posterior;
  double closed_probability = 0;         ///< of all combinations in which nothing enters or leaves
  double p_of_closed = 1, p_of_all = 1;  ///< mean over the posterior of the chance of a larger chi squared
  std::optional<Ledger> ledger;
  std::vector<MeasuredChange> changes;
  std::vector<Implication> implications;
  std::vector<Adequacy> adequacy;
  struct Correlated {
    std::string one, other;
    double r = 0;
  };
  std::vector<Correlated> correlated;  ///< above 0.9
  double worst_r_hat = 1;
  std::vector<std::string> failed_steps;  ///< steps without a result
  std::size_t quantity(const std::string& name) const;
};

/// What the probabilities allow to say: odds above 10 "favoured", above 100 "shown", below a tenth "not needed".
struct Verdict {
  std::vector<Process> shown, favoured, not_needed, undecided;
  /// Undecided ones of which at least one is favoured: these probes do not tell which.
  std::vector<std::pair<Process, Process>> either;
};
Verdict verdict_of(const Posterior& posterior, const std::vector<Process>& allowed);

struct InferenceRequest {
  std::string before, after;
  std::vector<Process> allowed;
  bool one_piece = false;
  std::optional<core::Value> capacity_mAh_per_g;
  ArtefactSettings artefacts;
  std::int64_t draws = 3000;
  std::uint64_t seed = 1;
};

/// Throws what evidence_of and weigh throw.
InferenceOutcome run_inference(const std::vector<result::Observable>& observables, LithiumLibrary library,
                               const InferenceRequest& request, core::Progress& progress, core::Log& log);

/// Tables, numbers, figures and words.
result::Result describe(const InferenceOutcome& outcome);

}  // namespace lithoscope::infer
