// Microcalorimeter files to calibrated photons: what `litho tes` computes and writes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/tes/array_calibration.hpp"
#include "lithoscope/tes/scan_log.hpp"
#include "lithoscope/tes/side_files.hpp"

namespace lithoscope::study {

struct TesStudy {
  std::vector<std::string> files;        ///< pulses (LJH) or projected pulses (OFF), any number of pixels
  std::vector<std::string> noise_files;  ///< LJH, matched by channel
  std::vector<std::string> logs;         ///< calibration logs make windows; scan logs are kept for maps
  std::string states;                    ///< an experiment-state file: its CAL intervals are calibrations
  std::vector<std::string> lines{"C Ka", "N Ka", "O Ka", "Fe La", "Ni La", "Cu La"};
  tes::ChainSettings chain;
  tes::ResidualCutSettings residual;
  tes::CalibrationSettings calibration;
};

/// A pixel that could not even be read: kept in the report.
struct LostPixel {
  std::string path, problem;
};

struct TesOutcome {
  TesStudy study;
  std::vector<std::string> sources;  ///< "file  format  sha256 ..."
  std::vector<tes::PulseHeights> heights;
  tes::ArrayCalibration calibration;
  std::vector<tes::PixelEvents> events;  ///< of usable pixels, in time
  std::vector<LostPixel> lost;
  std::vector<tes::ScanLog> logs;
  std::string settings;  ///< every default written out
  std::vector<std::string> warnings;
};

/// Reads, reduces and calibrates. A pixel that cannot be read is told, not fatal, unless all are. Throws
/// UnreadableFile, UsageError, ComputationError.
TesOutcome run_tes(const TesStudy& study, core::Progress& progress);

/// Scan windows are on the same clock; passes of all scan logs, in the order given.
std::vector<tes::ScanPass> scan_passes(const TesOutcome& outcome);

/// The bytes of run.nxs, with the events of every pixel; and back. Throws UnreadableFile when it is no such file.
std::string nexus_file(const TesOutcome& outcome);
std::vector<tes::PixelEvents> read_events(const std::string& path);

/// Whether a file is a run.nxs with events.
bool is_event_file(const std::string& path);

}  // namespace lithoscope::study
