#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/tes/alignment.hpp"
#include "lithoscope/tes/clock.hpp"
#include "lithoscope/tes/pulse_chain.hpp"
#include "lithoscope/tes/synthesize.hpp"

using namespace lithoscope;

namespace {

constexpr std::int64_t second = 1'000'000'000;

struct Run {
  tes::SyntheticArray array{.pixels = 1, .gain_drift = 0, .baseline_drift = 0, .seed = 4};
  tes::SyntheticPixel pixel = tes::make_pixels(array).front();
  std::vector<tes::PulseFile> pulses;
  std::vector<tes::PulseFile> noise;

  Run(double rate, double seconds, double energy_eV = 600) {
    const std::vector<std::pair<double, double>> line{{energy_eV, 1.0}};
    const auto photons =
        tes::draw_photons(line, 0, rate, array.start_ns, array.start_ns + std::llround(seconds * 1e9), 1, 1);
    pulses.emplace_back(io::InputFile::from_bytes(
        "twin_chan1.ljh", tes::ljh_file(array, pixel, tes::make_records(array, pixel, photons))));
    noise.emplace_back(io::InputFile::from_bytes(
        "noise_chan1.ljh", tes::ljh_file(array, pixel, tes::make_noise_records(array, pixel, 150))));
  }
};

double width_of(std::vector<double> values) {
  std::ranges::sort(values);
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  };
  return (at(0.8413) - at(0.1587)) / 2;
}

}  // namespace

TEST_CASE("a flat record with one step has the summary one computes by hand") {
  tes::SyntheticArray array{.samples = 40, .presamples = 10};
  tes::SyntheticRecords records;
  records.samples.assign(40, 1000);
  for (std::size_t k = 10; k < 40; ++k)
    records.samples[k] = static_cast<std::uint16_t>(k < 14 ? 1000 + 100 * (k - 9) : 1500 - 10 * (k - 14));
  records.frame = {7};
  records.posix_ns = {123456000};
  const tes::PulseFile file{io::InputFile::from_bytes("a_chan3.ljh", tes::ljh_file(array, {.channel = 3}, records))};
  const tes::PulseSummaries s = tes::summarise_pulses(file);
  REQUIRE(s.size() == 1);
  CHECK(s.pretrigger_mean[0] == 1000.0F);
  CHECK(s.pretrigger_rms[0] == 0.0F);
  CHECK(s.peak_value[0] == 500);
  CHECK(s.peak_index[0] == 14);
  CHECK(s.min_value[0] == 1000);
  CHECK(s.early[0] == 0);
  CHECK(s.stamp[0].posix_ns == 123456000);
}

TEST_CASE("a filter gives back the height of its own pulse, on any baseline") {
  const Run run{50, 4};
  const tes::PulseSummaries s = tes::summarise_pulses(run.pulses[0]);
  const tes::Noise noise = tes::measure_noise(run.noise[0], run.pulses[0].facts().presamples);
  const std::vector<std::uint8_t> all(static_cast<std::size_t>(s.size()), 1);
  const tes::PulseShape shape = tes::average_pulse(run.pulses[0], s, all);
  const tes::OptimalFilter five = tes::make_five_lag(shape, noise, 4.8e-6);
  const tes::PulseShape both = tes::pulse_and_derivative(run.pulses[0], s, all);
  const tes::OptimalFilter safe = tes::make_arrival_time_safe(both, noise, 4.8e-6);
  // No response to a constant: nothing to gain from knowing the baseline.
  const double sum = std::accumulate(safe.height.begin(), safe.height.end(), 0.0);
  double size = 0;
  for (const double f : safe.height) size += std::abs(f);
  CHECK(std::abs(sum) < 1e-6 * size);
  std::vector<std::uint16_t> record(1024);
  for (std::size_t k = 0; k < record.size(); ++k)
    record[k] = static_cast<std::uint16_t>(std::lround(3000 + 8000 * shape.pulse[k]));
  CHECK(tes::apply(five, record, false).height == doctest::Approx(8000).epsilon(1e-4));
}

TEST_CASE("the width of a line is what the noise alone allows") {
  const Run run{40, 60};
  for (const tes::FilterKind kind : {tes::FilterKind::five_lag, tes::FilterKind::arrival_time_safe}) {
    tes::ChainSettings settings;
    settings.filter = kind;
    const tes::PulseHeights h = tes::process_pulses(run.pulses, &run.noise[0], settings);
    std::vector<double> clean;
    for (std::size_t i = 0; i < h.height.size(); ++i) {
      if (h.flags[i] == 0) clean.push_back(h.height[i]);
    }
    REQUIRE(clean.size() > 1000);
    const double truth = tes::true_height(run.array, run.pixel, 600);
    const double fwhm = 2.3548 * width_of(clean);
    CHECK(fwhm * h.resolving_power / truth == doctest::Approx(1).epsilon(0.12));
  }
}

TEST_CASE("two photons in one record are called pile-up") {
  const Run run{150, 10};
  const tes::PulseHeights h = tes::process_pulses(run.pulses, &run.noise[0]);
  const auto piled = std::ranges::count_if(
      h.flags, [](std::uint8_t f) { return (f & static_cast<std::uint8_t>(tes::Flag::pile_up)) != 0; });
  // At 150 a second another photon comes within the rest of a 4.9 ms record, or left its tail before it, about as often
  // as not.
  CHECK(static_cast<double>(piled) > 0.3 * static_cast<double>(h.size()));
}

TEST_CASE("files of different record lengths are refused, an empty one is passed over") {
  Run run{50, 2};
  tes::SyntheticArray shorter = run.array;
  shorter.samples = 512;
  run.pulses.emplace_back(io::InputFile::from_bytes("b_chan1.ljh", tes::ljh_file(shorter, run.pixel, {})));
  CHECK_THROWS_AS(tes::process_pulses(run.pulses, nullptr), core::UsageError);
  run.pulses.pop_back();
  run.pulses.insert(run.pulses.begin(),
                    tes::PulseFile{io::InputFile::from_bytes("c_chan1.ljh", tes::ljh_file(run.array, run.pixel, {}))});
  CHECK(tes::process_pulses(run.pulses, nullptr).size() > 50);
}

TEST_CASE("the gain's drift with the baseline is found, whatever the unit of height") {
  core::RandomStream random{5, 0};
  std::vector<double> height, scaled, baseline;
  for (int i = 0; i < 6000; ++i) {
    const double line = i % 3 == 0 ? 3000 : i % 3 == 1 ? 5200 : 8100;
    baseline.push_back(500 * random.uniform());
    height.push_back(line * std::exp(-2e-5 * (baseline.back() - 250)) * (1 + 0.001 * random.normal()));
    scaled.push_back(1e-3 * height.back());
  }
  const tes::GainDrift a = tes::fit_gain_drift(height, baseline), b = tes::fit_gain_drift(scaled, baseline);
  CHECK(a.slope == doctest::Approx(2e-5).epsilon(0.03));
  CHECK(b.slope == doctest::Approx(a.slope).epsilon(1e-3));
}

TEST_CASE("what depends on the arrival phase is taken out, what does not is left alone") {
  core::RandomStream random{6, 0};
  std::vector<double> height, same, phase;
  for (int i = 0; i < 6000; ++i) {
    phase.push_back(random.uniform() - 0.5);
    const double truth = (i % 2 == 0 ? 4000 : 9000) * (1 + 0.001 * random.normal());
    same.push_back(truth);
    height.push_back(truth * std::exp(0.004 * phase.back() - 0.006 * phase.back() * phase.back()));
  }
  const tes::PhaseCorrection found = tes::fit_phase_correction(height, phase);
  CHECK(found.linear == doctest::Approx(-0.004).epsilon(0.05));
  CHECK(found.quadratic == doctest::Approx(0.006).epsilon(0.15));
  const tes::PhaseCorrection none = tes::fit_phase_correction(same, phase);
  CHECK(std::abs(none.linear) < 2e-4);
  CHECK(std::abs(none.quadratic) < 8e-4);
}

TEST_CASE("a slow drift in time is followed through its knots") {
  core::RandomStream random{7, 0};
  std::vector<double> height, time;
  for (int i = 0; i < 9000; ++i) {
    time.push_back(i);
    height.push_back((i % 2 == 0 ? 4000 : 9000) * std::exp(0.003 * std::sin(i / 3000.0)) *
                     (1 + 0.001 * random.normal()));
  }
  const tes::TimeDrift drift = tes::fit_time_drift(height, time, 9);
  double worst = 0, mean = 0;
  for (int i = 0; i < 9000; i += 100) mean += (drift.at(i) + 0.003 * std::sin(i / 3000.0)) / 90;
  for (int i = 0; i < 9000; i += 100)
    worst = std::max(worst, std::abs(drift.at(i) + 0.003 * std::sin(i / 3000.0) - mean));
  CHECK(worst < 4e-4);
}

TEST_CASE("times follow the frame counter where the clock jitters, and begin anew where it steps") {
  core::RandomStream random{8, 0};
  std::vector<std::int64_t> frame, posix;
  std::vector<double> truth;
  for (int i = 0; i < 2000; ++i) {
    frame.push_back(50000LL * i);
    truth.push_back(0.24 * i * (1 + 2e-5) + (i >= 1200 ? 30 : 0));
    posix.push_back(static_cast<std::int64_t>(1e9 * truth.back()) + std::llround(4e7 * random.normal()));
  }
  const tes::RegularTimes times = tes::regularise(frame, posix, 4.8e-6);
  REQUIRE(times.regular);
  CHECK(times.steps == 1);
  double worst = 0;
  for (std::size_t i = 0; i < truth.size(); ++i)
    worst = std::max(worst, std::abs(1e-9 * static_cast<double>(times.time_ns[i]) - truth[i]));
  CHECK(worst < 0.008);  // the jitter of one is 0.04
}

TEST_CASE("a counter that never moves leaves the clock's times alone") {
  const std::vector<std::int64_t> frame(100, 5);
  std::vector<std::int64_t> posix;
  for (int i = 0; i < 100; ++i) posix.push_back(i * second);
  const tes::RegularTimes times = tes::regularise(frame, posix, 4.8e-6);
  CHECK(!times.regular);
  CHECK(times.time_ns == posix);
}
