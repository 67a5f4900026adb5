// Progress nobody looks at.
#pragma once

#include "lithoscope/core/progress.hpp"

namespace lithoscope::validation {

struct Quiet : core::Progress {
  void start(const std::string& /*what*/, std::int64_t /*total*/) override {}
  void advance(std::int64_t /*done*/) override {}
  void finish() override {}
};

}  // namespace lithoscope::validation
