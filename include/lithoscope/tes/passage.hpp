// How a pixel's energy scale went from one calibration to the next: gradually, or at once, and when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lithoscope::tes {

/// Between two neighbouring calibrations of a pixel. Either the scale went along with time (or with the baseline), or
/// it changed at once: what is known of both are probabilities, and what they leave open is in the photons' energies.
struct Passage {
  std::size_t from = 0, to = 0;       ///< the calibrations, earlier and later
  double gradual = 0.2;               ///< probability that it went gradually; without any sign of when it is small
  std::vector<double> time_ns;        ///< POSIX, ascending
  std::vector<double> changed;        ///< probability that a sudden change lies before that time, 0 to 1
  double moved_eV = 0, sigma_eV = 0;  ///< of the scale at the photons' energies; largest error it leaves in between
  bool known_when() const { return gradual == 0 && time_ns.front() == time_ns.back(); }
  /// Time by which a sudden change has happened with a probability, POSIX ns.
  double time_of(double probability) const;
};

/// A change at one known time.
Passage passage_at(std::size_t from, std::size_t to, std::int64_t time_ns);
/// Nothing is known of when, but that it lies between two times.
Passage passage_between(std::size_t from, std::size_t to, std::int64_t after_ns, std::int64_t before_ns);

struct Share {
  double mean = 0, sigma = 0;  ///< 0: as in the earlier calibration; 1: as in the later
};
/// `along`: how far a gradual change has come by then, 0 to 1; the baseline may put it beyond.
Share share_of(const Passage& passage, double along, double time_ns);

/// A span of time, POSIX.
struct Span {
  std::int64_t from_ns = 0, to_ns = 0;
  bool holds(std::int64_t time_ns) const { return time_ns >= from_ns && time_ns < to_ns; }
};

}  // namespace lithoscope::tes
