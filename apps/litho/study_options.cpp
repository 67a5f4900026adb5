#include "study_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"

namespace litho {
namespace study = lithoscope::study;
namespace core = lithoscope::core;
namespace {

std::string toml_string(const std::string& text) {
  return "\"" + core::escaped_string(lithoscope::io::to_utf8(text)) + "\"";
}

}  // namespace

void add_run_options(Command& command, RunOptions& options, const std::string& out_help) {
  command.texts("--set", options.set, "KEY=VALUE of the study, such as sample.bet_area=\"3.7 m2/g\"; may be repeated");
  command.flag("--dry-run", options.dry_run, "say what would be read, then stop");
  add_output_options(command, options, out_help);
}

void add_output_options(Command& command, RunOptions& options, const std::string& out_help) {
  command.text("--out", options.out, out_help);
  command.flag("--force", options.force, "replace a run that is already there");
  command.flag("--json", options.json, "print one JSON object instead of text");
  command.number("--threads", options.threads, "threads to use; 0 is all cores. Results do not depend on it");
  command.flag("--verbose", options.verbose, "say on stderr what is being done");
}

std::vector<study::Override> overrides(const RunOptions& options) {
  std::vector<study::Override> pairs;
  for (const std::string& text : options.set) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw core::UsageError({.what = fmt::format("--set {} is not KEY=VALUE", text),
                              .expected = "a dotted key, =, a value",
                              .found = text,
                              .advice = "for example --set sample.active_mass=\"4.1 mg\""});
    }
    pairs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return pairs;
}

void add_column_options(Command& command, ColumnOptions& options) {
  command.heading("Columns of a plain table, with their units: \"Time [s]\", \"I / mA\"");
  command.text("--time", options.time, "the time column");
  command.text("--potential", options.potential, "the potential or cell voltage column");
  command.text("--current", options.current, "the current column, positive when charging");
}

study::Study study_of_files(const std::vector<std::string>& files, const ColumnOptions& columns,
                            const std::vector<study::Override>& settings) {
  // Paths are put in afterwards: a file name may hold bytes no TOML can.
  std::string text = "[[measurement]]\nprobe = \"gitt\"\nname = \"GITT\"\nfiles = [\"file\"]\n";
  if (columns.given()) {
    text += fmt::format("columns = {{ time = {}, potential = {}, current = {} }}\n", toml_string(columns.time),
                        toml_string(columns.potential), toml_string(columns.current));
  }
  const bool names_lithium =
      std::ranges::any_of(settings, [](const auto& s) { return s.first == "state.0.lithium_extracted"; });
  if (names_lithium) text += "state = \"start\"\n[[state]]\nname = \"start\"\n";
  study::Study result = study::parse_study(text, "command line", settings);
  result.title = "GITT of " + lithoscope::io::to_utf8(std::filesystem::path(files.front()).filename().string());
  result.path.clear();
  result.directory.clear();
  result.measurements.front().files = files;
  result.measurements.front().line = 0;
  return result;
}

void print_plan(const study::Plan& plan) {
  fmt::print("{}\n", plan.study.title);
  for (const study::PlannedMeasurement& planned : plan.measurements) {
    fmt::print("  {}: {} {}\n", planned.measurement.name, planned.paths.size(),
               planned.paths.size() == 1 ? "file" : "files");
    for (const std::string& path : planned.paths) fmt::print("    {}\n", path);
  }
}

study::RunResult run_study(const study::Study& definition, const RunOptions& options, core::Log& log) {
  core::set_threads(options.threads);
  const auto progress = core::terminal_progress();
  return study::run(study::make_plan(definition), *progress, log);
}

core::ExitCode quality_gate(const study::RunResult& run) {
  for (const study::GittOutcome& outcome : run.gitt) {
    const lithoscope::echem::GittResult& result = outcome.result;
    const bool has_ici_D =
        std::ranges::any_of(result.interruption_D_m2_s, [](const core::Value& D) { return std::isfinite(D.value); });
    const bool wants_D = result.why_no_D.empty();
    if (wants_D && result.valid_pulses() == 0 && !has_ici_D) return core::ExitCode::quality_gate_failed;
  }
  return core::ExitCode::done;
}

}  // namespace litho
