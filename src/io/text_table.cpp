#include "lithoscope/io/text_table.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"

namespace lithoscope::io {

using core::trimmed;

namespace {

constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";

struct LineCursor {
  std::string_view rest;
  char end = '\n';
  std::int64_t number = 0;  // of the line last returned, from 1

  std::optional<std::string_view> next() {
    if (rest.empty()) return std::nullopt;
    ++number;
    const auto stop = rest.find(end);
    std::string_view line = rest.substr(0, stop);
    rest = stop == std::string_view::npos ? std::string_view{} : rest.substr(stop + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
};

// One cell after another of a line, without a container: this is the hot loop of the text readers.
struct CellCursor {
  std::string_view rest;
  char delimiter;
  bool more = true;

  std::string_view next() {
    const auto stop = rest.find(delimiter);
    const std::string_view cell = rest.substr(0, stop);
    if (stop == std::string_view::npos) {
      more = false;
      rest = {};
    } else {
      rest.remove_prefix(stop + 1);
    }
    return cell;
  }
};

[[noreturn]] void bad_row(const std::string& path, std::int64_t line, std::string what, std::string expected,
                          std::string found) {
  throw core::UnreadableFile(
      {.what = std::move(what),
       .where = {.path = path, .line = line > 0 ? std::optional{line} : std::nullopt},
       .expected = std::move(expected),
       .found = std::move(found),
       .advice = "the file is cut short or was edited: export it again from the instrument's program"});
}

std::string shortened(std::string_view text) {
  const std::string clean = to_utf8(text.substr(0, 40));
  return text.size() > 40 ? clean + "..." : clean;
}

bool is_missing(std::string_view word) {
  return word.empty() || word == "NaN" || word == "nan" || word == "NA" || word == "-nan";
}

void append_cell(std::int64_t line, TextColumn& column, std::string_view cell, bool first, bool decimal_comma) {
  const std::string_view word = trimmed(cell);
  if (first && !is_missing(word) && !to_number(word, decimal_comma)) {
    column.text.push_back(word);
    return;
  }
  if (column.is_text()) {
    column.text.push_back(word);
    return;
  }
  if (is_missing(word)) {
    column.numbers.push_back(std::numeric_limits<double>::quiet_NaN());
    return;
  }
  if (const auto number = to_number(word, decimal_comma)) {
    column.numbers.push_back(*number);
    return;
  }
  const bool all_empty = std::ranges::all_of(column.numbers, [](double x) { return std::isnan(x); });
  if (all_empty) {  // a text column whose first cells were empty
    column.text.assign(column.numbers.size(), std::string_view{});
    column.numbers.clear();
    column.text.push_back(word);
    return;
  }
  column.numbers.push_back(std::numeric_limits<double>::quiet_NaN());
  if (column.bad_line != 0) return;
  column.bad_line = line;
  column.bad_word = shortened(word);
}

// EC-Lab writes some names after an empty one for which its rows have no cells.
void drop_names_without_cells(TextTable& table, std::string_view rows, const TextTableLayout& layout) {
  const auto blank = std::ranges::find(table.columns, std::string{}, &TextColumn::name);
  if (blank == table.columns.end()) return;
  const std::string_view first_row = rows.substr(0, rows.find(layout.row_end));
  auto cells = split(first_row, layout.delimiter);
  while (!cells.empty() && trimmed(cells.back()).empty()) cells.pop_back();
  if (static_cast<std::ptrdiff_t>(cells.size()) == blank - table.columns.begin())
    table.columns.erase(blank, table.columns.end());
}

}  // namespace

const std::vector<double>& numbers_of(const std::string& path, const TextColumn& column) {
  if (column.is_text()) {
    bad_row(path, 0, fmt::format("the column \"{}\" is not numbers", column.name), "numbers",
            fmt::format("\"{}\"", shortened(column.text.front())));
  }
  if (column.bad_line != 0) {
    bad_row(path, column.bad_line, fmt::format("column \"{}\" holds something that is not a number", column.name),
            "a number", fmt::format("\"{}\"", column.bad_word));
  }
  return column.numbers;
}

const TextColumn* TextTable::find(std::string_view name) const {
  const auto it = std::ranges::find(columns, name, &TextColumn::name);
  return it == columns.end() ? nullptr : &*it;
}

std::vector<std::string_view> lines_of(std::string_view bytes, std::int64_t line_count) {
  std::vector<std::string_view> lines;
  LineCursor cursor{bytes};
  while (line_count < 0 || static_cast<std::int64_t>(lines.size()) < line_count) {
    const auto line = cursor.next();
    if (!line) break;
    lines.push_back(*line);
  }
  return lines;
}

std::vector<std::string_view> split(std::string_view line, char delimiter) {
  std::vector<std::string_view> cells;
  CellCursor cursor{line, delimiter};
  while (cursor.more) cells.push_back(cursor.next());
  return cells;
}

std::vector<std::string_view> words_of(std::string_view line, std::string_view separators) {
  std::vector<std::string_view> words;
  for (std::size_t from = line.find_first_not_of(separators); from != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(separators, from), line.size());
    words.push_back(line.substr(from, end - from));
    from = line.find_first_not_of(separators, end);
  }
  return words;
}

namespace {

// What from_chars leaves of a number by Fortran: D for E, or an exponent of three digits without a letter.
std::optional<double> fortran_number(std::string_view cell, std::size_t mantissa) {
  if (mantissa == 0 || cell.size() > 40) return std::nullopt;
  std::string_view exponent = cell.substr(mantissa);
  const bool letter = exponent.front() == 'D' || exponent.front() == 'd';
  const bool bare = exponent.size() == 4 && (exponent.front() == '+' || exponent.front() == '-') &&
                    cell.substr(0, mantissa).find('.') != std::string_view::npos;
  if (letter) exponent.remove_prefix(1);
  if (!(letter || bare) || exponent.empty() || exponent.find_first_of("eEdD") != std::string_view::npos)
    return std::nullopt;
  return to_number(fmt::format("{}e{}", cell.substr(0, mantissa), exponent));
}

}  // namespace

std::optional<double> to_number(std::string_view cell, bool decimal_comma) {
  cell = trimmed(cell);
  if (cell.size() > 1 && cell.front() == '"' && cell.back() == '"') cell = cell.substr(1, cell.size() - 2);
  if (cell.starts_with('+')) cell.remove_prefix(1);
  std::array<char, 64> buffer{};
  if (decimal_comma && cell.find(',') != std::string_view::npos) {
    if (cell.size() > buffer.size()) return std::nullopt;
    std::ranges::replace_copy(cell, buffer.begin(), ',', '.');
    cell = {buffer.data(), cell.size()};
  }
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  const bool whole = end == cell.data() + cell.size();
  if (!whole) return fortran_number(cell, static_cast<std::size_t>(end - cell.data()));
  if (error == std::errc::result_out_of_range) {  // 1e-400 is zero, 1e999 is no measurement
    const bool tiny = cell.find("e-") != std::string_view::npos || cell.find("E-") != std::string_view::npos;
    return tiny ? std::optional{0.0} : std::nullopt;
  }
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  return value;
}

char guess_delimiter(std::string_view header_line) {
  char best = ',';
  std::ptrdiff_t most = 0;
  for (const char candidate : {'\t', ';', ','}) {
    const auto count = std::ranges::count(header_line, candidate);
    if (count > most) {
      most = count;
      best = candidate;
    }
  }
  return best;
}

std::string to_utf8(std::string_view bytes) {
  if (g_utf8_validate(bytes.data(), static_cast<gssize>(bytes.size()), nullptr) != 0) return std::string{bytes};
  std::string out;
  out.reserve(bytes.size() + 8);
  for (const char c : bytes) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | u >> 6);
      out += static_cast<char>(0x80 | (u & 0x3F));
    }
  }
  return out;
}

TextTable parse_text_table(const std::string& path, std::string_view bytes, const TextTableLayout& layout) {
  if (bytes.starts_with(utf8_mark)) bytes.remove_prefix(utf8_mark.size());
  LineCursor lines{bytes, layout.row_end};
  for (std::int64_t i = 0; i < layout.skip_lines; ++i) lines.next();
  const auto header = lines.next();
  if (!header || trimmed(*header).empty()) {
    bad_row(path, lines.number, "there is no line of column names", "column names", "nothing");
  }
  TextTable table;
  for (const std::string_view name : split(*header, layout.delimiter)) {
    std::string_view word = trimmed(name);
    if (word.size() > 1 && word.front() == '"' && word.back() == '"') word = word.substr(1, word.size() - 2);
    table.columns.push_back({.name = to_utf8(word)});
  }
  while (!table.columns.empty() && table.columns.back().name.empty()) table.columns.pop_back();
  drop_names_without_cells(table, lines.rest, layout);
  const auto per_row = std::max<std::size_t>(header->size(), 8);
  for (TextColumn& column : table.columns) column.numbers.reserve(lines.rest.size() / per_row);
  while (const auto line = lines.next()) {
    if (trimmed(*line).empty()) continue;
    CellCursor cells{*line, layout.delimiter};
    std::size_t filled = 0;
    for (TextColumn& column : table.columns) {
      if (!cells.more) break;
      append_cell(lines.number, column, cells.next(), table.rows == 0, layout.decimal_comma);
      ++filled;
    }
    if (filled < table.columns.size()) {
      bad_row(path, lines.number, "the row has too few cells", fmt::format("{} cells", table.columns.size()),
              fmt::format("{}", filled));
    }
    while (cells.more) {
      if (const auto extra = trimmed(cells.next()); !extra.empty()) {
        bad_row(path, lines.number, "the row has more cells than there are column names",
                fmt::format("{} cells", table.columns.size()), fmt::format("\"{}\" beyond them", shortened(extra)));
      }
    }
    ++table.rows;
  }
  return table;
}

}  // namespace lithoscope::io
