// External triggers: a line of text, then subframe counts as 64-bit integers; and the text of dropped frames.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "formats/refuse.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/recognise.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/tes/side_files.hpp"

namespace lithoscope::tes {
namespace {

constexpr std::size_t longest_line = 4096;

std::string_view first_line(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, longest_line);
  return head.substr(0, head.find('\n'));
}

std::optional<std::int64_t> whole_number(std::string_view word) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

// "nrow=  64)" of older files, "subframeDivisions=  64)" of newer ones.
std::optional<std::int64_t> divisions_of(std::string_view line) {
  for (const std::string_view key : {"subframeDivisions=", "nrow="}) {
    const auto at = line.rfind(key);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = line.substr(at + key.size());
    const auto value = whole_number(core::trimmed(rest.substr(0, rest.find(')'))));
    if (value && *value >= 1 && *value <= 1'000'000) return value;
  }
  return std::nullopt;
}

// later - earlier >= 0, held to what 64 bits carry.
std::int64_t distance(std::int64_t later, std::int64_t earlier) {
  std::int64_t out = 0;
  return __builtin_sub_overflow(later, earlier, &out) ? INT64_MAX : out;
}

}  // namespace

bool is_external_triggers(std::string_view bytes) {
  return bytes.starts_with('#') && first_line(bytes).find("external trigger") != std::string_view::npos;
}

ExternalTriggers read_external_triggers(const io::InputFile& file) {
  const std::string_view bytes = file.bytes();
  const std::string_view line = first_line(bytes);
  ExternalTriggers out{.path = file.path()};
  if (!is_external_triggers(bytes) || line.size() == bytes.size() || line.size() == longest_line)
    refuse({.path = file.path(), .line = 1}, "no line of text before the triggers", "# external trigger ...",
           io::to_utf8(line.substr(0, 60)));
  const auto divisions = divisions_of(line);
  if (!divisions)
    refuse({.path = file.path(), .line = 1}, "the line does not say how a frame is divided",
           "(nrow= N) or (subframeDivisions= N)",
           io::to_utf8(line.substr(line.size() - std::min<std::size_t>(line.size(), 60))));
  out.subframe_divisions = *divisions;
  const std::string_view data = bytes.substr(line.size() + 1);
  constexpr std::size_t width = sizeof(std::int64_t);
  out.subframes.resize(data.size() / width);
  if (!out.subframes.empty()) std::memcpy(out.subframes.data(), data.data(), out.subframes.size() * width);
  out.left_over_bytes = static_cast<std::int64_t>(data.size() % width);
  return out;
}

TriggerDistance distance_to_triggers(const ExternalTriggers& triggers, const std::vector<std::int64_t>& subframes) {
  std::vector<std::int64_t> edges = triggers.subframes;
  if (!std::ranges::is_sorted(edges)) std::ranges::sort(edges);
  TriggerDistance out;
  out.since_last.reserve(subframes.size());
  out.until_next.reserve(subframes.size());
  for (const std::int64_t t : subframes) {
    const auto after = std::ranges::upper_bound(edges, t);
    out.since_last.push_back(after == edges.begin() ? -1 : distance(t, *(after - 1)));
    out.until_next.push_back(after == edges.end() ? -1 : distance(*after, t));
  }
  return out;
}

bool is_dropped_frames(std::string_view bytes) {
  if (!bytes.starts_with('#')) return false;
  const std::string line = core::lower(first_line(bytes));
  return line.find("first framenum") != std::string::npos && line.find("dropped frames") != std::string::npos;
}

DroppedFrames read_dropped_frames(const io::InputFile& file) {
  DroppedFrames out{.path = file.path()};
  std::int64_t number = 0;
  for (const std::string_view whole : io::lines_of(file.bytes())) {
    ++number;
    const std::string_view line = core::trimmed(whole);
    if (line.empty() || line.starts_with('#')) continue;
    const auto words = io::words_of(line, ", \t");
    const auto first = words.size() == 2 ? whole_number(words[0]) : std::nullopt;
    const auto frames = words.size() == 2 ? whole_number(words[1]) : std::nullopt;
    if (!first || !frames || *frames < 0)
      refuse({.path = file.path(), .line = number}, "a line that is no pair of frames",
             "first frame after the drop, number of dropped frames", io::to_utf8(line.substr(0, 60)));
    out.gaps.push_back({*first, *frames});
  }
  return out;
}

}  // namespace lithoscope::tes
