// Quadera .asc: three columns an ion (time of day, time since the start, value), each ion on its own clock.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "formats/format.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::massspec {
namespace {

constexpr const char* format_name = "Quadera text";
constexpr std::int64_t header_at_most = 60;
constexpr std::size_t columns_per_ion = 3;

bool is_names_line(std::string_view line) {
  const auto cells = io::split(line, '\t');
  return cells.size() >= columns_per_ion && core::trimmed(cells[0]) == "Time" &&
         core::trimmed(cells[1]).starts_with("Time Relative");
}

std::int64_t names_line(const std::vector<std::string_view>& lines) {
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (is_names_line(lines[i])) return static_cast<std::int64_t>(i);
  }
  return -1;
}

bool recognises(std::string_view bytes) {
  constexpr std::size_t head = 32768;
  return names_line(io::lines_of(bytes.substr(0, head), header_at_most)) > 0;
}

std::optional<Moment> start_in(const std::vector<std::string_view>& lines, std::int64_t names_at) {
  for (std::int64_t i = 0; i < names_at; ++i) {
    const auto cells = io::split(lines[static_cast<std::size_t>(i)], '\t');
    if (cells.size() >= 2 && core::trimmed(cells[0]) == "Start Time")
      return moment_of(cells[1], DateOrder::day_month_year);
  }
  return std::nullopt;
}

// Commas are decimal where they stand in the numbers of the first row.
bool has_decimal_commas(const std::vector<std::string_view>& lines, std::int64_t names_at) {
  const auto row = static_cast<std::size_t>(names_at) + 1;
  return row < lines.size() && lines[row].find(',') != std::string_view::npos;
}

IonRecord read(const io::InputFile& file) {
  const auto lines = io::lines_of(file.bytes());
  const std::int64_t names_at = names_line(lines);
  IonRecord out{.path = file.path(), .format = format_name, .start = start_in(lines, names_at)};
  const auto ions = io::split(lines[static_cast<std::size_t>(names_at) - 1], '\t');
  const CellTable table =
      cells_of(file.path(), lines, names_at, names_at + 1, '\t', has_decimal_commas(lines, names_at));
  // The line of gases stands over the third column of each triple, or over the first: whichever it is, in order.
  std::vector<std::string> gases;
  for (const std::string_view cell : ions) {
    if (!core::trimmed(cell).empty()) gases.push_back(io::to_utf8(core::trimmed(cell)));
  }
  const std::size_t count = table.names.size() / columns_per_ion;
  if (gases.size() != count || table.names.size() % columns_per_ion != 0) {
    unreadable(file.path(), names_at, "the line of gases does not fit the columns below it",
               fmt::format("{} gases over {} columns", count, table.names.size()),
               fmt::format("{} gases", gases.size()), "export it again from Quadera");
  }
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t at = k * columns_per_ion;
    const NameAndUnit heading = name_and_unit(table.names[at + 2]);
    Series s{.name = gases[k],
             .unit = heading.unit,
             .time_s = table.columns[at + 1],
             .value = table.columns[at + 2],
             .mz = mz_of_name(gases[k])};
    s = checked_series(file.path(), std::move(s), table.first_line, out.remarks);
    to_native(s);
    if (s.time_s.empty()) continue;
    (std::isnan(s.mz) ? out.others : out.ions).push_back(std::move(s));
  }
  if (table.short_last > 0)
    out.remarks.push_back(fmt::format("The last row was cut short after {} of {} cells; what it holds is used.",
                                      table.short_last, table.names.size()));
  return out;
}

}  // namespace

IonFormat quadera_format() { return {format_name, recognises, read}; }

}  // namespace lithoscope::massspec
