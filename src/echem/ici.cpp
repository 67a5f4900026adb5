#include "lithoscope/echem/ici.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace lithoscope::echem {
namespace {

double mean_current_before(const CyclerTable& table, const Step& step, double span_s) {
  const double end = table.time_s[static_cast<std::size_t>(step.last_row)];
  double sum = 0;
  std::int64_t count = 0;
  for (std::int64_t row = step.last_row; row >= step.first_row; --row) {
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

}  // namespace

std::span<const core::Setting<IciSettings>> ici_settings_table() {
  static constexpr std::array<core::Setting<IciSettings>, 3> table{{
      {"ici_from", "s", &IciSettings::from_s,
       "start of the window on a rest; earlier is charge transfer and the double layer"},
      {"ici_to", "s", &IciSettings::to_s, "end of the window on a rest; later the square-root law bends"},
      {"ici_current_average", "s", &IciSettings::current_average_s,
       "the interrupted current is the mean over this time"},
  }};
  return table;
}

std::vector<Interruption> find_interruptions(const CyclerTable& table, const std::vector<Step>& steps,
                                             const IciSettings& settings) {
  std::vector<Interruption> found;
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    const Step& active = steps[i];
    const Step& rest = steps[i + 1];
    if (active.direction == 0 || rest.direction != 0) continue;
    Interruption entry;
    entry.fit = fit_rest(table, rest, settings);
    if (entry.fit.points < 3 || !std::isfinite(entry.fit.slope.value)) continue;
    const auto last = static_cast<std::size_t>(active.last_row);
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
  std::vector<double> time_under_current(interruptions.size());
  const auto active = [&](std::size_t i) -> const Step& {
    return steps[static_cast<std::size_t>(interruptions[i].active_step)];
  };
  for (std::size_t i = 0; i < interruptions.size(); ++i) {
    time_under_current[i] = (i > 0 ? time_under_current[i - 1] : 0.0) + active(i).duration_s();
  }
  for (std::size_t i = 1; i + 1 < interruptions.size(); ++i) {
    const int direction = active(i).direction;
    if (active(i - 1).direction != direction || active(i + 1).direction != direction) continue;
    const core::Value rise = interruptions[i + 1].fit.intercept - interruptions[i - 1].fit.intercept;
    const core::Value ocv_slope = rise / (time_under_current[i + 1] - time_under_current[i - 1]);
    const core::Value ratio = diffusion_length_m * ocv_slope / interruptions[i].fit.slope;
    result[i] = (4 / std::numbers::pi) * core::power(ratio, 2);
  }
  return result;
}

}  // namespace lithoscope::echem
