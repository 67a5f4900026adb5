// The probe of this room: `multiplet`.
#pragma once

#include <vector>

#include "lithoscope/probe/probe.hpp"

namespace lithoscope::multiplet {

std::vector<probe::Probe> probes();

}  // namespace lithoscope::multiplet
