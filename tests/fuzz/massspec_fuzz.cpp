// Records of spectrometers and thermobalances: any bytes are read or refused.
#include <cstdint>
#include <string>
#include <string_view>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/massspec/record_files.hpp"

using namespace lithoscope;

namespace {

void try_reading(const io::InputFile& file) {
  try {
    (void)massspec::read_ion_record(file);
  } catch (const core::Error&) {
  }
  (void)massspec::read_balance_record(file, {"h", "mg"});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    try_reading(io::InputFile::from_bytes("currents.txt", std::string{bytes}));
  } catch (const core::Error&) {
    return 0;
  }
  return 0;
}
