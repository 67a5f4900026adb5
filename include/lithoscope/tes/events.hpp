// Photons: when, at what energy, in which pixel, and which records did not become one.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lithoscope/tes/passage.hpp"

namespace lithoscope::tes {

/// Why a record is not an event, or an event not to be trusted. Several may hold.
enum class Flag : std::uint8_t {
  not_finite = 1,       ///< NaN or inf in its coefficients
  pile_up = 2,          ///< a second pulse in the record, or on the tail of another
  bad_shape = 4,        ///< does not look like a pulse: residual, rise time or peak time
  outside_scale = 8,    ///< beyond the energies the calibration reaches
  no_calibration = 16,  ///< the pixel has no curve at this time
  wrong_length = 32,    ///< the record has another length than the rest
};
constexpr std::size_t flag_count = 6;
std::string_view flag_words(Flag flag);

/// Events of one pixel, in time. Columns of equal length.
struct PixelEvents {
  int pixel = -1;
  std::vector<std::int64_t> time_ns;   ///< POSIX, regularised by the frame counter where that is possible
  std::vector<double> energy_eV;       ///< emission energy
  std::vector<float> energy_sigma_eV;  ///< of the scale: what the calibration does not know, the same for all of one
                                       ///< energy in a pixel; the resolution is not in it
  double record_s = 0;                 ///< how long a record keeps the pixel busy
  /// Every record of the pixel, events or not, in time: what dead time is counted from.
  std::vector<std::int64_t> record_time_ns;
  std::array<std::int64_t, flag_count> excluded{};  ///< records by flag, in the order of the flags
  std::vector<Span> silent;                         ///< when it saw nothing while the others did: no live time
  std::size_t size() const { return time_ns.size(); }
};

/// Sets `silent` of every pixel, from the times of all records. A pixel of fewer than 50 records is not judged.
void find_silences(std::span<PixelEvents> pixels);

}  // namespace lithoscope::tes
