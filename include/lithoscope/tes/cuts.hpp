// Which records are one clean pulse: limits learnt from the noise file, or from the pulses where there is none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lithoscope/tes/events.hpp"
#include "lithoscope/tes/noise.hpp"
#include "lithoscope/tes/off_file.hpp"
#include "lithoscope/tes/pulse_summary.hpp"

namespace lithoscope::tes {

struct CutSettings {
  double spreads = 8;  ///< of the median: robust standard deviations; noise alone passes
  double peak_time_factor = 1.25, rise_time_factor = 1.10;  ///< of the usual peak time and three samples
};

struct CutLimits {
  double pretrigger_rms = 0, postpeak_slope = 0;  ///< raw units; a sample
  double peak_time_s = 0, rise_time_s = 0;        ///< after the trigger
  bool from_noise = false;
};

CutLimits learn_cuts(const PulseSummaries& summaries, const Noise* noise, std::int64_t presamples, double sample_s,
                     const CutSettings& settings = {});

/// Flags of each record (bits of Flag); 0 is a clean pulse.
std::vector<std::uint8_t> flag_pulses(const PulseSummaries& summaries, const CutLimits& limits, std::int64_t presamples,
                                      double sample_s);

struct ResidualCutSettings {
  double spreads = 10;       ///< robust standard deviations above the median residual
  double bin_height = 2000;  ///< raw units: width of the height bins medians are taken in
  double least_height = 150;
  bool scale_free = true;  ///< bins by shares of the heights instead, so that no unit of height matters
};

/// Largest residual an OFF record of some height may have.
struct ResidualLimit {
  std::vector<double> upper_height;  ///< a limit holds up to this height, ascending
  std::vector<double> limit;
  double at(double height) const;
};
/// Throws ComputationError when there are too few records.
ResidualLimit learn_residual_limit(const OffFile& file, const ResidualCutSettings& settings = {});
std::vector<std::uint8_t> flag_records(const OffFile& file, const ResidualLimit& limit);

}  // namespace lithoscope::tes
