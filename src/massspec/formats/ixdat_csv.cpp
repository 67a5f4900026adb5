// EC-MS tables as ixdat writes them: a header that says which time column belongs to which series.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "formats/format.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::massspec {
namespace {

constexpr const char* format_name = "EC-MS table (ixdat csv)";

bool recognises(std::string_view bytes) {
  constexpr std::size_t head = 16384;
  const std::string_view begin = bytes.substr(0, head);
  return begin.find("\ntimecol '") != std::string_view::npos &&
         begin.find("N_header_lines = ") != std::string_view::npos;
}

// The words between single quotes.
std::vector<std::string> quoted(std::string_view line) {
  std::vector<std::string> out;
  while (true) {
    const auto open = line.find('\'');
    if (open == std::string_view::npos) return out;
    const auto close = line.find('\'', open + 1);
    if (close == std::string_view::npos) return out;
    out.emplace_back(line.substr(open + 1, close - open - 1));
    line.remove_prefix(close + 1);
  }
}

struct Header {
  std::int64_t lines = 0;
  std::optional<Moment> start;
  std::map<std::string, std::string> time_of;  // a series' time column
};

Header header_of(const std::string& path, const std::vector<std::string_view>& lines) {
  Header out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (line.starts_with("timecol ")) {
      const std::vector<std::string> names = quoted(line);
      for (std::size_t k = 1; k < names.size(); ++k) out.time_of[names[k]] = names[0];
    }
    if (line.starts_with("tstamp = ")) {
      if (const auto s = io::to_number(core::trimmed(line.substr(9)))) out.start = Moment{.seconds = *s, .utc = true};
    }
    if (!line.starts_with("N_header_lines = ")) continue;
    const auto count = io::to_number(core::trimmed(line.substr(17)));
    if (!count || !(*count >= static_cast<double>(i)) || !(*count < static_cast<double>(lines.size())))
      unreadable(path, static_cast<std::int64_t>(i) + 1, "the number of header lines is absurd",
                 fmt::format("{} to {}", i, lines.size() - 1), std::string{core::trimmed(line.substr(17))});
    out.lines = static_cast<std::int64_t>(*count);
    break;
  }
  return out;
}

IonRecord read(const io::InputFile& file) {
  const auto lines = io::lines_of(file.bytes());
  const Header header = header_of(file.path(), lines);
  IonRecord out{.path = file.path(), .format = format_name, .start = header.start};
  // The names stand on the last line of the header, or on the one behind it.
  std::int64_t names_at = std::max<std::int64_t>(header.lines - 1, 0);
  while (static_cast<std::size_t>(names_at) < lines.size() &&
         (lines[static_cast<std::size_t>(names_at)].find(',') == std::string_view::npos ||
          lines[static_cast<std::size_t>(names_at)].find(" = ") != std::string_view::npos))
    ++names_at;
  if (static_cast<std::size_t>(names_at) + 1 >= lines.size())
    unreadable(file.path(), header.lines, "has no rows behind its header", "a line of names and rows", "the end");
  const CellTable table = cells_of(file.path(), lines, names_at, names_at + 1, ',', false);
  const auto column = [&](const std::string& name) -> const std::vector<double>* {
    const auto c = std::ranges::find(table.names, name);
    return c == table.names.end() ? nullptr : &table.columns[static_cast<std::size_t>(c - table.names.begin())];
  };
  std::vector<Series> cell;
  for (const auto& [name, time_name] : header.time_of) {
    const std::vector<double>* value = column(name);
    const std::vector<double>* time = column(time_name);
    if (value == nullptr || time == nullptr) {
      unreadable(file.path(), names_at + 1, "a column that the header names is missing",
                 fmt::format("\"{}\" and \"{}\"", name, time_name),
                 value == nullptr ? "no \"" + name + "\"" : "no time");
    }
    const NameAndUnit heading = name_and_unit(name);
    Series s{.name = heading.name, .unit = heading.unit, .time_s = *time, .value = *value, .mz = mz_of_name(name)};
    const bool ion = !std::isnan(s.mz);
    if (ion && s.unit.empty()) s.unit = "A";  // "M32" stands for "M32 [A]": the header's aliases
    s = checked_series(file.path(), std::move(s), table.first_line, out.remarks);
    to_native(s);
    if (s.time_s.empty()) continue;
    (ion ? out.ions : out.others).push_back(std::move(s));
  }
  const auto find = [&](const char* name) { return std::ranges::find(out.others, name, &Series::name); };
  const auto V = find("Ewe"), I = find("<I>") != out.others.end() ? find("<I>") : find("I");
  if (V != out.others.end() && I != out.others.end() && V->time_s.size() == I->time_s.size())
    out.cell = CellRecord{V->time_s, V->value, I->value};
  return out;
}

}  // namespace

IonFormat ixdat_format() { return {format_name, recognises, read}; }

}  // namespace lithoscope::massspec
