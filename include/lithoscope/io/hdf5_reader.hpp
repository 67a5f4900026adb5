// Reading HDF5 files: names, numbers and texts, nothing of what they mean.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lithoscope/io/input_file.hpp"

namespace lithoscope::io {

/// Numbers of any type as doubles, row-major.
struct Hdf5Numbers {
  std::vector<double> values;
  std::vector<std::int64_t> shape;  ///< empty for a scalar
};

/// A file opened in memory. The members throw UnreadableFile, naming the object, when HDF5 fails or the object is of
/// another kind.
class Hdf5Reader {
 public:
  explicit Hdf5Reader(const InputFile& file);
  ~Hdf5Reader();
  Hdf5Reader(const Hdf5Reader&) = delete;
  Hdf5Reader& operator=(const Hdf5Reader&) = delete;

  /// All groups below and including `group`, by name, depth first; links that lead back are followed once.
  std::vector<std::string> groups(const std::string& group = "/") const;
  /// Names of the datasets directly in a group, by name.
  std::vector<std::string> datasets(const std::string& group) const;
  /// Groups and datasets directly in a group: in the order they were made where the file keeps it, else by name.
  std::vector<std::string> members(const std::string& group) const;
  bool is_group(const std::string& path) const;
  bool is_scalar(const std::string& path) const;
  bool is_whole(const std::string& path) const;  ///< integers
  bool has_dataset(const std::string& path) const;
  bool is_text(const std::string& path) const;
  bool is_numeric(const std::string& path) const;
  Hdf5Numbers numbers(const std::string& path) const;
  /// Whole numbers, exact where a double is not: clock times in nanoseconds.
  std::vector<std::int64_t> integers(const std::string& path) const;
  /// A text dataset, the first of several.
  std::string text(const std::string& path) const;
  /// All of a list of texts.
  std::vector<std::string> texts(const std::string& path) const;
  /// Every attribute that is text, with all its values.
  std::vector<std::pair<std::string, std::vector<std::string>>> text_attributes(const std::string& object_path) const;
  /// A text or number attribute as text; empty when there is none.
  std::string attribute(const std::string& object_path, const std::string& name) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lithoscope::io
