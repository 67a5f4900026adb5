#include <cstddef>
#include <cstdint>
#include <string>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/report/page.hpp"
#include "lithoscope/report/render.hpp"
#include "lithoscope/result/files.hpp"

// A record from somewhere else: read, checked, and drawn when it is sound.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lithoscope;
  try {
    const auto results = result::read_json({reinterpret_cast<const char*>(data), size}, "fuzz.json");
    for (const result::Result& r : results) result::check(r);
    report::render_html(report::page_of(results, {}));
  } catch (const core::UnreadableFile&) {
  } catch (const core::ComputationError&) {
  }
  return 0;
}
