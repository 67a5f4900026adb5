#include "gitt_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/constants.hpp"

namespace lithoscope::report {
namespace {

using echem::GittPulse;
using study::GittOutcome;

constexpr double confidence_95 = 1.959963984540054;  // sigmas
constexpr double cm2_per_m2_log = 4;                 // log10 of cm2 in a m2

const echem::Step& step_of(const GittOutcome& outcome, std::int64_t i) {
  return outcome.result.steps[static_cast<std::size_t>(i)];
}
double time_at(const GittOutcome& outcome, std::int64_t row) {
  return outcome.table.time_s[static_cast<std::size_t>(row)];
}
double potential_at(const GittOutcome& outcome, std::int64_t row) {
  return outcome.table.potential_V[static_cast<std::size_t>(row)];
}

// A profile of a million rows has no more to say on a screen than its extremes, bucket by bucket.
Series thinned(const std::vector<double>& x, const std::vector<double>& y) {
  constexpr std::size_t buckets = 1500;
  Series s;
  if (x.size() <= 2 * buckets) {
    s.x = x;
    s.y = y;
    return s;
  }
  for (std::size_t b = 0; b < buckets; ++b) {
    const std::size_t from = b * x.size() / buckets;
    const std::size_t to = (b + 1) * x.size() / buckets;
    const auto [low, high] =
        std::minmax_element(y.begin() + static_cast<std::ptrdiff_t>(from), y.begin() + static_cast<std::ptrdiff_t>(to));
    const auto first = static_cast<std::size_t>(std::min(low, high) - y.begin());
    const auto second = static_cast<std::size_t>(std::max(low, high) - y.begin());
    for (const std::size_t i : {first, second}) {
      s.x.push_back(x[i]);
      s.y.push_back(y[i]);
      if (first == second) break;
    }
  }
  return s;
}

double shown_capacity(double capacity_Ah) { return 1e3 * capacity_Ah; }

std::string pulse_name(const GittOutcome& outcome, const GittPulse& pulse) {
  const auto number = &pulse - outcome.result.pulses.data() + 1;
  if (!x_is_known(outcome)) return fmt::format("pulse {}", number);
  return fmt::format("pulse {} (x = {:.3f})", number, pulse_x(outcome, pulse));
}

std::string reasons(const GittPulse& pulse) {
  std::string text;
  for (const echem::Flag& flag : pulse.flags) text += (text.empty() ? "" : " ") + flag.reason;
  return text;
}

}  // namespace

bool x_is_known(const GittOutcome& outcome) { return std::isfinite(outcome.result.extracted_per_Ah); }

double x_at(const GittOutcome& outcome, double capacity_Ah) {
  if (!x_is_known(outcome)) return shown_capacity(capacity_Ah);
  return outcome.result.lithium_extracted(capacity_Ah);
}

Axis potential_axis(const GittOutcome& outcome) {
  const bool cell = outcome.measurement.cell == echem::CellKind::full_cell ||
                    (outcome.measurement.cell == echem::CellKind::not_declared &&
                     outcome.table.potential_kind == echem::PotentialKind::cell_voltage);
  return {cell ? "cell voltage" : "potential", "V"};
}

Axis x_axis(const GittOutcome& outcome) {
  if (!x_is_known(outcome)) return {"net capacity", "mAh"};
  return {outcome.sample.extracted_at_start ? "lithium extracted x" : "lithium extracted since the first row",
          "per formula unit"};
}

std::string x_header(const GittOutcome& outcome) {
  return x_is_known(outcome) ? "x (Li)" : fmt::format("capacity ({})", x_axis(outcome).unit);
}

double pulse_x(const GittOutcome& outcome, const GittPulse& pulse) {
  if (x_is_known(outcome)) return 0.5 * (pulse.x_before + pulse.x_after);
  return shown_capacity(0.5 * (pulse.capacity_before_Ah + pulse.capacity_after_Ah));
}

const GittPulse* example_pulse(const GittOutcome& outcome) {
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

Figure profile_figure(const GittOutcome& outcome) {
  std::vector<double> hours;
  hours.reserve(outcome.table.time_s.size());
  const double start = outcome.table.time_s.front();
  for (const double t : outcome.table.time_s) hours.push_back((t - start) / core::seconds_per_hour);
  Figure f{.id = "profile", .title = "The whole record.", .x_axis = {"time", "h"}, .y_axis = potential_axis(outcome)};
  f.title = outcome.result.pulses.empty()
                ? "The record."
                : fmt::format("The titration: {} pulses, each followed by a rest.", outcome.result.pulses.size());
  f.caption = "Potential against time, all rows (thinned to the extremes of what a screen can show).";
  Series profile = thinned(hours, outcome.table.potential_V);
  profile.name = f.y_axis.quantity;
  f.series.push_back(std::move(profile));
  if (outcome.result.pulses.empty()) return f;
  Series rests{.name = "end of each rest", .role = Role::second, .mark = Mark::dots};
  for (const GittPulse& p : outcome.result.pulses) {
    rests.x.push_back((p.start_s + p.duration_s + p.rest_s - start) / core::seconds_per_hour);
    rests.y.push_back(p.rest_after_V.value);
  }
  f.series.push_back(std::move(rests));
  f.caption += " Dots mark the potential at the end of each rest, read from a line through its last part.";
  return f;
}

// The fit of the whole trace over one pulse and its rest, in seconds since the switch.
Series fitted_series(const GittOutcome& outcome, double start_s, double until_s) {
  Series fit{.name = "fit of the whole trace", .role = Role::second, .mark = Mark::open_dots};
  for (const echem::WholeTrace& trace : outcome.result.traces) {
    for (std::size_t i = 0; i < trace.time_s.size(); ++i) {
      const double t = trace.time_s[i] - start_s;
      if (t < 0 || t > until_s) continue;
      fit.x.push_back(t);
      fit.y.push_back(trace.fitted_V[i]);
    }
  }
  return fit;
}

Figure one_pulse_figure(const GittOutcome& outcome, const GittPulse& p) {
  const double tau = p.duration_s;
  Figure f{.id = "pulse",
           .title = fmt::format("What one pulse measures: {}.", pulse_name(outcome, p)),
           .x_axis = {"time since the current was switched on", "s"},
           .y_axis = potential_axis(outcome),
           .bands = {{0, tau, "current on"}}};
  Series s{.name = f.y_axis.quantity, .role = Role::primary, .mark = Mark::line};
  const double shown_rest = std::min(p.rest_s, std::max(6 * tau, 60.0));
  const double shown_before = 0.15 * (tau + shown_rest);
  for (std::int64_t row = step_of(outcome, p.step - 1).first_row; row <= step_of(outcome, p.step + 1).last_row; ++row) {
    const double t = time_at(outcome, row) - p.start_s;
    if (t < -shown_before || t > tau + shown_rest) continue;
    s.x.push_back(t);
    s.y.push_back(potential_at(outcome, row));
  }
  f.series.push_back(std::move(s));
  if (p.in_trace) f.series.push_back(fitted_series(outcome, p.start_s, tau + shown_rest));
  const double before = p.rest_before_V.value;
  const double jump = p.window.intercept.value;
  const double right = tau + 0.55 * shown_rest;
  if (std::isfinite(jump)) {
    f.segments.push_back({-0.35 * shown_before, before, -0.35 * shown_before, jump, "iR"});
    f.segments.push_back({1.06 * tau, jump, 1.06 * tau, p.end_V, "\u0394E\u03c4"});
  }
  f.segments.push_back({right, before, right, p.rest_after_V.value, "\u0394E\u209b"});
  f.caption = fmt::format(
      "iR is the jump when the current is switched on ({} mV, {} \u03a9), \u0394E\u03c4 the rise under current without "
      "it, \u0394E\u209b = {} mV the "
      "step from rest to rest. The current is {:.4g} mA.",
      std::isfinite(jump) ? core::format_value(1e3 * p.jump_V) : "?",
      std::isfinite(jump) ? core::format_value(p.resistance_ohm) : "?",
      core::format_value(1e3 * (p.rest_after_V - p.rest_before_V)), 1e3 * p.current_A);
  return f;
}

Figure square_root_figure(const GittOutcome& outcome, const GittPulse& p) {
  Figure f{.id = "square-root",
           .x_axis = {"square root of the time under current", "s\u00bd"},
           .y_axis = potential_axis(outcome)};
  f.title = fmt::format("The window of the fit: {:.3g} to {:.3g} s of {:.4g} s, {}.", p.window_from_s, p.window_to_s,
                        p.duration_s, pulse_name(outcome, p));
  Series data{.name = "measured", .role = Role::primary, .mark = Mark::open_dots};
  const echem::Step& step = step_of(outcome, p.step);
  for (std::int64_t row = step.first_row; row <= step.last_row; ++row) {
    data.x.push_back(std::sqrt(std::max(0.0, time_at(outcome, row) - p.start_s)));
    data.y.push_back(potential_at(outcome, row));
  }
  Series line{.name = "straight line through the whole pulse (paper Eq. 1)", .role = Role::muted, .mark = Mark::dashed};
  const double end = std::sqrt(p.duration_s);
  for (const double u : {0.0, end}) {
    line.x.push_back(u);
    line.y.push_back(p.straight.intercept.value + p.straight.slope.value * u);
  }
  Series bent{.name = "fit of this pulse alone", .role = Role::second, .mark = Mark::line};
  const auto& length = outcome.sample.diffusion_length;
  const double D = p.D_window_m2_s.value;
  const bool with_shape = length && std::isfinite(D);
  const double radius = length ? echem::radius_per_length(length->geometry) * length->length_m.value : 1;
  for (int i = 0; i <= 80; ++i) {
    const double u = end * i / 80;
    const double bend = with_shape ? echem::curvature(length->geometry, D * u * u / (radius * radius)) : 1;
    bent.x.push_back(u);
    bent.y.push_back(p.window.intercept.value + p.window.slope.value * u * bend);
  }
  if (with_shape)
    bent.name = fmt::format("fit of this pulse alone: exact response of a {}", echem::name_of(length->geometry));
  f.bands.push_back({std::sqrt(p.window_from_s), std::sqrt(p.window_to_s), "window of the fit"});
  f.series = {std::move(data), std::move(line), std::move(bent)};
  f.caption = fmt::format(
      "Only the shaded window is fitted; the curve is continued beyond it to show where the pulse leaves it. A "
      "straight line through "
      "the whole pulse has R\u00b2 = {:.4f}.",
      p.straight.r_squared);
  if (with_shape) {
    f.caption += fmt::format(" D\u03c4/L\u00b2 = {:.2g}. Alone, this pulse gives D = {} cm\u00b2/s.", p.theta_pulse,
                             core::format_value(1e4 * p.D_window_m2_s));
  }
  if (p.in_trace) f.caption += " It is where the fit of the whole trace starts from, not its result.";
  return f;
}

Figure diffusion_figure(const GittOutcome& outcome) {
  Figure f{.id = "diffusion", .x_axis = x_axis(outcome), .y_axis = {"log\u2081\u2080 D", "D in cm\u00b2/s"}};
  const auto empty = [](const char* name, Role role, Mark mark) {
    return Series{.name = name, .role = role, .mark = mark};
  };
  Series used = empty("D, 95 % interval", Role::primary, Mark::dots);
  Series unused = empty("not used (reason on hover)", Role::muted, Mark::dots);
  Series paper = empty("paper Eq. (2)", Role::second, Mark::open_dots);
  for (const GittPulse& p : outcome.result.pulses) {
    const double x = pulse_x(outcome, p);
    if (p.D_equation_2_m2_s > 0) {
      paper.x.push_back(x);
      paper.y.push_back(std::log10(p.D_equation_2_m2_s) + cm2_per_m2_log);
    }
    if (!std::isfinite(p.log10_D.value)) continue;
    Series& s = p.valid() ? used : unused;
    const double y = p.log10_D.value + cm2_per_m2_log;
    // Beyond two decades a bar only says "unknown": longer ones would shrink everything else.
    const double half = std::min(2.0, confidence_95 * p.log10_D.sigma());
    s.x.push_back(x);
    s.y.push_back(y);
    s.y_low.push_back(y - half);
    s.y_high.push_back(y + half);
    s.notes.push_back(fmt::format("Pulse {}. {}", &p - outcome.result.pulses.data() + 1, reasons(p)));
  }
  f.title =
      fmt::format("Diffusion coefficient: {} of {} pulses can be used.", used.x.size(), outcome.result.pulses.size());
  for (Series* s : {&paper, &unused, &used}) {
    if (!s->x.empty()) f.series.push_back(std::move(*s));
  }
  const bool whole = !outcome.result.traces.empty();
  f.caption = fmt::format(
      "Dots with bars: D from {}, 95 % intervals. Grey: nothing reliable is known there. Open circles: what the "
      "paper's "
      "Eq. (2) gives for the same pulse.",
      whole ? "the fit of the whole trace" : "each pulse alone");
  return f;
}

Figure ici_diffusion_figure(const GittOutcome& outcome) {
  Figure f{.id = "diffusion",
           .title = "Diffusion coefficient from interruptions.",
           .x_axis = x_axis(outcome),
           .y_axis = {"log\u2081\u2080 D", "D in cm\u00b2/s"}};
  Series s{.name = "D, 95 % interval", .role = Role::primary, .mark = Mark::dots};
  for (std::size_t i = 0; i < outcome.result.interruption_D_m2_s.size(); ++i) {
    const core::Value D = outcome.result.interruption_D_m2_s[i];
    if (!(D.value > 0)) continue;
    const core::Value log_D = core::log10(D);
    s.x.push_back(x_at(outcome, outcome.result.interruptions[i].capacity_Ah));
    s.y.push_back(log_D.value + cm2_per_m2_log);
    s.y_low.push_back(log_D.value + cm2_per_m2_log - std::min(2.0, confidence_95 * log_D.sigma()));
    s.y_high.push_back(log_D.value + cm2_per_m2_log + std::min(2.0, confidence_95 * log_D.sigma()));
  }
  f.caption =
      "Open circles: D = (4/\u03c0)[L (dE/dt)/(dE/d\u221at)]\u00b2 (Chien et al. 2023), with dE/dt from the "
      "neighbouring "
      "interruptions.";
  Series whole{.name = "fit of the whole trace, 95 % interval", .role = Role::primary, .mark = Mark::dots};
  for (const echem::WholeTrace& trace : outcome.result.traces) {
    for (const echem::TracePulse& p : trace.pulses) {
      if (p.log10_D.sigma() > outcome.measurement.gitt.log10_D_sigma_max) continue;
      whole.x.push_back(x_at(outcome, p.capacity_middle_Ah));
      whole.y.push_back(p.log10_D.value + cm2_per_m2_log);
      whole.y_low.push_back(whole.y.back() - confidence_95 * p.log10_D.sigma());
      whole.y_high.push_back(whole.y.back() + confidence_95 * p.log10_D.sigma());
    }
  }
  if (!whole.x.empty()) {
    f.title = "Diffusion coefficient from interruptions, one by one and all at once.";
    f.caption += " Dots: the fit of the whole trace, in which the current between the interruptions counts too.";
    s.role = Role::second;
    s.mark = Mark::open_dots;
    s.name = "each interruption, 95 % interval";
  }
  f.series.push_back(std::move(s));
  if (!whole.x.empty()) f.series.push_back(std::move(whole));
  return f;
}

Figure open_circuit_figure(const GittOutcome& outcome) {
  Figure f{.id = "open-circuit",
           .title = "Potential at the end of each rest.",
           .x_axis = x_axis(outcome),
           .y_axis = potential_axis(outcome)};
  Series rests{.name = "end of rest", .role = Role::second, .mark = Mark::open_dots};
  Series open{.name = "open circuit, 95 % interval", .role = Role::primary, .mark = Mark::dots};
  double furthest = 0;
  for (const GittPulse& p : outcome.result.pulses) {
    const double x = x_at(outcome, p.capacity_after_Ah);
    rests.x.push_back(x);
    rests.y.push_back(p.rest_after_V.value);
    const bool known = std::isfinite(p.residual_V);
    rests.notes.push_back(known ? fmt::format("{:.2g} mV from equilibrium.", 1e3 * std::abs(p.residual_V)) : "");
    if (!known) continue;
    furthest = std::max(furthest, std::abs(p.residual_V));
    const core::Value V = p.in_trace ? p.ocv_after_V : core::Value::exact(p.rest_after_V.value - p.residual_V);
    open.x.push_back(x);
    open.y.push_back(V.value);
    if (!p.in_trace) continue;
    open.y_low.push_back(V.value - confidence_95 * V.sigma());
    open.y_high.push_back(V.value + confidence_95 * V.sigma());
  }
  f.caption = "The open-circuit potential where the rest was long enough.";
  if (open.x.empty()) {
    f.series.push_back(std::move(rests));
    return f;
  }
  f.title = fmt::format("Open-circuit potential: rests end up to {:.2g} mV from it.", 1e3 * furthest);
  if (open.y_low.size() == open.x.size()) {
    f.caption =
        "Dots: the open-circuit potential at the mean lithium by the fit of the whole trace, with 95 % intervals "
        "(often smaller than the dot). Open circles: where the rests ended.";
  } else {
    open.y_low.clear();
    open.y_high.clear();
    open.name = "open circuit, estimated";
    f.caption = "Dots subtract what D says is still to relax; it is an estimate without an interval.";
  }
  f.series = {std::move(rests), std::move(open)};
  return f;
}

Figure resistance_figure(const GittOutcome& outcome) {
  Figure f{.id = "resistance",
           .title = "Resistance: ohmic drop and charge transfer.",
           .x_axis = x_axis(outcome),
           .y_axis = {"resistance", "\u03a9"}};
  Series charging{.name = "at switching off, charging", .role = Role::primary, .mark = Mark::dots};
  Series discharging{.name = "at switching off, discharging", .role = Role::third, .mark = Mark::dots};
  for (const echem::Interruption& i : outcome.result.interruptions) {
    Series& s = i.current_A > 0 ? charging : discharging;
    const double half = confidence_95 * i.resistance_ohm.sigma();
    s.x.push_back(x_at(outcome, i.capacity_Ah));
    s.y.push_back(i.resistance_ohm.value);
    s.y_low.push_back((i.resistance_ohm.value - half));
    s.y_high.push_back((i.resistance_ohm.value + half));
  }
  Series on{.name = "at switching on", .role = Role::second, .mark = Mark::open_dots};
  for (const GittPulse& p : outcome.result.pulses) {
    if (!std::isfinite(p.resistance_ohm.value)) continue;
    on.x.push_back(x_at(outcome, p.capacity_before_Ah));
    on.y.push_back(p.resistance_ohm.value);
  }
  for (Series* s : {&on, &charging, &discharging}) {
    if (!s->x.empty()) f.series.push_back(std::move(*s));
  }
  f.caption =
      "What the potential jumps by within the first seconds, over the current: extrapolated to the moment of switching "
      "from a square-root law.";
  return f;
}

}  // namespace lithoscope::report
