// Two clocks: frames, which are regular, and the computer's, which knows the day. Together they give regular times.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lithoscope::tes {

struct RegularTimes {
  std::vector<std::int64_t> time_ns;
  std::int64_t steps = 0;       ///< places where the wall clock or the counter jumped; each stretch is fitted by itself
  double largest_change_s = 0;  ///< between what was written and what is returned
  bool regular = false;         ///< false: the counter is of no use and times are as written
};

/// POSIX times as a line over the frame count, stretch by stretch; a jump of more than `step_s` against the line begins
/// a new one. Times never run backwards within a stretch.
RegularTimes regularise(std::span<const std::int64_t> frame, std::span<const std::int64_t> posix_ns, double frame_s,
                        double step_s = 1);

}  // namespace lithoscope::tes
