#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/rixs/change.hpp"
#include "lithoscope/rixs/elastic.hpp"
#include "lithoscope/rixs/scale.hpp"
#include "lithoscope/rixs/spectra.hpp"
#include "lithoscope/rixs/synthesize.hpp"

using namespace lithoscope;

namespace {

std::vector<double> ladder(double from, double step, int count) {
  std::vector<double> out;
  for (int i = 0; i < count; ++i) out.push_back(from + step * i);
  return out;
}

rixs::EmissionModel oxygen() {
  rixs::EmissionModel m;
  m.lines.push_back({.emission_eV = 525.5, .sigma_emission_eV = 1.2, .strength = 10});
  m.lines.push_back(
      {.incident_eV = 531, .emission_eV = 523, .sigma_incident_eV = 0.5, .sigma_emission_eV = 0.6, .strength = 5});
  m.background = 0.3;
  return m;
}

rixs::MapExposure exposure_of(double counts, double bin = 0.5) {
  return {.incident_eV = ladder(526, 0.25, 40),
          .emission = {.low_eV = 510, .width_eV = bin, .count = static_cast<std::int64_t>(std::lround(30 / bin))},
          .counts = counts};
}

double area_of(const rixs::RixsMap& map, const rixs::Region& region, double step) {
  const auto w = rixs::region_weights(map, region);
  return std::accumulate(w.begin(), w.end(), 0.0) * step * map.emission.width_eV;
}

}  // namespace

TEST_CASE("the weights of a polygon add up to its area, concave or turned around") {
  const auto map = rixs::expected_map(oxygen(), exposure_of(1000));
  CHECK(area_of(map, rixs::parse_region("t: 528.03,515.1 533.7,516.9 530.2,524.4"), 0.25) ==
        doctest::Approx(0.5 * std::abs((533.7 - 528.03) * (524.4 - 515.1) - (530.2 - 528.03) * (516.9 - 515.1)))
            .epsilon(1e-12));
  // A square of 4 with a wedge of 2 x 3 / 2 cut out of it, from below.
  const auto wedge = rixs::parse_region(
      "528.1,515.3 529.1,515.3 530.1,518.3 531.1,515.3 532.1,515.3 532.1,519.3 "
      "528.1,519.3");
  CHECK(area_of(map, wedge, 0.25) == doctest::Approx(16 - 3).epsilon(1e-12));
  rixs::Region turned = wedge;
  std::ranges::reverse(turned.polygon);
  CHECK(area_of(map, turned, 0.25) == doctest::Approx(13).epsilon(1e-12));
  // A comb whose teeth fall into one row of bins, with gaps between.
  const auto comb = rixs::parse_region(
      "527,515.1 533,515.1 533,515.4 532,515.4 532,515.2 531,515.2 531,515.4 "
      "530,515.4 530,515.2 527,515.2");
  CHECK(area_of(map, comb, 0.25) == doctest::Approx(6 * 0.1 + 2 * 0.2).epsilon(1e-12));
  const auto w = rixs::region_weights(map, comb);
  CHECK(*std::ranges::max_element(w) <= 1);
  CHECK(*std::ranges::min_element(w) >= 0);
}

TEST_CASE("a polygon that covers a band gives the band's yield") {
  const auto map = rixs::synthesize_map(oxygen(), exposure_of(20000), 1);
  const auto band = rixs::partial_yield(map, rixs::parse_region("O: 521.3..526.8"));
  const auto polygon = rixs::partial_yield(map, rixs::parse_region("O: 520,521.3 540,521.3 540,526.8 520,526.8"));
  for (std::size_t i = 0; i < band.size(); ++i) {
    CHECK(polygon.value[i] == doctest::Approx(band.value[i]).epsilon(1e-12));
    CHECK(polygon.variance[i] == doctest::Approx(band.variance[i]).epsilon(1e-12));
  }
}

TEST_CASE("a super-partial yield hardly moves when the bins or the frame are chosen otherwise") {
  const auto region = rixs::parse_region("f: 529.4,521.7 532.6,521.7 532.6,524.6 529.4,524.6");
  const auto sum_of = [&](double bin, const rixs::Region& r) {
    const auto curve = rixs::partial_yield(rixs::expected_map(oxygen(), exposure_of(1e5, bin)), r);
    return std::accumulate(curve.value.begin(), curve.value.end(), 0.0);
  };
  const double fine = sum_of(0.05, region);
  CHECK(sum_of(0.5, region) == doctest::Approx(fine).epsilon(0.01));
  CHECK(sum_of(0.3, region) == doctest::Approx(fine).epsilon(0.01));
  // Moved by a hundredth of a bin, across an edge: a hundredth of a bin's counts, no whole bin.
  auto moved = region;
  double largest = 0, before = sum_of(0.5, region);
  for (int step = 0; step < 100; ++step) {
    for (auto& corner : moved.polygon) corner.emission_eV += 0.01;
    const double now = sum_of(0.5, moved);
    largest = std::max(largest, std::abs(now - before));
    before = now;
  }
  CHECK(largest < 0.02 * fine);
}

TEST_CASE("regions that are none are refused with words") {
  for (const char* text : {"", "O:", "O: 5", "O: 7..5", "O: a..b", "1,2 3,4", "1,2 3,4 5", "0,0 1,1 1,0 0,1",
                           "1,1 2,2 3,3", "O: 1..nan"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(rixs::parse_region(text), core::UsageError);
  }
  const auto map = rixs::expected_map(oxygen(), exposure_of(1000));
  CHECK_THROWS_AS(rixs::region_weights(map, rixs::parse_region("far: 800..900")), core::UsageError);
  CHECK(rixs::parse_region("Co L: 740..800").name == "Co L");
  CHECK(rixs::parse_region("feature: 530,522 532,522 532,525 530,525").polygon.size() == 4);
}

TEST_CASE("yields scatter as their variances say, and exposure divides out") {
  const auto exposure = exposure_of(40000);
  auto expected = rixs::expected_map(oxygen(), exposure);
  const auto band = rixs::parse_region("O: 521.25..526.75");
  const auto truth = rixs::partial_yield(expected, band);
  double chi = 0, inverse_chi = 0, points = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const auto map = rixs::synthesize_map(oxygen(), exposure, 50 + seed);
    const auto pfy = rixs::partial_yield(map, band), ipfy = rixs::inverse_partial_yield(map, band);
    for (std::size_t i = 0; i < pfy.size(); ++i) {
      const double sigma_squared = pfy.variance[i] / pfy.value[i] * truth.value[i];
      chi += std::pow(pfy.value[i] - truth.value[i], 2) / sigma_squared;
      inverse_chi += std::pow(ipfy.value[i] - 1 / truth.value[i], 2) / ipfy.variance[i];
      points += 1;
    }
  }
  CHECK(std::abs(chi / points - 1) < 4 * std::sqrt(2 / points));
  CHECK(std::abs(inverse_chi / points - 1) < 4 * std::sqrt(2 / points) + 0.01);
  for (std::size_t c = 0; c < expected.columns(); ++c) {
    const double more = 1 + 0.1 * static_cast<double>(c);
    expected.live_pixel_s[c] = more;
    for (std::int64_t r = 0; r < expected.emission.count; ++r) expected.at(r, c) *= more;
  }
  const auto scaled = rixs::partial_yield(expected, band);
  CHECK(scaled.value[7] / scaled.value[30] == doctest::Approx(truth.value[7] / truth.value[30]));
}

TEST_CASE("a point without counts is not known in an inverse yield and weighs one count in a yield") {
  auto map = rixs::expected_map(oxygen(), exposure_of(1000));
  std::ranges::fill(map.counts, 0.0);
  map.at(25, 3) = 9;
  const auto band = rixs::parse_region("O: 521.25..526.75");
  const auto inverse = rixs::inverse_partial_yield(map, band);
  CHECK(std::isnan(inverse.value[0]));
  CHECK(std::isinf(inverse.variance[0]));
  CHECK(inverse.value[3] == doctest::Approx(1.0 / 9));
  const auto yield = rixs::partial_yield(map, band);
  CHECK(yield.value[0] == 0);
  CHECK(yield.variance[0] == 1);
  CHECK(yield.variance[3] == doctest::Approx(9));
  CHECK(rixs::total_yield(map).value[3] == 9);
  CHECK(rixs::fluorescence(map).value[25] == 9);
  CHECK_THROWS_AS(rixs::emission_spectrum(map, 700, 710), core::UsageError);
}

TEST_CASE("the variance of a normalised curve is what simulation gives") {
  const auto band = rixs::parse_region("f: 522..524");
  constexpr std::uint64_t runs = 300;
  std::vector<double> sum(40, 0.0), squares(40, 0.0), stated(40, 0.0);
  for (std::uint64_t seed = 0; seed < runs; ++seed) {
    const auto yield = rixs::partial_yield(rixs::synthesize_map(oxygen(), exposure_of(20000), seed, 9), band);
    const auto curve = rixs::normalised(yield, rixs::own_divisor(yield, rixs::Normalise::area));
    for (std::size_t i = 0; i < 40; ++i) {
      sum[i] += curve.value[i] / runs;
      squares[i] += curve.value[i] * curve.value[i] / runs;
      stated[i] += curve.variance[i] / runs;
    }
  }
  double ratio = 0;
  for (std::size_t i = 0; i < 40; ++i) ratio += (squares[i] - sum[i] * sum[i]) / stated[i] / 40;
  CHECK(ratio == doctest::Approx(1).epsilon(0.06));
}

TEST_CASE("on the scale of the rest of the map a change has the error that simulation gives") {
  // A band that is part of the rest, and a polygon that is not.
  for (const char* text : {"f: 522..524", "f: 530,522 532,522 532,524 530,524"}) {
    const rixs::Region region = rixs::parse_region(text);
    const rixs::Cut cut{.kind = region.polygon.empty() ? "PFY" : "sPFY", .region = region};
    constexpr std::uint64_t runs = 300;
    double squares = 0, heights = 0;
    std::size_t points = 0;
    for (std::uint64_t seed = 0; seed < runs; ++seed) {
      const auto before = rixs::synthesize_map(oxygen(), exposure_of(20000), seed, 1),
                 after = rixs::synthesize_map(oxygen(), exposure_of(14000), seed, 2);
      const auto scale = rixs::common_scale(before, after, {.asked = {region}});
      const auto first = rixs::partial_yield(before, region), second = rixs::partial_yield(after, region);
      const auto change =
          rixs::compare_curves(first, second, rixs::divisors_of(before, after, cut, first, second, scale));
      for (std::size_t i = 0; i < first.size(); ++i) {
        if (first.counts[i] < 20) continue;
        squares += change.difference[i] * change.difference[i] / change.difference_variance[i];
        ++points;
      }
      heights += change.height.value * change.height.value / change.height.variance / runs;
    }
    CAPTURE(text);
    CHECK(squares / static_cast<double>(points) == doctest::Approx(1).epsilon(0.06));
    CHECK(heights == doctest::Approx(1).epsilon(0.25));
  }
}

TEST_CASE("noise alone is as significant as noise should be, few counts or many") {
  const auto band = rixs::parse_region("f: 522..524");
  for (const double counts : {1500.0, 60000.0}) {
    for (const auto how : {rixs::Normalise::none, rixs::Normalise::area}) {
      // A hundred where the compiler does not help.
#ifdef NDEBUG
      constexpr std::uint64_t runs = 400;
#else
      constexpr std::uint64_t runs = 100;
#endif
      int large = 0;
      double sum = 0;
      for (std::uint64_t seed = 0; seed < runs; ++seed) {
        const auto change = rixs::compare_curves(
            rixs::partial_yield(rixs::synthesize_map(oxygen(), exposure_of(counts), seed, 1), band),
            rixs::partial_yield(rixs::synthesize_map(oxygen(), exposure_of(counts), seed, 2), band), how);
        large += std::abs(change.significance) > 2;
        sum += change.significance / runs;
      }
      CAPTURE(counts);
      const double expected = 0.0455 * runs;
      CHECK(large < expected + 4 * std::sqrt(expected));
      CHECK(large > expected - 4 * std::sqrt(expected));
      CHECK(std::abs(sum) < 4 / std::sqrt(runs) + 0.03);
    }
  }
}

TEST_CASE("a common area takes one degree of freedom, and its covariance is that of the differences") {
  const auto band = rixs::parse_region("f: 522..524");
  const auto a = rixs::partial_yield(rixs::synthesize_map(oxygen(), exposure_of(60000), 1), band);
  const auto b = rixs::partial_yield(rixs::synthesize_map(oxygen(), exposure_of(90000), 2), band);
  const auto free = rixs::compare_curves(a, b, rixs::Normalise::none);
  const auto tied = rixs::compare_curves(a, b, rixs::Normalise::area);
  CHECK(free.degrees == 40);
  CHECK(tied.degrees == 39);
  CHECK(free.significance > 10);
  CHECK(std::abs(tied.significance) < 4);
  for (std::size_t i = 0; i < 40; ++i)
    CHECK(tied.covariance[i * 41] == doctest::Approx(tied.difference_variance[i]).epsilon(1e-9));
  const auto other = rixs::fluorescence(rixs::expected_map(oxygen(), exposure_of(1000)));
  CHECK_THROWS_AS(rixs::compare_curves(a, other, rixs::Normalise::area), core::UsageError);
}

TEST_CASE("maps that differ by noise are not told apart, a feature that grew is found where it is") {
  const auto compared = [](const rixs::RixsMap& before, const rixs::RixsMap& after) {
    return rixs::compare_maps(before, after, rixs::common_scale(before, after, {.feature = rixs::FeatureSettings{}}));
  };
  int likely = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const auto change = compared(rixs::synthesize_map(oxygen(), exposure_of(30000), seed, 1),
                                 rixs::synthesize_map(oxygen(), exposure_of(60000), seed, 2));
    likely += change.chance < 0.05;
    if (seed == 0) CHECK(std::abs(change.scale.value - 2) < 4 * change.scale.sigma());
  }
  CHECK(likely <= 9);  // 3 are expected
  auto grown = oxygen();
  grown.lines[1].strength *= 1.7;
  const auto change = compared(rixs::synthesize_map(oxygen(), exposure_of(60000), 3),
                               rixs::synthesize_map(grown, exposure_of(60000), 4));
  CHECK(change.chance < 1e-3);
  CHECK(change.largest > 0);
  CHECK(std::abs(change.largest_incident_eV - 531) < 0.8);
  CHECK(std::abs(change.largest_emission_eV - 523) < 1.2);
}

TEST_CASE("the elastic line is found, measured and taken away") {
  rixs::EmissionModel model;
  model.background = 1;
  model.elastic = 4;
  rixs::MapExposure exposure{.incident_eV = ladder(600.13, 0.5, 30),
                             .emission = {.low_eV = 590, .width_eV = 0.5, .count = 70},
                             .counts = 40000};
  auto map = rixs::synthesize_map(model, exposure, 5);
  map.emission.low_eV += 0.3;  // the scales are apart
  const auto fit = rixs::fit_elastic(map);
  REQUIRE(fit);
  CHECK(std::abs(fit->offset_eV.value - 0.3) < 4 * fit->offset_eV.sigma());
  CHECK(fit->offset_eV.sigma() < 0.08);
  CHECK(std::abs(fit->fwhm_eV.value - std::hypot(1.4, 0.2 * 2.3548)) < 4 * fit->fwhm_eV.sigma());
  CHECK(fit->significance > 10);
  const double truth = 40000.0 * 4 / (4 + 35) / 30;
  for (const auto& n : fit->counts) CHECK(std::abs(n.value - truth) < 4.5 * n.sigma());
  const auto cleaned = rixs::without_elastic(map, *fit);
  CHECK(std::abs(cleaned.map.total() - (map.total() - 30 * truth)) < 5 * std::sqrt(30 * truth));
  CHECK(cleaned.variance[5] >= map.counts[5]);
}

TEST_CASE("no elastic line is claimed where there is none, nor where the diagonal is not in the map") {
  rixs::EmissionModel model;
  model.background = 1;
  rixs::MapExposure exposure{
      .incident_eV = ladder(600, 0.5, 30), .emission = {.low_eV = 590, .width_eV = 0.5, .count = 70}, .counts = 20000};
  int claimed = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto fit = rixs::fit_elastic(rixs::synthesize_map(model, exposure, seed));
    REQUIRE(fit);
    claimed += fit->significance > 3;
    for (const auto& n : fit->counts) CHECK(std::isfinite(n.variance));
  }
  CHECK(claimed <= 1);
  exposure.emission.low_eV = 400;
  CHECK_FALSE(rixs::fit_elastic(rixs::synthesize_map(model, exposure, 1)));
}
