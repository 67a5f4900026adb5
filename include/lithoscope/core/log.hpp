// What happened and when. Wall-clock facts live here and nowhere else (log.jsonl of a run).
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lithoscope::core {

enum class LogLevel { info, warning };

class Log {
 public:
  /// When verbose, every line is also printed on stderr as it comes.
  explicit Log(bool verbose = false) : verbose_(verbose) {}
  void add(LogLevel level, std::string_view message,
           const std::vector<std::pair<std::string, std::string>>& facts = {});
  std::string as_json_lines() const;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

 private:
  mutable std::mutex mutex_;  ///< steps run side by side
  bool verbose_;
  std::string lines_;
};

/// Plain text with ANSI emphasis when the stream is a terminal and NO_COLOR is not set.
bool stderr_wants_colour();

}  // namespace lithoscope::core
