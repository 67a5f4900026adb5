// SPEC data files (Certified Scientific Software): #S begins a scan, #L names its columns.
#include <fmt/format.h>

#include "formats/format.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::xas {
namespace {

using core::trimmed;

bool recognises(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, 65536);
  return head.starts_with("#F ") || head.starts_with("#S ") ||
         (head.starts_with('#') && head.find("\n#S ") != std::string_view::npos &&
          head.find("\n#L ") != std::string_view::npos);
}

// Names are parted by two blanks, so that one may stand inside a name.
std::vector<std::string> column_names(std::string_view text, std::string_view between) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(between), text.size());
    const std::string_view name = trimmed(text.substr(0, end));
    if (!name.empty()) names.emplace_back(name);
    text.remove_prefix(std::min(end + between.size(), text.size()));
  }
  return names;
}

std::vector<Scan> read(const io::InputFile& file) {
  std::vector<Scan> scans;
  std::vector<std::string> names;
  Scan scan;
  NumberRows rows{file.path()};
  std::int64_t line_number = 0;
  int aborted = 0;
  std::string labels;
  bool inside_array = false;  // of a multichannel analyser: lines that end in a backslash go on
  const auto finish = [&] {
    if (rows.empty()) {
      if (!scan.name.empty()) ++aborted;  // a scan that was begun and stopped before its first point
      return;
    }
    if (names.size() != rows.width()) names = column_names(labels, " ");  // some write one blank between names
    if (names.size() != rows.width()) {
      scan.remarks.push_back(fmt::format("{} names for {} columns: they are not used.", names.size(), rows.width()));
      names.clear();
    }
    rows.finish(scan, names);
    scans.push_back(std::move(scan));
  };
  for (const std::string_view whole : io::lines_of(file.bytes())) {
    ++line_number;
    const std::string_view line = trimmed(whole);
    if (line.empty()) continue;
    if (inside_array || line.starts_with('@')) {
      inside_array = line.ends_with('\\');
      continue;
    }
    if (line.starts_with("#S ")) {
      finish();
      scan = {};
      names.clear();
      labels.clear();
      scan.name = trimmed(line.substr(3));
    } else if (line.starts_with("#L ")) {
      labels = line.substr(3);
      names = column_names(labels, "  ");
    } else if (line.starts_with("#D ")) {
      scan.facts.emplace_back("date", io::to_utf8(trimmed(line.substr(3))));
    } else if (line.starts_with("#C ")) {
      scan.facts.emplace_back("comment", io::to_utf8(trimmed(line.substr(3))));
    } else if (line.starts_with('#')) {
      continue;  // motors and counters' tables
    } else if (!scan.name.empty()) {
      rows.add(words_of(line), line_number);
    }
  }
  finish();
  if (aborted > 0 && !scans.empty())
    scans.front().remarks.push_back(fmt::format("{} scans of the file hold no points.", aborted));
  return scans;
}

}  // namespace

ScanFormat spec_format() { return {"SPEC", recognises, read}; }

}  // namespace lithoscope::xas
