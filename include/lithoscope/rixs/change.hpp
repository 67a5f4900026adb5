// Before and after: what changed in a map or a curve beyond counting noise, at a common scale.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "lithoscope/rixs/scale.hpp"
#include "lithoscope/rixs/spectra.hpp"

namespace lithoscope::rixs {

struct CurveChange {
  Curve before, after;             ///< normalised
  std::vector<double> difference;  ///< after - before
  std::vector<double> difference_variance;
  std::vector<double> ratio;  ///< after / before; NaN where before is nothing
  std::vector<double> ratio_variance;
  /// Of the differences: what the common normalisation and the energy scale tie together. n x n, row-major.
  std::vector<double> covariance;
  double chi_squared = 0;  ///< of no change, with the covariance
  std::int64_t degrees = 0;
  double significance = 0;  ///< of that chi squared, standard deviations of a normal
  /// Relative change of the height: of all the curve, or, where the divisor is mostly the curve itself and only its
  /// shape is left, of `part_eV` about its highest place. Infinite variance: neither can be told.
  core::Value height{0, std::numeric_limits<double>::infinity()};
  double part_eV = 0;     ///< 0: all the curve
  double part_at_eV = 0;  ///< the middle of that part
};
/// Whether "changed" is said of it: its chi squared is more than 3 standard deviations above no change, or its height
/// more than 3 from none. The check rixs-change-words has the rate of saying so of noise alone, and the power.
bool changed(const CurveChange& change);
/// Whether it is the height that speaks.
bool height_changed(const CurveChange& change);

/// `inverse`: the curves are yields whose inverses are compared (iPFY). Throws UsageError when the axes differ.
CurveChange compare_curves(const Curve& before, const Curve& after, const Divisors& by, bool inverse = false);
/// Each by its own area or maximum, or as they are.
CurveChange compare_curves(const Curve& before, const Curve& after, Normalise own);

struct MapChange {
  core::Value scale;                 ///< after over before of what nothing changed, counts at equal exposure
  std::vector<double> difference;    ///< after - scale x before, counts per exposure, rows x columns
  std::vector<double> significance;  ///< standard deviations a bin, smoothed over the resolution; NaN without counts
  double largest = 0, largest_incident_eV = 0, largest_emission_eV = 0;
  double chance = 1;  ///< that noise alone makes one as large anywhere in the map
};
/// `smooth_eV`: bins are added up over this square before they are judged.
MapChange compare_maps(const RixsMap& before, const RixsMap& after, const StateScale& scale,
                       double smooth_incident_eV = 0.5, double smooth_emission_eV = 1.5);

}  // namespace lithoscope::rixs
