// litho particle PROGRAMME.toml: what a programme does to a particle, and what the probes would see of it.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "commands.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/report/particle_section.hpp"
#include "lithoscope/report/run_directory.hpp"
#include "study_options.hpp"

namespace litho {
namespace fs = std::filesystem;
namespace core = lithoscope::core;
namespace io = lithoscope::io;
namespace particle = lithoscope::particle;
namespace report = lithoscope::report;
namespace study = lithoscope::study;
namespace {

struct Options : RunOptions {
  std::string programme;
  std::string show;
  bool list = false;
  bool scan = false;
};

void print_presets() {
  for (const study::Preset& preset : study::particle_presets()) fmt::print("{:<12} {}\n", preset.name, preset.title);
}

// Ends of steps, one line each; the columns a person compares first.
void print_ends(const study::ParticleOutcome& outcome) {
  const particle::Ladder& ladder = outcome.study.model.ladder;
  fmt::print("\n{:<24} {:>9} {:>7} {:>7} {:>7} {:>7}", "after", "time (h)", "x", "x surf", "V surf", "V core");
  for (const particle::Cation& c : ladder.cations) fmt::print(" {:>7}", c.element + " TEY");
  for (const particle::Cation& c : ladder.cations) fmt::print(" {:>7}", c.element + " PFY");
  fmt::print(" {:>7}\n", "holes");
  const auto line = [&](const std::string& name, const particle::Mark& m) {
    const particle::Observables& o = m.seen;
    fmt::print("{:<24} {:>9.2f} {:>7.4f} {:>7.4f} {:>7.4f} {:>7.4f}", name, m.time_s / 3600, o.mean_lithium,
               o.surface_lithium, o.surface_V, o.core_V);
    for (const double v : o.tey_valence) fmt::print(" {:>7.4f}", v);
    for (const double v : o.pfy_valence) fmt::print(" {:>7.4f}", v);
    fmt::print(" {:>7.4f}\n", o.mean_holes);
  };
  for (const particle::Mark& m : outcome.run.trunk.marks) line(m.step, m);
  for (const particle::Leg& leg : outcome.run.branches) {
    for (std::size_t i = 1; i < leg.marks.size(); ++i) {
      line(leg.name == leg.marks[i].step ? leg.name : leg.name + ", " + leg.marks[i].step, leg.marks[i]);
    }
  }
}

// At most one screen: evenly chosen runs, with what a scan is usually for, of the first branch.
void print_scan(const study::ParticleOutcome& outcome) {
  const particle::ScanResult& scan = *outcome.scan;
  std::vector<std::size_t> columns;
  if (!outcome.run.branches.empty()) {
    const std::string prefix = outcome.run.branches.front().name + ".";
    for (std::size_t q = 0; q < scan.names.size(); ++q) {
      if (!scan.names[q].starts_with(prefix)) continue;
      const std::string_view what = std::string_view{scan.names[q]}.substr(prefix.size());
      const bool told =
          what.starts_with("delta_tey_valence") || what == "rixs_change" || what.starts_with("deviation_");
      if (told) columns.push_back(q);
    }
  }
  fmt::print("\n");
  std::vector<int> widths;
  const auto head = [&](const std::string& name) {
    widths.push_back(std::max(10, static_cast<int>(name.size())));
    fmt::print("{:>{}} ", name, widths.back());
  };
  for (const particle::ScanAxis& a : scan.scan.axes)
    head(a.unit == "1" ? a.parameter : fmt::format("{} ({})", a.parameter, a.unit));
  for (const std::size_t q : columns) head(scan.names[q]);
  fmt::print("\n");
  constexpr std::size_t most = 12;
  const std::size_t shown = std::min(most, scan.rows.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const particle::ScanRow& row = scan.rows[shown == scan.rows.size() ? i : i * (scan.rows.size() - 1) / (shown - 1)];
    std::size_t k = 0;
    for (const double v : row.values) fmt::print("{:>{}.4g} ", v, widths[k++]);
    if (row.results.empty()) fmt::print("{}", row.failure);
    for (const std::size_t q : columns) {
      if (!row.results.empty()) fmt::print("{:>{}.4g} ", row.results[q], widths[k++]);
    }
    fmt::print("\n");
  }
  const auto failed = std::ranges::count_if(scan.rows, [](const auto& row) { return !row.failure.empty(); });
  fmt::print("{} of {} runs shown, {} failed; --json or --out for all.\n", shown, scan.rows.size(), failed);
}

void print_outcome(const study::ParticleOutcome& outcome) {
  for (const std::string& answer : report::particle_answers(outcome)) fmt::print("{}\n", answer);
  for (const std::string& warning : outcome.warnings) fmt::print("! {}\n", warning);
  print_ends(outcome);
  if (outcome.scan) print_scan(outcome);
}

void print_plan(const study::ParticleStudy& definition) {
  fmt::print("{}", study::resolved_particle_study(definition));
  if (definition.scan) fmt::print("# the scan has {} runs\n", particle::scan_points(*definition.scan).size());
}

core::ExitCode run(const Options& options) {
  if (options.list) {
    print_presets();
    return core::ExitCode::done;
  }
  if (!options.show.empty()) {
    fmt::print("{}", study::particle_preset(options.show));
    return core::ExitCode::done;
  }
  if (options.programme.empty()) {
    throw core::UsageError({.what = "no programme is given",
                            .expected = "the path of a programme file, or the name of a preset",
                            .found = "nothing",
                            .advice = "litho particle --list names the presets, --show NAME prints one to start from"});
  }
  const study::ParticleStudy definition = study::read_particle_study(options.programme, overrides(options));
  if (options.dry_run) {
    print_plan(definition);
    return core::ExitCode::done;
  }
  const io::Existing existing = options.force ? io::Existing::replace : io::Existing::refuse;
  if (!options.out.empty()) io::refuse_existing_directory(options.out, existing);
  core::Log log{options.verbose};
  core::set_threads(options.threads);
  const auto progress = core::terminal_progress();
  const particle::Record record = options.out.empty() ? particle::Record::trace : particle::Record::everything;
  const study::ParticleOutcome outcome = study::run_particle(definition, record, options.scan, *progress, log);
  if (!options.out.empty()) report::write_run(report::run_files(outcome), options.out, existing, log);
  if (options.json) {
    fmt::print("{}", report::particle_json(outcome));
  } else {
    print_outcome(outcome);
    if (!options.out.empty()) fmt::print("report: {}\n", (fs::path(options.out) / "report.html").string());
  }
  return core::ExitCode::done;
}

}  // namespace

void add_particle(CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command = line.command(
      "particle", "Run a programme (charge, wait, heat, ...) on a model particle: profiles, valences, what probes see");
  command.path("PROGRAMME", options->programme, "a programme file (TOML) or the name of a preset");
  command.flag("--list", options->list, "name the presets that come with the program");
  command.text("--show", options->show, "print a preset's file, to start one's own from");
  command.flag("--scan", options->scan, "also run the file's [scan]: a grid or Latin hypercube of parameters");
  add_run_options(command, *options, "folder for a report; without it the result is only printed");
  command.action([options] { return run(*options); });
}

}  // namespace litho
