// [[state]] tables. Private to the room.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/io/toml.hpp"
#include "lithoscope/probe/sample.hpp"

namespace lithoscope::study {

/// Throws UsageError, also for a state after one that is not defined and for states in a circle.
std::vector<probe::State> read_states(io::TableReader& study);

/// As TOML that reads back to the same.
std::string states_toml(const std::vector<probe::State>& states);

}  // namespace lithoscope::study
