// Any text with rows of numbers: comment lines before, names in the last line before the numbers that has as many words
// as there are columns. SSRL 8-2 tables, XDAC, Athena's column files and most others are of this kind.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "formats/format.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/recognise.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::xas {
namespace {

using core::trimmed;

constexpr std::string_view comment_signs = "#%;!*/";

std::string_view without_sign(std::string_view line) {
  line = trimmed(line);
  while (!line.empty() && comment_signs.find(line.front()) != std::string_view::npos) line.remove_prefix(1);
  return trimmed(line);
}

// Comma before tab before blanks: a table is parted by the strongest sign it has.
std::string_view separators_of(std::string_view row) {
  if (row.find(',') != std::string_view::npos) return ",";
  if (row.find('\t') != std::string_view::npos) return "\t";
  if (row.find(';') != std::string_view::npos) return ";";
  return " \t";
}

std::vector<std::string_view> cells(std::string_view line, std::string_view separators) {
  if (separators == " \t") return words_of(line);
  std::vector<std::string_view> out;
  for (const auto cell : io::split(line, separators.front())) out.push_back(trimmed(cell));
  while (!out.empty() && out.back().empty()) out.pop_back();
  return out;
}

bool is_row(const std::vector<std::string_view>& words) {
  return !words.empty() && std::ranges::all_of(words, [](auto w) { return io::to_number(w).has_value(); });
}

std::int64_t rows_in_head(std::string_view bytes) {
  std::int64_t rows = 0;
  constexpr std::size_t head = 65536;
  for (const auto line : io::lines_of(bytes.substr(0, head))) {
    const auto text = trimmed(line);
    if (text.empty()) continue;
    const auto words = cells(text, separators_of(text));
    if (words.size() >= 2 && is_row(words)) ++rows;
  }
  return rows;
}

bool recognises(std::string_view bytes) {
  if (io::recognise_container(bytes) != io::Container::text) return false;
  constexpr std::int64_t enough = 3;
  return rows_in_head(bytes) >= enough;
}

struct Named {
  std::vector<std::string> names, units;
};

// "Energy [eV]" or "TEY (A)": a unit in brackets at the end of a name.
Named names_of(std::string_view line, std::string_view separators, std::size_t width) {
  Named out;
  const std::string_view text = without_sign(line);
  std::vector<std::string_view> words = cells(text, separators);
  // The first name may be the comment sign itself, such as the row's number in SSRL 8-2's raw tables.
  if (words.size() + 1 == width && trimmed(line).starts_with('#') && separators == ",")
    words.insert(words.begin(), "#");
  if (separators == "," && words.size() == width && words.front().empty()) words.front() = "#";
  if (words.size() != width) words = words_of(text, " \t,;");
  // "Sample: NiO" above two columns is a fact, not their names.
  const bool fact =
      words.size() == width && std::ranges::any_of(words, [](auto w) { return w.ends_with(':') || w == "="; });
  if (words.size() != width || is_row(words) || fact) return out;
  for (std::string_view word : words) {
    std::string unit;
    const auto open = word.find_last_of("[(");
    if (open != std::string_view::npos && open > 0 && (word.ends_with(']') || word.ends_with(')'))) {
      unit = trimmed(word.substr(open + 1, word.size() - open - 2));
      word = trimmed(word.substr(0, open));
    }
    if (word.starts_with('"') && word.ends_with('"') && word.size() > 1) word = word.substr(1, word.size() - 2);
    out.names.push_back(io::to_utf8(word));
    out.units.push_back(io::to_utf8(unit));
  }
  return out;
}

// Where the table begins: the first line of ten rows of one width on end, or of the longest run there is. A header may
// hold a few rows of numbers of its own.
std::size_t table_start(const std::vector<std::string_view>& lines) {
  constexpr std::size_t enough = 10;
  std::size_t best = 0, longest = 0, start = 0, run = 0, width = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = trimmed(lines[i]);
    if (line.empty()) continue;
    const auto words = cells(line, separators_of(line));
    if (words.size() < 2 || !is_row(words)) {
      const bool comment = comment_signs.find(line.front()) != std::string_view::npos;
      if (!comment) run = 0;
      continue;
    }
    if (run == 0 || words.size() != width) {
      start = i;
      width = words.size();
      run = 0;
    }
    if (++run > longest) {
      longest = run;
      best = start;
    }
    if (run == enough) return start;
  }
  return best;
}

std::vector<Scan> read(const io::InputFile& file) {
  Scan scan;
  NumberRows rows{file.path()};
  std::vector<std::string_view> header;
  const std::vector<std::string_view> lines = io::lines_of(file.bytes());
  const std::size_t start = table_start(lines);
  const std::string_view separators = separators_of(trimmed(lines[start]));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = trimmed(lines[i]);
    if (line.empty()) continue;
    if (i < start) {
      header.push_back(line);
    } else if (comment_signs.find(line.front()) == std::string_view::npos) {
      rows.add(cells(line, separators), static_cast<std::int64_t>(i) + 1);
    }
  }
  Named named;
  // The last line above the table, or an earlier one that names an energy.
  for (auto line = header.rbegin(); line != header.rend() && named.names.empty(); ++line) {
    Named found = names_of(*line, separators, rows.width());
    if (line == header.rbegin() || std::ranges::any_of(found.names, is_energy_name)) named = std::move(found);
  }
  const std::size_t width = rows.width();
  rows.finish(scan, named.names);
  for (std::size_t i = 0; i < named.units.size(); ++i) scan.columns[i].unit = named.units[i];
  if (named.names.empty()) {
    scan.remarks.emplace_back("No line names the columns; they are called col1, col2 and so on.");
    if (width == 2 || width == 3) scan.energy = 0;  // energy, value, perhaps its standard deviation
  }
  for (const std::string_view line : header) {
    const std::string_view text = without_sign(line);
    const auto at = text.find_first_of(":=");
    constexpr std::size_t most = 40;
    if (at == std::string_view::npos || at == 0 || at > most) continue;
    scan.facts.emplace_back(io::to_utf8(trimmed(text.substr(0, at))), io::to_utf8(trimmed(text.substr(at + 1))));
  }
  return {std::move(scan)};
}

}  // namespace

ScanFormat plain_columns_format() { return {"columns of numbers", recognises, read}; }

}  // namespace lithoscope::xas
