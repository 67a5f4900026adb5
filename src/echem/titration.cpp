#include "lithoscope/echem/titration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/material/composition.hpp"

namespace lithoscope::echem {
namespace {

constexpr std::array<std::string_view, 4> cell_words{"half", "three-electrode", "full", "not-declared"};
constexpr std::array<std::string_view, 2> join_words{"time", "sequence"};

std::optional<DiffusionLength> diffusion_length(const probe::Sample& sample) {
  if (sample.particle_radius_m) {
    const double n = radius_per_length(sample.geometry);
    std::string origin = fmt::format("{} radius over {}", name_of(sample.geometry), n);
    // The mean of 1/R over a log-normal volume is exp(s2/2) over the median.
    const double spread_factor = std::exp(-0.5 * sample.size_spread * sample.size_spread);
    if (sample.size_spread > 0) origin += fmt::format(" and a spread of {} in ln R", sample.size_spread);
    return DiffusionLength{(spread_factor / n) * *sample.particle_radius_m, sample.geometry, origin,
                           sample.size_spread};
  }
  if (sample.bet_area_m2_per_kg && sample.density_kg_per_m3) {
    return DiffusionLength{core::Value::exact(1) / (*sample.density_kg_per_m3 * *sample.bet_area_m2_per_kg),
                           sample.geometry, "1/(density x BET area)", sample.size_spread};
  }
  return std::nullopt;
}

// A record per gram becomes that of the electrode, or of one gram where nobody says how much there is.
void make_absolute(CyclerTable& table, GittSample& sample, std::vector<std::string>& remarks) {
  if (!table.current_per_mass) return;
  if (!sample.active_mass_kg) {
    sample.active_mass_kg = 1e-3;
    remarks.emplace_back(
        "The current is per mass and no active mass is given: currents, capacities and resistances are those of 1 g.");
  }
  scale_to_mass(table, *sample.active_mass_kg);
}

// The study goes before the file; what comes from the file is said, because instruments carry defaults along.
GittSample assemble_sample(const probe::Measurement& m, const TitrationSettings& settings, const CyclerTable& table,
                           std::vector<std::string>& remarks) {
  GittSample sample;
  sample.cell = settings.cell;
  sample.diffusion_length = diffusion_length(m.sample);
  sample.extracted_at_start = m.state_facts.lithium_extracted;
  if (m.sample.active_mass_kg) {
    sample.active_mass_kg = m.sample.active_mass_kg->value;
  } else if (table.sample.active_mass_kg) {
    sample.active_mass_kg = table.sample.active_mass_kg;
    remarks.push_back(
        fmt::format("The active mass of {:.4g} mg is what the cycler file says.", *sample.active_mass_kg * 1e6));
  }
  if (m.sample.molar_mass_g_per_mol) {
    sample.molar_mass_g_per_mol = m.sample.molar_mass_g_per_mol->value;
  } else if (table.sample.molar_mass_g_per_mol) {
    sample.molar_mass_g_per_mol = table.sample.molar_mass_g_per_mol;
    remarks.push_back(
        fmt::format("The molar mass of {:.5g} g/mol is what the cycler file says.", *sample.molar_mass_g_per_mol));
  }
  if (!m.sample.formula.empty()) {
    const double lithium = material::parse_formula(m.sample.formula).amount("Li");
    if (lithium > 0) sample.lithium_per_formula_unit = lithium;
  }
  if (sample.diffusion_length) {
    const core::Value L = sample.diffusion_length->length_m;
    remarks.push_back(fmt::format("The diffusion length L = V/S is {} nm, from {}; the particles count as {}s.",
                                  core::format_value(1e9 * L), sample.diffusion_length->origin,
                                  name_of(sample.diffusion_length->geometry)));
    if (L.variance == 0) {
      remarks.emplace_back(
          "The diffusion length has no uncertainty in the study; the intervals of D do not include one. "
          "Write it like bet_area = \"3.7 +- 0.3 m2/g\".");
    }
  }
  return sample;
}

std::optional<PlainLayout> layout_of(const TitrationSettings& s) {
  if (s.time.empty() && s.potential.empty() && s.current.empty()) return std::nullopt;
  const auto column = [](const char* what, const std::string& name, const std::string& unit) {
    if (name.empty()) {
      throw core::UsageError({.what = fmt::format("the {} column of the plain table is missing", what),
                              .expected = fmt::format("the name of the {} column", what),
                              .found = "nothing",
                              .advice = "a plain table needs time, potential and current"});
    }
    return PlainColumn{name, unit};
  };
  PlainLayout out{.time = column("time", s.time, s.time_unit),
                  .potential = column("potential", s.potential, s.potential_unit),
                  .current = column("current", s.current, s.current_unit),
                  .capacity = {},
                  .temperature = {}};
  if (!s.capacity.empty()) out.capacity = PlainColumn{s.capacity, s.capacity_unit};
  if (!s.temperature.empty()) out.temperature = PlainColumn{s.temperature, s.temperature_unit};
  return out;
}

// A charge at constant current, on the titration's scale: by mass, and by the lithium both start from.
void hold_against_constant_current(const probe::Measurement& m, const StepSettings& step_settings,
                                   core::Progress& progress, TitrationOutcome& outcome) {
  CyclerTable table = read_record(m, "constant_current", outcome.settings, progress);
  outcome.constant_current_sources = table.sources;
  std::optional<double> mass_kg;
  if (outcome.settings.constant_current_mass_kg) mass_kg = outcome.settings.constant_current_mass_kg->value;
  if (!mass_kg) mass_kg = table.sample.active_mass_kg ? table.sample.active_mass_kg : outcome.sample.active_mass_kg;
  if (table.current_per_mass) scale_to_mass(table, mass_kg.value_or(1e-3));
  CapacityScale scale;
  if (mass_kg && outcome.sample.active_mass_kg) {
    scale.ratio = *outcome.sample.active_mass_kg / *mass_kg;
  } else {
    outcome.remarks.emplace_back(
        "The constant current is taken to be that of the same electrode: no masses are known.");
  }
  scale.start_Ah = outcome.table.capacity_Ah.front();
  const GittResult& result = outcome.result;
  const auto& extracted = outcome.settings.constant_current_extracted;
  if (extracted && std::isfinite(result.extracted_per_Ah))
    scale.start_Ah += (*extracted - result.extracted_at_start) / result.extracted_per_Ah;
  const auto steps = find_steps(table, step_settings);
  ConstantCurrent none;
  none.why_not = "no titration was fitted as a whole";
  const auto fits = [](const WholeTrace& t) { return t.fitted != nullptr; };
  const auto trace = std::ranges::find_if(result.traces, fits);
  outcome.constant_current =
      trace == result.traces.end() ? none : compare_constant_current(table, steps, *trace, scale);
}

}  // namespace

std::span<const core::Setting<TitrationSettings>> titration_settings_table() {
  using S = TitrationSettings;
  using T = core::Setting<S>;
  static const std::array table{
      T{"cell", "", core::choice_of<&S::cell, S>(cell_words), "What the potential is measured against"},
      T{"join", "", core::choice_of<&S::join, S>(join_words), "How several files follow each other"},
      T{"columns.time", "", &S::time, "Column of the time in a plain table, with its unit: \"Time [s]\""},
      T{"columns.time.column", "", &S::time, "The same, where its unit is given apart"},
      T{"columns.time.unit", "", &S::time_unit, "Unit of that column where its name has none"},
      T{"columns.potential", "", &S::potential, "Column of the potential or cell voltage"},
      T{"columns.potential.column", "", &S::potential, "The same, where its unit is given apart"},
      T{"columns.potential.unit", "", &S::potential_unit, "Unit of that column where its name has none"},
      T{"columns.current", "", &S::current, "Column of the current, positive when charging"},
      T{"columns.current.column", "", &S::current, "The same, where its unit is given apart"},
      T{"columns.current.unit", "", &S::current_unit, "Unit of that column where its name has none"},
      T{"columns.capacity", "", &S::capacity, "Column of the capacity"},
      T{"columns.capacity.column", "", &S::capacity, "The same, where its unit is given apart"},
      T{"columns.capacity.unit", "", &S::capacity_unit, "Unit of that column where its name has none"},
      T{"columns.temperature", "", &S::temperature, "Column of the temperature"},
      T{"columns.temperature.column", "", &S::temperature, "The same, where its unit is given apart"},
      T{"columns.temperature.unit", "", &S::temperature_unit, "Unit of that column where its name has none"},
      T{"constant_current.active_mass", "kg", &S::constant_current_mass_kg,
        "Active mass of the electrode of the constant current, where it is another one", 0, 1e3,
        "that of the titration"},
      T{"constant_current.lithium_extracted", "1", &S::constant_current_extracted,
        "Lithium per formula unit already out when the constant current begins", -10, 10, "as the titration begins"},
  };
  return table;
}

bool TitrationOutcome::x_is_known() const { return std::isfinite(result.extracted_per_Ah); }

CyclerTable read_record(const probe::Measurement& measurement, std::string_view role, const TitrationSettings& settings,
                        core::Progress& progress) {
  const std::vector<probe::Input>& inputs = measurement.of(role);
  const auto layout = layout_of(settings);
  std::vector<CyclerTable> tables;
  progress.start("reading " + measurement.name, static_cast<std::int64_t>(inputs.size()));
  for (const probe::Input& input : inputs) {
    core::throw_if_interrupted();
    const io::InputFile file = io::InputFile::open(input.path);
    tables.push_back(layout ? read_plain_table(file, *layout) : read_cycler_file(file));
    progress.advance(static_cast<std::int64_t>(tables.size()));
  }
  progress.finish();
  return join_tables(std::move(tables), settings.join);
}

TitrationOutcome analyse_titration(const probe::Measurement& m, core::Progress& progress) {
  TitrationOutcome out{.name = m.name, .gitt = {}, .settings = {}, .table = {}, .sample = {}, .result = {}};
  out.gitt = probe::settings_in<GittSettings>(m, gitt_settings_table());
  out.settings = probe::settings_in<TitrationSettings>(m, titration_settings_table());
  const auto steps = probe::settings_in<StepSettings>(m, step_settings_table());
  const auto ici = probe::settings_in<IciSettings>(m, ici_settings_table());
  out.table = read_record(m, "files", out.settings, progress);
  out.sample = assemble_sample(m, out.settings, out.table, out.remarks);
  make_absolute(out.table, out.sample, out.remarks);
  out.remarks.insert(out.remarks.end(), out.table.remarks.begin(), out.table.remarks.end());
  out.result = analyse_gitt(out.table, out.sample, out.gitt, steps, ici);
  if (!m.of("constant_current").empty()) hold_against_constant_current(m, steps, progress, out);
  return out;
}

}  // namespace lithoscope::echem
