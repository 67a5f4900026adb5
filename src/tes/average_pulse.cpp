#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/tes/optimal_filter.hpp"

namespace lithoscope::tes {
namespace {

constexpr double alike = 0.05;              // share of the median pulse average
constexpr std::int64_t most_pulses = 7000;  // more only cost time

// The first so many clean pulses of about the median size.
std::vector<std::int64_t> pulses_alike(const PulseFile& file, const PulseSummaries& summaries,
                                       std::span<const std::uint8_t> use, double width, std::int64_t most) {
  std::vector<double> sizes;
  for (std::size_t i = 0; i < use.size(); ++i) {
    if (use[i] != 0) sizes.push_back(static_cast<double>(summaries.pulse_average[i]));
  }
  const double median = core::median(sizes);
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < use.size() && static_cast<std::int64_t>(out.size()) < most; ++i) {
    if (use[i] != 0 && std::abs(static_cast<double>(summaries.pulse_average[i]) / median - 1) < width)
      out.push_back(static_cast<std::int64_t>(i));
  }
  if (out.empty()) {
    throw core::ComputationError({.what = "no pulses to average",
                                  .where = {.path = file.facts().path},
                                  .expected = "clean pulses within 5 % of the median size",
                                  .found = std::to_string(sizes.size()) + " clean pulses",
                                  .advice = "a pixel without photons has no filter; leave it out"});
  }
  return out;
}

}  // namespace

PulseShape average_pulse(const PulseFile& file, const PulseSummaries& summaries, std::span<const std::uint8_t> use,
                         const SummarySettings& settings) {
  const auto n = static_cast<std::size_t>(file.facts().samples);
  const std::vector<std::int64_t> rows = pulses_alike(file, summaries, use, alike, most_pulses);
  std::vector<std::uint16_t> record(n);
  std::vector<double> mean(n, 0.0);
  for (const std::int64_t i : rows) {
    file.samples(i, record);
    for (std::size_t k = 0; k < n; ++k) mean[k] += record[k];
  }
  for (double& m : mean) m /= static_cast<double>(rows.size());
  const auto quiet = static_cast<std::size_t>(file.facts().presamples - settings.pretrigger_ignore);
  const auto baseline_of = [&](std::size_t count) {
    double sum = 0;
    for (std::size_t k = 0; k < count; ++k) sum += mean[k];
    return sum / static_cast<double>(count);
  };
  const double baseline = baseline_of(quiet);
  for (double& m : mean) m -= baseline;
  // The last quiet sample is left to the pulse, as it may begin early.
  const double rest = baseline_of(quiet - 1);
  PulseShape shape{.presamples = static_cast<std::int64_t>(quiet),
                   .peak = *std::ranges::max_element(mean) - rest,
                   .pulses = static_cast<std::int64_t>(rows.size())};
  for (std::size_t k = 0; k < n; ++k) shape.pulse.push_back(k < quiet ? 0 : (mean[k] - rest) / shape.peak);
  return shape;
}

PulseShape pulse_and_derivative(const PulseFile& file, const PulseSummaries& summaries,
                                std::span<const std::uint8_t> use) {
  const auto n = static_cast<std::size_t>(file.facts().samples);
  const auto presamples = static_cast<std::size_t>(file.facts().presamples);
  constexpr double wider = 0.3;  // pulses of other sizes have the same shape to first order
  constexpr std::int64_t enough = 4000;
  const std::vector<std::int64_t> rows = pulses_alike(file, summaries, use, wider, enough);
  const std::size_t m = n - 1;
  PulseShape shape{
      .presamples = file.facts().presamples - 1, .slid = true, .pulses = static_cast<std::int64_t>(rows.size())};
  shape.pulse.assign(m, 0.0);
  shape.derivative.assign(m, 0.0);

  // Sums over the pulses: of y, and of y times the arrival time, y a pulse over its own height.
  std::vector<double> heights(rows.size()), arrivals(rows.size(), 0.0);
  for (std::size_t j = 0; j < rows.size(); ++j)
    heights[j] = static_cast<double>(summaries.peak_value[static_cast<std::size_t>(rows[j])]);
  std::vector<std::uint16_t> record(n);
  const auto accumulate = [&] {
    double st = 0, stt = 0;
    for (const double a : arrivals) {
      st += a;
      stt += a * a;
    }
    std::vector<double> sy(m, 0.0), sty(m, 0.0);
    for (std::size_t j = 0; j < rows.size(); ++j) {
      const auto row = static_cast<std::size_t>(rows[j]);
      file.samples(rows[j], record);
      const std::uint16_t* from = record.data() + (summaries.early[row] != 0 ? 0 : 1);
      const double scale = 1 / heights[j], base = static_cast<double>(summaries.pretrigger_mean[row]);
      const double a = arrivals[j];
      for (std::size_t k = 0; k < m; ++k) {
        const double y = (from[k] - base) * scale;
        sy[k] += y;
        sty[k] += a * y;
      }
    }
    const auto count = static_cast<double>(rows.size());
    const double det = count * stt - st * st;
    const bool flat = !(det > 1e-9 * count * count);
    for (std::size_t k = 0; k < m; ++k) {
      shape.derivative[k] = flat ? 0 : (count * sty[k] - st * sy[k]) / det;
      shape.pulse[k] = flat ? sy[k] / count : (stt * sy[k] - st * sty[k]) / det;
    }
    if (flat) {
      for (std::size_t k = 1; k + 1 < m; ++k) shape.derivative[k] = 0.5 * (shape.pulse[k - 1] - shape.pulse[k + 1]);
    }
    for (std::size_t k = 0; k + 1 < presamples; ++k) shape.pulse[k] = shape.derivative[k] = 0;
    const double top = *std::ranges::max_element(shape.pulse);
    for (double& v : shape.pulse) v /= top;
    for (double& v : shape.derivative) v /= top;
  };
  accumulate();
  shape.peak = core::median(heights);
  // Weights for white noise do here: a pulse stands hundreds of sigmas out, and its arrival is on its steep rise.
  Noise white;
  white.autocorrelation.assign(n, 0.0);
  white.autocorrelation.front() = 1;
  constexpr int rounds = 3;
  for (int round = 0; round < rounds; ++round) {
    const OptimalFilter filter = make_arrival_time_safe(shape, white, file.facts().sample_s, {.roll_off_Hz = 0});
    for (std::size_t j = 0; j < rows.size(); ++j) {
      file.samples(rows[j], record);
      const Filtered f = apply(filter, record, summaries.early[static_cast<std::size_t>(rows[j])] != 0);
      constexpr double beyond = 1.5;  // samples; further off the first order says nothing
      heights[j] = f.height;
      arrivals[j] = std::clamp(f.phase, -beyond, beyond);
    }
    accumulate();
  }
  shape.peak = core::median(heights);
  return shape;
}

}  // namespace lithoscope::tes
