// Pfeiffer PV MassSpec exports: ion currents ("<m/z>_amu" columns) and scans (a column an m/z), tab separated.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "formats/format.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::massspec {
namespace {

constexpr const char* format_name = "PV MassSpec export";
constexpr std::string_view time_column = "Time Relative (sec)";
constexpr std::string_view clock_column = "Time Absolute (UTC)";
constexpr std::int64_t header_at_most = 60;

std::int64_t names_line(const std::vector<std::string_view>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto cells = io::split(lines[i], '\t');
    if (core::trimmed(cells.front()) == time_column) return static_cast<std::int64_t>(i);
  }
  return -1;
}

bool recognises(std::string_view bytes) {
  constexpr std::size_t head = 16384;
  return names_line(io::lines_of(bytes.substr(0, head), header_at_most)) >= 0;
}

// "02/25/2020 11:10:13" on a line of its own.
std::optional<Moment> start_in(const std::vector<std::string_view>& lines, std::int64_t names_at) {
  for (std::int64_t i = 0; i < names_at; ++i) {
    if (const auto m = moment_of(lines[static_cast<std::size_t>(i)], DateOrder::month_day_year)) return m;
  }
  return std::nullopt;
}

// Where the file gives the clock of every row, the start is that clock less the relative time.
std::optional<Moment> start_by_rows(const CellTable& table, std::size_t time) {
  const auto clock = std::ranges::find(table.names, clock_column);
  if (clock == table.names.end()) return std::nullopt;
  const auto& at = table.columns[static_cast<std::size_t>(clock - table.names.begin())];
  for (std::size_t i = 0; i < at.size(); ++i) {
    const double start = at[i] - table.columns[time][i];
    constexpr double most = 7e9;
    if (start > 0 && start < most) return Moment{.seconds = start, .utc = true};
  }
  return std::nullopt;
}

void read_scans(const CellTable& table, const std::vector<std::size_t>& masses, std::size_t time, IonRecord& out) {
  std::vector<std::pair<double, std::size_t>> by_mz;
  for (const std::size_t c : masses) by_mz.emplace_back(mz_of_name(table.names[c]), c);
  std::ranges::sort(by_mz);
  int empty = 0;
  for (std::size_t r = 0; r < table.columns[time].size(); ++r) {
    MassScan scan{.time_s = table.columns[time][r], .unit = "A"};
    for (const auto& [mz, c] : by_mz) {
      if (!std::isfinite(table.columns[c][r]) || (!scan.mz.empty() && mz == scan.mz.back())) continue;
      scan.mz.push_back(mz);
      scan.value.push_back(table.columns[c][r]);
    }
    if (scan.mz.empty() || !std::isfinite(scan.time_s))
      ++empty;
    else
      out.scans.push_back(std::move(scan));
  }
  if (empty > 0) out.remarks.push_back(fmt::format("{} of the scans hold no value.", empty));
}

IonRecord read(const io::InputFile& file) {
  const auto lines = io::lines_of(file.bytes());
  const std::int64_t names_at = names_line(lines);
  IonRecord out{.path = file.path(), .format = format_name, .start = start_in(lines, names_at)};
  const CellTable table = cells_of(file.path(), lines, names_at, names_at + 1, '\t', false);
  const auto time = static_cast<std::size_t>(std::ranges::find(table.names, time_column) - table.names.begin());
  if (const auto start = start_by_rows(table, time)) out.start = start;
  std::vector<std::size_t> masses;
  bool currents = false;
  for (std::size_t c = 0; c < table.names.size(); ++c) {
    if (c == time || std::isnan(mz_of_name(table.names[c]))) continue;
    masses.push_back(c);
    currents = currents || !io::to_number(table.names[c]);  // scans have bare numbers for names
  }
  if (masses.empty())
    unreadable(file.path(), names_at + 1, "has no column of an ion",
               "columns such as \"32_amu\", or \"32.00\" of scans", "none");
  if (!currents) {
    read_scans(table, masses, time, out);
    return out;
  }
  for (const std::size_t c : masses) {
    const NameAndUnit heading = name_and_unit(table.names[c]);
    Series s{.name = heading.name,
             .unit = heading.unit.empty() ? "A" : heading.unit,
             .time_s = table.columns[time],
             .value = table.columns[c],
             .mz = mz_of_name(table.names[c])};
    s = checked_series(file.path(), std::move(s), table.first_line, out.remarks);
    to_native(s);
    if (!s.time_s.empty()) out.ions.push_back(std::move(s));
  }
  return out;
}

}  // namespace

IonFormat pv_massspec_format() { return {format_name, recognises, read}; }

}  // namespace lithoscope::massspec
