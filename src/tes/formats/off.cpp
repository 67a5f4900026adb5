// OFF 0.1 to 0.3 (DASTARD; mass's ljh2off): a JSON header, a linear model of a pulse, then fixed-size records.
#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/byte_reader.hpp"
#include "lithoscope/tes/off_file.hpp"
#include "lithoscope/tes/pulse_file.hpp"

namespace lithoscope::tes {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t most_samples = 10'000'000, most_bases = 1000;
constexpr std::size_t most_header = 1U << 28U;  // version 0.1 keeps its matrices in the header

[[noreturn]] void bad(const std::string& path, std::string what, std::string expected, std::string found,
                      std::optional<std::int64_t> offset = {}) {
  throw core::UnreadableFile({.what = std::move(what),
                              .where = {.path = path, .byte_offset = offset},
                              .expected = std::move(expected),
                              .found = std::move(found),
                              .advice = "copy the file again, or make it again from the raw pulses"});
}

// The header ends with the first line that is just a brace.
std::size_t header_end(std::string_view bytes) {
  for (const std::string_view mark : {"\n}\n", "\n}\r\n"}) {
    const std::size_t at = bytes.substr(0, most_header).find(mark);
    if (at != std::string_view::npos) return at + mark.size();
  }
  return std::string_view::npos;
}

double number_or(const Json& object, const char* key, double otherwise) {
  const auto at = object.find(key);
  return at == object.end() || !at->is_number() ? otherwise : at->get<double>();
}

std::string text_or(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at == object.end() || !at->is_string() ? std::string{} : at->get<std::string>();
}

std::int64_t whole(const std::string& path, const Json& object, const char* key, std::int64_t least,
                   std::int64_t most) {
  const double value = number_or(object, key, -1);
  if (!(value >= static_cast<double>(least) && value <= static_cast<double>(most)) || value != std::floor(value))
    bad(path, fmt::format("\"{}\" of the header makes no sense", key), fmt::format("{} to {}", least, most),
        object.contains(key) ? object[key].dump().substr(0, 40) : "none");
  return static_cast<std::int64_t>(value);
}

std::vector<double> doubles(std::string_view bytes, std::int64_t count) {
  std::vector<double> out(static_cast<std::size_t>(count));
  std::memcpy(out.data(), bytes.data(), out.size() * sizeof(double));
  return out;
}

std::string from_base64(const std::string& path, const std::string& text) {
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    std::uint32_t value = 0;
    if (c >= 'A' && c <= 'Z')
      value = static_cast<std::uint32_t>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      value = static_cast<std::uint32_t>(c - 'a') + 26;
    else if (c >= '0' && c <= '9')
      value = static_cast<std::uint32_t>(c - '0') + 52;
    else if (c == '+')
      value = 62;
    else if (c == '/')
      value = 63;
    else if (c == '=')
      break;
    else
      bad(path, "a matrix of the header is not base64", "letters, digits, + and /", std::string{1, c});
    bits = bits << 6U | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<char>(bits >> static_cast<unsigned>(held) & 0xFFU));
    }
  }
  return out;
}

std::vector<double> matrix_of(const std::string& path, const Json& model, const char* name, std::int64_t count) {
  const auto at = model.find(name);
  const std::string text =
      at == model.end() || !at->is_object() ? std::string{} : text_or(*at, "RowMajorFloat64ValuesBase64");
  const std::string bytes = from_base64(path, text);
  if (static_cast<std::int64_t>(bytes.size()) != 8 * count)
    bad(path, fmt::format("the matrix \"{}\" has another size than it says", name), fmt::format("{} bytes", 8 * count),
        fmt::format("{}", bytes.size()));
  return doubles(bytes, count);
}

void read_records(OffFile& out, std::string_view bytes, std::int64_t at, bool has_delta) {
  const std::int64_t stride = (has_delta ? 36 : 32) + 4 * out.bases;
  const std::int64_t body = static_cast<std::int64_t>(bytes.size()) - at;
  const std::int64_t n = body / stride;
  out.left_over_bytes = body % stride;
  const auto count = static_cast<std::size_t>(n), bases = static_cast<std::size_t>(out.bases);
  out.record_samples.resize(count);
  out.record_presamples.resize(count);
  out.frame.resize(count);
  out.posix_ns.resize(count);
  out.pretrigger_mean.resize(count);
  if (has_delta) out.pretrigger_delta.resize(count);
  out.residual_sigma.resize(count);
  out.coefficients.resize(count * bases);
  const char* from = bytes.data() + at;
  for (std::size_t i = 0; i < count; ++i, from += stride) {
    const char* p = from;
    const auto take = [&p](auto& value) {
      std::memcpy(&value, p, sizeof(value));
      p += sizeof(value);
    };
    take(out.record_samples[i]);
    take(out.record_presamples[i]);
    take(out.frame[i]);
    take(out.posix_ns[i]);
    take(out.pretrigger_mean[i]);
    if (has_delta) take(out.pretrigger_delta[i]);
    take(out.residual_sigma[i]);
    std::memcpy(out.coefficients.data() + i * bases, p, bases * sizeof(float));
  }
}

}  // namespace

bool is_off_file(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, 4000);
  return head.starts_with('{') && head.find("\"FileFormatVersion\"") != std::string_view::npos &&
         (head.find("\"OFF\"") != std::string_view::npos || head.find("\"NumberOfBases\"") != std::string_view::npos);
}

OffFile read_off_file(const io::InputFile& file) {
  const std::string_view bytes = file.bytes();
  OffFile out{.path = file.path()};
  const std::string& path = out.path;
  const std::size_t end = header_end(bytes);
  if (end == std::string_view::npos) bad(path, "the header has no end", "a line that is just a closing brace", "none");
  Json header;
  try {
    header = Json::parse(bytes.substr(0, end));
  } catch (const Json::exception& error) {
    bad(path, "the header is no JSON", "an OFF header", error.what());
  }
  const auto model = header.find("ModelInfo");
  if (!header.is_object() || text_or(header, "FileFormat") != "OFF" || model == header.end() || !model->is_object())
    bad(path, "is no OFF file", "\"FileFormat\": \"OFF\" and \"ModelInfo\"", "another header");
  const std::string version = text_or(header, "FileFormatVersion");
  const bool first = version == "0.1.0", third = version == "0.3.0";
  if (!first && !third && version != "0.2.0")
    bad(path, "an OFF version we do not read", "0.1.0, 0.2.0 or 0.3.0", version);
  out.format = "OFF " + version;
  out.bases = whole(path, header, "NumberOfBases", 1, most_bases);
  if (out.bases < 3)
    out.remarks.emplace_back("The model has fewer than three coefficients: there is no pulse height in it.");
  out.frame_s = number_or(header, "FramePeriodSeconds", 0);
  if (!(out.frame_s > 1e-10 && out.frame_s < 10))
    bad(path, "the frame period makes no sense", "seconds", fmt::format("{}", out.frame_s));
  const auto projectors = model->find("Projectors");
  if (projectors == model->end() || !projectors->is_object())
    bad(path, "the header has no projectors", "ModelInfo.Projectors", "none");
  if (whole(path, *projectors, "Rows", 1, most_bases) != out.bases)
    bad(path, "projectors and number of bases disagree", fmt::format("{} rows", out.bases),
        (*projectors)["Rows"].dump());
  out.samples = whole(path, *projectors, "Cols", 1, most_samples);
  if (const auto readout = header.find("ReadoutInfo"); readout != header.end() && readout->is_object()) {
    constexpr double most = 1e6;
    const double rows = std::clamp(number_or(*readout, "NumberOfRows", 1), 1.0, most);
    out.subframe_divisions =
        static_cast<std::int64_t>(std::clamp(number_or(*readout, "SubframeDivisions", rows), 1.0, most));
    out.subframe_offset = static_cast<std::int64_t>(
        std::clamp(number_or(*readout, "SubframeOffset", number_or(*readout, "RowNum", 0)), -most, most));
  }
  out.channel = channel_of_name(path);
  if (out.channel < 0)
    out.channel = static_cast<int>(std::clamp(number_or(header, "ChannelNumberMatchingName", -1), -1.0, 1e6));
  if (const auto made = header.find("CreationInfo"); made != header.end() && made->is_object())
    out.source = text_or(*made, "SourceName");
  out.pulse_file = text_or(header, "PulseFile");

  auto at = static_cast<std::int64_t>(end);
  const std::int64_t count = out.bases * out.samples;
  if (first) {
    out.projectors = matrix_of(path, *model, "Projectors", count);
    out.basis = matrix_of(path, *model, "Basis", count);
  } else {
    if (16 * count > static_cast<std::int64_t>(bytes.size()) - at)
      bad(path, "the file ends within its model", fmt::format("{} bytes of projectors and basis", 16 * count),
          fmt::format("{}", static_cast<std::int64_t>(bytes.size()) - at), at);
    out.projectors = doubles(bytes.substr(static_cast<std::size_t>(at)), count);
    out.basis = doubles(bytes.substr(static_cast<std::size_t>(at + 8 * count)), count);
    at += 16 * count;
  }
  read_records(out, bytes, at, third);
  return out;
}

}  // namespace lithoscope::tes
