// Which log a file is, and what all logs have in common.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "formats/log_format.hpp"
#include "formats/refuse.hpp"
#include "lithoscope/io/recognise.hpp"

namespace lithoscope::tes {
namespace {

std::array<LogFormat, 3> formats() { return {ssrl_log_format(), server_log_format(), bluesky_log_format()}; }

std::string position_text(const ScanLog& log, double position) {
  return log.unit.empty() ? fmt::format("{:g}", position) : fmt::format("{:.10g} {}", position, log.unit);
}

/// Counts what was left out for one reason and remembers the first.
struct LeftOut {
  std::int64_t count = 0;
  std::string first;
  void add(const ScanLog& log, const ScanPass& pass, double position) {
    if (count++ == 0) first = fmt::format("{} at {}", pass.name, position_text(log, position));
  }
  void tell(ScanLog& log, const char* one, const char* several) const {
    if (count == 0) return;
    log.remarks.push_back(count == 1 ? fmt::format("{}: {}.", one, first)
                                     : fmt::format("{} {}; the first is {}.", count, several, first));
  }
};

struct Window {
  std::size_t pass, point;
  ScanPoint value;
};

// The largest set of windows of which no two overlap: always the one that ends first among those that still fit.
std::vector<Window> without_overlaps(std::vector<Window> windows, std::vector<Window>& left_out) {
  std::ranges::stable_sort(windows, [](const Window& a, const Window& b) {
    return std::pair{a.value.stop_ns, -a.value.start_ns} < std::pair{b.value.stop_ns, -b.value.start_ns};
  });
  std::vector<Window> kept;
  for (Window& w : windows)
    (kept.empty() || w.value.start_ns >= kept.back().value.stop_ns ? kept : left_out).push_back(w);
  const auto in_file = [](const Window& a, const Window& b) {
    return std::pair{a.pass, a.point} < std::pair{b.pass, b.point};
  };
  std::ranges::sort(kept, in_file);
  std::ranges::sort(left_out, in_file);
  return kept;
}

}  // namespace

std::int64_t nanoseconds(double seconds) {
  constexpr double most = 9.2e9;  // what 64 bits of nanoseconds hold
  if (!(std::abs(seconds) < most)) return seconds > 0 ? std::numeric_limits<std::int64_t>::max() : 0;
  return 1000 * static_cast<std::int64_t>(std::llround(seconds * 1e6));
}

std::optional<std::int64_t> clock_ns(double seconds) {
  if (!(seconds > 0 && seconds < 9e9)) return std::nullopt;
  return nanoseconds(seconds);
}

void add_points(ScanLog& log, const std::vector<std::vector<LoggedPoint>>& points) {
  LeftOut endless, backwards, overlapping, twice;
  std::vector<Window> windows;
  for (std::size_t p = 0; p < points.size(); ++p) {
    ScanPass& pass = log.passes[p];
    std::map<double, int> seen;
    for (std::size_t i = 0; i < points[p].size(); ++i) {
      const LoggedPoint& point = points[p][i];
      if (!point.stop_ns) {
        endless.add(log, pass, point.position);
      } else if (*point.stop_ns <= point.start_ns) {
        backwards.add(log, pass, point.position);
      } else {
        if (++seen[point.position] == 2) twice.add(log, pass, point.position);
        windows.push_back({p, i, {point.position, point.start_ns, *point.stop_ns, point.i0}});
      }
    }
  }
  std::vector<Window> crossing;
  for (const Window& w : without_overlaps(std::move(windows), crossing)) log.passes[w.pass].points.push_back(w.value);
  for (const Window& w : crossing) overlapping.add(log, log.passes[w.pass], w.value.position);
  for (ScanPass& pass : log.passes) {
    if (pass.points.empty()) continue;
    if (pass.start_ns == 0) pass.start_ns = std::ranges::min(pass.points, {}, &ScanPoint::start_ns).start_ns;
    if (pass.stop_ns == 0) pass.stop_ns = std::ranges::max(pass.points, {}, &ScanPoint::stop_ns).stop_ns;
  }
  endless.tell(log, "One point has no end and was left out", "points have no end and were left out");
  backwards.tell(log, "One point ends before it begins and was left out",
                 "points end before they begin and were left out");
  overlapping.tell(log, "The window of one point overlaps another and was left out",
                   "windows overlap others and were left out");
  const bool energy = log.unit == "eV";
  twice.tell(log,
             energy ? "One energy is named twice and stays as two points"
                    : "One position is named twice and stays as two points",
             energy ? "energies are named twice and stay as points of their own"
                    : "positions are named twice and stay as points of their own");
}

ScanLog read_scan_log(const io::InputFile& file) {
  for (const LogFormat& format : formats()) {
    if (!format.recognises(file.bytes())) continue;
    ScanLog log = format.read(file);
    log.path = file.path();
    log.format = format.name;
    const bool empty = log.kind == LogKind::scan
                           ? std::ranges::all_of(log.passes, [](const ScanPass& p) { return p.points.empty(); })
                           : log.passes.empty();
    if (empty) {
      refuse({.path = file.path()}, "the log says of no time where the monochromator stood",
             log.kind == LogKind::scan ? "at least one point with a start and an end"
                                       : "at least one interval with a start and an end",
             log.remarks.empty() ? "none" : log.remarks.front());
    }
    return log;
  }
  refuse({.path = file.path()}, "is not a scan log we recognise",
         "SSRL YAML (---), the JSON of a scan server, or bluesky documents one a line",
         std::string{io::container_name(io::recognise_container(file.bytes()))});
}

bool is_scan_log(std::string_view bytes) {
  return std::ranges::any_of(formats(), [&](const LogFormat& format) { return format.recognises(bytes); });
}

}  // namespace lithoscope::tes
