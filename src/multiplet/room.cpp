// Settings, roles and the probe `multiplet`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/multiplet/multiplet_run.hpp"
#include "lithoscope/multiplet/probes.hpp"
#include "lithoscope/multiplet/references.hpp"

namespace lithoscope::multiplet {

namespace {
constexpr std::array<std::string_view, 2> axis_words{"fourfold", "threefold"};
}

std::span<const core::Setting<MultipletSettings>> multiplet_settings_table() {
  using M = MultipletSettings;
  static constexpr std::array table{
      core::Setting<M>{"ion", "", &M::ion, "The ion, such as Ni2+"},
      core::Setting<M>{"axis", "", core::choice_of<&M::axis, M>(axis_words),
                       "Axis of the octahedron along z: fourfold, or threefold (D3d, C3v)"},
      core::Setting<M>{"free", "", &M::free, "Settings that the fit may change", 0, 1e15,
                       "10dq, slater_scale, energy_offset"},
      core::Setting<M>{"scattering", "", &M::scattering, "Also resonant inelastic scattering of a powder"},
      core::Setting<M>{"crystal", "", &M::crystal, "A crystal scatters, polarisations in and out resolved"}};
  return table;
}

std::vector<std::string> usual_free() { return {"10dq", "slater_scale", "energy_offset"}; }

namespace {

using probe::Context;
using probe::Measurement;

// A number that was given, as a person would type it.
std::optional<std::string> given(const Measurement& m, std::string_view name) {
  const core::SettingValue* value = m.settings.find(name);
  if (value == nullptr) return std::nullopt;
  return core::setting_text(*value, "");
}

std::string flag_named(std::string_view name) { return core::SettingInfo{.name = std::string{name}}.flag(); }

template <class Settings>
std::vector<std::string_view> names_in(std::span<const core::Setting<Settings>> table) {
  std::vector<std::string_view> names;
  for (const auto& entry : table) names.push_back(entry.name);
  return names;
}

// Settings that were given and would do nothing.
void refuse_idle(const Measurement& m, const std::vector<std::string_view>& names, const std::string& expected) {
  for (const std::string_view name : names) {
    const auto text = given(m, name);
    if (!text) continue;
    const std::string flag = flag_named(name);
    throw core::UsageError(
        {.what = flag + " has no effect", .expected = expected, .found = fmt::format("{} {}", flag, *text)});
  }
}

void refuse_idle(const Measurement& m, const MultipletSettings& options, const MultipletStudy& study) {
  if (study.field.matrix) refuse_idle(m, {"10dq", "ds", "dt"}, "either these or --field-matrix");
  if (study.settings.v_e_g == 0 && study.settings.v_t_2g == 0 && options.free.empty())
    refuse_idle(m, {"delta", "u_dd", "u_pd", "10dq_ligand"}, "ligands: --v-e-g or --v-t-2g beside it");
  if (!options.scattering) {
    refuse_idle(m, names_in(scatter_settings_table()), "--scattering beside it");
    if (!options.crystal) return;
    throw core::UsageError(
        {.what = "--crystal has no effect", .expected = "--scattering beside it", .found = "--crystal"});
  }
  if (options.crystal) {
    refuse_idle(m, {"scattering_angle"}, "--incidence and --exit of a crystal");
  } else {
    refuse_idle(m, {"incidence", "exit", "azimuth"}, "--crystal beside it");
  }
}

// "10dq" of "10dq" and "slater_scale" of "slater-scale".
std::vector<std::string> names_of(std::vector<std::string> typed) {
  for (std::string& name : typed) std::ranges::replace(name, '-', '_');
  return typed;
}

void read_field(const Measurement& m, const MultipletSettings& options, MultipletStudy& study) {
  study.field.axis = options.axis;
  const probe::Input* matrix = m.one("field_matrix");
  if (matrix == nullptr) return;
  const auto file = io::InputFile::open(matrix->path);
  study.field.matrix = parse_shell_matrix(std::string{file.bytes()}, matrix->path);
  study.field_path = matrix->path;
}

// What an ion starts from: its reference where it has one.
MultipletStudy study_of(const Measurement& m) {
  const auto options = probe::settings_in(m, multiplet_settings_table());
  if (options.ion.empty()) {
    throw core::UsageError({.what = "no ion is given",
                            .expected = "such as Ni2+",
                            .found = "nothing",
                            .advice = "litho multiplet --references names those with usual parameters"});
  }
  MultipletStudy out{.ion = material::parse_ion(options.ion)};
  for (const Reference& r : references()) {
    if (r.ion.name() != out.ion.name()) continue;
    out.settings = r.settings;
    out.spectrum = r.spectrum;
  }
  core::fill_settings(ion_settings_table(), m.settings, out.settings);
  core::fill_settings(spectrum_settings_table(), m.settings, out.spectrum);
  read_field(m, options, out);
  refuse_idle(m, options, out);
  if (options.scattering) {
    out.scatter = probe::settings_in(m, scatter_settings_table());
    out.crystal = options.crystal;
  }
  if (const probe::Input* fit = m.one("fit")) {
    out.fit = FitRequest{.path = fit->path, .free = options.free.empty() ? usual_free() : names_of(options.free)};
    out.fit->measured = read_spectrum(fit->path);
  } else if (!options.free.empty()) {
    throw core::UsageError({.what = "--free without a spectrum", .expected = "--fit FILE beside it", .found = "none"});
  }
  return out;
}

result::Result reduce(const Measurement& m, Context& context) {
  const MultipletStudy study = study_of(m);
  const MultipletOutcome outcome = run_multiplet(study, context.progress, context.log);
  for (const std::string& warning : outcome.warnings) context.log.add(core::LogLevel::warning, warning);
  result::Result out = describe(outcome);
  if (study.fit) out.sources.push_back({.role = "fit", .path = study.fit->path, .format = "columns of numbers"});
  if (!study.field_path.empty())
    out.sources.push_back({.role = "field_matrix", .path = study.field_path, .format = "ten rows of ten numbers"});
  return out;
}

// ---- printed in place of a result -----------------------------------------------------------------------------------

std::string print_references(const Measurement&, const std::string&, Context&) {
  std::string out = fmt::format("{:<5} {:>5} {:>6} {:>7} {:>6} {:>7} {:>9}  {}\n", "ion", "10Dq", "delta", "V e_g",
                                "V t2g", "scale", "L3 (eV)", "");
  for (const Reference& r : references()) {
    const bool ligands = r.settings.v_e_g != 0;
    const auto number = [&](double v) { return ligands ? fmt::format("{:.2f}", v) : std::string{"-"}; };
    out += fmt::format("{:<5} {:>5.2f} {:>6} {:>7} {:>6} {:>7.2f} {:>9.1f}  {}\n", r.ion.name(), r.settings.ten_dq,
                       number(r.settings.delta), number(r.settings.v_e_g), number(r.settings.v_t_2g),
                       r.settings.slater_scale, r.L3_maximum_eV, r.why);
  }
  return out;
}

// "Ni2+ 0.4, Ni4+ 0.6"
std::vector<Share> shares_of(const std::string& text) {
  std::vector<Share> shares;
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

void refuse_beside_mixture(const Measurement& m) {
  const auto options = probe::settings_in(m, multiplet_settings_table());
  if (!options.ion.empty() || m.one("fit") != nullptr || options.scattering) {
    throw core::UsageError({.what = "--mixture prints a table of reference ions and does nothing else",
                            .expected = "only --from, --to and --step beside it",
                            .found = "an ion, --fit or --scattering"});
  }
  const std::string own = "no such flag: reference ions have their own parameters and widths";
  refuse_idle(m, names_in(ion_settings_table()), own);
  refuse_idle(m, {"energy_offset", "width_l3", "width_l2", "resolution"}, own);
}

// Of all ions, however far apart their edges are.
std::vector<double> energies_of_all(const std::vector<Share>& shares, SpectrumSettings settings,
                                    core::Progress& progress) {
  std::vector<double> energy;
  for (const Share& part : shares) {
    const ReferenceSpectrum& reference = reference_spectrum(part.ion, progress);
    settings.energy_offset = reference.spectrum.energy_offset;
    const auto own_energy = energies_of(settings, reference.absorption);
    energy.insert(energy.end(), own_energy.begin(), own_energy.end());
  }
  std::ranges::sort(energy);
  const auto near = [](double a, double b) { return b - a < 1e-6; };
  energy.erase(std::ranges::unique(energy, near).begin(), energy.end());
  return energy;
}

std::string print_mixture(const Measurement& m, const std::string& text, Context& context) {
  refuse_beside_mixture(m);
  const auto shares = shares_of(text);
  const auto energy = energies_of_all(shares, probe::settings_in(m, spectrum_settings_table()), context.progress);
  const auto sum = mixture(shares, energy, context.progress);
  std::string out = "energy (eV),absorption (1/eV)\n";
  for (std::size_t i = 0; i < energy.size(); ++i) out += fmt::format("{:.4f},{:.8g}\n", energy[i], sum[i]);
  return out;
}

// Absent means the ion's reference, or what the parameter is without one.
std::vector<core::SettingInfo> unset(std::vector<core::SettingInfo> infos, const std::string& words) {
  for (core::SettingInfo& info : infos) {
    info.unset = info.default_text() + words;
    info.otherwise = {};
  }
  return infos;
}

std::vector<core::SettingInfo> own_settings() {
  std::vector<core::SettingInfo> infos = core::setting_infos(multiplet_settings_table(), "What is computed");
  std::ranges::find(infos, std::string{"free"}, &core::SettingInfo::name)->commas = true;
  return infos;
}

probe::Probe multiplet_probe() {
  return {.name = "multiplet",
          .help = "L-edge absorption and scattering of an ion from atomic parameters, and those from a spectrum",
          .version = "1",
          .roles = {{.name = "fit",
                     .help = "A measured spectrum: energy (eV), intensity, and perhaps its standard deviation",
                     .many = false},
                    {.name = "field_matrix",
                     .help = "A file with ten rows of ten numbers (eV) in place of 10dq, ds and dt",
                     .many = false}},
          .settings = probe::joined(
              {own_settings(),
               unset(core::setting_infos(ion_settings_table(), "The ion; plain numbers are in the unit shown"),
                     " without a reference"),
               unset(core::setting_infos(spectrum_settings_table(), "The spectrum"), " without a reference"),
               unset(core::setting_infos(scatter_settings_table(), "The scattering"), "")}),
          .reduce = reduce,
          .printouts = {{.name = "references",
                         .help = "List the ions with usual parameters, which are their defaults",
                         .print = print_references},
                        {.name = "mixture",
                         .help = "Print the spectrum of reference ions together as csv, such as \"Ni2+ 0.4, Ni4+ 0.6\"",
                         .takes_text = true,
                         .print = print_mixture}}};
}

}  // namespace

std::vector<probe::Probe> probes() { return {multiplet_probe()}; }

}  // namespace lithoscope::multiplet
