// A pixel whose gain jumped while its lines were measured. Private to the room.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace lithoscope::tes {

struct GainJump {
  std::int64_t time_ns = 0;  ///< of the first record after it
  double step = 0;           ///< relative, of the heights
};

/// Of a spectrum of lines that does not change itself: the one moment at which all heights moved by one factor, from
/// the likelihood of what follows by the density of what went before and the other way round. Times ascending. Empty
/// when none shows, or there are too few records to tell.
std::optional<GainJump> find_gain_jump(std::span<const std::int64_t> time_ns, std::span<const double> height);

}  // namespace lithoscope::tes
