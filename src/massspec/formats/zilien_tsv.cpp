// Zilien .tsv of Spectro Inlets, versions 1 and 2: series side by side, each behind its own time. And its mass scans.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "formats/format.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::massspec {
namespace {

constexpr const char* series_name = "Zilien text";
constexpr const char* scan_name = "Zilien mass scan";

struct Entry {
  std::string key, attribute, value;
};
struct Header {
  std::int64_t lines = 0;
  std::vector<Entry> entries;

  const std::string* find(std::string_view key) const {
    const auto e = std::ranges::find(entries, key, &Entry::key);
    return e == entries.end() ? nullptr : &e->value;
  }
  std::optional<double> number(std::string_view key) const {
    const std::string* text = find(key);
    return text == nullptr ? std::nullopt : io::to_number(core::trimmed(*text));
  }
};

bool starts_like_zilien(std::string_view bytes) { return bytes.starts_with("num_header_lines\t"); }
bool is_scan(std::string_view bytes) {
  constexpr std::size_t head = 4096;
  return starts_like_zilien(bytes) && bytes.substr(0, head).find("start_mass\t") != std::string_view::npos;
}
bool is_series(std::string_view bytes) { return starts_like_zilien(bytes) && !is_scan(bytes); }

Header read_header(const std::string& path, const std::vector<std::string_view>& lines) {
  Header out;
  constexpr std::size_t columns = 5;
  const auto first = io::split(lines.front(), '\t');
  const auto count = first.size() >= columns ? io::to_number(core::trimmed(first[4])) : std::nullopt;
  if (!count || !(*count >= 1) || !(*count < static_cast<double>(lines.size()))) {
    unreadable(path, 1, "the number of header lines is missing or absurd",
               fmt::format("\"num_header_lines\" with 1 to {}", lines.size() - 1),
               count ? fmt::format("{:g}", *count) : "no number", "export the file again from Zilien");
  }
  out.lines = static_cast<std::int64_t>(*count);
  for (std::int64_t i = 0; i < out.lines; ++i) {
    const auto cells = io::split(lines[static_cast<std::size_t>(i)], '\t');
    if (cells.size() < columns) continue;
    out.entries.push_back({std::string{core::trimmed(cells[0])}, io::to_utf8(core::trimmed(cells[2])),
                           io::to_utf8(core::trimmed(cells[4]))});
  }
  return out;
}

std::optional<Moment> start_in(const Header& header) {
  if (const auto unix_s = header.number("start_time_unix")) {
    constexpr double most = 7e9;
    if (*unix_s > 0 && *unix_s < most) return Moment{.seconds = *unix_s, .utc = true};
  }
  if (const std::string* text = header.find("start_timestamp")) return moment_of(*text, DateOrder::year_month_day);
  return std::nullopt;
}

// The columns of one series: from its time to before the next series' name.
struct Block {
  std::string name;
  std::size_t from = 0, to = 0;
};
std::vector<Block> blocks_of(std::string_view line, std::size_t width) {
  std::vector<Block> out;
  const auto cells = io::split(line, '\t');
  for (std::size_t c = 0; c < std::min(cells.size(), width); ++c) {
    const std::string_view name = core::trimmed(cells[c]);
    if (!name.empty()) out.push_back({single_blanked(io::to_utf8(name)), c, c});
  }
  for (std::size_t b = 0; b < out.size(); ++b) out[b].to = b + 1 < out.size() ? out[b + 1].from : width;
  return out;
}

class SeriesReader {
 public:
  SeriesReader(const std::string& path, const CellTable& table, IonRecord& record)
      : path_(path), table_(table), record_(record) {}

  void add(const Block& block) {
    const std::size_t time = block.from;
    if (core::lower(name_and_unit(table_.names[time]).name) != "time") {
      unreadable(path_, table_.first_line - 1, fmt::format("the series \"{}\" does not begin with a time", block.name),
                 "\"Time [s]\"", "\"" + table_.names[time] + "\"", "export the file again from Zilien");
    }
    for (std::size_t c = time + 1; c < block.to; ++c) {
      const NameAndUnit heading = name_and_unit(table_.names[c]);
      Series s{.name = block.to == time + 2 ? block.name : block.name + " " + heading.name,
               .unit = heading.unit,
               .time_s = table_.columns[time],
               .value = table_.columns[c]};
      const double of_block = mz_of_name(block.name);
      s.mz = std::isnan(of_block) && block.to == time + 2 ? mz_of_name(heading.name) : of_block;
      s = checked_series(path_, std::move(s), table_.first_line, record_.remarks);
      to_native(s);
      if (s.time_s.empty()) continue;
      (std::isnan(s.mz) ? record_.others : record_.ions).push_back(std::move(s));
    }
  }

  // The potentiostat: of "EC-lab" where there is one (its own samples), else of "pot".
  void find_cell() {
    for (const auto& [potential, current] :
         {std::pair{"EC-lab Ewe", "EC-lab <I>"}, std::pair{"pot Voltage", "pot Current"}}) {
      const auto V = std::ranges::find(record_.others, potential, &Series::name);
      const auto I = std::ranges::find(record_.others, current, &Series::name);
      if (V == record_.others.end() || I == record_.others.end()) continue;
      if (V->time_s.size() != I->time_s.size() || V->unit != "V" || I->unit != "A") continue;
      record_.cell = CellRecord{V->time_s, V->value, I->value};
      return;
    }
  }

 private:
  const std::string& path_;
  const CellTable& table_;
  IonRecord& record_;
};

IonRecord read_series(const io::InputFile& file) {
  const auto lines = io::lines_of(file.bytes());
  const Header header = read_header(file.path(), lines);
  IonRecord out{.path = file.path(), .format = series_name, .start = start_in(header)};
  if (const auto version = header.number("file_format_version")) out.format += fmt::format(", version {:g}", *version);
  if (static_cast<std::size_t>(header.lines) + 2 >= lines.size())
    unreadable(file.path(), header.lines, "has no rows behind its header", "two lines of names and rows", "the end");
  const CellTable table = cells_of(file.path(), lines, header.lines + 1, header.lines + 2, '\t', false);
  SeriesReader reader{file.path(), table, out};
  const std::vector<Block> blocks = blocks_of(lines[static_cast<std::size_t>(header.lines)], table.names.size());
  for (const Block& block : blocks) reader.add(block);
  reader.find_cell();
  for (const Entry& e : header.entries) {
    if (!e.key.ends_with("_count")) continue;
    const std::string name = single_blanked(e.attribute);
    const bool there = std::ranges::any_of(blocks, [&](const Block& b) { return b.name == name; });
    const auto count = io::to_number(e.value);
    if (!there && count && *count > 0)
      out.remarks.push_back(
          fmt::format("The header promises {:g} points of \"{}\", which the file does not hold.", *count, name));
  }
  return out;
}

// "... mass scan started at measurement time 0001700.tsv": older files tell the time in their name alone.
double time_in_name(const std::string& path) {
  const auto at = path.rfind("measurement time ");
  if (at == std::string::npos) return 0;
  const std::string_view rest = std::string_view{path}.substr(at + 17);
  const auto end = rest.find_first_not_of("0123456789.");
  std::string_view digits = rest.substr(0, end);
  while (digits.ends_with('.')) digits.remove_suffix(1);
  return io::to_number(digits).value_or(0);
}

IonRecord read_scan(const io::InputFile& file) {
  const auto lines = io::lines_of(file.bytes());
  const Header header = read_header(file.path(), lines);
  IonRecord out{.path = file.path(), .format = scan_name, .start = start_in(header)};
  auto names_at = static_cast<std::size_t>(header.lines);
  while (names_at < lines.size() && core::trimmed(lines[names_at]).empty()) ++names_at;
  if (names_at + 1 >= lines.size())
    unreadable(file.path(), header.lines, "has no rows behind its header", "\"Mass [AMU]\" and \"Current [A]\"",
               "the end");
  const auto row = static_cast<std::int64_t>(names_at);
  const CellTable table = cells_of(file.path(), lines, row, row + 1, '\t', false);
  if (table.names.size() != 2)
    unreadable(file.path(), row + 1, "is no mass scan", "two columns, mass and current",
               fmt::format("{} columns", table.names.size()));
  Series s{.name = "scan",
           .unit = name_and_unit(table.names[1]).unit,
           .time_s = table.columns[0],
           .value = table.columns[1]};
  s = checked_series(file.path(), std::move(s), table.first_line, out.remarks);
  to_native(s);
  out.scans.push_back({.time_s = header.number("mass_scan_started_at").value_or(time_in_name(file.path())),
                       .unit = s.unit,
                       .mz = std::move(s.time_s),
                       .value = std::move(s.value)});
  return out;
}

}  // namespace

IonFormat zilien_format() { return {series_name, is_series, read_series}; }
IonFormat zilien_scan_format() { return {scan_name, is_scan, read_scan}; }

}  // namespace lithoscope::massspec
