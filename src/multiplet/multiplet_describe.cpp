// A solved ion as numbers, tables, maps and observables.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "multiplet_parts.hpp"

namespace lithoscope::multiplet {

using result::number_column;
using result::Table;
using result::word_column;

std::string spin_text(const Level& level, int d_electrons) {
  const double spin = 0.5 * (std::sqrt(1 + 4 * level.spin_squared) - 1);
  const double unpaired = d_electrons % 2 == 0 ? 0 : 0.5;
  const double nearest = std::round(spin - unpaired) + unpaired;
  constexpr double mixed = 0.1;
  if (std::abs(spin - nearest) > mixed) return fmt::format("{:.2f}", spin);
  return nearest == std::floor(nearest) ? fmt::format("{:.0f}", nearest) : fmt::format("{:.0f}/2", 2 * nearest);
}

std::string column_name(const std::string& polarisation) {
  std::string out;
  for (const char c : polarisation) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-') out += c;
    if (c == ' ' && !out.ends_with('_')) out += '_';
  }
  return out;
}

std::string grid_name(const std::string& channel) { return "scattering_" + channel; }

std::size_t row_at_L3(const MultipletOutcome& outcome) {
  const std::vector<double>& incident = outcome.scatter->axes.incident_eV;
  const double at = outcome.edges.L3_maximum_eV;
  const auto nearest = std::ranges::min_element(incident, {}, [at](double e) { return std::abs(e - at); });
  return static_cast<std::size_t>(nearest - incident.begin());
}

namespace {

constexpr auto not_stated = result::not_a_number;

void add_numbers(const MultipletOutcome& outcome, result::Result& out) {
  const auto put = [&](std::string name, std::string unit, std::string help, double value, double variance) {
    out.numbers.push_back(
        {.name = std::move(name), .unit = std::move(unit), .help = std::move(help), .value = {value, variance}});
  };
  put("L3_maximum", "eV", "Energy at which the broadened L3 edge is highest", outcome.edges.L3_maximum_eV, not_stated);
  put("branching_ratio", "", "Share of L3 in the strength of L3 and L2", outcome.edges.branching_ratio, not_stated);
  put("total_strength", "", "Isotropic strength of all transitions, a third of the number of d holes",
      outcome.edges.total, not_stated);
  put("krylov_residual", "", "Bound of the absorption's error from Krylov spaces, share of its maximum",
      outcome.absorption.krylov_residual, not_stated);
  put("determinants_ground", "", "Determinants before the absorption", outcome.size.ground, 0);
  put("determinants_core_hole", "", "Determinants with a core hole", outcome.size.core_hole, 0);
  put("blocks_ground", "", "Blocks into which symmetry splits the ground configuration",
      static_cast<double>(outcome.blocks_ground), 0);
  put("blocks_core_hole", "", "Blocks into which symmetry splits the configuration with a core hole",
      static_cast<double>(outcome.blocks_core_hole), 0);
  if (outcome.scatter) {
    put("scattering_krylov_residual", "", "Bound of the scattering's error from Krylov spaces, share of the maximum",
        outcome.scatter->krylov_residual, not_stated);
  }
  if (!outcome.fit) return;
  const SpectrumFit& fit = *outcome.fit;
  put("fit_amplitude", "", "Factor from 1/eV to the measured intensity", fit.amplitude, not_stated);
  put("fit_background", "", "Constant below the fitted spectrum, in measured intensity", fit.background, not_stated);
  put("fit_background_slope", "1/eV", "Slope of the background about the mean energy, in measured intensity",
      fit.background_slope, not_stated);
  put("fit_reduced_chi_squared", "",
      "Chi squared per degree of freedom; 1 by construction where the spectrum has no standard deviations",
      fit.reduced_chi_squared, not_stated);
  put("fit_converged", "", "Whether the fit converged: 1 for yes", fit.converged ? 1 : 0, 0);
  put("fit_hamiltonians_solved", "", "Hamiltonians solved on the way", fit.solved, 0);
}

Table level_table(const MultipletOutcome& outcome) {
  using Row = Level;
  const int electrons = outcome.study.ion.d_electrons;
  const std::array fields{
      result::Field<Row>{"energy", "eV", &Row::energy_eV, "Energy above the lowest level", {.digits = 4}},
      result::Field<Row>{"degeneracy", "", &Row::degeneracy, "Number of states", {.name = "states"}},
      result::Field<Row>{"spin", "", std::function<std::string(const Row&)>{[electrons](const Row& l) {
                           return spin_text(l, electrons);
                         }},
                         "Spin S, from the mean of its square"},
      result::Field<Row>{
          "spin_squared", "", &Row::spin_squared, "Mean of S squared of d and ligand electrons", {.hidden = true}},
      result::Field<Row>{"e_g_electrons",
                         "",
                         &Row::e_g_electrons,
                         "Mean number of e_g electrons",
                         {.name = "e_g electrons", .digits = 4}},
      result::Field<Row>{"d_electrons", "", &Row::d_electrons, "Mean number of d electrons", {.digits = 4}},
      result::Field<Row>{"population", "", &Row::population, "Thermal population of the whole level", {.digits = 4}}};
  Table table = result::table_of<Row>("levels", "Levels before the absorption", outcome.levels, fields);
  table.brief = {"energy", "degeneracy", "spin", "e_g_electrons", "d_electrons", "population"};
  return table;
}

// Sticks as high as the spectrum for the strongest; weak ones and those beside the spectrum are not drawn.
Table stick_table(const MultipletOutcome& outcome) {
  std::vector<double> energy, strength, hole, height;
  std::vector<std::int64_t> drawn;
  double strongest = 0;
  for (const Stick& s : outcome.absorption.sticks) strongest = std::max(strongest, isotropic(s));
  const double top = *std::ranges::max_element(outcome.isotropic);
  constexpr double visible = 1e-3;
  for (const Stick& s : outcome.absorption.sticks) {
    const double e = s.energy_eV + outcome.study.spectrum.energy_offset;
    const double share = strongest > 0 ? isotropic(s) / strongest : 0;
    energy.push_back(e);
    strength.push_back(isotropic(s));
    hole.push_back(s.half_hole);
    height.push_back(share * top);
    const bool inside = e >= outcome.energy_eV.front() && e <= outcome.energy_eV.back();
    drawn.push_back(share >= visible && inside ? 1 : 0);
  }
  return {
      .name = "sticks",
      .title = "Transitions, or poles of the Krylov spaces",
      .columns = {number_column("energy", "eV", "Energy of the transition", energy),
                  number_column("strength", "", "Isotropic strength; all add up to a third of the d holes", strength),
                  number_column("share_of_j_half", "", "Share of the 2p hole in j = 1/2: 0 at L3, 1 at L2", hole),
                  number_column("height", "1/eV", "Strength scaled to the maximum of the spectrum, for drawing",
                                height),
                  result::integer_column("drawn", "Whether the figure shows it: 1 for yes", drawn)},
      .axis = "energy",
      .signal = "strength"};
}

Table absorption_table(const MultipletOutcome& outcome) {
  Table table{.name = "absorption",
              .title = outcome.study.ion.name() + " L2,3 absorption",
              .columns = {number_column("energy", "eV", "Photon energy", outcome.energy_eV),
                          number_column("isotropic", "1/eV", "Absorption of a powder or without polarisation",
                                        outcome.isotropic)},
              .axis = "energy",
              .signal = "isotropic"};
  for (const MultipletOutcome::Along& p : outcome.polarised) {
    table.columns.push_back(
        number_column(column_name(p.name), "1/eV", "Absorption for light polarised " + p.name, p.spectrum));
    table.columns.back().shown.name = p.name;
  }
  return table;
}

bool is_determined(const FittedParameter& p) { return std::isfinite(p.value.variance); }

std::string flag_of(const FittedParameter& p) {
  if (p.at_bound) return "at its bound";
  return is_determined(p) ? "ok" : "not determined";
}

Table fit_table(const SpectrumFit& fit) {
  std::vector<std::string> names, units, flags;
  std::vector<double> values, variance;
  for (const FittedParameter& p : fit.parameters) {
    names.push_back(p.name);
    units.push_back(p.unit == "1" ? "" : p.unit);
    flags.push_back(flag_of(p));
    values.push_back(p.value.value);
    variance.push_back(is_determined(p) ? p.value.variance : not_stated);
  }
  return {.name = "fit",
          .title = "Fitted",
          .columns = {word_column("parameter", "Name of the setting that was fitted", names),
                      number_column("value", "", "Fitted value, in the unit beside it", values, variance),
                      word_column("unit", "Unit of the value", units),
                      word_column("flags", "\"ok\", or what is wrong with the interval", flags)},
          .signal = "value",
          .flags = "flags",
          .brief = {"parameter", "value", "unit", "flags"}};
}

Table fit_curve_table(const MultipletOutcome& outcome) {
  const MeasuredSpectrum& m = outcome.study.fit->measured;
  std::vector<double> variance;
  for (const double sigma : m.sigma) variance.push_back(sigma * sigma);
  return {.name = "fit_curve",
          .title = "Measured and fitted spectrum",
          .columns = {number_column("energy", "eV", "Photon energy", m.energy_eV),
                      number_column("measured", "", "Measured intensity, as in the file", m.intensity, variance),
                      number_column("model", "", "Fitted ion with its amplitude and a straight background",
                                    outcome.fit->model)},
          .axis = "energy",
          .signal = "measured"};
}

template <class Settings>
void append_rows(const char* group, std::span<const core::Setting<Settings>> table, const Settings& settings,
                 std::vector<std::string>& groups, std::vector<std::string>& names, std::vector<std::string>& units,
                 std::vector<double>& values) {
  for (const core::Setting<Settings>& entry : table) {
    groups.emplace_back(group);
    names.emplace_back(entry.name);
    units.emplace_back(entry.unit == "1" ? "" : entry.unit);
    values.push_back(entry.number(settings));
  }
}

// What was used: the ion's reference where nothing was given, fitted values after a fit.
Table parameter_table(const MultipletStudy& study) {
  std::vector<std::string> groups, names, units;
  std::vector<double> values;
  for (const auto& entry : ion_settings_table()) {
    const bool of_field = entry.name == "10dq" || entry.name == "ds" || entry.name == "dt";
    if (study.field.matrix && of_field) continue;  // the matrix is in their place
    append_rows("ion", std::span{&entry, 1}, study.settings, groups, names, units, values);
  }
  append_rows("spectrum", spectrum_settings_table(), study.spectrum, groups, names, units, values);
  if (study.scatter) append_rows("scattering", scatter_settings_table(), *study.scatter, groups, names, units, values);
  return {.name = "parameters",
          .title = "Parameters that were used",
          .columns = {word_column("group", "What it belongs to", groups),
                      word_column("parameter", "Name of the setting", names),
                      number_column("value", "", "Value, in the unit beside it", values),
                      word_column("unit", "Unit of the value", units)},
          .signal = "value"};
}

// One row of the map, with and without the spectrometer's width, each over its own maximum.
Table cut_table(const MultipletOutcome& outcome) {
  const ScatterOutcome& s = *outcome.scatter;
  const std::size_t n = s.axes.loss_eV.size();
  const std::size_t first = row_at_L3(outcome) * n;
  const auto cut = [&](const std::vector<double>& map) {
    std::vector<double> values;
    for (std::size_t i = 0; i < n; ++i) values.push_back(map[first + i]);
    const double top = *std::ranges::max_element(values);
    for (double& v : values) v = top > 0 ? v / top : 0;
    return values;
  };
  return {.name = "scattering_cut",
          .title = "Scattering at the L3 maximum",
          .columns = {number_column("energy_loss", "eV", "Energy loss", s.axes.loss_eV),
                      number_column("resolved", "", "Intensity with the spectrometer's width, over its maximum",
                                    cut(s.seen.front())),
                      number_column("lifetimes", "", "Intensity with lifetimes alone, over its maximum",
                                    cut(s.narrow.front()))},
          .axis = "energy_loss",
          .signal = "resolved"};
}

result::Grid scatter_grid(const ScatterOutcome& s, std::size_t channel, bool resolved) {
  const std::string& name = s.channels[channel];
  return {
      .name = grid_name(name) + (resolved ? "" : "_lifetime"),
      .title = fmt::format("Scattering, {}, {}", name, resolved ? "as a spectrometer sees it" : "lifetimes alone"),
      .x = number_column("energy_loss", "eV", "Energy loss", s.axes.loss_eV),
      .y = number_column("incident_energy", "eV", "Incident photon energy", s.axes.incident_eV),
      .z = number_column("intensity", "1/eV", "Scattered intensity", resolved ? s.seen[channel] : s.narrow[channel]),
      .bulk = !resolved};
}

void add_observables(const MultipletOutcome& outcome, result::Result& out) {
  for (const FittedParameter& p : outcome.fit->parameters) {
    const bool usable = is_determined(p) && !p.at_bound;
    out.observables.push_back(
        {.name = p.name + "/" + outcome.study.ion.name(),
         .unit = p.unit == "1" ? "" : p.unit,
         .help = "Fitted to the L2,3 absorption of " + outcome.study.ion.name(),
         .values = {p.value.value},
         .variance = {is_determined(p) ? p.value.variance : not_stated},
         .flags = {flag_of(p)},
         .unusable = usable ? ""
                            : fmt::format("The spectrum does not determine it: it is {}.",
                                          p.at_bound ? "at the bound of its range" : "without an interval")});
  }
}

}  // namespace

result::Result describe(const MultipletOutcome& outcome) {
  result::Result out;
  out.warnings = outcome.warnings;
  add_numbers(outcome, out);
  if (outcome.fit) {
    out.tables.push_back(fit_table(*outcome.fit));
    out.tables.push_back(fit_curve_table(outcome));
    add_observables(outcome, out);
  }
  out.tables.push_back(level_table(outcome));
  out.tables.push_back(absorption_table(outcome));
  out.tables.push_back(stick_table(outcome));
  out.tables.push_back(parameter_table(outcome.study));
  if (outcome.scatter) {
    out.tables.push_back(cut_table(outcome));
    for (std::size_t c = 0; c < outcome.scatter->channels.size(); ++c) {
      for (const bool resolved : {true, false}) out.grids.push_back(scatter_grid(*outcome.scatter, c, resolved));
    }
  }
  add_figures(outcome, out);
  add_page(outcome, out);
  return out;
}

}  // namespace lithoscope::multiplet
