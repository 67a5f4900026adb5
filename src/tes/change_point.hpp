// When a pixel began to behave differently. Private to the room.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace lithoscope::tes {

/// Time of the first value after the largest lasting step, by cumulative sums of robust scores; empty when no step
/// stands out of the scatter.
std::optional<std::int64_t> change_point(std::span<const std::int64_t> time_ns, std::span<const double> value);

}  // namespace lithoscope::tes
