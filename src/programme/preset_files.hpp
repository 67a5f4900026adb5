// The files of presets/, compiled in. Private to the room.
#pragma once

#include <span>
#include <string_view>
#include <utility>

namespace lithoscope::programme {

/// Name and text.
std::span<const std::pair<std::string_view, std::string_view>> preset_files();

}  // namespace lithoscope::programme
