// The text of atomic_parameters.csv, compiled in. Private to the room.
#pragma once

#include <string_view>

namespace lithoscope::material {

extern const std::string_view atomic_table_text;

}  // namespace lithoscope::material
