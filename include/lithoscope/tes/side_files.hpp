// What a data acquisition writes beside its pulses: experiment states, external triggers, dropped frames.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lithoscope/io/input_file.hpp"

namespace lithoscope::tes {

struct StateInterval {
  std::string label;
  std::int64_t start_ns = 0, stop_ns = 0;  ///< POSIX; a state holds from its line to the next one, the last for ever
};

struct ExperimentStates {
  std::string path;
  std::vector<StateInterval> intervals;  ///< in time, START and STOP among them; a label may come several times
  std::vector<std::string> remarks;

  /// Index of the interval a time falls into, -1 before the first.
  std::int64_t at(std::int64_t posix_ns) const;
};
/// Throws UnreadableFile for a line that is no "nanoseconds, label" and for times that run backwards.
ExperimentStates read_experiment_states(const io::InputFile& file);
bool is_experiment_states(std::string_view bytes);

struct ExternalTriggers {
  std::string path;
  std::int64_t subframe_divisions = 1;
  std::vector<std::int64_t> subframes;  ///< of rising edges, on the clock of the pulse records
  std::int64_t left_over_bytes = 0;
};
ExternalTriggers read_external_triggers(const io::InputFile& file);
bool is_external_triggers(std::string_view bytes);

/// Subframes since the trigger before and until the one after; -1 where there is none.
struct TriggerDistance {
  std::vector<std::int64_t> since_last, until_next;
};
TriggerDistance distance_to_triggers(const ExternalTriggers& triggers, const std::vector<std::int64_t>& subframes);

struct DroppedFrames {
  std::string path;
  struct Gap {
    std::int64_t first_frame_after = 0, frames = 0;
  };
  std::vector<Gap> gaps;
};
DroppedFrames read_dropped_frames(const io::InputFile& file);
bool is_dropped_frames(std::string_view bytes);

}  // namespace lithoscope::tes
