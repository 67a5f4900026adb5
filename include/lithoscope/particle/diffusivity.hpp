// How D depends on lithium: knots of log10 D, joined by a curve that keeps their shape.
#pragma once

#include <vector>

namespace lithoscope::particle {

/// log10 of D in cm2/s at lithium extracted x, at the reference temperature; shape-preserving cubic between the knots
/// (Fritsch and Carlson, SIAM J. Numer. Anal. 17, 238), constant outside.
struct Diffusivity {
  std::vector<double> x;
  std::vector<double> log10_cm2_s;
  double log10_multiplier = 0;  ///< added to all knots

  double log10_at(double lithium_extracted) const;
};

}  // namespace lithoscope::particle
