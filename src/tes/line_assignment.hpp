// Which peak of a pixel's heights is which line: first by the pixel alone, then against all the others. Private to the
// room.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lithoscope::tes {

struct HeightPeak {
  double height = 0, counts = 0;  ///< of the maximum; smoothed, about it
};

/// Local maxima of the density of ln(height), tallest first.
std::vector<HeightPeak> find_peaks(std::span<const double> height);

/// Heights of the lines by one pixel alone: of all choices among the tallest peaks the one that lies smoothest on a
/// parabola of logarithms for the peaks it uses. Empty when there are fewer peaks than lines.
std::optional<std::vector<double>> assign_lines(std::span<const HeightPeak> peaks, std::span<const double> energy_eV);

struct Assignment {
  std::optional<std::vector<double>> heights;  ///< of the lines
  std::vector<std::string> repaired;           ///< what was moved, sentences
  std::string refused;                         ///< why there is none
};

/// All pixels of an array: lines keep the same pattern of logarithms in each, up to a factor, a power and a bend. A
/// line that strays by more than `pattern` is sought again where the others put it, and the pixel refused when it is
/// not there.
std::vector<Assignment> assign_array(std::span<const std::vector<HeightPeak>> peaks, std::span<const double> energy_eV,
                                     std::span<const std::string> lines, double pattern);

}  // namespace lithoscope::tes
