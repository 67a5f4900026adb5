#include "formats/header_names.hpp"

#include <algorithm>

#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::xas {

using core::trimmed;
using io::words_of;

std::string_view without_sign(std::string_view line) {
  line = trimmed(line);
  while (!line.empty() && comment_signs.find(line.front()) != std::string_view::npos) line.remove_prefix(1);
  return trimmed(line);
}

namespace {

// APS (XSD): "1) Mono Energy * 2) Scaler preset * 3) I0", over one or several lines.
void add_legend(std::string_view text, std::vector<std::string>& names) {
  constexpr std::string_view parts = "*";
  for (const auto part : words_of(text, parts)) {
    const auto entry = trimmed(part);
    const auto bracket = entry.find(')');
    if (bracket == std::string_view::npos) continue;
    const auto number = io::to_number(entry.substr(0, bracket));
    if (!number || *number < 1 || *number > static_cast<double>(names.size())) continue;
    names[static_cast<std::size_t>(*number) - 1] = io::to_utf8(trimmed(entry.substr(bracket + 1)));
  }
}

// CLS (HXMA): `#(1) $(energy) "$(i0)" ...`.
std::vector<std::string> cls_names(std::string_view line) {
  std::vector<std::string> out;
  for (const auto word : words_of(line.substr(line.find(')') + 1), "\"#$() \t")) out.push_back(io::to_utf8(word));
  return out;
}

// APS (12BM): "#C 1_energy (eV) 2_time 3_i0": words that begin with the column's number.
std::vector<std::string> numbered_names(std::string_view line) {
  std::vector<std::string> out;
  for (const auto word : words_of(line)) {
    const auto at = word.find('_');
    if (at == std::string_view::npos || at + 1 == word.size()) continue;
    const auto number = io::to_number(word.substr(0, at));
    if (number && *number == static_cast<double>(out.size() + 1)) out.push_back(io::to_utf8(word.substr(at + 1)));
  }
  return out;
}

// DESY (.fio): " Col 2 I0 DOUBLE", a line a column.
void add_fio_column(std::string_view line, std::vector<std::string>& names) {
  const auto words = words_of(line);
  if (words.size() != 4 || words[0] != "Col") return;
  const auto number = io::to_number(words[1]);
  if (number && *number >= 1 && *number <= static_cast<double>(names.size()))
    names[static_cast<std::size_t>(*number) - 1] = io::to_utf8(words[2]);
}

}  // namespace

std::vector<std::string> header_names(const std::vector<std::string_view>& header, std::size_t columns) {
  std::vector<std::string> legend(columns);
  for (const auto line : header) {
    if (line.starts_with("#(1)") && line.find("$(") != std::string_view::npos) {
      if (auto names = cls_names(line); names.size() == columns) return names;
    }
    if (auto names = numbered_names(line); names.size() == columns) return names;
    add_legend(without_sign(line), legend);
    add_fio_column(line, legend);
  }
  const bool whole = std::ranges::none_of(legend, [](const std::string& name) { return name.empty(); });
  return whole ? legend : std::vector<std::string>{};
}

}  // namespace lithoscope::xas
