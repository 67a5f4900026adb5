#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "formats/format.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/echem/cycler_files.hpp"
#include "lithoscope/io/plain_text.hpp"
#include "lithoscope/io/recognise.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::echem {
namespace {

const std::vector<CyclerFormat>& registered_formats() {
  static const std::vector<CyclerFormat> formats{biologic_mpr_format(), biologic_mpt_format(), arbin_res_format(),
                                                 arbin_csv_format(), bdf_csv_format()};
  return formats;
}

// Files a user may well have, which no reader here opens: saying so by name saves an evening.
std::string known_but_not_read(std::string_view bytes) {
  const io::Container container = io::recognise_container(bytes);
  if (bytes.starts_with("NEWARE")) return "a Neware .nda file";
  if (container == io::Container::zip && bytes.find("data.ndc") != std::string_view::npos) return "a Neware .ndax file";
  if (container == io::Container::zip && bytes.find("xl/") != std::string_view::npos) return "an Excel workbook";
  if (bytes.starts_with("EXPLAIN")) return "a Gamry .DTA file";
  if (bytes.starts_with("~Resultfile from Basytec")) return "a Basytec export";
  if (bytes.starts_with("[Summary]")) return "a Novonix export";
  if (bytes.starts_with("BIO-LOGIC SETTING FILE") || bytes.starts_with("EC-LAB SETTING FILE")) {
    return "a BioLogic settings file (.mps), which holds no data";
  }
  return {};
}

// Whether a counter's increments go along with those of the integrated current: their ratio in the middle row lies
// between a half and two. Single rows say nothing (spikes, sparse sampling); a wrong sign or unit is in all of them.
bool counts_the_same_charge(const std::vector<double>& counter, const std::vector<double>& integrated) {
  double largest = 0;
  for (std::size_t i = 1; i < counter.size(); ++i)
    largest = std::max(largest, std::abs(integrated[i] - integrated[i - 1]));
  std::vector<double> ratios;
  for (std::size_t i = 1; i < counter.size(); ++i) {
    const double expected = integrated[i] - integrated[i - 1];
    if (std::abs(expected) > 1e-3 * largest) ratios.push_back((counter[i] - counter[i - 1]) / expected);
  }
  constexpr std::size_t fewest = 5;
  if (ratios.size() < fewest) return true;
  const auto middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
  std::ranges::nth_element(ratios, middle);
  return *middle > 0.5 && *middle < 2;
}

// A signed counter that falls back to nothing while far less charge flowed was restarted (by a loop, say): what the
// current says takes the place of that one increment, and the counter runs on. Returns how often.
int bridge_restarts(std::vector<double>& counter, const std::vector<double>& integrated) {
  int restarts = 0;
  double lost = 0;
  double before = counter.front();
  double largest = std::abs(before);
  for (std::size_t i = 1; i < counter.size(); ++i) {
    const double now = counter[i];
    const double expected = integrated[i] - integrated[i - 1];
    const bool restarted = std::abs(now) < 0.1 * std::abs(before) && std::abs(before) > 0.01 * largest &&
                           std::abs(now - before) > 10 * std::abs(expected);
    if (restarted) {
      lost += before + expected - now;
      ++restarts;
    }
    before = now;
    largest = std::max(largest, std::abs(now));
    counter[i] += lost;
  }
  return restarts;
}

const CyclerFormat* find_format(std::string_view bytes) {
  const auto& formats = registered_formats();
  const auto it = std::ranges::find_if(formats, [&](const CyclerFormat& f) { return f.recognises(bytes); });
  return it == formats.end() ? nullptr : &*it;
}

}  // namespace

void unreadable(const std::string& path, std::string what, std::string expected, std::string found,
                std::string advice) {
  throw core::UnreadableFile({.what = std::move(what),
                              .where = {.path = path},
                              .expected = std::move(expected),
                              .found = std::move(found),
                              .advice = std::move(advice)});
}

std::string_view first_line(std::string_view bytes) {
  const auto lines = io::lines_of(bytes.substr(0, 65536), 1);
  return lines.empty() ? std::string_view{} : lines.front();
}

void complete_table(CyclerTable& table, const io::InputFile& file, const std::string& format_name, bool has_capacity) {
  if (table.sources.empty()) table.sources.emplace_back();
  table.sources.front().path = file.path();
  table.sources.front().format = format_name;
  table.stamp.assign(table.time_s.size(), TimeStamp::stamped);
  check_table(table);
  const auto has_gaps = [](const std::vector<double>& v) {
    return std::ranges::any_of(v, [](double x) { return !std::isfinite(x); });
  };
  if (has_gaps(table.temperature_K)) {
    table.temperature_K.clear();
    table.remarks.emplace_back("The temperature column has gaps; it is not used.");
  }
  const auto integrated = integrate_current_Ah(table);
  if (has_capacity && has_gaps(table.capacity_Ah)) {
    table.remarks.emplace_back("The file's capacity has gaps; it was integrated from the current instead.");
    has_capacity = false;
  }
  if (has_capacity && !counts_the_same_charge(table.capacity_Ah, integrated)) {
    table.remarks.emplace_back(
        "The file's capacity does not follow its current (another sign or unit); it was integrated from the current "
        "instead.");
    has_capacity = false;
  }
  if (!has_capacity) {
    table.capacity_Ah = integrated;
    table.capacity_origin = CapacityOrigin::integrated_current;
    return;
  }
  if (const int restarts = bridge_restarts(table.capacity_Ah, integrated); restarts > 0) {
    table.remarks.push_back(
        fmt::format("The file's charge counter restarts {} times; charge was added up across.", restarts));
  }
  const double start = table.capacity_Ah.front();
  for (double& q : table.capacity_Ah) q -= start;
}

std::int32_t step_number(double value) {
  return std::isfinite(value) && std::abs(value) < 2e9 ? static_cast<std::int32_t>(value) : -1;
}

std::vector<double> net_of_counters(const std::vector<double>& charge, const std::vector<double>& discharge) {
  std::vector<double> net(charge.size(), 0.0);
  for (std::size_t i = 1; i < net.size(); ++i) {
    const double up = charge[i] - charge[i - 1];
    const double down = discharge[i] - discharge[i - 1];
    // A counter that falls to less than half was restarted by the schedule: what it then shows was passed since. A
    // smaller fall is jitter of the instrument.
    const auto step = [](double change, double now, double before) {
      return change < 0 && now < 0.5 * before ? now : change;
    };
    net[i] = net[i - 1] + step(up, charge[i], charge[i - 1]) - step(down, discharge[i], discharge[i - 1]);
  }
  return net;
}

std::vector<std::string> cycler_format_names() {
  std::vector<std::string> names;
  for (const CyclerFormat& format : registered_formats()) names.push_back(format.name);
  return names;
}

bool is_cycler_file(const io::InputFile& given) {
  const io::InputFile file = io::as_plain_text(given);
  return find_format(file.bytes()) != nullptr || !known_but_not_read(file.bytes()).empty();
}

CyclerTable read_cycler_file(const io::InputFile& given) {
  const io::InputFile file = io::as_plain_text(given);
  if (const CyclerFormat* format = find_format(file.bytes())) return format->read(file);
  const std::string kind = known_but_not_read(file.bytes());
  std::string known;
  for (const std::string& name : cycler_format_names()) known += (known.empty() ? "" : ", ") + name;
  if (!kind.empty()) {
    unreadable(file.path(), "is " + kind + ", which this version does not read", known, kind,
               "export it as csv and declare its columns in a study file");
  }
  unreadable(file.path(), "is not a cycler file we recognise", known,
             std::string{io::container_name(io::recognise_container(file.bytes()))},
             "a plain table needs a study file that says which column is what (columns = { time = ..., ... })");
}

}  // namespace lithoscope::echem
