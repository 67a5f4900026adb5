// A folder of a check's own, removed at the end.
#pragma once

#include <fmt/format.h>

#include <unistd.h>
#include <atomic>
#include <filesystem>
#include <string>

namespace lithoscope::validation {

class Scratch {
 public:
  Scratch()
      : path_(std::filesystem::temp_directory_path() /
              fmt::format("lithoscope_validate_{}_{}", static_cast<long>(::getpid()), next())) {
    std::filesystem::create_directories(path_);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  // Several may live at once.
  static int next() {
    static std::atomic<int> count = 0;
    return count++;
  }
  std::filesystem::path path_;
};

}  // namespace lithoscope::validation
