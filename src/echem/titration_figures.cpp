#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/constants.hpp"
#include "titration_parts.hpp"

namespace lithoscope::echem {
namespace {

using result::Axis;
using result::Figure;
using result::Mark;
using result::Plot;
using result::Role;

Axis potential_axis(const TitrationOutcome& outcome) {
  const bool cell =
      outcome.settings.cell == CellKind::full_cell ||
      (outcome.settings.cell == CellKind::not_declared && outcome.table.potential_kind == PotentialKind::cell_voltage);
  return {cell ? "cell voltage" : "potential"};
}

Axis x_axis(const TitrationOutcome& outcome) {
  if (!outcome.x_is_known()) return {"net capacity"};
  return {outcome.sample.extracted_at_start ? "lithium extracted x" : "lithium extracted since the first row",
          "per formula unit"};
}

bool fitted_whole(const TitrationOutcome& outcome) {
  return std::ranges::any_of(outcome.result.traces, [](const auto& t) { return t.why_not.empty(); });
}

std::string pulse_name(const TitrationOutcome& outcome, const GittPulse& pulse) {
  const auto number = &pulse - outcome.result.pulses.data() + 1;
  if (!outcome.x_is_known()) return fmt::format("pulse {}", number);
  return fmt::format("pulse {} (x = {:.3f})", number, 0.5 * (pulse.x_before + pulse.x_after));
}

Figure profile_figure(const TitrationOutcome& outcome) {
  Figure f{.name = "profile",
           .title = outcome.result.pulses.empty() ? "The record."
                                                  : fmt::format("The titration: {} pulses, each followed by a rest.",
                                                                outcome.result.pulses.size()),
           .caption = "Potential against time, all rows (thinned to the extremes of what a screen can show).",
           .x_axis = {"time"},
           .y_axis = potential_axis(outcome)};
  f.plots.push_back({.name = f.y_axis.quantity, .table = "record", .x = "since_start", .y = "potential"});
  if (outcome.result.pulses.empty()) return f;
  f.plots.push_back({.name = "end of each rest",
                     .role = Role::second,
                     .mark = Mark::dots,
                     .table = "pulses",
                     .x = "rest_end",
                     .y = "rest_after"});
  f.caption += " Dots mark the potential at the end of each rest, read from a line through its last part.";
  return f;
}

Figure one_pulse_figure(const TitrationOutcome& outcome, const GittPulse& p) {
  const double tau = p.duration_s;
  Figure f{.name = "pulse",
           .title = fmt::format("What one pulse measures: {}.", pulse_name(outcome, p)),
           .x_axis = {"time since the current was switched on"},
           .y_axis = potential_axis(outcome),
           .bands = {{0, tau, "current on"}}};
  f.plots.push_back({.name = f.y_axis.quantity, .table = "example_pulse", .x = "time", .y = "potential"});
  if (p.in_trace)
    f.plots.push_back({.name = "fit of the whole trace",
                       .role = Role::second,
                       .mark = Mark::open_dots,
                       .table = "example_whole_trace",
                       .x = "time",
                       .y = "potential"});
  const double shown_rest = std::min(p.rest_s, std::max(6 * tau, 60.0));
  const double shown_before = 0.15 * (tau + shown_rest);
  const double before = p.rest_before_V.value, jump = p.window.intercept.value, right = tau + 0.55 * shown_rest;
  if (std::isfinite(jump)) {
    f.segments.push_back({-0.35 * shown_before, before, -0.35 * shown_before, jump, "iR"});
    f.segments.push_back({1.06 * tau, jump, 1.06 * tau, p.end_V, "\u0394E\u03c4"});
  }
  f.segments.push_back({right, before, right, p.rest_after_V.value, "\u0394E\u209b"});
  f.caption = fmt::format(
      "iR is the jump when the current is switched on ({} mV, {} \u03a9), \u0394E\u03c4 the rise under current without "
      "it, \u0394E\u209b = {} mV the step from rest to rest. The current is {:.4g} mA.",
      std::isfinite(jump) ? core::format_value(1e3 * p.jump_V) : "?",
      std::isfinite(jump) ? core::format_value(p.resistance_ohm) : "?",
      core::format_value(1e3 * (p.rest_after_V - p.rest_before_V)), 1e3 * p.current_A);
  return f;
}

Figure square_root_figure(const TitrationOutcome& outcome, const GittPulse& p) {
  Figure f{.name = "square-root",
           .x_axis = {"square root of the time under current", "s\u00bd"},
           .y_axis = potential_axis(outcome)};
  f.title = fmt::format("The window of the fit: {:.3g} to {:.3g} s of {:.4g} s, {}.", p.window_from_s, p.window_to_s,
                        p.duration_s, pulse_name(outcome, p));
  const auto& length = outcome.sample.diffusion_length;
  const bool with_shape = length && std::isfinite(p.D_window_m2_s.value);
  f.plots.push_back({.name = "measured",
                     .mark = Mark::open_dots,
                     .table = "example_pulse",
                     .x = "root_time",
                     .y = "potential",
                     .where = result::Where{"under_current", "1"}});
  f.plots.push_back({.name = "straight line through the whole pulse (paper Eq. 1)",
                     .role = Role::muted,
                     .mark = Mark::dashed,
                     .table = "example_fits",
                     .x = "root_time",
                     .y = "straight"});
  f.plots.push_back(
      {.name = with_shape ? fmt::format("fit of this pulse alone: exact response of a {}", name_of(length->geometry))
                          : std::string{"fit of this pulse alone"},
       .role = Role::second,
       .table = "example_fits",
       .x = "root_time",
       .y = "window"});
  f.bands.push_back({std::sqrt(p.window_from_s), std::sqrt(p.window_to_s), "window of the fit"});
  f.caption = fmt::format(
      "Only the shaded window is fitted; the curve is continued beyond it to show where the pulse leaves it. A "
      "straight line through the whole pulse has R\u00b2 = {:.4f}.",
      p.straight.r_squared);
  if (with_shape)
    f.caption += fmt::format(" D\u03c4/L\u00b2 = {:.2g}. Alone, this pulse gives D = {} cm\u00b2/s.", p.theta_pulse,
                             core::format_value(1e4 * p.D_window_m2_s));
  if (p.in_trace) f.caption += " It is where the fit of the whole trace starts from, not its result.";
  return f;
}

Figure diffusion_figure(const TitrationOutcome& outcome) {
  const auto usable = std::ranges::count_if(
      outcome.result.pulses, [](const GittPulse& p) { return p.valid() && std::isfinite(p.log10_D.value); });
  Figure f{
      .name = "diffusion",
      .title = fmt::format("Diffusion coefficient: {} of {} pulses can be used.", usable, outcome.result.pulses.size()),
      .caption = fmt::format("Dots with bars: D from {}, 95 % intervals. Grey: nothing reliable is known there. Open "
                             "circles: what the paper's Eq. (2) gives for the same pulse.",
                             outcome.result.traces.empty() ? "each pulse alone" : "the fit of the whole trace"),
      .x_axis = x_axis(outcome),
      .y_axis = {"log\u2081\u2080 D", "D in cm\u00b2/s"}};
  const std::string x = along(outcome);
  const auto dots = [&](const char* name, Role role, const char* valid) {
    return Plot{.name = name,
                .role = role,
                .mark = Mark::dots,
                .table = "pulses",
                .x = x,
                .y = "log10_D_cm2_s",
                .interval = true,
                .where = result::Where{"valid", valid},
                .notes = "reason"};
  };
  f.plots = {dots("D, 95 % interval", Role::primary, "1"),
             dots("not used (reason on hover)", Role::muted, "0"),
             {.name = "paper Eq. (2)",
              .role = Role::second,
              .mark = Mark::open_dots,
              .table = "pulses",
              .x = x,
              .y = "D_equation_2",
              .log10_of_y = true}};
  return f;
}

Figure ici_diffusion_figure(const TitrationOutcome& outcome) {
  Figure f{.name = "diffusion",
           .title = "Diffusion coefficient from interruptions.",
           .caption =
               "Open circles: D = (4/\u03c0)[L (dE/dt)/(dE/d\u221at)]\u00b2 (Chien et al. 2023), with dE/dt from the "
               "neighbouring interruptions.",
           .x_axis = x_axis(outcome),
           .y_axis = {"log\u2081\u2080 D", "D in cm\u00b2/s"}};
  f.plots.push_back({.name = "each interruption, 95 % interval",
                     .role = Role::second,
                     .mark = Mark::open_dots,
                     .table = "interruptions",
                     .x = along(outcome),
                     .y = "log10_D_cm2_s",
                     .interval = true,
                     .notes = "flags"});
  return f;
}

Figure open_circuit_figure(const TitrationOutcome& outcome) {
  double furthest = 0;
  for (const GittPulse& p : outcome.result.pulses) {
    if (std::isfinite(p.residual_V)) furthest = std::max(furthest, std::abs(p.residual_V));
  }
  const bool fitted = std::ranges::any_of(outcome.result.pulses, &GittPulse::in_trace);
  const std::string x = outcome.x_is_known() ? "lithium_extracted_after" : "capacity_after";
  Figure f{
      .name = "open-circuit",
      .title = furthest > 0 ? fmt::format("Open-circuit potential: rests end up to {:.2g} mV from it.", 1e3 * furthest)
                            : "Potential at the end of each rest.",
      .caption =
          fitted
              ? "Dots: the open-circuit potential at the mean lithium by the fit of the whole trace, with 95 % "
                "intervals (often smaller than the dot). Open circles: where the rests ended."
              : "Open circles: where the rests ended. It is the open-circuit potential where the rest was long enough.",
      .x_axis = x_axis(outcome),
      .y_axis = potential_axis(outcome)};
  f.plots.push_back({.name = "end of rest",
                     .role = Role::second,
                     .mark = Mark::open_dots,
                     .table = "pulses",
                     .x = x,
                     .y = "rest_after"});
  if (fitted)
    f.plots.push_back({.name = "open circuit, 95 % interval",
                       .mark = Mark::dots,
                       .table = "pulses",
                       .x = x,
                       .y = "open_circuit_after",
                       .interval = true,
                       .where = result::Where{"in_whole_trace", "1"}});
  return f;
}

Figure resistance_figure(const TitrationOutcome& outcome) {
  const std::string x = outcome.x_is_known() ? "lithium_extracted" : "capacity";
  Figure f{.name = "resistance",
           .title = "Resistance: ohmic drop and charge transfer.",
           .caption =
               "What the potential jumps by within the first seconds, over the current: extrapolated to the moment of "
               "switching from a square-root law.",
           .x_axis = x_axis(outcome),
           .y_axis = {"resistance", "\u03a9"}};
  const auto at_off = [&](const char* name, Role role, const char* charging) {
    return Plot{.name = name,
                .role = role,
                .mark = Mark::dots,
                .table = "interruptions",
                .x = x,
                .y = "resistance",
                .interval = true,
                .where = result::Where{"charging", charging}};
  };
  f.plots = {at_off("at switching off, charging", Role::primary, "1"),
             at_off("at switching off, discharging", Role::third, "0")};
  if (!outcome.result.pulses.empty())
    f.plots.push_back({.name = "at switching on",
                       .role = Role::second,
                       .mark = Mark::open_dots,
                       .table = "pulses",
                       .x = along(outcome),
                       .y = "resistance"});
  return f;
}

Figure residual_figure(const TitrationOutcome& outcome) {
  double squares = 0, count = 0;
  for (const WholeTrace& trace : outcome.result.traces) {
    for (const double r : trace.residual_V) squares += 1e6 * r * r;
    count += static_cast<double>(trace.residual_V.size());
  }
  Figure f{.name = "residuals",
           .title = fmt::format("What the fit of the whole trace leaves: {:.2g} mV (rms).",
                                std::sqrt(squares / std::max(1.0, count))),
           .caption =
               "Rows close in time since the switch are averaged. Structure that repeats with the pulses is what one "
               "particle with these curves does not describe; the intervals allow for it as slow noise.",
           .x_axis = {"time"},
           .y_axis = {"measured less fitted"}};
  f.plots.push_back({.name = "measured less fitted",
                     .mark = Mark::open_dots,
                     .table = "whole_trace_fit",
                     .x = "since_start",
                     .y = "residual"});
  return f;
}

Figure rest_length_figure(const TitrationOutcome& outcome) {
  int short_rests = 0, all = 0;
  for (const GittPulse& p : outcome.result.pulses) {
    if (!std::isfinite(p.relaxation_s) || !p.valid()) continue;
    ++all;
    short_rests += p.rest_wanted_s > p.rest_s ? 1 : 0;
  }
  const std::string x = outcome.x_is_known() ? "lithium_extracted_after" : "capacity_after";
  Figure f{.name = "rests",
           .title = fmt::format("How long the rests should have been: {} of {} were too short.", short_rests, all),
           .caption =
               "From the fitted D: what is left of the gradient dies away with the slowest mode of the grain. The "
               "relaxation time is that mode's: in it, what is left falls to 37 %.",
           .x_axis = x_axis(outcome),
           .y_axis = {"log\u2081\u2080 of the time", "h"}};
  const auto plot = [&](std::string name, Role role, Mark mark, const char* column) {
    return Plot{.name = std::move(name),
                .role = role,
                .mark = mark,
                .table = "pulses",
                .x = x,
                .y = column,
                .where = result::Where{"valid", "1"},
                .log10_of_y = true};
  };
  f.plots = {plot("rest as taken", Role::muted, Mark::line, "rest"),
             plot("relaxation time of the grain", Role::second, Mark::open_dots, "relaxation"),
             plot(fmt::format("rest to within {:.3g} mV", 1e3 * outcome.gitt.rest_tolerance_V), Role::primary,
                  Mark::dots, "rest_wanted")};
  return f;
}

std::string current_text(const TitrationOutcome& outcome) {
  const ConstantCurrent& c = *outcome.constant_current;
  if (!outcome.sample.active_mass_kg) return fmt::format("{:.3g} mA", 1e3 * c.current_A);
  return fmt::format("{:.3g} mA/g", c.current_A / *outcome.sample.active_mass_kg);  // A/kg
}

void add_constant_current_figures(const TitrationOutcome& outcome, std::vector<Figure>& out) {
  const ConstantCurrent& c = *outcome.constant_current;
  const std::string x = outcome.x_is_known() ? "lithium_extracted" : "capacity";
  const auto curve = [&](std::string name, Role role, Mark mark, const char* y) {
    return Plot{.name = std::move(name), .role = role, .mark = mark, .table = "constant_current", .x = x, .y = y};
  };
  out.push_back({.name = "constant-current",
                 .title = fmt::format("{} against the open-circuit curve.", current_text(outcome)),
                 .caption = "The prediction runs the fitted particle at this current from the same start; nothing is "
                            "adjusted to the measured curve.",
                 .x_axis = x_axis(outcome),
                 .y_axis = potential_axis(outcome),
                 .plots = {curve("open circuit", Role::third, Mark::line, "open_circuit"),
                           curve("measured at " + current_text(outcome), Role::primary, Mark::line, "potential"),
                           curve("predicted by the titration", Role::second, Mark::dashed, "predicted")}});
  double largest = 0, at = 0;
  for (std::size_t i = 0; i < c.capacity_Ah.size(); ++i) {
    const double eta = 1e3 * c.polarisation_V[i].value;
    if (!std::isfinite(eta) || std::abs(eta) <= std::abs(largest)) continue;
    largest = eta;
    at = outcome.x_is_known() ? outcome.result.lithium_extracted(c.capacity_Ah[i]) : 1e3 * c.capacity_Ah[i];
  }
  Plot eta = curve("potential less open circuit, 95 % interval", Role::primary, Mark::line, "polarisation");
  eta.interval = true;
  out.push_back({.name = "polarisation",
                 .title = fmt::format("What the current costs: {:.0f} mV at most, at {} {:.2f}.", largest,
                                      outcome.x_is_known() ? "x =" : "mAh", at),
                 .caption = "The constant current's potential less the open-circuit potential at the same mean "
                            "lithium. Its intervals are those of the open-circuit curve.",
                 .x_axis = x_axis(outcome),
                 .y_axis = {"polarisation"},
                 .plots = {eta}});
  Figure dq{.name = "dq-dv",
            .title = c.peaks.onset_V
                         ? fmt::format("dQ/dV: the plateau begins at {:.2f} V under current.", *c.peaks.onset_V)
                         : "dQ/dV: no plateau above 4.2 V.",
            .caption =
                "Charge that passes in steps of 10 mV. A plateau begins half-way up from the valley before it to its "
                "peak, above 4.2 V.",
            .x_axis = potential_axis(outcome),
            .y_axis = {"dQ/dV"}};
  if (c.peaks.onset_V && c.peaks_open_circuit.onset_V)
    dq.caption += fmt::format(" At open circuit it begins at {:.2f} V.", *c.peaks_open_circuit.onset_V);
  dq.plots = {
      {.name = "open circuit", .role = Role::third, .table = "dq_dv_open_circuit", .x = "potential", .y = "dQ_dV"},
      {.name = "constant current", .table = "dq_dv", .x = "potential", .y = "dQ_dV"}};
  out.push_back(std::move(dq));
}

}  // namespace

void add_figures(const TitrationOutcome& outcome, result::Result& out) {
  const GittResult& r = outcome.result;
  std::vector<Figure>& figures = out.figures;
  const bool with_D = r.why_no_D.empty();
  const bool headline_is_D = with_D && r.protocol != Protocol::no_pulses;
  if (with_D && r.protocol == Protocol::gitt) figures.push_back(diffusion_figure(outcome));
  if (with_D && r.protocol == Protocol::ici && !r.interruption_D_m2_s.empty())
    figures.push_back(ici_diffusion_figure(outcome));
  if (figures.empty() && !r.interruptions.empty()) figures.push_back(resistance_figure(outcome));
  const bool has_resistance = !figures.empty() && figures.front().name == "resistance";
  figures.push_back(profile_figure(outcome));
  if (const GittPulse* example = example_pulse(outcome)) {
    figures.push_back(one_pulse_figure(outcome, *example));
    figures.push_back(square_root_figure(outcome, *example));
  }
  if (!r.pulses.empty()) figures.push_back(open_circuit_figure(outcome));
  if (with_D && fitted_whole(outcome) && !r.pulses.empty()) figures.push_back(rest_length_figure(outcome));
  if (outcome.constant_current && outcome.constant_current->why_not.empty())
    add_constant_current_figures(outcome, figures);
  if (out.find_table("whole_trace_fit") != nullptr) figures.push_back(residual_figure(outcome));
  if (headline_is_D && !r.interruptions.empty() && !has_resistance) figures.push_back(resistance_figure(outcome));
}

}  // namespace lithoscope::echem
