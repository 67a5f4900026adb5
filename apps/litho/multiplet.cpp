// litho multiplet ION: L-edge absorption and scattering of an ion from atomic parameters, or those from a spectrum.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <span>

#include "commands.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/multiplet/references.hpp"
#include "lithoscope/report/multiplet_section.hpp"
#include "lithoscope/report/run_directory.hpp"
#include "setting_flags.hpp"
#include "study_options.hpp"

namespace litho {
namespace fs = std::filesystem;
namespace core = lithoscope::core;
namespace io = lithoscope::io;
namespace material = lithoscope::material;
namespace multiplet = lithoscope::multiplet;
namespace report = lithoscope::report;
namespace study = lithoscope::study;
namespace {

struct Options : RunOptions {
  std::string ion;
  std::string axis = "fourfold";
  std::string field_matrix;
  std::string fit;
  std::string free;
  std::string mixture;
  bool references = false;
  bool scattering = false;
  bool crystal = false;
  SettingTexts settings;
};

void print_references() {
  fmt::print("{:<5} {:>5} {:>6} {:>7} {:>6} {:>7} {:>9}  {}\n", "ion", "10Dq", "delta", "V e_g", "V t2g", "scale",
             "L3 (eV)", "");
  for (const multiplet::Reference& r : multiplet::references()) {
    const bool ligands = r.settings.v_e_g != 0;
    const auto number = [&](double v) { return ligands ? fmt::format("{:.2f}", v) : std::string{"-"}; };
    fmt::print("{:<5} {:>5.2f} {:>6} {:>7} {:>6} {:>7.2f} {:>9.1f}  {}\n", r.ion.name(), r.settings.ten_dq,
               number(r.settings.delta), number(r.settings.v_e_g), number(r.settings.v_t_2g), r.settings.slater_scale,
               r.L3_maximum_eV, r.why);
  }
}

// "Ni2+ 0.4, Ni4+ 0.6"
std::vector<multiplet::Share> shares_of(const std::string& text) {
  std::vector<multiplet::Share> shares;
  for (const std::string_view part : io::split(text, ',')) {
    const std::string_view words = core::trimmed(part);
    const std::size_t blank = words.find_last_of(" =:");
    if (words.empty()) continue;
    const auto share = blank == std::string_view::npos ? std::nullopt : io::to_number(words.substr(blank + 1));
    if (!share) {
      throw core::UsageError({.what = "not a mixture of ions",
                              .expected = "ions and their shares, such as \"Ni2+ 0.4, Ni4+ 0.6\"",
                              .found = std::string{words}});
    }
    shares.push_back({material::parse_ion(std::string{core::trimmed(words.substr(0, blank))}), *share});
  }
  if (shares.empty())
    throw core::UsageError({.what = "an empty mixture", .expected = "ions and their shares", .found = text});
  return shares;
}

template <class Settings>
std::vector<std::string_view> names_in(std::span<const core::Setting<Settings>> table) {
  std::vector<std::string_view> names;
  for (const auto& entry : table) names.push_back(entry.name);
  return names;
}

// Flags that were typed and would do nothing.
void refuse_idle(const Options& options, const std::vector<std::string_view>& names, const std::string& expected) {
  for (const auto& [name, text] : options.settings) {
    if (text.empty() || std::ranges::find(names, name) == names.end()) continue;
    throw core::UsageError(
        {.what = flag_of(name) + " has no effect", .expected = expected, .found = flag_of(name) + " " + text});
  }
}

void print_mixture(const Options& options) {
  if (!options.ion.empty() || !options.fit.empty() || !options.out.empty() || options.json || options.scattering) {
    throw core::UsageError({.what = "--mixture prints a table of reference ions and does nothing else",
                            .expected = "only --from, --to and --step beside it",
                            .found = "an ion, --fit, --out, --json or --scattering"});
  }
  const std::string own = "no such flag: reference ions have their own parameters and widths";
  refuse_idle(options, names_in(multiplet::ion_settings_table()), own);
  refuse_idle(options, {"energy_offset", "width_l3", "width_l2", "resolution"}, own);
  multiplet::SpectrumSettings settings;
  apply_setting_flags(options.settings, multiplet::spectrum_settings_table(), settings);
  const auto shares = shares_of(options.mixture);
  const auto progress = core::terminal_progress();
  // All ions' edges, however far apart.
  std::vector<double> energy;
  for (const multiplet::Share& part : shares) {
    const multiplet::ReferenceSpectrum& reference = multiplet::reference_spectrum(part.ion, *progress);
    settings.energy_offset = reference.spectrum.energy_offset;
    const auto own_energy = multiplet::energies_of(settings, reference.absorption);
    energy.insert(energy.end(), own_energy.begin(), own_energy.end());
  }
  std::ranges::sort(energy);
  const auto near = [](double a, double b) { return b - a < 1e-6; };
  energy.erase(std::ranges::unique(energy, near).begin(), energy.end());
  const auto sum = multiplet::mixture(shares, energy, *progress);
  fmt::print("energy (eV),absorption (1/eV)\n");
  for (std::size_t i = 0; i < energy.size(); ++i) fmt::print("{:.4f},{:.8g}\n", energy[i], sum[i]);
}

std::vector<std::string> names_of(const std::string& list) {
  std::vector<std::string> names;
  for (const std::string_view name : io::split(list, ',')) {
    std::string plain{core::trimmed(name)};
    std::ranges::replace(plain, '-', '_');
    if (!plain.empty()) names.push_back(std::move(plain));
  }
  return names;
}

void refuse_idle(const Options& options, const study::MultipletStudy& definition) {
  if (definition.field.matrix) refuse_idle(options, {"10dq", "ds", "dt"}, "either these or --field-matrix");
  if (definition.settings.v_e_g == 0 && definition.settings.v_t_2g == 0 && options.free.empty())
    refuse_idle(options, {"delta", "u_dd", "u_pd", "10dq_ligand"}, "ligands: --v-e-g or --v-t-2g beside it");
  if (!options.scattering) {
    refuse_idle(options, names_in(multiplet::scatter_settings_table()), "--scattering beside it");
    if (!options.crystal) return;
    throw core::UsageError(
        {.what = "--crystal has no effect", .expected = "--scattering beside it", .found = "--crystal"});
  }
  if (options.crystal) {
    refuse_idle(options, {"scattering_angle"}, "--incidence and --exit of a crystal");
  } else {
    refuse_idle(options, {"incidence", "exit", "azimuth"}, "--crystal beside it");
  }
}

// What an ion starts from: its reference where it has one.
study::MultipletStudy study_of(const Options& options) {
  study::MultipletStudy out{.ion = material::parse_ion(options.ion)};
  for (const multiplet::Reference& r : multiplet::references()) {
    if (r.ion.name() != out.ion.name()) continue;
    out.settings = r.settings;
    out.spectrum = r.spectrum;
  }
  apply_setting_flags(options.settings, multiplet::ion_settings_table(), out.settings);
  apply_setting_flags(options.settings, multiplet::spectrum_settings_table(), out.spectrum);
  if (options.axis != "fourfold" && options.axis != "threefold") {
    throw core::UsageError({.what = "--axis knows two axes of the octahedron along z",
                            .expected = "fourfold or threefold",
                            .found = options.axis});
  }
  if (options.axis == "threefold") out.field.axis = multiplet::CubicAxis::threefold;
  if (!options.field_matrix.empty()) {
    const auto file = io::InputFile::open(options.field_matrix);
    out.field.matrix = multiplet::parse_shell_matrix(std::string{file.bytes()}, options.field_matrix);
    out.field_path = options.field_matrix;
  }
  refuse_idle(options, out);
  if (options.scattering) {
    multiplet::ScatterSettings scatter;
    apply_setting_flags(options.settings, multiplet::scatter_settings_table(), scatter);
    out.scatter = scatter;
    out.crystal = options.crystal;
  }
  if (!options.fit.empty()) {
    study::FitRequest request{.path = options.fit, .free = {"10dq", "slater_scale", "energy_offset"}};
    if (!options.free.empty()) request.free = names_of(options.free);
    request.measured = study::read_spectrum(options.fit);
    out.fit = std::move(request);
  } else if (!options.free.empty()) {
    throw core::UsageError({.what = "--free without a spectrum", .expected = "--fit FILE beside it", .found = "none"});
  }
  return out;
}

void print_outcome(const study::MultipletOutcome& outcome) {
  for (const std::string& answer : report::multiplet_answers(outcome)) fmt::print("{}\n", answer);
  for (const std::string& warning : outcome.warnings) fmt::print("! {}\n", warning);
  fmt::print("\n{:>12} {:>7} {:>6} {:>8} {:>8} {:>11}\n", "level (eV)", "states", "spin", "e_g el.", "d el.",
             "population");
  constexpr std::size_t most = 12;
  for (std::size_t i = 0; i < std::min(most, outcome.levels.size()); ++i) {
    const multiplet::Level& l = outcome.levels[i];
    fmt::print("{:>12.4f} {:>7} {:>6} {:>8.3f} {:>8.3f} {:>11.4f}\n", l.energy_eV, l.degeneracy,
               report::spin_text(l, outcome.study.ion.d_electrons), l.e_g_electrons, l.d_electrons, l.population);
  }
  if (outcome.levels.size() > most)
    fmt::print("{} of {} levels shown; --json or --out for all, and for the spectrum.\n", most, outcome.levels.size());
}

core::ExitCode run(const Options& options) {
  core::set_threads(options.threads);
  if (options.references) {
    print_references();
    return core::ExitCode::done;
  }
  if (!options.mixture.empty()) {
    print_mixture(options);
    return core::ExitCode::done;
  }
  if (options.ion.empty()) {
    throw core::UsageError({.what = "no ion is given",
                            .expected = "such as Ni2+",
                            .found = "nothing",
                            .advice = "litho multiplet --references names those with usual parameters"});
  }
  const io::Existing existing = options.force ? io::Existing::replace : io::Existing::refuse;
  if (!options.out.empty()) io::refuse_existing_directory(options.out, existing);
  const study::MultipletStudy definition = study_of(options);
  core::Log log{options.verbose};
  const auto progress = core::terminal_progress();
  const study::MultipletOutcome outcome = study::run_multiplet(definition, *progress, log);
  if (!options.out.empty()) report::write_run(report::run_files(outcome), options.out, existing, log);
  if (options.json) {
    fmt::print("{}", report::multiplet_json(outcome));
  } else {
    print_outcome(outcome);
    if (!options.out.empty()) fmt::print("report: {}\n", (fs::path(options.out) / "report.html").string());
  }
  return core::ExitCode::done;
}

}  // namespace

void add_multiplet(CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command = line.command(
      "multiplet", "L-edge absorption and scattering of an ion from atomic parameters, and those from a spectrum");
  command.path("ION", options->ion, "such as Ni2+");
  command.flag("--references", options->references, "list the ions with usual parameters, which are their defaults");
  command.text("--mixture", options->mixture,
               "print the spectrum of reference ions together as csv, such as \"Ni2+ 0.4, Ni4+ 0.6\"");
  command.text("--fit", options->fit,
               "a measured spectrum: energy (eV), intensity, and perhaps its standard deviation");
  command.text("--free", options->free, "what the fit may change [10dq,slater_scale,energy_offset]");
  command.flag("--scattering", options->scattering, "also resonant inelastic scattering of a powder");
  command.flag("--crystal", options->crystal, "a crystal scatters, polarisations in and out resolved");
  command.text("--axis", options->axis, "of the octahedron along z: fourfold or threefold (D3d, C3v) [fourfold]");
  command.text("--field-matrix", options->field_matrix,
               "a file with ten rows of ten numbers (eV) in place of --10dq, --ds and --dt");
  add_output_options(command, *options, "folder for a report; without it the result is only printed");
  command.heading("The ion [default without a reference]; plain numbers are in the unit shown");
  add_setting_flags(command, options->settings, multiplet::ion_settings_table());
  command.heading("The spectrum");
  add_setting_flags(command, options->settings, multiplet::spectrum_settings_table());
  command.heading("The scattering");
  add_setting_flags(command, options->settings, multiplet::scatter_settings_table());
  command.action([options] { return run(*options); });
}

}  // namespace litho
