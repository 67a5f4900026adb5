// What the readers share: cells, dates, names of ions, clocks that ascend.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cmath>

#include "formats/format.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::massspec {
namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

struct NamedIon {
  std::string_view name;
  double mz;
};
// Names that spectrometers' programs give to the ion of a gas.
constexpr std::array named_ions{NamedIon{"hydrogen", 2},
                                NamedIon{"h2", 2},
                                NamedIon{"helium", 4},
                                NamedIon{"he", 4},
                                NamedIon{"methane", 15},
                                NamedIon{"water", 18},
                                NamedIon{"h2o", 18},
                                NamedIon{"nitrogen", 28},
                                NamedIon{"n2", 28},
                                NamedIon{"carbonmonoxide", 28},
                                NamedIon{"carbon monoxide", 28},
                                NamedIon{"co", 28},
                                NamedIon{"nitrogen/carbonmonoxide", 28},
                                NamedIon{"n2/co", 28},
                                NamedIon{"co/n2", 28},
                                NamedIon{"oxygen", 32},
                                NamedIon{"o2", 32},
                                NamedIon{"argon", 40},
                                NamedIon{"ar", 40},
                                NamedIon{"carbondioxide", 44},
                                NamedIon{"carbon dioxide", 44},
                                NamedIon{"co2", 44}};

constexpr double least_mz = 0.5, most_mz = 2000;

std::optional<double> as_mz(std::string_view digits) {
  const auto number = io::to_number(core::trimmed(digits));
  if (!number || !(*number >= least_mz) || !(*number <= most_mz)) return std::nullopt;
  return number;
}

std::size_t digits_from(std::string_view text, std::size_t at) {
  while (at < text.size() && (std::isdigit(static_cast<unsigned char>(text[at])) != 0 || text[at] == '.')) ++at;
  return at;
}

// "c4m32", "m32-o2", "m/z 32", "amu 32", "32_amu", "mass 32", "32".
std::optional<double> mz_in(std::string_view name) {
  if (name.starts_with('c')) {
    const std::size_t after = digits_from(name, 1);
    if (after > 1 && after < name.size() && name[after] == 'm') name.remove_prefix(after);
  }
  for (const std::string_view mark : {"m/z", "mz", "mass", "amu", "ion", "m"}) {
    if (!name.starts_with(mark)) continue;
    std::size_t from = mark.size();
    while (from < name.size() && (name[from] == ' ' || name[from] == '_' || name[from] == '=' || name[from] == ':'))
      ++from;
    const std::size_t to = digits_from(name, from);
    const bool ends = to == name.size() || std::isalnum(static_cast<unsigned char>(name[to])) == 0;
    if (to > from && ends) return as_mz(name.substr(from, to - from));
  }
  const std::size_t to = digits_from(name, 0);
  if (to == 0) return std::nullopt;
  const std::string_view rest = core::trimmed(name.substr(to));
  if (rest.empty() || rest == "amu" || rest == "_amu" || rest == "m/z" || rest == "u") return as_mz(name.substr(0, to));
  return std::nullopt;
}

struct Numbers {
  std::array<double, 3> of{};
  std::size_t used = 0;  // characters
};
// Three numbers with the same mark between them.
std::optional<Numbers> three_numbers(std::string_view text, std::string_view marks) {
  Numbers out;
  std::size_t at = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    std::size_t to = at;
    while (to < text.size() && std::isdigit(static_cast<unsigned char>(text[to])) != 0) ++to;
    const bool last = k == 2;
    if (last && to < text.size() && text[to] == '.' && marks == ":") {  // fractions of a second
      ++to;
      while (to < text.size() && std::isdigit(static_cast<unsigned char>(text[to])) != 0) ++to;
    }
    constexpr std::size_t longest = 18;
    if (to == at || to - at > longest) return std::nullopt;
    const auto number = io::to_number(text.substr(at, to - at));
    if (!number) return std::nullopt;
    out.of[k] = *number;
    at = to;
    if (last) break;
    if (at >= text.size() || marks.find(text[at]) == std::string_view::npos) return std::nullopt;
    ++at;
  }
  out.used = at;
  return out;
}

std::string row_text(std::string_view line) {
  constexpr std::size_t shown = 60;
  return io::to_utf8(line.substr(0, shown));
}

}  // namespace

double mz_of_name(const std::string& given) {
  const std::string plain = single_blanked(name_and_unit(given).name);
  const std::string name = core::lower(plain);
  for (const NamedIon& ion : named_ions) {
    if (name == ion.name) return ion.mz;
  }
  return mz_in(name).value_or(no_number);
}

std::string text_of(const Moment& moment) {
  using namespace std::chrono;
  const double days_since = std::floor(moment.seconds / 86400);
  const year_month_day day{sys_days{days{static_cast<int>(days_since)}}};
  const auto seconds = static_cast<int>(moment.seconds - days_since * 86400);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}{}", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()), seconds / 3600,
                     seconds / 60 % 60, seconds % 60, moment.utc ? " UTC" : "");
}

void unreadable(const std::string& path, std::int64_t line, std::string what, std::string expected, std::string found,
                std::string advice) {
  core::Place where{.path = path};
  if (line > 0) where.line = line;
  throw core::UnreadableFile({.what = std::move(what),
                              .where = where,
                              .expected = std::move(expected),
                              .found = std::move(found),
                              .advice = std::move(advice)});
}

std::string single_blanked(std::string_view text) {
  std::string out;
  for (const std::string_view word : io::words_of(text)) out += (out.empty() ? "" : " ") + std::string{word};
  return out;
}

NameAndUnit name_and_unit(std::string_view heading) {
  const std::string text = single_blanked(core::trimmed(heading));
  for (const auto& [open, close] : {std::pair{'[', ']'}, std::pair{'(', ')'}}) {
    const auto from = text.rfind(open), to = text.rfind(close);
    if (from != std::string::npos && to == text.size() - 1 && to > from && from > 0)
      return {std::string{core::trimmed(text.substr(0, from))}, text.substr(from + 1, to - from - 1)};
  }
  const auto slash = text.rfind('/');
  // "m/z 32" and "N2/CO" hold a slash that divides no name from a unit
  if (slash != std::string::npos && slash > 0 && core::is_unit(text.substr(slash + 1)) &&
      core::lower(text.substr(0, slash)) != "m")
    return {std::string{core::trimmed(text.substr(0, slash))}, text.substr(slash + 1)};
  return {text, {}};
}

std::optional<Moment> moment_of(std::string_view text, DateOrder order) {
  using namespace std::chrono;
  text = core::trimmed(text);
  const auto date = three_numbers(text, "/.-");
  if (!date) return std::nullopt;
  std::string_view rest = text.substr(date->used);
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '_' || rest.front() == 'T')) rest.remove_prefix(1);
  const auto clock = three_numbers(rest, ":");
  if (!clock) return std::nullopt;
  constexpr std::array<std::array<std::size_t, 3>, 3> places{{{2, 1, 0}, {2, 0, 1}, {0, 1, 2}}};  // of year, month, day
  const auto& at = places[static_cast<std::size_t>(order)];
  const double y = date->of[at[0]], m = date->of[at[1]], d = date->of[at[2]];
  if (!(y >= 1900 && y <= 2200 && m >= 1 && m <= 12 && d >= 1 && d <= 31)) return std::nullopt;
  const year_month_day day{year{static_cast<int>(y)}, month{static_cast<unsigned>(m)},
                           std::chrono::day{static_cast<unsigned>(d)}};
  if (!day.ok() || clock->of[0] > 24 || clock->of[1] >= 60 || clock->of[2] >= 62) return std::nullopt;
  return Moment{.seconds = 86400.0 * static_cast<double>(sys_days{day}.time_since_epoch().count()) +
                           3600 * clock->of[0] + 60 * clock->of[1] + clock->of[2]};
}

Series checked_series(const std::string& path, Series series, std::int64_t first_line,
                      std::vector<std::string>& remarks) {
  Series out = series;
  out.time_s.clear();
  out.value.clear();
  int repeated = 0;
  for (std::size_t i = 0; i < std::min(series.time_s.size(), series.value.size()); ++i) {
    if (!std::isfinite(series.time_s[i]) || !std::isfinite(series.value[i])) continue;
    if (!out.time_s.empty() && series.time_s[i] < out.time_s.back()) {
      unreadable(path, first_line + static_cast<std::int64_t>(i),
                 fmt::format("the clock of \"{}\" jumps back", series.name), "times that ascend",
                 fmt::format("{:g} s after {:g} s", series.time_s[i], out.time_s.back()),
                 "if two records stand in one file, cut it there and give both");
    }
    if (!out.time_s.empty() && series.time_s[i] == out.time_s.back()) {
      ++repeated;
      continue;
    }
    out.time_s.push_back(series.time_s[i]);
    out.value.push_back(series.value[i]);
  }
  if (repeated > 0)
    remarks.push_back(
        fmt::format("{}: {} rows of \"{}\" repeat a time; the first of each is used.", path, repeated, series.name));
  return out;
}

void to_native(Series& series) {
  if (series.unit.empty() || !core::is_unit(series.unit)) return;
  const auto convert = core::conversion(series.unit, "A");
  if (!convert || series.unit == "A") return;
  for (double& v : series.value) v = (*convert)(v);
  series.unit = "A";
}

CellTable cells_of(const std::string& path, const std::vector<std::string_view>& lines, std::int64_t names_at,
                   std::int64_t rows_at, char delimiter, bool decimal_comma) {
  CellTable out;
  for (const std::string_view name : io::split(lines[static_cast<std::size_t>(names_at)], delimiter))
    out.names.emplace_back(io::to_utf8(core::trimmed(name)));
  while (!out.names.empty() && out.names.back().empty()) out.names.pop_back();
  const std::size_t width = out.names.size();
  out.columns.resize(width);
  out.first_line = rows_at + 1;
  std::size_t end = lines.size();
  while (end > static_cast<std::size_t>(rows_at) && core::trimmed(lines[end - 1]).empty()) --end;
  for (auto r = static_cast<std::size_t>(rows_at); r < end; ++r) {
    const std::vector<std::string_view> cells = io::split(lines[r], delimiter);
    const auto line = static_cast<std::int64_t>(r) + 1;
    if (cells.size() < width && r + 1 < end) {
      unreadable(path, line, "a row has too few cells", fmt::format("{} cells", width),
                 fmt::format("{}: \"{}\"", cells.size(), row_text(lines[r])),
                 "the file was edited or damaged: export it again");
    }
    for (std::size_t c = width; c < cells.size(); ++c) {
      if (!core::trimmed(cells[c]).empty())
        unreadable(path, line, "a row has too many cells", fmt::format("{} cells", width),
                   fmt::format("{}", cells.size()), "the file was edited or damaged: export it again");
    }
    if (cells.size() < width) out.short_last = static_cast<std::int64_t>(cells.size());
    for (std::size_t c = 0; c < width; ++c) {
      const std::string_view word = c < cells.size() ? core::trimmed(cells[c]) : std::string_view{};
      out.columns[c].push_back(io::to_number(word, decimal_comma).value_or(no_number));
    }
  }
  return out;
}

}  // namespace lithoscope::massspec
