#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "formats/format.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/plain_text.hpp"
#include "lithoscope/io/recognise.hpp"

namespace lithoscope::massspec {
namespace {

const std::vector<IonFormat>& ion_formats() {
  static const std::vector<IonFormat> formats{zilien_format(),  zilien_scan_format(), pv_massspec_format(),
                                              quadera_format(), ixdat_format(),       plain_ions_format()};
  return formats;
}
const std::vector<BalanceFormat>& balance_formats() {
  static const std::vector<BalanceFormat> formats{mettler_format(), ta_format(), plain_balance_format()};
  return formats;
}

bool is_text(std::string_view bytes) { return io::recognise_container(bytes) == io::Container::text; }

const IonFormat* find_ion_format(std::string_view bytes) {
  const auto found = std::ranges::find_if(ion_formats(), [&](const IonFormat& f) { return f.recognises(bytes); });
  return found == ion_formats().end() ? nullptr : &*found;
}
const BalanceFormat* find_balance_format(std::string_view bytes) {
  const auto found =
      std::ranges::find_if(balance_formats(), [&](const BalanceFormat& f) { return f.recognises(bytes); });
  return found == balance_formats().end() ? nullptr : &*found;
}

std::string joined_names(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

std::vector<std::string> ion_format_names() {
  std::vector<std::string> out;
  for (const IonFormat& f : ion_formats()) out.push_back(f.name);
  out.push_back(quadstar_format().name);
  return out;
}
std::vector<std::string> balance_format_names() {
  std::vector<std::string> out;
  for (const BalanceFormat& f : balance_formats()) out.push_back(f.name);
  return out;
}

bool is_ion_record(const io::InputFile& given) {
  if (quadstar_format().recognises(given.bytes())) return true;
  const io::InputFile file = io::as_plain_text(given);
  return is_text(file.bytes()) && find_ion_format(file.bytes()) != nullptr;
}

bool is_balance_record(const io::InputFile& given) {
  const io::InputFile file = io::as_plain_text(given);
  return !is_ion_record(given) && is_text(file.bytes()) && find_balance_format(file.bytes()) != nullptr;
}

IonRecord read_ion_record(const io::InputFile& given) {
  if (quadstar_format().recognises(given.bytes())) return quadstar_format().read(given);
  const io::InputFile file = io::as_plain_text(given);
  const IonFormat* format = is_text(file.bytes()) ? find_ion_format(file.bytes()) : nullptr;
  if (format == nullptr) {
    unreadable(given.path(), 0, "is not a mass spectrometer's file we recognise", joined_names(ion_format_names()),
               is_text(file.bytes()) && find_balance_format(file.bytes()) != nullptr
                   ? "a thermobalance's record"
                   : std::string{io::container_name(io::recognise_container(given.bytes()))},
               "a thermobalance's record is given with --temperature; a plain table needs a column of time and columns "
               "named by m/z or gas");
  }
  IonRecord out = format->read(file);
  std::ranges::stable_sort(out.ions, {}, [](const Series& s) { return s.mz; });
  if (out.ions.empty() && out.scans.empty())
    unreadable(given.path(), 0, "holds no ion current", "at least one series of an ion, or a scan", "none");
  return out;
}

BalanceRecord read_balance_record(const io::InputFile& given, const PlainBalance& plain) {
  const io::InputFile file = io::as_plain_text(given);
  const BalanceFormat* format = is_text(file.bytes()) ? find_balance_format(file.bytes()) : nullptr;
  if (format == nullptr) {
    unreadable(given.path(), 0, "is not a thermobalance's file we recognise", joined_names(balance_format_names()),
               std::string{io::container_name(io::recognise_container(given.bytes()))});
  }
  return format->read(file, plain);
}

IonRecord joined(std::vector<IonRecord> records) {
  if (records.empty()) return {};
  IonRecord out = std::move(records.front());
  for (std::size_t k = 1; k < records.size(); ++k) {
    IonRecord& next = records[k];
    // Scans of a run count from its start, as its series do.
    double shift = 0;
    if (out.start && next.start) {
      if (out.start->utc != next.start->utc)
        throw core::UsageError(
            {.what = "two files of one measurement tell their starts by different clocks",
             .expected = "both in UTC, or both in local time",
             .found = fmt::format("{}: {}; {}: {}", out.path, text_of(*out.start), next.path, text_of(*next.start))});
      shift = next.start->seconds - out.start->seconds;
    }
    for (Series& s : next.ions) {
      if (std::ranges::find(out.ions, s.name, &Series::name) != out.ions.end())
        throw core::UsageError({.what = fmt::format("two files hold the series \"{}\"", s.name),
                                .where = {.path = next.path},
                                .expected = "each series once",
                                .found = out.path,
                                .advice = "give files of different heatings as different measurements"});
      for (double& t : s.time_s) t += shift;
      out.ions.push_back(std::move(s));
    }
    for (Series& s : next.others) {
      for (double& t : s.time_s) t += shift;
      out.others.push_back(std::move(s));
    }
    for (MassScan& scan : next.scans) {
      scan.time_s += shift;
      out.scans.push_back(std::move(scan));
    }
    if (!out.cell) out.cell = std::move(next.cell);
    out.remarks.insert(out.remarks.end(), next.remarks.begin(), next.remarks.end());
    out.format += ", " + next.format;
  }
  std::ranges::stable_sort(out.ions, {}, [](const Series& s) { return s.mz; });
  std::ranges::stable_sort(out.scans, {}, &MassScan::time_s);
  return out;
}

}  // namespace lithoscope::massspec
