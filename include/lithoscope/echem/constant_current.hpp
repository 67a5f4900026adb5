// A charge or discharge at constant current against the open-circuit curve of a titration: what polarisation costs,
// where the plateau of oxygen begins, and whether the fitted D lets the capacity be reached (paper.md, Figs. 5 and S1).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lithoscope/core/value.hpp"
#include "lithoscope/echem/cycler_table.hpp"
#include "lithoscope/echem/whole_trace.hpp"

namespace lithoscope::echem {

/// How capacity of the other record turns into that of the titration: titration = start + ratio * (record - its first).
/// The same electrode from the same state: ratio 1.
struct CapacityScale {
  double ratio = 1;     ///< active mass of the titration's electrode over that of the other
  double start_Ah = 0;  ///< the titration's capacity where the other record begins
};

struct CapacityPeaks {
  std::vector<double> potential_V;  ///< middles of equal steps
  std::vector<double> Ah_per_V;     ///< |dQ/dV|, on the titration's scale
  std::optional<double> onset_V;    ///< of the plateau above 4.2 V: half-way up to its peak; none without one
};

/// Vectors run along the curve, evenly in capacity; capacities and currents are on the titration's scale.
struct ConstantCurrent {
  std::string why_not;  ///< half a sentence; empty when there is a comparison
  double current_A = 0;
  std::vector<double> capacity_Ah, potential_V;
  std::vector<core::Value> ocv_V;           ///< NaN outside what the titration's surface has seen
  std::vector<core::Value> polarisation_V;  ///< potential less open circuit
  std::vector<double> predicted_V;          ///< with the fitted curves; NaN where they end
  CapacityPeaks peaks, peaks_open_circuit;
  double end_V = 0;               ///< the last potential under the current
  double reached_Ah = 0;          ///< capacity passed until there
  core::Value reachable_Ah;       ///< by the fitted curves until that potential; sigma from the posterior
  bool beyond_titration = false;  ///< the prediction left what the titration had seen: it is at least this much
};

/// Of the longest constant current in the table that goes the titration's way. Never throws for what the data are.
ConstantCurrent compare_constant_current(const CyclerTable& table, const std::vector<Step>& steps,
                                         const WholeTrace& trace, const CapacityScale& scale);

/// "With the fitted D and this diffusion length ...": could the capacity have been reached at this current? In mAh/g,
/// or in mAh where no mass is known.
std::string capacity_verdict(const ConstantCurrent& curve, std::optional<double> active_mass_kg);

}  // namespace lithoscope::echem
