#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/median.hpp"
#include "tes_twin.hpp"

using namespace lithoscope;
using tes::test::Heights;
using tes::test::second;

namespace {

// Photons of one line between the calibrations of the twin, at a steady rate, in every pixel.
void add_light(Heights& twin, double energy_eV, double width_eV, int photons) {
  for (std::size_t p = 0; p < twin.pixels.size(); ++p) {
    tes::PulseHeights& h = twin.pixels[p];
    core::RandomStream random{91, p};
    const auto pixel = tes::make_pixels(twin.array)[p];
    tes::PulseHeights all{.pixel = h.pixel, .sample_s = h.sample_s, .record_s = h.record_s};
    const auto push = [&](double height, std::int64_t time, double baseline) {
      all.height.push_back(height);
      all.time_ns.push_back(time);
      all.pretrigger_mean.push_back(baseline);
      all.shape.push_back(30 + 0.1 * random.normal());
      all.flags.push_back(0);
    };
    const std::size_t half = h.height.size() / 2;
    for (std::size_t i = 0; i < half; ++i) push(h.height[i], h.time_ns[i], 4000 + random.normal());
    for (int i = 0; i < photons; ++i)
      push(tes::true_height(twin.array, pixel, energy_eV + width_eV * random.normal()),
           twin.array.start_ns + 200 * second + i * (3200 * second / photons), 4000 + random.normal());
    for (std::size_t i = half; i < h.height.size(); ++i) push(h.height[i], h.time_ns[i], 4000 + random.normal());
    h = std::move(all);
  }
}

void jump(tes::PulseHeights& pixel, std::int64_t when, double step) {
  for (std::size_t i = 0; i < pixel.height.size(); ++i) {
    if (pixel.time_ns[i] >= when) pixel.height[i] *= 1 + step;
  }
}

struct Followed {
  tes::ArrayCalibration calibration;
  std::vector<tes::PixelTrack> tracks;
  explicit Followed(const Heights& twin)
      : calibration{tes::calibrate_array(twin.pixels, twin.windows, tes::test::line_names())} {
    for (std::size_t p = 0; p < twin.pixels.size(); ++p)
      tracks.push_back(tes::track_of(twin.pixels[p], calibration.pixels[p]));
    tes::follow_passages(tracks, {}, calibration);
  }
};

double median_between(const tes::PixelEvents& events, std::int64_t from, std::int64_t to) {
  std::vector<double> out;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events.time_ns[i] >= from && events.time_ns[i] < to) out.push_back(events.energy_eV[i]);
  }
  return core::median(std::move(out));
}

}  // namespace

TEST_CASE("a passage of which nothing is known leaves what a sudden change at any time would do") {
  const tes::Passage open = tes::passage_between(0, 1, 1000, 2000);
  CHECK(tes::share_of(open, 0, 1000).mean == 0);
  CHECK(tes::share_of(open, 0, 1000).sigma == 0);
  CHECK(tes::share_of(open, 0.5, 1500).mean == doctest::Approx(0.5));
  CHECK(tes::share_of(open, 0.5, 1500).sigma == doctest::Approx(std::sqrt(0.205)));
  CHECK(tes::share_of(open, 1, 2000).sigma == 0);
  CHECK(open.time_of(0.25) == doctest::Approx(1250));
  const tes::Passage step = tes::passage_at(0, 1, 1500);
  CHECK(tes::share_of(step, 0.4, 1499).mean == 0);
  CHECK(tes::share_of(step, 0.4, 1500).mean == 1);
  CHECK(tes::share_of(step, 0.4, 1500).sigma == 0);
  CHECK(step.known_when());
  CHECK(!open.known_when());
}

TEST_CASE("a pixel that jumped between calibrations is found by what the others saw" *
          doctest::test_suite("numerics")) {
  Heights twin{3000, 0};
  add_light(twin, 525, 2, 1500);
  const std::int64_t when = twin.array.start_ns + 1300 * second;
  jump(twin.pixels[4], when, 0.006);
  const Followed found{twin};
  const tes::PixelCalibration& pixel = found.calibration.pixels[4];
  REQUIRE(pixel.changed_ns.size() == 1);
  CHECK(std::abs(static_cast<double>(pixel.changed_ns[0] - when)) < 30.0 * static_cast<double>(second));
  CHECK(pixel.state == tes::PixelState::repaired);
  const tes::PixelEvents events = tes::make_events(twin.pixels[4], pixel, found.tracks[4]);
  CHECK(median_between(events, when - 900 * second, when - 60 * second) == doctest::Approx(525).epsilon(0.0006));
  CHECK(median_between(events, when + 60 * second, when + 1900 * second) == doctest::Approx(525).epsilon(0.0006));
  for (std::size_t p = 0; p < twin.pixels.size(); ++p) {
    if (p != 4) CHECK(found.calibration.pixels[p].changed_ns.empty());
  }
  CHECK(std::ranges::any_of(found.calibration.warnings, [](const std::string& w) {
    return w.find("Pixel 9 moved by") != std::string::npos && w.find("at once") != std::string::npos;
  }));
}

TEST_CASE("when all pixels moved together and nothing tells when, energies say so" * doctest::test_suite("numerics")) {
  Heights twin{3000, 0};
  add_light(twin, 525, 2, 1500);
  const std::int64_t when = twin.array.start_ns + 1300 * second;
  for (tes::PulseHeights& pixel : twin.pixels) jump(pixel, when, 0.006);
  const Followed found{twin};  // without a log of the scan no neighbouring light can be compared
  for (std::size_t p = 0; p < twin.pixels.size(); ++p) {
    const tes::PixelEvents events = tes::make_events(twin.pixels[p], found.calibration.pixels[p], found.tracks[p]);
    double honest = 0, all = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
      const std::int64_t t = events.time_ns[i];
      if (t < twin.windows[0].stop_ns || t >= twin.windows[1].start_ns) continue;
      // The line is 2 eV wide by itself.
      const double sigma = std::hypot(2.0, static_cast<double>(events.energy_sigma_eV[i]));
      honest += std::abs(events.energy_eV[i] - 525) < 2 * sigma ? 1 : 0;
      all += 1;
    }
    CHECK(honest / all > 0.92);
  }
  CHECK(std::ranges::any_of(found.calibration.warnings,
                            [](const std::string& w) { return w.find("do not tell when") != std::string::npos; }));
}

TEST_CASE("a pixel that jumped while its lines were measured is calibrated on the longer part" *
          doctest::test_suite("numerics")) {
  Heights twin{4000, 0};
  const std::int64_t when = twin.windows[0].start_ns + 30 * second;
  jump(twin.pixels[3], when, -0.005);
  const Followed found{twin};
  const tes::PixelCalibration& pixel = found.calibration.pixels[3];
  REQUIRE(pixel.epochs[0].usable);
  CHECK(std::abs(static_cast<double>(pixel.epochs[0].used.from_ns - when)) < 2.0 * static_cast<double>(second));
  CHECK(pixel.epochs[0].used.to_ns == twin.windows[0].stop_ns);
  REQUIRE(pixel.unknown.size() == 1);  // before it no calibration holds
  const tes::PixelEvents events = tes::make_events(twin.pixels[3], pixel);
  CHECK(events.time_ns.front() >= when - second);
  CHECK(events.excluded[4] > 800);
  CHECK(std::abs(pixel.epochs[1].at(525) - pixel.epochs[0].at(525)) < 0.3);
}

TEST_CASE("a pixel whose photons lie where no calibration puts them loses them" * doctest::test_suite("numerics")) {
  Heights twin{3000, 0};
  add_light(twin, 525, 2, 1500);
  const std::int64_t from = twin.array.start_ns + 1000 * second, to = twin.array.start_ns + 2000 * second;
  for (std::size_t i = 0; i < twin.pixels[6].height.size(); ++i) {
    if (twin.pixels[6].time_ns[i] >= from && twin.pixels[6].time_ns[i] < to) twin.pixels[6].height[i] *= 1.008;
  }
  const Followed found{twin};
  const tes::PixelCalibration& pixel = found.calibration.pixels[6];
  REQUIRE(!pixel.unknown.empty());
  const tes::PixelEvents events = tes::make_events(twin.pixels[6], pixel, found.tracks[6]);
  double moved = 0, kept = 0;
  for (const std::int64_t t : events.time_ns) {
    if (t >= twin.windows[0].stop_ns && t < twin.windows[1].start_ns) kept += 1;
    if (t >= from && t < to) moved += 1;
  }
  CHECK(moved < 40);  // of 470
  CHECK(kept > 700);  // of 1030
  for (std::size_t p = 0; p < twin.pixels.size(); ++p) {
    if (p != 6) CHECK(found.calibration.pixels[p].unknown.empty());
  }
}

TEST_CASE("live time of a silent pixel ends, whatever the beam does") {
  std::vector<tes::PixelEvents> pixels(6);
  for (std::size_t p = 0; p < pixels.size(); ++p) {
    core::RandomStream random{4, p};
    pixels[p].pixel = static_cast<int>(p);
    double t = 0;
    while (t < 1000) {
      // The beam is gone from 300 to 400 s, and twenty times weaker after 700 s.
      t -= std::log(random.uniform()) * (t > 700 ? 1 : 0.05);
      if (t > 300 && t < 400) continue;
      if (p == 2 && t > 500) break;
      if (p == 3 && t > 100 && t < 200) continue;
      pixels[p].record_time_ns.push_back(static_cast<std::int64_t>(1e9 * t));
    }
  }
  tes::find_silences(pixels);
  for (const std::size_t p : {0U, 1U, 4U, 5U}) CHECK(pixels[p].silent.empty());
  REQUIRE(pixels[2].silent.size() == 1);
  CHECK(static_cast<double>(pixels[2].silent[0].from_ns) == doctest::Approx(500e9).epsilon(0.002));
  CHECK(pixels[2].silent[0].to_ns > 990 * second);
  REQUIRE(pixels[3].silent.size() == 1);
  CHECK(static_cast<double>(pixels[3].silent[0].from_ns) == doctest::Approx(100e9).epsilon(0.01));
  CHECK(static_cast<double>(pixels[3].silent[0].to_ns) == doctest::Approx(200e9).epsilon(0.01));
}
