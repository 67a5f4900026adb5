// From a pixel's raw pulses to corrected heights: the whole chain, learnt once and applied to every record.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lithoscope/tes/alignment.hpp"
#include "lithoscope/tes/cuts.hpp"
#include "lithoscope/tes/optimal_filter.hpp"

namespace lithoscope::tes {

struct ChainSettings {
  FilterKind filter = FilterKind::arrival_time_safe;
  SummarySettings summary;
  NoiseSettings noise;
  CutSettings cuts;
  FilterSettings roll_off;
  SharpenSettings sharpen;
};

/// One pixel's heights, corrected for baseline and arrival phase; columns over its records.
struct PulseHeights {
  int pixel = -1;
  double sample_s = 0, record_s = 0;
  std::vector<double> height, raw_height, phase, pretrigger_mean;  ///< raw units; samples
  std::vector<double> shape;          ///< how far off the model a record is, raw units; a jump in it is a changed pixel
  std::vector<std::int64_t> time_ns;  ///< POSIX, regularised
  std::vector<std::uint8_t> flags;
  double resolving_power = 0;  ///< by the noise; 0 when not known
  GainDrift drift;
  PhaseCorrection phase_correction;
  std::vector<std::string> remarks;
  std::int64_t size() const { return static_cast<std::int64_t>(height.size()); }
};

/// The files of one pixel, one after the other. Cuts and filter are learnt from the first file that holds pulses and
/// hold for all. `noise` nullptr: the filter is made for white noise, and cuts from the pulses. Throws UsageError for
/// files of different record lengths, ComputationError for a pixel without pulses.
PulseHeights process_pulses(std::span<const PulseFile> files, const PulseFile* noise,
                            const ChainSettings& settings = {});
PulseHeights process_off(std::span<const OffFile> files, const ResidualCutSettings& cuts = {},
                         const SharpenSettings& sharpen = {});

}  // namespace lithoscope::tes
