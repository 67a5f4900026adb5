#include "titration_parts.hpp"

namespace lithoscope::echem {
namespace {

void add_number(result::Result& out, const char* name, const char* unit, const char* help, core::Value value,
                const char* why_not) {
  const bool known = value.value == value.value;
  out.numbers.push_back({.name = name, .unit = unit, .help = help, .value = value, .flag = known ? "" : why_not});
}

void add_numbers(const TitrationOutcome& outcome, result::Result& out) {
  const core::Value unknown{result::not_a_number, result::not_a_number};
  const auto of = [&](const std::optional<double>& v) { return v ? core::Value{*v, result::not_a_number} : unknown; };
  out.numbers.push_back({.name = "valid_pulses",
                         .unit = {},
                         .help = "Pulses whose D may be used",
                         .value = core::Value::exact(static_cast<double>(outcome.result.valid_pulses()))});
  add_number(out, "diffusion_length", "m", "Volume over surface of the particles",
             outcome.sample.diffusion_length ? outcome.sample.diffusion_length->length_m : unknown,
             "neither a particle radius nor density and BET area are given");
  add_number(out, "active_mass", "kg", "Active mass the analysis assumed", of(outcome.sample.active_mass_kg),
             "not known");
  add_number(out, "molar_mass", "g/mol", "Molar mass the analysis assumed", of(outcome.sample.molar_mass_g_per_mol),
             "not known");
  const SampleFacts& facts = outcome.table.sample;
  add_number(out, "active_mass_in_file", "kg", "Active mass by the cycler file", of(facts.active_mass_kg),
             "the file does not say");
  add_number(out, "molar_mass_in_file", "g/mol", "Molar mass by the cycler file", of(facts.molar_mass_g_per_mol),
             "the file does not say");
  add_number(out, "electrode_area_in_file", "m2", "Electrode area by the cycler file", of(facts.electrode_area_m2),
             "the file does not say");
}

void add_sources(const std::vector<SourceFile>& from, const char* role, result::Result& out) {
  for (const SourceFile& s : from) {
    std::string format = s.format;
    if (!s.technique.empty()) format += ", " + s.technique;
    if (!s.started.empty()) format += ", started " + s.started;
    out.sources.push_back({.role = role, .path = s.path, .format = format, .sha256 = {}});
  }
}

}  // namespace

result::Result describe(const TitrationOutcome& outcome) {
  result::Result out;
  add_numbers(outcome, out);
  add_tables(outcome, out);
  add_observables(outcome, out);
  add_figures(outcome, out);
  add_words(outcome, out);
  add_sources(outcome.table.sources, "files", out);
  add_sources(outcome.constant_current_sources, "constant_current", out);
  return out;
}

}  // namespace lithoscope::echem
