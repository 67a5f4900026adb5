// The 9809 text of the Photon Factory and SPring-8: a header that names the crystal, angles instead of energies, and
// a line "Mode" that says what each counter is.
#include <algorithm>

#include "formats/format.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::xas {
namespace {

using core::trimmed;

bool recognises(std::string_view bytes) {
  const std::string_view first = trimmed(bytes.substr(0, bytes.find('\n')));
  return first.starts_with("9809") || (first.size() < 200 && first.find("KEK-PF") != std::string_view::npos);
}

std::string name_of_mode(std::string_view mode, std::size_t number) {
  if (mode == "1") return "i0";
  if (mode == "2") return "itrans";
  if (mode == "3") return "fluo" + std::to_string(number);
  return "mode " + std::string{mode} + " " + std::to_string(number);
}

// "D= 3.13551 A" somewhere in the line of the monochromator.
std::optional<double> spacing_in(std::string_view line) {
  const auto words = words_of(line, " \t=");
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == "D" || words[i] == "d") return io::to_number(words[i + 1]);
  }
  return std::nullopt;
}

// The word "Mode" stands where the first angle does: the modes begin with the second column.
std::vector<std::string> names_of(const std::vector<std::string_view>& modes, std::size_t width) {
  std::vector<std::string> out{"angle driven", "angle", "time"};
  for (std::size_t i = out.size(); i < width; ++i)
    out.push_back(i - 1 < modes.size() ? name_of_mode(modes[i - 1], i - 2) : "counter " + std::to_string(i - 2));
  return out;
}

std::vector<Scan> read(const io::InputFile& file) {
  Scan scan;
  NumberRows rows{file.path()};
  std::optional<double> spacing;
  std::vector<std::string_view> modes;
  bool table = false;
  std::int64_t number = 0;
  for (const std::string_view whole : io::lines_of(file.bytes())) {
    ++number;
    const std::string_view line = trimmed(whole);
    const auto words = words_of(line);
    if (words.empty()) continue;
    if (table && io::to_number(words.front())) rows.add(words, number);
    if (line.find("Mono") != std::string_view::npos && !spacing) spacing = spacing_in(line);
    if (words.front() == "Mode") modes.assign(words.begin() + 1, words.end());
    if (words.front() == "Offset" || words.front().starts_with("Angle")) table = true;
    const auto colon = line.find(':');
    if (!table && colon != std::string_view::npos && colon > 0)
      scan.facts.emplace_back(io::to_utf8(trimmed(line.substr(0, colon))),
                              io::to_utf8(trimmed(line.substr(colon + 1))));
  }
  constexpr std::size_t angles = 2;
  if (!rows.empty() && rows.width() <= angles)
    unreadable(file.path(), "no counters beside the angles", "angles, time and counters", "two columns");
  if (!spacing || !(*spacing > 0))
    unreadable(file.path(), "the spacing of the crystal is missing, which makes energies of angles", "D= 3.13551 A",
               "none");
  if (rows.empty()) return {std::move(scan)};
  rows.finish(scan, names_of(modes, rows.width()));
  scan.columns.push_back(energy_of_angles(scan.columns[1].values, *spacing));
  scan.energy = scan.columns.size() - 1;
  return {std::move(scan)};
}

}  // namespace

ScanFormat photon_factory_format() { return {"Photon Factory 9809", recognises, read}; }

}  // namespace lithoscope::xas
