// Records of spectrometers and thermobalances: any bytes are read or refused.
#include <cstdint>
#include <string>
#include <string_view>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/massspec/record_files.hpp"

using namespace lithoscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const io::InputFile file = io::InputFile::from_bytes("currents.txt", std::string{bytes});
  try {
    (void)massspec::read_ion_record(file);
  } catch (const core::Error&) {
  }
  try {
    (void)massspec::read_balance_record(file, {"h", "mg"});
  } catch (const core::Error&) {
    return 0;
  }
  return 0;
}
