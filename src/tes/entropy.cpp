#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "lithoscope/core/median.hpp"
#include "lithoscope/tes/alignment.hpp"

namespace lithoscope::tes {
namespace {

constexpr double bins_per_kernel = 3;
constexpr int wide_grid = 16, near_grid = 4, golden_steps = 14, most_rounds = 5;
constexpr double phase_limit = 0.6;  // samples; beyond it is no arrival time

// Density of some numbers, smoothed, and how concentrated it is.
class Concentration {
 public:
  Concentration(double low, double high, double kernel)
      : low_(low), width_(kernel / bins_per_kernel), bins_(static_cast<std::size_t>((high - low) / width_) + 2) {
    counts_.resize(bins_ + 1);
    smooth_.resize(bins_ + 1);
  }

  double of(std::span<const double> x, std::span<const double> basis, double step) {
    std::ranges::fill(counts_, 0.0);
    const double scale = 1 / width_;
    const auto top = static_cast<double>(bins_ - 1);
    for (std::size_t i = 0; i < x.size(); ++i) {
      // Shared between the two nearest bins, so that the objective has no steps.
      const double at = (x[i] + step * basis[i] - low_) * scale;
      if (!(at >= 0 && at < top)) continue;
      const auto bin = static_cast<std::size_t>(at);
      const double share = at - static_cast<double>(bin);
      counts_[bin] += 1 - share;
      counts_[bin + 1] += share;
    }
    // Three running means: nearly a Gaussian, and no exponentials.
    for (int pass = 0; pass < 3; ++pass) {
      run_mean(counts_, smooth_);
      counts_.swap(smooth_);
    }
    double squares = 0;
    for (const double c : counts_) squares += c * c;
    const auto n = static_cast<double>(x.size());
    return squares / (n * n * width_);
  }

 private:
  static void run_mean(const std::vector<double>& in, std::vector<double>& out) {
    constexpr std::size_t reach = 2;  // five bins three times: a sigma of 2.4 bins, somewhat below one kernel
    double sum = 0;
    for (std::size_t i = 0; i < std::min(reach, in.size()); ++i) sum += in[i];
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (i + reach < in.size()) sum += in[i + reach];
      if (i > reach) sum -= in[i - reach - 1];
      out[i] = sum / static_cast<double>(2 * reach + 1);
    }
  }

  double low_, width_;
  std::size_t bins_;
  std::vector<double> counts_, smooth_;
};

double quantile(std::vector<double> values, double share) {
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + at);
  return values[static_cast<std::size_t>(at)];
}

// Best step along one basis function within +-reach.
double best_step(Concentration& density, std::span<const double> x, std::span<const double> basis, double reach,
                 int grid_steps) {
  double best = 0, most = density.of(x, basis, 0);
  const double step = reach / grid_steps;
  for (int k = -grid_steps; k <= grid_steps; ++k) {
    if (k == 0) continue;
    const double value = density.of(x, basis, k * step);
    if (value > most) {
      most = value;
      best = k * step;
    }
  }
  constexpr double golden = 0.6180339887498949;
  double low = best - step, high = best + step;
  double a = high - golden * (high - low), b = low + golden * (high - low);
  double fa = density.of(x, basis, a), fb = density.of(x, basis, b);
  for (int k = 0; k < golden_steps; ++k) {
    if (fa > fb) {
      high = b;
      b = a;
      fb = fa;
      a = high - golden * (high - low);
      fa = density.of(x, basis, a);
    } else {
      low = a;
      a = b;
      fa = fb;
      b = low + golden * (high - low);
      fb = density.of(x, basis, b);
    }
  }
  const double refined = 0.5 * (low + high);
  return density.of(x, basis, refined) >= most ? refined : best;
}

double centre_of(std::span<const double> values) { return core::median({values.begin(), values.end()}); }

std::vector<double> logarithms(std::span<const double> height) {
  std::vector<double> out;
  out.reserve(height.size());
  for (const double h : height) out.push_back(std::log(std::max(h, 1e-300)));
  return out;
}

// A spread of the basis function that outliers do not stretch: what one unit of step does to most pulses.
double reach_of(const std::vector<double>& basis, double largest) {
  std::vector<double> size;
  size.reserve(basis.size());
  for (const double b : basis) size.push_back(std::abs(b));
  constexpr double most_pulses = 0.95;
  const double usual = quantile(std::move(size), most_pulses);
  return usual > 0 ? largest / usual : 0;
}

// Every so many of the pulses, with the corrections found so far applied.
struct Sample {
  std::vector<double> x;
  std::vector<std::vector<double>> basis;
};
Sample sample_of(std::span<const double> x, std::span<const std::vector<double>> basis, std::size_t most,
                 const std::vector<double>& coefficients) {
  const std::size_t stride = (x.size() + most - 1) / most;
  Sample out;
  out.basis.resize(basis.size());
  for (std::size_t i = 0; i < x.size(); i += stride) {
    double value = x[i];
    for (std::size_t j = 0; j < basis.size(); ++j) {
      value += coefficients[j] * basis[j][i];
      out.basis[j].push_back(basis[j][i]);
    }
    out.x.push_back(value);
  }
  return out;
}

void refine(Sample sample, Concentration density, double kernel, bool everywhere_first, const SharpenSettings& settings,
            Sharpened& out) {
  for (int round = 0; round < most_rounds; ++round) {
    bool moved = false;
    for (std::size_t j = 0; j < sample.basis.size(); ++j) {
      // Once the coarse kernel has looked everywhere, a step stays near what that kernel can tell apart.
      const bool everywhere = everywhere_first && round == 0;
      const double reach = reach_of(sample.basis[j], everywhere ? settings.largest : 2 * kernel);
      if (reach == 0) continue;
      const double step = best_step(density, sample.x, sample.basis[j], reach, everywhere ? wide_grid : near_grid);
      for (std::size_t i = 0; i < sample.x.size(); ++i) sample.x[i] += step * sample.basis[j][i];
      out.coefficients[j] += step;
      constexpr double noticeable = 0.02;  // of what the kernel blurs
      moved = moved || std::abs(step) * (everywhere ? settings.largest : 2 * kernel) > noticeable * kernel * reach;
    }
    ++out.rounds;
    if (!moved || sample.basis.size() == 1) return;
  }
}

}  // namespace

Sharpened sharpen(std::span<const double> log_height, std::span<const std::vector<double>> basis,
                  const SharpenSettings& settings) {
  Sharpened out;
  out.coefficients.assign(basis.size(), 0.0);
  constexpr std::size_t least = 20;
  if (log_height.size() < least) return out;
  const std::vector<double> all(log_height.begin(), log_height.end());
  const double low = quantile(all, settings.low_quantile) - settings.largest;
  const double high = quantile(all, settings.high_quantile) + settings.largest;
  // Far starts need few pulses, the last digits more; beyond some thousand of them nothing is gained.
  struct Stage {
    double kernel;
    std::size_t most;
  };
  const std::array<Stage, 3> stages{
      {{settings.coarse, 3000}, {std::sqrt(settings.coarse * settings.fine), 4000}, {settings.fine, 10000}}};
  for (const Stage& stage : stages) {
    const Sample sample = sample_of(all, basis, stage.most, out.coefficients);
    refine(sample, Concentration{low, high, stage.kernel}, stage.kernel, &stage == stages.data(), settings, out);
  }
  const std::vector<double> none(basis.size(), 0.0);
  const Sample before = sample_of(all, basis, stages.back().most, none);
  const Sample after = sample_of(all, basis, stages.back().most, out.coefficients);
  Concentration fine{low, high, settings.fine};
  const std::vector<double> nothing(before.x.size(), 0.0);
  out.before = fine.of(before.x, nothing, 0);
  out.after = fine.of(after.x, nothing, 0);
  if (out.after < out.before) {  // a local optimum of the coarse kernels that the fine one does not share
    out.coefficients = none;
    out.after = out.before;
  }
  return out;
}

GainDrift fit_gain_drift(std::span<const double> height, std::span<const double> pretrigger_mean,
                         const SharpenSettings& settings) {
  GainDrift out;
  if (height.empty()) return out;
  out.centre = centre_of(pretrigger_mean);
  std::vector<std::vector<double>> basis(1);
  for (const double m : pretrigger_mean) basis[0].push_back(m - out.centre);
  out.slope = sharpen(logarithms(height), basis, settings).coefficients[0];
  return out;
}

double PhaseCorrection::at(double phase) const {
  const double p = std::clamp(phase - centre, -phase_limit, phase_limit);
  return linear * p + quadratic * p * p;
}

PhaseCorrection fit_phase_correction(std::span<const double> height, std::span<const double> phase,
                                     const SharpenSettings& settings) {
  PhaseCorrection out;
  if (height.empty()) return out;
  out.centre = centre_of(phase);
  std::vector<std::vector<double>> basis(2);
  for (const double value : phase) {
    const double p = std::clamp(value - out.centre, -phase_limit, phase_limit);
    basis[0].push_back(p);
    basis[1].push_back(p * p);
  }
  const Sharpened fitted = sharpen(logarithms(height), basis, settings);
  out.linear = fitted.coefficients[0];
  out.quadratic = fitted.coefficients[1];
  return out;
}

double TimeDrift::at(double time_s) const {
  if (knot_s.empty()) return 0;
  if (time_s <= knot_s.front()) return shift.front();
  if (time_s >= knot_s.back()) return shift.back();
  const auto above = static_cast<std::size_t>(std::ranges::upper_bound(knot_s, time_s) - knot_s.begin());
  const double share = (time_s - knot_s[above - 1]) / (knot_s[above] - knot_s[above - 1]);
  return shift[above - 1] + share * (shift[above] - shift[above - 1]);
}

TimeDrift fit_time_drift(std::span<const double> height, std::span<const double> time_s, std::int64_t knots,
                         const SharpenSettings& settings) {
  TimeDrift out;
  constexpr std::int64_t least_knots = 2;
  if (height.empty() || knots < least_knots) return out;
  // Knots where equally many pulses lie between them: a pause in the beam needs none.
  std::vector<double> sorted(time_s.begin(), time_s.end());
  std::ranges::sort(sorted);
  for (std::int64_t k = 0; k < knots; ++k) {
    const double at = sorted[static_cast<std::size_t>(k) * (sorted.size() - 1) / static_cast<std::size_t>(knots - 1)];
    if (out.knot_s.empty() || at > out.knot_s.back()) out.knot_s.push_back(at);
  }
  out.shift.assign(out.knot_s.size(), 0.0);
  if (out.knot_s.size() < 2) return out;
  // Hat functions; the first knot is held, as a common shift sharpens nothing.
  std::vector<std::vector<double>> basis;
  for (std::size_t k = 1; k < out.knot_s.size(); ++k) {
    TimeDrift hat{.knot_s = out.knot_s, .shift = std::vector<double>(out.knot_s.size(), 0.0)};
    hat.shift[k] = 1;
    std::vector<double> column;
    for (const double t : time_s) column.push_back(hat.at(t));
    basis.push_back(std::move(column));
  }
  const Sharpened fitted = sharpen(logarithms(height), basis, settings);
  for (std::size_t k = 1; k < out.knot_s.size(); ++k) out.shift[k] = fitted.coefficients[k - 1];
  double mean = 0;
  for (const double t : time_s) mean += out.at(t) / static_cast<double>(time_s.size());
  for (double& s : out.shift) s -= mean;
  return out;
}

}  // namespace lithoscope::tes
