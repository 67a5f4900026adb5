// Corrections that make spectra sharper: the pulse height as it would be at the usual baseline, time and arrival phase.
// The objective has no scale: it is the same whatever the unit of height.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lithoscope::tes {

struct SharpenSettings {
  /// Kernels the spectrum is smoothed with, relative to the height; coarse first, so that a far start finds its way.
  double coarse = 0.01, fine = 0.0015;
  double largest = 0.05;  ///< a correction beyond this share of the height is not a drift
  double low_quantile = 0.002, high_quantile = 0.998;
};

/// Coefficients of basis functions that, added to the logarithm of the height, make its smoothed density as
/// concentrated as it can be: the largest integral of the density squared (Renyi's entropy of order two, which needs no
/// logarithm of empty bins). One coefficient at a time, a grid and a golden section, round after round until none
/// moves. Deterministic.
struct Sharpened {
  std::vector<double> coefficients;
  double before = 0, after = 0;  ///< concentration, mean density over the density
  int rounds = 0;
};
Sharpened sharpen(std::span<const double> log_height, std::span<const std::vector<double>> basis,
                  const SharpenSettings& settings = {});

/// Gain against the pretrigger mean: log height += slope (mean - centre).
struct GainDrift {
  double slope = 0;   ///< per raw unit
  double centre = 0;  ///< median pretrigger mean, raw units
};
GainDrift fit_gain_drift(std::span<const double> height, std::span<const double> pretrigger_mean,
                         const SharpenSettings& settings = {});

/// Arrival phase: log height += linear p + quadratic p^2, p = phase - centre, held within +-0.6 samples.
struct PhaseCorrection {
  double linear = 0, quadratic = 0, centre = 0;
  double at(double phase) const;
};
PhaseCorrection fit_phase_correction(std::span<const double> height, std::span<const double> phase,
                                     const SharpenSettings& settings = {});

/// Slow change of the gain with time: log height += a line through knots, nothing on average.
struct TimeDrift {
  std::vector<double> knot_s, shift;
  double at(double time_s) const;
};
TimeDrift fit_time_drift(std::span<const double> height, std::span<const double> time_s, std::int64_t knots,
                         const SharpenSettings& settings = {});

}  // namespace lithoscope::tes
