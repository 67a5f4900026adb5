// Tables of digitised numbers: any bytes are read or refused.
#include <cstdint>
#include <string>
#include <string_view>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/digitised/digitised_table.hpp"

using namespace lithoscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const io::InputFile file = io::InputFile::from_bytes("figure.csv", std::string{bytes});
    (void)digitised::read_digitised(file, "charged");
  } catch (const core::Error&) {
    return 0;
  }
  return 0;
}
