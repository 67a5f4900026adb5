// What describes a solved ion, part by part. Private to the room.
#pragma once

#include <string>

#include "lithoscope/multiplet/multiplet_run.hpp"

namespace lithoscope::multiplet {

/// "1", "3/2", or a number with two decimals where spins mix.
std::string spin_text(const Level& level, int d_electrons);
/// Of "along x": a column's name.
std::string column_name(const std::string& polarisation);
/// "scattering_horizontal", of the grid.
std::string grid_name(const std::string& channel);
/// The row of the map nearest to the L3 maximum.
std::size_t row_at_L3(const MultipletOutcome& outcome);

/// Figures of what is in the result.
void add_figures(const MultipletOutcome& outcome, result::Result& result);
/// Words and sections.
void add_page(const MultipletOutcome& outcome, result::Result& result);

}  // namespace lithoscope::multiplet
