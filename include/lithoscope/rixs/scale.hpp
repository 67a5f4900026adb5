// On what scale two states are compared: by their monitors, or by what of the map nobody asks about.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "lithoscope/rixs/feature.hpp"
#include "lithoscope/rixs/spectra.hpp"

namespace lithoscope::rixs {

enum class ScaleSource { monitor, rest_of_map, live_time };

struct StateScale {
  ScaleSource source = ScaleSource::live_time;
  /// Counts after over before at equal exposure where nothing changed. The exposure is live pixel-seconds, times the
  /// monitor in its own unit where both have one and it is the source.
  core::Value ratio = core::Value::exact(1);
  /// Of each bin the share that is taken to be unchanged, rows x columns: outside the polygons, the place of the
  /// feature and the strip of elastic light.
  std::vector<double> rest;
  /// What the rest of the map does on this scale: 1 where it is the source.
  core::Value of_rest = core::Value::exact(1);
  /// Emission scale of the state after less that of the state before, by the rest of the map and by what is known of
  /// either scale: what both have in common, such as a table of lines, is no part of it.
  core::Value shift_eV;
  /// What a shift may have done to a change: found or not found, it is no change of the sample.
  double shift_sigma_eV() const { return std::hypot(shift_eV.value, shift_eV.sigma()); }
};

struct ScaleRequest {
  Normalise how = Normalise::automatic;
  double monitor_error = 0;  ///< relative, of the monitor's scale in each state
  std::vector<Region> asked;
  std::optional<FeatureSettings> feature;
};
/// Throws UsageError where monitors are asked for and missing, where the axes differ or a map has no counts.
StateScale common_scale(const RixsMap& before, const RixsMap& after, const ScaleRequest& request);

/// Which part of the emission scale's errors the two states do not share: what is left of a curve's by_energy_scale.
double unshared_part(const RixsMap& before, const RixsMap& after, const StateScale& scale);

/// "the monitors", "the rest of the map", "live time".
std::string words(ScaleSource source);

/// Exposure of the columns on the scale's terms.
std::vector<double> exposures(const RixsMap& map, ScaleSource source);

/// What the cut's curve is divided by on this scale, one for before and one for after. `after` is at the exposure of
/// `before` on the scale's terms.
struct Divisors {
  Divisor before, after;
};
Divisors divisors_of(const RixsMap& before, const RixsMap& after, const Cut& cut, const Curve& before_curve,
                     const Curve& after_curve, const StateScale& scale);

/// The curve of the state after at the mean exposure of the state before.
Curve at_exposure_of(Curve curve, const RixsMap& own, const RixsMap& common, ScaleSource source);

}  // namespace lithoscope::rixs
