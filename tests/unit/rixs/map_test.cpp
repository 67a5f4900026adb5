#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/rixs/map.hpp"

using namespace lithoscope;

namespace {

constexpr std::int64_t second = 1'000'000'000;

// What numpy.histogram does, by comparing with every edge.
std::int64_t bin_of(const rixs::EnergyBins& bins, double e) {
  for (std::int64_t i = 0; i < bins.count; ++i) {
    if (e >= bins.edge(i) && e < bins.edge(i + 1)) return i;
  }
  return bins.closed && e == bins.edge(bins.count) ? bins.count - 1 : -1;
}

tes::PixelEvents pixel_with(std::vector<std::int64_t> time, std::vector<double> energy, double record_s = 0) {
  tes::PixelEvents p;
  p.pixel = 1;
  p.time_ns = time;
  p.record_time_ns = std::move(time);
  p.energy_eV = std::move(energy);
  p.record_s = record_s;
  return p;
}

tes::ScanPass pass_of(std::vector<tes::ScanPoint> points) {
  tes::ScanPass pass;
  pass.name = "pass 0";
  pass.points = std::move(points);
  return pass;
}

rixs::MapSettings bins_from(double low, double width, std::int64_t count) {
  rixs::MapSettings s;
  s.emission = {.low_eV = low, .width_eV = width, .count = count};
  return s;
}

}  // namespace

TEST_CASE("a value on an edge belongs to the bin above it, to the last bit") {
  for (const double width : {0.1, 0.3, 1.0, 1.0 / 3}) {
    for (const double low : {0.0, 400.1, -7.7}) {
      for (const bool closed : {false, true}) {
        const rixs::EnergyBins bins{.low_eV = low, .width_eV = width, .count = 500, .closed = closed};
        std::vector<double> energy;
        for (std::int64_t i = 0; i <= bins.count; ++i) {
          const double e = bins.edge(i);
          energy.push_back(std::nextafter(e, -1e9));
          energy.push_back(e);
          energy.push_back(std::nextafter(e, 1e9));
        }
        const std::vector<std::int64_t> time(energy.size(), 5);
        std::vector<std::uint32_t> expected(500, 0), counts(500, 0);
        std::int64_t outside = 0;
        for (const double e : energy) {
          const std::int64_t bin = bin_of(bins, e);
          if (bin < 0) ++outside;
          if (bin >= 0) ++expected[static_cast<std::size_t>(bin)];
        }
        const std::vector<rixs::Window> windows{{0, 10}};
        CHECK(rixs::fill_counts(time, energy, windows, bins, counts) == outside);
        CHECK(counts == expected);
      }
    }
  }
}

TEST_CASE("energies that are no numbers, and those far away, are outside and nowhere else") {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  const std::vector<double> energy{nan, inf, -inf, 1e300, -1e300, 5.5, -0.25, 10.25};
  const std::vector<std::int64_t> time(energy.size(), 1);
  const std::vector<rixs::Window> windows{{0, 2}};
  std::vector<std::uint32_t> counts(10, 0);
  CHECK(rixs::fill_counts(time, energy, windows, {.low_eV = 0, .width_eV = 1, .count = 10}, counts) == 7);
  CHECK(std::accumulate(counts.begin(), counts.end(), 0u) == 1);
  CHECK(counts[5] == 1);
}

TEST_CASE("windows hold their start and not their stop") {
  const std::vector<std::int64_t> time{9, 10, 19, 20, 29, 30};
  const std::vector<double> energy{0.5, 1.5, 2.5, 3.5, 4.5, 5.5};
  const std::vector<rixs::Window> windows{{10, 20}, {20, 30}};
  std::vector<std::uint32_t> counts(12, 0);
  CHECK(rixs::fill_counts(time, energy, windows, {.low_eV = 0, .width_eV = 1, .count = 6}, counts) == 0);
  CHECK(counts == std::vector<std::uint32_t>{0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0});
}

TEST_CASE("whole seconds cut both ends off, and windows that then overlap count twice") {
  const auto pass = pass_of({{500, second * 3 / 2, second * 5 / 2, 0}, {501, second * 27 / 10, second * 4, 0}});
  const std::vector<tes::PixelEvents> pixels{
      pixel_with({second, 2 * second, second * 26 / 10, second * 3}, {1.5, 1.5, 1.5, 1.5})};
  auto settings = bins_from(0, 1, 4);
  const rixs::RixsMap exact = rixs::fill_map(pixels, pass, settings);
  CHECK(exact.at(1, 0) == 1);
  CHECK(exact.at(1, 1) == 1);
  CHECK(exact.dwell_s[0] == 1.0);
  settings.windows = rixs::Windows::whole_seconds;
  const rixs::RixsMap whole = rixs::fill_map(pixels, pass, settings);
  CHECK(whole.at(1, 0) == 1);  // [1 s, 2 s)
  CHECK(whole.at(1, 1) == 3);  // [2 s, 4 s)
  CHECK(whole.dwell_s[1] == 2.0);
  const auto doubled = pass_of({{500, 0, 2 * second, 0}, {501, second, 3 * second, 0}});
  const rixs::RixsMap both = rixs::fill_map(pixels, doubled, settings);
  CHECK(both.at(1, 0) == 1);
  CHECK(both.at(1, 1) == 3);
  CHECK(both.remarks.size() == 1);
}

TEST_CASE("rows are emission, columns ascend in incident energy, and an energy named twice is one column") {
  const auto pass = pass_of({{502, 0, 10, 0}, {500, 10, 20, 0}, {502, 20, 30, 0}, {501, 30, 40, 0}});
  const std::vector<tes::PixelEvents> pixels{pixel_with({1, 11, 21, 31, 32}, {0.5, 1.5, 2.5, 3.5, 99})};
  const rixs::RixsMap map = rixs::fill_map(pixels, pass, bins_from(0, 1, 4));
  CHECK(map.incident_eV == std::vector<double>{500, 501, 502});
  CHECK(map.at(0, 2) == 1);
  CHECK(map.at(1, 0) == 1);
  CHECK(map.at(2, 2) == 1);
  CHECK(map.at(3, 1) == 1);
  CHECK(map.total() == 4);
  CHECK(map.outside == 1);
  CHECK(map.dwell_s[2] == doctest::Approx(20e-9));
}

TEST_CASE("the energy loss is incident less emission energy") {
  const auto pass = pass_of({{500, 0, 10, 0}, {501, 10, 20, 0}});
  const std::vector<tes::PixelEvents> pixels{pixel_with({1, 11, 12}, {497.5, 497.5, 501.0})};
  auto settings = bins_from(0, 1, 5);
  settings.loss = true;
  const rixs::RixsMap map = rixs::fill_map(pixels, pass, settings);
  CHECK(map.is_loss);
  CHECK(map.at(2, 0) == 1);
  CHECK(map.at(3, 1) == 1);
  CHECK(map.at(0, 1) == 1);
}

TEST_CASE("a record keeps its pixel busy once, however many overlap") {
  // 10 ms records at 0.995 (reaches in), 1.10, 1.105 (overlaps), 1.995 (reaches out).
  const std::vector<std::int64_t> time{second * 995 / 1000, second * 11 / 10, second * 1105 / 1000,
                                       second * 1995 / 1000};
  auto pixel = pixel_with(time, std::vector<double>(time.size(), 0.5), 0.010);
  auto settings = bins_from(0, 1, 1);
  settings.pile_up_window_s = 0.001;
  const std::vector<tes::PixelEvents> pixels{pixel, pixel};
  const rixs::RixsMap map = rixs::fill_map(pixels, pass_of({{500, second, 2 * second, 0}}), settings);
  const double live = 1 - 0.005 - 0.015 - 0.005;
  CHECK(map.live_pixel_s[0] == doctest::Approx(2 * live).epsilon(1e-12));
  CHECK(map.pile_up[0] == doctest::Approx(1 - std::exp(-3 / live * 0.001)).epsilon(1e-9));
  CHECK(map.i0[0].value == 1);
  CHECK(map.i0[0].variance == 0);
}

TEST_CASE("a pixel that fell silent is not live") {
  auto pixel = pixel_with({second * 11 / 10}, {0.5}, 0);
  pixel.silent = {{second * 12 / 10, second * 14 / 10}, {second * 19 / 10, second * 30 / 10}};
  const std::vector<tes::PixelEvents> pixels{pixel};
  const rixs::RixsMap map = rixs::fill_map(
      pixels, pass_of({{500, second, 2 * second, 0}, {501, 2 * second, 3 * second, 0}}), bins_from(0, 1, 1));
  CHECK(map.live_pixel_s[0] == doctest::Approx(0.7).epsilon(1e-9));
  CHECK(map.live_pixel_s[1] == 0);
}

TEST_CASE("the bytes of a map do not depend on the number of threads") {
  core::RandomStream random{3, 1};
  std::vector<tes::PixelEvents> pixels;
  for (int p = 0; p < 11; ++p) {
    std::vector<std::int64_t> time;
    std::vector<double> energy;
    for (int i = 0; i < 2000; ++i) {
      time.push_back(static_cast<std::int64_t>(random.uniform() * 100 * second));
      energy.push_back(random.uniform() * 50);
    }
    std::ranges::sort(time);
    pixels.push_back(pixel_with(time, energy, 1e-3));
  }
  std::vector<tes::ScanPoint> points;
  for (int i = 0; i < 50; ++i) points.push_back({500.0 + i, 2 * i * second, (2 * i + 1) * second, 1.0 + i});
  auto settings = bins_from(0, 0.5, 90);
  settings.pile_up_window_s = 1e-4;
  core::set_threads(1);
  const rixs::RixsMap one = rixs::fill_map(pixels, pass_of(points), settings);
  core::set_threads(0);
  const rixs::RixsMap all = rixs::fill_map(pixels, pass_of(points), settings);
  CHECK(one.counts == all.counts);
  CHECK(one.live_pixel_s == all.live_pixel_s);
  CHECK(one.pile_up == all.pile_up);
  double mean = 0;
  for (const core::Value& v : one.i0) mean += v.value / 50;
  CHECK(mean == doctest::Approx(1));
}

TEST_CASE("maps add up, and maps of other axes do not") {
  const auto pass = pass_of({{500, 0, second, 1}, {501, second, 2 * second, 3}});
  const std::vector<tes::PixelEvents> pixels{pixel_with({1, second + 1}, {0.5, 1.5})};
  const rixs::RixsMap map = rixs::fill_map(pixels, pass, bins_from(0, 1, 2));
  const std::vector<rixs::RixsMap> twice{map, map};
  const rixs::RixsMap sum = rixs::sum_maps(twice);
  CHECK(sum.total() == 4);
  CHECK(sum.dwell_s[0] == 2.0);
  CHECK(sum.i0[1].value == doctest::Approx(1.5));
  const std::vector<rixs::RixsMap> other{map, rixs::fill_map(pixels, pass, bins_from(0, 1, 3))};
  CHECK_THROWS_AS(rixs::sum_maps(other), core::UsageError);
}

TEST_CASE("a monitor that does not fit, bins that are none and events out of time are refused") {
  const auto pass = pass_of({{500, 0, second, 0}, {501, second, 2 * second, 0}});
  const std::vector<tes::PixelEvents> pixels{pixel_with({1, second + 1}, {0.5, 1.5})};
  rixs::RixsMap map = rixs::fill_map(pixels, pass, bins_from(0, 1, 2));
  const std::vector<core::Value> short_one{{1, 0}}, dark{{1, 0}, {0, 0}};
  CHECK_THROWS_AS(rixs::set_i0(map, short_one), core::UsageError);
  CHECK_THROWS_AS(rixs::set_i0(map, dark), core::UsageError);
  CHECK_THROWS_AS(rixs::fill_map(pixels, pass, bins_from(0, 0, 2)), core::UsageError);
  CHECK_THROWS_AS(rixs::fill_map(pixels, pass_of({}), bins_from(0, 1, 2)), core::UsageError);
  const std::vector<tes::PixelEvents> backwards{pixel_with({5, 1}, {0.5, 1.5})};
  CHECK_THROWS_AS(rixs::fill_map(backwards, pass, bins_from(0, 1, 2)), core::UsageError);
}
