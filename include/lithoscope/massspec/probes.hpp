#pragma once

#include <vector>

#include "lithoscope/probe/probe.hpp"

namespace lithoscope::massspec {

std::vector<probe::Probe> probes();

}  // namespace lithoscope::massspec
