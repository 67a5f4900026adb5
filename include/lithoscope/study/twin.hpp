// A probe backwards: the raw files an instrument would have written of a model particle, or of a known sample.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/io/toml.hpp"
#include "lithoscope/study/registry.hpp"

namespace lithoscope::study {

struct TwinRequest {
  const probe::Probe* probe = nullptr;
  std::string programme;              ///< file or preset; empty where the probe needs no particle
  std::vector<io::Override> changes;  ///< of the programme
  std::string branch;                 ///< empty: the trunk
  std::string at;                     ///< end of this step; empty: the last one
  double even_step_s = 60;            ///< longest time between rows of a record
  core::Settings settings;            ///< of the probe, for predict; the others have their defaults
  core::Settings instrument;          ///< of the synthetic instrument; the others have their defaults
  probe::Sample sample;
  std::uint64_t seed = 1;
};

/// Runs the programme and hands its scene to the probe's synthesize. Throws UsageError for a branch or step that is not
/// there.
void synthesize(const TwinRequest& request, const probe::Sink& sink, core::Progress& progress, core::Log& log);

/// What the same particle, or the same known sample, would show of the observables it is handed.
std::vector<result::Observable> predict(const TwinRequest& request, std::vector<result::Observable> wanted,
                                        core::Progress& progress, core::Log& log);

}  // namespace lithoscope::study
