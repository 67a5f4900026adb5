// Why a pulse may say nothing about D, or less than it seems to. Private to the room.
#pragma once

#include "lithoscope/echem/gitt.hpp"

namespace lithoscope::echem {

/// Fills theta, surface excursion, lithium left and the residual of each rest, then the flags. `pulses` in order of
/// time.
void judge_pulses(const CyclerTable& table, const std::vector<Step>& steps, const GittSample& sample,
                  const GittSettings& settings, std::vector<GittPulse>& pulses);

}  // namespace lithoscope::echem
