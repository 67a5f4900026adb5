// The figures of a titration, after paper.md Fig. 5. Private to the room.
#pragma once

#include "lithoscope/report/report_model.hpp"
#include "lithoscope/study/run.hpp"

namespace lithoscope::report {

/// Lithium extracted when mass and molar mass are known, else capacity.
bool x_is_known(const study::GittOutcome& outcome);
Axis x_axis(const study::GittOutcome& outcome);
std::string x_header(const study::GittOutcome& outcome);
double pulse_x(const study::GittOutcome& outcome, const echem::GittPulse& pulse);  ///< at mid-pulse

/// Lithium extracted, or capacity in mAh where that is not known.
double x_at(const study::GittOutcome& outcome, double capacity_Ah);
Axis potential_axis(const study::GittOutcome& outcome);

/// The pulse shown as the example: a usable one near the middle; nullptr when there are no pulses.
const echem::GittPulse* example_pulse(const study::GittOutcome& outcome);

Figure profile_figure(const study::GittOutcome& outcome);                                     // Fig. 5a
Figure one_pulse_figure(const study::GittOutcome& outcome, const echem::GittPulse& pulse);    // inset of Fig. 5a
Figure square_root_figure(const study::GittOutcome& outcome, const echem::GittPulse& pulse);  // Fig. 5b
Figure diffusion_figure(const study::GittOutcome& outcome);                                   // Fig. 5c
Figure ici_diffusion_figure(const study::GittOutcome& outcome);
Figure open_circuit_figure(const study::GittOutcome& outcome);
Figure resistance_figure(const study::GittOutcome& outcome);

}  // namespace lithoscope::report
