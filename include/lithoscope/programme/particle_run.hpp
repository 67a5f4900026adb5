// The probe `particle`: a programme run to its end, and what it says of the particle.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/log.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/particle/simulate.hpp"
#include "lithoscope/particle/summary.hpp"
#include "lithoscope/probe/probe.hpp"
#include "lithoscope/programme/assumptions.hpp"
#include "lithoscope/programme/programme_file.hpp"
#include "lithoscope/result/result.hpp"

namespace lithoscope::programme {

struct ParticleSettings {
  std::vector<std::string> set;  ///< "key=value" of the programme file, put in place of what stands there
  bool scan = false;             ///< also the scan of the file
};
std::span<const core::Setting<ParticleSettings>> particle_settings_table();

/// "key=value" each. Throws UsageError.
std::vector<io::Override> overrides_of(const std::vector<std::string>& typed);

struct ParticleOutcome {
  ProgrammeFile file;
  particle::Run run;
  std::vector<particle::Quantity> summary;
  std::optional<particle::ScanResult> scan;
  Assumptions assumptions;
  std::vector<std::string> doubts;    ///< what the run would be without the assumptions that carry it
  std::vector<std::string> warnings;  ///< sentences with the number that triggered them
};

/// `scan`: also runs the scan of the file. Throws UsageError when it has none.
ParticleOutcome run_particle(const ProgrammeFile& file, bool scan, core::Progress& progress, core::Log& log);

/// Where a programme is from. A preset is no file on disk, so that nobody else could hash it: its text is hashed here.
result::Source source_of(const probe::Input& input, const std::string& role);

/// Numbers, tables, maps, observables, figures and words of a run; the probe's facts are filled in by its caller.
result::Result describe(const ParticleOutcome& outcome);

}  // namespace lithoscope::programme
