#include "change_point.hpp"

#include <algorithm>
#include <cmath>

#include "robust.hpp"

namespace lithoscope::tes {

std::optional<std::int64_t> change_point(std::span<const std::int64_t> time_ns, std::span<const double> value) {
  constexpr std::size_t least = 40;
  constexpr double clip = 3, significant = 10;  // standard deviations of a Brownian bridge's maximum are below 1
  if (value.size() < least) return std::nullopt;
  const std::vector<double> all(value.begin(), value.end());
  const double middle = core::median(all), spread = spread_of(all);
  if (!(spread > 0)) return std::nullopt;
  std::vector<double> sums;
  double sum = 0;
  for (const double v : all) sums.push_back(sum += std::clamp((v - middle) / spread, -clip, clip));
  double most = 0;
  std::size_t at = 0;
  const auto n = static_cast<double>(all.size());
  for (std::size_t k = 0; k + 1 < sums.size(); ++k) {
    const double bridge = std::abs(sums[k] - sum * static_cast<double>(k + 1) / n);
    if (bridge > most) {
      most = bridge;
      at = k;
    }
  }
  if (most < significant * std::sqrt(n)) return std::nullopt;
  return time_ns[at + 1];
}

}  // namespace lithoscope::tes
