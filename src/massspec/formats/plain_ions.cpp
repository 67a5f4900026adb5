// Plain tables of ion currents: a line of names with a time and columns named by m/z or by gas, below any preamble.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "formats/format.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::massspec {
namespace {

constexpr const char* format_name = "plain table of ion currents";
constexpr std::int64_t header_at_most = 200;

bool is_time(const NameAndUnit& heading) {
  const std::string name = core::lower(heading.name);
  return name == "time" || name == "t" || name == "ms" || name.starts_with("time ") || name.starts_with("elapsed");
}
bool is_temperature(const NameAndUnit& heading) {
  const std::string name = core::lower(heading.name);
  return name.starts_with("temp") || name == "ts" || name == "t_sample";
}

struct Names {
  std::int64_t line = -1;
  char delimiter = ',';
};
// The first line with a time and at least one ion that is not a bare number.
Names names_in(const std::vector<std::string_view>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const char delimiter = io::guess_delimiter(lines[i]);
    const auto cells = io::split(lines[i], delimiter);
    if (cells.size() < 2) continue;
    bool time = false, ion = false;
    for (const std::string_view cell : cells) {
      const std::string text = io::to_utf8(core::trimmed(cell));
      time = time || is_time(name_and_unit(text));
      ion = ion || !std::isnan(mz_of_name(text));
    }
    if (time && ion) return {static_cast<std::int64_t>(i), delimiter};
  }
  return {};
}

bool recognises(std::string_view bytes) {
  constexpr std::size_t head = 65536;
  return names_in(io::lines_of(bytes.substr(0, head), header_at_most)).line >= 0;
}

std::vector<double> converted(const std::string& path, std::int64_t line, std::vector<double> values,
                              const NameAndUnit& heading, const char* otherwise, const char* native) {
  const std::string unit = heading.unit.empty() ? otherwise : heading.unit;
  const auto convert = core::is_unit(unit) ? core::conversion(unit, native) : std::nullopt;
  if (!convert) {
    unreadable(path, line, fmt::format("the unit of the column \"{}\" is not known", heading.name),
               fmt::format("a unit convertible to {}, in brackets behind the name", native), unit);
  }
  for (double& v : values) v = (*convert)(v);
  return values;
}

// A row of units below the names: "s", "A".
bool is_units_row(std::string_view line, char delimiter) {
  bool any = false;
  for (const std::string_view cell : io::split(line, delimiter)) {
    const std::string_view word = core::trimmed(cell);
    if (word.empty()) continue;
    if (io::to_number(word) || !core::is_unit(word)) return false;
    any = true;
  }
  return any;
}

IonRecord read(const io::InputFile& file) {
  const auto lines = io::lines_of(file.bytes());
  const Names names = names_in(lines);
  IonRecord out{.path = file.path(), .format = format_name};
  std::int64_t rows_at = names.line + 1;
  std::vector<std::string> units;
  if (static_cast<std::size_t>(rows_at) < lines.size() &&
      is_units_row(lines[static_cast<std::size_t>(rows_at)], names.delimiter)) {
    for (const std::string_view cell : io::split(lines[static_cast<std::size_t>(rows_at)], names.delimiter))
      units.emplace_back(io::to_utf8(core::trimmed(cell)));
    ++rows_at;
  }
  const CellTable table = cells_of(file.path(), lines, names.line, rows_at, names.delimiter, names.delimiter != ',');
  std::vector<NameAndUnit> headings;
  for (std::size_t c = 0; c < table.names.size(); ++c) {
    headings.push_back(name_and_unit(table.names[c]));
    if (headings.back().unit.empty() && c < units.size()) headings.back().unit = units[c];
  }
  const auto time_at = static_cast<std::size_t>(std::ranges::find_if(headings, is_time) - headings.begin());
  NameAndUnit time = headings[time_at];
  if (core::lower(time.name) == "ms") time.unit = "ms";
  const std::vector<double> time_s = converted(file.path(), names.line + 1, table.columns[time_at], time, "s", "s");
  bool without_unit = false;
  for (std::size_t c = 0; c < table.names.size(); ++c) {
    if (c == time_at) continue;
    Series s{.name = headings[c].name,
             .unit = headings[c].unit,
             .time_s = time_s,
             .value = table.columns[c],
             .mz = mz_of_name(table.names[c])};
    if (is_temperature(headings[c])) {
      s.value = converted(file.path(), names.line + 1, s.value, headings[c], "degC", "K");
      s.unit = "K";
      s.mz = std::numeric_limits<double>::quiet_NaN();
      out.temperature_K = checked_series(file.path(), std::move(s), table.first_line, out.remarks);
      continue;
    }
    const bool ion = !std::isnan(s.mz);
    if (ion && s.unit.empty()) {
      s.unit = "A";
      without_unit = true;
    }
    s = checked_series(file.path(), std::move(s), table.first_line, out.remarks);
    to_native(s);
    if (s.time_s.empty()) continue;
    (ion ? out.ions : out.others).push_back(std::move(s));
  }
  if (without_unit) out.remarks.emplace_back("Columns of ions without a unit are taken as A.");
  if (table.short_last > 0) out.remarks.emplace_back("The last row was cut short; what it holds is used.");
  return out;
}

}  // namespace

IonFormat plain_ions_format() { return {format_name, recognises, read}; }

}  // namespace lithoscope::massspec
