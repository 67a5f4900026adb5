#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "lithoscope/core/rng.hpp"
#include "lithoscope/echem/line_fit.hpp"

using namespace lithoscope;

TEST_CASE("a line is found, with its statistics") {
  // Anscombe's first set, known to every statistics program.
  const std::vector<double> x{10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};
  const std::vector<double> y{8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};
  const auto fit = echem::fit_line(x, y);
  CHECK(fit.slope.value == doctest::Approx(0.500091));
  CHECK(fit.intercept.value == doctest::Approx(3.000091));
  CHECK(fit.slope.sigma() == doctest::Approx(0.1179055));
  CHECK(fit.intercept.sigma() == doctest::Approx(1.1247468));
  CHECK(fit.r_squared == doctest::Approx(0.6665425));
}

TEST_CASE("the quoted uncertainty is the scatter over repetitions") {
  std::vector<double> x, y(30);
  for (int i = 0; i < 30; ++i) x.push_back(i);
  double squares = 0, quoted = 0;
  constexpr int repeats = 4000;
  for (int r = 0; r < repeats; ++r) {
    core::RandomStream random{11, static_cast<std::uint64_t>(r)};
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = 2 * x[i] + random.normal();
    const auto fit = echem::fit_line(x, y);
    squares += std::pow(fit.slope.value - 2, 2) / repeats;
    quoted += fit.slope.variance / repeats;
  }
  CHECK(std::abs(quoted / squares - 1) < 5 * std::sqrt(2.0 / repeats));
}

TEST_CASE("correlated residuals count for less") {
  std::vector<double> x, y;
  for (int i = 0; i < 50; ++i) {
    x.push_back(i);
    y.push_back(i + 0.01 * i * i);
  }
  CHECK(echem::fit_line_correlated(x, y).slope.variance > 5 * echem::fit_line(x, y).slope.variance);
}

TEST_CASE("two points or one x make no line") {
  CHECK(std::isnan(echem::fit_line(std::vector<double>{1, 2}, std::vector<double>{1, 2}).slope.value));
  CHECK(std::isnan(echem::fit_line(std::vector<double>{1, 1, 1}, std::vector<double>{1, 2, 3}).slope.value));
}
