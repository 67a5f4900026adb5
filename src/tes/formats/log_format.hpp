// What the readers of scan logs share: how one is known and read, and what becomes of points that make no sense.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lithoscope/tes/scan_log.hpp"

namespace lithoscope::tes {

struct LogFormat {
  const char* name;
  bool (*recognises)(std::string_view bytes);
  ScanLog (*read)(const io::InputFile& file);
};

LogFormat ssrl_log_format();
LogFormat server_log_format();
LogFormat bluesky_log_format();

/// A point as the log has it: an end may be missing.
struct LoggedPoint {
  double position = 0;
  std::int64_t start_ns = 0;
  std::optional<std::int64_t> stop_ns;
  double i0 = 0;
};

/// A log's seconds since 1970 as nanoseconds; empty when no clock of a beamline ever showed them.
std::optional<std::int64_t> clock_ns(double seconds);

/// Puts the points of each pass (as many as log.passes) into the log. Left out, and told in the remarks: points without
/// an end, points that end before they begin, and as few windows as it takes for no two to overlap, over all passes.
/// A pass without times of its own gets those of its points.
void add_points(ScanLog& log, const std::vector<std::vector<LoggedPoint>>& points);

}  // namespace lithoscope::tes
