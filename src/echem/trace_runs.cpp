#include "trace_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/parallel.hpp"

namespace lithoscope::echem {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t fewest_pulses = 4;

const Step& step_at(const std::vector<Step>& steps, std::int64_t i) { return steps[static_cast<std::size_t>(i)]; }

// From one pulse to the next only rests and currents of the same direction, on one clock: lithium can be followed.
bool connected(const std::vector<Step>& steps, std::int64_t from, std::int64_t to) {
  const int direction = step_at(steps, from).direction;
  for (std::int64_t i = from; i <= to; ++i) {
    const Step& step = step_at(steps, i);
    if (step.kind != StepKind::rest && step.kind != StepKind::constant_current) return false;
    if (step.direction == -direction) return false;
    if (i > from && step.start_s < step_at(steps, i - 1).start_s) return false;
  }
  return true;
}

// A last pulse that met the voltage limit has no rest after it: it still says what the surface did.
std::int64_t last_step_of(const std::vector<Step>& steps, const std::vector<TraceStart>& run) {
  const std::int64_t pulse = run.back().step;
  const std::int64_t next = pulse + 2;
  if (next >= static_cast<std::int64_t>(steps.size()) || !connected(steps, pulse, next)) return pulse + 1;
  const Step& step = step_at(steps, next);
  const bool cut_short = step.direction != 0 && step.duration_s() <= step_at(steps, pulse).duration_s();
  return cut_short ? next : pulse + 1;
}

// The first interruption has no neighbour before it, and so no starting value; its charge and rows count all the same.
std::int64_t first_step_of(const std::vector<Step>& steps, const std::vector<TraceStart>& run, bool interruptions) {
  const std::int64_t first = run.front().step - 1;
  const bool whole = interruptions && first >= 2 && step_at(steps, first - 2).direction == 0;
  return whole && connected(steps, first - 1, first + 1) ? first - 2 : first;
}

std::vector<std::vector<TraceStart>> runs_of(const std::vector<Step>& steps, const std::vector<TraceStart>& pulses) {
  std::vector<std::vector<TraceStart>> runs;
  for (const TraceStart& pulse : pulses) {
    if (runs.empty() || !connected(steps, runs.back().back().step, pulse.step)) runs.emplace_back();
    runs.back().push_back(pulse);
  }
  std::erase_if(runs, [](const auto& run) { return run.size() < fewest_pulses; });
  return runs;
}

std::vector<TraceStart> starts_of_pulses(const std::vector<GittPulse>& pulses) {
  std::vector<TraceStart> starts;
  for (const GittPulse& p : pulses) {
    starts.push_back({p.step, p.rest_before_V.value, p.rest_after_V.value, p.jump_V.value, p.D_m2_s.value});
  }
  return starts;
}

// Interruptions between two rests; the potential without current stands for that at rest.
std::vector<TraceStart> starts_of_interruptions(const GittResult& result) {
  std::vector<TraceStart> starts;
  for (std::size_t i = 1; i < result.interruptions.size(); ++i) {
    const Interruption& here = result.interruptions[i];
    const Interruption& before = result.interruptions[i - 1];
    if (here.active_step != before.active_step + 2) continue;
    const double D = i < result.interruption_D_m2_s.size() ? result.interruption_D_m2_s[i].value : nan;
    starts.push_back({here.active_step, before.fit.intercept.value, here.fit.intercept.value,
                      here.potential_V - here.fit.intercept.value, D});
  }
  return starts;
}

// Steps around pulses whose rows would mislead the fit.
std::vector<std::int64_t> disturbed_steps(const std::vector<GittPulse>& pulses) {
  std::vector<std::int64_t> steps;
  for (const GittPulse& p : pulses) {
    for (const Flag& flag : p.flags) {
      const bool disturbed = flag.kind == PulseFlag::current_ripple || flag.kind == PulseFlag::temperature_step;
      if (disturbed && flag.invalidates) steps.insert(steps.end(), {p.step, p.step + 1});
    }
  }
  return steps;
}

void put(const WholeTrace& trace, const TracePulse& fitted, const GittResult& result, GittPulse& pulse) {
  pulse.in_trace = true;
  pulse.trace_misfit = trace.slow_noise_V / trace.gradient_V;
  for (std::int64_t i = 0; i < trace.first_step; ++i) {
    pulse.run_after_current = pulse.run_after_current || step_at(result.steps, i).direction != 0;
  }
  pulse.since_run_start_s = pulse.start_s - step_at(result.steps, trace.first_step).start_s;
  pulse.log10_D = fitted.log10_D;
  const double D = std::pow(10.0, fitted.log10_D.value);
  pulse.D_m2_s = {D, std::pow(std::numbers::ln10 * D, 2) * fitted.log10_D.variance};
  pulse.ocv_before_V = fitted.ocv_before_V;
  pulse.ocv_after_V = fitted.ocv_after_V;
  pulse.lead_noise_V = fitted.lead_noise_V;
  pulse.lead_end_V = fitted.lead_end_V;
  pulse.residual_V = fitted.lead_rested_V;
  pulse.surface_end_x = result.lithium_extracted(fitted.surface_end_Ah);
  pulse.log10_equation_1_fitted = fitted.log10_equation_1;
}

std::string name_of_run(const GittResult& result, const WholeTrace& trace) {
  return fmt::format("The {} from {:.1f} h on",
                     step_at(result.steps, trace.first_step + 1).direction > 0 ? "charge" : "discharge",
                     step_at(result.steps, trace.first_step).start_s / core::seconds_per_hour);
}

void warn(const WholeTrace& trace, GittResult& result) {
  const std::string run = name_of_run(result, trace);
  if (!trace.why_not.empty()) {
    result.warnings.push_back(
        fmt::format("{} was not fitted as a whole: {}. D is from each pulse alone.", run, trace.why_not));
    return;
  }
  if (trace.spikes > 0) {
    result.warnings.push_back(fmt::format("{}: {} {} far off the rows around {} and left out of the fit.", run,
                                          trace.spikes, trace.spikes == 1 ? "row is" : "rows are",
                                          trace.spikes == 1 ? "it" : "them"));
  }
  constexpr double much = 0.1;
  if (trace.slow_noise_V > much * trace.gradient_V && trace.slow_noise_V > 2 * trace.white_noise_V) {
    result.warnings.push_back(
        fmt::format("{}: the fit leaves {:.2g} mV of slow misfit beside gradients of {:.2g} mV. One kind of particle "
                    "with one D(x) does "
                    "not describe all of it (sizes, electrolyte, hysteresis, missing rows?). The intervals count it as "
                    "noise; it may "
                    "also be bias.",
                    run, 1e3 * trace.slow_noise_V, 1e3 * trace.gradient_V));
  }
  if (!trace.converged) {
    result.warnings.push_back(
        fmt::format("{}: the fit of the whole trace had not settled after {} evaluations; its "
                    "intervals may be too narrow.",
                    run, trace.evaluations));
  }
  if (trace.drift_V_per_s.value != 0) {
    const core::Value drift = (1e3 * core::seconds_per_hour) * trace.drift_V_per_s;
    result.warnings.push_back(fmt::format(
        "{}: the potential drifts by {} mV/h, which lithium in the particle does not explain (the reference electrode, "
        "a side reaction, self-discharge). It is taken off the open-circuit potential.",
        run, core::format_value(drift)));
  }
}

}  // namespace

void fit_traces(const CyclerTable& table, const GittSample& sample, const GittSettings& settings, GittResult& result) {
  if (!settings.whole_trace || !sample.diffusion_length) return;
  const bool ici = result.protocol == Protocol::ici;
  const auto starts = ici ? starts_of_interruptions(result) : starts_of_pulses(result.pulses);
  const auto runs = runs_of(result.steps, starts);
  if (runs.empty() && !starts.empty()) {
    result.warnings.push_back(fmt::format(
        "The trace cannot be fitted as a whole: no {} pulses of one direction follow each other with nothing but rests "
        "between. D is from each pulse alone.",
        fewest_pulses));
  }
  const auto left_out = disturbed_steps(result.pulses);
  result.traces.resize(runs.size());
  core::parallel_for(static_cast<std::int64_t>(runs.size()), [&](std::int64_t k) {
    const auto i = static_cast<std::size_t>(k);
    result.traces[i] = fit_whole_trace(
        table, result.steps, {first_step_of(result.steps, runs[i], ici), last_step_of(result.steps, runs[i]), left_out},
        runs[i], *sample.diffusion_length, settings.skip_s);
  });
  for (const WholeTrace& trace : result.traces) {
    warn(trace, result);
    for (const TracePulse& fitted : trace.pulses) {
      const auto pulse = std::ranges::find(result.pulses, fitted.step, &GittPulse::step);
      if (pulse != result.pulses.end()) put(trace, fitted, result, *pulse);
    }
  }
}

}  // namespace lithoscope::echem
