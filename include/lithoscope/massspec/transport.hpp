// From the sample to the ion source: gas arrives late (plug flow) and mixed (a stirred volume).
#pragma once

#include <span>
#include <vector>

#include "lithoscope/core/value.hpp"

namespace lithoscope::massspec {

struct Transport {
  core::Value delay_s;   ///< plug
  core::Value mixing_s;  ///< time constant
};

/// What arrives of a rate that is piecewise linear between its times.
std::vector<double> arrived(std::span<const double> time_s, std::span<const double> rate, const Transport& transport);

struct Released {
  std::vector<double> rate, variance;  ///< at the times of what arrived, less the delay
  double roughness = 0;                ///< of the prior that was chosen, rate a second to the 3/2
};

/// The rate at the sample from what arrived: the smoothest curve that explains it within its noise. The rate's
/// curvature has a prior of one size, which is chosen by marginal likelihood. `variance` is each value's own. Without
/// mixing the values themselves come back.
Released released(std::span<const double> time_s, std::span<const double> value, std::span<const double> variance,
                  const Transport& transport);

}  // namespace lithoscope::massspec
