// Values to colours to a picture inside the page. Private to the room.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lithoscope/report/page_model.hpp"

namespace lithoscope::report {

using Colour = std::array<std::uint8_t, 4>;  ///< red, green, blue, opacity

/// Lowest and highest value, symmetric about zero for the diverging palette; never empty.
std::pair<double, double> colour_range(const Map& map);

/// Transparent for NaN.
Colour colour_of(double value, double low, double high, Palette palette);

/// A PNG as a data address, rows from the top.
std::string picture(const std::vector<Colour>& pixels, std::size_t columns);

}  // namespace lithoscope::report
