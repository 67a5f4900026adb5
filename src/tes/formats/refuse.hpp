// How the readers of this room turn a file down.
#pragma once

#include <string>
#include <utility>

#include "lithoscope/core/errors.hpp"

namespace lithoscope::tes {

[[noreturn]] inline void refuse(core::Place where, std::string what, std::string expected, std::string found) {
  throw core::UnreadableFile({.what = std::move(what),
                              .where = std::move(where),
                              .expected = std::move(expected),
                              .found = std::move(found),
                              .advice = "copy the file again from the acquisition computer, or mend that place"});
}

}  // namespace lithoscope::tes
