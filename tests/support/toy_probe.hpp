// The toy probe, for tests of what every probe gets from its table.
#pragma once

#include <vector>

#include "lithoscope/probe/probe.hpp"

namespace lithoscope::toy {

std::vector<probe::Probe> probes();

}  // namespace lithoscope::toy
