// The probe of this room: `rixs`.
#pragma once

#include <vector>

#include "lithoscope/probe/probe.hpp"

namespace lithoscope::rixs {

std::vector<probe::Probe> probes();

}  // namespace lithoscope::rixs
