// How the outcome of an analysis becomes a result: tables, observables, figures, page.
#pragma once

#include <string>

#include "lithoscope/massspec/gas_run.hpp"
#include "lithoscope/result/result.hpp"

namespace lithoscope::massspec {

result::Result describe(const GasOutcome& outcome, const std::string& state);
void add_figures(const GasOutcome& outcome, result::Result& out);
void add_page(const GasOutcome& outcome, result::Result& out);

/// "O2", "CO + N2": of a sum that cannot be split.
std::string label_of(const GasAnalysis& gas);
/// The same in a name of a column: "CO_and_N2".
std::string plain_label(const GasAnalysis& gas);
std::string plain_mz(double mz);  ///< "m32", "m0_5"

/// How amounts are given: moles a gram of what was weighed, moles, or the ions' own sum.
struct AmountScale {
  double factor = 1;  ///< from moles
  std::string unit;   ///< "umol/g", "umol"
};
AmountScale amount_scale(const GasOutcome& outcome);
/// Of a reading times s: "C" of A.
std::string integral_unit(const std::string& reading_unit);
bool over_temperature(const GasOutcome& outcome);  ///< whether curves run along temperature, or time

}  // namespace lithoscope::massspec
