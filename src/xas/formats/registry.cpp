#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numbers>
#include <span>

#include "column_names.hpp"
#include "formats/format.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/plain_text.hpp"
#include "lithoscope/io/recognise.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/xas/scan_files.hpp"

namespace lithoscope::xas {

using core::lower;
namespace {

// The order matters: the plain table takes any text with numbers in columns.
std::vector<ScanFormat> registered() {
  return {xdi_format(),      athena_perl_format(),    athena_json_format(),  spec_format(),
          sigscan_format(),  mda_ascii_format(),      flexpes_format(),      nxxas_format(),
          ssrl_xas_format(), photon_factory_format(), plain_columns_format()};
}

// A second scan of the same name gets a number, so that a name means one scan.
void make_unique(std::vector<Scan>& scans, std::size_t i) {
  const std::string plain = scans[i].name;
  const auto taken = [&] {
    return std::any_of(scans.begin(), scans.begin() + static_cast<std::ptrdiff_t>(i),
                       [&](const Scan& s) { return s.name == scans[i].name; });
  };
  for (int k = 2; taken(); ++k) scans[i].name = fmt::format("{} ({})", plain, k);
}

}  // namespace

ScanColumn energy_of_angles(std::span<const double> angle_deg, double spacing_A) {
  constexpr double hc_eV_A = 12398.41984;
  ScanColumn out{.name = "energy", .unit = "eV", .values = {}};
  for (const double a : angle_deg)
    out.values.push_back(hc_eV_A / (2 * spacing_A * std::sin(a * std::numbers::pi / 180)));
  return out;
}

bool is_energy_name(const std::string& name) { return kind_of(name) == ColumnKind::energy; }

const ScanColumn* Scan::find(std::string_view column) const {
  const std::string wanted = lower(column);
  const auto found = std::ranges::find_if(columns, [&](const ScanColumn& c) { return lower(c.name) == wanted; });
  return found == columns.end() ? nullptr : &*found;
}

std::string Scan::fact(std::string_view field) const {
  const std::string wanted = lower(field);
  const auto found = std::ranges::find_if(facts, [&](const auto& f) { return lower(f.first) == wanted; });
  return found == facts.end() ? std::string{} : found->second;
}

void unreadable(const std::string& path, std::string what, std::string expected, std::string found, std::int64_t line) {
  throw core::UnreadableFile(
      {.what = std::move(what),
       .where = {.path = path, .line = line > 0 ? std::optional{line} : std::nullopt},
       .expected = std::move(expected),
       .found = std::move(found),
       .advice = "litho identify FILE says what the file is; export it again, or mend that line"});
}

void NumberRows::add(std::span<const std::string_view> words, std::int64_t line) {
  if (columns_.empty()) columns_.resize(words.size());
  if (words.size() != columns_.size()) {
    unreadable(path_, "a row of another length than the rows before", fmt::format("{} numbers", columns_.size()),
               fmt::format("{}", words.size()), line);
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto value = io::to_number(words[i], decimal_comma_);
    if (!value) {
      unreadable(path_, fmt::format("column {} of this row is not a number", i + 1), "a number",
                 io::to_utf8(words[i].substr(0, 40)), line);
    }
    columns_[i].push_back(*value);
  }
  lines_.push_back(line);
}

void NumberRows::finish(Scan& scan, std::span<const std::string> names) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const bool named = i < names.size() && !names[i].empty();
    scan.columns.push_back(
        {.name = named ? names[i] : fmt::format("col{}", i + 1), .unit = {}, .values = std::move(columns_[i])});
  }
  scan.lines = std::move(lines_);
  columns_.clear();
  lines_.clear();
}

void find_energy(Scan& scan) {
  const auto is = [&](const auto& test) -> std::optional<std::size_t> {
    const auto found = std::ranges::find_if(scan.columns, test);
    if (found == scan.columns.end()) return std::nullopt;
    return static_cast<std::size_t>(found - scan.columns.begin());
  };
  if (!scan.energy) scan.energy = is([](const ScanColumn& c) { return is_energy_name(c.name); });
  if (!scan.energy) {
    scan.energy = is([](const ScanColumn& c) { return lower(c.unit) == "ev" || lower(c.unit) == "kev"; });
  }
  if (!scan.energy) {
    scan.energy = is([](const ScanColumn& c) { return lower(c.name).find("energy") != std::string::npos; });
  }
  if (!scan.energy) return;
  ScanColumn& energy = scan.columns[*scan.energy];
  const bool kilo = lower(energy.unit) == "kev" || lower(energy.name).find("kev") != std::string::npos;
  // No absorption edge measured this way lies below 25 eV, none above 25 keV would be written with so small numbers.
  constexpr double least_eV = 25;
  const bool too_small =
      !energy.values.empty() && std::ranges::all_of(energy.values, [](double e) { return e > 0 && e < least_eV; });
  if (kilo || too_small) {
    for (double& e : energy.values) e *= 1e3;
    scan.remarks.emplace_back("The energies were taken to be in keV.");
  }
  energy.unit = "eV";
}

std::vector<std::string> scan_format_names() {
  std::vector<std::string> names;
  for (const ScanFormat& format : registered()) names.push_back(format.name);
  return names;
}

bool is_scan_file(const io::InputFile& given) {
  const io::InputFile file = io::as_plain_text(given);
  return std::ranges::any_of(registered(), [&](const ScanFormat& format) { return format.recognises(file.bytes()); });
}

ScanFile read_scan_file(const io::InputFile& given) {
  const io::InputFile file = io::as_plain_text(given);
  for (const ScanFormat& format : registered()) {
    if (!format.recognises(file.bytes())) continue;
    ScanFile out{.path = file.path(), .format = format.name, .scans = format.read(file)};
    if (out.scans.empty()) unreadable(file.path(), "no scan in this file", "at least one", "none");
    for (std::size_t i = 0; i < out.scans.size(); ++i) {
      Scan& scan = out.scans[i];
      if (scan.rows() == 0) unreadable(file.path(), "no table of numbers", "rows after the header", "none");
      if (scan.name.empty()) scan.name = std::to_string(i + 1);
      make_unique(out.scans, i);
      find_energy(scan);
      if (!scan.energy) scan.remarks.emplace_back("No column is known to be the photon energy.");
    }
    return out;
  }
  std::string known;
  for (const std::string& name : scan_format_names()) known += (known.empty() ? "" : ", ") + name;
  unreadable(file.path(), "is not an absorption file we recognise", known,
             std::string{io::container_name(io::recognise_container(file.bytes()))});
}

const Scan& scan_of(const ScanFile& file, const std::string& which) {
  if (which.empty() && file.scans.size() == 1) return file.scans.front();
  const std::string wanted = lower(which);
  for (const Scan& scan : file.scans) {
    if (!which.empty() && lower(scan.name) == wanted) return scan;
  }
  if (file.format == "SPEC" && !which.empty()) {  // the number after #S, which stopped scans have, too
    for (const Scan& scan : file.scans) {
      const auto words = words_of(scan.name);
      if (!words.empty() && words.front() == which) return scan;
    }
  }
  const auto number = io::to_number(which);
  if (file.format != "SPEC" && number && *number >= 1 && *number <= static_cast<double>(file.scans.size()) &&
      std::floor(*number) == *number)
    return file.scans[static_cast<std::size_t>(*number) - 1];
  std::string known;
  constexpr std::size_t most = 40;
  for (std::size_t i = 0; i < std::min(most, file.scans.size()); ++i)
    known += fmt::format("{}\"{}\"", i > 0 ? ", " : "", file.scans[i].name);
  if (file.scans.size() > most) known += ", ...";
  throw core::UsageError(
      {.what = which.empty() ? fmt::format("{} holds several scans", file.path)
                             : fmt::format("{} holds no scan \"{}\"", file.path, which),
       .expected = "one of " + known + (file.format == "SPEC" ? ", or the number after #S" : ", or its number from 1"),
       .found = which.empty() ? "no choice" : which,
       .advice = "put it after the file's name, such as " + file.path + ":1"});
}

}  // namespace lithoscope::xas
