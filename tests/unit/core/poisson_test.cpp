#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "lithoscope/core/poisson.hpp"

using namespace lithoscope;

TEST_CASE("Poisson counts have the mean and the variance of their distribution") {
  constexpr int draws = 40000;
  for (const double mean : {0.02, 0.7, 3.0, 9.9, 10.0, 27.5, 400.0, 1e6}) {
    CAPTURE(mean);
    core::RandomStream random{7, 1};
    double sum = 0, squares = 0;
    for (int i = 0; i < draws; ++i) {
      const double off = static_cast<double>(core::poisson(mean, random)) - mean;
      sum += off;
      squares += off * off;
    }
    const double of_mean = std::sqrt(mean / draws);
    // The fourth central moment is mean + 3 mean^2.
    const double of_variance = std::sqrt((mean + 2 * mean * mean) / draws);
    CHECK(std::abs(sum / draws) < 4 * of_mean);
    CHECK(std::abs(squares / draws - mean) < 4 * of_variance);
  }
}

TEST_CASE("Poisson counts fall on each number as often as they should") {
  constexpr int draws = 100000;
  for (const double mean : {0.5, 6.0, 10.0, 12.3, 60.0}) {
    CAPTURE(mean);
    core::RandomStream random{11, 2};
    std::vector<double> seen(200, 0.0);
    for (int i = 0; i < draws; ++i) seen.at(static_cast<std::size_t>(core::poisson(mean, random))) += 1;
    double chi_squared = 0, points = -1, rare_seen = 0, rare_expected = 0;
    for (std::size_t k = 0; k < seen.size(); ++k) {
      const auto n = static_cast<double>(k);
      const double expected = draws * std::exp(n * std::log(mean) - mean - std::lgamma(n + 1));
      if (expected < 10) {
        rare_seen += seen[k];
        rare_expected += expected;
        continue;
      }
      chi_squared += (seen[k] - expected) * (seen[k] - expected) / expected;
      points += 1;
    }
    CHECK(std::abs(rare_seen - rare_expected) < 5 * std::sqrt(rare_expected) + 1);
    CHECK(std::abs(chi_squared - points) < 4 * std::sqrt(2 * points));
  }
}

TEST_CASE("nothing is counted where nothing is expected, and streams are their own") {
  core::RandomStream random{1, 1};
  CHECK(core::poisson(0, random) == 0);
  CHECK(core::poisson(-3, random) == 0);
  core::RandomStream first{3, 5}, again{3, 5}, other{3, 6};
  std::vector<std::int64_t> a, b, c;
  for (int i = 0; i < 20; ++i) {
    a.push_back(core::poisson(30, first));
    b.push_back(core::poisson(30, again));
    c.push_back(core::poisson(30, other));
  }
  CHECK(a == b);
  CHECK(a != c);
}

TEST_CASE("the logarithm of a factorial is right where the series takes over") {
  for (const double k : {0.0, 1.0, 5.0, 15.0, 16.0, 17.0, 100.0, 1e6}) {
    CAPTURE(k);
    CHECK(core::log_factorial(k) == doctest::Approx(std::lgamma(k + 1)).epsilon(1e-13));
  }
}
