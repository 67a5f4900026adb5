#include "lithoscope/core/log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "lithoscope/core/text.hpp"

namespace lithoscope::core {

bool stderr_wants_colour() { return isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr; }

void Log::add(LogLevel level, std::string_view message, const std::vector<std::pair<std::string, std::string>>& facts) {
  static constexpr const char* names[] = {"info", "warning"};
  const char* name = names[static_cast<int>(level)];
  const auto now = std::chrono::system_clock::now();
  std::string line = fmt::format(R"({{"time":"{:%Y-%m-%dT%H:%M:%S}Z","level":"{}","message":"{}")",
                                 fmt::gmtime(std::chrono::system_clock::to_time_t(now)), name, escaped_string(message));
  for (const auto& [key, value] : facts)
    line += fmt::format(R"(,"{}":"{}")", escaped_string(key), escaped_string(value));
  const std::scoped_lock lock{mutex_};
  lines_ += line + "}\n";
  if (!verbose_) return;
  const bool colour = stderr_wants_colour() && level != LogLevel::info;
  fmt::print(stderr, "{}{}:{} {}\n", colour ? "\033[33m" : "", name, colour ? "\033[0m" : "", message);
}

std::string Log::as_json_lines() const {
  const std::scoped_lock lock{mutex_};
  return lines_;
}

}  // namespace lithoscope::core
