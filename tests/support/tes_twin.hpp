// A small synthetic array for tests: pixels, photons of calibration lines, heights as the chain would give them.
#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "lithoscope/core/rng.hpp"
#include "lithoscope/tes/array_calibration.hpp"
#include "lithoscope/tes/synthesize.hpp"

namespace lithoscope::tes::test {

inline const std::vector<std::pair<double, double>>& lines() {
  static const std::vector<std::pair<double, double>> all{{277.0, 1}, {392.4, 1.4},  {524.9, 1.2},
                                                          {704.8, 1}, {851.47, 1.2}, {929.68, 0.8}};
  return all;
}
inline const std::vector<std::string>& line_names() {
  static const std::vector<std::string> all{"C Ka", "N Ka", "O Ka", "Fe La", "Ni La", "Cu La"};
  return all;
}

constexpr std::int64_t second = 1'000'000'000;

/// Heights of `count` photons a calibration, spread over two of 100 s that lie an hour apart; the gain falls by `drift`
/// in between and the baseline rises by 40.
struct Heights {
  SyntheticArray array{.pixels = 12, .seed = 3};
  std::vector<CalibrationWindow> windows{
      {"CAL0", array.start_ns, array.start_ns + 100 * second, 1000},
      {"CAL1", array.start_ns + 3600 * second, array.start_ns + 3700 * second, 1000}};
  std::vector<PulseHeights> pixels;

  explicit Heights(int count = 4000, double drift = 0.003, double resolution = 0.003) {
    for (const SyntheticPixel& pixel : make_pixels(array)) {
      core::RandomStream random{11, static_cast<std::uint64_t>(pixel.channel)};
      PulseHeights h{.pixel = static_cast<int>(pixel.channel), .sample_s = 4.8e-6, .record_s = 4.9e-3};
      for (int w = 0; w < 2; ++w) {
        for (int i = 0; i < count; ++i) {
          double pick = 6.6 * random.uniform();
          std::size_t k = 0;
          while (k + 1 < lines().size() && pick > lines()[k].second) pick -= lines()[k++].second;
          const double truth = true_height(array, pixel, lines()[k].first) * (1 - drift * w);
          h.height.push_back(truth * (1 + resolution * std::sqrt(500 / lines()[k].first) * random.normal()));
          h.time_ns.push_back(windows[static_cast<std::size_t>(w)].start_ns + i * (90 * second / count));
          h.pretrigger_mean.push_back(4000 + 40 * w + random.normal());
          h.shape.push_back(30 + 0.1 * random.normal());
          h.flags.push_back(0);
        }
      }
      h.raw_height = h.height;
      h.phase.assign(h.height.size(), 0.0);
      pixels.push_back(std::move(h));
    }
  }
};

/// What a perfect calibration makes of a height at its own time.
inline double true_energy(const Heights& twin, std::size_t pixel, double height) {
  const SyntheticPixel p = make_pixels(twin.array)[pixel];
  double low = 1, high = 5000;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (true_height(twin.array, p, middle) < height ? low : high) = middle;
  }
  return low;
}

}  // namespace lithoscope::tes::test
