#pragma once

#include <vector>

#include "lithoscope/probe/probe.hpp"

namespace lithoscope::digitised {

std::vector<probe::Probe> probes();

}  // namespace lithoscope::digitised
