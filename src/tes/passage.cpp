#include "lithoscope/tes/passage.hpp"

#include <algorithm>
#include <cmath>

namespace lithoscope::tes {
namespace {

// A gradual change is not quite straight either: the share of a sudden change's uncertainty that it keeps.
constexpr double never_straight = 0.1;

double changed_by(const Passage& passage, double time_ns) {
  const auto after = std::ranges::upper_bound(passage.time_ns, time_ns);
  if (after == passage.time_ns.begin()) return 0;
  if (after == passage.time_ns.end()) return 1;
  const auto k = static_cast<std::size_t>(after - passage.time_ns.begin());
  const double along = (time_ns - passage.time_ns[k - 1]) / (passage.time_ns[k] - passage.time_ns[k - 1]);
  return passage.changed[k - 1] + along * (passage.changed[k] - passage.changed[k - 1]);
}

}  // namespace

double Passage::time_of(double probability) const {
  for (std::size_t k = 1; k < time_ns.size(); ++k) {
    if (changed[k] < probability) continue;
    const double rise = changed[k] - changed[k - 1];
    return rise > 0 ? time_ns[k - 1] + (probability - changed[k - 1]) / rise * (time_ns[k] - time_ns[k - 1])
                    : time_ns[k];
  }
  return time_ns.empty() ? 0 : time_ns.back();
}

Passage passage_at(std::size_t from, std::size_t to, std::int64_t time_ns) {
  const auto t = static_cast<double>(time_ns);
  return {.from = from, .to = to, .gradual = 0, .time_ns = {t, t}, .changed = {0, 1}};
}

Passage passage_between(std::size_t from, std::size_t to, std::int64_t after_ns, std::int64_t before_ns) {
  return {.from = from,
          .to = to,
          .time_ns = {static_cast<double>(after_ns), static_cast<double>(std::max(after_ns, before_ns))},
          .changed = {0, 1}};
}

Share share_of(const Passage& passage, double along, double time_ns) {
  const double g = passage.gradual, sudden = changed_by(passage, time_ns), inside = std::clamp(along, 0.0, 1.0);
  const double middle = g * inside + (1 - g) * sudden;
  const double variance =
      g * inside * inside + (1 - g) * sudden - middle * middle + g * never_straight * inside * (1 - inside);
  return {g * along + (1 - g) * sudden, std::sqrt(std::max(0.0, variance))};
}

}  // namespace lithoscope::tes
