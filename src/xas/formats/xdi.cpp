// XAS Data Interchange, XDI/1.0 (XAS-Data-Interchange, specification and dictionary of fields).
#include <fmt/format.h>
#include <xraylib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <numbers>

#include "formats/format.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::xas {
namespace {

using core::lower;
using core::trimmed;

bool is_version_line(std::string_view line) {
  if (!line.starts_with('#')) return false;
  return trimmed(line.substr(1)).starts_with("XDI/");
}

std::string_view first_line(std::string_view bytes) {
  const auto lines = io::lines_of(bytes.substr(0, 4096), 1);
  return lines.empty() ? std::string_view{} : lines.front();
}

// Fields as XDI writes them, whatever the first line says.
bool has_column_fields(std::string_view bytes) {
  for (const auto line : io::lines_of(bytes.substr(0, 4096), 12)) {
    if (line.starts_with('#') && lower(trimmed(line.substr(1)).substr(0, 9)) == "column.1:") return true;
  }
  return false;
}

bool recognises(std::string_view bytes) { return is_version_line(first_line(bytes)) || has_column_fields(bytes); }

bool all_of(std::string_view text, std::string_view marks) {
  return !text.empty() && text.find_first_not_of(marks) == std::string_view::npos;
}

bool is_number_then(std::string_view text, std::span<const std::string_view> units) {
  const auto words = words_of(text);
  if (words.size() != 2 || !io::to_number(words[0])) return false;
  return std::ranges::find(units, words[1]) != units.end();
}

bool is_date_time(std::string_view text) {
  // 2001-06-26T22:27:31, perhaps with a blank for the T, a fraction of a second and a zone
  constexpr std::string_view pattern = "dddd-dd-ddTdd:dd:dd";
  if (text.size() < pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = text[i];
    const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (pattern[i] == 'd' ? !digit : pattern[i] == 'T' ? (c != 'T' && c != ' ') : c != pattern[i]) return false;
  }
  const auto part = [&](std::size_t at) { return 10 * (text[at] - '0') + (text[at + 1] - '0'); };
  return part(5) >= 1 && part(5) <= 12 && part(8) >= 1 && part(8) <= 31 && part(11) < 24 && part(14) < 60 &&
         part(17) <= 60;
}

constexpr std::array<std::string_view, 20> edges{"K",  "L", "L1", "L2", "L3", "M",  "M1", "M2", "M3", "M4",
                                                 "M5", "N", "N1", "N2", "N3", "N4", "N5", "N6", "N7", "O1"};

struct Reader {
  std::string path;
  Scan scan;
  std::vector<std::string> labels;
  bool dashes = false;

  void field(std::string_view text, std::int64_t line, bool strict) {
    const auto bad = [&](const char* why) {
      if (strict) unreadable(path, why, "Family.Key: value", io::to_utf8(text.substr(0, 60)), line);
      scan.remarks.push_back(fmt::format("Line {} is no field of XDI and was passed over.", line));
    };
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return bad("a header field without a colon");
    const std::string_view name = trimmed(text.substr(0, colon));
    const std::string_view value = trimmed(text.substr(colon + 1));
    const auto dot = name.find('.');
    if (dot == std::string_view::npos) {
      if (name.empty() || name.find(' ') != std::string_view::npos || value.find(':') != std::string_view::npos)
        return bad("a header field without a dot in its name");
      scan.remarks.push_back(fmt::format("\"{}\" belongs to no family of fields.", io::to_utf8(name)));
      scan.facts.emplace_back(std::string{name}, io::to_utf8(value));
      return;
    }
    if (const auto second = name.find('.', dot + 1); second != std::string_view::npos) {
      // A beamline numbers its own fields like Column.N: known, and no harm.
      if (!all_of(name.substr(second + 1), "0123456789")) return bad("a header field with two dots in its name");
    }
    if (std::isdigit(static_cast<unsigned char>(name.front())) != 0)
      return bad("a header field whose family begins with a digit");
    if (value.empty() && strict) return bad("a header field without a value");
    scan.facts.emplace_back(std::string{name}, io::to_utf8(value));
  }

  void column_names() {
    const std::size_t width = scan.columns.size();
    std::size_t named = 0;
    for (const auto& [name, value] : scan.facts) {
      if (!lower(name).starts_with("column.")) continue;
      const auto number = io::to_number(std::string_view{name}.substr(7));
      if (!number || *number < 1) continue;
      ++named;
      if (*number > static_cast<double>(width)) {
        scan.remarks.push_back(fmt::format("{} names a column the table does not have.", name));
        continue;
      }
      const auto words = words_of(std::string_view{value}.substr(0, value.find("||")));
      ScanColumn& column = scan.columns[static_cast<std::size_t>(*number) - 1];
      if (!words.empty()) column.name = words[0];
      if (words.size() > 1) column.unit = words[1];
    }
    if (named < width) scan.remarks.push_back(fmt::format("{} of {} columns have a name (Column.N).", named, width));
    if (!dashes) scan.remarks.emplace_back("No line of dashes ends the header.");
  }

  void element_and_edge() {
    scan.element = scan.fact("Element.symbol");
    scan.edge = scan.fact("Element.edge");
    if (!scan.element.empty()) {  // "cu", "k"
      scan.element = lower(scan.element);
      scan.element.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(scan.element.front())));
    }
    if (!scan.edge.empty())
      scan.edge.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(scan.edge.front())));
    if (scan.element.empty() || SymbolToAtomicNumber(scan.element.c_str(), nullptr) <= 0) {
      scan.remarks.push_back(scan.element.empty() ? "Element.symbol is missing."
                                                  : "Element.symbol \"" + scan.element + "\" is no element.");
      scan.element.clear();
    }
    if (std::ranges::find(edges, scan.edge) == edges.end()) {
      scan.remarks.push_back(scan.edge.empty() ? "Element.edge is missing."
                                               : "Element.edge \"" + scan.edge + "\" is no edge.");
      scan.edge.clear();
    }
  }

  // Fields whose form the dictionary prescribes.
  void check_values() {
    constexpr std::array<std::string_view, 3> temperature{"K", "C", "degC"};
    constexpr std::array<std::string_view, 2> energy{"GeV", "MeV"};
    constexpr std::array<std::string_view, 4> current{"mA", "ma", "A", "uA"};
    const auto check = [&](const char* field, const auto& right, const char* form) {
      const std::string value = scan.fact(field);
      if (!value.empty() && !right(value))
        scan.remarks.push_back(fmt::format("{} \"{}\" is not {}.", field, value, form));
    };
    check("Scan.start_time", is_date_time, "a date and time such as 2001-06-26T22:27:31");
    check("Scan.end_time", is_date_time, "a date and time such as 2001-06-26T22:27:31");
    check("Sample.temperature", [&](const auto& v) { return is_number_then(v, temperature); }, "a number and K or C");
    check("Facility.energy", [&](const auto& v) { return is_number_then(v, energy); }, "a number and GeV or MeV");
    check("Facility.current", [&](const auto& v) { return is_number_then(v, current); }, "a number and mA or A");
    check("Mono.d_spacing", [](const auto& v) { return io::to_number(v).has_value(); }, "a number of angstrom");
    if (scan.fact("Mono.d_spacing").empty()) scan.remarks.emplace_back("Mono.d_spacing is missing.");
    for (const char* recommended : {"Facility.name", "Beamline.name"}) {
      if (scan.fact(recommended).empty())
        scan.remarks.push_back(fmt::format("{} is recommended and missing.", recommended));
    }
  }

  void energy_from_angle() {
    if (scan.find("energy") != nullptr) return;
    const ScanColumn* angle = scan.find("angle");
    if (angle == nullptr) return;
    const auto d = io::to_number(scan.fact("Mono.d_spacing"));
    if (!d || !(*d > 0)) {
      scan.remarks.emplace_back("Angles are given without the spacing that would make energies of them.");
      return;
    }
    const bool degrees = !angle->unit.starts_with("rad");
    std::vector<double> angles = angle->values;
    for (double& a : angles) a *= degrees ? 1 : 180 / std::numbers::pi;
    scan.columns.push_back(energy_of_angles(angles, *d));
  }

  Scan read(std::string_view bytes) {
    const std::string_view version = first_line(bytes);
    if (!is_version_line(version))
      unreadable(path, "fields of XDI, but no XDI line at the top", "# XDI/1.0 on the first line",
                 io::to_utf8(version.substr(0, 40)), 1);
    // Later dialects write other lines between the fields.
    const bool strict = version.find("XDI/1.0") != std::string_view::npos;
    enum class Part { fields, comments, column_labels } part = Part::fields;
    NumberRows rows{path};
    std::string comments;
    std::int64_t number = 0;
    for (const std::string_view whole : io::lines_of(bytes)) {
      ++number;
      std::string_view line = trimmed(whole);
      if (number == 1 || line.empty()) continue;
      if (!line.starts_with('#')) {
        if (std::isdigit(static_cast<unsigned char>(line.front())) != 0 || line.front() == '-' || line.front() == '+' ||
            line.front() == '.') {
          rows.add(words_of(line, " \t,"), number);
        } else if (rows.empty() && std::ispunct(static_cast<unsigned char>(line.front())) != 0) {
          scan.remarks.push_back(
              fmt::format("Line {} begins with an unknown comment sign and was passed over.", number));
        } else {
          rows.add(words_of(line, " \t,"), number);
        }
        continue;
      }
      line = trimmed(line.substr(1));
      if (!rows.empty()) continue;  // a comment between rows
      if (all_of(line, "/") && line.size() >= 3) {
        part = Part::comments;
      } else if (all_of(line, "-") && line.size() >= 3) {
        part = Part::column_labels;
        dashes = true;
      } else if (part == Part::fields && !line.empty()) {
        // Without dashes the line of labels stands among the fields.
        const bool labels_only = line.find(':') == std::string_view::npos && line.find('.') == std::string_view::npos &&
                                 scan.facts.size() > 2 && !strict;
        if (!labels_only) field(line, number, strict);
      } else if (part == Part::comments) {
        comments += (comments.empty() ? "" : "\n") + io::to_utf8(line);
      } else if (part == Part::column_labels) {
        labels.clear();
        for (const auto word : words_of(line)) labels.emplace_back(word);
      }
    }
    if (rows.empty()) unreadable(path, "no table of numbers", "rows after the header", "none");
    if (labels.size() != rows.width()) labels.clear();
    const bool labelled_fields = !scan.fact("Column.1").empty();
    rows.finish(scan, labelled_fields ? std::vector<std::string>{} : labels);
    column_names();
    element_and_edge();
    check_values();
    energy_from_angle();
    if (!comments.empty()) scan.facts.emplace_back("comment", comments);
    scan.name = scan.fact("Sample.name");
    return std::move(scan);
  }
};

std::vector<Scan> read(const io::InputFile& file) { return {Reader{.path = file.path()}.read(file.bytes())}; }

}  // namespace

ScanFormat xdi_format() { return {"XDI", recognises, read}; }

}  // namespace lithoscope::xas
