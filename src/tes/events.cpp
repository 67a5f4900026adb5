#include "lithoscope/tes/events.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>

#include "between_calibrations.hpp"

namespace lithoscope::tes {
namespace {

void exclude(PixelEvents& events, std::uint8_t flags) {
  for (std::size_t f = 0; f < flag_count; ++f) {
    if ((static_cast<unsigned>(flags) >> f & 1U) != 0) ++events.excluded[f];
  }
}

std::vector<std::size_t> in_time(const PulseHeights& heights) {
  std::vector<std::size_t> order(heights.height.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (!std::ranges::is_sorted(heights.time_ns))
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return heights.time_ns[i]; });
  return order;
}

// The curve's uncertainty changes slowly: looked up in a table of energies.
class ScaleSigma {
 public:
  ScaleSigma(const PixelCalibration& pixel, double highest_eV) : per_eV_(entries / highest_eV) {
    for (std::size_t k = 0; k < entries; ++k) {
      const double e = (static_cast<double>(k) + 0.5) / per_eV_;
      sigma_[k] = std::hypot(pixel.curve.sigma_eV(pixel.curve.height(e)), pixel.drift_sigma_eV);
    }
  }
  double at(double energy_eV) const {
    return sigma_[std::min(entries - 1, static_cast<std::size_t>(energy_eV * per_eV_))];
  }

 private:
  static constexpr std::size_t entries = 256;
  double per_eV_;
  std::array<double, entries> sigma_{};
};

}  // namespace

PixelTrack track_of(const PulseHeights& heights, const PixelCalibration& calibration) {
  PixelTrack out;
  if (!calibration.usable()) return out;
  for (const std::size_t i : in_time(heights)) {
    if (heights.flags[i] != 0) continue;
    out.time_ns.push_back(heights.time_ns[i]);
    out.reference_eV.push_back(calibration.curve.energy_eV(heights.height[i]));
    out.pretrigger_mean.push_back(heights.pretrigger_mean[i]);
  }
  return out;
}

PixelEvents make_events(const PulseHeights& heights, const PixelCalibration& calibration) {
  return make_events(heights, calibration, track_of(heights, calibration));
}

PixelEvents make_events(const PulseHeights& heights, const PixelCalibration& calibration, const PixelTrack& track) {
  PixelEvents out{.pixel = heights.pixel, .record_s = heights.record_s};
  constexpr double top_of_scale = 1.5;  // times the highest anchor: further up the curve is a guess
  const double highest = calibration.curve.empty() ? 1 : top_of_scale * calibration.curve.anchors().back().energy_eV;
  std::optional<ScaleSigma> sigma;
  if (!calibration.curve.empty()) sigma.emplace(calibration, highest);
  std::size_t in_track = 0;
  for (const std::size_t i : in_time(heights)) {
    out.record_time_ns.push_back(heights.time_ns[i]);
    std::uint8_t flags = heights.flags[i];
    const std::size_t k = in_track;
    if (flags == 0 && calibration.usable()) ++in_track;
    const auto time = static_cast<double>(heights.time_ns[i]);
    const Neighbours near = calibration.usable() ? neighbours_at(calibration, time) : Neighbours{};
    if (near.before == nullptr || !calibration.holds_at(heights.time_ns[i]))
      flags |= static_cast<std::uint8_t>(Flag::no_calibration);
    if (flags != 0) {
      exclude(out, flags);
      continue;
    }
    const double gone = along(calibration, near, track.pretrigger_mean[k], time);
    const Share share = near.passage != nullptr ? share_of(*near.passage, gone, time) : Share{gone, 0};
    const double e = corrected_eV(track.reference_eV[k], near, share.mean);
    if (!(e > 0) || !(e < highest)) {
      exclude(out, static_cast<std::uint8_t>(Flag::outside_scale));
      continue;
    }
    const double when = near.passage != nullptr ? share.sigma * (near.after->at(e) - near.before->at(e)) : 0;
    out.time_ns.push_back(heights.time_ns[i]);
    out.energy_eV.push_back(e);
    out.energy_sigma_eV.push_back(static_cast<float>(std::hypot(sigma->at(e), when)));
  }
  return out;
}

}  // namespace lithoscope::tes
