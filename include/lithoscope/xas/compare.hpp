// Two spectra of one edge, before and after: what changed beyond a shift, a scale and an offset.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/settings.hpp"
#include "lithoscope/core/value.hpp"
#include "lithoscope/xas/spectrum.hpp"

namespace lithoscope::xas {

/// Standard deviations of what may differ for other reasons than chemistry; 0 fixes it. Units are in the table. What a
/// normalisation fitted to the spectra themselves (background, height) is free whatever is given here.
struct CompareSettings {
  double from = 0, to = 0;
  double shift = 0.05;
  double scale = 0.01;
  double offset = 0.005;
};
std::span<const core::Setting<CompareSettings>> compare_settings_table();

/// One question asked of a difference, and how likely noise alone answers it as much.
struct ChangeTest {
  enum class Kind { shape, direction, feature };
  Kind kind = Kind::shape;
  std::string of;     ///< "the whole shape", or a direction's or feature's name
  double score = 0;   ///< in standard deviations; signed but for the whole shape
  double chance = 1;  ///< of noise alone, two-sided
};

/// A way in which chemistry may change a spectrum: reduced less oxidised, say, or a window of a feature against
/// another. On any scale; zero beyond its energies.
struct Direction {
  std::string name;
  std::vector<double> energy_eV, change;
  ChangeTest::Kind kind = ChangeTest::Kind::direction;
};

struct Difference {
  std::vector<double> energy_eV;  ///< of the spectrum after
  std::vector<double> before;     ///< shifted, scaled and offset to fit
  std::vector<double> after;
  std::vector<double> before_variance, after_variance;  ///< of the points, what was fitted aside
  std::vector<double> difference;                       ///< after - before
  std::vector<double> sigma;                            ///< of the difference, what was fitted included
  core::Value shift_eV, scale, offset;                  ///< of before onto after: scale before(E - shift) + offset
  /// Covariance of the points with the fitted shift, eV times the spectrum's unit: of all points before, and after.
  std::vector<double> before_with_shift, after_with_shift;
  double chi_squared = 0;  ///< against no change at all, nuisances marginalised
  double degrees = 0;      ///< of this chi squared
  std::int64_t points = 0;
  double noise_ratio = 1;  ///< scatter of neighbouring points, by a median, over the stated noise
  bool by_scatter =
      false;  ///< the tests take the scatter that no smooth change explains: noise was not stated, or too small
  std::vector<ChangeTest> tests;       ///< of one difference
  std::vector<double> correlation;     ///< of the scores of directions and features, row-major
  double chance = 1;                   ///< of noise alone in any of the tests
  double significance = 0;             ///< the same in standard deviations of a normal distribution, two-sided
  std::string spoke;                   ///< the test that decides
  double largest = 0, largest_eV = 0;  ///< of the difference over its sigma, smoothed over `smooth_eV`
  double smooth_eV = 0.5;
};

/// Both on one normalisation. Chance, significance and what spoke come from all tests: what chemistry allows and
/// the features have nine tenths of the error rate, together, as the largest of scores that are correlated; the whole
/// shape has the rest, so that 5 % stays at most 5 % however many questions are asked. The whole shape is tested by
/// what is smooth over `smooth_eV`, each direction by its amplitude; where noise is taken from the scatter, by an F
/// ratio, so that the scatter's own uncertainty counts. Throws UsageError where they do not overlap or no noise is
/// known.
Difference compare(const Spectrum& before, const Spectrum& after, const CompareSettings& settings,
                   std::span<const Direction> directions = {});

/// Whether a change is claimed: chance of noise alone below 5 %.
bool has_changed(const Difference& difference);

/// "no change is seen", "a change is likely", "a clear change" with the numbers: a sentence without a full stop.
std::string significance_words(const Difference& difference);

/// By how much `spectrum` lies above `reference` in energy, from the shapes in a range, scale and offset free;
/// for the reference channel of a scan. A prior of `prior_eV` (standard deviation) about 0.
core::Value energy_offset_eV(const Spectrum& spectrum, const Spectrum& reference, double from_eV, double to_eV,
                             double prior_eV);

}  // namespace lithoscope::xas
