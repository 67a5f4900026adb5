// Runs a program with its output captured and its time, memory and output bounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lithoscope::io {

struct ChildLimits {
  int seconds = 60;                           ///< wall clock and CPU
  std::int64_t memory_bytes = 1'000'000'000;  ///< address space
  std::int64_t output_bytes = 4'000'000'000;
};

struct ChildResult {
  std::string output;
  std::string failure;  ///< empty when the program ended by itself with status 0; else why it did not, in words
};

/// `input` is offered to the program as a read-only file whose path replaces each argument equal to "{input}".
/// Never throws for what the program does; throws OutputError when it cannot be started at all.
ChildResult run_child(const std::vector<std::string>& arguments, std::string_view input, const ChildLimits& limits);

}  // namespace lithoscope::io
