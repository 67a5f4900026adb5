#include "pulse_flags.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lithoscope/core/constants.hpp"

namespace lithoscope::echem {
namespace {

const Step& step_at(const std::vector<Step>& steps, std::int64_t i) { return steps[static_cast<std::size_t>(i)]; }

// How far the potential at `now_s` is from equilibrium because of one earlier pulse, in units of that pulse's
// equilibrium step: the superposed response of a flux switched on and off, over what stays of it.
double residual_share(const DiffusionLength& length, double D, const GittPulse& pulse, double now_s) {
  const double radius = radius_per_length(length.geometry) * length.length_m.value;
  const double rate = D / (radius * radius);
  const double since_on = now_s - pulse.start_s;
  const double since_off = since_on - pulse.duration_s;
  const double stays = mean_rise(length.geometry, rate * pulse.duration_s);
  return (surface_rise(length.geometry, rate * since_on) - surface_rise(length.geometry, rate * since_off)) / stays - 1;
}

// Sum over this and the pulses before it, with this pulse's D: what is left at the end of this pulse's rest.
double residual_after(const std::vector<GittPulse>& pulses, std::size_t k, const DiffusionLength& length) {
  constexpr std::size_t memory = 40;  // older pulses have become a common offset
  const GittPulse& last = pulses[k];
  const double end = last.start_s + last.duration_s + last.rest_s;
  double residual = 0;
  for (std::size_t j = k >= memory ? k - memory : 0; j <= k; ++j) {
    if (pulses[j].start_s > last.start_s) continue;  // before the clock went back
    const double share = residual_share(length, last.D_m2_s.value, pulses[j], end);
    const double seen = pulses[j].step_V();
    // What was measured is the equilibrium step plus a residual of its own; the share is of the equilibrium step.
    residual += share * seen / (1 + std::max(0.0, j == k ? share : 0.0));
  }
  return residual;
}

void add(GittPulse& pulse, PulseFlag kind, bool invalidates, std::string reason) {
  pulse.flags.push_back({kind, invalidates, std::move(reason)});
}

// Direction of the last current before step `i`, of whatever kind; 0 when there was none.
int direction_before(const std::vector<Step>& steps, std::int64_t i) {
  for (--i; i >= 0; --i) {
    if (step_at(steps, i).direction != 0) return step_at(steps, i).direction;
  }
  return 0;
}

bool rises_against_current(const GittPulse& pulse) { return pulse.current_A * pulse.window.slope.value <= 0; }

// Beyond noise, at the switch: an overpotential that falls on the way may turn the slope of a good pulse.
bool surely_against_current(const GittPulse& pulse) {
  const core::Value jump = (pulse.current_A > 0 ? 1.0 : -1.0) * pulse.jump_V;
  return jump.value + 3 * jump.sigma() < 0;
}

// A charging current lifts the potential at the switch, during the pulse, and from rest to rest.
std::string what_is_against_the_current(const GittPulse& pulse) {
  const double sign = pulse.current_A > 0 ? 1 : -1;
  const bool step = sign * pulse.step_V() <= 0;
  const bool rise = rises_against_current(pulse);
  const bool jump = sign * pulse.jump_V.value + 3 * pulse.jump_V.sigma() < 0;
  const char* verb = sign > 0 ? "falls" : "rises";
  if (step && rise && sign * pulse.jump_V.value < 0) {
    return fmt::format(
        "The potential {} during the pulse and from rest to rest, against the current. Is the current positive "
        "when charging?",
        verb);
  }
  if (step)
    return fmt::format("The potential {} by {:.2f} mV from rest to rest, against the current.", verb,
                       1e3 * std::abs(pulse.step_V()));
  if (rise) return fmt::format("The potential {} during the pulse, against the current.", verb);
  if (jump)
    return fmt::format("The potential jumps by {:.2f} mV against the current when it is switched on.",
                       1e3 * std::abs(pulse.jump_V.value));
  return {};
}

void judge_fit(const GittSettings& settings, GittPulse& pulse) {
  if (pulse.straight.points < static_cast<std::int64_t>(settings.window_points) ||
      !std::isfinite(pulse.straight.slope.value)) {
    add(pulse, PulseFlag::too_few_points, !pulse.in_trace,
        fmt::format("Only {} rows after the first {:.3g} s of the pulse; {} are needed to judge it.",
                    pulse.straight.points, settings.skip_s, settings.window_points));
    return;
  }
  const core::Value step = pulse.rest_after_V - pulse.rest_before_V;
  // The whole trace takes its slope from all pulses and knows what the rests left undone: one step that is small,
  // large, or turned round by the relaxation before it, does not spoil D there.
  const bool alone = !pulse.in_trace;
  if (const auto against = what_is_against_the_current(pulse); !against.empty()) {
    add(pulse, PulseFlag::wrong_sign, alone || surely_against_current(pulse), against);
  } else if (std::abs(step.value) > settings.step_max_V) {
    add(pulse, PulseFlag::step_too_large, alone,
        fmt::format(
            "The potential changes by {:.0f} mV from rest to rest: too much for one slope of the open-circuit curve.",
            1e3 * std::abs(step.value)));
  } else if (std::abs(step.value) < 3 * step.sigma()) {
    add(pulse, PulseFlag::step_not_measurable, alone,
        fmt::format("The potential step of {:.2f} mV is below three times its uncertainty of {:.2f} mV.",
                    1e3 * std::abs(step.value), 1e3 * step.sigma()));
  }
  if (pulse.window.r_squared < settings.r_squared_min) {
    // Not a reason to drop the pulse: a short window in noise is no line either, and its uncertainty says so.
    add(pulse, PulseFlag::not_linear, false,
        fmt::format("E against the square root of time is not a line in the window (R2 {:.3f}).",
                    pulse.window.r_squared));
  }
}

// The gradient costs less than the pulse's rows could show: far from a best fit, the intervals of the fit mean nothing.
bool gradient_unseen(const GittPulse& pulse) {
  constexpr double stands_out = 4;
  return pulse.in_trace && !(std::abs(pulse.lead_end_V) > stands_out * pulse.lead_noise_V);
}

// Why D is not known: the pulse shows nothing of the gradient, or something else explains it as well.
std::string why_unknown(const GittPulse& pulse) {
  const double step_mV = 1e3 * std::abs(pulse.ocv_after_V.value - pulse.ocv_before_V.value);
  if (gradient_unseen(pulse) && step_mV < 1e3 * 4 * pulse.lead_noise_V) {
    return fmt::format(
        "The open-circuit curve is flat here ({:.2g} mV over the pulse): the potential says nothing about "
        "lithium at the surface.",
        step_mV);
  }
  if (gradient_unseen(pulse)) {
    return fmt::format(
        "Lithium keeps up: the gradient costs {:.2g} mV at the end of the pulse, beside {:.2g} mV of noise. "
        "Longer pulses do not help, a larger current does.",
        1e3 * std::abs(pulse.lead_end_V), 1e3 * pulse.lead_noise_V);
  }
  if (!pulse.in_trace) return fmt::format("log10 D is known to {:.1f} decades only.", pulse.log10_D.sigma());
  return fmt::format(
      "log10 D is known to {:.1f} decades only: another D with another open-circuit curve or overpotential "
      "explains the trace as well.",
      pulse.log10_D.sigma());
}

void judge_formula(GittPulse& pulse) {
  // On the fitted curve, where there is one: it has no noise, so what differs is the formula's fault.
  const double formula = pulse.in_trace ? pulse.log10_equation_1_fitted : std::log10(pulse.D_equation_2_m2_s);
  const double disagreement = formula - pulse.log10_D.value;
  constexpr double too_much = 0.2;  // decades
  if (!(std::abs(disagreement) > too_much)) return;
  add(pulse, PulseFlag::equation_2_fails, false,
      fmt::format("Paper Eqs. (1) and (2) give {:.2g} times this D.", std::pow(10.0, disagreement)));
}

void judge_lithium(GittPulse& pulse) {
  if (!(pulse.surface_excursion > pulse.lithium_left)) return;
  add(pulse, PulseFlag::surface_beyond_lithium, true,
      fmt::format("With this D the surface would move by {:.2f} Li per formula unit; only {:.2f} are left. "
                  "D is larger, or the diffusion length shorter, than assumed.",
                  pulse.surface_excursion, pulse.lithium_left));
}

void judge_rest(const GittSettings& settings, double bias_V, GittPulse& pulse) {
  const double step = std::abs(pulse.in_trace ? pulse.ocv_after_V.value - pulse.ocv_before_V.value : pulse.step_V());
  if (!(std::abs(pulse.residual_V) > settings.residual_warn * step)) return;
  const bool invalid = !pulse.in_trace && std::abs(bias_V) > settings.residual_invalid * step;
  add(pulse, PulseFlag::rest_incomplete, invalid,
      fmt::format(
          "The rest ends {:.2g} mV from equilibrium (D t/L2 = {:.2g}), beside a step of {:.1f} mV; {:.2g} h would "
          "have come within {:.2g} mV.",
          1e3 * std::abs(pulse.residual_V), pulse.theta_rest, 1e3 * step, pulse.rest_wanted_s / core::seconds_per_hour,
          1e3 * settings.rest_tolerance_V));
}

// A run that follows another current starts from a gradient nobody knows; the fit took it as uniform.
void judge_start(GittPulse& pulse) {
  if (!pulse.run_after_current) return;
  constexpr double forgotten = 3;  // relaxation times
  if (!(pulse.since_run_start_s < forgotten * pulse.relaxation_s)) return;
  add(pulse, PulseFlag::direction_changed, true,
      fmt::format("This run of pulses began {:.2g} h earlier, after another current, and was taken to start uniform; a "
                  "gradient in these particles takes {:.2g} h to be forgotten.",
                  pulse.since_run_start_s / core::seconds_per_hour,
                  forgotten * pulse.relaxation_s / core::seconds_per_hour));
}

void judge_diffusion(const GittSample& sample, const GittSettings& settings, double bias_V, GittPulse& pulse) {
  if (!std::isfinite(pulse.D_m2_s.value)) {
    if (pulse.flags.empty() || pulse.valid()) {
      add(pulse, PulseFlag::diffusion_not_identifiable, true,
          "No D makes the shape of the pulse and the step from rest to rest agree: the pulse has reached the centre of "
          "the "
          "particle, or another process bends it.");
    }
    return;
  }
  if (pulse.theta_pulse > 0.1) {
    add(pulse, PulseFlag::pulse_too_long, false,
        fmt::format("The pulse is not short: D tau/L2 = {:.2g}, so paper Eqs. (1) and (2) do not hold; the {}'s exact "
                    "response is used.",
                    pulse.theta_pulse, name_of(sample.diffusion_length->geometry)));
  }
  if (pulse.log10_D.sigma() > settings.log10_D_sigma_max || gradient_unseen(pulse)) {
    add(pulse, PulseFlag::diffusion_not_identifiable, true, why_unknown(pulse));
  }
  constexpr double not_described = 0.5;
  if (pulse.in_trace && pulse.trace_misfit > not_described && !gradient_unseen(pulse)) {
    add(pulse, PulseFlag::diffusion_not_identifiable, true,
        fmt::format(
            "The fit of the whole trace leaves a slow misfit {:.1g} times what gradients cost: whatever moves the "
            "potential here, it is not this diffusion.",
            pulse.trace_misfit));
  }
  judge_start(pulse);
  judge_formula(pulse);
  judge_lithium(pulse);
  judge_rest(settings, bias_V, pulse);
}

void place_in_material(const GittSample& sample, GittPulse& pulse) {
  const double L = sample.diffusion_length->length_m.value;
  const double D = pulse.D_m2_s.value;
  pulse.theta_pulse = D * pulse.duration_s / (L * L);
  pulse.theta_rest = D * pulse.rest_s / (L * L);
  const double moved = std::abs(pulse.x_after - pulse.x_before);
  if (!std::isfinite(moved) || !std::isfinite(D)) return;
  const Geometry geometry = sample.diffusion_length->geometry;
  const double n = radius_per_length(geometry);
  const double theta = pulse.theta_pulse / (n * n);
  pulse.surface_excursion = pulse.in_trace ? std::abs(pulse.surface_end_x - pulse.x_before)
                                           : moved * surface_rise(geometry, theta) / mean_rise(geometry, theta);
  pulse.lithium_left = std::numeric_limits<double>::quiet_NaN();
  if (!sample.lithium_per_formula_unit || !sample.extracted_at_start) return;
  pulse.lithium_left = pulse.current_A > 0 ? *sample.lithium_per_formula_unit - pulse.x_before : pulse.x_before;
}

// What is left at the end of the rest dies away with the slowest mode of the grain.
void advise_on_rest(const DiffusionLength& length, const GittSettings& settings, GittPulse& pulse) {
  const double radius = radius_per_length(length.geometry) * length.length_m.value;
  pulse.relaxation_s = radius * radius / (pulse.D_m2_s.value * std::pow(slowest_mode(length.geometry), 2));
  const auto until = [&](double from_V) {
    return pulse.relaxation_s * std::log(std::abs(from_V) / settings.rest_tolerance_V);
  };
  if (std::abs(pulse.residual_V) > settings.rest_tolerance_V) {
    pulse.rest_wanted_s = pulse.rest_s + until(pulse.residual_V);
  } else if (pulse.in_trace) {  // what the gradient costs at the end of the pulse dies away at least so fast
    pulse.rest_wanted_s = std::clamp(until(pulse.lead_end_V), 0.0, pulse.rest_s);
  } else {
    pulse.rest_wanted_s = pulse.rest_s;
  }
}

// How fast the open-circuit slope changes from pulse to pulse, relative to it: the fit takes the slope as constant.
double slope_change(const std::vector<GittPulse>& pulses, std::size_t k) {
  if (k == 0 || k + 1 == pulses.size()) return 0;
  const auto per_charge = [&](std::size_t i) {
    return pulses[i].step_V() / (pulses[i].capacity_after_Ah - pulses[i].capacity_before_Ah);
  };
  const double change = std::abs(0.5 * (per_charge(k + 1) - per_charge(k - 1)) / per_charge(k));
  // Differences of noisy steps look like changes; only what exceeds the noise counts.
  const core::Value step = pulses[k].rest_after_V - pulses[k].rest_before_V;
  return std::sqrt(std::max(0.0, change * change - std::pow(step.relative_sigma(), 2)));
}

void widen(GittPulse& pulse, double relative_sigma) {
  pulse.D_m2_s.variance += std::pow(relative_sigma * pulse.D_m2_s.value, 2);
  pulse.log10_D = core::log10(pulse.D_m2_s);
}

}  // namespace

void judge_surroundings(const CyclerTable& table, const std::vector<Step>& steps, const GittSettings& settings,
                        GittPulse& pulse) {
  const Step& step = step_at(steps, pulse.step);
  if (direction_before(steps, pulse.step) == -step.direction) {
    add(pulse, PulseFlag::direction_changed, true,
        "The current before the last rest had the opposite sign: the potential step contains hysteresis.");
  }
  if (step.current_ripple > settings.ripple_max) {
    add(pulse, PulseFlag::current_ripple, step.current_ripple > 5 * settings.ripple_max,
        fmt::format("The current ripples by {:.1f} % of its mean.", 100 * step.current_ripple));
  }
  if (step.start_uncertainty_s > 0.02 * pulse.duration_s) {
    add(pulse, PulseFlag::switch_not_recorded, false,
        fmt::format("No row within {:.3g} s marks when the current was switched on.", step.start_uncertainty_s));
  }
  if (table.temperature_K.empty()) return;
  const auto first = table.temperature_K.begin() + step_at(steps, pulse.step - 1).last_row;
  const auto last = table.temperature_K.begin() + step_at(steps, pulse.step + 1).last_row;
  const auto [low, high] = std::minmax_element(first, last + 1);
  if (*high - *low > settings.temperature_step_K) {
    add(pulse, PulseFlag::temperature_step, true,
        fmt::format("The temperature changes by {:.1f} K during the pulse and its rest.", *high - *low));
  }
}

void judge_pulses(const GittSample& sample, const GittSettings& settings, std::vector<GittPulse>& pulses) {
  for (std::size_t k = 0; k < pulses.size(); ++k) {
    GittPulse& pulse = pulses[k];
    judge_fit(settings, pulse);
    if (!sample.diffusion_length) continue;
    place_in_material(sample, pulse);
    double bias = 0;
    if (std::isfinite(pulse.D_m2_s.value) && !pulse.in_trace) {
      pulse.residual_V = residual_after(pulses, k, *sample.diffusion_length);
      const double before = k > 0 && std::isfinite(pulses[k - 1].residual_V) ? pulses[k - 1].residual_V : 0.0;
      bias = pulse.residual_V - before;  // what the two incomplete rests do not cancel
      // D goes with the square of the step. The bias is a rough estimate, so it widens the interval and is not taken
      // off (taking it off doubled the error on cases with a falling D: docs/decisions/2026-11-22-incomplete-rests.md).
      widen(pulse, 2 * std::abs(bias / pulse.step_V()));
      widen(pulse, 2 * slope_change(pulses, k));
    }
    if (std::isfinite(pulse.D_m2_s.value)) advise_on_rest(*sample.diffusion_length, settings, pulse);
    judge_diffusion(sample, settings, bias, pulse);
  }
}

}  // namespace lithoscope::echem
