#include "palette.hpp"

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace lithoscope::report {
namespace {

using Stop = std::array<double, 3>;

// Viridis (matplotlib, CC0) at 33 even places; straight lines between them stay within a unit of it.
constexpr std::array<Stop, 33> viridis{
    Stop{68, 1, 84},    Stop{71, 13, 96},   Stop{72, 24, 106},  Stop{72, 35, 116},  Stop{71, 45, 123},
    Stop{69, 55, 129},  Stop{66, 64, 134},  Stop{62, 73, 137},  Stop{59, 82, 139},  Stop{55, 91, 141},
    Stop{51, 99, 141},  Stop{47, 107, 142}, Stop{44, 114, 142}, Stop{41, 122, 142}, Stop{38, 130, 142},
    Stop{35, 137, 142}, Stop{33, 145, 140}, Stop{31, 152, 139}, Stop{31, 160, 136}, Stop{34, 167, 133},
    Stop{40, 174, 128}, Stop{50, 182, 122}, Stop{63, 188, 115}, Stop{78, 195, 107}, Stop{94, 201, 98},
    Stop{112, 207, 87}, Stop{132, 212, 75}, Stop{152, 216, 62}, Stop{173, 220, 48}, Stop{194, 223, 35},
    Stop{216, 226, 25}, Stop{236, 229, 27}, Stop{253, 231, 37}};
// Blue through white to vermilion, the page's colours of before and after, even in lightness on both sides.
constexpr std::array<Stop, 5> diverging{Stop{0, 84, 148}, Stop{106, 168, 214}, Stop{247, 247, 247}, Stop{232, 147, 98},
                                        Stop{170, 64, 0}};

Stop between(std::span<const Stop> stops, double fraction) {
  const double position = std::clamp(fraction, 0.0, 1.0) * static_cast<double>(stops.size() - 1);
  const std::size_t i = std::min(static_cast<std::size_t>(position), stops.size() - 2);
  const double t = position - static_cast<double>(i);
  Stop out{};
  for (std::size_t c = 0; c < 3; ++c) out[c] = stops[i][c] + t * (stops[i + 1][c] - stops[i][c]);
  return out;
}

void append_number(std::string& out, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((number >> shift) & 0xff);
}

void append_chunk(std::string& png, const std::string& type, const std::string& data) {
  append_number(png, static_cast<std::uint32_t>(data.size()));
  const std::string body = type + data;
  png += body;
  append_number(png, static_cast<std::uint32_t>(
                         crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()))));
}

std::string base64(const std::string& bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<std::uint8_t>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k <= bytes.size() ? digits[(group >> (18 - 6 * k)) & 63] : '=';
    }
  }
  return out;
}

}  // namespace

std::pair<double, double> colour_range(const Map& map) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const double z : map.z) {
    if (!std::isfinite(z)) continue;
    low = std::min(low, z);
    high = std::max(high, z);
  }
  if (!(low <= high)) return {0, 1};
  if (map.palette == Palette::diverging) {
    const double reach = std::max(std::abs(low), std::abs(high));
    low = -reach;
    high = reach;
  }
  const double least = std::max(1e-12, 1e-3 * std::max(std::abs(low), std::abs(high)));
  if (high - low < least) return {0.5 * (low + high) - 0.5 * least, 0.5 * (low + high) + 0.5 * least};
  return {low, high};
}

Colour colour_of(double value, double low, double high, Palette palette) {
  if (!std::isfinite(value)) return {0, 0, 0, 0};
  const double fraction = (value - low) / (high - low);
  const Stop stop = palette == Palette::sequential ? between(viridis, fraction) : between(diverging, fraction);
  const auto byte = [](double v) { return static_cast<std::uint8_t>(std::lround(v)); };
  return {byte(stop[0]), byte(stop[1]), byte(stop[2]), 255};
}

std::string picture(const std::vector<Colour>& pixels, std::size_t columns) {
  const std::size_t rows = pixels.size() / columns;
  std::string raw;
  for (std::size_t r = 0; r < rows; ++r) {
    raw += '\0';  // no filter
    for (std::size_t c = 0; c < columns; ++c) {
      for (const std::uint8_t part : pixels[r * columns + c]) raw += static_cast<char>(part);
    }
  }
  uLongf size = compressBound(static_cast<uLong>(raw.size()));
  std::string packed(size, '\0');
  compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(raw.data()),
            static_cast<uLong>(raw.size()), Z_BEST_COMPRESSION);
  packed.resize(size);
  std::string header;
  append_number(header, static_cast<std::uint32_t>(columns));
  append_number(header, static_cast<std::uint32_t>(rows));
  header += std::string("\x08\x06\0\0\0", 5);  // 8 bits, colour with opacity
  std::string png = "\x89PNG\r\n\x1a\n";
  append_chunk(png, "IHDR", header);
  append_chunk(png, "IDAT", packed);
  append_chunk(png, "IEND", "");
  return "data:image/png;base64," + base64(png);
}

}  // namespace lithoscope::report
