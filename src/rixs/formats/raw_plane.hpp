// A plane as it stands in a file, before anything is known of its axes. Private to the room.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/input_file.hpp"

namespace lithoscope::rixs {

struct RawPlane {
  std::string format;
  std::vector<double> first, second;            // the two axes, ascending
  std::string first_name, second_name;          // as the file has them; empty: no names
  std::vector<double> intensity;                // first x second, row-major
  std::optional<std::vector<double>> variance;  // the same
};

[[noreturn]] inline void refuse(core::Place where, std::string what, std::string expected, std::string found,
                                std::string advice = {}) {
  throw core::UnreadableFile({.what = std::move(what),
                              .where = std::move(where),
                              .expected = std::move(expected),
                              .found = std::move(found),
                              .advice = std::move(advice)});
}

/// Nothing where the text is no plane; throws UnreadableFile where it is a damaged one.
std::optional<RawPlane> text_plane(const io::InputFile& file);
std::optional<RawPlane> hdf5_plane(const io::InputFile& file);

}  // namespace lithoscope::rixs
