#include "lithoscope/echem/cycler_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/errors.hpp"

namespace lithoscope::echem {
namespace {

std::string first_path(const CyclerTable& table) { return table.sources.empty() ? "" : table.sources.front().path; }

[[noreturn]] void unusable(const CyclerTable& table, std::string what, std::string expected, std::string found,
                           std::string advice) {
  throw core::UnreadableFile({.what = std::move(what),
                              .where = {.path = first_path(table)},
                              .expected = std::move(expected),
                              .found = std::move(found),
                              .advice = std::move(advice)});
}

void require_finite(const CyclerTable& table, const std::vector<double>& column, const char* name) {
  const auto bad = std::ranges::find_if(column, [](double x) { return !std::isfinite(x); });
  if (bad == column.end()) return;
  unusable(table, fmt::format("row {} has no {}", bad - column.begin() + 1, name), "a finite number", "none",
           "the file is damaged or was edited: export it again");
}

void append_to(std::vector<double>& to, const std::vector<double>& from, double shift) {
  std::ranges::transform(from, std::back_inserter(to), [shift](double x) { return x + shift; });
}

// A column some files have and others lack cannot be joined; it is dropped with a remark, never padded.
template <class T>
bool drop_if_partial(std::vector<CyclerTable>& tables, std::vector<T> CyclerTable::* column) {
  const auto empty = [&](const CyclerTable& t) { return (t.*column).empty(); };
  if (std::ranges::none_of(tables, empty) || std::ranges::all_of(tables, empty)) return false;
  for (CyclerTable& table : tables) (table.*column).clear();
  return true;
}

double usual_interval(const std::vector<double>& time) {
  std::vector<double> steps;
  for (std::size_t i = 1; i < time.size(); ++i) steps.push_back(time[i] - time[i - 1]);
  if (steps.empty()) return 1.0;
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::ranges::nth_element(steps, middle);
  return *middle;
}

void order_by_time(std::vector<CyclerTable>& tables) {
  std::ranges::stable_sort(tables, {}, [](const CyclerTable& t) { return t.time_s.front(); });
  for (std::size_t i = 1; i < tables.size(); ++i) {
    if (tables[i].time_s.front() >= tables[i - 1].time_s.back()) continue;
    unusable(tables[i], "overlaps in time with " + first_path(tables[i - 1]),
             fmt::format("to start at {} s or later", tables[i - 1].time_s.back()),
             fmt::format("{} s", tables[i].time_s.front()),
             "if each file starts its own clock, say join = \"sequence\"");
  }
}

}  // namespace

std::string describe(CapacityOrigin origin) {
  switch (origin) {
    case CapacityOrigin::file_net_counter:
      return "net charge since the first row, from the file's signed counter";
    case CapacityOrigin::file_charge_minus_discharge:
      return "net charge since the first row, from the file's charge and discharge counters";
    case CapacityOrigin::integrated_current:
      return "net charge since the first row, integrated from the current";
  }
  return {};
}

std::string describe(CurrentOrigin origin) {
  switch (origin) {
    case CurrentOrigin::instantaneous:
      return "as sampled when the row was written";
    case CurrentOrigin::interval_average:
      return "the instrument's average since the row before";
    case CurrentOrigin::charge_over_interval:
      return "charge counted since the row before, over the time";
  }
  return {};
}

std::vector<double> integrate_current_Ah(const CyclerTable& table) {
  const bool averaged = table.current_origin != CurrentOrigin::instantaneous;
  std::vector<double> capacity(table.time_s.size(), 0.0);
  for (std::size_t i = 1; i < capacity.size(); ++i) {
    const double current = averaged ? table.current_A[i] : 0.5 * (table.current_A[i] + table.current_A[i - 1]);
    const double step_s = std::max(0.0, table.time_s[i] - table.time_s[i - 1]);
    capacity[i] = capacity[i - 1] + current * step_s / core::seconds_per_hour;
  }
  return capacity;
}

void check_table(CyclerTable& table) {
  if (table.rows() == 0) {
    unusable(table, "holds no rows of data", "at least one row", "none",
             "the measurement was empty or the file is cut");
  }
  require_finite(table, table.time_s, "time");
  require_finite(table, table.potential_V, "potential");
  require_finite(table, table.current_A, "current");
  std::int64_t back = 0;
  std::int64_t first_back = 0;
  for (std::size_t i = 1; i < table.time_s.size(); ++i) {
    if (table.time_s[i] >= table.time_s[i - 1]) continue;
    if (back++ == 0) first_back = static_cast<std::int64_t>(i) + 1;
  }
  if (back > 0) {
    table.remarks.push_back(
        fmt::format("Time goes back {}, first at row {}. Steps are cut there; check the file's clock.",
                    back == 1 ? "once" : fmt::format("{} times", back), first_back));
  }
}

void scale_to_mass(CyclerTable& table, double mass_kg) {
  for (double& i : table.current_A) i *= mass_kg;
  for (double& q : table.capacity_Ah) q *= mass_kg;
  table.current_per_mass = false;
}

CyclerTable join_tables(std::vector<CyclerTable> tables, Join how) {
  if (tables.empty()) return {};
  if (tables.size() == 1) return std::move(tables.front());
  if (how == Join::time) order_by_time(tables);
  const bool temperature_dropped = drop_if_partial(tables, &CyclerTable::temperature_K);
  const bool step_dropped = drop_if_partial(tables, &CyclerTable::step);
  for (const CyclerTable& table : tables) {
    if (table.current_per_mass != tables.front().current_per_mass ||
        table.potential_kind != tables.front().potential_kind) {
      unusable(table, "differs in kind from " + first_path(tables.front()), "the same current and potential columns",
               "others", "join only files of one measurement");
    }
  }
  CyclerTable joined;
  joined.current_origin = tables.front().current_origin;
  joined.capacity_origin = tables.front().capacity_origin;
  joined.potential_kind = tables.front().potential_kind;
  joined.current_per_mass = tables.front().current_per_mass;
  joined.sample = tables.front().sample;
  for (CyclerTable& table : tables) {
    double shift = 0;
    if (how == Join::sequence && !joined.time_s.empty()) {
      shift = joined.time_s.back() + usual_interval(table.time_s) - table.time_s.front();
      table.stamp.front() = TimeStamp::interpolated;  // the gap between two clocks is not known
    }
    const double charge_before = joined.capacity_Ah.empty() ? 0 : joined.capacity_Ah.back();
    append_to(joined.time_s, table.time_s, shift);
    append_to(joined.potential_V, table.potential_V, 0);
    append_to(joined.current_A, table.current_A, 0);
    append_to(joined.capacity_Ah, table.capacity_Ah, charge_before);
    append_to(joined.temperature_K, table.temperature_K, 0);
    joined.step.insert(joined.step.end(), table.step.begin(), table.step.end());
    joined.stamp.insert(joined.stamp.end(), table.stamp.begin(), table.stamp.end());
    joined.sources.insert(joined.sources.end(), table.sources.begin(), table.sources.end());
    joined.remarks.insert(joined.remarks.end(), table.remarks.begin(), table.remarks.end());
  }
  const bool one_origin = std::ranges::all_of(tables, [&](const CyclerTable& t) {
    return t.capacity_origin == joined.capacity_origin && t.current_origin == joined.current_origin;
  });
  if (!one_origin) {
    joined.current_origin = CurrentOrigin::instantaneous;
    joined.capacity_Ah = integrate_current_Ah(joined);
    joined.capacity_origin = CapacityOrigin::integrated_current;
    joined.remarks.emplace_back(
        "The files count charge or record current differently; charge was integrated from the current.");
  }
  if (temperature_dropped) joined.remarks.emplace_back("Only some files have a temperature; it is not used.");
  if (step_dropped) joined.remarks.emplace_back("Only some files have step numbers; they are not kept.");
  return joined;
}

}  // namespace lithoscope::echem
