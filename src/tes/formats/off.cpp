// Projected pulses: OFF 0.1.0, 0.2.0, 0.3.0 (usnistgov/mass mass/off/off.py, usnistgov/dastard internal/off).
#include "lithoscope/tes/off_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "formats/json_fields.hpp"
#include "formats/refuse.hpp"
#include "lithoscope/tes/pulse_file.hpp"

namespace lithoscope::tes {
namespace {

// Pulse height and phase are coefficients 2 and 1: a model of fewer bases has no pulse.
constexpr std::int64_t least_bases = 3, most_bases = 1000;
constexpr std::int64_t most_samples = 10'000'000;
constexpr std::int64_t most_divisions = 1'000'000;

// The header ends at the first line that is exactly "}"; returns where the data begin, 0 when it does not end.
std::size_t header_size(std::string_view bytes) {
  const auto at = bytes.find("\n}\n");
  return at == std::string_view::npos ? 0 : at + 3;
}

// Base 64 with its padding; empty optional for any other sign.
std::optional<std::string> from_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    std::uint32_t value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<std::uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<std::uint32_t>(c - 'a') + 26;
    } else if (c >= '0' && c <= '9') {
      value = static_cast<std::uint32_t>(c - '0') + 52;
    } else if (c == '+' || c == '/') {
      value = c == '+' ? 62 : 63;
    } else if (c == '=' || c == '\n' || c == '\r') {
      continue;
    } else {
      return std::nullopt;
    }
    bits = (bits << 6 | value) & 0xFFFFFFu;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held & 0xFFu);
    }
  }
  return out;
}

std::vector<double> doubles(std::string_view bytes) {
  std::vector<double> out(bytes.size() / sizeof(double));
  if (!out.empty()) std::memcpy(out.data(), bytes.data(), out.size() * sizeof(double));
  return out;
}

struct Shape {
  std::int64_t rows = 0, columns = 0;
};

Shape shape_of(const JsonFields& model, const char* name) {
  const JsonFields matrix = model.inside(name);
  const auto rows = matrix.integer("Rows", 1, most_samples), columns = matrix.integer("Cols", 1, most_samples);
  if (!rows || !columns) matrix.missing(rows ? "Cols" : "Rows", fmt::format("the size of {}", name).c_str());
  return {*rows, *columns};
}

std::vector<double> embedded_matrix(const JsonFields& model, const char* name, Shape shape) {
  const JsonFields matrix = model.inside(name);
  constexpr const char* key = "RowMajorFloat64ValuesBase64";
  const Json* text = matrix.find(key);
  if (text == nullptr) matrix.missing(key, "the values of a matrix in base 64");
  if (!text->is_string()) matrix.wrong(key, "a text", *text);
  const auto bytes = from_base64(text->get_ref<const std::string&>());
  const std::int64_t wanted = 8 * shape.rows * shape.columns;
  if (!bytes || static_cast<std::int64_t>(bytes->size()) != wanted)
    refuse({.path = matrix.path()}, fmt::format("the values of {} do not fit its size", name),
           fmt::format("{} bytes in base 64", wanted), bytes ? fmt::format("{} bytes", bytes->size()) : "other signs");
  return doubles(*bytes);
}

int version_of(const JsonFields& header) {
  const std::string version = header.text("FileFormatVersion");
  for (const auto& [text, number] : {std::pair{"0.1.", 1}, std::pair{"0.2.", 2}, std::pair{"0.3.", 3}}) {
    if (version.starts_with(text)) return number;
  }
  refuse({.path = header.path()}, "a version of OFF that is not known", "0.1.0, 0.2.0 or 0.3.0",
         version.empty() ? "nothing" : version.substr(0, 60));
}

void read_facts(const JsonFields& header, OffFile& out) {
  out.format = "OFF " + header.text("FileFormatVersion");
  out.channel = channel_of_name(out.path);
  if (out.channel < 0) {
    const auto number = header.integer("ChannelNumberMatchingName", -1, 999'999);
    out.channel = static_cast<int>(number.value_or(-1));
  }
  out.pulse_file = header.text("PulseFile");
  out.source = header.inside("CreationInfo").text("SourceName");
  const auto period = header.number("FramePeriodSeconds");
  if (!period) header.missing("FramePeriodSeconds", "the seconds of a sample");
  if (!(*period > 0 && *period < 1000))
    header.wrong("FramePeriodSeconds", "the seconds of a sample", *header.find("FramePeriodSeconds"));
  out.frame_s = *period;
  const JsonFields readout = header.inside("ReadoutInfo");
  const bool abaco = out.source.find("Abaco") != std::string::npos;
  const auto rows = readout.integer("NumberOfRows", 0, most_divisions);
  const auto row = readout.integer("RowNum", -1, most_divisions);
  const auto divisions = readout.integer("SubframeDivisions", 0, most_divisions);
  const auto offset = readout.integer("SubframeOffset", -most_divisions, most_divisions);
  const bool said = divisions && *divisions > 0;
  out.subframe_divisions = said ? *divisions : abaco ? 64 : std::max<std::int64_t>(1, rows.value_or(1));
  out.subframe_offset = offset ? *offset : abaco ? 0 : std::max<std::int64_t>(0, row.value_or(0));
  if (!said)
    out.remarks.push_back(
        fmt::format("Subframe divisions are not in the header: {} was taken.", out.subframe_divisions));
}

void read_records(std::string_view bytes, int version, OffFile& out) {
  const auto bases = static_cast<std::size_t>(out.bases);
  const std::size_t fixed = version == 3 ? 36 : 32;
  const std::size_t record_bytes = fixed + 4 * bases;
  const std::size_t n = bytes.size() / record_bytes;
  out.left_over_bytes = static_cast<std::int64_t>(bytes.size() % record_bytes);
  out.record_samples.resize(n);
  out.record_presamples.resize(n);
  out.frame.resize(n);
  out.posix_ns.resize(n);
  out.pretrigger_mean.resize(n);
  if (version == 3) out.pretrigger_delta.resize(n);
  out.residual_sigma.resize(n);
  out.coefficients.resize(n * bases);
  for (std::size_t i = 0; i < n; ++i) {
    const char* at = bytes.data() + i * record_bytes;
    const auto take = [&at](auto& value) {
      std::memcpy(&value, at, sizeof(value));  // all our machines are little-endian
      at += sizeof(value);
    };
    take(out.record_samples[i]);
    take(out.record_presamples[i]);
    take(out.frame[i]);
    take(out.posix_ns[i]);
    take(out.pretrigger_mean[i]);
    if (version == 3) take(out.pretrigger_delta[i]);
    take(out.residual_sigma[i]);
    std::memcpy(out.coefficients.data() + i * bases, at, 4 * bases);
  }
}

}  // namespace

bool is_off_file(std::string_view bytes) {
  if (!bytes.starts_with('{')) return false;
  const std::string_view head = bytes.substr(0, 65536);
  constexpr std::string_view key = "\"FileFormat\"";
  const auto at = head.find(key);
  if (at == std::string_view::npos) return false;
  const auto value = head.find_first_not_of(" \t\r\n:", at + key.size());
  return value != std::string_view::npos && head.substr(value).starts_with("\"OFF\"");
}

OffFile read_off_file(const io::InputFile& file) {
  const std::string_view bytes = file.bytes();
  if (!is_off_file(bytes))
    refuse({.path = file.path(), .byte_offset = 0}, "is not a file of projected pulses", "a header with FileFormat OFF",
           io::to_utf8(bytes.substr(0, 40)));
  const std::size_t header_bytes = header_size(bytes);
  if (header_bytes == 0)
    refuse({.path = file.path(), .byte_offset = static_cast<std::int64_t>(bytes.size())}, "the header does not end",
           "a line that is only }", "none");
  const Json whole = parse_json(file.path(), bytes.substr(0, header_bytes));
  const JsonFields header{file.path(), whole};
  const int version = version_of(header);
  OffFile out{.path = file.path()};
  read_facts(header, out);

  const auto bases = header.integer("NumberOfBases", least_bases, most_bases);
  if (!bases) header.missing("NumberOfBases", "how many coefficients a record has");
  const JsonFields model = header.inside("ModelInfo");
  const Shape projectors = shape_of(model, "Projectors"), basis = shape_of(model, "Basis");
  if (projectors.rows != *bases || basis.columns != projectors.rows || basis.rows != projectors.columns) {
    refuse({.path = file.path()}, "the sizes of the model do not fit together",
           fmt::format("projectors of {} rows and a basis of as many columns", *bases),
           fmt::format("{} x {} and {} x {}", projectors.rows, projectors.columns, basis.rows, basis.columns));
  }
  out.bases = *bases;
  out.samples = projectors.columns;

  std::string_view rest = bytes.substr(header_bytes);
  if (version == 1) {
    out.projectors = embedded_matrix(model, "Projectors", projectors);
    out.basis = embedded_matrix(model, "Basis", basis);
  } else {
    const auto matrix_bytes = 8 * static_cast<std::size_t>(out.bases * out.samples);  // at most 8e10
    if (rest.size() / 2 < matrix_bytes) {
      refuse({.path = file.path(), .byte_offset = static_cast<std::int64_t>(header_bytes)},
             "the file ends inside its model", fmt::format("{} bytes of matrices", 2 * matrix_bytes),
             fmt::format("{} bytes", rest.size()));
    }
    out.projectors = doubles(rest.substr(0, matrix_bytes));
    out.basis = doubles(rest.substr(matrix_bytes, matrix_bytes));
    rest.remove_prefix(2 * matrix_bytes);
  }
  read_records(rest, version, out);
  return out;
}

}  // namespace lithoscope::tes
