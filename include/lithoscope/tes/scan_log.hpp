// When the monochromator stood where: the logs that tie a photon's clock time to its incident energy.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lithoscope/io/input_file.hpp"

namespace lithoscope::tes {

/// One stop of the scanned variable: the photons of [start, stop).
struct ScanPoint {
  double position = 0;                     ///< incident energy in eV where a monochromator was scanned
  std::int64_t start_ns = 0, stop_ns = 0;  ///< POSIX
  double i0 = 0;                           ///< beam monitor, 0 where the log does not say
};

struct ScanPass {
  std::string name;                        ///< "pass 0"
  std::int64_t start_ns = 0, stop_ns = 0;  ///< of the whole pass
  double incident_eV = 0;                  ///< of a calibration: where the monochromator stood; 0 when not said
  std::vector<ScanPoint> points;           ///< empty for a calibration
};

enum class LogKind { calibration, scan };

struct ScanLog {
  std::string path, format;  ///< "SSRL YAML", "scan server JSON", "bluesky documents"
  LogKind kind = LogKind::scan;
  std::string name;  ///< "SCAN3", "CAL0", "20200219_017"
  std::string sample, variable = "mono", unit = "eV";
  std::string calibration;  ///< name of the calibration the log points to
  std::vector<ScanPass> passes;
  std::vector<std::string> remarks;  ///< energies named twice, windows that overlap, points without an end: sentences
};

/// Throws UnreadableFile, with the line where the parser knows it. An energy named twice stays as two points; windows
/// that overlap and points that end before they begin are kept out of the points and told in the remarks.
ScanLog read_scan_log(const io::InputFile& file);
bool is_scan_log(std::string_view bytes);

/// Seconds of a log as nanoseconds, exact to the microsecond they were written with.
std::int64_t nanoseconds(double seconds);

}  // namespace lithoscope::tes
