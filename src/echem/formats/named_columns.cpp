#include "formats/named_columns.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numeric>

#include "formats/format.hpp"
#include "lithoscope/core/constants.hpp"

namespace lithoscope::echem {

std::string plain_spelling(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c == ' ' || c == '_' || c == '"') continue;
    plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return plain;
}

io::TextTable parse_named_csv(const io::InputFile& file) {
  const char delimiter = io::guess_delimiter(first_line(file.bytes()));
  return io::parse_text_table(file.path(), file.bytes(), {.delimiter = delimiter});
}

const io::TextColumn* find_spelled(const io::TextTable& table, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    for (const io::TextColumn& column : table.columns) {
      if (plain_spelling(column.name) == name) return &column;
    }
  }
  return nullptr;
}

const std::vector<double>& required_numbers(const io::TextTable& table, const std::string& path, std::string_view what,
                                            std::initializer_list<std::string_view> names) {
  const io::TextColumn* column = find_spelled(table, names);
  if (column != nullptr) return io::numbers_of(path, *column);
  std::string available;
  for (const io::TextColumn& c : table.columns) available += (available.empty() ? "" : ", ") + c.name;
  unreadable(path, "has no column for the " + std::string{what}, std::string{*names.begin()}, available,
             "export the file again with that column");
}

namespace {

// Arbin does not write rows in order of time, so everything is put in order of Data_Point.
std::vector<std::size_t> order_of(const io::TextTable& table) {
  std::vector<std::size_t> order(static_cast<std::size_t>(table.rows));
  std::iota(order.begin(), order.end(), std::size_t{0});
  const io::TextColumn* point = find_spelled(table, {"datapoint"});
  const bool complete = point != nullptr && !point->is_text() &&
                        std::ranges::none_of(point->numbers, [](double p) { return std::isnan(p); });
  if (complete) {
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return point->numbers[i]; });
  }
  return order;
}

std::vector<double> in_order(const std::vector<double>& values, const std::vector<std::size_t>& order) {
  std::vector<double> sorted(order.size());
  std::ranges::transform(order, sorted.begin(), [&](std::size_t i) { return values[i]; });
  return sorted;
}

}  // namespace

CyclerTable arbin_table(const io::TextTable& table, const std::string& path) {
  if (table.rows == 0)
    unreadable(path, "holds no rows of data", "at least one row", "none", "the measurement was empty");
  const auto order = order_of(table);
  CyclerTable out;
  out.potential_kind = PotentialKind::cell_voltage;
  out.time_s = in_order(required_numbers(table, path, "time", {"testtime", "testtime(s)"}), order);
  out.potential_V = in_order(required_numbers(table, path, "voltage", {"voltage", "voltage(v)"}), order);
  out.current_A = in_order(required_numbers(table, path, "current", {"current", "current(a)"}), order);
  const io::TextColumn* charge = find_spelled(table, {"chargecapacity", "chargecapacity(ah)"});
  const io::TextColumn* discharge = find_spelled(table, {"dischargecapacity", "dischargecapacity(ah)"});
  if (charge != nullptr && discharge != nullptr && !charge->is_text() && !discharge->is_text()) {
    out.capacity_Ah = net_of_counters(in_order(charge->numbers, order), in_order(discharge->numbers, order));
    out.capacity_origin = CapacityOrigin::file_charge_minus_discharge;
  }
  if (const io::TextColumn* step = find_spelled(table, {"stepindex"}); step != nullptr && !step->is_text()) {
    for (const std::size_t i : order) out.step.push_back(step_number(step->numbers[i]));
  }
  if (const io::TextColumn* aux = find_spelled(table, {"auxtemperature1(c)"}); aux != nullptr && !aux->is_text()) {
    for (const double t : in_order(aux->numbers, order)) out.temperature_K.push_back(t + core::zero_celsius_K);
  }
  return out;
}

}  // namespace lithoscope::echem
