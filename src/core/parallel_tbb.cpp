#include "lithoscope/core/parallel.hpp"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_reduce.h>

#include <functional>
#include <memory>

#include "lithoscope/core/progress.hpp"

namespace lithoscope::core {
namespace tbb = oneapi::tbb;

void set_threads(int threads) {
  static std::unique_ptr<tbb::global_control> limit;
  limit.reset();
  if (threads > 0) {
    limit = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism,
                                                  static_cast<std::size_t>(threads));
  }
}

void parallel_for(std::int64_t n, const std::function<void(std::int64_t)>& body) {
  tbb::parallel_for(tbb::blocked_range<std::int64_t>(0, n), [&](const tbb::blocked_range<std::int64_t>& range) {
    throw_if_interrupted();
    for (std::int64_t i = range.begin(); i != range.end(); ++i) body(i);
  });
}

double deterministic_sum(std::int64_t n, const std::function<double(std::int64_t)>& term) {
  // A fixed grain makes the tree of partial sums a function of n alone; plain parallel_reduce does not.
  constexpr std::int64_t grain = 1024;
  return tbb::parallel_deterministic_reduce(
      tbb::blocked_range<std::int64_t>(0, n, grain), 0.0,
      [&](const tbb::blocked_range<std::int64_t>& range, double sum) {
        for (std::int64_t i = range.begin(); i != range.end(); ++i) sum += term(i);
        return sum;
      },
      std::plus<double>{});
}

}  // namespace lithoscope::core
