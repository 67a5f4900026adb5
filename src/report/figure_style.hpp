// Names the page's style and the figures share. Private to the room.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lithoscope/report/page_model.hpp"

namespace lithoscope::report {

std::string_view role_name(Role role);
bool is_line(const Series& series);

/// Six digits: more than colours and hover show, and half the page.
double rounded(double value);
std::vector<double> rounded(std::vector<double> values);

/// The sign of a series in a legend, 26 wide, centred on (x + 13, y), as SVG elements.
std::string legend_sign(const Series& series, double x, double y);

}  // namespace lithoscope::report
