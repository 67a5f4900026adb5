// The way back: what yields of a layered sample look like, and the file a beamline would write of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/material/atomic_parameters.hpp"
#include "lithoscope/material/composition.hpp"
#include "lithoscope/xas/electron_yield.hpp"
#include "lithoscope/xas/linear_combination.hpp"

namespace lithoscope::xas {

/// Area of the L2,3 white lines a 3d hole, in units of the edge's height times eV: that of CuO's electron yield, 12.2.
inline constexpr double usual_strength_eV = 12;

/// L2,3 reference of an ion on energies: computed white lines on two steps, an edge of one (multiplet room). The lines'
/// area is `strength_eV` a hole.
ReferenceCurve computed_reference(const material::Ion& ion, std::span<const double> energy_eV, double strength_eV,
                                  core::Progress& progress);

/// Valence of the edge's element in layers: `depth_nm` are their lower ends, ascending; one valence more than depths.
struct ValenceProfile {
  std::vector<double> depth_nm;
  std::vector<double> valence;
};

struct Sample {
  material::Composition composition;
  double density_g_per_cm3 = 4.2;
  std::string element, edge = "L2,3";
  ValenceProfile profile;
  ElectronEscape escape{.escape_nm = 3.5, .incidence_deg = 45};
  double exit_deg = 45;
};

struct Yields {
  std::vector<double> energy_eV;
  std::vector<double> electrons;  ///< electrons over the photon energy, of a thick sample's limit
  std::vector<double> partial;    ///< photons of the edge's own lines per incident photon, without solid angle
  std::vector<double> total;      ///< of all lines of all elements; the bulk's valence
  core::Value electron_valence, partial_valence;  ///< means as both see them well above the edge; exact
};

/// References are mixed linearly between neighbouring valences. Throws UsageError for a valence outside them.
Yields predict_yields(const Sample& sample, std::span<const ReferenceCurve> references);

struct Beam {
  double i0_counts = 6e5;        ///< per point
  double electron_counts = 9e5;  ///< at the maximum
  double partial_counts = 5e4, total_counts = 5e5;
  double seconds = 1;
  std::uint64_t seed = 1;
};

/// The counts that are expected, without noise; they need not be whole.
Scan expected_scan(const Yields& yields, const Beam& beam);

/// Columns as SSRL 8-2's raw table: mono, Seconds, i0, tey, cmact (the partial yield), spare, fy (the total yield),
/// ref, i1; Poisson counts. The ring current falls by a percent.
Scan synthesize_scan(const Yields& yields, const Beam& beam);

}  // namespace lithoscope::xas
