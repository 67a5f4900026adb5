// Microcalorimeter files to calibrated photons: the probe `tes`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/core/settings.hpp"
#include "lithoscope/result/result.hpp"
#include "lithoscope/tes/array_calibration.hpp"
#include "lithoscope/tes/scan_log.hpp"

namespace lithoscope::tes {

/// What a person may set, beside calibration_settings_table().
struct ArraySettings {
  std::vector<std::string> lines{"C Ka", "N Ka", "O Ka", "Fe La", "Ni La", "Cu La"};  ///< of the calibration sample
  std::vector<std::string> calibration_state;  ///< labels of the states in which it was seen; nothing: those in CAL
  FilterKind filter = FilterKind::arrival_time_safe;
  double roll_off = FilterSettings{}.roll_off_Hz;  ///< Hz; 0: none
  std::optional<double> cut;  ///< robust standard deviations; nothing: 8 for pulses, 10 for projected ones
};
std::span<const core::Setting<ArraySettings>> array_settings_table();

struct ArrayRequest {
  std::vector<std::string> files;               ///< pulses (LJH) or projected pulses (OFF), any number of pixels
  std::vector<std::string> noise_files;         ///< LJH, matched by channel
  std::vector<std::string> logs;                ///< calibration logs make windows; scan logs are kept for maps
  std::string states;                           ///< an experiment-state file: intervals of it are calibrations
  std::vector<std::string> calibration_states;  ///< their labels, case aside; nothing: all that begin with CAL
  std::vector<std::string> lines = ArraySettings{}.lines;
  ChainSettings chain;
  ResidualCutSettings residual;
  CalibrationSettings calibration;
};

/// A file that gave no pixel: kept in the report.
struct LostPixel {
  std::string path, problem;
};

struct ArrayOutcome {
  ArrayRequest request;
  std::vector<result::Source> sources;  ///< without hashes
  std::vector<PulseHeights> heights;
  ArrayCalibration calibration;
  std::vector<PixelEvents> events;  ///< of every pixel, in the order of the calibration; in time
  std::vector<LostPixel> lost;
  std::vector<ScanLog> logs;
  std::vector<std::string> warnings;
};

/// Reads, reduces and calibrates. A pixel that cannot be read is reported, not fatal, unless all are. Throws
/// UnreadableFile, UsageError, UnusableData.
ArrayOutcome reduce_array(const ArrayRequest& request, core::Progress& progress);

/// Passes of all scan logs, in the order given, on the clock of the photons.
std::vector<ScanPass> scan_passes(const ArrayOutcome& outcome);

/// Everything of it as numbers, tables, figures and words.
result::Result describe(const ArrayOutcome& outcome);

/// Photons and passes of a result of `tes`: what describe was given. Throw std::out_of_range for another result.
std::vector<PixelEvents> events_of(const result::Result& result);
std::vector<ScanPass> passes_of(const result::Result& result);

}  // namespace lithoscope::tes
