#include "lithoscope/io/byte_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::io {

std::string_view ByteReader::view(std::int64_t at, std::int64_t count, const char* what) const {
  if (at < 0 || count < 0 || at > size() || count > size() - at) {
    throw core::UnreadableFile(
        {.what = fmt::format("the file ends inside {}", what),
         .where = {.path = path_, .byte_offset = file_offset(std::clamp<std::int64_t>(at, 0, size()))},
         .expected = fmt::format("{} bytes from here", count),
         .found = fmt::format("{} bytes", at <= size() && at >= 0 ? size() - at : 0),
         .advice = "the file is cut short or damaged: copy it again from the instrument"});
  }
  return bytes_.substr(static_cast<std::size_t>(at), static_cast<std::size_t>(count));
}

ByteReader ByteReader::section(std::int64_t at, std::int64_t count, const char* what) const {
  return {path_, view(at, count, what), file_offset(at)};
}

std::uint16_t ByteReader::big_endian_u16(std::int64_t at, const char* what) const {
  const std::string_view two = view(at, 2, what);
  return static_cast<std::uint16_t>(static_cast<unsigned char>(two[0]) << 8 | static_cast<unsigned char>(two[1]));
}

std::string ByteReader::pascal_string(std::int64_t at, const char* what) const {
  const auto length = little_endian<std::uint8_t>(at, what);
  return to_utf8(view(at + 1, length, what));
}

}  // namespace lithoscope::io
