// Parallel loops whose results do not depend on the number of threads.
#pragma once

#include <cstdint>
#include <functional>

namespace lithoscope::core {

/// Number of threads all loops may use; 0 means all cores. Call once, before the work.
void set_threads(int threads);

/// Calls body(i) for i in [0, n). Every call must write only what belongs to i: then the bytes are the same for any
/// thread count. The first exception (in time) is rethrown. Stops early with Interrupted after Ctrl-C.
void parallel_for(std::int64_t n, const std::function<void(std::int64_t)>& body);

/// Sum of term(i) over [0, n), added in an order fixed by n alone.
double deterministic_sum(std::int64_t n, const std::function<double(std::int64_t)>& term);

}  // namespace lithoscope::core
