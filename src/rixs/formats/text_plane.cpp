// Planes of text: three columns (a fourth for errors), or a matrix with its axes along the first line and column.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "lithoscope/core/text.hpp"
#include "lithoscope/io/plain_text.hpp"
#include "lithoscope/io/text_table.hpp"
#include "raw_plane.hpp"

namespace lithoscope::rixs {
namespace {

struct Line {
  std::int64_t number = 0;
  std::vector<double> values;
};

struct Numbers {
  std::vector<Line> lines;
  std::vector<std::string> names;  // words of the last line before the numbers
};

std::vector<std::string_view> words_in(std::string_view line) {
  const bool semicolons = line.find(';') != std::string_view::npos;
  return io::words_of(line, semicolons ? "; \t" : ", \t");
}

// Lines of numbers; nothing where a word stands among them. A word in the corner of a matrix is a name.
std::optional<Numbers> numbers_in(std::string_view text) {
  Numbers out;
  std::int64_t number = 0;
  for (std::string_view line : io::lines_of(text)) {
    ++number;
    line = core::trimmed(line);
    if (line.empty()) continue;
    const bool comment = line.front() == '#' || line.front() == '%' || line.front() == '!';
    const bool decimal_comma = line.find(';') != std::string_view::npos;
    std::vector<std::string_view> words = words_in(comment ? line.substr(1) : line);
    Line values{.number = number, .values = {}};
    std::size_t unread = 0;
    for (const std::string_view word : words) {
      if (const auto v = io::to_number(word, decimal_comma)) {
        values.values.push_back(*v);
      } else {
        ++unread;
      }
    }
    const bool corner =
        unread == 1 && values.values.size() >= 3 && out.lines.empty() && !io::to_number(words.front(), decimal_comma);
    if (comment || (unread > 0 && !corner)) {
      if (!out.lines.empty() && !comment) return std::nullopt;
      if (out.lines.empty()) out.names.assign(words.begin(), words.end());
      continue;
    }
    if (corner) out.names = {std::string{words.front()}};
    out.lines.push_back(std::move(values));
  }
  if (out.lines.size() < 4) return std::nullopt;
  return out;
}

std::string name_at(const Numbers& n, std::size_t i) { return i < n.names.size() ? n.names[i] : std::string{}; }

bool is_error_name(const std::string& name) {
  const std::string lowered = core::lower(name);
  return lowered.find("err") != std::string::npos || lowered.find("sig") != std::string::npos ||
         lowered.find("std") != std::string::npos;
}

std::optional<RawPlane> three_columns(const io::InputFile& file, const Numbers& n) {
  const std::size_t columns = n.lines.front().values.size();
  if (columns != 3 && columns != 4) return std::nullopt;
  for (const Line& line : n.lines) {
    if (line.values.size() != columns) return std::nullopt;
  }
  std::map<double, std::size_t> first, second;
  for (const Line& line : n.lines) {
    first.emplace(line.values[0], 0);
    second.emplace(line.values[1], 0);
  }
  if (first.size() < 2 || second.size() < 2) return std::nullopt;
  // Far more places than lines: three columns of something else.
  if (first.size() * second.size() > 2 * n.lines.size()) return std::nullopt;
  RawPlane out{.format = "three columns",
               .first = {},
               .second = {},
               .first_name = name_at(n, 0),
               .second_name = name_at(n, 1),
               .intensity = {},
               .variance = {}};
  for (auto& [value, index] : first) {
    index = out.first.size();
    out.first.push_back(value);
  }
  for (auto& [value, index] : second) {
    index = out.second.size();
    out.second.push_back(value);
  }
  const std::size_t all = out.first.size() * out.second.size();
  out.intensity.assign(all, std::nan(""));
  if (columns == 4) out.variance.emplace(all, 0.0);
  for (const Line& line : n.lines) {
    const std::size_t at = first[line.values[0]] * out.second.size() + second[line.values[1]];
    if (!std::isnan(out.intensity[at]))
      refuse({.path = file.path(), .line = line.number}, "a point of the plane stands twice",
             "every pair of energies once", fmt::format("{:g} and {:g} again", line.values[0], line.values[1]));
    out.intensity[at] = line.values[2];
    if (!out.variance) continue;
    const double e = line.values[3];
    (*out.variance)[at] = is_error_name(name_at(n, 3)) || n.names.size() < 4 ? e * e : e;
  }
  const auto missing = std::ranges::count_if(out.intensity, [](double v) { return std::isnan(v); });
  if (missing > 0)
    refuse({.path = file.path()}, "the plane is not whole",
           fmt::format("{} by {} points", out.first.size(), out.second.size()),
           fmt::format("{} of them missing", missing));
  return out;
}

bool runs_one_way(const std::vector<double>& v) {
  return std::ranges::adjacent_find(v, std::less_equal<>{}) == v.end() ||
         std::ranges::adjacent_find(v, std::greater_equal<>{}) == v.end();
}

std::optional<RawPlane> matrix(const Numbers& n) {
  const std::size_t width = n.lines[1].values.size();
  if (width < 4) return std::nullopt;
  std::vector<double> across = n.lines.front().values;
  if (across.size() == width) across.erase(across.begin());  // a number in the corner
  if (across.size() + 1 != width || !runs_one_way(across)) return std::nullopt;
  std::vector<double> down;
  for (std::size_t i = 1; i < n.lines.size(); ++i) {
    if (n.lines[i].values.size() != width) return std::nullopt;
    down.push_back(n.lines[i].values.front());
  }
  if (down.size() < 3 || !runs_one_way(down)) return std::nullopt;
  RawPlane out{.format = "matrix",
               .first = across,
               .second = down,
               .first_name = {},
               .second_name = {},
               .intensity = std::vector<double>(across.size() * down.size()),
               .variance = {}};
  // "emission\incident" in the corner: down, then across.
  if (n.names.size() == 1) {
    const auto cut = n.names[0].find_first_of("\\/|");
    if (cut != std::string::npos) {
      out.second_name = n.names[0].substr(0, cut);
      out.first_name = n.names[0].substr(cut + 1);
    }
  }
  const bool falling = across.front() > across.back(), upwards = down.front() > down.back();
  for (std::size_t i = 0; i < across.size(); ++i) {
    for (std::size_t k = 0; k < down.size(); ++k) {
      const std::size_t to = falling ? across.size() - 1 - i : i, row = upwards ? down.size() - 1 - k : k;
      out.intensity[to * down.size() + row] = n.lines[k + 1].values[i + 1];
    }
  }
  std::ranges::sort(out.first);
  std::ranges::sort(out.second);
  return out;
}

}  // namespace

std::optional<RawPlane> text_plane(const io::InputFile& file) {
  const io::InputFile plain = io::as_plain_text(file);
  if (plain.bytes().find('\0') != std::string_view::npos) return std::nullopt;
  const auto numbers = numbers_in(plain.bytes());
  if (!numbers) return std::nullopt;
  if (auto plane = three_columns(file, *numbers)) return plane;
  return matrix(*numbers);
}

}  // namespace lithoscope::rixs
