// What the assumed numbers of a programme do to its answer: intervals over their ranges, one parameter at a time, and
// what the run would be without the assumptions that carry it.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/particle/summary.hpp"
#include "lithoscope/programme/programme_file.hpp"

namespace lithoscope::programme {

/// Of one quantity of particle::summary.
struct Spread {
  std::string quantity, unit;
  double value = 0;          ///< of the run
  double low = 0, high = 0;  ///< central 95 % over the ranges of the assumed parameters, all drawn at once
};

/// One assumed parameter moved to the ends of its range, the others where they are.
struct Lever {
  std::string parameter, unit;
  double low = 0, high = 0;
  std::vector<double> at_low, at_high;  ///< one a quantity of `Assumptions::spreads`; NaN where the run failed
  std::vector<double> slope;            ///< derivative per unit of the parameter; NaN where runs carry none
};

struct Assumptions {
  std::vector<Spread> spreads;
  std::vector<Lever> levers;
  int draws = 0, failed = 0;
};

/// How many sets the page's intervals are made from: what lies inside them then varies by about 1 % about 95 %.
inline constexpr int drawn_assumptions = 320;

/// Draws `draws` sets of the numbers that have a range (a Latin hypercube, logarithmic where the range is), and moves
/// one at a time. Without ranges, or without branches, nothing. The same bytes for any number of threads.
Assumptions explore_assumptions(const ProgrammeFile& file, const particle::Run& run, int draws,
                                core::Progress& progress);

/// Sentences with the numbers of runs without the assumptions that carry the answer: D as the file gives it, no
/// slow-down at rest, any one D; and what must be seen before the heat.
std::vector<std::string> without_assumptions(const ProgrammeFile& file, const particle::Run& run);

}  // namespace lithoscope::programme
