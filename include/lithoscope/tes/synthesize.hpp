// The instrument backwards: photons to the pulses an array would have recorded of them, and to the files it writes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lithoscope/tes/scan_log.hpp"

namespace lithoscope::tes {

struct Photon {
  std::int64_t time_ns = 0;  ///< POSIX
  double energy_eV = 0;
};

/// An array of microcalorimeters, near enough to the one at SSRL 10-1: 240 pixels, about 1.5 eV.
struct SyntheticArray {
  std::int64_t pixels = 240;
  double sample_s = 4.8e-6;
  std::int64_t samples = 1024, presamples = 256;
  double rise_s = 30e-6, fall_s = 300e-6;  ///< time constants of a pulse
  double height_at_1keV = 12000;           ///< raw units; pixels differ by some percent
  double saturation_eV = 6000;             ///< heights go as 1 - exp(-E / saturation)
  double noise = 12;                       ///< raw units, standard deviation of a sample
  double noise_memory = 0.5;               ///< correlation of one sample's noise with the next one's
  double gain_drift = 5e-8;                ///< of the gain, a second
  double baseline_drift = 2e-3;            ///< raw units a second; gain follows the baseline
  std::int64_t start_ns = 1'582'150'000'000'000'000;
  std::uint64_t seed = 1;
};

struct SyntheticPixel {
  std::int64_t channel = 1;
  double gain = 1, saturation_eV = 6000, baseline = 4000;
};
/// Feedback channels have odd numbers, as in time-division readout.
std::vector<SyntheticPixel> make_pixels(const SyntheticArray& array);

/// Pulse height of a photon, without drift.
double true_height(const SyntheticArray& array, const SyntheticPixel& pixel, double energy_eV);

/// Photons of some lines (energy, relative strength; each with the Gaussian width `sigma_eV`) at a steady rate.
std::vector<Photon> draw_photons(std::span<const std::pair<double, double>> lines, double sigma_eV, double rate_per_s,
                                 std::int64_t start_ns, std::int64_t stop_ns, std::uint64_t seed, std::uint64_t stream);

/// Records as they are triggered: one a photon, but none while a record runs; what arrives in a record or on the tail
/// of an earlier pulse piles up. Photons in time. Rows of samples, and stamps.
struct SyntheticRecords {
  std::vector<std::uint16_t> samples;  ///< records x samples
  std::vector<std::int64_t> frame, posix_ns;
};
SyntheticRecords make_records(const SyntheticArray& array, const SyntheticPixel& pixel,
                              std::span<const Photon> photons);
SyntheticRecords make_noise_records(const SyntheticArray& array, const SyntheticPixel& pixel, std::int64_t records);

/// Bytes of an LJH 2.2.1 file.
std::string ljh_file(const SyntheticArray& array, const SyntheticPixel& pixel, const SyntheticRecords& records);
/// Bytes of an OFF 0.3.0 file: the records projected onto a constant, the pulse's derivative and the pulse.
std::string off_file(const SyntheticArray& array, const SyntheticPixel& pixel, const SyntheticRecords& records);
/// Text of an SSRL scan log (YAML).
std::string ssrl_log_text(const ScanLog& log);

}  // namespace lithoscope::tes
