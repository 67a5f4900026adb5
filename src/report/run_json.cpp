#include <cmath>
#include <nlohmann/json.hpp>

#include "lithoscope/report/gitt_section.hpp"
#include "lithoscope/report/render.hpp"
#include "lithoscope/report/run_directory.hpp"

namespace lithoscope::report {
namespace {

using Json = nlohmann::ordered_json;

// Values carry their unit in the name and their sigma beside them; what is not known is null, and the flags say why.
void put(Json& to, const std::string& name, const core::Value& value) {
  to[name] = value.value;
  to[name + "_errors"] = value.sigma();
}

Json pulse_json(const echem::GittPulse& p) {
  Json j;
  j["start_s"] = p.start_s;
  j["duration_s"] = p.duration_s;
  j["rest_s"] = p.rest_s;
  j["current_A"] = p.current_A;
  j["capacity_before_Ah"] = p.capacity_before_Ah;
  j["capacity_after_Ah"] = p.capacity_after_Ah;
  j["lithium_extracted_before"] = p.x_before;
  j["lithium_extracted_after"] = p.x_after;
  put(j, "rest_before_V", p.rest_before_V);
  put(j, "rest_after_V", p.rest_after_V);
  put(j, "jump_V", p.jump_V);
  put(j, "resistance_ohm", p.resistance_ohm);
  j["window_s"] = {p.window_from_s, p.window_to_s};
  put(j, "straight_slope_V_per_sqrt_s", p.straight.slope);
  j["linearity_r_squared"] = p.straight.r_squared;
  j["window_r_squared"] = p.window.r_squared;
  j["D_equation_1_m2_s"] = p.D_equation_1_m2_s;
  j["D_equation_2_m2_s"] = p.D_equation_2_m2_s;
  j["D_straight_m2_s"] = p.D_straight_m2_s;
  put(j, "D_window_m2_s", p.D_window_m2_s);
  put(j, "D_m2_s", p.D_m2_s);
  put(j, "log10_D", p.log10_D);
  j["in_whole_trace"] = p.in_trace;
  put(j, "ocv_before_V", p.ocv_before_V);
  put(j, "ocv_after_V", p.ocv_after_V);
  j["gradient_at_end_V"] = p.lead_end_V;
  j["surface_lithium_extracted_at_end"] = p.surface_end_x;
  j["log10_D_of_equation_1_on_fit"] = p.log10_equation_1_fitted;
  j["theta_pulse"] = p.theta_pulse;
  j["theta_rest"] = p.theta_rest;
  j["surface_excursion"] = p.surface_excursion;
  j["lithium_left"] = p.lithium_left;
  j["residual_V"] = p.residual_V;
  j["relaxation_s"] = p.relaxation_s;
  j["rest_wanted_s"] = p.rest_wanted_s;
  j["valid"] = p.valid() && std::isfinite(p.D_m2_s.value);
  Json flags = Json::array();
  for (const echem::Flag& flag : p.flags) {
    flags.push_back({{"flag", name_of(flag.kind)}, {"invalidates", flag.invalidates}, {"reason", flag.reason}});
  }
  j["flags"] = flags;
  return j;
}

Json interruption_json(const echem::Interruption& i) {
  Json j;
  j["time_s"] = i.time_s;
  j["capacity_Ah"] = i.capacity_Ah;
  j["potential_V"] = i.potential_V;
  j["current_A"] = i.current_A;
  put(j, "E0_V", i.fit.intercept);
  put(j, "slope_V_per_sqrt_s", i.fit.slope);
  put(j, "resistance_ohm", i.resistance_ohm);
  put(j, "k_ohm_per_sqrt_s", i.k_ohm_per_sqrt_s);
  j["points"] = i.fit.points;
  j["r_squared"] = i.fit.r_squared;
  return j;
}

Json curve_json(const std::vector<echem::TracePoint>& curve, const std::string& name) {
  std::vector<double> capacity, value, errors;
  for (const echem::TracePoint& p : curve) {
    capacity.push_back(p.capacity_Ah);
    value.push_back(p.value.value);
    errors.push_back(p.value.sigma());
  }
  return {{"capacity_Ah", capacity}, {name, value}, {name + "_errors", errors}};
}

Json trace_json(const echem::WholeTrace& t) {
  Json j;
  j["first_step"] = t.first_step;
  j["last_step"] = t.last_step;
  j["why_not"] = t.why_not;
  if (!t.why_not.empty()) return j;
  j["converged"] = t.converged;
  j["evaluations"] = t.evaluations;
  j["white_noise_V"] = t.white_noise_V;
  j["slow_noise_V"] = t.slow_noise_V;
  j["slow_noise_s"] = t.slow_noise_s;
  j["rms_residual_V"] = t.rms_residual_V;
  put(j, "drift_V_per_s", t.drift_V_per_s);
  j["series_resistance_separable"] = t.resistance_separable;
  if (t.resistance_separable) put(j, "series_resistance_ohm", t.resistance_ohm);
  j["overpotential_at_A"] = t.current_A;
  j["log10_D"] = curve_json(t.log10_D, "log10_D");
  j["open_circuit"] = curve_json(t.ocv_V, "ocv_V");
  j["overpotential"] = curve_json(t.overpotential_V, "overpotential_V");
  return j;
}

Json values_json(const std::vector<core::Value>& values, double (*of)(const core::Value&)) {
  std::vector<double> numbers;
  for (const core::Value& v : values) numbers.push_back(of(v));
  return numbers;
}
double value_of(const core::Value& v) { return v.value; }
double sigma_of(const core::Value& v) { return v.sigma(); }

Json peaks_json(const echem::CapacityPeaks& peaks) {
  return {{"potential_V", peaks.potential_V},
          {"dQ_dV_Ah_per_V", peaks.Ah_per_V},
          {"plateau_onset_V", peaks.onset_V ? Json(*peaks.onset_V) : Json()}};
}

Json constant_current_json(const study::GittOutcome& outcome) {
  const echem::ConstantCurrent& c = *outcome.constant_current;
  Json j;
  j["why_not"] = c.why_not;
  if (!c.why_not.empty()) return j;
  j["verdict"] = echem::capacity_verdict(c, outcome.sample.active_mass_kg);
  j["current_A"] = c.current_A;
  j["end_V"] = c.end_V;
  j["reached_Ah"] = c.reached_Ah;
  put(j, "reachable_Ah", c.reachable_Ah);
  j["beyond_titration"] = c.beyond_titration;
  j["capacity_Ah"] = c.capacity_Ah;
  j["potential_V"] = c.potential_V;
  j["predicted_V"] = c.predicted_V;
  j["open_circuit_V"] = values_json(c.ocv_V, value_of);
  j["open_circuit_V_errors"] = values_json(c.ocv_V, sigma_of);
  j["polarisation_V"] = values_json(c.polarisation_V, value_of);
  j["polarisation_V_errors"] = values_json(c.polarisation_V, sigma_of);
  j["peaks"] = peaks_json(c.peaks);
  j["peaks_open_circuit"] = peaks_json(c.peaks_open_circuit);
  return j;
}

Json step_json(const echem::Step& s) {
  return {{"kind", name_of(s.kind)},
          {"direction", s.direction},
          {"first_row", s.first_row},
          {"last_row", s.last_row},
          {"start_s", s.start_s},
          {"duration_s", s.duration_s()},
          {"mean_current_A", s.mean_current_A}};
}

template <class Settings>
void put_settings(Json& to, std::span<const core::Setting<Settings>> table, const Settings& settings) {
  for (const core::Setting<Settings>& entry : table) {
    const std::string unit = entry.unit == "1" ? "" : "_" + std::string{entry.unit};
    to[std::string{entry.name} + unit] = settings.*entry.member;
  }
}

Json outcome_json(const study::GittOutcome& outcome) {
  Json j;
  j["schema"] = "lithoscope/gitt/1";
  j["name"] = outcome.measurement.name;
  j["state"] = outcome.measurement.state;
  j["answer"] = gitt_answer(outcome);
  const echem::GittResult& result = outcome.result;
  j["protocol"] = result.protocol == echem::Protocol::gitt  ? "gitt"
                  : result.protocol == echem::Protocol::ici ? "ici"
                                                            : "no_pulses";
  j["why_no_D"] = result.why_no_D;
  j["valid_pulses"] = result.valid_pulses();
  const echem::SampleFacts& facts = outcome.table.sample;
  Json in_file;
  in_file["active_mass_kg"] = facts.active_mass_kg ? Json(*facts.active_mass_kg) : Json();
  in_file["molar_mass_g_per_mol"] = facts.molar_mass_g_per_mol ? Json(*facts.molar_mass_g_per_mol) : Json();
  in_file["electrode_area_m2"] = facts.electrode_area_m2 ? Json(*facts.electrode_area_m2) : Json();
  in_file["electrode_material"] = facts.electrode_material;
  in_file["electrolyte"] = facts.electrolyte;
  in_file["comment"] = facts.comment;
  j["sample_in_file"] = in_file;
  j["current_origin"] = echem::describe(outcome.table.current_origin);
  j["capacity_convention"] = echem::describe(outcome.table.capacity_origin);
  Json files = Json::array();
  for (const echem::SourceFile& s : outcome.table.sources) {
    files.push_back({{"path", s.path},
                     {"format", s.format},
                     {"sha256", s.sha256},
                     {"technique", s.technique},
                     {"started", s.started}});
  }
  j["files"] = files;
  Json settings;
  put_settings(settings, echem::gitt_settings_table(), outcome.measurement.gitt);
  put_settings(settings, echem::step_settings_table(), outcome.measurement.steps);
  put_settings(settings, echem::ici_settings_table(), outcome.measurement.ici);
  j["settings"] = settings;
  if (outcome.sample.diffusion_length) put(j, "diffusion_length_m", outcome.sample.diffusion_length->length_m);
  j["warnings"] = result.warnings;
  j["remarks"] = outcome.remarks;
  Json pulses = Json::array(), interruptions = Json::array(), steps = Json::array();
  for (const echem::GittPulse& p : result.pulses) pulses.push_back(pulse_json(p));
  for (std::size_t i = 0; i < result.interruptions.size(); ++i) {
    Json entry = interruption_json(result.interruptions[i]);
    if (i < result.interruption_D_m2_s.size()) {
      put(entry, "D_m2_s", result.interruption_D_m2_s[i]);
      entry["D_flag"] = echem::ici_diffusion_flag(result.interruption_D_m2_s[i]);
    }
    interruptions.push_back(entry);
  }
  for (const echem::Step& s : result.steps) steps.push_back(step_json(s));
  Json traces = Json::array();
  for (const echem::WholeTrace& t : result.traces) traces.push_back(trace_json(t));
  j["whole_traces"] = traces;
  if (outcome.constant_current) j["constant_current"] = constant_current_json(outcome);
  j["pulses"] = pulses;
  j["interruptions"] = interruptions;
  j["steps"] = steps;
  return j;
}

}  // namespace

std::string gitt_json(const study::GittOutcome& outcome) {
  return outcome_json(outcome).dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string run_json(const study::RunResult& run) {
  Json j;
  j["schema"] = "lithoscope/run/1";
  j["program"] = study::program_version();
  j["title"] = run.plan.study.title;
  j["study"] = study::resolved_study(run.plan.study);
  Json measurements = Json::array();
  for (const study::GittOutcome& outcome : run.gitt) measurements.push_back(outcome_json(outcome));
  j["measurements"] = measurements;
  return j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lithoscope::report
