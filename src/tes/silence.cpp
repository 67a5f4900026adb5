// Pixels that stop seeing photons while the others go on.
#include <algorithm>
#include <cmath>

#include "lithoscope/core/median.hpp"
#include "lithoscope/tes/events.hpp"

namespace lithoscope::tes {
namespace {

// How many records the whole array has had by a time: the clock by which a pixel's records come evenly, whatever the
// beam does.
class ArrayClock {
 public:
  explicit ArrayClock(std::span<const PixelEvents> pixels) {
    for (const PixelEvents& p : pixels) {
      if (p.record_time_ns.empty()) continue;
      first_ = std::min(first_, p.record_time_ns.front());
      last_ = std::max(last_, p.record_time_ns.back());
    }
    constexpr std::size_t pieces = 20000;
    sum_.assign(pieces + 1, 0.0);
    if (last_ <= first_) return;
    per_ns_ = static_cast<double>(pieces) / (static_cast<double>(last_ - first_) + 1);
    for (const PixelEvents& p : pixels) {
      for (const std::int64_t t : p.record_time_ns) sum_[1 + static_cast<std::size_t>(place(t))] += 1;
    }
    for (std::size_t k = 1; k < sum_.size(); ++k) sum_[k] += sum_[k - 1];
  }
  double at(std::int64_t time_ns) const {
    const double where = place(time_ns);
    const auto k = static_cast<std::size_t>(where);
    return k + 1 < sum_.size() ? sum_[k] + (where - static_cast<double>(k)) * (sum_[k + 1] - sum_[k]) : sum_.back();
  }
  std::int64_t first_ns() const { return first_; }
  std::int64_t last_ns() const { return last_; }

 private:
  double place(std::int64_t t) const { return static_cast<double>(t - first_) * per_ns_; }
  std::int64_t first_ = INT64_MAX, last_ = INT64_MIN;
  double per_ns_ = 0;
  std::vector<double> sum_;
};

}  // namespace

void find_silences(std::span<PixelEvents> pixels) {
  const ArrayClock clock{pixels};
  for (PixelEvents& pixel : pixels) {
    pixel.silent.clear();
    const auto& times = pixel.record_time_ns;
    constexpr std::size_t least_records = 50;
    if (times.size() < least_records) continue;
    std::vector<double> gaps;
    for (std::size_t i = 1; i < times.size(); ++i) gaps.push_back(clock.at(times[i]) - clock.at(times[i - 1]));
    // Gaps of a steady pixel are exponential: 60 mean ones are seen in none of any number of records, and leave room
    // for light that favours other pixels by a factor of two.
    constexpr double mean_per_median = 1.4427, long_gap = 60;
    const double longest = long_gap * mean_per_median * core::median(gaps);
    const auto judge = [&](std::int64_t from, std::int64_t to) {
      if (clock.at(to) - clock.at(from) > longest && to > from) pixel.silent.push_back({from, to});
    };
    judge(clock.first_ns(), times.front());
    for (std::size_t i = 1; i < times.size(); ++i) judge(times[i - 1], times[i]);
    judge(times.back(), clock.last_ns() + 1);
  }
}

}  // namespace lithoscope::tes
