// A programme run to its end: what `litho particle` computes and writes.
#pragma once

#include <optional>
#include <string>

#include "lithoscope/core/log.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/particle/simulate.hpp"
#include "lithoscope/particle/summary.hpp"
#include "lithoscope/study/particle_file.hpp"

namespace lithoscope::study {

struct ParticleOutcome {
  ParticleStudy study;
  particle::Run run;
  std::vector<particle::Quantity> summary;
  std::optional<particle::ScanResult> scan;
  std::vector<std::string> warnings;  ///< sentences with the number that triggered them
};

/// `record`: a report needs everything. `scan`: also runs the scan of the study. Throws UsageError when it has none.
ParticleOutcome run_particle(const ParticleStudy& study, particle::Record record, bool scan, core::Progress& progress,
                             core::Log& log);

/// The bytes of run.nxs: traces, profiles at the ends of steps, what probes see, the scan's table.
std::string nexus_file(const ParticleOutcome& outcome);

}  // namespace lithoscope::study
