// The loops of parallel.hpp on plain threads, for the tsan preset only: oneTBB's library is not instrumented, so that
// its own synchronisation looks like races and would hide ours.
#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/progress.hpp"

namespace lithoscope::core {
namespace {

std::atomic<int> thread_limit{0};

}  // namespace

void set_threads(int threads) { thread_limit = threads; }

void parallel_for(std::int64_t n, const std::function<void(std::int64_t)>& body) {
  const int count = thread_limit > 0 ? thread_limit.load() : 2;
  std::atomic<std::int64_t> next{0};
  std::exception_ptr first_failure;
  std::mutex failure_mutex;
  const auto work = [&] {
    try {
      throw_if_interrupted();
      for (std::int64_t i = next++; i < n; i = next++) body(i);
    } catch (...) {
      const std::scoped_lock lock{failure_mutex};
      if (!first_failure) first_failure = std::current_exception();
      next = n;
    }
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  if (first_failure) std::rethrow_exception(first_failure);
}

double deterministic_sum(std::int64_t n, const std::function<double(std::int64_t)>& term) {
  constexpr std::int64_t grain = 1024;
  std::vector<double> parts(static_cast<std::size_t>((n + grain - 1) / grain), 0.0);
  parallel_for(static_cast<std::int64_t>(parts.size()), [&](std::int64_t p) {
    double sum = 0;
    for (std::int64_t i = p * grain; i < std::min(n, (p + 1) * grain); ++i) sum += term(i);
    parts[static_cast<std::size_t>(p)] = sum;
  });
  double sum = 0;
  for (const double part : parts) sum += part;
  return sum;
}

}  // namespace lithoscope::core
