#include "lithoscope/echem/gitt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/core/parallel.hpp"
#include "pulse_fit.hpp"
#include "pulse_flags.hpp"
#include "trace_runs.hpp"

namespace lithoscope::echem {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Constant-current steps between two rests, of the usual length of such steps: a formation charge is no pulse.
std::vector<std::int64_t> find_pulse_steps(const std::vector<Step>& steps) {
  std::vector<std::int64_t> found;
  std::vector<double> durations;
  for (std::size_t i = 1; i + 1 < steps.size(); ++i) {
    const bool between_rests = steps[i - 1].kind == StepKind::rest && steps[i + 1].kind == StepKind::rest;
    if (steps[i].kind != StepKind::constant_current || !between_rests || !(steps[i].duration_s() > 0)) continue;
    found.push_back(static_cast<std::int64_t>(i));
    durations.push_back(steps[i].duration_s());
  }
  if (found.size() < 3) return found;
  const double usual = core::median(durations);
  std::erase_if(found, [&](std::int64_t i) { return steps[static_cast<std::size_t>(i)].duration_s() > 5 * usual; });
  return found;
}

// Rests far shorter than the pulses are interruptions (ICI): they measure a resistance, not an equilibrium.
Protocol protocol_of(const std::vector<Step>& steps, const std::vector<std::int64_t>& pulse_steps) {
  if (pulse_steps.size() < 2) return Protocol::no_pulses;
  std::vector<double> ratios;
  for (const std::int64_t i : pulse_steps) {
    const auto k = static_cast<std::size_t>(i);
    ratios.push_back(steps[k + 1].duration_s() / steps[k].duration_s());
  }
  return core::median(ratios) < 0.2 ? Protocol::ici : Protocol::gitt;
}

double extracted_per_Ah(const GittSample& sample) {
  if (!sample.molar_mass_g_per_mol || !sample.active_mass_kg) return nan;
  return core::seconds_per_hour * *sample.molar_mass_g_per_mol * 1e-3 /
         (core::faraday_C_per_mol * *sample.active_mass_kg);
}

GittPulse describe_pulse(const CyclerTable& table, const GittResult& result, std::int64_t index,
                         const GittSettings& settings) {
  const std::vector<Step>& steps = result.steps;
  const auto i = static_cast<std::size_t>(index);
  const Step& step = steps[i];
  const auto row = [](std::int64_t r) { return static_cast<std::size_t>(r); };
  GittPulse pulse;
  pulse.step = index;
  pulse.start_s = step.start_s;
  pulse.duration_s = step.duration_s();
  pulse.rest_s = steps[i + 1].duration_s();
  pulse.current_A = step.mean_current_A;
  pulse.capacity_before_Ah = table.capacity_Ah[row(steps[i - 1].last_row)];
  pulse.capacity_after_Ah = table.capacity_Ah[row(steps[i + 1].last_row)];
  pulse.x_before = result.lithium_extracted(pulse.capacity_before_Ah);
  pulse.x_after = result.lithium_extracted(pulse.capacity_after_Ah);
  const RestEnd before = rest_end(table, steps[i - 1], settings.rest_fit_share);
  pulse.rest_before_V = before.potential_V;
  pulse.drift_before_V_per_s = before.drift_V_per_s;
  pulse.rest_after_V = rest_end(table, steps[i + 1], settings.rest_fit_share).potential_V;
  pulse.ocv_before_V = pulse.ocv_after_V = {nan, nan};
  pulse.lead_noise_V = pulse.lead_end_V = pulse.surface_end_x = pulse.log10_equation_1_fitted = nan;
  pulse.end_V = table.potential_V[row(step.last_settled_row)];
  return pulse;
}

std::string why_no_diffusion(const GittSample& sample) {
  if (sample.cell == CellKind::full_cell) {
    return "This is a full cell: its voltage is the difference of two electrodes that both change, so no diffusion "
           "coefficient of the cathode can be had from it. Steps and resistances are reported.";
  }
  if (!sample.diffusion_length) {
    return "No diffusion length is known, so no D is computed. Give bet_area and density, or particle_radius.";
  }
  return {};
}

void warn_of_impossible_lithium(const GittSample& sample, GittResult& result) {
  if (!sample.lithium_per_formula_unit || !sample.extracted_at_start) return;
  const auto [low, high] = std::ranges::minmax(result.pulses, {}, &GittPulse::x_after);
  const double least = std::min(low.x_after, result.pulses.front().x_before);
  if (least > -0.02 && high.x_after < *sample.lithium_per_formula_unit + 0.02) return;
  result.warnings.push_back(fmt::format(
      "The lithium extracted runs from {:.2f} to {:.2f}, outside what the formula holds (0 to {:.2f}): check the "
      "active mass, the lithium at the start, and the sign of the current.",
      least, high.x_after, *sample.lithium_per_formula_unit));
}

void warn_of_missing_rests(GittResult& result) {
  const auto alone =
      std::ranges::count_if(result.steps, [](const Step& s) { return s.kind == StepKind::constant_current; }) -
      static_cast<std::ptrdiff_t>(result.pulses.size());
  if (result.protocol != Protocol::gitt || alone <= 0) return;
  result.warnings.push_back(fmt::format(
      "{} counted as {}: no rest before or after, or far longer than the others.",
      alone == 1 ? "1 constant-current step is not" : fmt::format("{} constant-current steps are not", alone),
      alone == 1 ? "a pulse" : "pulses"));
}

// A gap in the record of a current: whether it flowed there, only a charge counter knows.
void warn_of_gaps(const CyclerTable& table, GittResult& result) {
  if (table.capacity_origin != CapacityOrigin::integrated_current) return;
  int gaps = 0;
  double first_s = 0, missing_s = 0;
  for (const Step& step : result.steps) {
    if (step.kind != StepKind::constant_current || step.rows() < 5) continue;
    std::vector<double> spacings;
    for (std::int64_t row = step.first_row + 1; row <= step.last_row; ++row) {
      const auto i = static_cast<std::size_t>(row);
      spacings.push_back(table.time_s[i] - table.time_s[i - 1]);
    }
    const double longest = *std::ranges::max_element(spacings);
    constexpr double far_longer = 20;
    if (longest < 60 || longest < far_longer * core::median(spacings)) continue;
    if (gaps++ == 0) first_s = step.start_s;
    missing_s += longest;
  }
  if (gaps == 0) return;
  result.warnings.push_back(
      fmt::format("The record has {} under current, {:.2g} h in all, the first in the step from {:.2f} h on. The "
                  "current is taken to "
                  "have flowed there; if it rested, lithium is counted wrongly from there on.",
                  gaps == 1 ? "a gap" : fmt::format("{} gaps", gaps), missing_s / core::seconds_per_hour,
                  first_s / core::seconds_per_hour));
}

void add_warnings(const CyclerTable& table, const GittSample& sample, GittResult& result) {
  if (result.protocol == Protocol::no_pulses) {
    result.warnings.emplace_back(
        "Fewer than two constant-current steps lie between rests: this is not a titration. Only steps are reported.");
  }
  const bool wants_D = result.why_no_D.empty() && !result.pulses.empty();
  if (wants_D &&
      !(std::isfinite(result.extracted_per_Ah) && sample.lithium_per_formula_unit && sample.extracted_at_start)) {
    result.warnings.emplace_back(
        "Whether the surface runs out of lithium cannot be checked: that needs formula, active mass and the lithium "
        "already "
        "extracted at the start.");
  }
  if (wants_D) warn_of_impossible_lithium(sample, result);
  if (sample.cell == CellKind::not_declared && table.potential_kind == PotentialKind::cell_voltage &&
      result.why_no_D.empty()) {
    result.warnings.emplace_back(
        "The file records a cell voltage and the study does not say what cell it is (cell = \"half\" or \"full\"). "
        "D holds only if the other electrode keeps its potential.");
  }
  warn_of_missing_rests(result);
  warn_of_gaps(table, result);
  const auto no_ici =
      std::ranges::count_if(result.interruption_D_m2_s, [](const core::Value& D) { return !std::isfinite(D.value); });
  if (no_ici > 0) {
    result.warnings.push_back(fmt::format(
        "{} of {} interruptions give no D: at an end of the train, in noise, or against the signs of diffusion.",
        no_ici, result.interruptions.size()));
  }
  const auto cut = std::ranges::count_if(result.pulses, [](const GittPulse& p) {
    return std::ranges::any_of(p.flags, [](const Flag& f) { return f.kind == PulseFlag::rest_incomplete; });
  });
  if (cut > 0) {
    result.warnings.push_back(fmt::format(
        "{} of {} rests end before equilibrium: the potential after them is not the open-circuit potential.", cut,
        result.pulses.size()));
  }
}

}  // namespace

std::span<const core::Setting<GittSettings>> gitt_settings_table() {
  static constexpr std::array<core::Setting<GittSettings>, 14> table{{
      {"skip", "s", &GittSettings::skip_s,
       "The first moments of a pulse, not fitted: they are charge transfer and the double layer, not diffusion", 0,
       1000000000.0},
      {"theta_max", "1", &GittSettings::theta_max,
       "The window of the fit ends at this D t/L2: later the surface only follows the mean, which does not depend on "
       "D",
       1e-06, 1000000.0},
      {"excursion_max", "1", &GittSettings::excursion_max,
       "The window of the fit also ends when the surface has moved by this much lithium per formula unit", 1e-06, 10},
      {"window_points", "1", &GittSettings::window_points, "Rows the window of the fit includes at least", 3,
       1000000.0},
      {"rest_fit_share", "1", &GittSettings::rest_fit_share,
       "The last part of a rest, through which a line gives the potential at its end", 0.01, 1},
      {"r_squared_min", "1", &GittSettings::r_squared_min, "A window less straight than this is flagged", 0, 1},
      {"step_max", "V", &GittSettings::step_max_V,
       "A potential step larger than this is no titration step: the open-circuit curve is not straight over it", 0.0001,
       10},
      {"residual_warn", "1", &GittSettings::residual_warn,
       "A rest further from equilibrium than this share of the step is flagged", 0, 1000000.0},
      {"residual_invalid", "1", &GittSettings::residual_invalid,
       "A pulse whose step is wrong by more than this share because of incomplete rests is not used", 0, 1000000.0},
      {"ripple_max", "1", &GittSettings::ripple_max,
       "A current that varies by more than this share of its mean is flagged", 0, 10},
      {"temperature_step", "K", &GittSettings::temperature_step_K,
       "A pulse over which the temperature changes by more is not used", 0, 10000.0},
      {"whole_trace", "", &GittSettings::whole_trace,
       "Fit all pulses and rests of one direction at once; without it each pulse is taken alone"},
      {"log10_D_sigma_max", "1", &GittSettings::log10_D_sigma_max,
       "Standard deviation of log10 D above which it counts as not identifiable: 0.25 is a factor of three at 95 %", 0,
       100},
      {"rest_tolerance", "V", &GittSettings::rest_tolerance_V,
       "Distance from equilibrium at which a rest should end, for the advice on its length", 1e-07, 1},
  }};
  return table;
}

const char* name_of(PulseFlag flag) {
  switch (flag) {
    case PulseFlag::direction_changed:
      return "direction_changed";
    case PulseFlag::too_few_points:
      return "too_few_points";
    case PulseFlag::wrong_sign:
      return "wrong_sign";
    case PulseFlag::step_not_measurable:
      return "step_not_measurable";
    case PulseFlag::step_too_large:
      return "step_too_large";
    case PulseFlag::not_linear:
      return "not_linear";
    case PulseFlag::pulse_too_long:
      return "pulse_too_long";
    case PulseFlag::diffusion_not_identifiable:
      return "diffusion_not_identifiable";
    case PulseFlag::equation_2_fails:
      return "equation_2_fails";
    case PulseFlag::surface_beyond_lithium:
      return "surface_beyond_lithium";
    case PulseFlag::rest_incomplete:
      return "rest_incomplete";
    case PulseFlag::current_ripple:
      return "current_ripple";
    case PulseFlag::temperature_step:
      return "temperature_step";
    case PulseFlag::switch_not_recorded:
      return "switch_not_recorded";
  }
  return "";
}

bool GittPulse::valid() const {
  return std::ranges::none_of(flags, [](const Flag& flag) { return flag.invalidates; });
}

std::int64_t GittResult::valid_pulses() const {
  return std::ranges::count_if(pulses, [](const GittPulse& p) { return p.valid() && std::isfinite(p.D_m2_s.value); });
}

GittResult analyse_gitt(const CyclerTable& table, const GittSample& sample, const GittSettings& settings,
                        const StepSettings& step_settings, const IciSettings& ici_settings) {
  GittResult result;
  result.steps = find_steps(table, step_settings);
  result.why_no_D = why_no_diffusion(sample);
  result.extracted_per_Ah = extracted_per_Ah(sample);
  result.extracted_at_start = sample.extracted_at_start.value_or(0);
  const auto pulse_steps = find_pulse_steps(result.steps);
  result.protocol = protocol_of(result.steps, pulse_steps);
  result.interruptions = find_interruptions(table, result.steps, ici_settings);
  GittSample usable = sample;
  if (!result.why_no_D.empty()) usable.diffusion_length.reset();
  if (usable.diffusion_length && result.protocol == Protocol::ici) {
    result.interruption_D_m2_s = ici_diffusion(result.interruptions, result.steps, usable.diffusion_length->length_m);
  }
  if (result.protocol == Protocol::gitt) {
    result.pulses.resize(pulse_steps.size());
    core::parallel_for(static_cast<std::int64_t>(pulse_steps.size()), [&](std::int64_t k) {
      const auto i = static_cast<std::size_t>(k);
      GittPulse pulse = describe_pulse(table, result, pulse_steps[i], settings);
      fit_pulse(table, result.steps[static_cast<std::size_t>(pulse_steps[i])], usable, settings, pulse);
      result.pulses[i] = std::move(pulse);
    });
    for (GittPulse& pulse : result.pulses) judge_surroundings(table, result.steps, settings, pulse);
  }
  fit_traces(table, usable, settings, result);
  judge_pulses(usable, settings, result.pulses);
  add_warnings(table, sample, result);
  return result;
}

}  // namespace lithoscope::echem
