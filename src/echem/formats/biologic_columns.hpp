// What BioLogic columns mean, whichever of the two formats (.mpr, .mpt) they came in. Names are those of the text
// export.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lithoscope/echem/cycler_table.hpp"

namespace lithoscope::echem {

/// A column of numbers by its export name, or nothing.
using BiologicColumn = std::function<std::optional<std::vector<double>>(std::string_view name)>;

/// "2026-11-22T12:00:00.000"; `seconds` since midnight, rounded to the millisecond.
std::string iso_time(std::chrono::sys_days day, double seconds);

/// Fills time, potential, current, capacity, step and temperature; returns whether the file counted the charge.
/// Throws UnreadableFile when there is no time, potential or current; `available` is for that message.
bool fill_from_biologic(CyclerTable& table, const BiologicColumn& column, const std::string& path,
                        const std::string& available);

}  // namespace lithoscope::echem
