// Balzers (Pfeiffer) Quadstar .sac, little-endian: scans over the masses, one block a time step.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "formats/format.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/byte_reader.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::massspec {
namespace {

constexpr const char* format_name = "Quadstar scan (.sac)";

// Offsets in the file.
constexpr std::int64_t steps_at = 0x64, traces_at = 0x68, step_bytes_at = 0x6a, start_at = 0xc2, first_trace_at = 0xc8,
                       trace_bytes = 9;
constexpr std::uint8_t scan_mark = 0x11;
// In a trace's info block.
constexpr std::int64_t unit_at = 0x0f, unit_length = 14, first_mass_at = 0x7a, width_at = 0x7e, per_mass_at = 0x80;
// About where a trace's data of a time step begin: whole seconds since the start, then tenths of a millisecond; behind
// it the number of values and the scale of the detector.
constexpr std::int64_t seconds_before = 6, fraction_before = 2, values_after = 6;
constexpr double s_per_fraction = 1e-4;

struct Head {
  std::int64_t steps, traces, step_bytes;
};

Head head_of(const io::ByteReader& r) {
  return {r.little_endian<std::int32_t>(steps_at, "the number of time steps"),
          r.little_endian<std::uint16_t>(traces_at, "the number of traces"),
          r.little_endian<std::int32_t>(step_bytes_at, "the length of a time step")};
}

// No signature: small numbers in their places, and a trace of scans that fits the file.
bool recognises(std::string_view bytes) {
  constexpr std::int64_t smallest = 0x200, most_traces = 64, most_steps = 10'000'000;
  const io::ByteReader r{"", bytes};
  if (r.size() < smallest) return false;
  const Head head = head_of(r);
  if (head.steps < 1 || head.steps > most_steps || head.traces < 1 || head.traces > most_traces || head.step_bytes < 8)
    return false;
  if (head.steps * head.step_bytes > r.size()) return false;
  for (std::int64_t t = 0; t < head.traces; ++t) {
    const std::int64_t at = first_trace_at + t * trace_bytes;
    if (at + trace_bytes > r.size()) return false;
    if (r.little_endian<std::uint8_t>(at, "a trace") != scan_mark) continue;
    const std::int64_t info = r.little_endian<std::int32_t>(at + 1, "a trace"),
                       data = r.little_endian<std::int32_t>(at + 5, "a trace");
    return info > 0 && data > info && data < r.size();
  }
  return false;
}

std::string text_at(const io::ByteReader& r, std::int64_t at, std::int64_t length, const char* what) {
  const std::string_view bytes = r.view(at, length, what);
  return io::to_utf8(bytes.substr(0, bytes.find('\0')));
}

std::optional<MassScan> scan_at(const io::ByteReader& r, const Head& head, std::int64_t trace, std::int64_t step) {
  const std::int64_t at = first_trace_at + trace * trace_bytes;
  if (r.little_endian<std::uint8_t>(at, "a trace's kind") != scan_mark) return std::nullopt;
  const std::int64_t info = r.little_endian<std::int32_t>(at + 1, "a trace's description"),
                     data = r.little_endian<std::int32_t>(at + 5, "a trace's values");
  const double first = r.little_endian<float>(info + first_mass_at, "the first mass");
  const std::int64_t width = r.little_endian<std::uint16_t>(info + width_at, "the range of masses"),
                     per_mass = r.little_endian<std::uint8_t>(info + per_mass_at, "the values a mass");
  constexpr double most_mass = 4096;
  if (!(first >= 0 && first < most_mass) || width < 1 || per_mass < 1) {
    throw core::UnreadableFile({.what = "a scan covers no masses",
                                .where = {.path = r.path(), .byte_offset = info + first_mass_at},
                                .expected = "a first mass, a range and values a mass",
                                .found = fmt::format("{:g}, {} and {}", first, width, per_mass)});
  }
  const std::int64_t block = data + step * head.step_bytes;
  MassScan out{.time_s = r.little_endian<std::uint32_t>(block - seconds_before, "a scan's time") +
                         s_per_fraction * r.little_endian<std::uint16_t>(block - fraction_before, "a scan's time"),
               .unit = text_at(r, info + unit_at, unit_length, "the unit")};
  const std::int64_t count = width * per_mass, values = block + values_after;
  for (std::int64_t i = 0; i < count; ++i) {
    const double v = r.little_endian<float>(values + i * 4, "a scan's values");
    if (!std::isfinite(v)) continue;
    out.mz.push_back(first + static_cast<double>(i) / static_cast<double>(per_mass));
    out.value.push_back(v);
  }
  return out;
}

IonRecord read(const io::InputFile& file) {
  const io::ByteReader r{file.path(), file.bytes()};
  const Head head = head_of(r);
  IonRecord out{.path = file.path(),
                .format = format_name,
                .start = Moment{.seconds = static_cast<double>(r.little_endian<std::uint32_t>(start_at, "the start"))}};
  for (std::int64_t t = 0; t < head.traces; ++t) {
    for (std::int64_t step = 0; step < head.steps; ++step) {
      auto scan = scan_at(r, head, t, step);
      if (!scan) break;
      out.scans.push_back(std::move(*scan));
    }
  }
  return out;
}

}  // namespace

IonFormat quadstar_format() { return {format_name, recognises, read}; }

}  // namespace lithoscope::massspec
