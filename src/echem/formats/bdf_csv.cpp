// Battery Data Format csv: preferred labels ("Test Time / s") or machine names (test_time_second).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "formats/format.hpp"
#include "formats/named_columns.hpp"
#include "lithoscope/core/constants.hpp"
#include "lithoscope/echem/cycler_files.hpp"

namespace lithoscope::echem {
namespace {

constexpr std::string_view format_name = "BDF csv";

bool recognises(std::string_view bytes) {
  const std::string line = plain_spelling(first_line(bytes));
  const auto has = [&](std::string_view a, std::string_view b) {
    return line.find(a) != std::string::npos || line.find(b) != std::string::npos;
  };
  return has("testtime/s", "testtimesecond") && has("voltage/v", "voltagevolt") && has("current/a", "currentampere");
}

void read_capacity(const io::TextTable& text, CyclerTable& table) {
  const auto* net = find_spelled(text, {"netcapacity/ah", "netcapacityah"});
  const auto* charge = find_spelled(text, {"chargingcapacity/ah", "chargingcapacityah"});
  const auto* discharge = find_spelled(text, {"dischargingcapacity/ah", "dischargingcapacityah"});
  if (net != nullptr && !net->is_text()) {
    table.capacity_Ah = net->numbers;
    table.capacity_origin = CapacityOrigin::file_net_counter;
  } else if (charge != nullptr && discharge != nullptr && !charge->is_text() && !discharge->is_text()) {
    table.capacity_Ah = net_of_counters(charge->numbers, discharge->numbers);
    table.capacity_origin = CapacityOrigin::file_charge_minus_discharge;
  }
}

void read_temperature(const io::TextTable& text, CyclerTable& table) {
  const auto* column =
      find_spelled(text, {"surfacetemperature/degc", "surfacetemperaturecelsius", "temperaturet1/degc",
                          "temperaturet1celsius", "ambienttemperature/degc", "ambienttemperaturecelsius"});
  if (column == nullptr || column->is_text()) return;
  for (const double t : column->numbers) table.temperature_K.push_back(t + core::zero_celsius_K);
}

CyclerTable read(const io::InputFile& file) {
  const io::TextTable text = parse_named_csv(file);
  CyclerTable table;
  table.potential_kind = PotentialKind::cell_voltage;
  table.time_s = required_numbers(text, file.path(), "time", {"testtime/s", "testtimesecond"});
  table.potential_V = required_numbers(text, file.path(), "voltage", {"voltage/v", "voltagevolt"});
  table.current_A = required_numbers(text, file.path(), "current", {"current/a", "currentampere"});
  if (const auto* step = find_spelled(text, {"stepid", "stepid/1", "stepindex", "stepcount/1", "stepcount"});
      step != nullptr && !step->is_text()) {
    for (const double s : step->numbers) table.step.push_back(step_number(s));
  }
  read_temperature(text, table);
  read_capacity(text, table);
  complete_table(table, file, std::string{format_name}, !table.capacity_Ah.empty());
  return table;
}

}  // namespace

CyclerFormat bdf_csv_format() { return {std::string{format_name}, recognises, read}; }

std::string bdf_csv(const CyclerTable& table) {
  std::string text = "Test Time / s,Voltage / V,Current / A,Net Capacity / Ah";
  const bool has_step = !table.step.empty();
  const bool has_temperature = !table.temperature_K.empty();
  if (has_step) text += ",Step ID";
  if (has_temperature) text += ",Temperature T1 / degC";
  text += '\n';
  for (std::size_t i = 0; i < table.time_s.size(); ++i) {
    fmt::format_to(std::back_inserter(text), "{},{},{},{}", table.time_s[i], table.potential_V[i], table.current_A[i],
                   table.capacity_Ah[i]);
    if (has_step) fmt::format_to(std::back_inserter(text), ",{}", table.step[i]);
    // Twelve digits: the offset of 273.15 K is not a binary fraction, and nobody measures a picokelvin.
    if (has_temperature)
      fmt::format_to(std::back_inserter(text), ",{:.12g}", table.temperature_K[i] - core::zero_celsius_K);
    text += '\n';
  }
  return text;
}

}  // namespace lithoscope::echem
