// LJH 2.0 to 2.2.1 and LJH3 (NIST; written by MATTER and DASTARD): an ASCII header, then records, little-endian.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/byte_reader.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/tes/pulse_file.hpp"

namespace lithoscope::tes {
namespace {

using core::lower;
using core::trimmed;

constexpr std::string_view first_line = "#LJH Memorial File Format";
constexpr std::string_view last_line = "#End of Header";
constexpr std::int64_t most_header_lines = 256, most_samples = 10'000'000;
constexpr int old_version = 20, plain_version = 21, counted_version = 22, third_version = 30;
constexpr std::int64_t short_stamp = 6, long_stamp = 16, third_stamp = 24;
constexpr std::int64_t four_point_trigger = 3;  // samples by which older servers understate the presamples

[[noreturn]] void bad(const std::string& path, std::string what, std::string expected, std::string found,
                      std::optional<std::int64_t> line = {}) {
  throw core::UnreadableFile({.what = std::move(what),
                              .where = {.path = path, .line = line},
                              .expected = std::move(expected),
                              .found = std::move(found),
                              .advice = "copy the file again from the acquisition computer"});
}

struct Header {
  std::map<std::string, std::pair<std::string, std::int64_t>> fields;  // lower-case key: first value, its line
  std::int64_t bytes = 0;

  const std::string* find(const std::string& key) const {
    const auto at = fields.find(key);
    return at == fields.end() ? nullptr : &at->second.first;
  }
  const std::string* with_prefix(const std::string& key) const {
    const auto at = fields.lower_bound(key);
    return at == fields.end() || !at->first.starts_with(key) ? nullptr : &at->second.first;
  }
};

Header read_header(const std::string& path, std::string_view bytes) {
  Header out;
  std::size_t at = 0;
  for (std::int64_t line = 1; line <= most_header_lines; ++line) {
    const std::size_t end = bytes.find_first_of("\r\n", at);
    if (end == std::string_view::npos)
      bad(path, "the header has no end", std::string{last_line}, "the end of the file", line);
    const std::string_view text = bytes.substr(at, end - at);
    at = end + 1;
    if (bytes[end] == '\r' && at < bytes.size() && bytes[at] == '\n') ++at;
    if (text.starts_with(last_line)) {
      out.bytes = static_cast<std::int64_t>(at);
      return out;
    }
    const std::size_t colon = text.find(':');
    if (text.starts_with('#') || colon == std::string_view::npos) continue;
    out.fields.try_emplace(lower(trimmed(text.substr(0, colon))), std::string{trimmed(text.substr(colon + 1))}, line);
  }
  bad(path, "the header has no end", fmt::format("{} within {} lines", last_line, most_header_lines), "more lines");
}

double number(const std::string& path, const Header& header, const std::string& key, std::optional<double> otherwise,
              double least, double most) {
  const auto at = header.fields.find(key);
  if (at == header.fields.end()) {
    if (otherwise) return *otherwise;
    bad(path, "the header lacks a key", "\"" + key + ": ...\"", "none");
  }
  const auto value = io::to_number(at->second.first);
  if (!value || !(*value >= least && *value <= most))
    bad(path, "a key of the header makes no sense", fmt::format("{} from {:g} to {:g}", key, least, most),
        at->second.first, at->second.second);
  return *value;
}

std::int64_t whole(const std::string& path, const Header& header, const std::string& key,
                   std::optional<double> otherwise, double least, double most) {
  return static_cast<std::int64_t>(number(path, header, key, otherwise, least, most));
}

void set_subframes(PulseFileFacts& facts, const std::string& path, const Header& header) {
  constexpr double most = 1e6;
  const double rows = number(path, header, "number of rows", 1, 0, most);
  const std::string* row_text = header.with_prefix("row number");
  const double row = row_text == nullptr ? 0 : io::to_number(*row_text).value_or(0);
  const bool abaco = facts.source.find("Abaco") != std::string::npos;
  constexpr double abaco_divisions = 64;
  facts.subframe_divisions =
      whole(path, header, "subframe divisions", abaco ? abaco_divisions : std::max(1.0, rows), 1, most);
  facts.subframe_offset = whole(path, header, "subframe offset", abaco ? 0 : std::clamp(row, 0.0, most), -most, most);
}

int version_of(const std::string& path, const std::string& text) {
  if (text.starts_with("2.0.")) return old_version;
  if (text.starts_with("2.1.")) return plain_version;
  if (text.starts_with("2.2.")) return counted_version;
  bad(path, "an LJH version we do not read", "2.0, 2.1 or 2.2", text);
}

// Frames of 2.0 and 2.1 come from the clock alone.
RecordStamp old_stamp(const PulseFileFacts& facts, std::int64_t since_ns) {
  const auto frame_ns = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::floor(facts.sample_s * 1e9 + 1e-6)));
  const std::int64_t frame = 4 + (since_ns - 1) / frame_ns;
  return {frame * facts.subframe_divisions + facts.subframe_offset,
          std::llround(facts.server_start_s * 1e6) * 1000 + since_ns};
}

}  // namespace

bool is_pulse_file(std::string_view bytes) {
  if (bytes.starts_with(first_line)) return true;
  const std::string_view head = bytes.substr(0, 2000);
  return head.starts_with('{') && head.find("\"LJH3\"") != std::string_view::npos;
}

int channel_of_name(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  const std::size_t at = name.rfind("_chan");
  if (at == std::string::npos) return -1;
  int channel = 0, digits = 0;
  constexpr int most_digits = 6;
  for (std::size_t i = at + 5; i < name.size() && name[i] >= '0' && name[i] <= '9' && digits < most_digits;
       ++i, ++digits)
    channel = 10 * channel + (name[i] - '0');
  return digits > 0 ? channel : -1;
}

PulseFile::PulseFile(io::InputFile file) : file_(std::move(file)) {
  const std::string_view bytes = file_.bytes();
  facts_.path = file_.path();
  facts_.channel = channel_of_name(facts_.path);
  if (!is_pulse_file(bytes))
    bad(facts_.path, "is no LJH file", std::string{first_line}, io::to_utf8(bytes.substr(0, 30)));
  if (bytes.starts_with('{')) {
    read_third(bytes);
    return;
  }
  const Header header = read_header(facts_.path, bytes);
  const std::string& path = facts_.path;
  const std::string* version = header.find("save file format version");
  if (version == nullptr) bad(path, "the header lacks its version", "\"Save File Format Version: 2.2.1\"", "none");
  version_ = version_of(path, *version);
  facts_.format = "LJH " + *version;
  if (const std::string* s = header.find("software version")) facts_.software = *s;
  if (const std::string* s = header.find("data source")) facts_.source = *s;
  constexpr double most_seconds = 4e9;
  facts_.samples = whole(path, header, "total samples", {}, 1, static_cast<double>(most_samples));
  facts_.presamples = whole(path, header, "presamples", {}, 0, static_cast<double>(facts_.samples));
  facts_.sample_s = number(path, header, "timebase", {}, 1e-10, 10);
  facts_.server_start_s = number(path, header, "timestamp offset (s)", 0, 0, most_seconds);
  whole(path, header, "digitized word size in bytes", 2, 2, 2);
  if (facts_.software.find("DASTARD") == std::string::npos && facts_.presamples + four_point_trigger <= facts_.samples)
    facts_.presamples += four_point_trigger;
  set_subframes(facts_, path, header);
  if (facts_.channel < 0) facts_.channel = static_cast<int>(number(path, header, "channel", -1, -1, 1e6));
  facts_.header_bytes = header.bytes;
  facts_.record_bytes = (version_ == counted_version ? long_stamp : short_stamp) + 2 * facts_.samples;
  const auto body = static_cast<std::int64_t>(bytes.size()) - header.bytes;
  records_ = body / facts_.record_bytes;
  facts_.left_over_bytes = body % facts_.record_bytes;
}

void PulseFile::read_third(std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  const std::string& path = facts_.path;
  if (end == std::string_view::npos) bad(path, "the header has no end", "one line of JSON", "no line end");
  try {
    const auto json = nlohmann::json::parse(bytes.substr(0, end));
    facts_.format = "LJH " + json.value("File Format Version", std::string{"3.0.0"});
    facts_.sample_s = json.at("frameperiod").get<double>();
  } catch (const nlohmann::json::exception& error) {
    bad(path, "the header is no LJH3 header", "JSON with \"frameperiod\"", error.what());
  }
  if (!(facts_.sample_s > 1e-10 && facts_.sample_s < 10))
    bad(path, "the frame period makes no sense", "seconds", fmt::format("{}", facts_.sample_s));
  version_ = third_version;
  facts_.header_bytes = static_cast<std::int64_t>(end) + 1;
  const io::ByteReader reader{path, bytes};
  std::int64_t at = facts_.header_bytes;
  while (at + third_stamp <= reader.size()) {
    const auto samples = reader.little_endian<std::int32_t>(at, "record length");
    const auto rise = reader.little_endian<std::int32_t>(at + 4, "first rising sample");
    if (samples < 0 || samples > most_samples || rise < 0 || rise > samples) {
      throw core::UnreadableFile({.what = "a record of impossible length",
                                  .where = {.path = path, .byte_offset = at},
                                  .expected = fmt::format("0 to {} samples", most_samples),
                                  .found = fmt::format("{} samples, rising at {}", samples, rise),
                                  .advice = "the file is damaged from here on"});
    }
    if (at + third_stamp + 2 * static_cast<std::int64_t>(samples) > reader.size()) break;
    offsets_.push_back(at);
    if (samples > facts_.samples) {
      facts_.samples = samples;
      facts_.presamples = rise;
    }
    at += third_stamp + 2 * static_cast<std::int64_t>(samples);
  }
  records_ = static_cast<std::int64_t>(offsets_.size());
  facts_.left_over_bytes = reader.size() - at;
}

std::int64_t PulseFile::offset(std::int64_t record) const {
  return version_ == third_version ? offsets_[static_cast<std::size_t>(record)]
                                   : facts_.header_bytes + record * facts_.record_bytes;
}

namespace {

template <class T>
T loaded(std::string_view bytes, std::int64_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

}  // namespace

std::int64_t PulseFile::length(std::int64_t record) const {
  return version_ == third_version ? loaded<std::int32_t>(file_.bytes(), offset(record)) : facts_.samples;
}

std::int64_t PulseFile::presamples(std::int64_t record) const {
  return version_ == third_version ? loaded<std::int32_t>(file_.bytes(), offset(record) + 4) : facts_.presamples;
}

RecordStamp PulseFile::stamp(std::int64_t record) const {
  const std::string_view bytes = file_.bytes();
  const std::int64_t at = offset(record);
  const auto nanoseconds = [](std::int64_t us) {  // a damaged stamp must not overflow
    constexpr std::int64_t most = INT64_MAX / 1000;
    return 1000 * std::clamp(us, -most, most);
  };
  switch (version_) {
    case third_version:
      return {loaded<std::int64_t>(bytes, at + 8), nanoseconds(loaded<std::int64_t>(bytes, at + 16))};
    case counted_version:
      return {loaded<std::int64_t>(bytes, at), nanoseconds(loaded<std::int64_t>(bytes, at + 8))};
    default:
      break;
  }
  const std::int64_t fine = version_ == plain_version ? 4000 * loaded<std::uint8_t>(bytes, at) : 0;
  return old_stamp(facts_, fine + 1'000'000 * static_cast<std::int64_t>(loaded<std::uint32_t>(bytes, at + 2)));
}

void PulseFile::samples(std::int64_t record, std::span<std::uint16_t> out) const {
  const std::int64_t head = version_ == third_version     ? third_stamp
                            : version_ == counted_version ? long_stamp
                                                          : short_stamp;
  if (!out.empty()) std::memcpy(out.data(), file_.bytes().data() + offset(record) + head, out.size_bytes());
}

}  // namespace lithoscope::tes
