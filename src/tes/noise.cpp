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

// Records that follow each other without a gap, as a server that records everything writes noise, can be joined: lags
// beyond a few of a record's own are measured far better, and its slow drift is not taken for a constant.
constexpr std::int64_t joined_records = 15;

std::vector<std::int64_t> joined_starts(const PulseFile& file) {
  const double record_ns = 1e9 * file.facts().sample_s * static_cast<double>(file.facts().samples);
  const double tolerance_ns = 2e9 * file.facts().sample_s + 4000;  // old stamps count 4 us
  std::vector<std::int64_t> out;
  std::int64_t first = 0;
  for (std::int64_t i = 0; i < file.records(); ++i) {
    const bool follows =
        i > first && file.length(i) == file.facts().samples &&
        std::abs(static_cast<double>(file.stamp(i).posix_ns - file.stamp(i - 1).posix_ns) - record_ns) < tolerance_ns;
    if (!follows) first = i;
    if (i - first + 1 == joined_records) {
      out.push_back(first);
      first = i + 1;
    }
  }
  return out;
}

// Sum of the autocorrelations of stretches about their own means, over the number of products; how many were quiet.
struct Correlation {
  std::vector<double> by_lag;
  std::int64_t used = 0, left_out = 0;
};
Correlation correlate(const PulseFile& file, const std::vector<std::int64_t>& starts, std::int64_t records,
                      double largest_excursion) {
  const auto n = static_cast<std::size_t>(file.facts().samples);
  const std::size_t length = n * static_cast<std::size_t>(records);
  std::size_t padded = 1;
  while (padded < length + n) padded *= 2;  // no product of the end with the beginning
  RealTransform transform{padded};
  std::vector<double> power(transform.frequency().size(), 0.0);
  std::vector<std::uint16_t> stretch(length);
  Correlation out;
  for (const std::int64_t start : starts) {
    for (std::int64_t r = 0; r < records; ++r)
      file.samples(start + r, std::span{stretch}.subspan(static_cast<std::size_t>(r) * n, n));
    double mean = 0;
    for (const std::uint16_t s : stretch) mean += s;
    mean /= static_cast<double>(length);
    const auto [low, high] = std::ranges::minmax(stretch);
    const bool quiet = records > 1 ? std::max(high - mean, mean - low) <= largest_excursion
                                   : static_cast<double>(high - low) <= largest_excursion;
    if (!quiet) {
      ++out.left_out;
      continue;
    }
    ++out.used;
    std::ranges::fill(transform.time(), 0.0);
    for (std::size_t k = 0; k < length; ++k) transform.time()[k] = stretch[k] - mean;
    transform.forward();
    for (std::size_t k = 0; k < power.size(); ++k) power[k] += std::norm(transform.frequency()[k]);
  }
  if (out.used == 0) return out;
  for (std::size_t k = 0; k < power.size(); ++k) transform.frequency()[k] = power[k] / static_cast<double>(out.used);
  transform.backward();
  for (std::size_t lag = 0; lag < n; ++lag)
    out.by_lag.push_back(transform.time()[lag] / static_cast<double>(length - lag));
  return out;
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
  RealTransform plain{n};
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
    for (std::size_t k = 0; k < n; ++k) plain.time()[k] = (record[k] - mean) * window[k];
    plain.forward();
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
  Correlation correlation = correlate(file, joined_starts(file), joined_records, settings.largest_excursion);
  if (correlation.used == 0) {
    std::vector<std::int64_t> each;
    for (std::int64_t i = 0; i < file.records(); ++i) {
      if (file.length(i) == file.facts().samples) each.push_back(i);
    }
    correlation = correlate(file, each, 1, settings.largest_excursion);
  }
  out.autocorrelation = std::move(correlation.by_lag);
  // One-sided: every frequency but the first and the last stands for its negative, too.
  const double scale = 2 * file.facts().sample_s / (window_power * used);
  for (double& p : out.power_per_Hz) p *= scale;
  out.power_per_Hz.front() /= 2;
  if (n % 2 == 0) out.power_per_Hz.back() /= 2;
  out.frequency_step_Hz = 1 / (file.facts().sample_s * static_cast<double>(n));
  out.pretrigger_rms_median = core::median(rms);
  out.pretrigger_rms_spread = spread_of(rms);
  out.slope_median = core::median(slopes);
  out.slope_spread = spread_of(slopes);
  return out;
}

}  // namespace lithoscope::tes
