// mda2ascii text of EPICS scans (APS, Australian Synchrotron): "# N [1-D Detector k] PV, name, unit" names column N.
#include <fmt/format.h>

#include "formats/format.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::xas {
namespace {

using core::trimmed;

bool recognises(std::string_view bytes) { return bytes.starts_with("## mda2ascii"); }

// "#   13  [1-D Detector  10]  PV, Sample Drain, A"; a positioner has step mode and unit after its description.
struct Described {
  std::size_t column = 0;
  std::string name, unit;
};
std::optional<Described> described(std::string_view line) {
  const auto open = line.find('[');
  const auto close = line.find(']');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
  const auto number = io::to_number(trimmed(line.substr(1, open - 1)));
  const std::string_view kind = line.substr(open + 1, close - open - 1);
  if (!number || *number < 1 || *number > 1e4 || kind.find("-D ") == std::string_view::npos) return std::nullopt;
  const auto parts = io::split(line.substr(close + 1), ',');
  const auto part = [&](std::size_t i) { return i < parts.size() ? trimmed(parts[i]) : std::string_view{}; };
  const bool positioner = kind.find("Positioner") != std::string_view::npos;
  std::string name{part(1)};
  if (name.empty()) name = part(0);  // the process variable
  return Described{static_cast<std::size_t>(*number), std::move(name), std::string{part(positioner ? 3 : 2)}};
}

std::vector<Scan> read(const io::InputFile& file) {
  Scan scan;
  std::vector<Described> columns;
  NumberRows rows{file.path()};
  std::int64_t number = 0;
  for (const std::string_view whole : io::lines_of(file.bytes())) {
    ++number;
    const std::string_view line = trimmed(whole);
    if (line.empty()) continue;
    if (!line.starts_with('#')) {
      rows.add(words_of(line), number);
      continue;
    }
    if (auto column = described(line)) {
      columns.push_back(std::move(*column));
    } else if (const auto at = line.find(" = "); at != std::string_view::npos && at > 2) {
      const std::string field{trimmed(line.substr(1, at - 1))};
      const std::string value{trimmed(line.substr(at + 3))};
      if (field == "Scan number") scan.name = value;
      if (field == "Overall scan dimension" && value != "1-D")
        unreadable(file.path(), "is a scan of several dimensions", "a 1-D scan", value, number);
      scan.facts.emplace_back(field, value);
    } else if (line.starts_with("# Extra PV ")) {
      const auto parts = io::split(line.substr(line.find(':') + 1), ',');
      if (parts.size() > 2 && !trimmed(parts[1]).empty())
        scan.facts.emplace_back(std::string{trimmed(parts[1])}, io::to_utf8(trimmed(parts[2])));
    }
  }
  std::vector<std::string> names{"index"};
  for (const Described& column : columns) {
    if (column.column > names.size()) names.resize(column.column);
    names[column.column - 1] = column.name;
  }
  rows.finish(scan, names);
  for (const Described& column : columns) {
    if (column.column <= scan.columns.size()) scan.columns[column.column - 1].unit = column.unit;
  }
  return {std::move(scan)};
}

}  // namespace

ScanFormat mda_ascii_format() { return {"mda2ascii", recognises, read}; }

}  // namespace lithoscope::xas
