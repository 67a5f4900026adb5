#include <doctest/doctest.h>

#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/result/observable.hpp"

using namespace lithoscope;
using namespace lithoscope::result;

TEST_CASE("what two states share cancels in their change, what they do not adds up") {
  Observable before{.name = "valence/Ni", .state = "charged", .values = {3.6}, .variance = {0.01 * 0.01}};
  before.common = {{"reference NiO", {0.05}}, {"energy scale of Monday", {0.03}}};
  Observable after = before;
  after.state = "heated";
  after.values = {3.5};
  after.common[1] = {"energy scale of Friday", {0.04}};
  const Observable change = change_of(before, after);
  CHECK(change.name == "change/valence/Ni");
  CHECK(change.state == "heated");
  CHECK(change.against == "charged");
  CHECK(change.values[0] == doctest::Approx(-0.1));
  CHECK(change.total_variance(0) == doctest::Approx(2e-4 + 0.03 * 0.03 + 0.04 * 0.04));
}

TEST_CASE("intervals of a change with a shared cause include the truth as often as they say") {
  core::RandomStream random{5, 0};
  int inside = 0;
  constexpr int draws = 4000;
  for (int i = 0; i < draws; ++i) {
    const double shared = 0.2 * random.normal();
    const auto measured = [&](double truth, double gain) {
      return Observable{.name = "v",
                        .values = {truth + gain * shared + 0.1 * random.normal()},
                        .variance = {0.01},
                        .common = {{"scale", {0.2 * gain}}}};
    };
    const Observable change = change_of(measured(1, 1), measured(2, 1.5));
    inside += std::abs(change.values[0] - 1) < 1.96 * std::sqrt(change.total_variance(0)) ? 1 : 0;
  }
  CHECK(inside / static_cast<double>(draws) == doctest::Approx(0.95).epsilon(0.012));
}

TEST_CASE("observables of other axes or units are not compared") {
  const Observable a{.name = "pfy", .unit = "eV", .axis_name = "e", .axis = {1, 2}, .values = {1, 2}};
  Observable b = a;
  b.axis = {1, 2.5};
  CHECK_THROWS_AS(change_of(a, b), core::UsageError);
  b = a;
  b.unit = "V";
  CHECK_THROWS_AS(change_of(a, b), core::UsageError);
}

TEST_CASE("a surface kernel is the exponential of its length, whatever lies on top") {
  std::vector<double> radius, volume;
  constexpr int n = 4000;
  for (int i = 0; i <= n; ++i) {
    radius.push_back(100.0 * i / n);
    volume.push_back(3.0 * i * i / (1.0 * n * n * n));
  }
  std::vector<double> step(radius.size());
  for (std::size_t i = 0; i < step.size(); ++i) step[i] = radius[i] > 95 ? 1 : 0;
  const auto mean = [&](const DepthKernel& k) {
    const std::vector<double> w = k.weights({.radius_nm = radius, .volume = volume});
    double sum = 0, all = 0;
    for (std::size_t i = 0; i < w.size(); ++i) {
      sum += w[i] * step[i];
      all += w[i];
    }
    CHECK(all == doctest::Approx(1));
    return sum;
  };
  CHECK(mean({.law = DepthLaw::surface, .length_nm = 5}) == doctest::Approx(1 - std::exp(-1.0)).epsilon(0.003));
  CHECK(mean({.law = DepthLaw::surface, .length_nm = 5, .exit_deg = 30}) ==
        doctest::Approx(1 - std::exp(-2.0)).epsilon(0.003));
  CHECK(mean({.law = DepthLaw::volume}) == doctest::Approx(1 - 0.95 * 0.95 * 0.95).epsilon(0.003));
  CHECK(mean({.law = DepthLaw::fluorescence, .length_nm = 1e6}) ==
        doctest::Approx(1 - 0.95 * 0.95 * 0.95).epsilon(0.003));
  CHECK(DepthKernel{.law = DepthLaw::surface, .length_nm = 5, .overlayer_nm = 5}.transmission() ==
        doctest::Approx(std::exp(-1.0)));
  CHECK(mean({.law = DepthLaw::surface, .length_nm = 5, .overlayer_nm = 3}) ==
        mean({.law = DepthLaw::surface, .length_nm = 5}));
}
