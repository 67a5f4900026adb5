// An input opened read-only: memory-mapped as it is, or inflated when it is gzip.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace lithoscope::io {

class InputFile {
 public:
  /// Throws UnreadableFile when the file is missing, empty, not a regular file, or a damaged gzip stream.
  static InputFile open(const std::string& path);
  /// Bytes that never were a file (tests, fuzzing); `name` stands in for the path in messages.
  static InputFile from_bytes(std::string name, std::string bytes);

  const std::string& path() const { return path_; }
  /// The contents, inflated. Valid as long as this object lives.
  std::string_view bytes() const;
  bool was_compressed() const { return compressed_; }
  /// SHA-256 of the file as it lies on disk, in hex.
  std::string sha256() const;
  /// Of the first and the last MiB alone, for files whose whole hash would cost more than their reduction.
  std::string sha256_of_ends() const;

 private:
  struct Storage;
  InputFile(std::string path, std::shared_ptr<const Storage> storage, bool compressed);
  std::string path_;
  std::shared_ptr<const Storage> storage_;
  bool compressed_ = false;
};

}  // namespace lithoscope::io
