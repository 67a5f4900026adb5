// litho valence FILE: a spectrum as a mixture of references, at the surface and in the bulk.
#include <fmt/format.h>

#include <memory>

#include "commands.hpp"
#include "lithoscope/core/log.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/report/xas_section.hpp"
#include "setting_flags.hpp"
#include "xas_options.hpp"

namespace litho {
namespace core = lithoscope::core;
namespace io = lithoscope::io;
namespace report = lithoscope::report;
namespace study = lithoscope::study;
namespace xas = lithoscope::xas;
namespace {

struct Options : XasOptions {
  std::string file, fluorescence, fluorescence_signal, fluorescence_i0;
  std::vector<std::string> references;
  std::string ions;
  int combinations = 0;
  std::string formula, density, incidence = "45", exit = "45";
  SettingTexts mixture, depth;
};

core::ExitCode run(const Options& options) {
  core::set_threads(options.threads);
  const io::Existing existing = options.force ? io::Existing::replace : io::Existing::refuse;
  if (!options.out.empty()) io::refuse_existing_directory(options.out, existing);
  study::ValenceStudy definition;
  definition.file = study::parse_scan_choice(options.file);
  if (!options.fluorescence.empty()) definition.fluorescence = study::parse_scan_choice(options.fluorescence);
  definition.reading = reading_of(options);
  // The same file may hold both: only the columns differ.
  definition.fluorescence_reading = definition.reading;
  definition.fluorescence_reading.fluorescence = true;
  definition.fluorescence_reading.channels->signal.clear();
  definition.fluorescence_reading.channels->i0 = options.fluorescence_i0;
  if (!options.fluorescence_signal.empty())
    definition.fluorescence_reading.channels->signal = {options.fluorescence_signal};
  for (const std::string& text : options.references) definition.references.push_back(study::parse_reference(text));
  for (const std::string_view ion : io::split(options.ions, ',')) {
    if (!core::trimmed(ion).empty())
      definition.references.push_back(
          {.file = {}, .ion = std::string{core::trimmed(ion)}, .name = std::string{core::trimmed(ion)}, .valence = {}});
  }
  if (options.combinations < 0)
    throw core::UsageError({.what = "--combinations counts references",
                            .expected = "1 or more",
                            .found = std::to_string(options.combinations)});
  definition.combinations = static_cast<std::size_t>(options.combinations);
  definition.formula = options.formula;
  definition.density_g_per_cm3 = number_in("--density", options.density, "g/cm3", 0);
  definition.incidence_deg = number_in("--incidence", options.incidence, "degree", 45);
  definition.exit_deg = number_in("--exit", options.exit, "degree", 45);
  // A computed line's height over its edge is a usual one, and tails of other edges lie below it: let the fit decide.
  // Strong lines saturate a yield by some percent.
  if (!core::trimmed(options.ions).empty()) {
    definition.mixture.free_scale = definition.mixture.offset = definition.mixture.slope = 1;
    constexpr double some_percent = 0.1;
    definition.mixture.bend = some_percent;
  }
  apply_setting_flags(options.mixture, xas::mixture_settings_table(), definition.mixture);
  apply_setting_flags(options.depth, xas::depth_settings_table(), definition.depth);
  const core::Log log{options.verbose};
  const auto progress = core::terminal_progress();
  const study::ValenceOutcome outcome = study::run_valence(definition, *progress);
  const core::ExitCode code =
      write_outcome(options, outcome, report::valence_json(outcome), report::valence_answers(outcome), log);
  if (options.json) return code;
  fmt::print("\n{:<28} {:>12} {:>20} {:>14} {:>8}\n", "reference", "share", "95 %", "shift (eV)", "scale");
  for (const xas::MixtureFit& fit : outcome.fits) {
    for (const xas::Share& s : fit.shares)
      fmt::print("{:<28} {:>12} {:>20} {:>14} {:>8.3f}\n", s.name.substr(0, 28), core::format_value(s.share),
                 fmt::format("{:.3f} to {:.3f}", s.low, s.high), core::format_value(s.shift_eV), s.scale);
    fmt::print("chi squared {:.4g}, {:.3g} a point; R {:.2g}\n", fit.chi_squared, fit.reduced_chi_squared,
               fit.r_factor);
  }
  constexpr std::size_t most = 5;
  for (std::size_t i = 0; i < std::min(most, outcome.combinations.size()); ++i) {
    std::string names;
    for (const std::size_t j : outcome.combinations[i].members)
      names += (names.empty() ? "" : ", ") + outcome.reference_names[j];
    fmt::print("{}. {}: chi squared {:.4g}\n", i + 1, names, outcome.combinations[i].fit.chi_squared);
  }
  return code;
}

}  // namespace

void add_valence(CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command = line.command("valence", "A spectrum as a mixture of references; surface and bulk valence");
  command.required_path("FILE", options->file, "FILE or FILE:SCAN; the electron yield where there are two");
  command.text("--fluorescence", options->fluorescence,
               "the partial fluorescence of the same sample: a surface layer is sought");
  command.text("--fluorescence-signal", options->fluorescence_signal, "its column [pfy, cmact, tfy or fy]");
  command.text("--fluorescence-i0", options->fluorescence_i0, "its I0 [the usual one]");
  command.texts("--reference", options->references,
                "FILE=VALENCE or FILE:SCAN=VALENCE, normalised like the spectrum; may be repeated");
  command.text("--ions", options->ions,
               "computed references, such as Ni2+,Ni3+,Ni4+; with them --free-scale, --offset and --slope are 1 and "
               "--bend is 0.1");
  command.number("--combinations", options->combinations, "try all combinations of up to so many references");
  add_output_options(command, *options, "folder for a report; without it the result is only printed");
  add_xas_options(command, *options);
  command.heading("The mixture");
  add_setting_flags(command, options->mixture, xas::mixture_settings_table());
  command.heading("The surface layer");
  command.text("--formula", options->formula, "of the sample: how deep light and fluorescence go");
  command.text("--density", options->density, "of the sample, such as \"4.2 g/cm3\"");
  command.text("--incidence", options->incidence, "of the light, from the surface (deg) [45]");
  command.text("--exit", options->exit, "of the fluorescence, from the surface (deg) [45]");
  add_setting_flags(command, options->depth, xas::depth_settings_table());
  command.action([options] { return run(*options); });
}

}  // namespace litho
