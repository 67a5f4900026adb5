// ALS Beamline Control System, "SigScan" and its relatives: a short header, then a tab table that begins with the time
// of day.
#include "formats/format.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::xas {
namespace {

constexpr std::string_view table_mark = "Time of Day\t";

bool recognises(std::string_view bytes) {
  return bytes.starts_with("Date: ") && bytes.substr(0, 65536).find(table_mark) != std::string_view::npos;
}

std::vector<Scan> read(const io::InputFile& file) {
  Scan scan;
  std::vector<std::string> names;
  NumberRows rows{file.path()};
  std::int64_t number = 0;
  std::size_t energies = 0;
  for (const std::string_view line : io::lines_of(file.bytes())) {
    ++number;
    if (names.empty() && !line.starts_with(table_mark)) {
      const auto colon = line.find(": ");
      if (colon != std::string_view::npos && colon > 0) {
        scan.facts.emplace_back(std::string{line.substr(0, colon)}, io::to_utf8(core::trimmed(line.substr(colon + 2))));
      }
      continue;
    }
    if (core::trimmed(line).empty()) continue;
    auto cells = io::split(line, '\t');
    while (!cells.empty() && core::trimmed(cells.back()).empty()) cells.pop_back();
    if (names.empty()) {
      for (std::size_t i = 1; i < cells.size(); ++i) {
        std::string name{core::trimmed(cells[i])};
        // The energy asked for comes first, the one read back is a column of the same name.
        if (name == "Energy" && ++energies > 1) name = "Energy readback";
        names.push_back(std::move(name));
      }
      continue;
    }
    if (cells.size() != names.size() + 1)
      unreadable(file.path(), "a row of another length than the line of names", std::to_string(names.size() + 1),
                 std::to_string(cells.size()), number);
    rows.add(std::span{cells}.subspan(1), number);
  }
  rows.finish(scan, names);
  scan.name = scan.fact("Scan Number");
  return {std::move(scan)};
}

}  // namespace

ScanFormat sigscan_format() { return {"ALS SigScan", recognises, read}; }

}  // namespace lithoscope::xas
