// litho synthesize --run DIR: the files of a microcalorimeter run of a known emission.
#pragma once

#include <string>
#include <vector>

#include "command_line.hpp"

namespace litho {

struct ArrayOptions {
  std::string run;  ///< folder to write; empty: no such run is asked for
  std::string incident = "526..538:0.2", dwell = "1.2 s", rate = "20", elastic = "0.02", calibration = "120 s",
              kind = "off";
  std::vector<std::string> emission;
  int pixels = 240, passes = 1;
};

void add_array_options(Command& command, ArrayOptions& options);
lithoscope::core::ExitCode write_array_run(const ArrayOptions& options, int seed, bool force);

}  // namespace litho
