#include "lithoscope/tes/noise.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "fourier.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/tes/pulse_summary.hpp"
#include "robust.hpp"

namespace lithoscope::tes {
namespace {

double rms_of(std::span<const std::uint16_t> samples) {
  double sum = 0, squares = 0;
  for (const std::uint16_t s : samples) {
    sum += s;
    squares += static_cast<double>(s) * s;
  }
  const auto n = static_cast<double>(samples.size());
  return std::sqrt(std::max(0.0, squares / n - sum / n * (sum / n)));
}

}  // namespace

Noise measure_noise(const PulseFile& file, std::int64_t presamples, const NoiseSettings& settings) {
  const auto n = static_cast<std::size_t>(file.facts().samples);
  constexpr std::size_t least_samples = 16;
  if (n < least_samples || file.records() == 0) {
    throw core::ComputationError({.what = "no noise can be measured",
                                  .where = {.path = file.facts().path},
                                  .expected = "records of at least 16 samples",
                                  .found = std::to_string(file.records()) + " records of " + std::to_string(n)});
  }
  const std::size_t quiet = std::min(n, static_cast<std::size_t>(std::max<std::int64_t>(2, presamples)));
  Noise out;
  RealTransform padded{2 * n}, plain{n};  // padded: no product of the record's end with its beginning
  std::vector<double> power(padded.frequency().size(), 0.0);
  out.power_per_Hz.assign(plain.frequency().size(), 0.0);
  std::vector<double> window(n);
  double window_power = 0;
  for (std::size_t k = 0; k < n; ++k) {
    window[k] = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n - 1));
    window_power += window[k] * window[k];
  }
  std::vector<double> rms, slopes;
  std::vector<std::uint16_t> record(n);
  for (std::int64_t i = 0; i < file.records(); ++i) {
    if (file.length(i) != file.facts().samples) continue;
    file.samples(i, record);
    rms.push_back(rms_of(std::span{record}.first(quiet)));
    slopes.push_back(largest_slope(record));
    const auto [low, high] = std::ranges::minmax(record);
    if (high - low > settings.largest_excursion) {
      ++out.records_left_out;
      continue;
    }
    ++out.records_used;
    double mean = 0;
    for (const std::uint16_t s : record) mean += s;
    mean /= static_cast<double>(n);
    std::ranges::fill(padded.time(), 0.0);
    for (std::size_t k = 0; k < n; ++k) {
      padded.time()[k] = record[k] - mean;
      plain.time()[k] = (record[k] - mean) * window[k];
    }
    padded.forward();
    plain.forward();
    for (std::size_t k = 0; k < power.size(); ++k) power[k] += std::norm(padded.frequency()[k]);
    for (std::size_t k = 0; k < out.power_per_Hz.size(); ++k) out.power_per_Hz[k] += std::norm(plain.frequency()[k]);
  }
  if (out.records_used == 0) {
    throw core::ComputationError({.what = "every noise record holds a pulse",
                                  .where = {.path = file.facts().path},
                                  .expected = "ranges below " + std::to_string(settings.largest_excursion),
                                  .found = std::to_string(out.records_left_out) + " records beyond it",
                                  .advice = "give a noise file taken without photons"});
  }
  const auto used = static_cast<double>(out.records_used);
  for (std::size_t k = 0; k < power.size(); ++k) padded.frequency()[k] = power[k] / used;
  padded.backward();
  for (std::size_t lag = 0; lag < n; ++lag)
    out.autocorrelation.push_back(padded.time()[lag] / static_cast<double>(n - lag));
  // One-sided: every frequency but the first and the last stands for its negative, too.
  const double scale = 2 * file.facts().sample_s / (window_power * used);
  for (double& p : out.power_per_Hz) p *= scale;
  out.power_per_Hz.front() /= 2;
  out.power_per_Hz.back() /= 2;
  out.frequency_step_Hz = 1 / (file.facts().sample_s * static_cast<double>(n));
  out.pretrigger_rms_median = core::median(rms);
  out.pretrigger_rms_spread = spread_of(rms);
  out.slope_median = core::median(slopes);
  out.slope_spread = spread_of(slopes);
  return out;
}

}  // namespace lithoscope::tes
