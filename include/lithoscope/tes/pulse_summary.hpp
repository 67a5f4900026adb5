// One look at every record: baseline, size and shape, in the terms peers use (MASS: summarize_data).
#pragma once

#include <cstdint>
#include <vector>

#include "lithoscope/tes/pulse_file.hpp"

namespace lithoscope::tes {

struct SummarySettings {
  /// Samples before the trigger left out of the baseline: a pulse may begin a little early.
  std::int64_t pretrigger_ignore = 3;
};

/// Columns over the records; raw units where no other is said.
struct PulseSummaries {
  std::vector<float> pretrigger_mean, pretrigger_rms;
  std::vector<float> pulse_average, pulse_rms;  ///< above the baseline, from one sample before the trigger
  std::vector<float> promptness;                ///< mean of six samples on the rise over the peak
  std::vector<float> rise_time_s;               ///< 10 to 90 %, extrapolated to the full height
  std::vector<float> postpeak_slope;            ///< largest after the usual peak, a sample, single spikes left out
  std::vector<std::uint16_t> peak_value, peak_index, min_value;
  std::vector<std::uint8_t> early;  ///< the pulse is above the noise one sample before the trigger already
  std::vector<RecordStamp> stamp;
  std::int64_t usual_peak_index = 0;

  std::int64_t size() const { return static_cast<std::int64_t>(stamp.size()); }
};

/// Where records of this file usually have their maximum; from at most 2000 of them.
std::int64_t usual_peak_index(const PulseFile& file);

/// Records of another length than facts().samples get NaN. Throws ComputationError when records are too short to hold a
/// pulse.
PulseSummaries summarise_pulses(const PulseFile& file, const SummarySettings& settings = {});

/// Largest slope a sample of a stretch of a record, kernel (-.2, -.1, 0, .1, .2), the lesser of two that are two
/// samples apart; so a spike of one sample does not count. `samples` has at least seven.
double largest_slope(std::span<const std::uint16_t> samples);

}  // namespace lithoscope::tes
