#include <fmt/format.h>

#include <algorithm>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/particle/trouble.hpp"
#include "lithoscope/programme/particle_run.hpp"

namespace lithoscope::programme {
std::vector<io::Override> overrides_of(const std::vector<std::string>& typed) {
  std::vector<io::Override> out;
  for (const std::string& one : typed) out.push_back(io::parse_override(one));
  return out;
}

ParticleOutcome run_particle(const ProgrammeFile& file, bool scan, core::Progress& progress, core::Log& log) {
  if (scan && !file.scan) {
    throw core::UsageError({.what = "the programme has no scan",
                            .where = {.path = file.path},
                            .expected = "a [scan] table with [[scan.parameter]]",
                            .found = "none",
                            .advice = "see docs/particle.md, or start from the preset lmr-paper"});
  }
  ParticleOutcome out{.file = file};
  log.add(core::LogLevel::info, "running the programme", {{"file", file.path}});
  out.run = particle::simulate(file.model, file.programme, particle::Record::everything);
  out.summary = particle::summary(file.model, out.run);
  out.warnings = particle::look_for_trouble(file.model, file.programme, out.run);
  out.assumptions = explore_assumptions(file, out.run, drawn_assumptions, progress);
  out.doubts = without_assumptions(file, out.run);
  if (scan) {
    log.add(core::LogLevel::info, "running the scan");
    out.scan = particle::run_scan(file.model, file.programme, *file.scan, progress);
    const auto failed = std::ranges::count_if(out.scan->rows, [](const auto& row) { return !row.failure.empty(); });
    if (failed > 0) {
      const auto first = std::ranges::find_if(out.scan->rows, [](const auto& row) { return !row.failure.empty(); });
      out.warnings.push_back(fmt::format("{} of {} runs of the scan failed; the first: {}.", failed,
                                         out.scan->rows.size(), first->failure));
    }
  }
  for (const std::string& warning : out.warnings) log.add(core::LogLevel::warning, warning);
  return out;
}

}  // namespace lithoscope::programme
