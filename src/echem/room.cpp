// What the house sees of this room: the probes `gitt` and `ici`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/echem/probes.hpp"
#include "lithoscope/echem/steps.hpp"
#include "lithoscope/echem/synthesize.hpp"
#include "lithoscope/echem/titration.hpp"
#include "lithoscope/material/valence.hpp"

namespace lithoscope::echem {
namespace {

result::Result reduce(const probe::Measurement& m, probe::Context& context) {
  return describe(analyse_titration(m, context.progress));
}

// ---- predict: what the particle's own curves say at the same lithium ------------------------------------------------

constexpr double log10_m2_per_cm2 = -4;

// D is chemical where concentration drives; a self-diffusion coefficient is multiplied by the slope of the potential.
double log10_D_at(const particle::Model& model, double x) {
  return model.transport.diffusivity.log10_at(x) + log10_m2_per_cm2;
}

double open_circuit_at(const particle::Model& model, double x) {
  return particle::local_redox(model.ladder, x, model.grain.stabilised, 0, core::room_temperature_K).V;
}

std::vector<result::Observable> predict(const probe::Scene& scene, const probe::Measurement&,
                                        std::vector<result::Observable> wanted, probe::Context&) {
  const bool chemical = scene.model.transport.drive == particle::Drive::composition;
  for (result::Observable& o : wanted) {
    const bool D = o.name == "log10_D", V = o.name == "open_circuit";
    o.variance.assign(o.size(), 0.0);
    o.common.clear();
    o.flags.assign(o.size(), "ok");
    for (std::size_t i = 0; i < o.size(); ++i) {
      const bool known = o.axis_name == "lithium_extracted" && ((D && chemical) || V);
      o.values[i] = !known ? result::not_a_number
                    : D    ? log10_D_at(scene.model, o.axis[i])
                           : open_circuit_at(scene.model, o.axis[i]);
      if (!known) o.flags[i] = "the particle does not say this";
    }
  }
  return wanted;
}

// ---- synthesize -----------------------------------------------------------------------------------------------------

enum class RecordFormat { mpt, bdf };
constexpr std::array<std::string_view, 2> format_words{"mpt", "bdf"};

struct InstrumentSettings {
  double active_mass_kg = 4.1e-6;
  double rest_before_s = 600;
  double noise_V = 0;
  double resolution_V = 1e-6;
  RecordFormat to = RecordFormat::mpt;
};
std::span<const core::Setting<InstrumentSettings>> instrument_table() {
  using S = InstrumentSettings;
  using T = core::Setting<S>;
  static const std::array table{
      T{"active_mass", "kg", &S::active_mass_kg, "Active mass of the electrode", 1e-12, 10},
      T{"rest_before", "s", &S::rest_before_s, "Time at open circuit before the programme starts", 1e-3, 1e9},
      T{"noise", "V", &S::noise_V, "Standard deviation of a row's potential", 0, 1},
      T{"resolution", "V", &S::resolution_V, "Resolution of the recorded potential", 0, 1},
      T{"to", "", core::choice_of<&S::to, S>(format_words),
        "Format of the record: BioLogic text (mpt) or Battery Data Format csv (bdf)"}};
  return table;
}

void synthesize(const probe::Scene& scene, const probe::Measurement& m, const probe::Sink& sink,
                probe::Context& context) {
  const auto settings = probe::instrument_in<InstrumentSettings>(m, instrument_table());
  CyclerTable table = synthesize_record(scene.model, scene.leg,
                                        {.active_mass_kg = settings.active_mass_kg,
                                         .rest_before_s = settings.rest_before_s,
                                         .noise_V = settings.noise_V,
                                         .resolution_V = settings.resolution_V,
                                         .seed = context.seed});
  table.sample.comment = "Lithoscope twin";
  const bool text = settings.to == RecordFormat::mpt;
  sink(text ? "record.mpt" : "record.bdf.csv", text ? biologic_text(table) : bdf_csv(table));
}

// ---- files ----------------------------------------------------------------------------------------------------------

std::optional<probe::Identity> identify(const io::InputFile& file) {
  if (!is_cycler_file(file)) return std::nullopt;
  const CyclerTable table = read_cycler_file(file);
  const SourceFile& source = table.sources.front();
  const auto [low, high] = std::ranges::minmax(table.potential_V);
  probe::Identity id{.format = source.format, .facts = {}, .remarks = {}};
  const auto fact = [&](const char* name, std::string value) {
    if (!value.empty()) id.facts.emplace_back(name, std::move(value));
  };
  fact("rows", std::to_string(table.rows()));
  fact("steps", std::to_string(find_steps(table, {}).size()));
  fact("duration", fmt::format("{:.4g} h", (table.time_s.back() - table.time_s.front()) / core::seconds_per_hour));
  fact("potential", fmt::format("{:.3f} to {:.3f} V", low, high));
  fact("technique", source.technique);
  fact("instrument", source.instrument);
  fact("started", source.started);
  if (table.sample.active_mass_kg)
    fact("active mass in the file", fmt::format("{:.4g} mg", *table.sample.active_mass_kg * 1e6));
  return id;
}

std::string role_of(const io::InputFile& file) { return is_cycler_file(file) ? "files" : ""; }

CyclerTable exported(const probe::Measurement& m, probe::Context& context) {
  const auto settings = probe::settings_in<TitrationSettings>(m, titration_settings_table());
  CyclerTable table = read_record(m, "files", settings, context.progress);
  if (table.current_per_mass) {
    throw core::UsageError({.what = "the current is per mass, and no format that is written has a place for that",
                            .expected = "a current in A or mA",
                            .found = "a current in mA/g or the like",
                            .advice = "multiply it by the active mass first"});
  }
  for (const std::string& remark : table.remarks) context.log.add(core::LogLevel::info, remark);
  return table;
}

std::string write_bdf(const probe::Measurement& m, probe::Context& context) { return bdf_csv(exported(m, context)); }
std::string write_mpt(const probe::Measurement& m, probe::Context& context) {
  return biologic_text(exported(m, context));
}

// Flags shorter than the names of the study file.
std::vector<core::SettingInfo> reading_infos() {
  std::vector<core::SettingInfo> out = core::setting_infos<TitrationSettings>(titration_settings_table(), "The record");
  for (core::SettingInfo& info : out) {
    if (info.name == "columns.time" || info.name == "columns.potential" || info.name == "columns.current")
      info.typed_as = info.name.substr(8);
    if (info.name == "constant_current.active_mass") info.typed_as = "constant-current-mass";
  }
  return out;
}

probe::Probe titration_probe(std::string name, std::string title, std::string help) {
  return {.name = std::move(name),
          .help = std::move(help),
          .version = "1",
          .roles = {{.name = "files", .help = "Cycler files of one measurement", .required = true},
                    {.name = "constant_current",
                     .help = "A charge or discharge at constant current, held against the open-circuit curve"}},
          .settings =
              probe::joined({reading_infos(), core::setting_infos<GittSettings>(gitt_settings_table(), "The analysis"),
                             core::setting_infos<StepSettings>(step_settings_table(), "Steps"),
                             core::setting_infos<IciSettings>(ici_settings_table(), "Interruptions")}),
          .sample = {"formula", "molar_mass", "active_mass", "density", "bet_area", "particle_radius", "size_spread",
                     "geometry"},
          .state = {"lithium_extracted"},
          .cite = {"Weppner and Huggins, J. Electrochem. Soc. 124, 1569 (1977)",
                   "Chien et al., Nat. Commun. 14, 2289 (2023)"},
          .instrument = core::setting_infos<InstrumentSettings>(instrument_table(), "The cycler"),
          .reduce = reduce,
          .predict = predict,
          .synthesize = synthesize,
          .identify = identify,
          .exports =
              {{.name = "bdf", .format = "Battery Data Format csv", .endings = {"bdf.csv", "csv"}, .write = write_bdf},
               {.name = "mpt", .format = "BioLogic text", .endings = {"mpt"}, .write = write_mpt}},
          .role_of = role_of,
          .title = std::move(title)};
}

}  // namespace

std::vector<probe::Probe> probes() {
  return {titration_probe("gitt", "GITT", "Diffusion coefficient and open-circuit potential from a titration (GITT)"),
          titration_probe("ici", "ICI", "Resistance and diffusion coefficient from current interruptions (ICI)")};
}

}  // namespace lithoscope::echem
