// The energy scale of a whole array: lines found in each pixel and verified against the others, drift between
// calibrations followed, pixels that changed or do not fit repaired or left out, never silently kept.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/settings.hpp"
#include "lithoscope/tes/calibration_curve.hpp"
#include "lithoscope/tes/line_fit.hpp"
#include "lithoscope/tes/passage.hpp"
#include "lithoscope/tes/pulse_chain.hpp"
#include "lithoscope/tes/scan_log.hpp"

namespace lithoscope::tes {

struct CalibrationWindow {
  std::string name;
  std::int64_t start_ns = 0, stop_ns = 0;
  double incident_eV = 0;  ///< of the monochromator; 0 when not said
};

struct CalibrationSettings {
  double jump = 8;            ///< eV: a pixel further off between calibrations has changed, not drifted
  double worst_residual = 2;  ///< eV: a line still that far off, and significantly so, condemns the pixel
  double pattern = 0.012;     ///< relative height by which a line may stray from where the other pixels put it
  double least_counts = 12;   ///< of a line in a pixel, for the line to be an anchor
};
std::span<const core::Setting<CalibrationSettings>> calibration_settings_table();

enum class PixelState { good, repaired, vetoed };
std::string_view state_words(PixelState state);

struct PixelLine {
  std::string line;
  LineFit fit;                        ///< of all calibrations together, in the energy scale of the pixel
  double drop_one_eV = 0;             ///< energy by the other lines less its own; NaN at the ends
  std::vector<core::Value> drift_eV;  ///< a calibration: peak there less peak in the reference, after correction
};

/// How a calibration differs from the reference: energy there less energy in the reference = c0 + c1 e + c2 e^2,
/// e = E / 500 eV.
struct Epoch {
  bool usable = false;
  Span used;                   ///< the part of the calibration in which the pixel did not jump
  double time_ns = 0;          ///< middle of it
  double pretrigger_mean = 0;  ///< median, raw units
  std::array<double, 3> shift{};
  double at(double energy_eV) const;
};

struct PixelCalibration {
  int pixel = -1;
  PixelState state = PixelState::good;
  std::vector<std::string> reasons;  ///< what was repaired, or why it was left out, sentences
  CalibrationCurve curve;            ///< of the reference calibration
  std::vector<PixelLine> lines;
  std::vector<Epoch> epochs;             ///< a calibration
  std::vector<Passage> passages;         ///< between neighbouring usable epochs, in time
  std::vector<std::int64_t> changed_ns;  ///< when the pixel's working point changed at once, as far as that is known
  std::vector<Span> unknown;             ///< when no calibration holds: its records there are no photons
  double drift_sigma_eV = 0;             ///< what is left of the drift, over the lines
  double resolution_fwhm_eV = 0;         ///< of the array's shape for the middle line, this pixel
  bool interpolate_by_baseline = false;

  bool usable() const { return state != PixelState::vetoed; }
  /// Whether a calibration holds at a time.
  bool holds_at(std::int64_t at_ns) const {
    return std::ranges::none_of(unknown, [&](const Span& s) { return s.holds(at_ns); });
  }
};

struct ArrayCalibration {
  std::vector<CalibrationWindow> windows;
  std::size_t reference = 0;
  std::vector<std::string> lines;        ///< names, ascending in energy
  std::vector<EmissionLine> known;       ///< what is known of each
  std::vector<LineShape> shapes;         ///< a line, learnt from all pixels together
  std::vector<PixelCalibration> pixels;  ///< in the order given
  double drop_one_rms_eV = 0;            ///< over the interior lines of usable pixels
  /// A line: median over usable pixels of the last calibration's residual drift; NaN with one calibration.
  std::vector<double> median_drift_eV;
  std::vector<std::string> warnings;
  const EmissionLine& line(std::string_view name) const;  ///< std::out_of_range
};

/// `lines` as emission_line reads them, in any order. Three or more give a curve; two a gain and a power, one a gain
/// alone, and the energies' errors hold what a curve would know more. A pixel without photons is vetoed with a reason,
/// not an error. Throws UnusableData when no window holds any event or no pixel can be calibrated.
ArrayCalibration calibrate_array(std::span<const PulseHeights> pixels, std::span<const CalibrationWindow> windows,
                                 std::span<const std::string> lines, const CalibrationSettings& settings = {});

/// Records of one pixel that may become photons, in time, with energies in the scale of the reference calibration.
struct PixelTrack {
  std::vector<std::int64_t> time_ns;
  std::vector<double> reference_eV, pretrigger_mean;
  std::size_t size() const { return time_ns.size(); }
};
PixelTrack track_of(const PulseHeights& heights, const PixelCalibration& calibration);

/// When, between two calibrations, pixels moved: from the photons in between. A pixel that moved alone is held against
/// the light that the others saw at the same time; pixels that moved together against what they saw just before, within
/// a pass. Where nothing tells, the passages keep their prior, and the photons' energies its width. A pixel whose
/// photons lie where its scale cannot have them loses them. Sets passages, changes and warnings of the calibration.
void follow_passages(std::span<const PixelTrack> tracks, std::span<const ScanPass> passes,
                     ArrayCalibration& calibration);

/// Photon events of a pixel; records that did not become one are counted by their flag.
PixelEvents make_events(const PulseHeights& heights, const PixelCalibration& calibration, const PixelTrack& track);
PixelEvents make_events(const PulseHeights& heights, const PixelCalibration& calibration);

}  // namespace lithoscope::tes
