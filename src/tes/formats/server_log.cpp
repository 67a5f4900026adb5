// Logs of a tes_scan_server: one JSON object, a scan or a calibration (scan_server/tes_scanner.py).
#include <fmt/format.h>

#include <algorithm>

#include "formats/json_fields.hpp"
#include "formats/log_format.hpp"
#include "lithoscope/core/text.hpp"

namespace lithoscope::tes {
namespace {

bool recognises(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, 65536);
  const auto has = [&](std::string_view key) { return head.find(key) != std::string_view::npos; };
  return core::trimmed(head).starts_with('{') && (has("\"var_name\"") || has("\"start_unixnano\"")) &&
         (has("\"scan_num\"") || has("\"cal_number\"") || has("\"routine\""));
}

// Empty elements where the list says null.
std::vector<std::optional<double>> numbers(const JsonFields& log, const char* key) {
  const Json* list = log.find(key);
  if (list == nullptr) return {};
  if (!list->is_array()) log.wrong(key, "a list of numbers", *list);
  std::vector<std::optional<double>> out;
  out.reserve(list->size());
  for (const Json& value : *list) {
    if (!value.is_number() && !value.is_null()) log.wrong(key, "numbers", value);
    out.push_back(value.is_null() ? std::nullopt : std::optional{value.get<double>()});
  }
  return out;
}

std::optional<std::int64_t> time(const JsonFields& log, const char* key, std::optional<double> seconds) {
  if (!seconds) return std::nullopt;
  const auto ns = clock_ns(*seconds);
  if (!ns) log.wrong(key, "seconds since 1970", Json(*seconds));
  return ns;
}

// What was noted beside a point, where it names a beam monitor.
double monitor(const JsonFields& extras, std::size_t point) {
  const JsonFields noted = extras.inside(std::to_string(point).c_str());
  for (const auto& [key, value] : noted.object().items()) {
    if (core::lower(key) == "i0" && value.is_number()) return value.get<double>();
  }
  return 0;
}

std::vector<LoggedPoint> points_of(const JsonFields& log, ScanLog& out) {
  const auto positions = numbers(log, "var_values");
  const auto starts = numbers(log, "epoch_time_start_s"), stops = numbers(log, "epoch_time_end_s");
  if (starts.size() != positions.size() || stops.size() > starts.size()) {
    refuse({.path = log.path()}, "the lists of the points do not fit together",
           "as many starts as values, and no more ends",
           fmt::format("{} values, {} starts, {} ends", positions.size(), starts.size(), stops.size()));
  }
  const JsonFields extras = log.inside("point_extras");
  std::vector<LoggedPoint> points;
  std::int64_t placeless = 0;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const auto start = time(log, "epoch_time_start_s", starts[i]);
    if (!start || !positions[i] || !std::isfinite(*positions[i])) {
      ++placeless;
      continue;
    }
    points.push_back({.position = *positions[i],
                      .start_ns = *start,
                      .stop_ns = i < stops.size() ? time(log, "epoch_time_end_s", stops[i]) : std::nullopt,
                      .i0 = monitor(extras, i)});
  }
  if (placeless > 0)
    out.remarks.push_back(fmt::format("{} points without a value or a start were left out.", placeless));
  return points;
}

void calibration(const JsonFields& log, ScanLog& out) {
  constexpr std::int64_t ever = INT64_MAX;
  ScanPass pass{.name = "pass 0"};
  const auto start = log.integer("start_unixnano", 1, ever), stop = log.integer("end_unixnano", 1, ever);
  if (start && stop) {
    pass.start_ns = *start;
    pass.stop_ns = *stop;
  } else {
    const auto points = points_of(log, out);
    std::int64_t missing = 0;
    for (const LoggedPoint& point : points) {
      if (!point.stop_ns) {
        ++missing;
        continue;
      }
      pass.start_ns = pass.start_ns == 0 ? point.start_ns : std::min(pass.start_ns, point.start_ns);
      pass.stop_ns = std::max(pass.stop_ns, *point.stop_ns);
    }
    if (missing > 0) out.remarks.push_back(fmt::format("{} points have no end and were left out.", missing));
    // A calibration counts time or scans its energy; only one that stayed at one has an incident energy.
    const bool stayed =
        std::ranges::all_of(points, [&](const LoggedPoint& p) { return p.position == points.front().position; });
    if (!points.empty() && stayed && out.unit == "eV") pass.incident_eV = points.front().position;
  }
  if (pass.stop_ns > pass.start_ns) out.passes.push_back(std::move(pass));
}

ScanLog read(const io::InputFile& file) {
  const Json whole = parse_json(file.path(), file.bytes());
  const JsonFields log{file.path(), whole};
  ScanLog out;
  constexpr std::int64_t most = 1'000'000'000;
  const auto scan = log.integer("scan_num", -1, most), cal = log.integer("cal_number", -1, most);
  // A scan carries the number of its calibration, too: what was scanned decides where nothing says so.
  const bool lists = log.find("scan_num") != nullptr;
  const bool is_calibration = log.flag("calibration").value_or(log.find("routine") != nullptr || (cal && !lists));
  out.kind = is_calibration ? LogKind::calibration : LogKind::scan;
  const auto number = is_calibration ? (cal ? cal : scan) : scan;
  if (number) out.name = fmt::format("{}{}", is_calibration ? "CAL" : "SCAN", *number);
  out.sample = log.text("sample_desc");
  if (const std::string variable = log.text("var_name"); !variable.empty()) {
    out.variable = variable;
    out.unit = log.text("var_unit");
  }
  if (!is_calibration) {
    auto used = cal;
    if (!used) used = log.inside("previous_cal_log").integer("cal_number", -1, most);
    if (used && *used >= 0) out.calibration = fmt::format("CAL{}", *used);
  }
  if (log.flag("_ended") == false) out.remarks.emplace_back("The log was saved before the scan had ended.");
  if (is_calibration) {
    calibration(log, out);
    return out;
  }
  const auto points = points_of(log, out);
  out.passes.push_back({.name = "pass 0"});
  add_points(out, {points});
  return out;
}

}  // namespace

LogFormat server_log_format() { return {"scan server JSON", recognises, read}; }

}  // namespace lithoscope::tes
