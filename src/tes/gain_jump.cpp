#include "gain_jump.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace lithoscope::tes {
namespace {

constexpr double bin = 0.0008;  // of ln(height): the smallest jump that is sought
constexpr int kernel_sigma = 2, kernel_reach = 3 * kernel_sigma, most_bins = 20;  // jumps up to 1.6 %
constexpr int least_step = 2;
constexpr double significant = 15;  // of a logarithm of likelihoods over some hundred places and steps
constexpr std::size_t least_records = 120;

// Heights as bins of their logarithm; the outermost are left out.
struct Binned {
  std::vector<std::int32_t> of_record;  // -1: left out
  std::size_t bins = 0;
};

Binned binned(std::span<const double> height) {
  std::vector<double> x;
  for (const double h : height) x.push_back(h > 0 ? std::log(h) : -100);
  std::vector<double> sorted = x;
  std::ranges::sort(sorted);
  constexpr double outliers = 0.01, margin = 0.05;
  const double low = sorted[static_cast<std::size_t>(outliers * static_cast<double>(x.size()))] - margin;
  const double high = sorted[static_cast<std::size_t>((1 - outliers) * static_cast<double>(x.size() - 1))] + margin;
  Binned out{.of_record = {}, .bins = static_cast<std::size_t>((high - low) / bin) + 1};
  for (const double v : x) {
    const auto at =
        static_cast<std::int32_t>(std::floor(std::clamp((v - low) / bin, -1.0, static_cast<double>(out.bins))));
    out.of_record.push_back(at >= most_bins && at + most_bins < static_cast<std::int32_t>(out.bins) ? at : -1);
  }
  return out;
}

using Counts = std::vector<double>;

Counts counts_of(const Binned& all, std::size_t from, std::size_t to) {
  Counts out(all.bins, 0.0);
  for (std::size_t i = from; i < to; ++i) {
    if (all.of_record[i] >= 0) out[static_cast<std::size_t>(all.of_record[i])] += 1;
  }
  return out;
}

// Logarithm of the smoothed density; a little everywhere, so that no record is impossible.
Counts log_density(const Counts& counts) {
  std::array<double, 2 * kernel_reach + 1> kernel{};
  double sum = 0;
  for (std::size_t k = 0; k < kernel.size(); ++k) {
    const double apart = (static_cast<double>(k) - kernel_reach) / kernel_sigma;
    sum += kernel[k] = std::exp(-0.5 * apart * apart);
  }
  const auto n = static_cast<std::ptrdiff_t>(counts.size());
  Counts out(counts.size(), 0.0);
  double total = 0;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const double c = counts[static_cast<std::size_t>(i)];
    if (c == 0) continue;
    total += c;
    for (std::ptrdiff_t k = std::max<std::ptrdiff_t>(0, i - kernel_reach); k <= std::min(n - 1, i + kernel_reach); ++k)
      out[static_cast<std::size_t>(k)] += c * kernel[static_cast<std::size_t>(k - i + kernel_reach)] / sum;
  }
  constexpr double floor_records = 10;  // spread over all bins
  for (double& v : out) v = std::log((v + floor_records / static_cast<double>(n)) / (total + floor_records));
  return out;
}

// Bins that hold something; none lies within most_bins of an end.
struct Filled {
  std::ptrdiff_t bin = 0;
  double counts = 0;
};
std::vector<Filled> filled(const Counts& counts) {
  std::vector<Filled> out;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) out.push_back({static_cast<std::ptrdiff_t>(i), counts[i]});
  }
  return out;
}

// How much better counts fit a density when they are moved by `step` bins.
double gain_of(const std::vector<Filled>& counts, const Counts& log_of_others, std::ptrdiff_t step) {
  double out = 0;
  for (const Filled& f : counts)
    out += f.counts *
           (log_of_others[static_cast<std::size_t>(f.bin - step)] - log_of_others[static_cast<std::size_t>(f.bin)]);
  return out;
}

struct Split {
  double better = 0;
  std::size_t at = 0;
  int step = 0;
};

Split split_at(const Binned& all, std::size_t at) {
  Split best{.at = at};
  const Counts before = counts_of(all, 0, at), after = counts_of(all, at, all.of_record.size());
  const Counts log_before = log_density(before), log_after = log_density(after);
  const std::vector<Filled> earlier = filled(before), later = filled(after);
  for (int step = -most_bins; step <= most_bins; ++step) {
    const double better = 0.5 * (gain_of(later, log_before, step) + gain_of(earlier, log_after, -step));
    if (better > best.better) best = {better, at, step};
  }
  return best;
}

// The record from which on the heights are better moved.
std::size_t first_moved(const Binned& all, const Split& split) {
  const Counts before = counts_of(all, 0, split.at), after = counts_of(all, split.at, all.of_record.size());
  Counts both = before;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const auto to = static_cast<std::ptrdiff_t>(i) - split.step;
    if (to >= 0 && to < static_cast<std::ptrdiff_t>(both.size())) both[static_cast<std::size_t>(to)] += after[i];
  }
  const Counts density = log_density(both);
  double sum = 0, best = 0;
  std::size_t at = all.of_record.size();
  for (std::size_t i = all.of_record.size(); i-- > 0;) {
    if (all.of_record[i] < 0) continue;
    const auto here = static_cast<std::size_t>(all.of_record[i]);
    sum += density[static_cast<std::size_t>(all.of_record[i] - split.step)] - density[here];
    if (sum > best) {
      best = sum;
      at = i;
    }
  }
  return at;
}

}  // namespace

std::optional<GainJump> find_gain_jump(std::span<const std::int64_t> time_ns, std::span<const double> height) {
  const std::size_t n = height.size();
  if (n < least_records) return std::nullopt;
  const Binned all = binned(height);
  constexpr std::size_t places = 8;
  Split best;
  for (std::size_t k = 1; k < places; ++k) {
    const Split here = split_at(all, k * n / places);
    if (here.better > best.better) best = here;
  }
  if (best.better < significant || std::abs(best.step) < least_step) return std::nullopt;
  const std::size_t at = first_moved(all, best);
  if (at == 0 || at >= n) return std::nullopt;
  return GainJump{time_ns[at], bin * best.step};
}

}  // namespace lithoscope::tes
