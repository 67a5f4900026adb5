// One table per settings struct: the study file fills it, provenance stores it, --help prints it.
#pragma once

#include <limits>
#include <string_view>

namespace lithoscope::core {

template <class Struct>
struct Setting {
  std::string_view name;  ///< key in the study file and flag on the command line
  std::string_view unit;  ///< native unit of the member; "1" for a plain number
  double Struct::* member;
  std::string_view help;  ///< what it does and why the default is what it is
  double least = 0;       ///< values outside [least, most] are refused
  double most = 1e15;
};

}  // namespace lithoscope::core
