#include "lithoscope/study/particle_run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/errors.hpp"

namespace lithoscope::study {
namespace {

double hottest_K(const particle::Programme& programme) {
  double hottest = 0;
  const auto look = [&](const std::vector<particle::Step>& steps) {
    for (const particle::Step& s : steps) hottest = std::max({hottest, s.temperature_K, s.to_temperature_K});
  };
  look(programme.trunk);
  for (const particle::Branch& b : programme.branches) look(b.steps);
  return hottest;
}

std::vector<std::string> look_for_trouble(const ParticleStudy& study, const particle::Run& run) {
  std::vector<std::string> warnings;
  const particle::Model& m = study.model;
  const double hot_K = hottest_K(study.programme);
  std::string narrow;
  const auto check_width = [&](const std::string& name, double width, double slope) {
    const double at_hot = width + slope * (hot_K - m.ladder.reference_temperature_K);
    const double least = core::boltzmann_eV_per_K * hot_K;
    if (at_hot < least) narrow += fmt::format("{}{} ({:.3f} V)", narrow.empty() ? "" : ", ", name, at_hot);
  };
  for (const particle::Couple& c : m.ladder.couples) check_width(c.name, c.width_V, c.width_slope_V_per_K);
  if (m.ladder.oxygen.sites > 0) check_width("oxygen", m.ladder.oxygen.width_V, m.ladder.oxygen.width_slope_V_per_K);
  if (!narrow.empty()) {
    warnings.push_back(fmt::format(
        "Narrower than k_B T/e = {:.3f} V at {:.0f} \u00b0C, the least a level can have: {}. Give them a width_slope.",
        core::boltzmann_eV_per_K * hot_K, hot_K - core::zero_celsius_K, narrow));
  }
  if (m.transport.rest_slowdown < 1) {
    warnings.push_back(
        fmt::format("Lithium is taken to move {:.3g} times slower at rest than under current (rest_slowdown, "
                    "hypothesis H1-\u03c6). "
                    "Nothing but the survival of a gradient speaks for it.",
                    1 / m.transport.rest_slowdown));
  }
  const auto remark = [&](const particle::Leg& leg) {
    warnings.insert(warnings.end(), leg.remarks.begin(), leg.remarks.end());
  };
  remark(run.trunk);
  for (const particle::Leg& leg : run.branches) {
    remark(leg);
    const particle::Observables& before = particle::start_of(leg).seen;
    for (std::size_t k = 0; k < m.ladder.cations.size(); ++k) {
      const bool reduced = leg.marks.back().seen.tey_valence[k] < before.tey_valence[k] - 1e-4;
      const bool layered = leg.marks.back().seen.mean_oxygen_lost < 1e-3;
      if (!reduced || !layered || before.tey_valence[k] >= before.pfy_valence[k] - 1e-4) continue;
      warnings.push_back(
          fmt::format("Before \"{}\" the surface's {} is more reduced than the bulk's ({:.4f} against {:.4f}): lithium "
                      "that flows to "
                      "the surface cannot explain a later reduction there.",
                      leg.name, m.ladder.cations[k].element, before.tey_valence[k], before.pfy_valence[k]));
    }
  }
  return warnings;
}

}  // namespace

ParticleOutcome run_particle(const ParticleStudy& study, particle::Record record, bool scan, core::Progress& progress,
                             core::Log& log) {
  if (scan && !study.scan) {
    throw core::UsageError({.what = "the programme has no scan",
                            .where = {.path = study.path},
                            .expected = "a [scan] table with [[scan.parameter]]",
                            .found = "none",
                            .advice = "see docs/particle.md, or start from the preset lmr-paper"});
  }
  ParticleOutcome out{.study = study};
  log.add(core::LogLevel::info, "running the programme", {{"file", study.path}});
  out.run = particle::simulate(study.model, study.programme, record);
  out.summary = particle::summary(study.model, out.run);
  out.warnings = look_for_trouble(study, out.run);
  if (scan) {
    log.add(core::LogLevel::info, "running the scan");
    out.scan = particle::run_scan(study.model, study.programme, *study.scan, progress);
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

}  // namespace lithoscope::study
