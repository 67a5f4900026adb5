// Spectra cut from a map: partial, super-partial, inverse partial and total fluorescence, emission at one incident
// energy. Each with its Poisson variance and the monitor's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lithoscope/rixs/map.hpp"

namespace lithoscope::rixs {

/// A spectrum in counts per live pixel-second and monitor, over its axis.
struct Curve {
  std::string name;
  std::vector<double> energy_eV;
  std::vector<double> counts;    ///< raw, what the Poisson part comes from
  std::vector<double> value;     ///< counts over exposure
  std::vector<double> variance;  ///< Poisson, plus the monitor's
  /// The exposure each point was divided by: live pixel-seconds times monitor, relative to the mean over the points.
  std::vector<double> exposure;
  std::size_t size() const { return energy_eV.size(); }
};

struct Corner {
  double incident_eV = 0, emission_eV = 0;
};

/// A part of the map: a band of emission energies at all incident ones, or a polygon. A pixel of the map counts with
/// the share of its area that lies inside, so that no result jumps with the choice of bins.
struct Region {
  std::string name;
  double from_eV = 0, to_eV = 0;  ///< the band, where there is no polygon
  std::vector<Corner> polygon;    ///< at least three corners; may be concave, not self-crossing
};
/// "Co L: 740..800" or "feature: 530,522 532,522 532,525 530,525" (incident, emission). Throws UsageError.
Region parse_region(const std::string& text);

/// Share of each bin inside the region, rows x columns.
std::vector<double> region_weights(const RixsMap& map, const Region& region);

/// Counts of the region over incident energy: PFY of a band, sPFY of a polygon.
Curve partial_yield(const RixsMap& map, const Region& region);
/// All counts over incident energy, of the rows the map has.
Curve total_yield(const RixsMap& map);
/// Over the inverse of a band's yield: absorption free of self-absorption where the band is a line below the edge
/// (Achkar et al., Phys. Rev. B 83, 081106 (2011)). A point without counts is NaN with infinite variance.
Curve inverse_partial_yield(const RixsMap& map, const Region& region);
/// Emission at incident energies in [from, to], over emission energy.
Curve emission_spectrum(const RixsMap& map, double incident_from_eV, double incident_to_eV);
/// Sum over all incident energies: the X-ray fluorescence.
Curve fluorescence(const RixsMap& map);

enum class Normalise { none, area, maximum, reference };
/// Divides by the area, the maximum, or the area of another curve (sPFY); the divisor's variance is propagated, with
/// its correlation where it is made of the same points; a reference is taken to be independent.
Curve normalised(const Curve& curve, Normalise how, const Curve* reference = nullptr);

}  // namespace lithoscope::rixs
