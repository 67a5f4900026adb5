// Which pulses can be fitted together, and what the fit then says of each. Private to the room.
#pragma once

#include "lithoscope/echem/gitt.hpp"

namespace lithoscope::echem {

/// Fits every run of pulses (or interruptions) of one direction and puts what comes out into the pulses.
void fit_traces(const CyclerTable& table, const GittSample& sample, const GittSettings& settings, GittResult& result);

}  // namespace lithoscope::echem
