#include "formats/biologic_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>

#include "formats/format.hpp"
#include "lithoscope/core/constants.hpp"

namespace lithoscope::echem {
namespace {

using Column = std::optional<std::vector<double>>;

Column first_of(const BiologicColumn& column, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (Column found = column(name)) return found;
  }
  return std::nullopt;
}

void scale(std::vector<double>& values, double factor) {
  for (double& v : values) v *= factor;
}

Column charge_Ah(const BiologicColumn& column, std::initializer_list<std::string_view> mAh_names,
                 std::initializer_list<std::string_view> coulomb_names) {
  if (Column q = first_of(column, mAh_names)) {
    scale(*q, 1e-3);
    return q;
  }
  if (Column q = first_of(column, coulomb_names)) {
    scale(*q, 1.0 / core::seconds_per_hour);
    return q;
  }
  return std::nullopt;
}

// GCPL files hold no current: EC-Lab itself derives it from the charge counted since the row before.
std::vector<double> current_from_charge(const std::vector<double>& increment_Ah, const std::vector<double>& time_s) {
  std::vector<double> current(time_s.size(), 0.0);
  for (std::size_t i = 1; i < current.size(); ++i) {
    const double step_s = time_s[i] - time_s[i - 1];
    current[i] = step_s > 0 ? increment_Ah[i] * core::seconds_per_hour / step_s : current[i - 1];
  }
  return current;
}

bool all_resting(const BiologicColumn& column) {
  const Column mode = column("mode");
  return mode && !mode->empty() && std::ranges::all_of(*mode, [](double m) { return m == 3; });
}

void fill_current(CyclerTable& table, const BiologicColumn& column, const std::string& path,
                  const std::string& available) {
  if (Column sampled = column("I/mA")) {
    table.current_A = std::move(*sampled);
    scale(table.current_A, 1e-3);
    table.current_origin = CurrentOrigin::instantaneous;
  } else if (Column averaged = column("<I>/mA")) {
    table.current_A = std::move(*averaged);
    scale(table.current_A, 1e-3);
    table.current_origin = CurrentOrigin::interval_average;
  } else if (const Column increment = charge_Ah(column, {"dq/mA.h", "dQ/mA.h"}, {"dQ/C"})) {
    table.current_A = current_from_charge(*increment, table.time_s);
    table.current_origin = CurrentOrigin::charge_over_interval;
  } else if (all_resting(column)) {
    table.current_A.assign(table.time_s.size(),
                           0.0);  // open circuit: the instrument records no current because none flows
  } else {
    unreadable(path, "has no current", "a column I/mA, <I>/mA, dq/mA.h or dQ/C", available,
               "export it again with the current included");
  }
}

}  // namespace

std::string iso_time(std::chrono::sys_days day, double seconds) {
  const auto total = static_cast<std::int64_t>(std::llround(seconds * 1000));
  const std::chrono::year_month_day date{day + std::chrono::days{total / 86'400'000}};
  const std::int64_t ms = total % 86'400'000;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), ms / 3'600'000,
                     ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

bool fill_from_biologic(CyclerTable& table, const BiologicColumn& column, const std::string& path,
                        const std::string& available) {
  Column time = column("time/s");
  if (!time) unreadable(path, "has no time", "a column time/s", available, "export it again with the time included");
  table.time_s = std::move(*time);
  Column potential = first_of(column, {"Ewe/V", "<Ewe>/V", "<Ewe/V>"});
  if (!potential) {
    potential = first_of(column, {"Ecell/V", "<Ecell>/V", "Ewe-Ece/V"});
    table.potential_kind = PotentialKind::cell_voltage;
  }
  if (!potential)
    unreadable(path, "has no potential", "a column Ewe/V, <Ewe>/V or Ecell/V", available, "export it again");
  table.potential_V = std::move(*potential);
  fill_current(table, column, path, available);
  if (const Column step = column("Ns")) {
    table.step.reserve(step->size());
    for (const double ns : *step) table.step.push_back(step_number(ns));
  }
  if (Column temperature = column("Temperature/°C")) {
    table.temperature_K = std::move(*temperature);
    for (double& t : table.temperature_K) t += core::zero_celsius_K;
  }
  Column capacity = charge_Ah(column, {"(Q-Qo)/mA.h"}, {"(Q-Qo)/C"});
  if (!capacity) return false;
  table.capacity_Ah = std::move(*capacity);
  table.capacity_origin = CapacityOrigin::file_net_counter;
  return true;
}

}  // namespace lithoscope::echem
