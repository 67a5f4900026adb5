#include "run_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/report/run_directory.hpp"

namespace litho {
namespace fs = std::filesystem;
namespace core = lithoscope::core;
namespace io = lithoscope::io;
namespace report = lithoscope::report;
namespace result = lithoscope::result;
namespace study = lithoscope::study;

void add_run_options(Command& command, RunOptions& options, const std::string& out_help, bool with_set) {
  if (with_set)
    command.texts("--set", options.set,
                  "KEY=VALUE of the study, such as sample.bet_area=\"3.7 m2/g\"; may be repeated");
  command.flag("--dry-run", options.dry_run, "Print what would be read, then stop");
  command.text("--out", options.out, out_help);
  command.flag("--force", options.force, "Replace a run that is already there; what did not change is not made again");
  command.flag("--json", options.json, "Print one JSON object instead of text");
  command.number("--threads", options.threads, "Threads to use; 0 is all cores. Results do not depend on it");
  command.number("--seed", options.seed, "Seed of everything that is drawn at random [1]");
  command.flag("--verbose", options.verbose, "Print on stderr what is being done");
  command.flag("--watch", options.watch, "Follow growing files and keep the folder fresh, until Ctrl-C");
  command.text("--watch-for", options.watch_for, "Stop watching after this time, such as \"8 h\"");
}

std::vector<io::Override> overrides(const RunOptions& options) {
  std::vector<io::Override> out;
  for (const std::string& text : options.set) out.push_back(io::parse_override(text));
  return out;
}

namespace {

bool is_shown(const Shown& shown, const study::Step& step) {
  return shown.ids.empty() || std::ranges::find(shown.ids, step.id) != shown.ids.end();
}

void print_results(const study::Plan& plan, const study::RunOutcome& outcome, const Shown& shown) {
  const bool many = plan.steps.size() > 1 && shown.ids.empty();
  std::string tables;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const result::Result& r = outcome.results[i];
    const std::string speaker = many ? r.name + ": " : "";
    // What would make a reader distrust a number stands before the number.
    if (!r.failure.empty()) fmt::print("! {}no result: {}\n", speaker, r.failure);
    if (!is_shown(shown, plan.steps[i])) {
      for (const std::string& warning : r.warnings) fmt::print("! {}: {}\n", r.name, warning);
      continue;
    }
    if (!r.gate.empty()) fmt::print("! {}{}\n", speaker, r.gate);
    for (const std::string& warning : r.warnings) fmt::print("! {}{}\n", speaker, warning);
    for (const std::string& answer : r.answers) fmt::print("{}{}\n", speaker, answer);
    if (shown.tables) {
      for (const std::string& remark : r.remarks) fmt::print("  {}\n", remark);
      tables += result::terminal_text(r);
    }
  }
  if (!tables.empty()) fmt::print("\n{}", tables);
}

core::ExitCode code_of(const study::RunOutcome& outcome) {
  const auto failed = std::ranges::count_if(outcome.results, [](const auto& r) { return !r.failure.empty(); });
  if (failed == std::ssize(outcome.results)) return core::ExitCode::computation_failed;
  const bool gate = std::ranges::any_of(outcome.results, [](const auto& r) { return !r.gate.empty(); });
  return failed > 0 || gate ? core::ExitCode::quality_gate_failed : core::ExitCode::done;
}

// A command about one thing ends as that thing did.
void rethrow_single(const study::Plan& plan, const study::RunOutcome& outcome, const Shown& shown) {
  const auto succeeded = std::ranges::any_of(outcome.results, [](const auto& r) { return r.failure.empty(); });
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (!outcome.failures[i]) continue;
    if (!succeeded && (plan.steps.size() == 1 || !shown.ids.empty())) std::rethrow_exception(outcome.failures[i]);
    if (!shown.ids.empty() && is_shown(shown, plan.steps[i])) std::rethrow_exception(outcome.failures[i]);
  }
}

// What reads all others stands first, what was made for it last.
std::vector<result::Result> in_reading_order(const study::Plan& plan, const std::vector<result::Result>& results) {
  std::vector<result::Result> first, middle, last;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const lithoscope::probe::Probe& probe = *plan.steps[i].probe;
    (!probe.section.empty() ? first : probe.command ? middle : last).push_back(results[i]);
  }
  for (auto* part : {&middle, &last}) first.insert(first.end(), part->begin(), part->end());
  return first;
}

study::StepCache cache_of(const RunOptions& options, const std::string& part) {
  study::StepCache cache{part.empty() ? std::string{} : (fs::path(part) / report::steps_folder).string()};
  const fs::path before = fs::path(options.out) / "run.nxs";
  std::error_code error;
  if (options.out.empty() || !fs::exists(before, error)) return cache;
  try {
    cache.add(result::read_nexus(io::InputFile::open(before.string())));
  } catch (const core::UnreadableFile&) {
    return cache;  // of another version, or damaged: everything is made anew
  }
  return cache;
}

core::ExitCode once(const RunOptions& options, const study::Plan& plan, const Shown& shown) {
  core::Log log{options.verbose};
  const auto progress = core::terminal_progress();
  const io::Existing existing = options.force ? io::Existing::replace : io::Existing::refuse;
  study::RunOutcome outcome;
  if (options.out.empty()) {
    outcome = study::run_plan(plan, cache_of(options, ""), *progress, log);
    rethrow_single(plan, outcome, shown);
  } else {
    io::StagedDirectory staged{options.out, existing, report::run_marker, report::steps_folder};
    outcome = study::run_plan(plan, cache_of(options, staged.path()), *progress, log);
    rethrow_single(plan, outcome, shown);
    report::write_run(in_reading_order(plan, outcome.results), study::facts_of(plan), staged.path(), log);
    staged.commit();
  }
  if (options.json) {
    fmt::print("{}", result::json_file(in_reading_order(plan, outcome.results), study::facts_of(plan)));
  } else {
    print_results(plan, outcome, shown);
    if (!options.out.empty()) fmt::print("report: {}\n", (fs::path(options.out) / "report.html").string());
  }
  return code_of(outcome);
}

std::string keys_of(const study::Plan& plan) {
  std::string out;
  for (const study::Step& step : plan.steps) out += step.key;
  return out;
}

// Only what grew is made anew: the keys of the others are those of the run that is replaced. What cannot be read at
// this moment, such as a log half written, is told and tried again.
core::ExitCode watch(RunOptions options, const std::function<study::Plan()>& make,
                     const std::function<Shown(const study::Plan&)>& shown) {
  if (options.out.empty())
    throw core::UsageError({.what = "--watch needs a folder to keep fresh", .expected = "--out DIR", .found = "none"});
  const double limit_s = options.watch_for.empty() ? 1e12 : core::parse_quantity(options.watch_for, "s").value;
  io::refuse_existing_directory(options.out, options.force ? io::Existing::replace : io::Existing::refuse);
  options.force = true;  // from now on it is ours
  const auto start = std::chrono::steady_clock::now();
  std::string drawn;
  constexpr auto look_every = std::chrono::milliseconds(500);
  while (std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < limit_s) {
    core::throw_if_interrupted();
    try {
      const study::Plan plan = make();
      if (const std::string keys = keys_of(plan); keys != drawn) {
        drawn = keys;
        once(options, plan, shown(plan));
        fmt::print(stderr, "watching; {} is fresh\n", options.out);
      }
    } catch (const core::Error& error) {
      // Half a log or a calibration that has no photon yet passes; a wrong option does not.
      const bool passes = error.exit_code() == core::ExitCode::unreadable_input ||
                          error.exit_code() == core::ExitCode::computation_failed ||
                          error.exit_code() == core::ExitCode::quality_gate_failed;
      if (!passes) throw;
      fmt::print(stderr, "not yet: {}\n", error.what());
    }
    std::this_thread::sleep_for(look_every);
  }
  return core::ExitCode::done;
}

}  // namespace

core::ExitCode run_study(const RunOptions& options, const std::function<study::Plan()>& make,
                         const std::function<Shown(const study::Plan&)>& shown) {
  core::set_threads(options.threads);
  if (options.seed < 0)
    throw core::UsageError(
        {.what = "--seed counts from 0", .expected = "0 or more", .found = std::to_string(options.seed)});
  if (options.watch && !options.dry_run) return watch(options, make, shown);
  if (!options.out.empty() && !options.dry_run)  // before the work, not after it
    io::refuse_existing_directory(options.out, options.force ? io::Existing::replace : io::Existing::refuse);
  const study::Plan plan = make();
  if (options.dry_run) {
    fmt::print("{}", options.json ? study::plan_json(plan) : study::plan_text(plan));
    return core::ExitCode::done;
  }
  return once(options, plan, shown(plan));
}

}  // namespace litho
