#include "lithoscope/tes/events.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lithoscope/tes/array_calibration.hpp"

namespace lithoscope::tes {
namespace {

void exclude(PixelEvents& events, std::uint8_t flags) {
  for (std::size_t f = 0; f < flag_count; ++f) {
    if ((static_cast<unsigned>(flags) >> f & 1U) != 0) ++events.excluded[f];
  }
}

// Which of the pixel's stretches between changes a time belongs to.
std::size_t stretch_of(const PixelCalibration& pixel, double time_ns) {
  std::size_t out = 0;
  for (const std::int64_t change : pixel.changed_ns) {
    if (time_ns >= static_cast<double>(change)) ++out;
  }
  return out;
}

// The calibrations about a time, inside its stretch; equal when there is one only.
struct Neighbours {
  const Epoch* before = nullptr;
  const Epoch* after = nullptr;
};
Neighbours neighbours(const PixelCalibration& pixel, double time_ns) {
  Neighbours out;
  const std::size_t stretch = stretch_of(pixel, time_ns);
  for (const Epoch& epoch : pixel.epochs) {
    if (!epoch.usable || stretch_of(pixel, epoch.time_ns) != stretch) continue;
    if (epoch.time_ns <= time_ns && (out.before == nullptr || epoch.time_ns > out.before->time_ns)) out.before = &epoch;
    if (epoch.time_ns > time_ns && (out.after == nullptr || epoch.time_ns < out.after->time_ns)) out.after = &epoch;
  }
  if (out.before == nullptr) out.before = out.after;
  if (out.after == nullptr) out.after = out.before;
  return out;
}

double share_between(const Neighbours& n, const PixelCalibration& pixel, double pretrigger, double time_ns) {
  if (n.before == n.after) return 0;
  constexpr double beyond = 0.5;  // a baseline may wander past either calibration, but not without bound
  const double rise = n.after->pretrigger_mean - n.before->pretrigger_mean;
  if (pixel.interpolate_by_baseline && rise != 0)
    return std::clamp((pretrigger - n.before->pretrigger_mean) / rise, -beyond, 1 + beyond);
  return std::clamp((time_ns - n.before->time_ns) / (n.after->time_ns - n.before->time_ns), 0.0, 1.0);
}

}  // namespace

PixelEvents make_events(const PulseHeights& heights, const PixelCalibration& calibration) {
  PixelEvents out{.pixel = heights.pixel, .record_s = heights.record_s};
  std::vector<std::size_t> order(heights.height.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (!std::ranges::is_sorted(heights.time_ns))
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return heights.time_ns[i]; });
  constexpr double top_of_scale = 1.5;  // times the highest anchor: further up the curve is a guess
  const double highest = calibration.curve.empty() ? 0 : top_of_scale * calibration.curve.anchors().back().energy_eV;
  // The curve's uncertainty changes slowly: looked up in a table of energies.
  constexpr std::size_t table = 256;
  std::vector<float> sigma(table, 0.0F);
  for (std::size_t k = 0; !calibration.curve.empty() && k < table; ++k) {
    const double e = highest * (static_cast<double>(k) + 0.5) / table;
    sigma[k] = static_cast<float>(
        std::hypot(calibration.curve.sigma_eV(calibration.curve.height(e)), calibration.drift_sigma_eV));
  }
  for (const std::size_t i : order) {
    out.record_time_ns.push_back(heights.time_ns[i]);
    std::uint8_t flags = heights.flags[i];
    const auto time = static_cast<double>(heights.time_ns[i]);
    const Neighbours near = calibration.usable() ? neighbours(calibration, time) : Neighbours{};
    if (near.before == nullptr) flags |= static_cast<std::uint8_t>(Flag::no_calibration);
    if (flags != 0) {
      exclude(out, flags);
      continue;
    }
    double e = calibration.curve.energy_eV(heights.height[i]);
    const double share = share_between(near, calibration, heights.pretrigger_mean[i], time);
    const auto shift = [&](double at) { return (1 - share) * near.before->at(at) + share * near.after->at(at); };
    e -= shift(e - shift(e));
    if (!(e > 0) || !(e < highest)) {
      exclude(out, static_cast<std::uint8_t>(Flag::outside_scale));
      continue;
    }
    out.time_ns.push_back(heights.time_ns[i]);
    out.energy_eV.push_back(e);
    out.energy_sigma_eV.push_back(sigma[std::min(table - 1, static_cast<std::size_t>(e / highest * table))]);
  }
  return out;
}

}  // namespace lithoscope::tes
