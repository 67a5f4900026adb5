// One titration pulse: its potentials, the window that may be fitted, and D. Private to the room.
#pragma once

#include "lithoscope/echem/gitt.hpp"

namespace lithoscope::echem {

/// Potential at the end of a rest and how fast it still drifts (magnitude, beyond noise): a line through its last part,
/// read at its last row.
struct RestEnd {
  core::Value potential_V;
  double drift_V_per_s = 0;
};
RestEnd rest_end(const CyclerTable& table, const Step& rest, double share);

/// Fills everything of the pulse that needs only its own rows and its two rests. Without a diffusion length the D stay
/// NaN.
void fit_pulse(const CyclerTable& table, const Step& pulse_step, const GittSample& sample, const GittSettings& settings,
               GittPulse& pulse);

}  // namespace lithoscope::echem
