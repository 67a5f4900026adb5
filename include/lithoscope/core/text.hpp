// Small pieces of text work that every room needs once.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace lithoscope::core {

/// Without blanks, tabs and line ends at both sides.
std::string_view trimmed(std::string_view text);

/// ASCII letters in lower case.
std::string lower(std::string_view text);

/// Levenshtein-nearest of the candidates, empty when nothing is near. For "did you mean".
std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

/// Text between the quotes of a JSON string or a TOML basic string: the escapes of both are the same.
std::string escaped_string(std::string_view text);

}  // namespace lithoscope::core
