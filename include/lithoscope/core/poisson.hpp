// Counts drawn from a Poisson distribution, exact at every mean.
#pragma once

#include <cstdint>

#include "lithoscope/core/rng.hpp"

namespace lithoscope::core {

/// A count about `mean` (0 where it is not positive). By multiplication below a mean of ten, by transformed rejection
/// above (PTRS; Hörmann, Insurance: Mathematics and Economics 12, 39 (1993)). Means up to 1e15.
std::int64_t poisson(double mean, RandomStream& random);

/// ln k!, to 1e-14 relative. std::lgamma writes a global sign and is not for threads.
double log_factorial(double k);

}  // namespace lithoscope::core
