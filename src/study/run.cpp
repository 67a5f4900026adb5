#include "lithoscope/study/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/io/input_file.hpp"

namespace lithoscope::study {
namespace fs = std::filesystem;
namespace {

// Hashes go to the room's sources by path; files it did not mention are added. A result from a cache learns where its
// files lie today.
void complete_sources(result::Result& result, const Step& step) {
  std::vector<result::Source> out;
  std::vector<bool> used(result.sources.size(), false);
  for (const result::Source& input : step.inputs) {
    result::Source source = input;
    const std::string name = fs::path(input.path).filename().string();
    for (std::size_t i = 0; i < result.sources.size(); ++i) {
      const result::Source& told = result.sources[i];
      const bool same =
          told.path == input.path || (told.sha256 == input.sha256 && fs::path(told.path).filename() == name);
      if (used[i] || !same || (!told.role.empty() && told.role != input.role)) continue;
      source.format = told.format;
      used[i] = true;
      break;
    }
    out.push_back(std::move(source));
  }
  result.sources = std::move(out);
}

void complete(result::Result& result, const Step& step) {
  const probe::Measurement& m = step.measurement;
  result.probe = m.probe;
  result.version = step.probe->version;
  result.name = m.name;
  result.state = m.state;
  result.key = step.key;
  result.settings.clear();
  for (const core::SettingInfo& info : step.probe->settings) {
    const core::SettingValue* value = m.settings.find(info.name);
    result.settings.push_back(
        {info.name, info.unit == "1" ? "" : info.unit, value == nullptr ? core::SettingValue{} : *value});
  }
  for (result::Observable& o : result.observables) {
    if (o.state.empty()) o.state = m.state;
  }
  complete_sources(result, step);
}

// For every observable that both states have under one name: the change.
void add_changes(result::Result& result, const result::Result& before) {
  std::vector<result::Observable> changes;
  for (const result::Observable& after : result.observables) {
    if (!after.against.empty()) continue;
    const auto same = std::ranges::find_if(
        before.observables, [&](const result::Observable& o) { return o.name == after.name && o.against.empty(); });
    if (same == before.observables.end()) continue;
    try {
      changes.push_back(result::change_of(*same, after));
    } catch (const core::UsageError&) {
      continue;  // another axis: the room's own comparison says what it can
    }
  }
  for (result::Observable& change : changes) {
    const bool there = std::ranges::any_of(
        result.observables, [&](const auto& o) { return o.name == change.name && o.state == change.state; });
    if (!there) result.observables.push_back(std::move(change));
  }
}

using Made = std::vector<std::shared_ptr<const result::Result>>;

result::Result make(const Step& step, const Made& made, const Plan& plan, core::Progress& progress, core::Log& log) {
  probe::Context context{.progress = progress, .log = log, .seed = plan.seed};
  const auto take = [&](std::size_t i, bool partner) {
    context.taken.push_back({.probe = plan.steps[i].measurement.probe,
                             .state = plan.steps[i].measurement.state,
                             .partner = partner,
                             .result = made[i]});
  };
  for (const std::size_t t : step.takes) take(t, false);
  const bool has_partner = step.partner && made[*step.partner]->failure.empty();
  if (has_partner) take(*step.partner, true);
  for (const result::Source& source : step.inputs)
    log.add(core::LogLevel::info, "read", {{"step", step.id}, {"path", source.path}, {"sha256", source.sha256}});
  result::Result out = step.probe->reduce(step.measurement, context);
  complete(out, step);
  if (has_partner) add_changes(out, *made[*step.partner]);
  result::make_canonical(out);
  result::check(out);
  return out;
}

result::Result failed(const Step& step, const std::string& why) {
  result::Result out;
  complete(out, step);
  out.failure = why;
  return out;
}

// Steps of one wave wait for none of each other.
std::vector<std::vector<std::size_t>> waves_of(const Plan& plan) {
  std::vector<std::size_t> depth(plan.steps.size(), 0);
  std::vector<std::vector<std::size_t>> out;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    for (const std::size_t t : plan.steps[i].takes) depth[i] = std::max(depth[i], depth[t] + 1);
    if (plan.steps[i].partner) depth[i] = std::max(depth[i], depth[*plan.steps[i].partner] + 1);
    if (out.size() <= depth[i]) out.resize(depth[i] + 1);
    out[depth[i]].push_back(i);
  }
  return out;
}

// What a step needs that is not there, as a sentence; empty: nothing. A section does with what there is.
std::string missing(const Step& step, const Plan& plan, const Made& made) {
  const auto needed = [&](std::size_t t) {
    return step.probe->section.empty() || std::ranges::find(step.probe->takes, plan.steps[t].probe->name,
                                                            &probe::Take::probe) != step.probe->takes.end();
  };
  for (const std::size_t t : step.takes) {
    if (!made[t]->failure.empty() && needed(t))
      return fmt::format("it takes \"{}\", which failed", plan.steps[t].measurement.name);
  }
  return {};
}

void log_result(const Step& step, const result::Result& result, core::Log& log) {
  for (const std::string& warning : result.warnings) log.add(core::LogLevel::warning, warning, {{"step", step.id}});
  if (!result.failure.empty()) log.add(core::LogLevel::warning, "failed: " + result.failure, {{"step", step.id}});
  log.add(core::LogLevel::info, "done " + step.measurement.name, {{"step", step.id}, {"key", step.key}});
}

}  // namespace

void StepCache::add(std::vector<result::Result> at_hand) {
  for (result::Result& r : at_hand) at_hand_.push_back(std::make_shared<const result::Result>(std::move(r)));
}

std::shared_ptr<const result::Result> StepCache::find(const Step& step, core::Log& log) const {
  const auto fits = [&](const result::Result& r) {
    return r.key == step.key && r.failure.empty() && r.version == step.probe->version;
  };
  std::shared_ptr<const result::Result> found;
  for (const auto& r : at_hand_) {
    if (fits(*r)) found = r;
  }
  const std::string path = (fs::path(folder_) / (step.key + ".nxs")).string();
  std::error_code error;
  if (!found && !folder_.empty() && fs::exists(path, error)) {
    try {
      for (result::Result& r : result::read_nexus(io::InputFile::open(path))) {
        if (fits(r)) found = std::make_shared<const result::Result>(std::move(r));
      }
      if (!found)
        log.add(core::LogLevel::warning, "a kept step is of another version and is made anew", {{"path", path}});
    } catch (const core::UnreadableFile& damaged) {
      log.add(core::LogLevel::warning, "a kept step cannot be read and is made anew",
              {{"path", path}, {"why", damaged.facts().what}});
    }
  }
  if (!found) return found;
  auto fresh = std::make_shared<result::Result>(*found);
  complete_sources(*fresh, step);
  log.add(core::LogLevel::info, "kept " + step.measurement.name, {{"step", step.id}, {"key", step.key}});
  return fresh;
}

void StepCache::keep(const result::Result& result) const {
  if (folder_.empty() || !result.failure.empty()) return;
  std::error_code error;
  fs::create_directories(folder_, error);
  const std::vector<result::Result> one{result};
  io::write_file((fs::path(folder_) / (result.key + ".nxs")).string(),
                 result::nexus_file(one, {.title = result.name, .program = program_version()}), io::Existing::replace);
}

RunOutcome run_plan(const Plan& plan, const StepCache& cache, core::Progress& progress, core::Log& log) {
  RunOutcome out;
  Made made(plan.steps.size());
  out.failures.resize(plan.steps.size());
  std::vector<char> fresh(plan.steps.size(), 0);
  const auto run_one = [&](std::size_t i, core::Progress& own) {
    const Step& step = plan.steps[i];
    core::throw_if_interrupted();
    made[i] = step.given != nullptr ? step.given : cache.find(step, log);
    if (made[i]) return;
    fresh[i] = 1;
    log.add(core::LogLevel::info, "start " + step.measurement.name, {{"step", step.id}});
    result::Result result;
    if (const std::string why = missing(step, plan, made); !why.empty()) {
      result = failed(step, why);
    } else {
      try {
        result = make(step, made, plan, own, log);
        cache.keep(result);
      } catch (const core::Interrupted&) {
        throw;
      } catch (const core::OutputError&) {
        throw;
      } catch (const core::Error& error) {
        out.failures[i] = std::current_exception();
        result = failed(step, error.what());
      }
    }
    log_result(step, result, log);
    made[i] = std::make_shared<const result::Result>(std::move(result));
  };
  for (const std::vector<std::size_t>& wave : waves_of(plan)) {
    if (wave.size() == 1) {
      run_one(wave.front(), progress);
      continue;
    }
    progress.start("measurements", static_cast<std::int64_t>(wave.size()));
    std::atomic<std::int64_t> done = 0;
    core::parallel_for(static_cast<std::int64_t>(wave.size()), [&](std::int64_t k) {
      core::NoProgress nobody;
      run_one(wave[static_cast<std::size_t>(k)], nobody);
      progress.advance(++done);
    });
    progress.finish();
  }
  for (std::size_t i = 0; i < made.size(); ++i) {
    out.results.push_back(*made[i]);
    ++(fresh[i] != 0 ? out.made : out.kept);
  }
  return out;
}

result::Result run_step(const Plan& plan, std::size_t index, const StepCache& cache, core::Progress& progress,
                        core::Log& log) {
  const Step& step = plan.steps.at(index);
  Made made(plan.steps.size());
  const auto need = [&](std::size_t i) {
    made[i] = plan.steps[i].given != nullptr ? plan.steps[i].given : cache.find(plan.steps[i], log);
    if (made[i]) return;
    throw core::UsageError(
        {.what = fmt::format("the step {} waits for {}, which is not there yet", step.id, plan.steps[i].id),
         .expected = "its result in the cache",
         .found = "none",
         .advice = "run that step first; litho plan lists who waits for whom"});
  };
  for (const std::size_t t : step.takes) need(t);
  if (step.partner) need(*step.partner);
  if (step.given != nullptr) return *step.given;
  if (const auto kept = cache.find(step, log)) return *kept;
  result::Result out = make(step, made, plan, progress, log);
  cache.keep(out);
  log_result(step, out, log);
  return out;
}

result::FileFacts facts_of(const Plan& plan) {
  return {.title = plan.study.title, .program = program_version(), .texts = {{"study", resolved_study(plan)}}};
}

}  // namespace lithoscope::study
