// Steps of a study that read the results of all others: the library of runs, and the inference.
#pragma once

#include <vector>

#include "lithoscope/probe/probe.hpp"

namespace lithoscope::infer {

std::vector<probe::Probe> probes();

}  // namespace lithoscope::infer
