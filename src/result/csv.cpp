// Tables and grids as text: csv for programs, aligned columns for a terminal.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/result/files.hpp"

namespace lithoscope::result {
namespace {

std::string cell(double v) { return std::isnan(v) ? std::string{} : fmt::format("{}", v); }

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string{"\"\""} : std::string(1, c);
  return out + "\"";
}

std::string heading(const std::string& name, const std::string& unit) {
  return quoted(unit.empty() ? name : fmt::format("{} / {}", name, unit));
}

std::string csv_cell(const Column& column, std::size_t row) {
  if (column.is_words()) return quoted(column.words()[row]);
  if (const auto* whole = std::get_if<std::vector<std::int64_t>>(&column.values)) return std::to_string((*whole)[row]);
  return cell(column.number(row));
}

// Characters of UTF-8 text as a terminal counts them.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width, bool left) {
  const std::string blanks(width > width_of(text) ? width - width_of(text) : 0, ' ');
  return left ? text + blanks : blanks + text;
}

// Words longer than this are cut on a terminal; files have them whole.
constexpr std::size_t most_width = 44;

std::string cut(std::string text) {
  if (text.size() <= most_width) return text;
  std::size_t end = most_width - 1;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "\u2026";
}

std::string aligned(const Table& table, std::size_t most) {
  std::vector<const Column*> columns;
  for (const std::string& name : table.brief) columns.push_back(&table.at(name));
  std::vector<std::vector<std::string>> lines(1);
  for (const Column* c : columns) lines.front().push_back(shown_heading(*c));
  const std::size_t rows = table.rows(), shown = std::min(most, rows);
  for (std::size_t i = 0; i < shown; ++i) {
    const std::size_t row = shown == rows || shown < 2 ? i : i * (rows - 1) / (shown - 1);
    auto& line = lines.emplace_back();
    for (const Column* c : columns) line.push_back(cut(shown_text(*c, row)));
    if (!table.valid.empty() && table.at(table.valid).number(row) == 0) line.back().insert(0, "NOT USED ");
  }
  std::vector<std::size_t> widths(columns.size(), 0);
  for (const auto& line : lines) {
    for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], width_of(line[c]));
  }
  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t c = 0; c < line.size(); ++c)
      text += (c > 0 ? "  " : "") + padded(line[c], widths[c], columns[c]->is_words());
    while (text.ends_with(' ')) text.pop_back();
    out += text + "\n";
  }
  if (shown < rows) out += fmt::format("{} of {} rows shown; --json or --out for all.\n", shown, rows);
  return out;
}

}  // namespace

std::string csv_text(const Table& table) {
  std::string out;
  const auto each = [&](const auto& put) {
    bool first = true;
    const auto add = [&](const std::string& text) {
      out += (first ? "" : ",") + text;
      first = false;
    };
    for (const Column& c : table.columns) put(c, add);
    out += "\n";
  };
  each([](const Column& c, const auto& add) {
    add(heading(c.name, c.unit));
    if (!c.variance.empty()) add(heading(c.name + "_errors", c.unit));
    if (!c.low.empty()) add(heading(c.name + "_low_95", c.unit));
    if (!c.high.empty()) add(heading(c.name + "_high_95", c.unit));
  });
  for (std::size_t row = 0; row < table.rows(); ++row) {
    each([row](const Column& c, const auto& add) {
      add(csv_cell(c, row));
      if (!c.variance.empty()) add(cell(std::sqrt(c.variance[row])));
      if (!c.low.empty()) add(cell(c.low[row]));
      if (!c.high.empty()) add(cell(c.high[row]));
    });
  }
  return out;
}

std::string csv_text(const Grid& grid) {
  // A matrix, x along the first line and y down the first column: a tenth of the bytes of one line a value.
  std::string out = heading(grid.z.name, grid.z.unit);
  for (std::size_t c = 0; c < grid.x.size(); ++c) out += "," + cell(grid.x.number(c));
  out += "\n";
  for (std::size_t r = 0; r < grid.y.size(); ++r) {
    out += cell(grid.y.number(r));
    for (std::size_t c = 0; c < grid.x.size(); ++c) out += "," + cell(grid.z.number(r * grid.x.size() + c));
    out += "\n";
  }
  return out;
}

std::string terminal_text(const Result& result, std::size_t rows) {
  std::string out;
  for (const Table& table : result.tables) {
    if (table.brief.empty() || table.rows() == 0) continue;
    if (!out.empty()) out += "\n";
    out += aligned(table, rows);
  }
  return out;
}

}  // namespace lithoscope::result
