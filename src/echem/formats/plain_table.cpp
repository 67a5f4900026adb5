// Plain tables whose columns the user declared.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "formats/format.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/echem/cycler_files.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::echem {
namespace {

// "Time [s]", "I (mA)", "Voltage / V", "Ewe/V": what stands behind the quantity, or nothing.
std::string unit_in_name(const std::string& name) {
  for (const auto& [open, close] : {std::pair{'[', ']'}, std::pair{'(', ')'}}) {
    const auto from = name.rfind(open);
    const auto to = name.rfind(close);
    if (from != std::string::npos && to != std::string::npos && to > from) return name.substr(from + 1, to - from - 1);
  }
  const auto slash = name.find('/');
  return slash == std::string::npos ? std::string{} : std::string{core::trimmed(name.substr(slash + 1))};
}

// "Seconds [s]" where the file says "Seconds": the bracket is then a declaration. A column of the whole name goes
// first.
PlainColumn resolve(const io::TextTable& table, const PlainColumn& wanted) {
  const auto bracket = wanted.name.rfind(" [");
  if (table.find(wanted.name) != nullptr || bracket == std::string::npos || !wanted.unit.empty()) return wanted;
  const std::string name = wanted.name.substr(0, bracket);
  if (table.find(name) == nullptr) return wanted;
  return {name, unit_in_name(wanted.name)};
}

const io::TextColumn& find_column(const io::TextTable& table, const std::string& path, const PlainColumn& wanted,
                                  std::string_view quantity) {
  const io::TextColumn* column = table.find(wanted.name);
  if (column != nullptr) {
    io::numbers_of(path, *column);
    return *column;
  }
  std::string available;
  for (const io::TextColumn& c : table.columns) available += (available.empty() ? "\"" : ", \"") + c.name + "\"";
  unreadable(path, fmt::format("has no column \"{}\" for the {}", wanted.name, quantity),
             fmt::format("\"{}\"", wanted.name), available, "name one of these in columns = { ... }");
}

std::string unit_of(const PlainColumn& column, std::string_view quantity) {
  std::string unit = column.unit.empty() ? unit_in_name(column.name) : column.unit;
  if (!unit.empty() && core::is_unit(unit)) return unit;
  throw core::UsageError(
      {.what = fmt::format("the unit of the {} column \"{}\" is not known", quantity, column.name),
       .expected = "a unit in the column's name, such as \"Time [s]\", or declared beside it",
       .found = unit.empty() ? "none" : "\"" + unit + "\"",
       .advice = fmt::format("write {} = {{ column = \"{}\", unit = \"...\" }}", quantity, column.name)});
}

std::vector<double> in_unit(const io::TextColumn& column, const PlainColumn& wanted, std::string_view quantity,
                            std::string_view native) {
  const std::string unit = unit_of(wanted, quantity);
  const auto convert = core::conversion(unit, native);
  if (!convert) {
    throw core::UsageError({.what = fmt::format("the {} column \"{}\" has the wrong dimension", quantity, wanted.name),
                            .expected = fmt::format("a unit convertible to {}", native),
                            .found = unit,
                            .advice = "check which column is what"});
  }
  std::vector<double> values = column.numbers;
  for (double& v : values) v = (*convert)(v);
  return values;
}

}  // namespace

CyclerTable read_plain_table(const io::InputFile& file, const PlainLayout& layout) {
  const char delimiter = io::guess_delimiter(first_line(file.bytes()));
  // Where commas do not separate cells, they are decimal.
  const io::TextTable text = io::parse_text_table(
      file.path(), file.bytes(),
      {.skip_lines = 0, .delimiter = delimiter, .decimal_comma = delimiter != ',', .row_end = '\n'});
  const auto read = [&](const PlainColumn& wanted, std::string_view quantity, std::string_view native) {
    const PlainColumn found = resolve(text, wanted);
    return in_unit(find_column(text, file.path(), found, quantity), found, quantity, native);
  };
  CyclerTable table;
  table.time_s = read(layout.time, "time", "s");
  table.potential_V = read(layout.potential, "potential", "V");
  find_column(text, file.path(), resolve(text, layout.current), "current");
  table.current_per_mass = core::conversion(unit_of(resolve(text, layout.current), "current"), "A/kg").has_value();
  table.current_A = read(layout.current, "current", table.current_per_mass ? "A/kg" : "A");
  if (layout.temperature) table.temperature_K = read(*layout.temperature, "temperature", "K");
  if (layout.capacity) {
    table.capacity_Ah = read(*layout.capacity, "capacity", table.current_per_mass ? "Ah/kg" : "Ah");
    table.capacity_origin = CapacityOrigin::file_net_counter;
  }
  complete_table(table, file, "plain table", layout.capacity.has_value());
  return table;
}

}  // namespace lithoscope::echem
