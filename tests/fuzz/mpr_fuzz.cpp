#include <cstddef>
#include <cstdint>
#include <string>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/echem/cycler_files.hpp"

// A reader of bytes returns a table or throws UnreadableFile; anything else is a fault.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lithoscope;
  // The magic is given, so that no run is lost on finding it.
  std::string bytes = "BIO-LOGIC MODULAR FILE\x1a";
  if (size > bytes.size()) bytes.append(reinterpret_cast<const char*>(data) + bytes.size(), size - bytes.size());
  try {
    echem::read_cycler_file(io::InputFile::from_bytes("fuzz.mpr", bytes));
  } catch (const core::UnreadableFile&) {
  }
  return 0;
}
