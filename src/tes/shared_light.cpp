#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "between_calibrations.hpp"
#include "lithoscope/core/parallel.hpp"

namespace lithoscope::tes {
namespace {

constexpr std::size_t least_pixels = 4;
constexpr double photons_a_span = 400, most_bins = 4000, least_bin_eV = 0.5;
constexpr int kernel_reach = 4;
constexpr double kernel_sigma = 1.5;    // bins
constexpr double average_photons = 20;  // what the mean spectrum of the run weighs beside that of a span

const std::array<float, kernel_reach + 1>& kernel() {
  static const auto values = [] {
    std::array<float, kernel_reach + 1> out{};
    double sum = 0;
    for (int k = -kernel_reach; k <= kernel_reach; ++k) sum += std::exp(-0.5 * k * k / (kernel_sigma * kernel_sigma));
    for (int k = 0; k <= kernel_reach; ++k)
      out[static_cast<std::size_t>(k)] =
          static_cast<float>(std::exp(-0.5 * k * k / (kernel_sigma * kernel_sigma)) / sum);
    return out;
  }();
  return values;
}

std::size_t first_at(const PixelTrack& track, std::int64_t time_ns) {
  return static_cast<std::size_t>(std::ranges::lower_bound(track.time_ns, time_ns) - track.time_ns.begin());
}

double photons_in(std::span<const PixelTrack> tracks, const Span& span) {
  double out = 0;
  for (const PixelTrack& t : tracks) out += static_cast<double>(first_at(t, span.to_ns) - first_at(t, span.from_ns));
  return out;
}

// Points of a pass in the order of time, neighbours together until they hold photons enough.
void add_pass(std::vector<Span>& spans, std::span<const PixelTrack> tracks, const ScanPass& pass) {
  Span open;
  double photons = 0;
  for (const ScanPoint& point : pass.points) {
    if (point.stop_ns <= point.start_ns) continue;
    if (photons == 0) open.from_ns = point.start_ns;
    open.to_ns = point.stop_ns;
    photons += photons_in(tracks, {point.start_ns, point.stop_ns}) + 1e-9;
    if (photons < photons_a_span) continue;
    spans.push_back(open);
    photons = 0;
  }
  if (photons > 0) spans.push_back(open);
}

// Without a log of the scan: equal times between calibrations.
void add_pieces(std::vector<Span>& spans, std::span<const PixelTrack> tracks, const Span& all) {
  if (all.to_ns <= all.from_ns) return;
  const auto pieces = static_cast<std::int64_t>(std::max(1.0, std::floor(photons_in(tracks, all) / photons_a_span)));
  const std::int64_t length = (all.to_ns - all.from_ns) / pieces + 1;
  for (std::int64_t k = 0; k < pieces; ++k)
    spans.push_back({all.from_ns + k * length, std::min(all.to_ns, all.from_ns + (k + 1) * length)});
}

std::vector<Span> spans_of(std::span<const PixelTrack> tracks, std::span<const CalibrationWindow> windows,
                           std::span<const ScanPass> passes) {
  std::vector<Span> out, free;
  std::int64_t first = INT64_MAX, last = INT64_MIN;
  for (const PixelTrack& t : tracks) {
    if (t.size() == 0) continue;
    first = std::min(first, t.time_ns.front());
    last = std::max(last, t.time_ns.back() + 1);
  }
  std::int64_t at = first;
  for (const CalibrationWindow& w : windows) {  // in time
    out.push_back({w.start_ns, w.stop_ns});
    free.push_back({at, w.start_ns});
    at = std::max(at, w.stop_ns);
  }
  free.push_back({at, last});
  const bool scanned = std::ranges::any_of(passes, [](const ScanPass& p) { return !p.points.empty(); });
  for (const ScanPass& pass : passes) add_pass(out, tracks, pass);
  if (!scanned) {
    for (const Span& span : free) add_pieces(out, tracks, span);
  }
  // In time and apart: a photon belongs to one span.
  std::ranges::stable_sort(out, {}, &Span::from_ns);
  std::vector<Span> apart;
  for (const Span& span : out) {
    if (span.to_ns > span.from_ns && (apart.empty() || span.from_ns >= apart.back().to_ns)) apart.push_back(span);
  }
  return apart;
}

// Energy of a record as the pixel's passages have it.
double here_eV(const PixelTrack& track, const PixelCalibration& pixel, std::size_t i) {
  const auto time = static_cast<double>(track.time_ns[i]);
  const Neighbours near = neighbours_at(pixel, time);
  const double gone = along(pixel, near, track.pretrigger_mean[i], time);
  return corrected_eV(track.reference_eV[i], near,
                      near.passage != nullptr ? share_of(*near.passage, gone, time).mean : gone);
}

}  // namespace

SharedLight::SharedLight(std::span<const PixelTrack> tracks, std::span<const PixelCalibration> pixels,
                         std::span<const CalibrationWindow> windows, std::span<const ScanPass> passes) {
  const auto usable = std::ranges::count_if(pixels, &PixelCalibration::usable);
  tells_ = static_cast<std::size_t>(usable) >= least_pixels;
  if (!tells_) return;
  spans_ = spans_of(tracks, windows, passes);
  double top = 0;
  for (const PixelCalibration& p : pixels) {
    constexpr double above = 1.5;
    if (p.usable()) top = std::max(top, above * p.curve.anchors().back().energy_eV);
  }
  bin_eV_ = std::max(least_bin_eV, top / most_bins);
  bins_ = static_cast<std::size_t>(top / bin_eV_) + 1;
  groups_.resize(tracks.size());
  own_bins_.resize(tracks.size());
  energy_eV_.resize(tracks.size());
  core::parallel_for(static_cast<std::int64_t>(tracks.size()), [&](std::int64_t index) {
    const auto p = static_cast<std::size_t>(index);
    if (!pixels[p].usable()) return;
    const PixelTrack& track = tracks[p];
    own_bins_[p].assign(track.size(), -1);
    energy_eV_[p].assign(track.size(), 0.0);
    for (std::size_t s = 0; s < spans_.size(); ++s) {
      const Group group{s, first_at(track, spans_[s].from_ns), first_at(track, spans_[s].to_ns)};
      if (group.to > group.from) groups_[p].push_back(group);
      for (std::size_t i = group.from; i < group.to; ++i) {
        energy_eV_[p][i] = here_eV(track, pixels[p], i);
        if (pixels[p].holds_at(track.time_ns[i])) own_bins_[p][i] = static_cast<std::int32_t>(bin_of(energy_eV_[p][i]));
      }
    }
  });
  fill();
}

void SharedLight::fill() {
  std::vector<float> counts(spans_.size() * bins_, 0.0F);
  photons_.assign(spans_.size(), 0.0);
  for (std::size_t p = 0; p < groups_.size(); ++p) {
    for (const Group& g : groups_[p]) {
      for (std::size_t i = g.from; i < g.to; ++i) {
        if (own_bins_[p][i] < 0) continue;
        counts[g.span * bins_ + static_cast<std::size_t>(own_bins_[p][i])] += 1;
        photons_[g.span] += 1;
      }
    }
  }
  smoothed_.assign(counts.size(), 0.0F);
  average_.assign(bins_, 0.0);
  core::parallel_for(static_cast<std::int64_t>(spans_.size()), [&](std::int64_t s) {
    const std::size_t row = static_cast<std::size_t>(s) * bins_;
    for (std::size_t b = 0; b < bins_; ++b) {
      const float c = counts[row + b];
      if (c == 0) continue;
      for (int k = -kernel_reach; k <= kernel_reach; ++k) {
        const auto to = static_cast<std::ptrdiff_t>(b) + k;
        if (to >= 0 && to < static_cast<std::ptrdiff_t>(bins_))
          smoothed_[row + static_cast<std::size_t>(to)] += c * kernel()[static_cast<std::size_t>(std::abs(k))];
      }
    }
  });
  double all = 0;
  for (const double n : photons_) all += n;
  constexpr double anywhere = 0.01;  // of the photons: noise, other lines
  for (std::size_t b = 0; b < bins_; ++b) {
    double sum = 0;
    for (std::size_t s = 0; s < spans_.size(); ++s) sum += static_cast<double>(smoothed_[s * bins_ + b]);
    average_[b] = (all > 0 ? (1 - anywhere) * sum / all : 0) + anywhere / static_cast<double>(bins_);
  }
}

std::int64_t SharedLight::bin_of(double energy_eV) const {
  const double at = energy_eV / bin_eV_;
  return at >= 0 && at < static_cast<double>(bins_) ? static_cast<std::int64_t>(at) : -1;
}

void SharedLight::Others::add(float sign) {
  for (std::size_t i = group_.from; i < group_.to; ++i) {
    const std::ptrdiff_t bin = light_.own_bins_[pixel_][i];
    if (bin < 0) continue;
    own_photons_ += static_cast<double>(sign);
    for (int k = -kernel_reach; k <= kernel_reach; ++k) {
      if (bin + k >= 0 && bin + k < static_cast<std::ptrdiff_t>(own_.size()))
        own_[static_cast<std::size_t>(bin + k)] += sign * kernel()[static_cast<std::size_t>(std::abs(k))];
    }
  }
}

void SharedLight::Others::enter(const Group& group) {
  add(-1);
  group_ = group;
  add(1);
}

double SharedLight::Others::density(double energy_eV) const {
  const double photons = light_.photons_[group_.span] - own_photons_ + average_photons;
  const std::int64_t at = light_.bin_of(energy_eV);
  if (at < 0) return light_.average_.front() * average_photons / photons;
  const auto bin = static_cast<std::size_t>(at);
  const double others = static_cast<double>(light_.smoothed_[group_.span * light_.bins_ + bin] - own_[bin]);
  return (std::max(0.0, others) + average_photons * light_.average_[bin]) / photons;
}

Evidence evidence_of_pixel(const PixelTrack& track, const PixelCalibration& pixel, const Passage& passage,
                           std::size_t index, const SharedLight& light) {
  constexpr double trusted = 0.7;  // pixels differ in their resolution, and the others' spectrum has noise, too
  const Stretch stretch = stretch_of(track, pixel, passage);
  const Neighbours ends{&pixel.epochs[passage.from], &pixel.epochs[passage.to], nullptr};
  Evidence out;
  std::vector<double> earlier, later;
  SharedLight::Others others{light, index};
  for (const SharedLight::Group& group : light.groups_of(index)) {
    others.enter(group);
    for (std::size_t i = std::max(group.from, stretch.from); i < std::min(group.to, stretch.to); ++i) {
      const auto density = [&](double share) {
        return trusted * std::log(others.density(corrected_eV(track.reference_eV[i], ends, share)));
      };
      const auto time = static_cast<double>(track.time_ns[i]);
      if (!out.time_ns.empty() && time <= out.time_ns.back()) continue;
      out.time_ns.push_back(time);
      earlier.push_back(density(0));
      later.push_back(density(1));
      out.gradual += density(along(pixel, ends, track.pretrigger_mean[i], time));
    }
  }
  if (out.time_ns.empty()) return out;
  double sum = 0;
  for (const double l : later) sum += l;
  for (std::size_t i = 0; i < earlier.size(); ++i) {
    out.log_likelihood.push_back(sum);
    sum += earlier[i] - later[i];
  }
  out.time_ns.push_back(std::numeric_limits<double>::max());
  out.log_likelihood.push_back(sum);
  return out;
}

std::vector<Span> strays_of(const PixelTrack& track, const PixelCalibration& pixel, std::size_t index,
                            const SharedLight& light) {
  constexpr std::size_t chunk_photons = 80;
  constexpr double significant = 16, several = 3;  // of a logarithm of likelihoods; of stated errors
  static constexpr std::array<double, 10> steps{-0.016, -0.01, -0.006, -0.003, -0.0015,
                                                0.0015, 0.003, 0.006,  0.01,   0.016};
  std::vector<Span> out;
  static constexpr std::size_t at_once = 8;
  std::array<double, steps.size()> better{}, ratio{};
  ratio.fill(1);
  double energy = 0;
  std::size_t photons = 0;
  Span chunk;
  // Whether a step explains the chunk so much better that what is known of the scale cannot have it.
  const auto strays = [&](double step) {
    const double mean = energy / static_cast<double>(photons);
    const auto middle = 0.5 * (static_cast<double>(chunk.from_ns) + static_cast<double>(chunk.to_ns));
    const Neighbours near = neighbours_at(pixel, middle);
    double known = std::hypot(pixel.drift_sigma_eV, pixel.curve.sigma_eV(pixel.curve.height(mean)));
    if (near.passage != nullptr)
      known = std::hypot(known, share_of(*near.passage, 0.5, middle).sigma * moved_eV(pixel, *near.passage, mean));
    return std::abs(step) * mean > several * known;
  };
  const auto judge = [&] {
    const auto best = std::ranges::max_element(better);
    if (*best > significant && strays(steps[static_cast<std::size_t>(best - better.begin())])) {
      const std::int64_t margin = (chunk.to_ns - chunk.from_ns) / 2;
      const Span stray{chunk.from_ns - margin, chunk.to_ns + margin};
      if (!out.empty() && stray.from_ns <= out.back().to_ns)
        out.back().to_ns = stray.to_ns;
      else
        out.push_back(stray);
    }
    better.fill(0);
    energy = 0;
    photons = 0;
  };
  SharedLight::Others others{light, index};
  for (const SharedLight::Group& group : light.groups_of(index)) {
    others.enter(group);
    for (std::size_t i = group.from; i < group.to; ++i) {
      if (!pixel.holds_at(track.time_ns[i])) continue;
      const double e = light.energy_eV(index, i);
      const double here = others.density(e);
      if (photons == 0) chunk.from_ns = track.time_ns[i];
      chunk.to_ns = track.time_ns[i] + 1;
      for (std::size_t k = 0; k < steps.size(); ++k) ratio[k] *= others.density(e * (1 + steps[k])) / here;
      energy += e;
      ++photons;
      if (photons % at_once == 0) {  // a logarithm for several photons: densities differ by six orders at most
        for (std::size_t k = 0; k < steps.size(); ++k) better[k] += std::log(ratio[k]);
        ratio.fill(1);
      }
      if (photons == chunk_photons) judge();
    }
  }
  return out;
}

}  // namespace lithoscope::tes
