// The probes of this room: `gitt` and `ici`.
#pragma once

#include <vector>

#include "lithoscope/probe/probe.hpp"

namespace lithoscope::echem {

std::vector<probe::Probe> probes();

}  // namespace lithoscope::echem
