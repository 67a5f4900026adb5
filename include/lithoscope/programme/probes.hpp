// The probe of this room: `particle`.
#pragma once

#include <vector>

#include "lithoscope/probe/probe.hpp"

namespace lithoscope::programme {

std::vector<probe::Probe> probes();

}  // namespace lithoscope::programme
