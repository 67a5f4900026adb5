#include "lithoscope/tes/pulse_summary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "lithoscope/core/errors.hpp"

namespace lithoscope::tes {
namespace {

constexpr std::int64_t early_rows = 2000;
constexpr double early_sigmas = 4.3;  // one in 1e5 quiet baselines
constexpr std::int64_t prompt_from = 2, prompt_samples = 6;
constexpr std::size_t slope_reach = 5, spike_gap = 2;

struct Sums {
  std::int64_t sum = 0, squares = 0;
};
Sums sums_of(std::span<const std::uint16_t> samples) {
  // Blocks small enough that 32-bit sums of samples cannot overflow: twice as many lanes.
  constexpr std::size_t block = 4096;
  Sums out;
  for (std::size_t at = 0; at < samples.size(); at += block) {
    const std::size_t end = std::min(samples.size(), at + block);
    std::uint32_t sum = 0;
    std::uint64_t squares = 0;
    for (std::size_t k = at; k < end; ++k) {
      const std::uint32_t s = samples[k];
      sum += s;
      squares += s * s;
    }
    out.sum += sum;
    out.squares += static_cast<std::int64_t>(squares);
  }
  return out;
}

// Five times twice the slope: integers, so that no digit depends on how the loop is vectorised.
std::int32_t slope_times_ten(const std::uint16_t* s) {
  return 2 * (static_cast<std::int32_t>(s[4]) - static_cast<std::int32_t>(s[0])) + static_cast<std::int32_t>(s[3]) -
         static_cast<std::int32_t>(s[1]);
}

double rise_time(std::span<const std::uint16_t> record, std::size_t presamples, double mean, std::int64_t peak,
                 double sample_s) {
  const auto low = static_cast<std::int64_t>(0.1 * static_cast<double>(peak) + mean);
  const auto high = static_cast<std::int64_t>(0.9 * static_cast<double>(peak) + mean);
  std::size_t k = presamples;
  while (k < record.size() && record[k] <= low) ++k;
  if (k == record.size()) return sample_s;
  const std::size_t low_at = k;
  while (k < record.size() && record[k] <= high) ++k;
  if (k == record.size() || k == low_at) return sample_s;
  const std::size_t high_at = k - 1;
  const double climb = static_cast<double>(record[high_at]) - static_cast<double>(record[low_at]);
  return climb > 0 ? sample_s * static_cast<double>(high_at - low_at) * static_cast<double>(peak) / climb : sample_s;
}

struct One {
  double mean, rms, average, pulse_rms, promptness, rise, slope;
  std::int64_t peak;
  std::uint16_t peak_index, lowest;
  bool early;
};

One summarise(std::span<const std::uint16_t> record, std::size_t presamples, std::size_t ignore, std::size_t usual_peak,
              double sample_s) {
  One one{};
  const std::size_t quiet = presamples - ignore;
  const auto n = static_cast<double>(quiet);
  const Sums before = sums_of(record.first(quiet));
  one.mean = static_cast<double>(before.sum) / n;
  one.rms = std::sqrt(std::max(0.0, static_cast<double>(before.squares) / n - one.mean * one.mean));
  one.early = static_cast<double>(record[presamples - 1]) - one.mean > early_sigmas * one.rms;

  const auto [least, most] = std::ranges::minmax(record);
  one.lowest = least;
  if (one.mean < static_cast<double>(most)) {
    one.peak = static_cast<std::int64_t>(most) - static_cast<std::int64_t>(std::floor(one.mean + 0.5));
    one.peak_index = static_cast<std::uint16_t>(std::ranges::find(record, most) - record.begin());
    const std::size_t from = presamples + prompt_from - (one.early ? 1 : 0);
    std::int64_t sum = 0;
    for (std::size_t k = from; k < std::min(record.size(), from + prompt_samples); ++k) sum += record[k];
    one.promptness = (static_cast<double>(sum) / prompt_samples - one.mean) / static_cast<double>(one.peak);
  }
  const auto pulse = record.subspan(presamples - 1);
  const Sums after = sums_of(pulse);
  const auto m = static_cast<double>(pulse.size());
  one.average = static_cast<double>(after.sum) / m - one.mean;
  one.pulse_rms = std::sqrt(
      std::max(0.0, static_cast<double>(after.squares) / m - one.mean * one.average * 2 - one.mean * one.mean));
  one.rise = rise_time(record, presamples, one.mean, one.peak, sample_s);
  one.slope = largest_slope(record.subspan(std::min(usual_peak, record.size() - slope_reach - spike_gap)));
  return one;
}

}  // namespace

double largest_slope(std::span<const std::uint16_t> samples) {
  std::int32_t most = std::numeric_limits<std::int32_t>::min();
  const std::size_t slopes = samples.size() - slope_reach + 1;
  const std::uint16_t* s = samples.data();
  for (std::size_t k = 0; k + spike_gap < slopes; ++k)
    most = std::max(most, std::min(slope_times_ten(s + k), slope_times_ten(s + k + spike_gap)));
  return 0.1 * most;
}

std::int64_t usual_peak_index(const PulseFile& file) {
  std::map<std::int64_t, std::int64_t> places;
  std::vector<std::uint16_t> record;
  for (std::int64_t i = 0; i < std::min(file.records(), early_rows); ++i) {
    record.resize(static_cast<std::size_t>(file.length(i)));
    file.samples(i, record);
    if (!record.empty()) ++places[std::ranges::max_element(record) - record.begin()];
  }
  std::int64_t best = file.facts().presamples, count = 0;
  for (const auto& [place, n] : places) {
    if (n > count) {
      best = place;
      count = n;
    }
  }
  return best;
}

PulseSummaries summarise_pulses(const PulseFile& file, const SummarySettings& settings) {
  const PulseFileFacts& facts = file.facts();
  const auto samples = static_cast<std::size_t>(facts.samples), presamples = static_cast<std::size_t>(facts.presamples);
  const auto ignore = static_cast<std::size_t>(std::max<std::int64_t>(0, settings.pretrigger_ignore));
  constexpr std::size_t least_after = 8;
  if (file.records() > 0 && (presamples < ignore + 2 || samples < presamples + least_after)) {
    throw core::ComputationError({.what = "records are too short to hold a pulse",
                                  .where = {.path = facts.path},
                                  .expected = "a few samples before the trigger and more after it",
                                  .found = std::to_string(facts.samples) + " samples, " +
                                           std::to_string(facts.presamples) + " before the trigger"});
  }
  PulseSummaries out;
  out.usual_peak_index = usual_peak_index(file);
  const auto n = static_cast<std::size_t>(file.records());
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  for (auto* column : {&out.pretrigger_mean, &out.pretrigger_rms, &out.pulse_average, &out.pulse_rms, &out.promptness,
                       &out.rise_time_s, &out.postpeak_slope})
    column->assign(n, nan);
  for (auto* column : {&out.peak_value, &out.peak_index, &out.min_value}) column->assign(n, 0);
  out.early.assign(n, 0);
  out.stamp.resize(n);
  std::vector<std::uint16_t> record(samples);
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = static_cast<std::int64_t>(i);
    out.stamp[i] = file.stamp(row);
    if (file.length(row) != facts.samples) continue;
    file.samples(row, record);
    const One one =
        summarise(record, presamples, ignore, static_cast<std::size_t>(out.usual_peak_index), facts.sample_s);
    out.pretrigger_mean[i] = static_cast<float>(one.mean);
    out.pretrigger_rms[i] = static_cast<float>(one.rms);
    out.pulse_average[i] = static_cast<float>(one.average);
    out.pulse_rms[i] = static_cast<float>(one.pulse_rms);
    out.promptness[i] = static_cast<float>(one.promptness);
    out.rise_time_s[i] = static_cast<float>(one.rise);
    out.postpeak_slope[i] = static_cast<float>(one.slope);
    out.peak_value[i] = static_cast<std::uint16_t>(one.peak);
    out.peak_index[i] = one.peak_index;
    out.min_value[i] = one.lowest;
    out.early[i] = one.early ? 1 : 0;
  }
  return out;
}

}  // namespace lithoscope::tes
