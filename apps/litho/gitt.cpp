// litho gitt FILE...: a titration in one line.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <list>
#include <memory>

#include "commands.hpp"
#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/report/gitt_section.hpp"
#include "lithoscope/report/run_directory.hpp"
#include "study_options.hpp"

namespace litho {
namespace fs = std::filesystem;
namespace core = lithoscope::core;
namespace echem = lithoscope::echem;
namespace io = lithoscope::io;
namespace report = lithoscope::report;
namespace study = lithoscope::study;
namespace {

struct Options : RunOptions {
  std::vector<std::string> files;
  ColumnOptions columns;
  std::string constant_current, constant_current_mass;
  std::list<std::pair<std::string, std::string>> settings;  ///< study key, value given; stable addresses
};

// One setting of the study file as a flag.
void study_option(Command& command, Options& options, const std::string& flag, const std::string& key,
                  const std::string& help) {
  auto& entry = options.settings.emplace_back(key, "");
  command.text(flag, entry.second, help);
}

template <class Settings>
void settings_options(Command& command, Options& options, std::span<const core::Setting<Settings>> table) {
  const Settings defaults;
  for (const core::Setting<Settings>& entry : table) {
    std::string flag = "--" + std::string{entry.name};
    std::ranges::replace(flag, '_', '-');
    const std::string unit = entry.unit == "1" ? "" : " " + std::string{entry.unit};
    study_option(command, options, flag, "measurement.0.settings." + std::string{entry.name},
                 fmt::format("{} [{}{}]", entry.help, defaults.*entry.member, unit));
  }
}

std::string flags_of(const echem::GittPulse& pulse) {
  std::string text;
  for (const echem::Flag& flag : pulse.flags) text += fmt::format("{}{}", text.empty() ? "" : " ", name_of(flag.kind));
  return text;
}

void print_pulse(const echem::GittPulse& p, std::size_t number, bool x_known, bool with_D) {
  const double x = x_known ? 0.5 * (p.x_before + p.x_after) : 0.5e3 * (p.capacity_before_Ah + p.capacity_after_Ah);
  fmt::print("{:>5} {:>9.4g} {:>8.4g} {:>8.3g} {:>13} {:>12}", number, x, p.duration_s,
             p.rest_s / core::seconds_per_hour, core::format_value(1e3 * (p.rest_after_V - p.rest_before_V)),
             std::isfinite(p.resistance_ohm.value) ? core::format_value(p.resistance_ohm) : "-");
  if (with_D) fmt::print(" {:>16}", std::isfinite(p.D_m2_s.value) ? report::diffusion_text(p) : "-");
  fmt::print("  {}{}\n", p.valid() ? "" : "NOT USED ", flags_of(p));
}

// At most one screen: evenly chosen pulses when there are many.
void print_pulses(const study::GittOutcome& outcome) {
  const auto& pulses = outcome.result.pulses;
  if (pulses.empty()) return;
  const bool x_known = std::isfinite(outcome.result.extracted_per_Ah);
  const bool with_D = outcome.result.why_no_D.empty();
  fmt::print("{:>5} {:>9} {:>8} {:>8} {:>13} {:>12}{}  flags\n", "pulse", x_known ? "x (Li)" : "Q (mAh)", "tau (s)",
             "rest (h)", "dEs (mV)", "R (ohm)", with_D ? fmt::format(" {:>16}", "D (cm2/s)") : "");
  constexpr std::size_t most = 12;
  const std::size_t shown = std::min(most, pulses.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const std::size_t k = shown == pulses.size() ? i : i * (pulses.size() - 1) / (shown - 1);
    print_pulse(pulses[k], k + 1, x_known, with_D);
  }
  if (shown < pulses.size()) fmt::print("{} of {} pulses shown; --json or --out for all.\n", shown, pulses.size());
}

void print_outcome(const study::GittOutcome& outcome) {
  fmt::print("{}\n", report::gitt_answer(outcome));
  for (const std::string& warning : outcome.result.warnings) fmt::print("! {}\n", warning);
  for (const std::string& words : report::constant_current_words(outcome)) fmt::print("{}\n", words);
  for (const std::string& remark : outcome.remarks) fmt::print("  {}\n", remark);
  print_pulses(outcome);
}

core::ExitCode run(const Options& options) {
  std::vector<study::Override> settings;
  for (const auto& [key, value] : options.settings) {
    if (!value.empty()) settings.emplace_back(key, value);
  }
  for (auto& pair : overrides(options)) settings.push_back(std::move(pair));
  study::Study definition = study_of_files(options.files, options.columns, settings);
  if (!options.constant_current.empty()) {
    auto& other = definition.measurements.front().constant_current.emplace();
    other.files = {options.constant_current};
    if (!options.constant_current_mass.empty())
      other.active_mass_kg = core::parse_quantity(options.constant_current_mass, "kg").value;
  }
  if (options.dry_run) {
    print_plan(study::make_plan(definition));
    return core::ExitCode::done;
  }
  const io::Existing existing = options.force ? io::Existing::replace : io::Existing::refuse;
  if (!options.out.empty()) io::refuse_existing_directory(options.out, existing);
  core::Log log{options.verbose};
  const study::RunResult result = run_study(definition, options, log);
  if (!options.out.empty()) report::write_run(report::run_files(result), options.out, existing, log);
  if (options.json) {
    fmt::print("{}", report::gitt_json(result.gitt.front()));
  } else {
    print_outcome(result.gitt.front());
    if (!options.out.empty()) fmt::print("report: {}\n", (fs::path(options.out) / "report.html").string());
  }
  return quality_gate(result);
}

}  // namespace

void add_gitt(CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command = line.command(
      "gitt", "Diffusion coefficient and open-circuit potential from a titration (GITT) or interruptions (ICI)");
  command.required_paths("FILE", options->files, "cycler files of one measurement");
  add_run_options(command, *options, "folder for a report; without it the result is only printed");
  command.heading("The sample");
  study_option(command, *options, "--formula", "sample.formula", "such as Li1.2Ni0.15Co0.1Mn0.55O2");
  study_option(command, *options, "--active-mass", "sample.active_mass", "such as \"4.1 mg\"");
  study_option(command, *options, "--lithium-extracted", "state.0.lithium_extracted",
               "lithium per formula unit already out at the first row, such as 0.02");
  study_option(command, *options, "--density", "sample.density", "such as \"4.2 g/cm3\"");
  study_option(command, *options, "--bet-area", "sample.bet_area", "such as \"3.7 +- 0.3 m2/g\"");
  study_option(command, *options, "--particle-radius", "sample.particle_radius",
               "instead of the BET area, such as \"150 nm\"");
  study_option(
      command, *options, "--size-spread", "sample.size_spread",
      "log-normal sizes: standard deviation of ln R by volume, such as 0.3; the radius is then the median [0]");
  study_option(command, *options, "--geometry", "sample.geometry", "sphere, cylinder or slab [sphere]");
  study_option(command, *options, "--cell", "measurement.0.cell", "half, three-electrode or full");
  study_option(command, *options, "--join", "measurement.0.join",
               "how several files follow each other: time or sequence [time]");
  command.text("--constant-current", options->constant_current,
               "a file with a charge (or discharge) at constant current, held against the open-circuit curve");
  command.text("--constant-current-mass", options->constant_current_mass,
               "active mass of that electrode, where it is another one");
  add_column_options(command, options->columns);
  command.heading("Settings of the analysis [default]");
  settings_options(command, *options, echem::gitt_settings_table());
  settings_options(command, *options, echem::step_settings_table());
  settings_options(command, *options, echem::ici_settings_table());
  command.action([options] { return run(*options); });
}

}  // namespace litho
