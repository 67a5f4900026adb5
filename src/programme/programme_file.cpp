#include "lithoscope/programme/programme_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/io/toml.hpp"
#include "lithoscope/material/valence.hpp"
#include "lithoscope/particle/attenuation.hpp"
#include "preset_files.hpp"
#include "programme_tree.hpp"
#include "programme_words.hpp"

namespace lithoscope::programme {
namespace {

using io::Override;
using io::TableReader;
using io::TomlTable;
using particle::Branch;
using particle::Model;
using particle::Step;
using particle::StepKind;

// The members of a group whose keys are there.
template <class Group>
void read_settings(TableReader& reader, std::span<const core::Setting<Group>> table, Group& group) {
  core::fill_settings(table, reader.settings(core::setting_infos(table, "")), group);
}
template <class Enum>
Enum chosen(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<Enum>(std::ranges::find(names, name) - names.begin());
}

// What steps of the file share.
struct Defaults {
  double temperature_K = core::room_temperature_K;
  double one_c = 0;  ///< lithium per formula unit that a rate of 1C moves in an hour; 0: not given
  double mAh_per_g_per_lithium = 0;
};

std::optional<int> read_count(TableReader& reader, std::string_view key) {
  const auto number = reader.number(key);
  if (!number) return std::nullopt;
  constexpr double most = 1e7;
  if (*number < 0 || *number > most || *number != std::floor(*number)) {
    reader.fail(key, "is no count", fmt::format("a whole number from 0 to {:.0f}", most), fmt::format("{}", *number),
                "");
  }
  return static_cast<int>(*number);
}

particle::Couple read_couple(TableReader reader) {
  particle::Couple couple;
  couple.name = reader.text("name").value_or("");
  if (couple.name.empty()) reader.fail("name", "is missing", "a name such as \"Ni3/4\"", "nothing", "");
  couple.element = reader.text("element").value_or("");
  if (couple.element.empty()) reader.fail("element", "is missing", "a symbol such as \"Ni\"", "nothing", "");
  const auto valence = reader.number("valence");
  if (!valence) reader.fail("valence", "is missing", "the valence of the reduced form, such as 3", "nothing", "");
  couple.valence = *valence;
  const auto level = reader.quantity("level", "V");
  if (!level) reader.fail("level", "is missing", "a potential such as \"4.58 V\"", "nothing", "");
  couple.level_V = level->value;
  const auto width = reader.quantity("width", "V");
  if (!width) reader.fail("width", "is missing", "a width such as \"0.08 V\"", "nothing", "");
  couple.width_V = width->value;
  if (const auto v = reader.quantity("level_slope", "V/K")) couple.level_slope_V_per_K = v->value;
  if (const auto v = reader.quantity("width_slope", "V/K")) couple.width_slope_V_per_K = v->value;
  couple.electrons = reader.number("electrons").value_or(0);
  reader.finish();
  return couple;
}

particle::OxygenRedox read_oxygen(TableReader reader) {
  particle::OxygenRedox oxygen;
  const auto sites = reader.number("sites");
  if (!sites) reader.fail("sites", "is missing", "holes per formula unit, such as 0.75", "nothing", "");
  oxygen.sites = *sites;
  const auto take = [&](std::string_view key, const char* unit, double& to) {
    if (const auto v = reader.quantity(key, unit)) to = v->value;
  };
  take("level", "V", oxygen.level_V);
  take("stabilised_level", "V", oxygen.stabilised_level_V);
  take("width", "V", oxygen.width_V);
  take("level_slope", "V/K", oxygen.level_slope_V_per_K);
  take("stabilised_level_slope", "V/K", oxygen.stabilised_level_slope_V_per_K);
  take("width_slope", "V/K", oxygen.width_slope_V_per_K);
  reader.finish();
  return oxygen;
}

void read_grain(TableReader reader, particle::Grain& grain) {
  grain.shape = chosen<particle::Geometry>(shape_names, reader.choice("shape", shape_names).value_or("sphere"));
  read_settings(reader, particle::grain_settings(), grain);
  reader.finish();
}

void read_transport(TableReader reader, particle::Transport& transport) {
  transport.drive = chosen<particle::Drive>(drive_names, reader.choice("drive", drive_names).value_or("composition"));
  particle::Diffusivity& d = transport.diffusivity;
  d.log10_cm2_s = reader.numbers("log10_D_cm2_s");
  if (d.log10_cm2_s.empty()) {
    reader.fail("log10_D_cm2_s", "is missing", "log10 of D in cm2/s at the knots, such as [-14.0, -16.5]", "nothing",
                "");
  }
  d.x = reader.numbers("x");
  if (d.x.empty() && d.log10_cm2_s.size() == 1) d.x = {0};
  if (d.x.size() != d.log10_cm2_s.size()) {
    reader.fail("x", "does not fit log10_D_cm2_s", fmt::format("{} values of lithium extracted", d.log10_cm2_s.size()),
                fmt::format("{}", d.x.size()), "one x a knot");
  }
  d.log10_multiplier = reader.number("log10_multiplier").value_or(0);
  transport.elastic = reader.choice("stress", stress_names).value_or("none") == "elastic";
  read_settings(reader, particle::transport_settings(), transport);
  if (const TomlTable* table = reader.table("gap")) {
    TableReader gap{*table, reader.path(), "[transport.gap]"};
    read_settings(gap, particle::gap_settings(), transport.gap);
    gap.finish();
  }
  reader.finish();
}

void read_reservoir(TableReader reader, particle::Reservoir& reservoir) {
  read_settings(reader, particle::reservoir_settings(), reservoir);
  for (const TomlTable* table : reader.tables("metal")) {
    TableReader inner{*table, reader.path(), "[[reservoir.metal]]"};
    const auto element = inner.text("element");
    if (!element) inner.fail("element", "is missing", "a cation of the formula", "nothing", "");
    const auto preference = inner.number("preference");
    if (!preference) inner.fail("preference", "is missing", "a factor such as 2", "nothing", "");
    reservoir.preferences.push_back({*element, *preference});
    inner.finish();
  }
  reader.finish();
}

void read_probes(TableReader reader, Model& model, const std::string& path) {
  read_settings(reader, particle::probe_settings(), model.probes);
  for (const TomlTable* table : reader.tables("edge")) {
    TableReader inner{*table, path, "[[probes.edge]]"};
    const auto element = inner.text("element");
    if (!element) inner.fail("element", "is missing", "a cation, or \"O\"", "nothing", "");
    particle::EdgeDepth& edge = particle::edge_of(model.probes, *element);
    if (const auto v = inner.quantity("tey_depth", "nm")) edge.tey_depth_nm = v->value;
    if (const auto v = inner.quantity("length", "nm")) edge.fluorescence_length_nm = v->value;
    if (edge.tey_depth_nm == 0) inner.fail("tey_depth", "is zero", "more than 0 nm", "0 nm", "");
    inner.finish();
  }
  if (reader.choice("fluorescence", fluorescence_names).value_or("volume") == "attenuated") {
    if (reader.has("pfy_length") || reader.has("rixs_length")) {
      reader.fail("fluorescence", "is told twice", "either \"attenuated\" or pfy_length and rixs_length", "both",
                  "a length for one element goes into [[probes.edge]]");
    }
    particle::fill_attenuation_lengths(model);
  }
  reader.finish();
}

void read_hysteresis(TableReader reader, particle::Hysteresis& hysteresis) {
  hysteresis.memory = chosen<particle::Memory>(memory_names, reader.choice("memory", memory_names).value_or("none"));
  read_settings(reader, particle::hysteresis_settings(), hysteresis);
  reader.finish();
}

particle::SurfaceShift read_shift(TableReader reader) {
  particle::SurfaceShift shift;
  shift.couple = reader.text("couple").value_or("");
  const auto value = reader.quantity("shift", "V");
  if (!value) reader.fail("shift", "is missing", "a potential such as \"0.05 V\"", "nothing", "");
  shift.shift_V = value->value;
  const auto depth = reader.quantity("depth", "nm");
  if (!depth) reader.fail("depth", "is missing", "a depth such as \"6 nm\"", "nothing", "");
  shift.depth_nm = depth->value;
  reader.finish();
  return shift;
}

// "C/8", "2C", "20 mA/g" or "0.1 1/h", in lithium per formula unit and second.
double read_rate(TableReader& reader, const Defaults& defaults) {
  const auto text = reader.text("rate");
  if (!text) return 0;
  std::string word = *text;
  std::erase(word, ' ');
  const auto number = [&](std::string_view digits) -> std::optional<double> {
    try {
      return core::parse_quantity(std::string{digits} + " 1", "1").value;
    } catch (const core::UsageError&) {
      return std::nullopt;
    }
  };
  std::optional<double> c_rate;
  if (word == "C") c_rate = 1;
  if (word.starts_with("C/")) {
    if (const auto hours = number(std::string_view{word}.substr(2)); hours && *hours > 0) c_rate = 1 / *hours;
  } else if (word.size() > 1 && word.ends_with('C')) {
    c_rate = number(std::string_view{word}.substr(0, word.size() - 1));
  }
  if (c_rate) {
    if (!(defaults.one_c > 0)) {
      reader.fail("rate", "is a C-rate, but nothing says what 1C is",
                  "one_c in [programme], the lithium per formula unit that 1C moves in an hour", "nothing",
                  "or give the rate as a current, such as \"20 mA/g\"");
    }
    return *c_rate * defaults.one_c / core::seconds_per_hour;
  }
  const auto quantity = [&](const char* unit) -> std::optional<double> {
    try {
      return core::parse_quantity(*text, unit).value;
    } catch (const core::UsageError&) {
      return std::nullopt;
    }
  };
  if (const auto mA_per_g = quantity("mA/g")) {
    return *mA_per_g / defaults.mAh_per_g_per_lithium / core::seconds_per_hour;
  }
  if (const auto per_s = quantity("1/s")) return *per_s;
  reader.fail("rate", "is not a rate", "\"C/8\", \"20 mA/g\", or lithium per formula unit and time, \"0.1 1/h\"", *text,
              "");
}

// A rest that is looked at on the way: one step up to each time, the last keeps the name.
std::vector<Step> split_at(const Step& step, TableReader& reader, const std::vector<std::string>& times) {
  std::vector<Step> parts;
  double before = 0;
  for (const std::string& text : times) {
    double time = 0;
    try {
      time = core::parse_quantity(text, "s").value;
    } catch (const core::UsageError& error) {
      reader.fail("profiles", error.facts().what, error.facts().expected, error.facts().found, error.facts().advice);
    }
    if (!(time > before && time < step.duration_s)) {
      reader.fail("profiles", "are not in order inside the step", "times that increase and lie before its end", text,
                  "");
    }
    parts.push_back(step);
    parts.back().name = step.name + ", " + text;
    parts.back().duration_s = time - before;
    before = time;
  }
  parts.push_back(step);
  parts.back().duration_s = step.duration_s - before;
  return parts;
}

std::vector<Step> read_step(TableReader reader, const Defaults& defaults) {
  Step step;
  const auto kind = reader.choice("kind", step_names);
  if (!kind) reader.fail("kind", "is missing", fmt::format("\"{}\"", fmt::join(step_names, "\", \"")), "nothing", "");
  step.kind = chosen<StepKind>(step_names, *kind);
  step.name = reader.text("name").value_or(*kind);
  const auto temperature = reader.quantity(step.kind == StepKind::ramp ? "from" : "temperature", "K");
  step.temperature_K = temperature ? temperature->value : defaults.temperature_K;
  const auto seconds = [&](std::string_view key, double& to) {
    if (const auto v = reader.quantity(key, "s")) to = v->value;
  };
  switch (step.kind) {
    case StepKind::charge:
    case StepKind::discharge:
      seconds("duration", step.duration_s);
      step.rate_per_s = read_rate(reader, defaults);
      break;
    case StepKind::hold_voltage:
      seconds("duration", step.duration_s);
      if (const auto v = reader.quantity("voltage", "V")) step.voltage_V = v->value;
      break;
    case StepKind::hold:
      if (!temperature) reader.fail("temperature", "is missing", "a temperature such as \"100 degC\"", "nothing", "");
      [[fallthrough]];
    case StepKind::open_circuit:
    case StepKind::wait:
      seconds("duration", step.duration_s);
      break;
    case StepKind::ramp:
      if (const auto v = reader.quantity("to", "K")) step.to_temperature_K = v->value;
      if (const auto v = reader.quantity("heating", "K/s")) step.rate_K_per_s = v->value;
      break;
    case StepKind::gitt:
      step.rate_per_s = read_rate(reader, defaults);
      seconds("pulse", step.duration_s);
      seconds("rest", step.rest_s);
      step.pulses = read_count(reader, "pulses").value_or(0);
      step.discharging = reader.choice("direction", {"charge", "discharge"}).value_or("charge") == "discharge";
      break;
    case StepKind::stabilise:
      step.stabilised_sites = reader.number("sites").value_or(0);
      if (const auto v = reader.quantity("depth", "nm")) step.depth_nm = v->value;
      break;
    case StepKind::reconstruct:
      if (const auto v = reader.quantity("depth", "nm")) step.depth_nm = v->value;
      break;
    case StepKind::expose:
      if (const auto v = reader.quantity("dose", "MGy")) step.dose_MGy = v->value;
      break;
  }
  if (step.kind == StepKind::charge || step.kind == StepKind::discharge || step.kind == StepKind::gitt) {
    step.until_surface_lithium = reader.number("until_surface");
    step.until_lithium = reader.number("until_lithium");
    if (const auto v = reader.quantity("until_voltage", "V")) step.until_voltage_V = v->value;
  }
  const bool rests = step.kind == StepKind::wait || step.kind == StepKind::hold || step.kind == StepKind::open_circuit;
  const std::vector<std::string> times = rests ? reader.texts("profiles") : std::vector<std::string>{};
  reader.finish();
  return split_at(step, reader, times);
}

std::vector<Step> read_steps(TableReader& reader, const std::string& path, const std::string& name,
                             const Defaults& defaults) {
  std::vector<Step> steps;
  for (const TomlTable* table : reader.tables("step")) {
    for (Step& step : read_step({*table, path, name}, defaults)) steps.push_back(std::move(step));
  }
  return steps;
}

particle::ScanAxis read_axis(TableReader reader, Model& model, particle::Programme& programme) {
  particle::ScanAxis axis;
  axis.parameter = reader.text("name").value_or("");
  try {
    axis.unit = particle::parameter(model, programme, axis.parameter).unit;
  } catch (const core::UsageError& error) {
    reader.fail("name", error.facts().what, error.facts().expected, error.facts().found, error.facts().advice);
  }
  const auto end = [&](std::string_view key) {
    const auto value = axis.unit == "1" ? reader.number(key) : [&]() -> std::optional<double> {
      const auto v = reader.quantity(key, axis.unit);
      return v ? std::optional{v->value} : std::nullopt;
    }();
    if (!value) reader.fail(key, "is missing", fmt::format("an end of the range in {}", axis.unit), "nothing", "");
    return *value;
  };
  axis.from = end("from");
  axis.to = end("to");
  axis.count = read_count(reader, "count").value_or(0);
  axis.logarithmic = reader.choice("scale", {"linear", "log"}).value_or("linear") == "log";
  reader.finish();
  return axis;
}

particle::Scan read_scan(TableReader reader, const std::string& path, Model& model, particle::Programme& programme) {
  particle::Scan scan;
  scan.samples = read_count(reader, "samples").value_or(0);
  scan.seed = static_cast<std::uint64_t>(read_count(reader, "seed").value_or(1));
  for (const TomlTable* table : reader.tables("parameter")) {
    scan.axes.push_back(read_axis({*table, path, "[[scan.parameter]]"}, model, programme));
  }
  reader.finish();
  return scan;
}

Reported read_reported(TableReader reader) {
  Reported out;
  const auto text = [&](std::string_view key, const char* example) {
    const auto found = reader.text(key);
    if (!found || found->empty()) reader.fail(key, "is missing", example, "nothing", "");
    return *found;
  };
  out.quantity = text("of", "a number of the run, such as \"heat.delta_tey_valence.Ni\"");
  out.words = text("says", "what the paper reports, in words");
  out.resolves = reader.number("resolves");
  out.why = reader.text("because").value_or("");
  if (out.resolves && !(*out.resolves > 0))
    reader.fail("resolves", "is not positive", "the smallest change that is seen", fmt::format("{}", *out.resolves),
                "");
  reader.finish();
  return out;
}

const TomlTable& needed(TableReader& reader, std::string_view key, const std::string& what) {
  const TomlTable* table = reader.table(key);
  if (table == nullptr) reader.fail(key, "is missing", what, "nothing", "see docs/particle.md, or start from a preset");
  return *table;
}

template <class Group>
void read_group(TableReader& root, const std::string& path, std::string_view key,
                std::span<const core::Setting<Group>> table, Group& group) {
  const TomlTable* found = root.table(key);
  if (found == nullptr) return;
  TableReader reader{*found, path, fmt::format("[{}]", key)};
  read_settings(reader, table, group);
  reader.finish();
}

void read_ladder(TableReader& root, const std::string& path, Model& model) {
  std::vector<particle::Couple> couples;
  for (const TomlTable* table : root.tables("couple")) couples.push_back(read_couple({*table, path, "[[couple]]"}));
  particle::OxygenRedox oxygen;
  if (const TomlTable* table = root.table("oxygen")) oxygen = read_oxygen({*table, path, "[oxygen]"});
  model.ladder = particle::make_ladder(model.composition, std::move(couples), oxygen);
}

void read_model(TableReader& root, const std::string& path, Model& model) {
  TableReader material{needed(root, "material", "[material] with the formula"), path, "[material]"};
  const auto formula = material.text("formula");
  if (!formula) material.fail("formula", "is missing", "such as \"Li1.2Ni0.15Co0.1Mn0.55O2\"", "nothing", "");
  model.composition = material::parse_formula(*formula);
  material.finish();
  read_ladder(root, path, model);
  if (const TomlTable* table = root.table("grain")) read_grain({*table, path, "[grain]"}, model.grain);
  read_transport({needed(root, "transport", "[transport] with the diffusion coefficient"), path, "[transport]"},
                 model.transport);
  read_group(root, path, "surface", particle::surface_settings(), model.surface);
  if (const TomlTable* table = root.table("hysteresis")) {
    read_hysteresis({*table, path, "[hysteresis]"}, model.hysteresis);
  }
  for (const TomlTable* table : root.tables("surface_shift")) {
    model.surface_shifts.push_back(read_shift({*table, path, "[[surface_shift]]"}));
  }
  if (const TomlTable* table = root.table("reservoir")) read_reservoir({*table, path, "[reservoir]"}, model.reservoir);
  read_group(root, path, "dimers", particle::dimer_settings(), model.dimers);
  read_group(root, path, "degradation", particle::degradation_settings(), model.degradation);
  read_group(root, path, "mechanics", particle::mechanics_settings(), model.mechanics);
  if (const TomlTable* table = root.table("probes")) read_probes({*table, path, "[probes]"}, model, path);
  read_group(root, path, "numerics", particle::numerics_settings(), model.numerics);
}

// `otherwise`: why numbers without an origin of their own are assumed.
void read_programme(TableReader& root, const std::string& path, ProgrammeFile& file, std::string& otherwise) {
  particle::Programme& programme = file.programme;
  Defaults defaults{.mAh_per_g_per_lithium = material::capacity_mAh_per_g_per_lithium(file.model.composition)};
  if (const TomlTable* table = root.table("programme")) {
    TableReader reader{*table, path, "[programme]"};
    programme.title = reader.text("title").value_or("");
    otherwise = reader.text("otherwise").value_or("");
    for (const std::string& radius : reader.texts("face_value_radii")) {
      try {
        file.face_value_radii_nm.push_back(core::parse_quantity(radius, "nm").value);
      } catch (const core::UsageError& error) {
        reader.fail("face_value_radii", error.facts().what, error.facts().expected, error.facts().found, "");
      }
    }
    if (const auto v = reader.quantity("temperature", "K")) defaults.temperature_K = v->value;
    defaults.one_c = reader.number("one_c").value_or(0);
    reader.finish();
  }
  programme.trunk = read_steps(root, path, "[[step]]", defaults);
  for (const TomlTable* table : root.tables("branch")) {
    TableReader reader{*table, path, "[[branch]]"};
    Branch branch;
    branch.name = reader.text("name").value_or("");
    branch.after = reader.text("after").value_or("");
    branch.steps = read_steps(reader, path, "[[branch.step]]", defaults);
    reader.finish();
    programme.branches.push_back(std::move(branch));
  }
}

}  // namespace

ProgrammeFile parse_programme_file(const std::string& text, const std::string& path,
                                   const std::vector<Override>& overrides) {
  TomlTable root = with_base(io::parse_toml(text, path), path);
  const std::vector<WrittenOrigin> origins = take_origins(root, path);
  const std::vector<std::string> keys = keys_of(root);
  std::vector<std::string> overridden;
  for (const Override& change : overrides) overridden.push_back(put_in(root, change));
  ProgrammeFile file{.path = path};
  TableReader reader{root, path, "the programme file"};
  read_model(reader, path, file.model);
  std::string otherwise;
  read_programme(reader, path, file, otherwise);
  if (file.programme.title.empty()) file.programme.title = std::filesystem::path(path).stem().string();
  if (const TomlTable* scan = reader.table("scan")) {
    file.scan = read_scan({*scan, path, "[scan]"}, path, file.model, file.programme);
  }
  for (const TomlTable* table : reader.tables("reported"))
    file.reported.push_back(read_reported({*table, path, "[[reported]]"}));
  reader.finish();
  particle::check(file.model);
  particle::check(file.programme);
  file.origins = origins_of(file.model, file.programme, origins, keys, overridden, otherwise, path);
  return file;
}

ProgrammeFile read_programme_file(const std::string& path_or_preset, const std::vector<Override>& overrides) {
  for (const auto& [name, text] : preset_files()) {
    const bool named = name == path_or_preset && !std::filesystem::is_regular_file(path_or_preset);
    if (named) return parse_programme_file(std::string{text}, path_or_preset, overrides);
  }
  const bool a_word = path_or_preset.find_first_of("./\\") == std::string::npos;
  if (a_word && !std::filesystem::exists(path_or_preset)) preset_text(path_or_preset);  // says which there are
  return parse_programme_file(io::read_definition(path_or_preset), path_or_preset, overrides);
}

}  // namespace lithoscope::programme
