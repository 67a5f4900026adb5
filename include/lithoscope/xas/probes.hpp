// The probes of this room: `xas`, `valence` and `selfabs`.
#pragma once

#include <vector>

#include "lithoscope/probe/probe.hpp"

namespace lithoscope::xas {

std::vector<probe::Probe> probes();

}  // namespace lithoscope::xas
