// Noise of a pixel from records without pulses: what optimal filters and cuts are made of.
#pragma once

#include <cstdint>
#include <vector>

#include "lithoscope/tes/pulse_file.hpp"

namespace lithoscope::tes {

struct NoiseSettings {
  double largest_excursion = 1000;  ///< raw units; a record with a larger range holds a pulse
};

struct Noise {
  std::vector<double> autocorrelation;  ///< raw units squared, by lag in samples
  std::vector<double> power_per_Hz;     ///< one-sided, raw units squared per Hz, from 0 to half the sampling rate
  double frequency_step_Hz = 0;
  double pretrigger_rms_median = 0, pretrigger_rms_spread = 0;  ///< spread: normalised median absolute deviation
  double slope_median = 0, slope_spread = 0;                    ///< of the largest slope of a record
  std::int64_t records_used = 0, records_left_out = 0;
};

/// Autocorrelation about the mean, over the number of products: of stretches of 15 records where they follow each other
/// without a gap, else record by record. Periodogram with a Hann window.
/// `presamples`: of the pulse file, where the baseline's spread is compared. Throws ComputationError when no record is
/// free of pulses.
Noise measure_noise(const PulseFile& file, std::int64_t presamples, const NoiseSettings& settings = {});

}  // namespace lithoscope::tes
