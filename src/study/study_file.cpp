#include "lithoscope/study/study_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/material/composition.hpp"
#include "settings_toml.hpp"
#include "toml_table.hpp"

namespace lithoscope::study {
namespace {

const std::vector<std::string> geometry_names{"sphere", "cylinder", "slab"};
const std::vector<std::string> cell_names{"half", "three-electrode", "full"};
const std::vector<std::string> join_names{"time", "sequence"};

Sample read_sample(TableReader reader) {
  Sample sample;
  if (const auto formula = reader.text("formula")) {
    sample.formula = *formula;
    try {
      sample.molar_mass_g_per_mol = core::Value::exact(material::parse_formula(*formula).molar_mass_g_per_mol);
    } catch (const core::UsageError& error) {
      const core::ErrorFacts& facts = error.facts();
      reader.fail("formula", facts.what, facts.expected, facts.found, facts.advice);
    }
  }
  if (const auto molar_mass = reader.quantity("molar_mass", "g/mol")) sample.molar_mass_g_per_mol = molar_mass;
  sample.active_mass_kg = reader.quantity("active_mass", "kg");
  sample.density_kg_per_m3 = reader.quantity("density", "kg/m3");
  sample.bet_area_m2_per_kg = reader.quantity("bet_area", "m2/kg");
  sample.particle_radius_m = reader.quantity("particle_radius", "m");
  for (const auto& [key, value] :
       {std::pair{"molar_mass", sample.molar_mass_g_per_mol}, std::pair{"active_mass", sample.active_mass_kg},
        std::pair{"density", sample.density_kg_per_m3}, std::pair{"bet_area", sample.bet_area_m2_per_kg},
        std::pair{"particle_radius", sample.particle_radius_m}}) {
    if (value && !(value->value > 0))
      reader.fail(key, "must be positive", "more than zero", fmt::format("{}", value->value), "");
  }
  sample.size_spread = reader.number("size_spread").value_or(0);
  if (!(sample.size_spread >= 0 && sample.size_spread <= 1.5)) {
    reader.fail("size_spread", "is no standard deviation of ln R", "a number from 0 to 1.5, such as 0.3",
                fmt::format("{}", sample.size_spread), "");
  }
  if (const auto geometry = reader.choice("geometry", geometry_names)) {
    const auto index = std::ranges::find(geometry_names, *geometry) - geometry_names.begin();
    sample.geometry = std::array{echem::Geometry::sphere, echem::Geometry::cylinder,
                                 echem::Geometry::slab}[static_cast<std::size_t>(index)];
  }
  reader.finish();
  return sample;
}

void add_state(TableReader reader, std::vector<State>& states) {
  State state;
  const auto name = reader.text("name");
  if (!name || name->empty()) reader.fail("name", "is missing", "a name the measurements refer to", "nothing", "");
  state.name = *name;
  state.lithium_extracted = reader.number("lithium_extracted");
  if (state.lithium_extracted && std::abs(*state.lithium_extracted) > 10) {
    reader.fail("lithium_extracted", "is no amount of lithium per formula unit", "a number such as 0.02",
                fmt::format("{}", *state.lithium_extracted), "");
  }
  reader.finish();
  if (std::ranges::find(states, state.name, &State::name) != states.end()) {
    reader.fail("name", "is used by another state", "a name of its own", "\"" + state.name + "\"", "");
  }
  states.push_back(state);
}

echem::PlainColumn read_column(TableReader& columns, const std::string& path, std::string_view quantity) {
  if (columns.is_table(quantity)) {  // { column = "I", unit = "mA" }
    TableReader reader{*columns.table(quantity), path, fmt::format("columns.{}", quantity)};
    echem::PlainColumn column{reader.text("column").value_or(""), reader.text("unit").value_or("")};
    reader.finish();
    return column;
  }
  if (const auto name = columns.text(quantity)) return {*name, {}};
  columns.fail(quantity, "is missing", fmt::format("the name of the {} column", quantity), "nothing",
               "a plain table needs time, potential and current");
}

echem::PlainLayout read_columns(TableReader columns, const std::string& path) {
  echem::PlainLayout layout;
  layout.time = read_column(columns, path, "time");
  layout.potential = read_column(columns, path, "potential");
  layout.current = read_column(columns, path, "current");
  if (columns.has("capacity")) layout.capacity = read_column(columns, path, "capacity");
  if (columns.has("temperature")) layout.temperature = read_column(columns, path, "temperature");
  columns.finish();
  return layout;
}

ConstantCurrentFiles read_constant_current(TableReader reader) {
  ConstantCurrentFiles c;
  c.files = reader.texts("files");
  if (c.files.empty()) reader.fail("files", "is missing", "a list of paths or patterns", "nothing", "");
  if (const auto mass = reader.quantity("active_mass", "kg")) c.active_mass_kg = mass->value;
  c.lithium_extracted = reader.number("lithium_extracted");
  reader.finish();
  return c;
}

Measurement read_measurement(TableReader reader, const std::string& path, const std::vector<State>& states) {
  Measurement m;
  m.line = reader.line();
  const auto probe = reader.choice("probe", {"gitt"});
  if (!probe) reader.fail("probe", "is missing", "\"gitt\"", "nothing", "");
  m.probe = *probe;
  m.files = reader.texts("files");
  if (m.files.empty()) reader.fail("files", "is missing", "a list of paths or patterns", "nothing", "");
  m.state = reader.text("state").value_or("");
  const bool state_known = m.state.empty() || std::ranges::find(states, m.state, &State::name) != states.end();
  if (!state_known) {
    reader.fail("state", "names a state that is not defined", "the name of a [[state]]", fmt::format("\"{}\"", m.state),
                "add a [[state]] with this name");
  }
  m.name = reader.text("name").value_or(m.state.empty() ? "GITT" : "GITT, " + m.state);
  if (const toml::table* columns = reader.table("columns")) {
    m.columns = read_columns(TableReader{*columns, path, "columns"}, path);
  }
  if (reader.choice("join", join_names).value_or("time") == "sequence") m.join = echem::Join::sequence;
  if (const auto cell = reader.choice("cell", cell_names)) {
    m.cell = *cell == "half"   ? echem::CellKind::half_cell
             : *cell == "full" ? echem::CellKind::full_cell
                               : echem::CellKind::three_electrode;
  }
  if (const toml::table* other = reader.table("constant_current")) {
    m.constant_current = read_constant_current({*other, path, "[measurement.constant_current]"});
  }
  if (const toml::table* settings = reader.table("settings")) {
    TableReader inner{*settings, path, "[measurement.settings]"};
    read_settings(inner, echem::gitt_settings_table(), m.gitt);
    read_settings(inner, echem::step_settings_table(), m.steps);
    read_settings(inner, echem::ici_settings_table(), m.ici);
    inner.finish();
  }
  reader.finish();
  return m;
}

// Two measurements of one state would speak with one voice: "GITT, pristine" and "GITT, pristine (2)".
void number_equal_names(std::vector<Measurement>& measurements) {
  for (std::size_t i = 0; i < measurements.size(); ++i) {
    int same = 1;
    for (std::size_t j = i + 1; j < measurements.size(); ++j) {
      if (measurements[j].name == measurements[i].name) measurements[j].name += fmt::format(" ({})", ++same);
    }
  }
}

void append_quantity(std::string& out, const char* key, const std::optional<core::Value>& value, const char* unit) {
  if (!value) return;
  const std::string sigma = value->variance > 0 ? fmt::format(" +- {}", value->sigma()) : "";
  out += fmt::format("{} = \"{}{} {}\"\n", key, value->value, sigma, unit);
}

std::string column_text(const echem::PlainColumn& column) {
  if (column.unit.empty()) return quoted(column.name);
  return fmt::format("{{ column = {}, unit = {} }}", quoted(column.name), quoted(column.unit));
}

std::string list_text(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (std::size_t i = 0; i < texts.size(); ++i) out += (i > 0 ? ", " : "") + quoted(texts[i]);
  return out + "]";
}

void append_measurement(std::string& out, const Measurement& m) {
  out += fmt::format("\n[[measurement]]\nprobe = {}\nname = {}\n", quoted(m.probe), quoted(m.name));
  if (!m.state.empty()) out += fmt::format("state = {}\n", quoted(m.state));
  out +=
      fmt::format("files = {}\njoin = \"{}\"\n", list_text(m.files), m.join == echem::Join::time ? "time" : "sequence");
  if (m.cell != echem::CellKind::not_declared) {
    out += fmt::format("cell = \"{}\"\n", m.cell == echem::CellKind::half_cell   ? "half"
                                          : m.cell == echem::CellKind::full_cell ? "full"
                                                                                 : "three-electrode");
  }
  if (m.columns) {
    out += fmt::format("columns = {{ time = {}, potential = {}, current = {}", column_text(m.columns->time),
                       column_text(m.columns->potential), column_text(m.columns->current));
    if (m.columns->capacity) out += ", capacity = " + column_text(*m.columns->capacity);
    if (m.columns->temperature) out += ", temperature = " + column_text(*m.columns->temperature);
    out += " }\n";
  }
  if (m.constant_current) {
    out += fmt::format("[measurement.constant_current]\nfiles = {}\n", list_text(m.constant_current->files));
    if (m.constant_current->active_mass_kg)
      out += fmt::format("active_mass = \"{} kg\"\n", *m.constant_current->active_mass_kg);
    if (m.constant_current->lithium_extracted)
      out += fmt::format("lithium_extracted = {}\n", *m.constant_current->lithium_extracted);
  }
  out += "[measurement.settings]\n";
  append_settings(out, echem::gitt_settings_table(), m.gitt);
  append_settings(out, echem::step_settings_table(), m.steps);
  append_settings(out, echem::ici_settings_table(), m.ici);
}

}  // namespace

Study parse_study(const std::string& text, const std::string& path, const std::vector<Override>& overrides) {
  toml::table root = parse_toml(text, path);
  for (const Override& change : overrides) apply_override(root, change);
  Study study;
  study.path = path;
  study.directory = std::filesystem::path(path).parent_path().string();
  TableReader reader{root, path, "the study"};
  if (const toml::table* about = reader.table("study")) {
    TableReader inner{*about, path, "[study]"};
    study.title = inner.text("title").value_or("");
    inner.finish();
  }
  if (study.title.empty()) study.title = std::filesystem::path(path).stem().string();
  if (const toml::table* sample = reader.table("sample")) study.sample = read_sample({*sample, path, "[sample]"});
  for (const toml::table* state : reader.tables("state")) add_state({*state, path, "[[state]]"}, study.states);
  for (const toml::table* m : reader.tables("measurement")) {
    study.measurements.push_back(read_measurement({*m, path, "[[measurement]]"}, path, study.states));
  }
  number_equal_names(study.measurements);
  if (study.measurements.empty()) {
    reader.fail("measurement", "is missing", "at least one [[measurement]]", "none",
                "say what was measured and which files hold it");
  }
  reader.finish();
  return study;
}

Study read_study(const std::string& path, const std::vector<Override>& overrides) {
  return parse_study(read_definition(path), path, overrides);
}

std::string resolved_study(const Study& study) {
  std::string out = fmt::format("[study]\ntitle = {}\n\n[sample]\n", quoted(study.title));
  const Sample& s = study.sample;
  if (!s.formula.empty()) out += fmt::format("formula = {}\n", quoted(s.formula));
  append_quantity(out, "molar_mass", s.molar_mass_g_per_mol, "g/mol");
  append_quantity(out, "active_mass", s.active_mass_kg, "kg");
  append_quantity(out, "density", s.density_kg_per_m3, "kg/m3");
  append_quantity(out, "bet_area", s.bet_area_m2_per_kg, "m2/kg");
  append_quantity(out, "particle_radius", s.particle_radius_m, "m");
  out += fmt::format("geometry = \"{}\"\n", echem::name_of(s.geometry));
  if (s.size_spread > 0) out += fmt::format("size_spread = {}\n", s.size_spread);
  for (const State& state : study.states) {
    out += fmt::format("\n[[state]]\nname = {}\n", quoted(state.name));
    if (state.lithium_extracted) out += fmt::format("lithium_extracted = {}\n", *state.lithium_extracted);
  }
  for (const Measurement& m : study.measurements) append_measurement(out, m);
  return out;
}

}  // namespace lithoscope::study
