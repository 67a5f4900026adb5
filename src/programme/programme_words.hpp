// The words a programme file chooses from, in the order of their enumerations. Private to the room.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace lithoscope::programme {

inline const std::vector<std::string> shape_names{"slab", "cylinder", "sphere"};
inline const std::vector<std::string> drive_names{"composition", "potential"};
inline const std::vector<std::string> memory_names{"none", "square-scheme", "one-state"};
inline const std::vector<std::string> step_names{"charge", "discharge", "hold-voltage", "open-circuit", "wait",  "hold",
                                                 "ramp",   "gitt",      "stabilise",    "reconstruct",  "expose"};
inline const std::vector<std::string> stress_names{"none", "elastic"};
inline const std::vector<std::string> fluorescence_names{"volume", "attenuated"};

}  // namespace lithoscope::programme
