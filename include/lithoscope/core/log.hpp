// What happened and when. Wall-clock facts live here and nowhere else (log.jsonl of a run).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lithoscope::core {

enum class LogLevel { info, warning, error };

class Log {
 public:
  /// Also prints warnings and errors (and, when verbose, info) on stderr.
  explicit Log(bool verbose = false) : verbose_(verbose) {}
  void add(LogLevel level, std::string_view message,
           const std::vector<std::pair<std::string, std::string>>& facts = {});
  std::string as_json_lines() const;

 private:
  bool verbose_;
  std::string lines_;
};

/// Text with JSON's escapes, without the quotes.
std::string json_escaped(std::string_view text);

/// Plain text with ANSI emphasis when the stream is a terminal and NO_COLOR is not set.
bool stderr_wants_colour();

}  // namespace lithoscope::core
