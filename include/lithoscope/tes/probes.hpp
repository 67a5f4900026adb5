// The probe of this room: `tes`.
#pragma once

#include <vector>

#include "lithoscope/probe/probe.hpp"

namespace lithoscope::tes {

std::vector<probe::Probe> probes();

}  // namespace lithoscope::tes
