// Headers that name the columns elsewhere than in the last line above the table, each in its beamline's own way.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lithoscope::xas {

inline constexpr std::string_view comment_signs = "#%;!*/";
/// Without blanks and comment signs at its beginning.
std::string_view without_sign(std::string_view line);

/// One name a column, as APS (XSD, 12BM), CLS (HXMA) and DESY (.fio) give them; none where the header is of another
/// kind.
std::vector<std::string> header_names(const std::vector<std::string_view>& header, std::size_t columns);

}  // namespace lithoscope::xas
