// What describes a calibrated array, part by part. Private to the room.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "lithoscope/tes/array_run.hpp"

namespace lithoscope::tes {

/// Names of the columns that count records by flag, in the order of the flags.
inline constexpr std::array<const char*, flag_count> flag_columns{"not_finite",    "pile_up",        "bad_shape",
                                                                  "outside_scale", "no_calibration", "wrong_length"};

bool in_window(const CalibrationWindow& window, std::int64_t time_ns);
/// Whether a photon belongs to any of the calibrations.
bool in_calibration(const ArrayOutcome& outcome, std::int64_t time_ns);
/// Why a pixel was repaired or left out, one text.
std::string reasons_of(const PixelCalibration& pixel);
/// Photons of a pixel; nullptr when it has none.
const PixelEvents* photons_of(const ArrayOutcome& outcome, int pixel);

/// Emission energies the figures show: a little more than the lines that were calibrated with.
struct EmissionRange {
  double low_eV, high_eV;
};
EmissionRange shown_range(const ArrayOutcome& outcome);

/// The largest of the median drifts, either sign; nothing with one calibration.
std::optional<double> worst_median_drift_eV(const ArrayCalibration& calibration);
/// "C Ka" as a part of a name: "C_Ka".
std::string plain_line(const std::string& line);

/// Tables, and the grid of photons over pixel and energy.
void add_tables(const ArrayOutcome& outcome, result::Result& result);
/// Figures of what is in the result.
void add_figures(const ArrayOutcome& outcome, result::Result& result);
/// Words and sections.
void add_page(const ArrayOutcome& outcome, result::Result& result);

}  // namespace lithoscope::tes
