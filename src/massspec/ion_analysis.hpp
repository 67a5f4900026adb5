// The ions of a record made ready: carrier, stretches, backgrounds, cells of time.
#pragma once

#include "lithoscope/massspec/gas_run.hpp"

namespace lithoscope::massspec {

/// Fills record-wide facts: temperature, clocks, the analysed stretch and those without gas.
void find_stretches(GasOutcome& out);
/// Divides by the carrier, finds noise, cells and background of every ion, one after the other.
void analyse_ions(GasOutcome& out, core::Progress& progress);
/// Index of each cell that lies outside the stretches without gas.
std::vector<std::size_t> cells_with_gas(const GasOutcome& out);

}  // namespace lithoscope::massspec
