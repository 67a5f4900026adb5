#include <cstddef>
#include <cstdint>
#include <string>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/programme/programme_file.hpp"
#include "lithoscope/study/study_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lithoscope;
  try {
    study::parse_study({reinterpret_cast<const char*>(data), size}, "fuzz.toml", {}, study::registry());
  } catch (const core::UsageError&) {
  }
  try {
    const auto file = programme::parse_programme_file({reinterpret_cast<const char*>(data), size}, "fuzz.toml", {});
    programme::resolved_text(file);
  } catch (const core::UsageError&) {
  }
  return 0;
}
