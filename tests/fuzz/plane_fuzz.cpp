#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/rixs/plane_file.hpp"

// Maps made elsewhere, of text: HDF5 is the library's own to read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lithoscope;
  const std::string bytes{reinterpret_cast<const char*>(data), size};
  if (bytes.starts_with("\x89HDF")) return 0;
  std::optional<io::InputFile> file;
  try {  // opening, too: bytes that begin like gzip are inflated
    file = io::InputFile::from_bytes("fuzz", bytes);
  } catch (const core::UnreadableFile&) {
    return 0;
  }
  (void)rixs::is_plane(*file);  // a question, never a refusal
  try {
    const rixs::Plane plane = rixs::read_plane(*file, {.photons_per_unit = 2});
    (void)plane.map.total();
  } catch (const core::UnreadableFile&) {
  }
  return 0;
}
