#include <fmt/format.h>

#include <cmath>

#include "lithoscope/io/nexus_file.hpp"
#include "lithoscope/study/run.hpp"

namespace lithoscope::study {
namespace {

using io::NexusWriter;

template <class Get>
std::vector<double> column(const std::vector<echem::GittPulse>& pulses, Get get) {
  std::vector<double> values;
  values.reserve(pulses.size());
  for (const echem::GittPulse& pulse : pulses) values.push_back(get(pulse));
  return values;
}

std::string flags_text(const echem::GittPulse& pulse) {
  std::string text;
  for (const echem::Flag& flag : pulse.flags) text += fmt::format("{}{}", text.empty() ? "" : " ", name_of(flag.kind));
  // A value that could not be computed is explained, always.
  if (text.empty() && !std::isfinite(pulse.D_m2_s.value)) text = "no_diffusion_length";
  return text.empty() ? "ok" : text;
}

void write_record(NexusWriter& nexus, const std::string& at, const echem::CyclerTable& table) {
  nexus.group(at, "NXdata");
  nexus.numbers(at + "/time", table.time_s, "s");
  nexus.numbers(at + "/potential", table.potential_V, "V");
  nexus.numbers(at + "/current", table.current_A, "A");
  nexus.numbers(at + "/capacity", table.capacity_Ah, "A.h");
  nexus.attribute(at + "/capacity", "long_name", echem::describe(table.capacity_origin));
  nexus.attribute(at + "/current", "long_name", echem::describe(table.current_origin));
  std::vector<std::int64_t> interpolated;
  for (const echem::TimeStamp stamp : table.stamp)
    interpolated.push_back(stamp == echem::TimeStamp::interpolated ? 1 : 0);
  nexus.integers(at + "/time_is_interpolated", interpolated);
  if (!table.temperature_K.empty()) nexus.numbers(at + "/temperature", table.temperature_K, "K");
  nexus.attribute(at, "signal", "potential");
  nexus.attribute(at, "axes", "time");
}

void write_pulses(NexusWriter& nexus, const std::string& at, const GittOutcome& outcome, bool x_known) {
  const auto& pulses = outcome.result.pulses;
  nexus.group(at, "NXdata");
  const auto numbers = [&](const char* name, const char* units, auto get) {
    nexus.numbers(at + "/" + name, column(pulses, get), units);
  };
  using P = echem::GittPulse;
  if (x_known) {
    numbers("lithium_extracted", "", [](const P& p) { return 0.5 * (p.x_before + p.x_after); });
  }
  numbers("capacity", "A.h", [](const P& p) { return 0.5 * (p.capacity_before_Ah + p.capacity_after_Ah); });
  numbers("start", "s", [](const P& p) { return p.start_s; });
  numbers("duration", "s", [](const P& p) { return p.duration_s; });
  numbers("rest", "s", [](const P& p) { return p.rest_s; });
  numbers("current", "A", [](const P& p) { return p.current_A; });
  numbers("rest_potential", "V", [](const P& p) { return p.rest_after_V.value; });
  numbers("rest_potential_errors", "V", [](const P& p) { return p.rest_after_V.sigma(); });
  if (outcome.result.why_no_D.empty()) {
    numbers("log10_diffusion_coefficient", "", [](const P& p) { return p.log10_D.value; });
    nexus.attribute(at + "/log10_diffusion_coefficient", "long_name", "log10 of D in m2/s, geometry's exact response");
    numbers("log10_diffusion_coefficient_errors", "", [](const P& p) { return p.log10_D.sigma(); });
    numbers("diffusion_coefficient_equation_1", "m2/s", [](const P& p) { return p.D_equation_1_m2_s; });
    numbers("diffusion_coefficient_equation_2", "m2/s", [](const P& p) { return p.D_equation_2_m2_s; });
  }
  std::vector<std::int64_t> valid;
  std::vector<std::string> flags;
  for (const P& pulse : pulses) {
    valid.push_back(pulse.valid() && std::isfinite(pulse.D_m2_s.value) ? 1 : 0);
    flags.push_back(flags_text(pulse));
  }
  nexus.integers(at + "/valid", valid);
  nexus.texts(at + "/flags", flags);
  nexus.attribute(at, "signal", outcome.result.why_no_D.empty() ? "log10_diffusion_coefficient" : "rest_potential");
  nexus.attribute(at, "axes", x_known ? "lithium_extracted" : "capacity");
}

void write_interruptions(NexusWriter& nexus, const std::string& at, const GittOutcome& outcome) {
  nexus.group(at, "NXdata");
  std::vector<double> time, current, resistance, resistance_errors, k, k_errors;
  for (const echem::Interruption& i : outcome.result.interruptions) {
    time.push_back(i.time_s);
    current.push_back(i.current_A);
    resistance.push_back(i.resistance_ohm.value);
    resistance_errors.push_back(i.resistance_ohm.sigma());
    k.push_back(i.k_ohm_per_sqrt_s.value);
    k_errors.push_back(i.k_ohm_per_sqrt_s.sigma());
  }
  nexus.numbers(at + "/time", time, "s");
  nexus.numbers(at + "/current", current, "A");
  nexus.numbers(at + "/resistance", resistance, "ohm");
  nexus.numbers(at + "/resistance_errors", resistance_errors, "ohm");
  nexus.numbers(at + "/k", k, "ohm/s0.5");
  nexus.numbers(at + "/k_errors", k_errors, "ohm/s0.5");
  if (!outcome.result.interruption_D_m2_s.empty()) {
    std::vector<double> D, D_errors;
    std::vector<std::string> flags;
    for (const core::Value& d : outcome.result.interruption_D_m2_s) {
      D.push_back(d.value);
      D_errors.push_back(d.sigma());
      flags.emplace_back(echem::ici_diffusion_flag(d));
    }
    nexus.numbers(at + "/diffusion_coefficient", D, "m2/s");
    nexus.numbers(at + "/diffusion_coefficient_errors", D_errors, "m2/s");
    nexus.texts(at + "/flags", flags);
  }
  nexus.attribute(at, "signal", "resistance");
  nexus.attribute(at, "axes", "time");
}

template <class Settings>
void write_settings(NexusWriter& nexus, const std::string& at, std::span<const core::Setting<Settings>> table,
                    const Settings& settings) {
  for (const core::Setting<Settings>& entry : table) {
    nexus.number(at + "/" + std::string{entry.name}, settings.*entry.member, entry.unit == "1" ? "" : entry.unit);
  }
}

void write_process(NexusWriter& nexus, const std::string& at, const GittOutcome& outcome) {
  nexus.group(at, "NXprocess");
  nexus.text(at + "/program", "lithoscope");
  nexus.text(at + "/version", program_version());
  std::vector<std::string> paths, hashes;
  for (const echem::SourceFile& source : outcome.table.sources) {
    paths.push_back(source.path);
    hashes.push_back(source.sha256);
  }
  nexus.texts(at + "/input_files", paths);
  nexus.texts(at + "/input_sha256", hashes);
  nexus.group(at + "/settings", "NXparameters");
  write_settings(nexus, at + "/settings", echem::gitt_settings_table(), outcome.measurement.gitt);
  write_settings(nexus, at + "/settings", echem::step_settings_table(), outcome.measurement.steps);
  write_settings(nexus, at + "/settings", echem::ici_settings_table(), outcome.measurement.ici);
}

void write_outcome(NexusWriter& nexus, const std::string& at, const GittOutcome& outcome) {
  nexus.group(at, "NXsubentry");
  nexus.text(at + "/definition", "gitt");
  nexus.text(at + "/title", outcome.measurement.name);
  write_record(nexus, at + "/record", outcome.table);
  write_process(nexus, at + "/process", outcome);
  const auto& result = outcome.result;
  const bool x_known = std::isfinite(result.extracted_per_Ah);
  if (!result.pulses.empty()) write_pulses(nexus, at + "/pulses", outcome, x_known);
  if (!result.interruptions.empty()) write_interruptions(nexus, at + "/interruptions", outcome);
  nexus.attribute(at, "default", result.pulses.empty() ? "record" : "pulses");
}

}  // namespace

std::string nexus_file(const RunResult& run) {
  NexusWriter nexus;
  nexus.group("/", "NXroot");
  nexus.attribute("/", "default", "entry");
  nexus.group("/entry", "NXentry");
  nexus.text("/entry/title", run.plan.study.title);
  nexus.text("/entry/study", resolved_study(run.plan.study));
  for (std::size_t i = 0; i < run.gitt.size(); ++i) {
    const std::string name = fmt::format("gitt_{}", i + 1);
    write_outcome(nexus, "/entry/" + name, run.gitt[i]);
    if (i == 0) nexus.attribute("/entry", "default", name);
  }
  return nexus.finish();
}

}  // namespace lithoscope::study
