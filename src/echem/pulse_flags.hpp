// Why a pulse may say nothing about D, or less than it seems to. Private to the room.
#pragma once

#include "lithoscope/echem/gitt.hpp"

namespace lithoscope::echem {

/// What happened around a pulse: direction, ripple, temperature, how well its switch is known.
void judge_surroundings(const CyclerTable& table, const std::vector<Step>& steps, const GittSettings& settings,
                        GittPulse& pulse);

/// Fills theta, surface excursion, lithium left, the residual of each rest and how long it should have been, then the
/// flags. `pulses` in order of time.
void judge_pulses(const GittSample& sample, const GittSettings& settings, std::vector<GittPulse>& pulses);

}  // namespace lithoscope::echem
