// Bounded little- and big-endian reads from memory: a read past the end throws with the offset, never crashes.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace lithoscope::io {

class ByteReader {
 public:
  ByteReader(std::string path, std::string_view bytes, std::int64_t base_offset = 0)
      : path_(std::move(path)), bytes_(bytes), base_(base_offset) {}

  std::int64_t size() const { return static_cast<std::int64_t>(bytes_.size()); }
  /// Offset in the file of local position `at`.
  std::int64_t file_offset(std::int64_t at) const { return base_ + at; }
  const std::string& path() const { return path_; }

  /// Throws UnreadableFile naming `what` when fewer than `count` bytes lie at `at`.
  std::string_view view(std::int64_t at, std::int64_t count, const char* what) const;
  ByteReader section(std::int64_t at, std::int64_t count, const char* what) const;

  template <class T>
  T little_endian(std::int64_t at, const char* what) const {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    const std::string_view bytes = view(at, sizeof(T), what);
    std::memcpy(&value, bytes.data(), bytes.size());  // all our machines are little-endian
    return value;
  }
  std::uint16_t big_endian_u16(std::int64_t at, const char* what) const;
  /// Length byte, then that many latin-1 characters; returned as UTF-8.
  std::string pascal_string(std::int64_t at, const char* what) const;

 private:
  std::string path_;
  std::string_view bytes_;
  std::int64_t base_;
};

}  // namespace lithoscope::io
