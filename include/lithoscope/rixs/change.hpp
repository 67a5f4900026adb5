// Before and after: what changed in a map or a curve beyond counting noise, at a common scale.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/rixs/spectra.hpp"

namespace lithoscope::rixs {

struct CurveChange {
  Curve before, after;             ///< normalised
  std::vector<double> difference;  ///< after - before
  std::vector<double> difference_variance;
  std::vector<double> ratio;  ///< after / before; NaN where before is nothing
  std::vector<double> ratio_variance;
  /// Of the differences: what the common normalisation ties together. n x n, row-major.
  std::vector<double> covariance;
  double chi_squared = 0;  ///< of no change, with the covariance
  std::int64_t degrees = 0;
  double significance = 0;  ///< of that chi squared, standard deviations of a normal
};
/// Whether "changed" is said of it: its chi squared is more than 3 standard deviations above no change. The check
/// rixs-change-words has the rate of saying so of noise alone, and the power.
bool changed(const CurveChange& change);
/// Throws UsageError when the axes differ.
CurveChange compare_curves(const Curve& before, const Curve& after, Normalise how,
                           const Curve* before_reference = nullptr, const Curve* after_reference = nullptr);

struct MapChange {
  core::Value scale;                 ///< after over before of all counts per exposure
  std::vector<double> difference;    ///< after - scale x before, counts per exposure, rows x columns
  std::vector<double> significance;  ///< standard deviations a bin, smoothed over the resolution; NaN without counts
  double largest = 0, largest_incident_eV = 0, largest_emission_eV = 0;
  double chance = 1;  ///< that noise alone makes one as large anywhere in the map
};
/// `smooth_eV`: bins are added up over this square before they are judged.
MapChange compare_maps(const RixsMap& before, const RixsMap& after, double smooth_incident_eV = 0.5,
                       double smooth_emission_eV = 1.5);

}  // namespace lithoscope::rixs
