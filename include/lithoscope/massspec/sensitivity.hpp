// Ion charge a mole of gas: given, from steps of a known flow, or from electrolysis.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/value.hpp"
#include "lithoscope/massspec/background.hpp"
#include "lithoscope/massspec/ion_record.hpp"

namespace lithoscope::massspec {

/// At the gas's base mass, in C/mol where currents are in A; else in the unit of the readings times s/mol.
struct Sensitivity {
  std::string gas;
  core::Value per_mol;
  std::string origin;  ///< "given", "3 steps of gas", "electrolysis, 4 runs"
};

/// "O2 = 0.083 +- 0.004 C/mol". `reading_unit` is that of the gas's ion. Throws UsageError for another dimension.
Sensitivity parse_sensitivity(const std::string& text, const std::string& reading_unit);

/// A known flow between two times: "O2: 100 s to 300 s, 1.2 nmol/s".
struct GasStep {
  std::string gas;
  Stretch stretch;
  core::Value flow_mol_per_s;
};
GasStep parse_gas_step(const std::string& text);
/// Slope of the ion's mean over flow, a line with its own zero. Throws UsageError with fewer than two flows.
Sensitivity sensitivity_by_steps(const Series& ion, const std::vector<GasStep>& steps);

/// A gas made by a current while the potential lies above or below a value: "O2: 4 e, above 1.55 V".
struct Electrolysis {
  std::string gas;
  double electrons = 0;  ///< a molecule
  double potential_V = 0;
  bool above = true;
};
Electrolysis parse_electrolysis(const std::string& text);

struct ElectrolysisRun {
  Stretch stretch;  ///< of the potential
  double charge_C = 0;
  double ions = 0;  ///< integral of the ion's reading above its base
  double base = 0;
  core::Value per_mol;
};
/// Every stretch in which the potential lies beyond the limit and a charge flows: the ion is integrated from 5 s before
/// to 60 s after it, its base being the median from 25 to 5 s before.
std::vector<ElectrolysisRun> electrolysis_runs(const Series& ion, const CellRecord& cell, const Electrolysis& rule);
/// Mean of the runs with the scatter of single runs over the root of their number.
Sensitivity sensitivity_by_runs(const std::vector<ElectrolysisRun>& runs, const Electrolysis& rule);

}  // namespace lithoscope::massspec
