// A surface layer over a bulk, from what electrons and fluorescence see of an element's valence.
#pragma once

#include "lithoscope/core/settings.hpp"
#include "lithoscope/core/value.hpp"

#include <span>
#include <string>
#include <vector>

namespace lithoscope::xas {

/// What is known before; units are in the table.
struct DepthSettings {
  double escape_least = 2, escape_most = 5;
  double layer_least = 0.5, layer_most = 20;
  double valence_least = 2, valence_most = 4;
};
std::span<const core::Setting<DepthSettings>> depth_settings_table();

/// 95 % interval and median.
struct Interval {
  double low = 0, median = 0, high = 0;
};

struct DepthValence {
  Interval layer_nm, surface_valence, bulk_valence;
  Interval difference;              ///< surface - bulk
  double surface_in_electrons = 0;  ///< median share of the electrons from the layer
  double reduced = 0;               ///< probability that the surface's valence is below the bulk's
};

/// Two measured means cannot fix three numbers: this is their posterior with even priors over escape depth, layer
/// thickness (even in its logarithm) and both valences. `electron_attenuation_per_nm`: of the light; `fluorescence_nm`:
/// 1/e depth that fluorescence sees. Throws UsageError for impossible ranges.
DepthValence depth_valence(core::Value electron_valence, core::Value fluorescence_valence,
                           double electron_attenuation_per_nm, double fluorescence_nm, double incidence_deg,
                           const DepthSettings& settings);

}  // namespace lithoscope::xas
