// A value given on the command line in place of one in a file.
#pragma once

#include <string>
#include <utility>

namespace lithoscope::study {

using Override = std::pair<std::string, std::string>;  ///< dotted key and value, as given to --set

}  // namespace lithoscope::study
