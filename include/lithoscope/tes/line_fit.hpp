// A line in a spectrum of energies: Lorentzians, the detector's Gaussian and its exponential tails on a flat
// background, by the likelihood of counts. Everything is in energy units, so that tails keep their length and areas
// their counts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lithoscope/core/value.hpp"
#include "lithoscope/tes/lines.hpp"

namespace lithoscope::tes {

struct LineShape {
  std::vector<LineComponent> natural;  ///< centres relative to the line's position; empty: infinitely sharp
  double sigma_eV = 2;                 ///< of the Gaussian
  double tail_share = 0, tail_eV = 3;  ///< share of the counts with an exponential towards low energy, and its length
  double high_tail_share = 0, high_tail_eV = 3;
};

/// Density and integral of a shape over the distance from the line's position, area one: in closed form where the line
/// itself is infinitely sharp, else from a table that reaches as far as asked.
class LineProfile {
 public:
  LineProfile(const LineShape& shape, double reach_eV);
  double density(double distance_eV) const;
  double integral(double distance_eV) const;  ///< from far below to here
  double mode_eV() const;                     ///< distance of the maximum

 private:
  LineShape shape_;
  double low_, step_;
  std::vector<double> density_, integral_;  ///< empty: closed form
};

struct LineFitSettings {
  double from_eV = -14, to_eV = 10;  ///< window about the expected peak
  double bin_eV = 0.5;
  bool free_tail = true;  ///< share and length of the low-energy tail
  bool free_sigma = true;
  double sigma_prior = 0.25;  ///< relative standard deviation about the starting width; 0: none
};

/// Position is that of the maximum of the fitted shape: what tables of line energies mean.
struct LineFit {
  core::Value peak_eV;
  core::Value sigma_eV, tail_share, tail_eV;
  core::Value counts;  ///< in the line, in the window
  double background_per_eV = 0;
  LineShape shape;
  double mode_eV = 0;  ///< maximum of the shape from its position
  double deviance = 0;
  std::int64_t bins = 0, events = 0;
};

/// Poisson maximum likelihood about `expected_eV`. Empty when fewer than 8 events lie in the window or it does not
/// converge.
std::optional<LineFit> fit_line(std::span<const double> energy_eV, double expected_eV, const LineShape& start,
                                const LineFitSettings& settings = {});

}  // namespace lithoscope::tes
