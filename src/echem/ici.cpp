#include "lithoscope/echem/ici.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace lithoscope::echem {
namespace {

double mean_current_before(const CyclerTable& table, const Step& step, double span_s) {
  const double end = table.time_s[static_cast<std::size_t>(step.last_settled_row)];
  double sum = 0;
  std::int64_t count = 0;
  for (std::int64_t row = step.last_settled_row; row >= step.first_settled_row; --row) {
    const auto i = static_cast<std::size_t>(row);
    if (count > 0 && table.time_s[i] < end - span_s) break;
    sum += table.current_A[i];
    ++count;
  }
  return sum / static_cast<double>(count);
}

LineFit fit_rest(const CyclerTable& table, const Step& rest, const IciSettings& settings) {
  std::vector<double> root_time;
  std::vector<double> potential;
  const double start = table.time_s[static_cast<std::size_t>(rest.first_row)];
  for (std::int64_t row = rest.first_row; row <= rest.last_row; ++row) {
    const auto i = static_cast<std::size_t>(row);
    const double t = table.time_s[i] - start;
    if (t < settings.from_s) continue;
    if (t > settings.to_s) break;
    root_time.push_back(std::sqrt(t));
    potential.push_back(table.potential_V[i]);
  }
  return fit_line(root_time, potential);
}

// Time under current of one direction after step `from` up to the end of step `to`; NaN when the other direction is
// between.
double time_under_current(const std::vector<Step>& steps, std::int64_t from, std::int64_t to, int direction) {
  double sum = 0;
  for (std::int64_t i = from + 1; i <= to; ++i) {
    const Step& step = steps[static_cast<std::size_t>(i)];
    if (step.direction == -direction) return std::numeric_limits<double>::quiet_NaN();
    if (step.direction == direction) sum += step.duration_s();
  }
  return sum;
}

}  // namespace

std::span<const core::Setting<IciSettings>> ici_settings_table() {
  static constexpr std::array<core::Setting<IciSettings>, 3> table{{
      {"ici_from", "s", &IciSettings::from_s,
       "Start of the window on a rest; earlier is charge transfer and the double layer", 0, 1000000000.0},
      {"ici_to", "s", &IciSettings::to_s, "End of the window on a rest; later the square-root law bends", 0,
       1000000000.0},
      {"ici_current_average", "s", &IciSettings::current_average_s,
       "Time before an interruption over which its current is averaged", 0, 1000000000.0},
  }};
  return table;
}

std::vector<Interruption> find_interruptions(const CyclerTable& table, const std::vector<Step>& steps,
                                             const IciSettings& settings) {
  std::vector<Interruption> found;
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    const Step& active = steps[i];
    const Step& rest = steps[i + 1];
    if (active.kind != StepKind::constant_current || rest.kind != StepKind::rest) continue;
    Interruption entry;
    entry.fit = fit_rest(table, rest, settings);
    if (entry.fit.points < 3 || !std::isfinite(entry.fit.slope.value)) continue;
    const auto last = static_cast<std::size_t>(active.last_settled_row);
    entry.active_step = static_cast<std::int64_t>(i);
    entry.time_s = table.time_s[last];
    entry.capacity_Ah = table.capacity_Ah[last];
    entry.potential_V = table.potential_V[last];
    entry.current_A = mean_current_before(table, active, settings.current_average_s);
    // The current that flows on after the interruption (leakage) is below the rest threshold: zero.
    entry.resistance_ohm = (core::Value::exact(entry.potential_V) - entry.fit.intercept) / entry.current_A;
    entry.k_ohm_per_sqrt_s = (-1.0 * entry.fit.slope) / entry.current_A;
    found.push_back(entry);
  }
  return found;
}

std::vector<core::Value> ici_diffusion(const std::vector<Interruption>& interruptions, const std::vector<Step>& steps,
                                       core::Value diffusion_length_m) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<core::Value> result(interruptions.size(), core::Value{nan, nan});
  for (std::size_t i = 1; i + 1 < interruptions.size(); ++i) {
    const Interruption& before = interruptions[i - 1];
    const Interruption& after = interruptions[i + 1];
    const int direction = steps[static_cast<std::size_t>(interruptions[i].active_step)].direction;
    const double on_s = time_under_current(steps, before.active_step, after.active_step, direction);
    const core::Value ocv_slope = (after.fit.intercept - before.fit.intercept) / on_s;
    const core::Value relaxation = interruptions[i].fit.slope;
    // Charging lifts the open-circuit potential and the rest falls; anything else is not diffusion, and squaring would
    // hide it.
    const bool diffusive = direction * ocv_slope.value > 0 && direction * relaxation.value < 0;
    if (!diffusive || std::abs(relaxation.value) < 3 * relaxation.sigma()) continue;
    result[i] = (4 / std::numbers::pi) * core::power(diffusion_length_m * ocv_slope / relaxation, 2);
  }
  return result;
}

const char* ici_diffusion_flag(const core::Value& D_m2_s) {
  return std::isfinite(D_m2_s.value) ? "ok" : "end_of_train_or_not_diffusive";
}

}  // namespace lithoscope::echem
