// How a run's settings are written down. Private to the room.
#pragma once

#include <string>

#include "lithoscope/study/xas_run.hpp"

namespace lithoscope::study {

/// TOML lines of what was asked of the files.
std::string reading_text(const XasReading& reading);

}  // namespace lithoscope::study
