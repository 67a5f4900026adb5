#include <algorithm>
#include <cmath>
#include <limits>

#include "between_calibrations.hpp"
#include "lithoscope/core/median.hpp"

namespace lithoscope::tes {
namespace {

constexpr std::size_t block = 400, least_block = 120;  // photons on either side of a moment
constexpr std::size_t moments_a_block = 8;
constexpr double bin_eV = 1;
constexpr double most_evidence = 10;  // of one moment: light does change from one block to the next

struct Pooled {
  std::int64_t time_ns = 0;
  double earlier_eV = 0, later_eV = 0;  // in the scale of the earlier and of the later calibration
};

std::vector<Pooled> pool(std::span<const PixelTrack* const> tracks, std::span<const PixelCalibration* const> pixels,
                         std::span<const Passage> passages) {
  std::vector<Pooled> out;
  for (std::size_t k = 0; k < tracks.size(); ++k) {
    const auto [from, to] = stretch_of(*tracks[k], *pixels[k], passages[k]);
    const Neighbours ends{&pixels[k]->epochs[passages[k].from], &pixels[k]->epochs[passages[k].to], nullptr};
    for (std::size_t i = from; i < to; ++i) {
      const double e = tracks[k]->reference_eV[i];
      out.push_back({tracks[k]->time_ns[i], corrected_eV(e, ends, 0), corrected_eV(e, ends, 1)});
    }
  }
  std::ranges::stable_sort(out, {}, &Pooled::time_ns);
  return out;
}

// Energies of the two blocks about a moment, in bins.
class TwoBlocks {
 public:
  explicit TwoBlocks(const std::vector<Pooled>& photons) : photons_{photons} {
    double low = std::numeric_limits<double>::max(), high = 0;
    for (const Pooled& p : photons) {
      low = std::min({low, p.earlier_eV, p.later_eV});
      high = std::max({high, p.earlier_eV, p.later_eV});
    }
    constexpr double most_bins = 20000;
    low_ = low;
    const auto bins = static_cast<std::size_t>(std::clamp((high - low) / bin_eV, 0.0, most_bins)) + 1;
    before_.assign(bins, 0.0);
    after_.assign(bins, 0.0);
    moved_.assign(bins, 0.0);
  }

  struct Likeness {
    double better = 0;  // logarithm of the likelihood that the later block is in the later scale, over none
    double dispersion = 0;
  };
  Likeness at(std::size_t from, std::size_t middle, std::size_t to) {
    for (std::size_t i = from; i < middle; ++i) ++before_[bin(photons_[i].earlier_eV)];
    for (std::size_t i = middle; i < to; ++i) {
      ++after_[bin(photons_[i].earlier_eV)];
      ++moved_[bin(photons_[i].later_eV)];
    }
    const auto a = static_cast<double>(middle - from), b = static_cast<double>(to - middle);
    Likeness out{.better = alike(before_, moved_) - alike(before_, after_)};
    double squares = 0, bins = -1;
    for (std::size_t k = 0; k < before_.size(); ++k) {
      const double sum = before_[k] + after_[k];
      if (sum == 0) continue;
      const double d = before_[k] / a - after_[k] / b;
      squares += d * d * a * b / sum;
      bins += 1;
    }
    out.dispersion = bins > 0 ? squares / bins : 1;
    std::ranges::fill(before_, 0.0);
    std::ranges::fill(after_, 0.0);
    std::ranges::fill(moved_, 0.0);
    return out;
  }

 private:
  std::size_t bin(double e) const {
    return static_cast<std::size_t>(std::clamp((e - low_) / bin_eV, 0.0, static_cast<double>(before_.size() - 1)));
  }
  // Likelihood of two histograms having one shape.
  static double alike(const std::vector<double>& x, const std::vector<double>& y) {
    double out = 0;
    for (std::size_t k = 0; k < x.size(); ++k) {
      const double sum = x[k] + y[k];
      if (sum > 1) out += sum * std::log(sum);
    }
    return out;
  }
  const std::vector<Pooled>& photons_;
  double low_ = 0;
  std::vector<double> before_, after_, moved_;
};

}  // namespace

Evidence evidence_of_array(std::span<const PixelTrack* const> tracks, std::span<const PixelCalibration* const> pixels,
                           std::span<const Passage> passages, std::span<const ScanPass> passes) {
  const std::vector<Pooled> photons = pool(tracks, pixels, passages);
  TwoBlocks blocks{photons};
  Evidence out;
  std::vector<double> dispersion;
  const auto say = [&](double time_ns, double evidence) {
    if (!out.time_ns.empty() && time_ns <= out.time_ns.back()) return;
    out.time_ns.push_back(time_ns);
    out.log_likelihood.push_back(evidence);
  };
  for (const ScanPass& pass : passes) {
    if (pass.points.empty()) continue;
    const auto first = std::ranges::lower_bound(photons, pass.start_ns, {}, &Pooled::time_ns);
    const auto last = std::ranges::lower_bound(photons, pass.stop_ns, {}, &Pooled::time_ns);
    const auto from = static_cast<std::size_t>(first - photons.begin()),
               to = static_cast<std::size_t>(std::max(first, last) - photons.begin());
    if (to < from + 2 * least_block) continue;
    constexpr std::size_t step = block / moments_a_block, half = step / 2;
    say(static_cast<double>(photons[from + least_block - half].time_ns), 0);  // before it nothing tells
    for (std::size_t k = from + least_block; k + least_block <= to; k += step) {
      const auto likeness = blocks.at(k > from + block ? k - block : from, k, std::min(to, k + block));
      dispersion.push_back(likeness.dispersion);
      say(static_cast<double>(photons[std::min(to - 1, k + half)].time_ns), likeness.better);
    }
  }
  if (out.time_ns.empty()) return {};
  const double noise = std::max(1.0, core::median(std::move(dispersion)));
  for (double& l : out.log_likelihood) l = std::clamp(l / noise, -most_evidence, most_evidence);
  say(std::numeric_limits<double>::max(), 0);  // after the last pass nothing tells either
  return out;
}

}  // namespace lithoscope::tes
