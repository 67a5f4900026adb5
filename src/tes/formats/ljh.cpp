// Pulse records: LJH 2.0.0 to 2.2.1 (usnistgov/mass2 docs/LJHfiles.md, usnistgov/dastard internal/ljh) and LJH3.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

#include "formats/json_fields.hpp"
#include "formats/refuse.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/tes/pulse_file.hpp"
#include "lithoscope/tes/scan_log.hpp"

namespace lithoscope::tes {
namespace {

using core::lower;
using core::trimmed;

constexpr std::string_view first_words = "#LJH Memorial File Format";
constexpr std::int64_t most_samples = 10'000'000;
constexpr std::int64_t most_divisions = 1'000'000;
constexpr std::size_t most_header_bytes = 65536;

template <class T>
T little_endian(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));  // all our machines are little-endian
  return value;
}

// Damaged records may hold any number: products stay at the end of the range.
std::int64_t product(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  if (!__builtin_mul_overflow(a, b, &out)) return out;
  return (a < 0) == (b < 0) ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
}

std::int64_t sum(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  if (!__builtin_add_overflow(a, b, &out)) return out;
  return a < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

// "Key: value" lines until "#End of Header". Keys may come again (Dummy, Description): the first one counts.
struct Header {
  struct Entry {
    std::string key;  // lower case: the writers spell them in three ways
    std::string_view value;
    std::int64_t line = 0;
  };
  std::string path;
  std::vector<Entry> entries;
  std::int64_t bytes = 0;

  Header(std::string path_, std::string_view file) : path(std::move(path_)) {
    const std::string_view head = file.substr(0, most_header_bytes);
    // Files whose lines end in CR alone; elsewhere a CR is a blank before the LF.
    const auto first_end = head.find_first_of("\r\n");
    const bool only_cr =
        first_end != std::string_view::npos && head[first_end] == '\r' && head.substr(first_end + 1, 1) != "\n";
    const char line_end = only_cr ? '\r' : '\n';
    constexpr std::int64_t most_lines = 256;
    std::size_t at = 0;
    for (std::int64_t number = 1; number <= most_lines && at < head.size(); ++number) {
      const auto stop = std::min(head.find(line_end, at), head.size());
      const std::string_view line = trimmed(head.substr(at, stop - at));
      at = std::min(stop + 1, head.size());
      if (line.starts_with("#End of Header")) {
        bytes = static_cast<std::int64_t>(at);
        return;
      }
      const auto colon = line.find(':');
      if (line.starts_with('#') || colon == std::string_view::npos) continue;
      entries.push_back({lower(trimmed(line.substr(0, colon))), trimmed(line.substr(colon + 1)), number});
    }
    refuse({.path = path, .byte_offset = static_cast<std::int64_t>(at)}, "the header does not end",
           fmt::format("#End of Header within {} lines", most_lines), "none");
  }

  /// By the whole key, or by its beginning where writers complete it differently.
  const Entry* find(std::string_view key) const {
    const auto found = std::ranges::find(entries, key, &Entry::key);
    return found == entries.end() ? nullptr : &*found;
  }
  const Entry* find_prefix(std::string_view key) const {
    const auto found = std::ranges::find_if(entries, [&](const Entry& e) { return e.key.starts_with(key); });
    return found == entries.end() ? nullptr : &*found;
  }

  std::string text(std::string_view key) const {
    const Entry* entry = find(key);
    return entry == nullptr ? std::string{} : io::to_utf8(entry->value);
  }

  [[noreturn]] void wrong(const Entry& entry, const std::string& expected) const {
    refuse({.path = path, .line = entry.line}, fmt::format("\"{}\" makes no sense", io::to_utf8(entry.key)), expected,
           io::to_utf8(entry.value.substr(0, 60)));
  }
  [[noreturn]] void missing(const char* key) const {
    refuse({.path = path}, fmt::format("the header has no \"{}\"", key), fmt::format("{}: value", key), "nothing");
  }

  std::optional<std::int64_t> integer(const Entry* entry, std::int64_t low, std::int64_t high) const {
    if (entry == nullptr) return std::nullopt;
    const auto x = io::to_number(entry->value);
    if (!x || std::floor(*x) != *x || *x < static_cast<double>(low) || *x > static_cast<double>(high))
      wrong(*entry, fmt::format("a whole number from {} to {}", low, high));
    return static_cast<std::int64_t>(*x);
  }
  std::int64_t needed_integer(const char* key, std::int64_t low, std::int64_t high) const {
    const auto value = integer(find(lower(key)), low, high);
    if (!value) missing(key);
    return *value;
  }
  double needed_number(const char* key) const {
    const Entry* entry = find(lower(key));
    if (entry == nullptr) missing(key);
    const auto x = io::to_number(entry->value);
    if (!x) wrong(*entry, "a number");
    return *x;
  }
};

int version_of(const Header& header) {
  const Header::Entry* entry = header.find("save file format version");
  if (entry == nullptr) header.missing("Save File Format Version");
  for (const auto& [text, version] : {std::pair{"2.0.", 20}, std::pair{"2.1.", 21}, std::pair{"2.2.", 22}}) {
    if (entry->value.starts_with(text)) return version;
  }
  header.wrong(*entry, "2.0.0 to 2.2.1");
}

// Channels: "5" as well as "1.0".
int channel_in(const Header& header) {
  const Header::Entry* entry = header.find("channel");
  const auto x = entry == nullptr ? std::nullopt : io::to_number(entry->value);
  return x && *x >= 0 && *x < 1e6 ? static_cast<int>(*x) : -1;
}

void read_subframes(const Header& header, PulseFileFacts& facts) {
  const bool abaco = facts.source.find("Abaco") != std::string::npos;
  const auto rows = header.integer(header.find("number of rows"), 0, most_divisions);
  const auto row = header.integer(header.find_prefix("row number"), 0, most_divisions);
  const auto divisions = header.integer(header.find("subframe divisions"), 1, most_divisions);
  const auto offset = header.integer(header.find("subframe offset"), -most_divisions, most_divisions);
  facts.subframe_divisions = divisions ? *divisions : abaco ? 64 : std::max<std::int64_t>(1, rows.value_or(1));
  facts.subframe_offset = offset ? *offset : abaco ? 0 : row.value_or(0);
  if (divisions) return;
  facts.remarks.push_back(
      abaco ? "Subframe divisions are not in the header: 64, as for every Abaco source."
      : rows
          ? fmt::format("Subframe divisions are not in the header: {}, the number of rows.", facts.subframe_divisions)
          : "Neither subframe divisions nor rows are in the header: subframes were taken to be whole samples.");
}

void read_presamples(const Header& header, PulseFileFacts& facts) {
  facts.presamples = header.needed_integer("Presamples", 0, facts.samples);
  if (facts.software.find("DASTARD") != std::string::npos) return;
  // The trigger of the older servers looks at four samples and counts from the first of them.
  constexpr std::int64_t trigger_lag = 3;
  facts.presamples = std::min(facts.presamples + trigger_lag, facts.samples);
  facts.remarks.push_back(fmt::format("The header was not written by DASTARD: presamples are {}, {} more than it says.",
                                      facts.presamples, trigger_lag));
}

PulseFileFacts read_header(const Header& header, int version) {
  PulseFileFacts facts{.path = header.path, .format = "LJH " + header.text("save file format version")};
  facts.software = header.text("software version");
  facts.source = header.text("data source");
  facts.channel = channel_of_name(header.path);
  if (facts.channel < 0) facts.channel = channel_in(header);
  facts.samples = header.needed_integer("Total Samples", 1, most_samples);
  read_presamples(header, facts);
  facts.sample_s = header.needed_number("Timebase");
  // What times of version 2.1 are counted in: whole nanoseconds a sample.
  const double least_s = version < 22 ? 0.5e-9 : 0;
  if (!(facts.sample_s > least_s && facts.sample_s < 1000))
    header.wrong(*header.find("timebase"), "the seconds of a sample");
  if (const auto width = header.integer(header.find("digitized word size in bytes"), 0, 64); width && *width != 2)
    header.wrong(*header.find("digitized word size in bytes"), "2");
  if (version < 22 || header.find("timestamp offset (s)") != nullptr) {
    facts.server_start_s = header.needed_number("Timestamp offset (s)");
    if (!(facts.server_start_s >= 0 && facts.server_start_s < 9e9))
      header.wrong(*header.find("timestamp offset (s)"), "seconds since 1970");
  }
  if (const auto decimated = header.find("number of samples per point");
      decimated != nullptr && io::to_number(decimated->value).value_or(1) != 1) {
    facts.remarks.push_back(fmt::format("Every sample is the mean of {}; the timebase is taken to be theirs together.",
                                        io::to_utf8(decimated->value)));
  }
  for (const char* key : {"presamples", "total samples", "timebase", "save file format version"}) {
    if (std::ranges::count(header.entries, key, &Header::Entry::key) > 1)
      facts.remarks.push_back(fmt::format("\"{}\" stands in the header more than once; the first counts.", key));
  }
  read_subframes(header, facts);
  facts.header_bytes = header.bytes;
  facts.record_bytes = (version == 22 ? 16 : 6) + 2 * facts.samples;
  return facts;
}

// Where the JSON object at the start of the bytes ends; 0 when it does not.
std::size_t object_end(std::string_view bytes) {
  bool quoted = false;
  std::int64_t depth = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return i + 1;
    }
  }
  return 0;
}

constexpr std::int64_t ljh3_record_header = 24;

PulseFileFacts read_ljh3_header(const std::string& path, std::string_view bytes) {
  const std::string_view head = bytes.substr(0, most_header_bytes);
  std::size_t end = object_end(head);
  if (end == 0) refuse({.path = path, .byte_offset = 0}, "the header does not end", "one JSON object", "none");
  const Json whole = parse_json(path, head.substr(0, end));
  const JsonFields header{path, whole};
  PulseFileFacts facts{.path = path, .channel = channel_of_name(path)};
  const std::string version = header.text("File Format Version");
  facts.format = version.empty() ? "LJH3" : "LJH " + version;
  if (!version.empty() && !version.starts_with("3."))
    header.wrong("File Format Version", "3.0.0", *header.find("File Format Version"));
  const auto period = header.number("frameperiod");
  if (!period) header.missing("frameperiod", "the seconds of a sample");
  if (!(*period > 0 && *period < 1000))
    header.wrong("frameperiod", "the seconds of a sample", *header.find("frameperiod"));
  facts.sample_s = *period;
  if (bytes.substr(end, 1) == "\r") ++end;
  if (bytes.substr(end, 1) == "\n") ++end;
  facts.header_bytes = static_cast<std::int64_t>(end);
  return facts;
}

}  // namespace

int channel_of_name(const std::string& path) {
  const auto slash = path.find_last_of('/');
  const std::string name = lower(std::string_view{path}.substr(slash == std::string::npos ? 0 : slash + 1));
  const auto at = name.rfind("chan");
  if (at == std::string::npos || (at > 0 && name[at - 1] != '_' && name[at - 1] != '-' && name[at - 1] != '.'))
    return -1;
  std::string_view digits = std::string_view{name}.substr(at + 4);
  digits = digits.substr(0, digits.find_first_not_of("0123456789"));
  if (digits.empty() || digits.size() > 6) return -1;
  int channel = 0;
  for (const char c : digits) channel = 10 * channel + (c - '0');
  return channel;
}

bool is_pulse_file(std::string_view bytes) {
  if (bytes.starts_with(first_words)) return true;
  return bytes.starts_with('{') && bytes.substr(0, 4096).find("\"LJH3\"") != std::string_view::npos;
}

PulseFile::PulseFile(io::InputFile file) : file_(std::move(file)) {
  const std::string_view bytes = file_.bytes();
  if (!is_pulse_file(bytes))
    refuse({.path = file_.path(), .byte_offset = 0}, "is not a file of pulses", std::string{first_words},
           io::to_utf8(bytes.substr(0, 40)));
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (bytes.starts_with(first_words)) {
    const Header header{file_.path(), bytes};
    version_ = version_of(header);
    facts_ = read_header(header, version_);
    records_ = (size - facts_.header_bytes) / facts_.record_bytes;
    facts_.left_over_bytes = (size - facts_.header_bytes) % facts_.record_bytes;
    return;
  }
  version_ = 30;
  facts_ = read_ljh3_header(file_.path(), bytes);
  std::int64_t at = facts_.header_bytes;
  std::int64_t first_length = 0;
  bool same = true;
  while (size - at >= ljh3_record_header) {
    const char* record = bytes.data() + at;
    const std::int64_t length = little_endian<std::int32_t>(record);
    const std::int64_t before = little_endian<std::int32_t>(record + 4);
    if (length < 1 || length > most_samples || before < 0 || before > length) {
      refuse({.path = file_.path(), .byte_offset = at}, "a record whose lengths make no sense",
             fmt::format("1 to {} samples, the first rising one among them", most_samples),
             fmt::format("{} samples, the first rising one {}", length, before));
    }
    if (size - at - ljh3_record_header < 2 * length) break;
    if (offsets_.empty()) {
      first_length = length;
      facts_.presamples = before;
    }
    same = same && length == first_length;
    facts_.samples = std::max(facts_.samples, length);
    offsets_.push_back(at);
    at += ljh3_record_header + 2 * length;
  }
  records_ = static_cast<std::int64_t>(offsets_.size());
  facts_.left_over_bytes = size - at;
  if (!same) facts_.remarks.emplace_back("Records differ in length; presamples are those of the first.");
  if (same && records_ > 0) facts_.record_bytes = ljh3_record_header + 2 * first_length;
}

const char* PulseFile::at(std::int64_t record) const {
  if (record < 0 || record >= records_)
    throw std::out_of_range(fmt::format("record {} of {}, which holds {}", record, facts_.path, records_));
  const std::int64_t offset =
      version_ == 30 ? offsets_[static_cast<std::size_t>(record)] : facts_.header_bytes + record * facts_.record_bytes;
  return file_.bytes().data() + offset;
}

std::int64_t PulseFile::length(std::int64_t record) const {
  return version_ == 30 ? little_endian<std::int32_t>(at(record)) : facts_.samples;
}

std::int64_t PulseFile::presamples(std::int64_t record) const {
  return version_ == 30 ? little_endian<std::int32_t>(at(record) + 4) : facts_.presamples;
}

RecordStamp PulseFile::stamp(std::int64_t record) const {
  const char* bytes = at(record);
  if (version_ == 30)
    return {little_endian<std::int64_t>(bytes + 8), product(1000, little_endian<std::int64_t>(bytes + 16))};
  if (version_ == 22)
    return {little_endian<std::int64_t>(bytes), product(1000, little_endian<std::int64_t>(bytes + 8))};
  // Milliseconds and, since 2.1, the steps of 4 us beyond them, since the server's start.
  const std::int64_t steps = version_ == 21 ? little_endian<std::uint8_t>(bytes) : 0;
  const std::int64_t t_ns = 4000 * steps + 1'000'000 * std::int64_t{little_endian<std::uint32_t>(bytes + 2)};
  const std::int64_t sample_ns = std::llround(facts_.sample_s * 1e9);
  // The server wrote the end of the four samples its trigger looks at; the frame follows exactly, t = 0 apart.
  const std::int64_t frame = t_ns == 0 ? 3 : 4 + (t_ns - 1) / sample_ns;
  return {sum(product(frame, facts_.subframe_divisions), facts_.subframe_offset),
          nanoseconds(facts_.server_start_s) + t_ns};
}

void PulseFile::samples(std::int64_t record, std::span<std::uint16_t> out) const {
  const char* bytes = at(record);
  const auto count = static_cast<std::size_t>(length(record));
  if (out.size() != count)
    throw std::invalid_argument(fmt::format("room for {} samples of a record that has {}", out.size(), count));
  const std::int64_t stamp_bytes = version_ == 30 ? ljh3_record_header : version_ == 22 ? 16 : 6;
  std::memcpy(out.data(), bytes + stamp_bytes, 2 * count);
}

}  // namespace lithoscope::tes
