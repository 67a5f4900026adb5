// The curves of a fitted titration with their joint uncertainty: reading values off them, and drawing others that
// would explain the record as well. Private to the room.
#pragma once

#include <cstdint>
#include <span>

#include "lithoscope/core/value.hpp"
#include "trace_model.hpp"

namespace lithoscope::echem {

struct FittedTrace {
  TraceCurves curves;
  Eigen::MatrixXd covariance;  ///< of all parameters, in the order of the layout
  TraceGrain grain;
  core::Value length_m;  ///< diffusion length
  double temperature_K = 0;
  double charge_Ah = 0, capacity_start_Ah = 0;  ///< of the run: what progress is counted in
  double highest_surface = 0;                   ///< progress the surface has reached

  double progress(double capacity_Ah) const { return (capacity_Ah - capacity_start_Ah) / charge_Ah; }
  double potential(double progress) const;
  /// At the mean; where the surface stood says how much of it the solver had to bridge.
  core::Value ocv_V(double progress, double surface) const;
  core::Value log10_D(double progress) const;
  core::Value overpotential_V(double progress, double current_A) const;
  core::Value parameter(Eigen::Index index, double value) const { return {value, covariance(index, index)}; }

 private:
  core::Value combination(Eigen::Index first, std::span<const double> weights, double value) const;
};

/// Curves drawn from the posterior at the given diffusion length (of which only D/L2 matters to what the particle
/// does); the same for the same seed.
std::vector<TraceCurves> draw(const FittedTrace& fitted, int count, std::uint64_t seed);

}  // namespace lithoscope::echem
