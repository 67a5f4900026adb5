// Any text with rows of numbers: comment lines before, names in the last line before the numbers that has as many words
// as there are columns. SSRL 8-2 tables, XDAC, Athena's column files and most others are of this kind.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "formats/format.hpp"
#include "formats/header_names.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/recognise.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::xas {
namespace {

using core::trimmed;

// How a table's rows are parted, and its decimal sign.
struct Layout {
  char separator = ' ';  // ' ': any run of blanks and tabs
  bool decimal_comma = false;
};
// The first of these that makes most rows: a comma parts numbers before it stands in them.
constexpr std::array layouts{Layout{'\t', false}, Layout{';', false}, Layout{',', false}, Layout{' ', false},
                             Layout{'\t', true},  Layout{';', true},  Layout{' ', true}};

using Cells = std::vector<std::string_view>;

Cells cells(std::string_view line, char separator) {
  if (separator == ' ') return words_of(line);
  Cells out;
  for (const auto cell : io::split(line, separator)) out.push_back(trimmed(cell));
  while (!out.empty() && out.back().empty()) out.pop_back();
  return out;
}

bool is_row(const Cells& words, const Layout& layout) {
  constexpr std::size_t least = 2;
  return words.size() >= least &&
         std::ranges::all_of(words, [&](auto w) { return io::to_number(w, layout.decimal_comma).has_value(); });
}

// Between two tabs an empty cell counts: blanks would move the cells after it.
bool may_be(std::string_view line, const Layout& layout) {
  if (layout.separator == ' ') return line.find("\t\t") == std::string_view::npos;
  return line.find(layout.separator) != std::string_view::npos;
}

struct Head {
  Layout layout;
  std::int64_t rows = 0;
};
Head head_of(std::string_view bytes) {
  constexpr std::size_t head = 65536;
  std::array<std::int64_t, layouts.size()> rows{};
  for (const auto whole : io::lines_of(bytes.substr(0, head))) {
    const auto line = trimmed(whole);
    for (std::size_t k = 0; k < layouts.size(); ++k) {
      if (may_be(line, layouts[k]) && is_row(cells(line, layouts[k].separator), layouts[k])) ++rows[k];
    }
  }
  const auto most = std::ranges::max_element(rows);
  return {layouts[static_cast<std::size_t>(most - rows.begin())], *most};
}

bool recognises(std::string_view bytes) {
  if (io::recognise_container(bytes) != io::Container::text) return false;
  constexpr std::int64_t enough = 3;
  return head_of(bytes).rows >= enough;
}

struct Named {
  std::vector<std::string> names, units;
};

// Names that hold blanks: parted by two blanks or a tab.
Cells wide_words(std::string_view text) {
  Cells out;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min({text.find("  ", from), text.find('\t', from), text.size()});
    if (const auto word = trimmed(text.substr(from, end - from)); !word.empty()) out.push_back(word);
    from = end + 1;
  }
  return out;
}

// "Energy [eV]" or "TEY (A)": a unit in brackets at the end of a name.
Named names_of(std::string_view line, const Layout& layout, std::size_t width) {
  Named out;
  const std::string_view text = without_sign(line);
  Cells words = cells(text, layout.separator);
  // The first name may be the comment sign itself, such as the row's number in SSRL 8-2's raw tables.
  if (words.size() + 1 == width && trimmed(line).starts_with('#') && layout.separator == ',')
    words.insert(words.begin(), "#");
  if (layout.separator == ',' && words.size() == width && words.front().empty()) words.front() = "#";
  if (words.size() != width) words = words_of(text, " \t,;");
  if (words.size() != width) words = wide_words(text);
  // "Sample: NiO" above two columns is a fact, not their names.
  const bool fact =
      words.size() == width && std::ranges::any_of(words, [](auto w) { return w.ends_with(':') || w == "="; });
  if (words.size() != width || is_row(words, layout) || fact) return out;
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

bool is_comment(std::string_view line) { return comment_signs.find(line.front()) != std::string_view::npos; }

// Where the table begins: the first line of ten rows of one width on end, or of the longest run there is. A header may
// hold a few rows of numbers of its own.
std::size_t table_start(const std::vector<std::string_view>& lines, const Layout& layout) {
  constexpr std::size_t enough = 10;
  std::size_t best = 0, longest = 0, start = 0, run = 0, width = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = trimmed(lines[i]);
    if (line.empty()) continue;
    const auto words = cells(line, layout.separator);
    if (!is_row(words, layout)) {
      if (!is_comment(line)) run = 0;
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

// The line after the last row that is whole: beyond it stand a footer, or half a row of a file still being written.
std::size_t table_end(const std::vector<std::string_view>& lines, std::size_t start, const Layout& layout) {
  const std::size_t width = cells(trimmed(lines[start]), layout.separator).size();
  std::size_t end = lines.size();
  while (end > start + 1) {
    const auto words = cells(trimmed(lines[end - 1]), layout.separator);
    if (words.size() == width && is_row(words, layout)) break;
    --end;
  }
  return end;
}

// Fewer numbers than in a whole row, or as many of which the last one breaks off: "3.0e".
bool is_cut(const Cells& words, std::size_t width, const Layout& layout) {
  const auto number = [&](auto w) { return io::to_number(w, layout.decimal_comma).has_value(); };
  if (words.empty() || words.size() > width || !std::all_of(words.begin(), words.end() - 1, number)) return false;
  return words.size() < width || words.back().find_first_not_of("0123456789+-.,eEdD") == std::string_view::npos;
}

// What stands after the table is told apart: words are a footer; a number too few is said; any other row is a fault.
void read_tail(const std::vector<std::string_view>& lines, std::size_t end, const Layout& layout, NumberRows& rows,
               Scan& scan) {
  std::string footer;
  for (std::size_t i = end; i < lines.size(); ++i) {
    const std::string_view line = trimmed(lines[i]);
    if (line.empty() || is_comment(line)) continue;
    const auto words = cells(line, layout.separator);
    const bool number = !words.empty() && io::to_number(words.front(), layout.decimal_comma);
    const bool last = std::all_of(lines.begin() + static_cast<std::ptrdiff_t>(i) + 1, lines.end(),
                                  [](std::string_view l) { return trimmed(l).empty(); });
    if (!number) {
      if (footer.empty()) footer = io::to_utf8(line.substr(0, 60));
    } else if (last && is_cut(words, rows.width(), layout)) {
      scan.remarks.push_back(
          fmt::format("Line {} is half a row and was left out; is the file still being written?", i + 1));
    } else {
      rows.add(words, static_cast<std::int64_t>(i) + 1);  // says what is wrong with it
    }
  }
  if (!footer.empty()) scan.remarks.push_back(fmt::format("What follows the table was left out: \"{}\".", footer));
}

std::vector<Scan> read(const io::InputFile& file) {
  Scan scan;
  std::vector<std::string_view> header;
  const std::vector<std::string_view> lines = io::lines_of(file.bytes());
  const Layout layout = head_of(file.bytes()).layout;
  NumberRows rows{file.path(), layout.decimal_comma};
  const std::size_t start = table_start(lines, layout), end = table_end(lines, start, layout);
  for (std::size_t i = 0; i < end; ++i) {
    const std::string_view line = trimmed(lines[i]);
    if (line.empty()) continue;
    if (i < start) {
      header.push_back(line);
    } else if (!is_comment(line)) {
      rows.add(cells(line, layout.separator), static_cast<std::int64_t>(i) + 1);
    }
  }
  read_tail(lines, end, layout, rows, scan);
  if (layout.decimal_comma) scan.remarks.emplace_back("The decimal sign is a comma.");
  Named named;
  named.names = header_names(header, rows.width());
  // The last line above the table, or an earlier one that names an energy.
  for (auto line = header.rbegin(); line != header.rend() && named.names.empty(); ++line) {
    Named found = names_of(*line, layout, rows.width());
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
