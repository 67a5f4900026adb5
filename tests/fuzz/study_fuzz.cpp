#include <cstddef>
#include <cstdint>
#include <string>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/study/particle_file.hpp"
#include "lithoscope/study/study_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lithoscope;
  try {
    const auto study = study::parse_study({reinterpret_cast<const char*>(data), size}, "fuzz.toml", {});
    study::resolved_study(study);
  } catch (const core::UsageError&) {
  }
  try {
    const auto study = study::parse_particle_study({reinterpret_cast<const char*>(data), size}, "fuzz.toml", {});
    study::resolved_particle_study(study);
  } catch (const core::UsageError&) {
  }
  return 0;
}
