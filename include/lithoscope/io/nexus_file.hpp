// Writing NeXus (HDF5) files: groups with a class, datasets with units. The same input gives the same bytes; members of
// a group keep the order they were made in.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lithoscope::io {

class NexusWriter {
 public:
  /// The file is built in memory, so that a full disk is met where all files are written. Every member throws
  /// OutputError when HDF5 fails.
  NexusWriter();
  ~NexusWriter();
  NexusWriter(const NexusWriter&) = delete;
  NexusWriter& operator=(const NexusWriter&) = delete;

  void group(const std::string& path, std::string_view nx_class);
  void numbers(const std::string& path, std::span<const double> values, std::string_view units);
  /// Row-major, `rows` of equal length.
  void table(const std::string& path, std::span<const double> values, std::size_t rows, std::string_view units);
  void integers(const std::string& path, std::span<const std::int64_t> values);
  void integer(const std::string& path, std::int64_t value);
  void number(const std::string& path, double value, std::string_view units);
  void text(const std::string& path, std::string_view value);
  void texts(const std::string& path, std::span<const std::string> values);
  void attribute(const std::string& object_path, std::string_view name, std::string_view value);
  void attribute(const std::string& object_path, std::string_view name, std::span<const std::string> values);
  /// The finished file. Nothing can be added afterwards.
  std::string finish();

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

}  // namespace lithoscope::io
