// One table per settings struct: the study file fills it, provenance stores it, --help prints it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lithoscope::core {

template <class Struct>
struct Setting {
  std::string_view name;  ///< key in the study file and flag on the command line
  std::string_view unit;  ///< native unit of the member; "1" for a plain number
  double Struct::* member;
  std::string_view help;  ///< what it does and why the default is what it is
};

/// Levenshtein-nearest of the candidates, empty when nothing is near. For "did you mean".
std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

}  // namespace lithoscope::core
