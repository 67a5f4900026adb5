// The parts of describe(): tables, figures and words of a titration. Private to the room.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/echem/titration.hpp"

namespace lithoscope::echem {

// tables
void add_tables(const TitrationOutcome& outcome, result::Result& out);
void add_observables(const TitrationOutcome& outcome, result::Result& out);
/// The column that runs along a table of pulses: lithium where masses are known, else capacity.
std::string along(const TitrationOutcome& outcome);
/// The pulse that explains the method: a usable one near the middle. nullptr when there is none.
const GittPulse* example_pulse(const TitrationOutcome& outcome);
std::string pulse_flags(const GittPulse& pulse);

// figures
void add_figures(const TitrationOutcome& outcome, result::Result& out);

// words
void add_words(const TitrationOutcome& outcome, result::Result& out);

}  // namespace lithoscope::echem
