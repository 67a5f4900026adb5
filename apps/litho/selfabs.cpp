// litho selfabs FILE: what a sample does to its own fluorescence, and back.
#include <fmt/format.h>

#include <memory>

#include "commands.hpp"
#include "lithoscope/core/log.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/report/xas_section.hpp"
#include "lithoscope/xas/scan_files.hpp"
#include "xas_options.hpp"

namespace litho {
namespace core = lithoscope::core;
namespace io = lithoscope::io;
namespace report = lithoscope::report;
namespace study = lithoscope::study;
namespace xas = lithoscope::xas;
namespace {

struct Options : XasOptions {
  std::string file, second;
  std::string formula, incidence = "45", exit = "45", second_incidence, second_exit;
  std::string areal_density, strength_edge, line, write;
  bool thick = false, flat_response = false, inverse = false, demonstrate = false;
};

study::SelfAbsorptionTask task_of(const Options& options) {
  using Task = study::SelfAbsorptionTask;
  if (options.demonstrate) return Task::demonstrate;
  if (options.inverse) return Task::inverse;
  return options.second_incidence.empty() && options.second_exit.empty() ? Task::correct : Task::two_angle;
}

core::ExitCode run(const Options& options) {
  core::set_threads(options.threads);
  const io::Existing existing = options.force ? io::Existing::replace : io::Existing::refuse;
  if (!options.out.empty()) io::refuse_existing_directory(options.out, existing);
  study::SelfAbsorptionStudy definition{
      .task = task_of(options),
      .file = study::parse_scan_choice(options.file),
      .second = {},
      .reading = reading_of(options),
      .formula = options.formula,
      .incidence_deg = number_in("--incidence", options.incidence, "degree", 45),
      .exit_deg = number_in("--exit", options.exit, "degree", 45),
      .second_incidence_deg = number_in("--second-incidence", options.second_incidence, "degree", 0),
      .second_exit_deg = number_in("--second-exit", options.second_exit, "degree", 0),
      .areal_density_g_per_cm2 = {},
      .thick = options.thick,
      .flat_response = options.flat_response,
      .strength_edge_eV = {},
      .line_eV = number_in("--line", options.line, "eV", 0)};
  if (!options.second.empty()) definition.second = study::parse_scan_choice(options.second);
  if (!options.areal_density.empty()) {
    if (options.thick)
      throw core::UsageError(
          {.what = "--thick and --areal-density exclude each other", .expected = "one of them", .found = "both"});
    definition.areal_density_g_per_cm2 = number_in("--areal-density", options.areal_density, "g/cm2", 0);
    if (!(*definition.areal_density_g_per_cm2 > 0))
      throw core::UsageError({.what = "the areal density is not positive",
                              .expected = "more than 0 g/cm2",
                              .found = options.areal_density});
  }
  if (!options.strength_edge.empty()) {
    definition.strength_edge_eV = core::parse_quantity(options.strength_edge, "eV");
    if (!(definition.strength_edge_eV->variance > 0))
      throw core::UsageError({.what = "--strength-edge needs its uncertainty",
                              .expected = "such as \"7120 +- 1.2 eV\"",
                              .found = options.strength_edge});
  }
  if (options.demonstrate && !options.write.empty())
    throw core::UsageError({.what = "--write has nothing to write of a demonstration",
                            .expected = "--json or --out, which hold all curves",
                            .found = "--write " + options.write});
  const core::Log log{options.verbose};
  const study::SelfAbsorptionOutcome outcome = study::run_self_absorption(definition);
  const bool refused = outcome.corrected && !outcome.corrected->verdict.trusted;
  if (!options.write.empty() && !refused) {
    const xas::Spectrum& result = outcome.attenuation ? *outcome.attenuation
                                  : outcome.corrected ? outcome.corrected->spectrum
                                                      : outcome.signal.spectrum;
    io::write_file(options.write,
                   options.write.ends_with(".nxs") || options.write.ends_with(".h5") ? xas::nxdata_file(result)
                                                                                     : xas::xdi_text(result),
                   existing);
  }
  const core::ExitCode code = write_outcome(options, outcome, report::self_absorption_json(outcome),
                                            report::self_absorption_answers(outcome), log);
  return refused ? core::ExitCode::quality_gate_failed : code;
}

}  // namespace

void add_selfabs(CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command = line.command("selfabs", "Self-absorption of fluorescence: correct it with a verdict, or show it");
  command.required_path("FILE", options->file,
                        "FILE or FILE:SCAN, the fluorescence; with --demonstrate the true absorption");
  command.text("--formula", options->formula, "of the sample, such as Fe2O3");
  command.text("--incidence", options->incidence, "of the light, from the surface (deg) [45]");
  command.text("--exit", options->exit, "of the fluorescence, from the surface (deg) [45]");
  command.text("--areal-density", options->areal_density, "of the sample, such as \"3.3 mg/cm2\" [found]");
  command.flag("--thick", options->thick, "no light comes through");
  command.flag("--flat-response", options->flat_response,
               "the instrument answers alike at all energies: the slope above the edge tells the thickness");
  command.text(
      "--strength-edge", options->strength_edge,
      "where a step of the spectrum's strength lies, with its uncertainty [by the valence, K edges of 3d oxides]");
  command.text("--second", options->second,
               "a yield that is not absorbed, such as electrons; or the same line at another geometry");
  command.text("--second-incidence", options->second_incidence, "of the other geometry (deg)");
  command.text("--second-exit", options->second_exit, "of the other geometry (deg)");
  command.flag("--inverse", options->inverse, "both spectra are of a non-resonant line: inverse partial fluorescence");
  command.flag("--demonstrate", options->demonstrate,
               "what partial and total fluorescence would make of this absorption");
  command.text("--line", options->line, "energy of the emitted line (eV) [the edge's strongest]");
  command.text("--write", options->write, "the result as XDI, or as NeXus where the name ends in .nxs");
  add_output_options(command, *options, "folder for a report; without it the result is only printed");
  add_xas_options(command, *options);
  command.action([options] { return run(*options); });
}

}  // namespace litho
