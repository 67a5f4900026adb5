// Settings, roles and the probes `library` and `inference`.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/infer/inference_run.hpp"
#include "lithoscope/infer/probes.hpp"
#include "lithoscope/programme/particle_run.hpp"

namespace lithoscope::infer {

std::span<const core::Setting<LibrarySettings>> library_settings_table() {
  using S = LibrarySettings;
  using T = core::Setting<S>;
  static constexpr std::array table{
      T{"runs", "", &S::runs, "Runs of the particle, at numbers drawn from the priors", 16, 1e6},
      T{"first", "", &S::first,
        "Place of the first run in the sequence of draws: libraries of other places extend each other", 0, 1e9},
      T{"prior", "", &S::prior,
        "What a number of the particle may be, \"PARAMETER=LOW to HIGH\" or \"PARAMETER=VALUE +- SIGMA\", with \", "
        "log\" "
        "for even in the logarithm; in place of the range that the particle's file gives"}};
  return table;
}

std::span<const core::Setting<InferenceSettings>> inference_settings_table() {
  using S = InferenceSettings;
  using T = core::Setting<S>;
  static constexpr std::array table{
      T{"processes", "", &S::allowed,
        "Processes that may have happened, each on or off: lithium redistribution, oxygen stabilisation, surface "
        "reduction, "
        "reconstruction, oxygen brightening; all without it"},
      T{"draws", "", &S::draws, "States drawn of each combination of processes", 100, 1e7}};
  return table;
}

namespace {

void require_two_states(const probe::Measurement& m) {
  if (m.parent && !m.state.empty()) return;
  throw core::UsageError(
      {.what = "nothing leads to the state that is asked about",
       .where = {.path = m.state},
       .expected = "a state made `after` another one, and [study] question = { before = ..., after = ... }",
       .found = m.state.empty() ? "no state" : "\"" + m.state + "\", which names no state before it"});
}

result::Result reduce_library(const probe::Measurement& m, probe::Context& context) {
  require_two_states(m);
  const auto settings = probe::settings_in<LibrarySettings>(m, library_settings_table());
  const probe::Input& particle = *m.one("particle");
  const StateProgramme between = programme_between(particle.path, *m.parent, m.state_facts, m.sample, settings.prior);
  LithiumLibrary library = draw_library(between, settings.first, settings.runs, context.seed, context.progress);
  library.particle = particle.path;
  library.before = m.parent->name;
  library.after = m.state;
  result::Result out = describe(library);
  out.sources.push_back(programme::source_of(particle, "particle"));
  return out;
}

std::vector<Process> processes_of(const std::vector<std::string>& names) {
  std::vector<Process> out;
  std::vector<std::string> known;
  for (std::size_t i = 0; i < processes; ++i) {
    known.emplace_back(name_of(static_cast<Process>(i)));
    if (names.empty() || std::ranges::find(names, known.back()) != names.end()) out.push_back(static_cast<Process>(i));
  }
  for (const std::string& name : names) {
    if (std::ranges::find(known, name) != known.end()) continue;
    std::string all;
    for (const std::string& k : known) all += (all.empty() ? "" : ", ") + k;
    const std::string near = core::nearest_name(name, known);
    throw core::UsageError({.what = "a process of that name is not there",
                            .expected = "one of " + all,
                            .found = name,
                            .advice = near.empty() ? "" : "did you mean \"" + near + "\"?"});
  }
  return out;
}

std::optional<core::Value> capacity_of(const probe::State& before) {
  if (!before.charge || !before.charge->capacity_C_per_kg) return std::nullopt;
  core::Value out = *before.charge->capacity_C_per_kg / core::coulomb_per_kg_of_mAh_per_g;
  constexpr double usual = 0.02;  // of what is given without an error: active mass and side reactions
  if (!(out.variance > 0)) out.variance = out.value * out.value * usual * usual;
  return out;
}

result::Result reduce_inference(const probe::Measurement& m, probe::Context& context) {
  require_two_states(m);
  const result::Result* library = context.find("library");
  if (library == nullptr)
    throw core::UsageError(
        {.what = "the inference has no library of runs", .expected = "a step that makes it", .found = "none"});
  const auto settings = probe::settings_in<InferenceSettings>(m, inference_settings_table());
  std::vector<result::Observable> observables;
  std::vector<std::string> failed;
  for (const probe::Taken& taken : context.taken) {
    if (!taken.result->failure.empty()) failed.push_back(taken.result->name);
    observables.insert(observables.end(), taken.result->observables.begin(), taken.result->observables.end());
  }
  const InferenceRequest request{.before = m.parent->name,
                                 .after = m.state,
                                 .allowed = processes_of(settings.allowed),
                                 .one_piece = m.state_facts.piece == "same",
                                 .capacity_mAh_per_g = capacity_of(*m.parent),
                                 .artefacts = probe::settings_in<ArtefactSettings>(m, artefact_settings_table()),
                                 .draws = settings.draws,
                                 .seed = context.seed};
  InferenceOutcome outcome = run_inference(observables, library_of(*library), request, context.progress, context.log);
  outcome.failed_steps = std::move(failed);
  return describe(outcome);
}

std::vector<std::string> preset_names() {
  std::vector<std::string> out;
  for (const programme::Preset& p : programme::presets()) out.push_back(p.name);
  return out;
}

}  // namespace

std::vector<probe::Probe> probes() {
  probe::Probe library{.name = "library",
                       .help = "Run a particle from one state to the next at numbers drawn from their priors",
                       .version = "1",
                       .roles = {{.name = "particle",
                                  .help = "The particle: a programme file (TOML) or the name of a preset",
                                  .required = false,
                                  .many = false,
                                  .builtin = preset_names(),
                                  .otherwise = "lmr-paper"}},
                       .settings = core::setting_infos(library_settings_table(), "The library of runs"),
                       .sample = {"one_c", "particle_radius"},
                       .state = {"history"},
                       .command = false,
                       .reduce = reduce_library,
                       .title = "Library of runs"};
  probe::Probe inference{
      .name = "inference",
      .help =
          "Weigh everything measured in two states against one particle: what happened, and do its "
          "electrons add up",
      .version = "1",
      .roles = {},
      .settings = probe::joined({core::setting_infos(inference_settings_table(), "The inference"),
                                 core::setting_infos(artefact_settings_table(), "Artefacts, in every explanation")}),
      .state = {"history"},
      .takes = {{.probe = "library"}},
      .section = "inference",
      .command = false,
      .reduce = reduce_inference,
      .title = "Joint state"};
  return {std::move(library), std::move(inference)};
}

}  // namespace lithoscope::infer
