// SSRL's XAS Data Collector text: a header of fixed lines, names one a line after "Data:", then rows.
#include "formats/format.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::xas {
namespace {

using core::trimmed;

bool recognises(std::string_view bytes) {
  return bytes.starts_with("SSRL ") && bytes.substr(0, 100).find("EXAFS Data Collector") != std::string_view::npos;
}

std::vector<Scan> read(const io::InputFile& file) {
  if (file.bytes().substr(0, 4096).find('\0') != std::string_view::npos)
    unreadable(file.path(), "is the binary flavour of SSRL's XAS Data Collector", "its text flavour", "binary numbers");
  Scan scan;
  std::vector<std::string> names;
  NumberRows rows{file.path()};
  enum class Part { header, column_names, table } part = Part::header;
  std::int64_t number = 0;
  for (const std::string_view whole : io::lines_of(file.bytes())) {
    ++number;
    const std::string_view line = trimmed(whole);
    if (part == Part::header) {
      if (line == "Data:") part = Part::column_names;
      if (number == 2) scan.facts.emplace_back("date", std::string{line});
      continue;
    }
    const auto words = words_of(line);
    const bool numbers = !words.empty() && io::to_number(words.front()).has_value();
    if (part == Part::column_names && numbers && words.size() == names.size() && words.size() > 1) part = Part::table;
    if (part == Part::column_names && !line.empty()) names.emplace_back(line);
    if (part == Part::table && !line.empty()) rows.add(words, number);
  }
  rows.finish(scan, names);
  return {std::move(scan)};
}

}  // namespace

ScanFormat ssrl_xas_format() { return {"SSRL XAS Data Collector", recognises, read}; }

}  // namespace lithoscope::xas
