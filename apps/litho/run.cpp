// litho run STUDY.toml: the main job.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "commands.hpp"
#include "lithoscope/report/gitt_section.hpp"
#include "lithoscope/report/run_directory.hpp"
#include "study_options.hpp"

namespace litho {
namespace fs = std::filesystem;
namespace core = lithoscope::core;
namespace io = lithoscope::io;
namespace report = lithoscope::report;
namespace study = lithoscope::study;
namespace {

struct Options : RunOptions {
  std::string study_path;
};

core::ExitCode run(const Options& options) {
  const study::Study definition = study::read_study(options.study_path, overrides(options));
  if (options.dry_run) {
    print_plan(study::make_plan(definition));
    return core::ExitCode::done;
  }
  const std::string directory =
      options.out.empty() ? fs::path(options.study_path).stem().string() + "_run" : options.out;
  const io::Existing existing = options.force ? io::Existing::replace : io::Existing::refuse;
  io::refuse_existing_directory(directory, existing);  // before the work, not after it
  core::Log log{options.verbose};
  const study::RunResult result = run_study(definition, options, log);
  report::write_run(report::run_files(result), directory, existing, log);
  if (options.json) {
    fmt::print("{}", report::run_json(result));
  } else {
    for (const study::GittOutcome& outcome : result.gitt) fmt::print("{}\n", report::gitt_answer(outcome));
    fmt::print("report: {}\n", (fs::path(directory) / "report.html").string());
  }
  return quality_gate(result);
}

}  // namespace

void add_run(CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command = line.command("run", "Run a study: read its files, reduce them, write one report");
  command.required_path("STUDY.toml", options->study_path, "the study file");
  add_run_options(command, *options, "folder for the results; STUDY_run by default");
  command.action([options] { return run(*options); });
}

}  // namespace litho
