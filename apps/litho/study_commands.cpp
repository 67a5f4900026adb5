// litho run, plan, step: what works on a study file.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "commands.hpp"
#include "lithoscope/core/parallel.hpp"
#include "run_options.hpp"

namespace litho {
namespace fs = std::filesystem;
namespace core = lithoscope::core;
namespace study = lithoscope::study;

namespace {

struct StudyOptions : RunOptions {
  std::string path, step, cache;
};

study::Plan plan_of(const StudyOptions& options, const Registry& registry, const std::vector<std::string>& asked = {}) {
  return study::make_plan(study::read_study(options.path, overrides(options), registry, asked), registry,
                          static_cast<std::uint64_t>(options.seed));
}

void add_study(Command& command, StudyOptions& options) {
  command.required_path("STUDY.toml", options.path, "the study file");
  command.texts("--set", options.set, "KEY=VALUE of the study, such as sample.bet_area=\"3.7 m2/g\"; may be repeated");
  command.number("--seed", options.seed, "Seed of everything that is drawn at random [1]");
}

}  // namespace

void add_run(CommandLine& line, const Registry& registry) {
  auto options = std::make_shared<StudyOptions>();
  Command command = line.command("run", "Run a study: read its files, reduce them, write one report");
  command.required_path("STUDY.toml", options->path, "the study file");
  add_run_options(command, *options, "Folder for the results; STUDY_run by default", true);
  command.action([options, &registry] {
    if (options->out.empty()) options->out = fs::path(options->path).stem().string() + "_run";
    return run_study(*options, [&] { return plan_of(*options, registry); }, [](const study::Plan&) { return Shown{}; });
  });
}

void add_infer(CommandLine& line, const Registry& registry) {
  auto options = std::make_shared<StudyOptions>();
  Command command = line.command(
      "infer", "Weigh everything a study measured in two states against one particle: what happened, what is excluded");
  command.required_path("STUDY.toml", options->path, "the study file");
  add_run_options(command, *options, "Folder for a report; without it the result is only printed", true);
  command.action([options, &registry] {
    std::vector<std::string> sections;
    for (const auto& probe : registry) {
      if (!probe.section.empty()) sections.push_back(probe.section);
    }
    const auto shown = [](const study::Plan& plan) {
      Shown out{.ids = {}, .tables = true};
      for (const study::Step& step : plan.steps) {
        if (!step.probe->section.empty()) out.ids.push_back(step.id);
      }
      return out;
    };
    return run_study(*options, [&] { return plan_of(*options, registry, sections); }, shown);
  });
}

void add_plan(CommandLine& line, const Registry& registry) {
  auto options = std::make_shared<StudyOptions>();
  Command command = line.command("plan", "List the steps of a study, their keys and who waits for whom");
  add_study(command, *options);
  command.flag("--json", options->json, "Print one JSON object instead of text");
  command.action([options, &registry] {
    const study::Plan plan = plan_of(*options, registry);
    fmt::print("{}", options->json ? study::plan_json(plan) : study::plan_text(plan));
    return core::ExitCode::done;
  });
}

void add_step(CommandLine& line, const Registry& registry) {
  auto options = std::make_shared<StudyOptions>();
  Command command = line.command("step", "Run one step of a study and keep its result, for a cluster or by hand");
  add_study(command, *options);
  command.required_path("ID", options->step, "the step, as litho plan lists it");
  command.text("--cache", options->cache,
               "Folder of finished steps; `litho run --out DIR` takes them from DIR.part/steps");
  command.number("--threads", options->threads, "Threads to use; 0 is all cores. Results do not depend on it");
  command.flag("--verbose", options->verbose, "Print on stderr what is being done");
  command.action([options, &registry] {
    if (options->cache.empty())
      throw core::UsageError(
          {.what = "a step needs a folder to keep its result in", .expected = "--cache DIR", .found = "none"});
    core::set_threads(options->threads);
    const study::Plan plan = plan_of(*options, registry);
    core::Log log{options->verbose};
    const auto progress = core::terminal_progress();
    const auto made =
        study::run_step(plan, study::step_named(plan, options->step), study::StepCache{options->cache}, *progress, log);
    for (const std::string& answer : made.answers) fmt::print("{}\n", answer);
    fmt::print("kept: {}\n", (fs::path(options->cache) / (made.key + ".nxs")).string());
    return made.gate.empty() ? core::ExitCode::done : core::ExitCode::quality_gate_failed;
  });
}

}  // namespace litho
