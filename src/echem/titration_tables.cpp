#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/constants.hpp"
#include "titration_parts.hpp"

namespace lithoscope::echem {
namespace {

using result::Column;
using result::Field;
using result::Table;

template <class Row, class F>
typename Field<Row>::Get number(F f) {
  return std::function<double(const Row&)>{f};
}

// Why a number may be missing where its row is good.
void explain(Table& table, const std::string& column, const std::string& why) {
  for (Column& c : table.columns) {
    if (c.name == column) c.gaps = why;
  }
}

Table record_table(const TitrationOutcome& outcome) {
  const CyclerTable& t = outcome.table;
  std::vector<double> since;
  std::vector<std::int64_t> interpolated;
  for (std::size_t i = 0; i < t.time_s.size(); ++i) {
    since.push_back(t.time_s[i] - t.time_s.front());
    interpolated.push_back(t.stamp[i] == TimeStamp::interpolated ? 1 : 0);
  }
  Table out{.name = "record", .title = "The record, all rows"};
  out.bulk = true;
  out.axis = "time";
  out.signal = "potential";
  out.columns = {
      result::number_column("time", "s", "Time on the file's own clock", t.time_s),
      result::number_column("since_start", "s", "Time since the first row", std::move(since)),
      result::number_column("potential", "V", "Potential of the working electrode, or cell voltage", t.potential_V),
      result::number_column("current", "A", "Current, positive when charging: " + describe(t.current_origin),
                            t.current_A),
      result::number_column("capacity", "A.h", "Net charge since the first row: " + describe(t.capacity_origin),
                            t.capacity_Ah),
      result::integer_column("time_is_interpolated", "1 where a program filled the time in", std::move(interpolated))};
  out.columns[1].shown.unit = "h";
  if (!t.temperature_K.empty()) {
    out.columns.push_back(result::number_column("temperature", "K", "Temperature", t.temperature_K));
    out.columns.back().gaps = "the file has no temperature in this row";
  }
  return out;
}

std::string reasons(const GittPulse& pulse) {
  std::string text;
  for (const Flag& flag : pulse.flags) text += (text.empty() ? "" : " ") + flag.reason;
  return text;
}

Table pulse_table(const TitrationOutcome& outcome) {
  using P = GittPulse;
  using F = Field<P>;
  const std::vector<P>& pulses = outcome.result.pulses;
  std::vector<F> fields{
      {"lithium_extracted",
       "",
       number<P>([](const P& p) { return 0.5 * (p.x_before + p.x_after); }),
       "Lithium extracted per formula unit in the middle of the pulse",
       {.name = "x (Li)", .digits = 4}},
      {"capacity",
       "A.h",
       number<P>([](const P& p) { return 0.5 * (p.capacity_before_Ah + p.capacity_after_Ah); }),
       "Net charge in the middle of the pulse",
       {.unit = "mA.h", .name = "Q", .digits = 4}},
      {"start", "s", &P::start_s, "When the current was switched on", {.hidden = true}},
      {"duration", "s", &P::duration_s, "Length of the pulse", {.name = "\u03c4", .digits = 4}},
      {"rest", "s", &P::rest_s, "Length of the rest after it", {.unit = "h", .digits = 3}},
      {"current", "A", &P::current_A, "Mean current of the pulse", {.hidden = true}},
      {"capacity_before", "A.h", &P::capacity_before_Ah, "Net charge before the pulse", {.hidden = true}},
      {"capacity_after", "A.h", &P::capacity_after_Ah, "Net charge after the pulse", {.unit = "mA.h", .hidden = true}},
      {"lithium_extracted_before",
       "",
       &P::x_before,
       "Lithium extracted per formula unit before the pulse",
       {.hidden = true}},
      {"lithium_extracted_after",
       "",
       &P::x_after,
       "Lithium extracted per formula unit after the pulse",
       {.hidden = true}},
      {"rest_before", "V", &P::rest_before_V, "Potential at the end of the rest before", {.hidden = true}},
      {"rest_after", "V", &P::rest_after_V, "Potential at the end of the rest after", {.hidden = true}},
      {"rest_end",
       "s",
       number<P>(
           [start = outcome.table.time_s.front()](const P& p) { return p.start_s + p.duration_s + p.rest_s - start; }),
       "End of the rest, since the first row",
       {.unit = "h", .hidden = true}},
      {"step",
       "V",
       std::function<core::Value(const P&)>{[](const P& p) { return p.rest_after_V - p.rest_before_V; }},
       "Step of the potential from rest to rest",
       {.unit = "mV", .name = "\u0394E\u209b"}},
      {"jump", "V", &P::jump_V, "Jump of the potential when the current is switched on", {.hidden = true}},
      {"resistance", "ohm", &P::resistance_ohm, "That jump over the current", {.name = "R"}},
      {"window_from", "s", &P::window_from_s, "Start of the part of the pulse that is fitted alone", {.hidden = true}},
      {"window_to", "s", &P::window_to_s, "End of that part", {.hidden = true}},
      {"straight_slope",
       "V/s0.5",
       std::function<core::Value(const P&)>{[](const P& p) { return p.straight.slope; }},
       "Slope of the potential against the square root of time over the whole pulse",
       {.hidden = true}},
      {"linearity",
       "",
       number<P>([](const P& p) { return p.straight.r_squared; }),
       "R squared of that line",
       {.hidden = true}},
      {"window_linearity",
       "",
       number<P>([](const P& p) { return p.window.r_squared; }),
       "R squared in the fitted part",
       {.hidden = true}},
      {"D",
       "m2/s",
       &P::D_m2_s,
       "Diffusion coefficient: of the whole trace, or of this pulse alone where there is no such fit",
       {.unit = "cm2/s", .as_factor = true}},
      {"log10_D", "", &P::log10_D, "Decimal logarithm of D in m2/s", {.hidden = true}},
      {"log10_D_cm2_s",
       "",
       std::function<core::Value(const P&)>{
           [](const P& p) { return core::Value{p.log10_D.value + 4, p.log10_D.variance}; }},
       "Decimal logarithm of D in cm2/s",
       {.hidden = true}},
      {"D_equation_1",
       "m2/s",
       &P::D_equation_1_m2_s,
       "Paper Eq. (1): slope of the whole pulse",
       {.unit = "cm2/s", .hidden = true}},
      {"D_equation_2",
       "m2/s",
       &P::D_equation_2_m2_s,
       "Paper Eq. (2)",
       {.unit = "cm2/s", .name = "D, Eq. (2)", .digits = 2}},
      {"D_straight",
       "m2/s",
       &P::D_straight_m2_s,
       "Weppner-Huggins with the straight slope inside the window",
       {.hidden = true}},
      {"D_window",
       "m2/s",
       &P::D_window_m2_s,
       "With the exact response of the shape inside the window, from this pulse alone",
       {.hidden = true}},
      {"in_whole_trace",
       "",
       &P::in_trace,
       "1 where the fit of the whole trace went through this pulse",
       {.hidden = true}},
      {"open_circuit_before", "V", &P::ocv_before_V, "Open-circuit potential before the pulse", {.hidden = true}},
      {"open_circuit_after",
       "V",
       &P::ocv_after_V,
       "Open-circuit potential after the pulse, by the fit of the whole trace",
       {.name = "open circuit after"}},
      {"gradient_at_end", "V", &P::lead_end_V, "What the gradient costs at the end of the pulse", {.hidden = true}},
      {"surface_lithium_extracted_at_end",
       "",
       &P::surface_end_x,
       "Lithium extracted at the surface then",
       {.hidden = true}},
      {"log10_D_of_equation_1_on_fit",
       "",
       &P::log10_equation_1_fitted,
       "Decimal logarithm of the D in m2/s that paper Eq. (1) makes of the fitted curve",
       {.hidden = true}},
      {"theta_pulse",
       "",
       &P::theta_pulse,
       "D times the pulse over L squared",
       {.name = "D\u03c4/L\u00b2", .digits = 2}},
      {"theta_rest", "", &P::theta_rest, "D times the rest over L squared", {.hidden = true}},
      {"surface_excursion",
       "",
       &P::surface_excursion,
       "Lithium per formula unit by which the surface moves during the pulse",
       {.hidden = true}},
      {"lithium_left",
       "",
       &P::lithium_left,
       "Lithium per formula unit left before the pulse, in its direction",
       {.hidden = true}},
      {"residual", "V", &P::residual_V, "Distance of the end of the rest from equilibrium", {.hidden = true}},
      {"relaxation",
       "s",
       &P::relaxation_s,
       "Relaxation time of the slowest mode of the grain with this D",
       {.unit = "h", .hidden = true}},
      {"rest_wanted",
       "s",
       &P::rest_wanted_s,
       "Rest after which the tolerance would be left",
       {.unit = "h", .name = "rest wanted", .digits = 2}},
      {"reason",
       "",
       std::function<std::string(const P&)>{[](const P& p) { return reasons(p); }},
       "What the flags say, with their numbers",
       {.hidden = true}},
      {"valid",
       "",
       std::function<std::int64_t(const P&)>{
           [](const P& p) -> std::int64_t { return p.valid() && std::isfinite(p.D_m2_s.value) ? 1 : 0; }},
       "1 where D may be used",
       {.hidden = true}},
      {"flags", "", std::function<std::string(const P&)>{pulse_flags}, "Flags of the pulse"}};
  std::vector<std::int64_t> numbers;
  for (std::size_t i = 0; i < pulses.size(); ++i) numbers.push_back(static_cast<std::int64_t>(i) + 1);
  Table out = result::table_of<P>("pulses", "The pulses", pulses, fields);
  out.columns.insert(out.columns.begin(), result::integer_column("pulse", "Number of the pulse", std::move(numbers)));
  const bool with_D = outcome.result.why_no_D.empty();
  if (!outcome.x_is_known())
    std::erase_if(out.columns, [](const Column& c) {
      return c.name.starts_with("lithium_extracted") || c.name.starts_with("surface_lithium") ||
             c.name == "surface_excursion" || c.name == "lithium_left";
    });
  if (!with_D)
    std::erase_if(out.columns, [](const Column& c) {
      return c.name.starts_with("D") || c.name.starts_with("log10_D") || c.name.starts_with("theta") ||
             c.name.starts_with("open_circuit");
    });
  for (Column& c : out.columns) {
    if (!c.is_words() && c.gaps.empty())
      c.gaps = "not determined for this pulse: outside the fit of the whole trace, or what it needs is not known";
    if (c.name == "capacity" && outcome.x_is_known()) c.shown.hidden = true;
  }
  out.axis = along(outcome);
  out.signal = with_D ? "log10_D" : "rest_after";
  out.brief = {"pulse", along(outcome), "duration", "rest", "step", "resistance"};
  if (with_D) out.brief.emplace_back("D");
  out.brief.emplace_back("flags");
  return out;
}

Table step_table(const TitrationOutcome& outcome) {
  const std::vector<Field<Step>> fields{
      {"kind", "", std::function<std::string(const Step&)>{[](const Step& s) { return std::string{name_of(s.kind)}; }},
       "Kind of the step"},
      {"direction", "", &Step::direction, "1 charging, -1 discharging, 0 at rest"},
      {"first_row", "", &Step::first_row, "First row of the record", {.hidden = true}},
      {"last_row", "", &Step::last_row, "Last row of the record", {.hidden = true}},
      {"start", "s", &Step::start_s, "When the current was switched", {.unit = "h", .digits = 4}},
      {"duration", "s", number<Step>([](const Step& s) { return s.duration_s(); }), "Length of the step"},
      {"mean_current", "A", &Step::mean_current_A, "Time-weighted mean of the current", {.unit = "mA", .digits = 4}}};
  return result::table_of<Step>("steps", "The steps found in the current", outcome.result.steps, fields);
}

Table interruption_table(const TitrationOutcome& outcome) {
  using I = Interruption;
  const std::vector<Field<I>> fields{
      {"time", "s", &I::time_s, "Time of the last row under the full current", {.hidden = true}},
      {"capacity", "A.h", &I::capacity_Ah, "Net charge there", {.unit = "mA.h", .name = "Q", .digits = 4}},
      {"potential", "V", &I::potential_V, "Last potential under the current"},
      {"current", "A", &I::current_A, "Mean current before", {.unit = "mA", .digits = 4}},
      {"intercept",
       "V",
       std::function<core::Value(const I&)>{[](const I& i) { return i.fit.intercept; }},
       "Potential extrapolated to the switch",
       {.hidden = true}},
      {"slope",
       "V/s0.5",
       std::function<core::Value(const I&)>{[](const I& i) { return i.fit.slope; }},
       "Slope against the square root of time",
       {.hidden = true}},
      {"resistance", "ohm", &I::resistance_ohm, "All that is faster than the window, over the current", {.name = "R"}},
      {"k", "ohm/s0.5", &I::k_ohm_per_sqrt_s, "That slope over the current"},
      {"points",
       "",
       std::function<std::int64_t(const I&)>{[](const I& i) { return i.fit.points; }},
       "Rows in the window",
       {.hidden = true}},
      {"linearity",
       "",
       number<I>([](const I& i) { return i.fit.r_squared; }),
       "R squared of the line",
       {.hidden = true}},
      {"charging",
       "",
       std::function<std::int64_t(const I&)>{[](const I& i) -> std::int64_t { return i.current_A > 0 ? 1 : 0; }},
       "1 where the current charged",
       {.hidden = true}}};
  const auto& all = outcome.result.interruptions;
  Table out = result::table_of<I>("interruptions", "The interruptions of the current", all, fields);
  for (Column& c : out.columns) {
    if (!c.is_words()) c.gaps = "the window holds too few rows";
  }
  if (outcome.x_is_known()) {
    std::vector<double> x;
    for (const I& i : all) x.push_back(outcome.result.lithium_extracted(i.capacity_Ah));
    out.columns.insert(out.columns.begin(), result::number_column("lithium_extracted", "",
                                                                  "Lithium extracted per formula unit", std::move(x)));
    out.columns.front().shown = {.name = "x (Li)", .digits = 4};
  }
  const auto& D = outcome.result.interruption_D_m2_s;
  if (!D.empty()) {
    std::vector<core::Value> logs;
    std::vector<std::string> flags;
    for (const core::Value& d : D) {
      const core::Value log = d.value > 0 ? core::log10(d) : core::Value{result::not_a_number, result::not_a_number};
      logs.push_back({log.value + 4, log.variance});
      flags.emplace_back(ici_diffusion_flag(d));
    }
    out.columns.push_back(
        result::value_column("D", "m2/s", "Diffusion coefficient of this interruption (Chien et al. 2023, Eq. 5)", D));
    out.columns.back().shown = {.unit = "cm2/s", .as_factor = true};
    out.columns.push_back(result::value_column("log10_D_cm2_s", "", "Decimal logarithm of D in cm2/s", logs));
    out.columns.back().shown.hidden = true;
    out.columns.push_back(result::word_column("flags", "Why an interruption has no D", std::move(flags)));
    out.flags = "flags";
  }
  out.axis = outcome.x_is_known() ? "lithium_extracted" : "capacity";
  out.signal = "resistance";
  if (outcome.result.pulses.empty()) out.brief = {out.axis, "potential", "current", "resistance", "k"};
  if (outcome.result.pulses.empty() && !D.empty()) out.brief.emplace_back("D");
  return out;
}

// Capacity and, where it is known, lithium of points along a curve.
std::vector<Column> places(const TitrationOutcome& outcome, const std::vector<double>& capacity_Ah) {
  std::vector<Column> out{result::number_column("capacity", "A.h", "Net charge on the titration's scale", capacity_Ah)};
  out.front().shown.unit = "mA.h";
  if (!outcome.x_is_known()) return out;
  std::vector<double> x;
  for (const double c : capacity_Ah) x.push_back(outcome.result.lithium_extracted(c));
  out.push_back(result::number_column("lithium_extracted", "", "Lithium extracted per formula unit", std::move(x)));
  return out;
}

Table curve_table(const TitrationOutcome& outcome, const std::string& name, const std::string& title,
                  const std::vector<TracePoint>& curve, const char* column, const char* unit, const std::string& help) {
  std::vector<double> capacity;
  std::vector<core::Value> values;
  for (const TracePoint& p : curve) {
    capacity.push_back(p.capacity_Ah);
    values.push_back(p.value);
  }
  Table out{.name = name, .title = title, .columns = places(outcome, capacity)};
  out.axis = out.columns.back().name;
  out.columns.push_back(result::value_column(column, unit, help, values));
  out.columns.back().gaps = "beyond what the titration has seen";
  out.signal = column;
  return out;
}

void add_traces(const TitrationOutcome& outcome, result::Result& out) {
  const std::vector<WholeTrace>& traces = outcome.result.traces;
  if (traces.empty()) return;
  using W = WholeTrace;
  const std::vector<Field<W>> fields{
      {"first_step", "", &W::first_step, "First step of the run of pulses, from 0"},
      {"last_step", "", &W::last_step, "Last step of the run of pulses, from 0"},
      {"converged", "", &W::converged, "1 where the fit converged"},
      {"evaluations", "", &W::evaluations, "Times the transport model was evaluated", {.hidden = true}},
      {"white_noise", "V", &W::white_noise_V, "Standard deviation of a row", {.unit = "mV", .digits = 3}},
      {"slow_noise",
       "V",
       &W::slow_noise_V,
       "Standard deviation of the slow part: drift, and what the model does not describe",
       {.unit = "mV", .digits = 3}},
      {"slow_noise_time", "s", &W::slow_noise_s, "Its correlation time", {.digits = 3}},
      {"rms_residual", "V", &W::rms_residual_V, "Residual of averaged rows, rms", {.unit = "mV", .digits = 3}},
      {"drift", "V/s", &W::drift_V_per_s, "Drift of the potential", {.hidden = true}},
      {"resistance_separable",
       "",
       &W::resistance_separable,
       "1 where pulses of several currents separate it from charge transfer",
       {.hidden = true}},
      {"series_resistance", "ohm", std::function<core::Value(const W&)>{[](const W& w) {
         return w.resistance_separable ? w.resistance_ohm : core::Value{result::not_a_number, result::not_a_number};
       }},
       "Series resistance, where it is separable"},
      {"overpotential_current", "A", &W::current_A, "Current of the overpotential curve", {.hidden = true}},
      {"flags", "", std::function<std::string(const W&)>{[](const W& w) {
         return w.why_not.empty() ? std::string{"ok"} : w.why_not;
       }},
       "Why a run was not fitted"}};
  Table summary = result::table_of<W>("whole_traces", "Fits of the whole trace, a run of pulses each", traces, fields);
  explain(summary, "series_resistance", "at one current, series resistance and charge transfer cannot be separated");
  out.tables.push_back(std::move(summary));
  std::vector<std::int64_t> run;
  std::vector<double> time, since, fitted, residual;
  for (std::size_t k = 0; k < traces.size(); ++k) {
    const W& t = traces[k];
    if (!t.why_not.empty()) continue;
    const std::string number = std::to_string(k + 1);
    out.tables.push_back(curve_table(outcome, "log10_D_" + number, "log10 D of run " + number, t.log10_D, "log10_D", "",
                                     "Decimal logarithm of D in m2/s"));
    out.tables.push_back(curve_table(outcome, "open_circuit_" + number, "Open-circuit potential of run " + number,
                                     t.ocv_V, "open_circuit", "V", "Open-circuit potential"));
    out.tables.push_back(curve_table(outcome, "overpotential_" + number, "Overpotential of run " + number,
                                     t.overpotential_V, "overpotential", "V",
                                     "Overpotential at the run's largest current"));
    for (std::size_t i = 0; i < t.time_s.size(); ++i) {
      run.push_back(static_cast<std::int64_t>(k) + 1);
      time.push_back(t.time_s[i]);
      since.push_back(t.time_s[i] - outcome.table.time_s.front());
      fitted.push_back(t.fitted_V[i]);
      residual.push_back(t.residual_V[i]);
    }
  }
  if (time.empty()) return;
  Table fit{.name = "whole_trace_fit", .title = "Rows averaged as fitted, and what the fit leaves"};
  fit.columns = {result::integer_column("run", "Run of pulses", std::move(run)),
                 result::number_column("time", "s", "Time on the file's own clock", std::move(time)),
                 result::number_column("since_start", "s", "Time since the first row", std::move(since)),
                 result::number_column("fitted", "V", "Fitted potential", std::move(fitted)),
                 result::number_column("residual", "V", "Measured less fitted", std::move(residual))};
  fit.columns[2].shown.unit = "h";
  fit.columns[4].shown.unit = "mV";
  fit.axis = "time";
  fit.signal = "residual";
  fit.bulk = true;
  out.tables.push_back(std::move(fit));
}

// The rows about one pulse, in seconds since its switch; and the fits through them.
void add_example(const TitrationOutcome& outcome, result::Result& out) {
  const GittPulse* p = example_pulse(outcome);
  if (p == nullptr) return;
  const auto step_at = [&](std::int64_t i) -> const Step& { return outcome.result.steps[static_cast<std::size_t>(i)]; };
  const double tau = p->duration_s;
  const double shown_rest = std::min(p->rest_s, std::max(6 * tau, 60.0));
  const double shown_before = 0.15 * (tau + shown_rest);
  std::vector<double> t, root, V;
  std::vector<std::int64_t> pulse;
  for (std::int64_t row = step_at(p->step - 1).first_row; row <= step_at(p->step + 1).last_row; ++row) {
    const auto i = static_cast<std::size_t>(row);
    const double since = outcome.table.time_s[i] - p->start_s;
    if (since < -shown_before || since > tau + shown_rest) continue;
    t.push_back(since);
    V.push_back(outcome.table.potential_V[i]);
    root.push_back(std::sqrt(std::max(0.0, since)));
    pulse.push_back(row >= step_at(p->step).first_row && row <= step_at(p->step).last_row ? 1 : 0);
  }
  Table rows{.name = "example_pulse", .title = "One pulse, its rows"};
  rows.columns = {result::number_column("time", "s", "Time since the current was switched on", std::move(t)),
                  result::number_column("root_time", "s0.5", "Square root of that time", std::move(root)),
                  result::number_column("potential", "V", "Potential", std::move(V)),
                  result::integer_column("under_current", "1 under current", std::move(pulse))};
  rows.axis = "time";
  rows.signal = "potential";
  out.tables.push_back(std::move(rows));

  const auto& length = outcome.sample.diffusion_length;
  const double D = p->D_window_m2_s.value;
  const bool with_shape = length && std::isfinite(D);
  const double radius = length ? radius_per_length(length->geometry) * length->length_m.value : 1;
  std::vector<double> u_of, line, bent;
  for (int i = 0; i <= 80; ++i) {
    const double u = std::sqrt(tau) * i / 80;
    const double bend = with_shape ? curvature(length->geometry, D * u * u / (radius * radius)) : 1;
    u_of.push_back(u);
    line.push_back(p->straight.intercept.value + p->straight.slope.value * u);
    bent.push_back(p->window.intercept.value + p->window.slope.value * u * bend);
  }
  Table fits{.name = "example_fits", .title = "One pulse, fits against the square root of time"};
  fits.columns = {
      result::number_column("root_time", "s0.5", "Square root of the time under current", std::move(u_of)),
      result::number_column("straight", "V", "Straight line through the whole pulse (paper Eq. 1)", std::move(line)),
      result::number_column("window", "V", "Fit of this pulse alone, continued", std::move(bent))};
  for (Column& c : fits.columns) c.gaps = "the pulse has too few rows for this fit";
  fits.axis = "root_time";
  fits.signal = "window";
  out.tables.push_back(std::move(fits));
  if (!p->in_trace) return;
  std::vector<double> fit_t, fit_V;
  for (const WholeTrace& trace : outcome.result.traces) {
    for (std::size_t i = 0; i < trace.time_s.size(); ++i) {
      const double since = trace.time_s[i] - p->start_s;
      if (since < 0 || since > tau + shown_rest) continue;
      fit_t.push_back(since);
      fit_V.push_back(trace.fitted_V[i]);
    }
  }
  Table fitted{.name = "example_whole_trace", .title = "One pulse by the fit of the whole trace"};
  fitted.columns = {result::number_column("time", "s", "Time since the current was switched on", std::move(fit_t)),
                    result::number_column("potential", "V", "Fitted potential", std::move(fit_V))};
  fitted.axis = "time";
  fitted.signal = "potential";
  out.tables.push_back(std::move(fitted));
}

void add_constant_current(const TitrationOutcome& outcome, result::Result& out) {
  if (!outcome.constant_current || !outcome.constant_current->why_not.empty()) return;
  const ConstantCurrent& c = *outcome.constant_current;
  const auto put = [&](const char* name, const char* unit, const char* help, core::Value value,
                       const std::string& flag = {}) {
    out.numbers.push_back({.name = name, .unit = unit, .help = help, .value = value, .flag = flag});
  };
  put("constant_current", "A", "Current held against the titration, on its scale", {c.current_A, result::not_a_number});
  put("constant_current_end", "V", "Last potential under it", {c.end_V, result::not_a_number});
  put("constant_current_reached", "A.h", "Capacity passed until then", {c.reached_Ah, result::not_a_number});
  put("constant_current_reachable", "A.h", "Capacity reachable by the fitted curves until that potential",
      c.reachable_Ah, c.beyond_titration ? "at least this much: the prediction left what the titration had seen" : "");
  const auto onset = [&](const char* name, const char* help, const CapacityPeaks& peaks) {
    put(name, "V", help, {peaks.onset_V.value_or(result::not_a_number), result::not_a_number},
        peaks.onset_V ? "" : "no plateau above 4.2 V");
  };
  onset("plateau_onset", "Onset of the plateau above 4.2 V under the constant current", c.peaks);
  onset("plateau_onset_open_circuit", "Onset of the plateau above 4.2 V at open circuit", c.peaks_open_circuit);
  Table t{.name = "constant_current",
          .title = "The constant current against the open-circuit curve",
          .columns = places(outcome, c.capacity_Ah)};
  t.axis = t.columns.back().name;
  t.columns.push_back(result::number_column("potential", "V", "Measured potential", c.potential_V));
  t.columns.push_back(result::number_column("predicted", "V", "Potential predicted by the titration", c.predicted_V));
  t.columns.push_back(result::value_column("open_circuit", "V", "Open-circuit potential", c.ocv_V));
  t.columns.push_back(result::value_column("polarisation", "V", "Potential less open circuit", c.polarisation_V));
  t.columns.back().shown.unit = "mV";
  for (Column& column : t.columns) column.gaps = "outside what the titration's surface has seen";
  t.signal = "polarisation";
  out.tables.push_back(std::move(t));
  const auto peaks = [&](const char* name, const char* title, const CapacityPeaks& p) {
    const bool per_mass = outcome.sample.active_mass_kg.has_value();
    std::vector<double> per_g;
    for (const double v : p.Ah_per_V) per_g.push_back(per_mass ? v / *outcome.sample.active_mass_kg : v);
    Table table{.name = name, .title = title};
    table.columns = {result::number_column("potential", "V", "Middle of a step of 10 mV", p.potential_V),
                     result::number_column("dQ_dV", per_mass ? "A.h/(kg.V)" : "A.h/V", "Charge that passes per volt",
                                           std::move(per_g))};
    table.columns[1].shown.unit = per_mass ? "mA.h/(g.V)" : "mA.h/V";
    table.columns[1].shown.name = "dQ/dV";
    table.axis = "potential";
    table.signal = "dQ_dV";
    out.tables.push_back(std::move(table));
  };
  peaks("dq_dv", "dQ/dV under the constant current", c.peaks);
  peaks("dq_dv_open_circuit", "dQ/dV at open circuit", c.peaks_open_circuit);
}

Table flag_table(const TitrationOutcome& outcome) {
  struct Count {
    std::string flag, example;
    std::int64_t all = 0, dropped = 0;
  };
  std::vector<Count> counts;
  int number = 0;
  for (const GittPulse& p : outcome.result.pulses) {
    ++number;
    for (const Flag& flag : p.flags) {
      std::string name = name_of(flag.kind);
      std::ranges::replace(name, '_', ' ');
      auto at = std::ranges::find(counts, name, &Count::flag);
      if (at == counts.end()) at = counts.insert(counts.end(), {.flag = name, .example = {}});
      ++at->all;
      if (flag.invalidates && at->dropped++ == 0) at->example.clear();
      if (at->example.empty()) at->example = fmt::format("pulse {}: {}", number, flag.reason);
    }
  }
  std::ranges::sort(counts, {}, &Count::flag);
  const std::vector<Field<Count>> fields{{"flag", "", &Count::flag, "The flag"},
                                         {"pulses", "", &Count::all, "Pulses that have it"},
                                         {"not_used", "", &Count::dropped, "Pulses it keeps from being used"},
                                         {"example", "", &Count::example, "What it says of one pulse"}};
  return result::table_of<Count>("flag_counts", "What the flags say", counts, fields);
}

// What is each value's own, and what the diffusion length moves in all of them: D goes as its square.
result::Observable log10_D_of(const TitrationOutcome& outcome) {
  result::Observable o{
      .name = "log10_D", .unit = {}, .help = "Decimal logarithm of the chemical diffusion coefficient in m2/s"};
  o.axis_name = along(outcome);
  o.axis_unit = outcome.x_is_known() ? "" : "A.h";
  const auto& length = outcome.sample.diffusion_length;
  const double mode = length ? 2 * length->length_m.relative_sigma() / std::log(10.0) : 0;
  const auto put = [&](double at, const core::Value& v, bool valid, const std::string& flag) {
    o.axis.push_back(at);
    o.values.push_back(std::isfinite(v.value) ? v.value : result::not_a_number);
    o.variance.push_back(std::isfinite(v.variance) ? std::max(0.0, v.variance - mode * mode) : 0);
    o.flags.push_back(valid && std::isfinite(v.value) ? "ok" : flag == "ok" || flag.empty() ? "not_determined" : flag);
  };
  if (outcome.result.protocol == Protocol::gitt) {
    for (const GittPulse& p : outcome.result.pulses)
      put(outcome.x_is_known() ? 0.5 * (p.x_before + p.x_after) : 0.5 * (p.capacity_before_Ah + p.capacity_after_Ah),
          p.log10_D, p.valid(), pulse_flags(p));
  } else {
    const auto& D = outcome.result.interruption_D_m2_s;
    for (std::size_t i = 0; i < D.size(); ++i) {
      const double capacity = outcome.result.interruptions[i].capacity_Ah;
      put(outcome.x_is_known() ? outcome.result.lithium_extracted(capacity) : capacity,
          D[i].value > 0 ? core::log10(D[i]) : core::Value{result::not_a_number, 0}, D[i].value > 0,
          ici_diffusion_flag(D[i]));
    }
  }
  if (mode > 0) o.common.push_back({"diffusion length of the sample", std::vector<double>(o.size(), mode)});
  return o;
}

}  // namespace

std::string along(const TitrationOutcome& outcome) { return outcome.x_is_known() ? "lithium_extracted" : "capacity"; }

std::string pulse_flags(const GittPulse& pulse) {
  std::string text;
  for (const Flag& flag : pulse.flags) text += fmt::format("{}{}", text.empty() ? "" : " ", name_of(flag.kind));
  // A value that could not be computed is explained, always.
  if (text.empty() && !std::isfinite(pulse.D_m2_s.value)) text = "no_diffusion_length";
  return text.empty() ? "ok" : text;
}

const GittPulse* example_pulse(const TitrationOutcome& outcome) {
  const auto& pulses = outcome.result.pulses;
  if (pulses.empty()) return nullptr;
  const auto middle = static_cast<std::ptrdiff_t>(pulses.size() / 2);
  const GittPulse* best = nullptr;
  std::ptrdiff_t distance = 0;
  for (std::ptrdiff_t i = 0; i < static_cast<std::ptrdiff_t>(pulses.size()); ++i) {
    const GittPulse& p = pulses[static_cast<std::size_t>(i)];
    if (!p.valid() || p.straight.points < 6) continue;
    if (best == nullptr || std::abs(i - middle) < distance) {
      best = &p;
      distance = std::abs(i - middle);
    }
  }
  return best != nullptr ? best : &pulses[static_cast<std::size_t>(middle)];
}

void add_tables(const TitrationOutcome& outcome, result::Result& out) {
  out.tables.push_back(record_table(outcome));
  if (!outcome.result.pulses.empty()) {
    out.tables.push_back(pulse_table(outcome));
    out.tables.push_back(flag_table(outcome));
  }
  out.tables.push_back(step_table(outcome));
  if (!outcome.result.interruptions.empty()) out.tables.push_back(interruption_table(outcome));
  add_traces(outcome, out);
  add_example(outcome, out);
  add_constant_current(outcome, out);
}

void add_observables(const TitrationOutcome& outcome, result::Result& out) {
  if (outcome.result.why_no_D.empty()) {
    if (result::Observable D = log10_D_of(outcome); D.size() > 0) out.observables.push_back(std::move(D));
  }
  result::Observable V{.name = "open_circuit", .unit = "V", .help = "Open-circuit potential at the mean lithium"};
  V.axis_name = along(outcome);
  V.axis_unit = outcome.x_is_known() ? "" : "A.h";
  for (const GittPulse& p : outcome.result.pulses) {
    if (!p.in_trace || !std::isfinite(p.ocv_after_V.value)) continue;
    V.axis.push_back(outcome.x_is_known() ? p.x_after : p.capacity_after_Ah);
    V.values.push_back(p.ocv_after_V.value);
    V.variance.push_back(p.ocv_after_V.variance);
    V.flags.emplace_back("ok");
  }
  if (outcome.settings.cell == CellKind::full_cell) V.unusable = "the voltage is that of a full cell";
  if (V.size() > 0) out.observables.push_back(std::move(V));
}

}  // namespace lithoscope::echem
