// Thermobalances: Mettler STARe text, TA Instruments text, plain tables.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "formats/format.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::massspec {
namespace {

constexpr const char* mettler_name = "Mettler STARe text";
constexpr const char* ta_name = "TA Instruments text";
constexpr const char* plain_name = "plain table of a thermobalance";
constexpr std::int64_t header_at_most = 60;
constexpr std::size_t head_bytes = 16384;
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

double in_unit(const std::string& path, std::int64_t line, double value, std::string_view unit, const char* native) {
  const auto convert = core::is_unit(unit) ? core::conversion(unit, native) : std::nullopt;
  if (!convert)
    unreadable(path, line, "the unit of a column does not fit it", fmt::format("one convertible to {}", native),
               std::string{unit});
  return (*convert)(value);
}

// Rows with a time and a mass; the clock must ascend.
void append(BalanceRecord& out, std::int64_t line, double time_s, double temperature_K, double mass_kg) {
  if (!std::isfinite(time_s) || !std::isfinite(mass_kg)) return;
  if (!out.time_s.empty() && time_s < out.time_s.back()) {
    unreadable(out.path, line, "the clock jumps back", "times that ascend",
               fmt::format("{:g} s after {:g} s", time_s, out.time_s.back()),
               "if two records stand in one file, cut it there and give the one that belongs to the ion currents");
  }
  if (!out.time_s.empty() && time_s == out.time_s.back()) return;
  out.time_s.push_back(time_s);
  out.temperature_K.push_back(temperature_K);
  out.mass_kg.push_back(mass_kg);
}

void require_rows(BalanceRecord& out, std::int64_t line) {
  if (out.time_s.size() < 2)
    unreadable(out.path, line, "holds no record", "rows of time, temperature and mass",
               fmt::format("{} rows", out.time_s.size()));
  if (std::ranges::all_of(out.temperature_K, [](double T) { return std::isnan(T); })) out.temperature_K.clear();
}

// ---- Mettler STARe --------------------------------------------------------------------------------------------------

bool is_mettler(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, head_bytes);
  return head.find("Curve Name:") != std::string_view::npos && head.find("Curve Values:") != std::string_view::npos;
}

std::string unbracketed(std::string_view unit) {
  if (unit.starts_with('[') && unit.ends_with(']')) unit = unit.substr(1, unit.size() - 2);
  return std::string{unit};
}

BalanceRecord read_mettler(const io::InputFile& file, const PlainBalance&) {
  const std::string text = io::to_utf8(file.bytes());
  const auto lines = io::lines_of(text);
  BalanceRecord out{.path = file.path(), .format = mettler_name};
  std::size_t at = 0;
  for (; at < lines.size() && !core::trimmed(lines[at]).starts_with("Curve Values:"); ++at) {
    const std::string_view line = core::trimmed(lines[at]);
    if (line.starts_with("Performed ")) out.start = moment_of(line.substr(10), DateOrder::day_month_year);
  }
  ++at;
  const auto line_number = [&] { return static_cast<std::int64_t>(at) + 1; };
  if (at + 2 >= lines.size())
    unreadable(file.path(), line_number(), "ends before its curve", "names, units and rows", "the end");
  const auto names = io::words_of(lines[at]);
  const auto units = io::words_of(lines[at + 1]);
  const auto column = [&](std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
  };
  const std::size_t time = column("t"), sample = column("Ts") < names.size() ? column("Ts") : column("Tr"),
                    value = column("Value");
  // The first column, the index, has no unit.
  if (time >= names.size() || value >= names.size() || units.size() + 1 != names.size())
    unreadable(file.path(), line_number(), "has no columns t and Value with their units", "\"Index t Ts Tr Value\"",
               std::string{core::trimmed(lines[at])});
  const auto unit = [&](std::size_t c) { return unbracketed(units[c - 1]); };
  at += 2;
  for (; at < lines.size(); ++at) {
    const auto cells = io::words_of(lines[at]);
    if (cells.empty() || !io::to_number(cells.front())) break;
    if (cells.size() != names.size()) {
      if (at + 1 == lines.size()) break;  // cut short
      unreadable(file.path(), line_number(), "a row has another number of cells", fmt::format("{}", names.size()),
                 fmt::format("{}", cells.size()));
    }
    const auto cell = [&](std::size_t c, const char* native) {
      const auto number = io::to_number(cells[c]);
      return number ? in_unit(file.path(), line_number(), *number, unit(c), native) : no_number;
    };
    append(out, line_number(), cell(time, "s"), sample < names.size() ? cell(sample, "K") : no_number,
           cell(value, "kg"));
  }
  require_rows(out, line_number());
  return out;
}

// ---- tables with names and units: TA Instruments, plain -------------------------------------------------------------

struct BalanceColumns {
  std::size_t time = no_column, temperature = no_column, mass = no_column, width = 0;
  std::vector<std::string> units;
  static constexpr std::size_t no_column = static_cast<std::size_t>(-1);
};

// The mass in a unit of mass: TA writes the weight twice, in per cent and in mg.
std::optional<BalanceColumns> columns_of(const std::vector<std::string>& names, const std::vector<std::string>& units) {
  BalanceColumns out{.width = names.size(), .units = units};
  for (std::size_t c = 0; c < names.size() && c < units.size(); ++c) {
    const std::string name = core::lower(names[c]);
    const bool known = core::is_unit(units[c]);
    if (out.time == BalanceColumns::no_column && (name == "time" || name == "t") && known) out.time = c;
    if (out.temperature == BalanceColumns::no_column && (name.starts_with("temp") || name == "ts") && known)
      out.temperature = c;
    const bool weight = name.starts_with("weight") || name.starts_with("mass") || name == "tg" || name == "value";
    if (out.mass == BalanceColumns::no_column && weight && known && core::conversion(units[c], "kg")) out.mass = c;
  }
  if (out.time == BalanceColumns::no_column || out.mass == BalanceColumns::no_column) return std::nullopt;
  return out;
}

void read_row(BalanceRecord& out, std::int64_t line, const std::vector<std::string_view>& cells,
              const BalanceColumns& columns, bool decimal_comma) {
  const auto cell = [&](std::size_t c, const char* native) {
    if (c >= cells.size()) return no_number;
    const auto number = io::to_number(core::trimmed(cells[c]), decimal_comma);
    return number ? in_unit(out.path, line, *number, columns.units[c], native) : no_number;
  };
  append(out, line, cell(columns.time, "s"), cell(columns.temperature, "K"), cell(columns.mass, "kg"));
}

std::vector<std::string> words(std::string_view line, char delimiter) {
  std::vector<std::string> out;
  for (const std::string_view cell : io::split(line, delimiter)) out.push_back(io::to_utf8(core::trimmed(cell)));
  return out;
}

// Where a line of names and one of units stand.
std::int64_t ta_names_line(const std::vector<std::string_view>& lines) {
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    if (lines[i].starts_with("Time\t") && columns_of(words(lines[i], '\t'), words(lines[i + 1], '\t')))
      return static_cast<std::int64_t>(i);
  }
  return -1;
}

bool is_ta(std::string_view bytes) {
  return ta_names_line(io::lines_of(bytes.substr(0, head_bytes), header_at_most)) >= 0;
}

BalanceRecord read_ta(const io::InputFile& file, const PlainBalance&) {
  const auto lines = io::lines_of(file.bytes());
  BalanceRecord out{.path = file.path(), .format = ta_name};
  std::optional<BalanceColumns> columns;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto line = static_cast<std::int64_t>(i) + 1;
    if (lines[i].starts_with("Time\t") && i + 1 < lines.size()) {
      columns = columns_of(words(lines[i], '\t'), words(lines[i + 1], '\t'));
      if (!columns)
        unreadable(file.path(), line, "a step has no columns of time and mass with their units",
                   "Time, Temperature, Weight", io::to_utf8(lines[i]));
      ++i;
      continue;
    }
    if (lines[i].starts_with("[step]")) columns.reset();
    if (!columns) continue;
    const auto cells = io::split(lines[i], '\t');
    if (io::to_number(core::trimmed(cells.front()))) read_row(out, line, cells, *columns, false);
  }
  require_rows(out, static_cast<std::int64_t>(lines.size()));
  return out;
}

struct PlainNames {
  std::int64_t line = -1;
  char delimiter = ',';
  BalanceColumns columns;
};
std::optional<PlainNames> plain_names(const std::vector<std::string_view>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const char delimiter = io::guess_delimiter(lines[i]);
    std::vector<std::string> names, units;
    for (const std::string& cell : words(lines[i], delimiter)) {
      NameAndUnit heading = name_and_unit(cell);
      names.push_back(std::move(heading.name));
      units.push_back(std::move(heading.unit));
    }
    if (names.size() < 2) continue;
    if (auto columns = columns_of(names, units))
      return PlainNames{static_cast<std::int64_t>(i), delimiter, std::move(*columns)};
  }
  return std::nullopt;
}

// Two columns of numbers and nothing else: what they are must be told.
std::optional<char> unnamed_delimiter(const std::vector<std::string_view>& lines) {
  if (lines.size() < 2) return std::nullopt;
  for (const char delimiter : {';', '\t', ','}) {
    const bool two = std::ranges::all_of(lines, [&](std::string_view line) {
      const auto cells = io::split(line, delimiter);
      return cells.size() == 2 && io::to_number(core::trimmed(cells[0]), delimiter == ';') &&
             io::to_number(core::trimmed(cells[1]), delimiter == ';');
    });
    if (two) return delimiter;
  }
  return std::nullopt;
}

// Whole lines of the first part of a file.
std::vector<std::string_view> first_lines(std::string_view bytes) {
  auto lines = io::lines_of(bytes.substr(0, head_bytes), header_at_most);
  if (bytes.size() > head_bytes && !lines.empty()) lines.pop_back();
  return lines;
}

bool is_plain(std::string_view bytes) {
  const auto lines = first_lines(bytes);
  return plain_names(lines).has_value() || unnamed_delimiter(lines).has_value();
}

BalanceRecord read_plain(const io::InputFile& file, const PlainBalance& plain) {
  const auto lines = io::lines_of(file.bytes());
  BalanceRecord out{.path = file.path(), .format = plain_name};
  auto names = plain_names(first_lines(file.bytes()));
  if (!names) {
    if (plain.time_unit.empty() || plain.mass_unit.empty()) {
      unreadable(file.path(), 1, "is a table of two columns without names", "their units", "none",
                 "say which they are: --balance-units \"h, mg\" for a time in hours and a mass in mg");
    }
    names = PlainNames{.line = -1,
                       .delimiter = *unnamed_delimiter(first_lines(file.bytes())),
                       .columns = {.time = 0, .mass = 1, .width = 2, .units = {plain.time_unit, plain.mass_unit}}};
  }
  for (auto i = static_cast<std::size_t>(names->line + 1); i < lines.size(); ++i)
    read_row(out, static_cast<std::int64_t>(i) + 1, io::split(lines[i], names->delimiter), names->columns,
             names->delimiter != ',');
  require_rows(out, static_cast<std::int64_t>(lines.size()));
  return out;
}

}  // namespace

BalanceFormat mettler_format() { return {mettler_name, is_mettler, read_mettler}; }
BalanceFormat ta_format() { return {ta_name, is_ta, read_ta}; }
BalanceFormat plain_balance_format() { return {plain_name, is_plain, read_plain}; }

}  // namespace lithoscope::massspec
