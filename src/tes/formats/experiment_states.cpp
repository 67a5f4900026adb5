// Experiment states: "nanoseconds, label" a line, below a comment (dastard writing_state.go).
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "formats/refuse.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/tes/side_files.hpp"

namespace lithoscope::tes {

std::int64_t ExperimentStates::at(std::int64_t posix_ns) const {
  const auto after = std::ranges::upper_bound(intervals, posix_ns, {}, &StateInterval::start_ns);
  return after - intervals.begin() - 1;
}

ExperimentStates read_experiment_states(const io::InputFile& file) {
  ExperimentStates out{.path = file.path()};
  std::int64_t number = 0;
  for (const std::string_view whole : io::lines_of(file.bytes())) {
    ++number;
    const std::string_view line = core::trimmed(whole);
    const auto bad = [&](const char* what, const char* expected) {
      refuse({.path = file.path(), .line = number}, what, expected, io::to_utf8(line.substr(0, 60)));
    };
    if (number == 1 && !line.starts_with('#'))
      bad("no line of names at the top", "# unix time in nanoseconds, state label");
    if (line.empty() || line.starts_with('#')) continue;
    const auto comma = line.find(',');
    if (comma == std::string_view::npos) bad("a line that is no time and label", "nanoseconds, label");
    const std::string_view word = core::trimmed(line.substr(0, comma));
    std::int64_t time = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), time);
    if (error != std::errc{} || end != word.data() + word.size() || time < 0)
      bad("the time of a state is no whole number", "nanoseconds since 1970");
    const std::string_view label = core::trimmed(line.substr(comma + 1));
    if (label.empty()) bad("a state without a label", "nanoseconds, label");
    if (!out.intervals.empty()) {
      if (time < out.intervals.back().start_ns) bad("the times of the states run backwards", "a later time");
      out.intervals.back().stop_ns = time;
    }
    out.intervals.push_back({io::to_utf8(label), time, std::numeric_limits<std::int64_t>::max()});
  }
  if (out.intervals.empty()) {
    out.remarks.emplace_back("No state is written in this file.");
  } else if (out.intervals.back().label != "STOP" && out.intervals.back().label != "END") {
    out.remarks.push_back(
        fmt::format("The last state is \"{}\", not STOP: it was taken to hold for ever.", out.intervals.back().label));
  }
  return out;
}

bool is_experiment_states(std::string_view bytes) {
  if (!bytes.starts_with('#')) return false;
  const std::string_view head = bytes.substr(0, 256);
  const std::string line = core::lower(head.substr(0, head.find('\n')));
  return line.find("state label") != std::string::npos;
}

}  // namespace lithoscope::tes
