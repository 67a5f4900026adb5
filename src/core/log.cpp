#include "lithoscope/core/log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

namespace lithoscope::core {

std::string json_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
          out += c;
        }
    }
  }
  return out;
}

bool stderr_wants_colour() { return isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr; }

void Log::add(LogLevel level, std::string_view message, const std::vector<std::pair<std::string, std::string>>& facts) {
  static constexpr const char* names[] = {"info", "warning", "error"};
  const char* name = names[static_cast<int>(level)];
  const auto now = std::chrono::system_clock::now();
  std::string line = fmt::format(R"({{"time":"{:%Y-%m-%dT%H:%M:%S}Z","level":"{}","message":"{}")",
                                 fmt::gmtime(std::chrono::system_clock::to_time_t(now)), name, json_escaped(message));
  for (const auto& [key, value] : facts) line += fmt::format(R"(,"{}":"{}")", json_escaped(key), json_escaped(value));
  lines_ += line + "}\n";
  if (level == LogLevel::info && !verbose_) return;
  const bool colour = stderr_wants_colour() && level != LogLevel::info;
  fmt::print(stderr, "{}{}:{} {}\n", colour ? "\033[33m" : "", name, colour ? "\033[0m" : "", message);
}

std::string Log::as_json_lines() const { return lines_; }

}  // namespace lithoscope::core
