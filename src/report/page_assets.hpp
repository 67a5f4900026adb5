// The page's style, script and the script's licence, from web/dist. Private to the room.
#pragma once

#include <string_view>

namespace lithoscope::report {

extern const std::string_view page_style;
extern const std::string_view page_script;
extern const std::string_view uplot_licence;

}  // namespace lithoscope::report
