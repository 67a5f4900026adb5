// Steps run, side by side where they can, each kept under its key so that a killed run loses no finished one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lithoscope/core/log.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/result/files.hpp"
#include "lithoscope/study/plan.hpp"

namespace lithoscope::study {

/// Where finished steps are kept: a folder of `<key>.nxs`, and results at hand, such as those of the run that is
/// replaced. A file that is cut short or of an older version counts as none, and the log says so.
class StepCache {
 public:
  explicit StepCache(std::string folder = {}) : folder_(std::move(folder)) {}
  void add(std::vector<result::Result> at_hand);
  std::shared_ptr<const result::Result> find(const Step& step, core::Log& log) const;
  /// Written aside, synced, renamed.
  void keep(const result::Result& result) const;

 private:
  std::string folder_;  ///< empty: nothing is written
  std::vector<std::shared_ptr<const result::Result>> at_hand_;
};

struct RunOutcome {
  std::vector<result::Result> results;  ///< one a step, in the plan's order; with `failure` where it failed
  std::vector<std::exception_ptr> failures;
  std::size_t made = 0, kept = 0;  ///< steps that were run, and taken from the cache
};

/// A step that fails does not take the others with it, only those that wait for it. Throws Interrupted.
RunOutcome run_plan(const Plan& plan, const StepCache& cache, core::Progress& progress, core::Log& log);

/// One step alone; those before it must be in the cache. Throws UsageError when one is not.
result::Result run_step(const Plan& plan, std::size_t step, const StepCache& cache, core::Progress& progress,
                        core::Log& log);

/// What belongs to the files of a run beside its results.
result::FileFacts facts_of(const Plan& plan);

}  // namespace lithoscope::study
