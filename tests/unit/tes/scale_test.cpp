#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/median.hpp"
#include "tes_twin.hpp"

using namespace lithoscope;
using tes::test::Heights;

TEST_CASE("a tail takes its share of the counts down by its length and no counts away") {
  const tes::LineShape plain{.natural = {}, .sigma_eV = 1};
  const tes::LineShape tailed{.natural = {}, .sigma_eV = 1, .tail_share = 0.2, .tail_eV = 5};
  for (const bool natural : {false, true}) {
    tes::LineShape a = plain, b = tailed;
    if (natural) a.natural = b.natural = {{0, 0.5, 1}};
    const double reach = 120;
    const tes::LineProfile sharp{a, reach}, low{b, reach};
    double mean_sharp = 0, mean_low = 0;
    for (int i = -6000; i <= 6000; ++i) {
      const double x = 0.02 * i;
      mean_sharp += 0.02 * x * sharp.density(x);
      mean_low += 0.02 * x * low.density(x);
    }
    CHECK(mean_low - mean_sharp == doctest::Approx(-1.0).epsilon(0.02));  // 0.2 of 5 eV, not more where units differ
    CHECK(low.integral(100) - low.integral(-100) ==
          doctest::Approx(sharp.integral(100) - sharp.integral(-100)).epsilon(1e-3));
    CHECK(low.mode_eV() < sharp.mode_eV());
  }
}

TEST_CASE("the closed form of a tail and its table agree") {
  // A Lorentzian of no width is what the closed form is for.
  const tes::LineShape closed{
      .natural = {}, .sigma_eV = 1.5, .tail_share = 0.4, .tail_eV = 4, .high_tail_share = 0.1, .high_tail_eV = 2};
  tes::LineShape table = closed;
  table.natural = {{0, 1e-6, 1}};
  const tes::LineProfile a{closed, 60}, b{table, 60};
  for (const double x : {-20.0, -8.0, -2.0, 0.0, 1.0, 5.0}) {
    CHECK(a.density(x) == doctest::Approx(b.density(x)).epsilon(0.03).scale(0.1));
    CHECK(a.integral(x) == doctest::Approx(b.integral(x)).epsilon(0.02).scale(0.1));
  }
}

TEST_CASE("a fitted line lies where it was put, within its stated error as often as it should" *
          doctest::test_suite("numerics")) {
  int inside = 0, fitted = 0;
  constexpr int seeds = 200;
  const tes::LineShape shape{.natural = {}, .sigma_eV = 1.5, .tail_share = 0.3, .tail_eV = 4};
  const double mode = tes::LineProfile{shape, 60}.mode_eV();
  for (int seed = 0; seed < seeds; ++seed) {
    core::RandomStream random{100, static_cast<std::uint64_t>(seed)};
    std::vector<double> energy;
    for (int i = 0; i < 400; ++i) {
      double e = 525 + 1.5 * random.normal();
      if (random.uniform() < 0.3) e += 4 * std::log(random.uniform());
      energy.push_back(e);
    }
    for (int i = 0; i < 20; ++i) energy.push_back(505 + 40 * random.uniform());
    tes::LineFitSettings settings;
    settings.free_tail = false;
    const auto fit = tes::fit_line(energy, 524.9, shape, settings);
    if (!fit) continue;
    ++fitted;
    inside += std::abs(fit->peak_eV.value - 525 - mode) < 1.96 * fit->peak_eV.sigma() ? 1 : 0;
  }
  CHECK(fitted == seeds);
  CHECK(static_cast<double>(inside) / fitted > 0.90);
  CHECK(static_cast<double>(inside) / fitted < 0.985);
}

TEST_CASE("a line without photons is not fitted") {
  CHECK(!tes::fit_line(std::vector<double>{520, 525, 526}, 525, {}).has_value());
}

TEST_CASE("a curve goes through its anchors, back and forth, and knows what it does not know") {
  std::vector<tes::Anchor> anchors;
  for (const double e : {277.0, 392.4, 524.9, 704.8, 851.47, 929.68})
    anchors.push_back({"", 20 * std::pow(e, 0.93), 2, e, 0.1});
  for (const tes::CurveKind kind : {tes::CurveKind::log_log, tes::CurveKind::gain}) {
    const tes::CalibrationCurve curve{anchors, kind};
    for (const tes::Anchor& a : anchors) {
      CHECK(curve.energy_eV(a.height) == doctest::Approx(a.energy_eV).epsilon(1e-9));
      CHECK(curve.height(a.energy_eV) == doctest::Approx(a.height).epsilon(1e-9));
    }
    CHECK(curve.sigma_eV(curve.height(600)) > 0.02);
    CHECK(curve.sigma_eV(curve.height(1100)) > curve.sigma_eV(curve.height(600)));
  }
  const auto drops = tes::CalibrationCurve{anchors, tes::CurveKind::log_log}.drop_one_eV();
  CHECK(std::isnan(drops.front()));
  CHECK(std::abs(drops[2]) < 1e-6);  // a power law is a straight line there
  anchors[2].height = anchors[1].height;
  CHECK_THROWS_AS(tes::CalibrationCurve(anchors, tes::CurveKind::gain), core::ComputationError);
}

TEST_CASE("an array of a known scale gets it back, drift and all" * doctest::test_suite("numerics")) {
  const Heights twin;
  const tes::ArrayCalibration c = tes::calibrate_array(twin.pixels, twin.windows, tes::test::line_names());
  CHECK(c.drop_one_rms_eV < 0.3);
  for (std::size_t p = 0; p < twin.pixels.size(); ++p) {
    REQUIRE(c.pixels[p].state == tes::PixelState::good);
    const tes::PixelEvents events = tes::make_events(twin.pixels[p], c.pixels[p]);
    double late = 0, n = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (events.time_ns[i] < twin.windows[1].start_ns || std::abs(events.energy_eV[i] - 704.8) > 8) continue;
      late += events.energy_eV[i] - 704.8;
      n += 1;
    }
    REQUIRE(n > 200);
    CHECK(std::abs(late / n) < 0.35);  // without a correction 2.1 eV
  }
}

TEST_CASE("a pixel that sees another line in place of copper is put right by the others" *
          doctest::test_suite("numerics")) {
  Heights twin;
  // Copper gone weak, elastic light of 1000 eV strong: the tallest peaks mislead.
  for (std::size_t p = 0; p < twin.pixels.size(); ++p) {
    core::RandomStream random{70, p};
    const double copper = tes::true_height(twin.array, tes::make_pixels(twin.array)[p], 929.68);
    const double elastic = tes::true_height(twin.array, tes::make_pixels(twin.array)[p], 1000);
    const double keep = p == 4 ? 0.06 : 0.7;
    for (double& h : twin.pixels[p].height) {
      if (std::abs(h / copper - 1) < 0.02 && random.uniform() > keep) h = elastic * (1 + 0.002 * random.normal());
    }
  }
  const tes::ArrayCalibration c = tes::calibrate_array(twin.pixels, twin.windows, tes::test::line_names());
  for (const tes::PixelCalibration& pixel : c.pixels) {
    if (!pixel.usable()) continue;
    const double copper = pixel.curve.height(929.68);
    const auto pixels = tes::make_pixels(twin.array);
    const auto truth = std::ranges::find(pixels, pixel.pixel, &tes::SyntheticPixel::channel);
    CHECK(copper == doctest::Approx(tes::true_height(twin.array, *truth, 929.68)).epsilon(0.004));
  }
}

TEST_CASE("a pixel that jumped is calibrated in two parts; one without photons is left out with a reason" *
          doctest::test_suite("numerics")) {
  Heights twin;
  for (std::size_t i = 0; i < twin.pixels[2].height.size(); ++i) {
    if (twin.pixels[2].time_ns[i] < twin.windows[1].start_ns) continue;
    twin.pixels[2].height[i] *= 1.02;
    twin.pixels[2].shape[i] += 10;
  }
  twin.pixels[5].height.clear();
  twin.pixels[5].raw_height.clear();
  twin.pixels[5].phase.clear();
  twin.pixels[5].pretrigger_mean.clear();
  twin.pixels[5].shape.clear();
  twin.pixels[5].flags.clear();
  twin.pixels[5].time_ns.clear();
  const tes::ArrayCalibration c = tes::calibrate_array(twin.pixels, twin.windows, tes::test::line_names());
  CHECK(c.pixels[2].state == tes::PixelState::repaired);
  CHECK(c.pixels[2].changed_ns.size() == 1);
  const tes::PixelEvents events = tes::make_events(twin.pixels[2], c.pixels[2]);
  std::vector<double> late;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events.time_ns[i] >= twin.windows[1].start_ns && std::abs(events.energy_eV[i] - 524.9) < 8)
      late.push_back(events.energy_eV[i]);
  }
  CHECK(core::median(late) == doctest::Approx(524.9).epsilon(0.001));
  CHECK(c.pixels[5].state == tes::PixelState::vetoed);
  REQUIRE(!c.pixels[5].reasons.empty());
  CHECK(c.pixels[5].reasons.front().find("photons") != std::string::npos);
  CHECK(c.warnings.size() == 1);
}

TEST_CASE("what is no photon is counted by why") {
  Heights twin{2000};
  const tes::ArrayCalibration c = tes::calibrate_array(twin.pixels, twin.windows, tes::test::line_names());
  tes::PulseHeights one = twin.pixels[0];
  one.flags[0] = static_cast<std::uint8_t>(tes::Flag::not_finite);
  one.flags[1] = static_cast<std::uint8_t>(tes::Flag::pile_up) | static_cast<std::uint8_t>(tes::Flag::bad_shape);
  one.height[2] *= 50;
  const tes::PixelEvents events = tes::make_events(one, c.pixels[0]);
  CHECK(events.size() + 3 == one.height.size());
  CHECK(events.record_time_ns.size() == one.height.size());
  CHECK(events.excluded[0] == 1);
  CHECK(events.excluded[1] == 1);
  CHECK(events.excluded[2] == 1);
  CHECK(events.excluded[3] == 1);
  CHECK(std::ranges::is_sorted(events.time_ns));
}

TEST_CASE("calibrations without photons, lines or pixels say so") {
  const Heights twin{200};
  const std::vector<tes::CalibrationWindow> elsewhere{{"CAL9", 5, 6, 0}};
  CHECK_THROWS_AS(tes::calibrate_array(twin.pixels, elsewhere, tes::test::line_names()), core::UnusableData);
  CHECK_THROWS_AS(tes::calibrate_array(twin.pixels, twin.windows, std::vector<std::string>{}), core::UsageError);
  CHECK_THROWS_AS(tes::calibrate_array(twin.pixels, twin.windows, std::vector<std::string>{"C Ka", "O Ka", "Xx"}),
                  core::UsageError);
}

TEST_CASE("a line is a name, a name with an energy, or an energy") {
  CHECK(tes::emission_line("o ka").peak_eV == doctest::Approx(524.9));
  CHECK(tes::emission_line("o ka").name == "O Ka");
  const tes::EmissionLine own = tes::emission_line(" Fe La = 705.2 +- 0.3 eV ");
  CHECK(own.name == "Fe La");
  CHECK(own.peak_eV == doctest::Approx(705.2));
  CHECK(own.peak_sigma_eV == doctest::Approx(0.3));
  CHECK(tes::emission_line("O Ka=524.45").peak_sigma_eV == 0);
  CHECK(tes::emission_line("600").name == "600 eV");
  CHECK(tes::emission_line("600+/-0.1").peak_sigma_eV == doctest::Approx(0.1));
  CHECK(tes::emission_line("600\u00b10.1").peak_sigma_eV == doctest::Approx(0.1));
  // Hoelzer et al. 1997, Table III: Mn Ka1 5898.801, Ka2 5887.686 eV.
  const tes::EmissionLine manganese = tes::emission_line("Mn Ka");
  CHECK(manganese.peak_eV == doctest::Approx(5898.801));
  REQUIRE(manganese.doublet.size() == 2);
  CHECK(manganese.doublet[1].centre_eV == doctest::Approx(-11.1).epsilon(0.02));
  CHECK(manganese.doublet[1].weight == doctest::Approx(0.338).epsilon(0.02));
  CHECK(tes::emission_line("P Ka").peak_eV == doctest::Approx(2013.68));  // xraylib: 2010.2
  CHECK(tes::emission_line("Zn La").peak_eV == doctest::Approx(1011.6));
  for (const char* text : {"Xx Ka", "O", "O Kz", "U Ka", "O Ka=", "O Ka=high", "=5", "-600", "600+-700", ""})
    CHECK_THROWS_AS(tes::emission_line(text), core::UsageError);
}

TEST_CASE("one and two lines make a scale that says what they leave open" * doctest::test_suite("numerics")) {
  const Heights all{4000, 0};
  CHECK_THROWS_AS(tes::calibrate_array(all.pixels, all.windows, std::vector<std::string>{"N Ka", "Fe La"}),
                  core::UnusableData);  // six peaks could be these in more than one way
  for (const std::vector<std::string>& lines : {std::vector<std::string>{"N Ka"}, {"N Ka", "Fe La"}}) {
    Heights twin = all;
    for (std::size_t p = 0; p < twin.pixels.size(); ++p) {
      const auto pixel = tes::make_pixels(twin.array)[p];
      tes::PulseHeights& h = twin.pixels[p];
      for (std::size_t i = 0; i < h.height.size(); ++i) {
        const bool of_sample = std::ranges::any_of(lines, [&](const std::string& name) {
          return std::abs(h.height[i] / tes::true_height(twin.array, pixel, tes::emission_line(name).peak_eV) - 1) <
                 0.03;
        });
        if (!of_sample) h.flags[i] = static_cast<std::uint8_t>(tes::Flag::bad_shape);
      }
    }
    const tes::ArrayCalibration c = tes::calibrate_array(twin.pixels, twin.windows, lines);
    for (std::size_t p = 0; p < twin.pixels.size(); ++p) {
      REQUIRE(c.pixels[p].usable());
      const auto pixel = tes::make_pixels(twin.array)[p];
      for (const double e : {300.0, 392.4, 525.0, 850.0}) {
        const double height = tes::true_height(twin.array, pixel, e);
        const double error = c.pixels[p].curve.energy_eV(height) - e;
        CHECK(std::abs(error) < 2 * std::hypot(c.pixels[p].curve.sigma_eV(height), 0.2));
      }
    }
    CHECK(std::ranges::any_of(c.warnings,
                              [](const std::string& w) { return w.find("saturation") != std::string::npos; }));
  }
}
