#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "lithoscope/rixs/feature.hpp"
#include "lithoscope/rixs/feature_change.hpp"
#include "lithoscope/rixs/synthesize.hpp"

using namespace lithoscope;

namespace {

struct Case {
  rixs::EmissionModel model;
  rixs::MapExposure exposure;
  double counts = 0;  // of the feature
};

// A feature at 531 eV in and 523 eV out beside a line at all incident energies.
Case oxidised_oxygen(double strength, double counts) {
  Case out;
  out.model.lines.push_back({.emission_eV = 525.5, .sigma_emission_eV = 1.2, .strength = 10});
  out.model.background = 0.25;
  for (int i = 0; i < 32; ++i) out.exposure.incident_eV.push_back(527 + 0.25 * i);
  out.exposure.emission = {.low_eV = 515, .width_eV = 0.5, .count = 32};
  out.exposure.counts = counts;
  auto total = [&](double of_feature) {
    double sum = 0;
    for (const double e : out.exposure.incident_eV) sum += 10 + of_feature * std::exp(-2 * (e - 531) * (e - 531)) + 4;
    return sum;
  };
  const double all = total(strength);
  out.counts = counts * (all - total(0)) / all;
  out.model.lines.push_back({.incident_eV = 531,
                             .emission_eV = 523,
                             .sigma_incident_eV = 0.5,
                             .sigma_emission_eV = 0.6,
                             .strength = strength});
  return out;
}

// Fits are thirty times slower without the compiler's help: then a few must do.
#ifdef NDEBUG
constexpr std::uint64_t covering = 200, empty_maps = 60;
#else
constexpr std::uint64_t covering = 16, empty_maps = 5;
#endif

constexpr double sigma_emission = 0.8445;  // 0.6 eV and a resolution of 1.4 eV

}  // namespace

TEST_CASE("the intervals of a feature cover what it was made with") {
  const Case c = oxidised_oxygen(4, 30000);
  int place = 0, emission = 0, wide = 0, tall = 0, counts = 0;
  for (std::uint64_t seed = 0; seed < covering; ++seed) {
    const auto f = rixs::find_feature(rixs::synthesize_map(c.model, c.exposure, seed));
    REQUIRE(f);
    const auto covers = [](core::Value v, double truth) { return std::abs(v.value - truth) < 1.96 * v.sigma(); };
    place += covers(f->incident_eV, 531);
    emission += covers(f->emission_eV, 523);
    wide += covers(f->sigma_incident_eV, 0.5);
    tall += covers(f->sigma_emission_eV, sigma_emission);
    counts += f->low <= c.counts && c.counts <= f->high;
  }
  // Nineteen of twenty are expected; a binomial's four sigmas below.
  constexpr double runs = covering;
  for (const int covered : {place, emission, wide, tall, counts})
    CHECK(covered >= 0.95 * runs - 4 * std::sqrt(0.95 * 0.05 * runs));
}

TEST_CASE("noise is seldom taken for a feature, and its interval begins at nothing") {
  const Case c = oxidised_oxygen(0, 20000);
  int likely = 0;
  for (std::uint64_t seed = 0; seed < empty_maps; ++seed) {
    const auto f = rixs::find_feature(rixs::synthesize_map(c.model, c.exposure, seed));
    REQUIRE(f);
    likely += f->chance < 0.05;
    if (f->chance > 0.05) CHECK(f->low == 0);
    CHECK(std::isfinite(f->incident_eV.variance));
  }
  CHECK(likely <= 3 + static_cast<int>(empty_maps) / 12);
}

TEST_CASE("a feature is found with the exposure of each column taken into account") {
  const Case c = oxidised_oxygen(4, 1e6);
  auto map = rixs::expected_map(c.model, c.exposure);
  double expected = 0;
  double shapes = 0;
  for (std::size_t i = 0; i < map.columns(); ++i) {
    const double exposure = 1 + 0.5 * std::sin(static_cast<double>(i));
    map.live_pixel_s[i] = exposure;
    for (std::int64_t r = 0; r < map.emission.count; ++r) map.at(r, i) = std::round(map.at(r, i) * exposure);
    const double h = std::exp(-2 * std::pow(map.incident_eV[i] - 531, 2));
    expected += exposure * h;
    shapes += h;
  }
  const auto f = rixs::find_feature(map);
  REQUIRE(f);
  CHECK(f->incident_eV.value == doctest::Approx(531).epsilon(1e-5));
  CHECK(f->emission_eV.value == doctest::Approx(523).epsilon(2e-5));
  CHECK(f->counts.value == doctest::Approx(c.counts * expected / shapes).epsilon(0.01));
  CHECK(f->chi_squared_per_bin < 0.1);
}

TEST_CASE("a feature that doubled has doubled, with an error") {
  const Case one = oxidised_oxygen(3, 60000), two = oxidised_oxygen(6, 60000);
  const auto a = rixs::synthesize_map(one.model, one.exposure, 1), b = rixs::synthesize_map(two.model, two.exposure, 2);
  const rixs::FeatureSettings sought;
  const auto change = rixs::compare_feature(a, b, rixs::common_scale(a, b, {.feature = sought}), sought);
  REQUIRE(change);
  // Both maps have as many photons, so that the bands of the second are fewer: on their scale it more than doubled.
  const double rest = (60000 - two.counts) / (60000 - one.counts);
  const double rise = two.counts / rest - one.counts;
  CHECK(std::abs(change->counts.value - rise) < 3 * change->counts.sigma());
  CHECK(change->significance > 5);
  CHECK(rixs::changed(*change));
  INFO(change->why_no_relative);
  REQUIRE(change->relative);
  CHECK(std::abs(change->relative->value - rise / one.counts) < 3 * change->relative->sigma());
  const auto none = rixs::compare_feature(a, rixs::synthesize_map(one.model, one.exposure, 3),
                                          rixs::common_scale(a, a, {.feature = sought}), sought);
  REQUIRE(none);
  CHECK_FALSE(rixs::changed(*none));
  CHECK(none->low < 0);
  CHECK(none->high > 0);
}

TEST_CASE("a window that is not in the map holds no feature") {
  const Case c = oxidised_oxygen(4, 1000);
  const auto map = rixs::synthesize_map(c.model, c.exposure, 1);
  rixs::FeatureSettings far;
  far.incident_eV = 700;
  CHECK_FALSE(rixs::find_feature(map, far));
  far = {};
  far.emission_eV = 600;
  CHECK_FALSE(rixs::find_feature(map, far));
  auto empty = map;
  for (double& n : empty.counts) n = 0;
  CHECK_FALSE(rixs::find_feature(empty));
}

TEST_CASE("a feature on the flank of two overlapping bands is found where it was put" *
          doctest::test_suite("numerics")) {
  // A background that is no product of two curves: with one alone the place was hundreds of errors off.
  const rixs::EmissionModel model{
      .lines = {{531, 523.4, 0.45, 0.7, 0.05}, {529, 525.5, 1.2, 1.1, 0.4}, {534, 526, 2.5, 1.3, 1}},
      .elastic = 0.005,
      .elastic_sigma_eV = 0.2,
      .background = 0.002};
  rixs::MapExposure exposure{.emission = {.low_eV = 510, .width_eV = 0.5, .count = 60}, .counts = 2e5};
  for (int i = 0; i <= 60; ++i) exposure.incident_eV.push_back(526 + 0.2 * i);
  int inside = 0;
  constexpr int seeds = 6;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto feature = rixs::find_feature(rixs::synthesize_map(model, exposure, 40 + seed));
    REQUIRE(feature.has_value());
    CHECK(feature->significance > 5);
    inside += std::abs(feature->incident_eV.value - 531) < 3 * feature->incident_eV.sigma() ? 1 : 0;
    inside += std::abs(feature->emission_eV.value - 523.4) < 3 * feature->emission_eV.sigma() ? 1 : 0;
  }
  CHECK(inside >= 2 * seeds - 2);
}
