// Moments of a run in words. Private to the room.
#pragma once

#include <fmt/chrono.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace lithoscope::tes {

/// "2020-02-19 22:09:00 UTC".
inline std::string utc_words(std::int64_t time_ns) {
  const std::chrono::sys_seconds when{std::chrono::floor<std::chrono::seconds>(std::chrono::nanoseconds{time_ns})};
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", when);
}

}  // namespace lithoscope::tes
