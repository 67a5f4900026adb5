// Two spectra of one edge, before and after: what changed beyond a shift, a scale and an offset.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/settings.hpp"
#include "lithoscope/core/value.hpp"
#include "lithoscope/xas/spectrum.hpp"

namespace lithoscope::xas {

/// Standard deviations of what may differ for other reasons than chemistry; 0 fixes it. Units are in the table.
struct CompareSettings {
  double from = 0, to = 0;
  double shift = 0.05;
  double scale = 0.01;
  double offset = 0.005;
};
std::span<const core::Setting<CompareSettings>> compare_settings_table();

struct Difference {
  std::vector<double> energy_eV;  ///< of the spectrum after
  std::vector<double> before;     ///< shifted, scaled and offset to fit
  std::vector<double> after;
  std::vector<double> difference;       ///< after - before
  std::vector<double> sigma;            ///< of the difference, what was fitted included
  core::Value shift_eV, scale, offset;  ///< of before onto after: scale before(E - shift) + offset
  double chi_squared = 0;               ///< against no change at all, nuisances marginalised
  std::int64_t points = 0;
  double significance = 0;             ///< in standard deviations of a normal distribution; below 0: too good
  double largest = 0, largest_eV = 0;  ///< of the difference over its sigma, smoothed over `smooth_eV`
  double smooth_eV = 0.5;
};

/// Both on one normalisation. Throws UsageError where they do not overlap or no noise is known.
Difference compare(const Spectrum& before, const Spectrum& after, const CompareSettings& settings);

/// "no change is seen", "a change is likely", "a clear change" with the numbers: a sentence without a full stop.
std::string significance_words(double standard_deviations);

/// By how much `spectrum` lies above `reference` in energy, from the shapes in a range, scale and offset free;
/// for the reference channel of a scan. A prior of `prior_eV` (standard deviation) about 0.
core::Value energy_offset_eV(const Spectrum& spectrum, const Spectrum& reference, double from_eV, double to_eV,
                             double prior_eV);

}  // namespace lithoscope::xas
