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
  /// How each point moves when the emission scale of the map moves up by its standard deviation; empty: not at all.
  std::vector<double> by_energy_scale;
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

/// A spectrum and the bins it is made of.
struct Cut {
  std::string kind;  ///< "PFY", "sPFY", "iPFY", "TFY", "XRF", "XES"
  Region region;
  double from_eV = 0, to_eV = 0;  ///< incident energies of an emission spectrum
  bool over_emission() const { return kind == "XES" || kind == "XRF"; }
};
/// Share of each bin, rows x columns. Throws UsageError for a region outside the map.
std::vector<double> bins_of(const RixsMap& map, const Cut& cut);

/// Counts of the region over incident energy: PFY of a band, sPFY of a polygon.
Curve partial_yield(const RixsMap& map, const Region& region);
/// All counts over incident energy, of the rows the map has.
Curve total_yield(const RixsMap& map);
/// Over the inverse of a band's yield: absorption free of self-absorption where the band is a line below the edge
/// (Achkar et al., Phys. Rev. B 83, 081106 (2011)). A point without counts is NaN with infinite variance.
Curve inverse_partial_yield(const RixsMap& map, const Region& region);
/// Emission at incident energies in [from, to], over emission energy, added up at equal exposure.
Curve emission_spectrum(const RixsMap& map, double incident_from_eV, double incident_to_eV);
/// Sum over all incident energies: the X-ray fluorescence.
Curve fluorescence(const RixsMap& map);

/// Widths of the trapezoid rule; zero at points that were not measured.
std::vector<double> trapezoids(const Curve& curve);

/// What a spectrum is divided by before it is compared with that of another state. The scale of the states: by their
/// monitors, by the map outside the parts that are asked about, or of live time alone. Or the spectrum's own area or
/// maximum: then only its shape is compared.
enum class Normalise { automatic, monitor, rest, none, area, maximum };

struct Divisor {
  double value = 1;
  /// How much each point of the curve counts in the divisor; empty where it is made of other things.
  std::vector<double> weights;
  double rest_variance = 0;    ///< of what the divisor is made of beside these points
  double by_energy_scale = 0;  ///< how it moves when the emission scale moves up by its standard deviation
};
/// Of its own points: area or maximum; one for all else. Throws UsageError where there is nothing to divide by.
Divisor own_divisor(const Curve& curve, Normalise how);
/// The divisor's variance is propagated, with its correlation where it is made of the same points.
Curve normalised(const Curve& curve, const Divisor& by);

}  // namespace lithoscope::rixs
