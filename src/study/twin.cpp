#include "lithoscope/study/twin.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/particle/simulate.hpp"
#include "lithoscope/programme/programme_file.hpp"

namespace lithoscope::study {
namespace {

const particle::Leg& leg_of(const particle::Run& run, const std::string& name) {
  if (name.empty()) return run.trunk;
  const auto leg = std::ranges::find(run.branches, name, &particle::Leg::name);
  if (leg != run.branches.end()) return *leg;
  std::string known;
  for (const particle::Leg& l : run.branches) known += (known.empty() ? "" : ", ") + l.name;
  throw core::UsageError({.what = fmt::format("the programme has no branch \"{}\"", name),
                          .expected = known.empty() ? "no --branch: there is only the trunk" : "one of " + known,
                          .found = name});
}

const particle::Mark& mark_of(const particle::Leg& leg, const std::string& step) {
  if (step.empty()) return leg.marks.back();
  std::string known;
  for (const particle::Mark& mark : leg.marks) {
    if (mark.step == step) return mark;
    known += (known.empty() ? "" : ", ") + mark.step;
  }
  throw core::UsageError(
      {.what = fmt::format("no step is called \"{}\"", step), .expected = "one of " + known, .found = step});
}

probe::Measurement measurement_of(const TwinRequest& request) {
  probe::Measurement m{.probe = request.probe->name, .name = request.probe->name, .state = {}, .files = {}};
  const auto fill = [](const auto& infos, const core::Settings& given, core::Settings& out) {
    for (const core::SettingInfo& info : infos) {
      const core::SettingValue* value = given.find(info.name);
      out.set(info.name, value != nullptr ? *value : info.otherwise);
    }
  };
  fill(request.probe->settings, request.settings, m.settings);
  fill(request.probe->instrument, request.instrument, m.instrument);
  m.sample = request.sample;
  return m;
}

// The programme run, or an empty scene where the probe needs no particle.
template <class Door>
auto at_scene(const TwinRequest& request, const Door& door) {
  if (!request.probe->needs_particle && request.programme.empty()) {
    const particle::Model model{};
    const particle::Run run{};
    const particle::Mark mark{};
    return door(probe::Scene{.model = model, .run = run, .leg = run.trunk, .mark = mark});
  }
  const programme::ProgrammeFile file = programme::read_programme_file(request.programme, request.changes);
  programme::refuse_idle_overrides(request.programme, request.changes);
  const particle::Run run = particle::simulate(file.model, file.programme, particle::Record::trace,
                                               particle::Sampling{.even_s = request.even_step_s});
  const particle::Leg& leg = leg_of(run, request.branch);
  return door(probe::Scene{.model = file.model, .run = run, .leg = leg, .mark = mark_of(leg, request.at)});
}

}  // namespace

void synthesize(const TwinRequest& request, const probe::Sink& sink, core::Progress& progress, core::Log& log) {
  probe::Context context{.progress = progress, .log = log, .seed = request.seed};
  at_scene(request, [&](const probe::Scene& scene) {
    request.probe->synthesize(scene, measurement_of(request), sink, context);
  });
}

std::vector<result::Observable> predict(const TwinRequest& request, std::vector<result::Observable> wanted,
                                        core::Progress& progress, core::Log& log) {
  probe::Context context{.progress = progress, .log = log, .seed = request.seed};
  return at_scene(request, [&](const probe::Scene& scene) {
    return request.probe->predict(scene, measurement_of(request), std::move(wanted), context);
  });
}

}  // namespace lithoscope::study
