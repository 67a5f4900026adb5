// From a study to steps: which files each reads, what it waits for, and the key under which its result is kept.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lithoscope/probe/probe.hpp"
#include "lithoscope/study/study_file.hpp"

namespace lithoscope::study {

struct Step {
  std::string id;  ///< "gitt-pristine", unique in its plan
  const probe::Probe* probe = nullptr;
  probe::Measurement measurement;      ///< settings complete
  std::vector<std::size_t> takes;      ///< steps whose results it is made with, all before it
  std::optional<std::size_t> partner;  ///< the same probe, in the parent state
  std::vector<result::Source> inputs;  ///< every file with its hash
  std::string key;                     ///< of probe, version, settings, sample, state, inputs and the steps before
  std::shared_ptr<const result::Result> given;  ///< read from a finished run in place of being made
};

struct Plan {
  Study study;
  std::vector<Step> steps;  ///< none waits for a later one
  std::uint64_t seed = 1;
};

/// Finds every file and hashes it. Throws UsageError for a file that is missing, a role that is, a state nobody
/// defines, states in a circle, a `takes` nobody makes.
Plan make_plan(const Study& study, const Registry& registry, std::uint64_t seed = 1);

/// Index of a step by its id. Throws UsageError that names those there are.
std::size_t step_named(const Plan& plan, const std::string& id);

/// Steps, keys and who waits for whom, for a person and as JSON (schema lithoscope/plan/1).
std::string plan_text(const Plan& plan);
std::string plan_json(const Plan& plan);

/// The study with every default written out, as TOML that reads back to the same study.
std::string resolved_study(const Plan& plan);

}  // namespace lithoscope::study
