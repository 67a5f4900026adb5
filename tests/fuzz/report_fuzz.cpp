#include <cstddef>
#include <cstdint>
#include <string>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/report/render.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lithoscope;
  try {
    report::render_html(report::report_from_json({reinterpret_cast<const char*>(data), size}, "fuzz.json"));
  } catch (const core::UnreadableFile&) {
  }
  return 0;
}
