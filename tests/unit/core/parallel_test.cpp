#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "lithoscope/core/parallel.hpp"

using namespace lithoscope::core;

TEST_CASE("a sum has the same digits for any number of threads") {
  const auto term = [](std::int64_t i) {
    return std::sin(static_cast<double>(i)) * 1e-3 + 1.0 / static_cast<double>(i + 1);
  };
  set_threads(1);
  const double one = deterministic_sum(1'000'003, term);
  set_threads(2);
  const double two = deterministic_sum(1'000'003, term);
  set_threads(0);
  CHECK(one == two);
}

TEST_CASE("every index is visited once") {
  std::vector<int> visits(10'000, 0);
  parallel_for(10'000, [&](std::int64_t i) { ++visits[static_cast<std::size_t>(i)]; });
  CHECK(visits == std::vector<int>(10'000, 1));
}

TEST_CASE("an exception in the loop reaches the caller") {
  CHECK_THROWS_AS(parallel_for(100,
                               [](std::int64_t i) {
                                 if (i == 50) throw std::runtime_error("x");
                               }),
                  std::runtime_error);
}
