#include "lithoscope/massspec/background.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/core/statistics.hpp"

namespace lithoscope::massspec {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

double sigma_by_median(const std::vector<double>& deviation) {
  std::vector<double> size;
  double squares = 0;
  for (const double d : deviation) {
    size.push_back(std::abs(d));
    squares += d * d;
  }
  const double robust = core::sigma_per_deviation * core::median(size);
  // Coarse digits: most neighbours are equal, and the median of their differences is 0.
  return robust > 0 ? robust : std::sqrt(squares / static_cast<double>(std::max<std::size_t>(size.size(), 1)));
}

struct Difference {
  double level, of;  // mean of five neighbours, and their fourth difference with the variance of one reading
};

// Variance a unit of current above `middle`, where the variance is `floor`: the one by which half of the squared
// differences lie below the median of their law.
double counting_noise(const std::vector<Difference>& high, double middle, double floor) {
  constexpr double median_of_square = 0.4549364;  // chi squared of one degree
  const auto median = [&](double per_value) {
    std::vector<double> ratio;
    for (const Difference& d : high) ratio.push_back(d.of * d.of / (floor + per_value * (d.level - middle)));
    return core::median(ratio);
  };
  if (median(0) <= median_of_square) return 0;
  double low = 0, up = floor / (high.back().level - middle);
  constexpr int doublings = 80, halvings = 40;
  for (int i = 0; i < doublings && median(up) > median_of_square; ++i) up *= 2;
  for (int i = 0; i < halvings; ++i) {
    const double between = 0.5 * (low + up);
    (median(between) > median_of_square ? low : up) = between;
  }
  return 0.5 * (low + up);
}

// ---- drifts as Gaussian processes -----------------------------------------------------------------------------------

// Sizes are in units of a cell's sigma, times in units of the whole span.
struct Drift {
  BackgroundKind kind = BackgroundKind::constant;
  double level = 0, slope = 0, curvature = 0, decay = 0, decays = 0, walk = 0, spline = 0, smooth = 0, wave = 0;
  double noise_factor = 1, prior = 1;
  std::size_t decay_time = 0, wave_length = 0;  // index into decay_times, wave_lengths
};

constexpr std::array noise_factors{1.0, 1.7, 3.5, 10.0};
constexpr std::array sizes{1.0, 5.0, 25.0, 125.0, 600.0, 3e3, 1.5e4, 8e4};
constexpr std::array rough_sizes{1.0, 4.0, 16.0, 60.0, 250.0, 1e3, 4e3, 1.6e4, 6e4, 2.5e5, 1e6, 4e6};
constexpr std::array wave_lengths{0.1, 0.2, 0.4, 0.8};
constexpr std::array decay_times{0.02, 0.035, 0.06, 0.1, 0.17, 0.3, 0.5, 0.8, 1.4, 2.5};

// Before any reading: automatic, constant, linear, exponential, spline. A drift is seldom exactly what has a name.
constexpr std::array kind_priors{0.0, 0.1, 0.1, 0.2, 0.6};

std::vector<Drift> drifts(BackgroundKind wanted, double largest) {
  std::vector<Drift> out;
  const auto add = [&](BackgroundKind kind, auto&& make) {
    if (wanted != BackgroundKind::automatic && wanted != kind) return;
    const std::size_t first = out.size();
    make([&](Drift d) {
      for (const double factor : noise_factors) {
        d.kind = kind;
        d.level = 10 * largest;
        d.noise_factor = factor;
        out.push_back(d);
      }
    });
    for (std::size_t i = first; i < out.size(); ++i)
      out[i].prior = kind_priors[static_cast<std::size_t>(kind)] / static_cast<double>(out.size() - first);
  };
  add(BackgroundKind::constant, [](auto&& put) { put(Drift{}); });
  add(BackgroundKind::linear, [](auto&& put) {
    for (const double size : sizes) put(Drift{.slope = size});
  });
  add(BackgroundKind::exponential, [](auto&& put) {
    for (const double size : sizes) {
      for (std::size_t k = 0; k < decay_times.size(); ++k) put(Drift{.decay = size, .decay_time = k});
      put(Drift{.decays = size});  // outgassing of many times at once, such as a power law's
    }
  });
  add(BackgroundKind::spline, [&](auto&& put) {
    for (const double size : rough_sizes) {
      put(Drift{.walk = size});
      put(Drift{.slope = largest, .spline = size});
      put(Drift{.slope = largest, .curvature = largest, .smooth = size});
      put(Drift{.decays = largest, .walk = size});
      for (std::size_t k = 0; k < wave_lengths.size(); ++k) put(Drift{.wave = size, .wave_length = k});
      put(Drift{.decays = largest, .spline = size});
    }
  });
  return out;
}

// Covariances of drifts of size one between two sets of times, from which every drift's is a sum.
class Parts {
 public:
  Parts(const Vector& s, const Vector& t)
      : slope_(s.size(), t.size()), curvature_(slope_), walk_(slope_), spline_(slope_), smooth_(slope_) {
    decay_.assign(decay_times.size(), slope_);
    wave_.assign(wave_lengths.size(), slope_);
    decays_ = Matrix::Zero(s.size(), t.size());
    for (int i = 0; i < s.size(); ++i) {
      for (int j = 0; j < t.size(); ++j) {
        const double shorter = std::min(s(i), t(j)), apart = std::abs(s(i) - t(j));
        slope_(i, j) = (s(i) - 0.5) * (t(j) - 0.5);
        walk_(i, j) = shorter;
        curvature_(i, j) = std::pow(slope_(i, j), 2);
        spline_(i, j) = shorter * shorter * (shorter / 3 + apart / 2);
        smooth_(i, j) = std::pow(shorter, 3) * (shorter * shorter / 20 + apart * shorter / 8 + apart * apart / 12);
        for (std::size_t k = 0; k < wave_.size(); ++k)
          wave_[k](i, j) = std::exp(-0.5 * std::pow((s(i) - t(j)) / wave_lengths[k], 2));
        for (std::size_t k = 0; k < decay_.size(); ++k) {
          decay_[k](i, j) = std::exp(-(s(i) + t(j)) / decay_times[k]);
          decays_(i, j) += decay_[k](i, j);
        }
      }
    }
  }
  Matrix of(const Drift& d) const {
    Matrix out = Matrix::Constant(slope_.rows(), slope_.cols(), d.level * d.level);
    if (d.slope > 0) out += d.slope * d.slope * slope_;
    if (d.walk > 0) out += d.walk * d.walk * walk_;
    if (d.curvature > 0) out += d.curvature * d.curvature * curvature_;
    if (d.spline > 0) out += d.spline * d.spline * spline_;
    if (d.smooth > 0) out += d.smooth * d.smooth * smooth_;
    if (d.wave > 0) out += d.wave * d.wave * wave_[d.wave_length];
    if (d.decays > 0) out += d.decays * d.decays * decays_;
    if (d.decay > 0) out += d.decay * d.decay * decay_[d.decay_time];
    return out;
  }

 private:
  Matrix slope_, curvature_, walk_, spline_, smooth_, decays_;
  std::vector<Matrix> decay_, wave_;
};

// One Gaussian process's word on the background at every wanted time.
struct Member {
  double weight;
  Vector mean, variance;
};

// A weighted set of normal curves has longer tails than a normal curve of its variance: its own 95 % at one time.
double half_width_95(const std::vector<Member>& members, int at, double mean) {
  double all = 0, high = 0;
  for (const Member& m : members) {
    all += m.weight;
    high = std::max(high, std::abs(m.mean(at) - mean) + 4 * std::sqrt(m.variance(at)));
  }
  const auto outside = [&](double half) {
    double sum = 0;
    for (const Member& m : members) {
      const double sigma = std::sqrt(std::max(m.variance(at), 1e-300)), off = m.mean(at) - mean;
      sum += m.weight * (core::upper_tail((half - off) / sigma) + core::upper_tail((half + off) / sigma));
    }
    return sum / all;
  };
  double low = 0;
  constexpr int halvings = 25;
  constexpr double chance = 0.05;
  for (int i = 0; i < halvings; ++i) {
    const double middle = 0.5 * (low + high);
    (outside(middle) > chance ? low : high) = middle;
  }
  return high;
}

// By what the sigma of the set is to be multiplied for its 95 % to be right, at every time: found at some, straight
// between.
Vector tail_scales(const std::vector<Member>& members, const Vector& mean, const Matrix& covariance) {
  const auto n = static_cast<int>(mean.size());
  constexpr int knots = 12;
  Vector out(n);
  int before = 0;
  double scale_before = 1;
  for (int k = 0; k < knots; ++k) {
    const int at = k * (n - 1) / (knots - 1);
    const double sigma = std::sqrt(std::max(covariance(at, at), 1e-300));
    const double scale = half_width_95(members, at, mean(at)) / (core::two_sided_95 * sigma);
    for (int i = before; i <= at; ++i)
      out(i) = at == before ? scale : scale_before + (scale - scale_before) * (i - before) / (at - before);
    before = at;
    scale_before = scale;
  }
  return out;
}

constexpr std::array kind_names{"automatic", "constant", "linear", "exponential", "spline"};

}  // namespace

double Background::sigma(std::size_t i) const { return std::sqrt(covariance[i * mean.size() + i]); }

ReadingNoise noise_of(const Series& series) {
  const std::vector<double>& y = series.value;
  std::vector<Difference> all;
  // A peak's own curvature is not in a fourth difference.
  for (std::size_t i = 2; i + 2 < y.size(); ++i)
    all.push_back({(y[i - 2] + y[i - 1] + y[i] + y[i + 1] + y[i + 2]) / 5,
                   (y[i - 2] - 4 * y[i - 1] + 6 * y[i] - 4 * y[i + 1] + y[i + 2]) / std::sqrt(70.0)});
  if (all.empty()) return {};
  std::ranges::sort(all, {}, &Difference::level);
  // Without gas most readings lie low; well above them is where current makes noise of its own.
  const std::size_t half = all.size() / 2;
  std::vector<double> low;
  for (std::size_t i = 0; i <= half; ++i) low.push_back(all[i].of);
  const double sigma = sigma_by_median(low), middle = all[half].level;
  // Digits alone make a noise, too: a ten-millionth of the largest reading at least.
  const double least = std::max(std::pow(1e-7 * std::abs(all.back().level), 2), 1e-300);
  ReadingNoise out{.floor = std::max(sigma * sigma, least)};
  std::vector<Difference> high;
  constexpr double well_above = 10;
  std::ranges::copy_if(all, std::back_inserter(high),
                       [&](const Difference& d) { return d.level > middle + well_above * sigma; });
  constexpr std::size_t fewest = 24;
  if (high.size() < fewest) return out;
  out.per_value = counting_noise(high, middle, out.floor);
  // What the low readings' own current makes of their noise is in the floor already.
  const double own = out.per_value * std::max(middle, 0.0);
  if (own < out.floor)
    out.floor -= own;
  else
    out = {.floor = least, .per_value = sigma * sigma / middle};
  return out;
}

namespace {

// Integral of the straight lines between readings, from a time to a later one within the record.
class Lines {
 public:
  explicit Lines(const Series& s) : time_(s.time_s), value_(s.value) {}
  // Times must not go back from call to call.
  double between(double from, double to) {
    from = std::max(from, time_.front());
    to = std::min(to, time_.back());
    if (!(to > from)) return 0;
    while (at_ + 2 < time_.size() && time_[at_ + 1] <= from) ++at_;
    double sum = 0;
    for (std::size_t k = at_; k + 1 < time_.size() && time_[k] < to; ++k) {
      const double a = std::max(from, time_[k]), b = std::min(to, time_[k + 1]);
      if (b > a) sum += (b - a) * 0.5 * (value(k, a) + value(k, b));
    }
    return sum;
  }

 private:
  double value(std::size_t k, double t) const {
    return value_[k] + (value_[k + 1] - value_[k]) * (t - time_[k]) / (time_[k + 1] - time_[k]);
  }
  const std::vector<double>& time_;
  const std::vector<double>& value_;
  std::size_t at_ = 0;
};

// What straight lines between readings miss where the slope changes at once, squared: f dt^2 / sqrt(720) of a change f
// at an unknown moment between two readings. A curve that bends smoothly has second differences like their neighbours'
// and its misses cancel; what goes beyond them has two thirds of (f dt)^2 in the mean, less what noise does to it.
double bend_at(const Series& s, const ReadingNoise& noise, std::size_t i) {
  if (i < 2 || i + 2 >= s.value.size()) return 0;
  const std::vector<double>& y = s.value;
  const double spacing = 0.25 * (s.time_s[i + 2] - s.time_s[i - 2]);
  const double beyond = -0.5 * y[i - 2] + 2 * y[i - 1] - 3 * y[i] + 2 * y[i + 1] - 0.5 * y[i + 2];
  constexpr double of_noise = 17.5;  // the sum of the squares of those five factors
  return spacing * spacing / 480 * (beyond * beyond - of_noise * noise.variance_at(y[i]));
}

}  // namespace

Cells cells_over(const Series& series, const ReadingNoise& noise, Stretch stretch, std::size_t most) {
  Cells out;
  const auto from = std::ranges::lower_bound(series.time_s, stretch.from_s) - series.time_s.begin();
  const auto to = std::ranges::upper_bound(series.time_s, stretch.to_s) - series.time_s.begin();
  const auto n = static_cast<std::size_t>(std::max<std::ptrdiff_t>(to - from, 0));
  if (n < 2) return out;
  const double length = stretch.to_s - stretch.from_s;
  const std::size_t cells = std::min(most, std::max<std::size_t>(n / 2, 1));
  const double width = length / static_cast<double>(cells), spacing = length / static_cast<double>(n);
  Lines lines{series};
  auto i = static_cast<std::size_t>(from);
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const double begin = stretch.from_s + static_cast<double>(cell) * width, end = begin + width;
    double variance = 0, bend = 0;
    std::int64_t count = 0;
    for (; i < static_cast<std::size_t>(to) && series.time_s[i] < end; ++i, ++count) {
      variance += noise.variance_at(series.value[i]);
      bend += bend_at(series, noise, i);
    }
    if (count == 0) continue;
    const double inside = std::min(end, series.time_s.back()) - std::max(begin, series.time_s.front());
    out.from_s.push_back(begin);
    out.to_s.push_back(end);
    out.centre_s.push_back(0.5 * (begin + end));
    out.value.push_back(lines.between(begin, end) / inside);
    // Every reading stands for its spacing: so the variances of cells add up to that of the whole integral.
    out.variance.push_back(variance / static_cast<double>(count) * spacing / width +
                           std::max(bend, 0.0) / (inside * inside));
    out.readings.push_back(count);
  }
  return out;
}

Background background_of(const Cells& free, std::span<const double> at_s, BackgroundKind kind) {
  constexpr std::size_t fewest = 6;
  if (free.size() < fewest) {
    throw core::UnusableData({.what = "the stretches without gas hold too few readings for a background",
                              .expected = fmt::format("readings in at least {} cells of time", fewest),
                              .found = fmt::format("{}", free.size()),
                              .advice = "give longer stretches with --gas-free"});
  }
  double first = free.centre_s.front(), last = free.centre_s.back();
  for (const double t : at_s) {
    first = std::min(first, t);
    last = std::max(last, t);
  }
  const double span = std::max(last - first, 1e-9), sigma = std::sqrt(core::median(free.variance));
  const double zero = core::median(free.value);
  const auto n = static_cast<int>(free.size()), m = static_cast<int>(at_s.size());
  Vector s(n), y(n), v(n), t(m);
  double largest = 1;
  for (int i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    s(i) = (free.centre_s[k] - first) / span;
    y(i) = (free.value[k] - zero) / sigma;
    v(i) = free.variance[k] / (sigma * sigma);
    largest = std::max(largest, std::abs(y(i)));
  }
  for (int i = 0; i < m; ++i) t(i) = (at_s[static_cast<std::size_t>(i)] - first) / span;

  const std::vector<Drift> all = drifts(kind, largest);
  const Parts within{s, s}, across{s, t}, there{t, t};
  std::vector<double> log_weight;
  for (const Drift& d : all) {
    Matrix K = within.of(d);
    K.diagonal() += d.noise_factor * v;
    const Eigen::LLT<Matrix> root(K);
    const Vector white = root.matrixL().solve(y);
    log_weight.push_back(std::log(d.prior) - 0.5 * white.squaredNorm() -
                         Matrix(root.matrixL()).diagonal().array().log().sum());
  }
  const double best = *std::ranges::max_element(log_weight);
  double weights = 0;
  for (const double w : log_weight) weights += std::exp(w - best);
  Vector mean = Vector::Zero(m);
  Matrix second = Matrix::Zero(m, m);
  Vector free_mean = Vector::Zero(n), free_second = Vector::Zero(n);
  double factor = 0, used = 0;
  std::vector<Member> members;
  std::array<double, kind_names.size()> of_kind{};
  constexpr double least_weight = 2e-3;
  for (std::size_t k = 0; k < all.size(); ++k) {
    const double weight = std::exp(log_weight[k] - best) / weights;
    of_kind[static_cast<std::size_t>(all[k].kind)] += weight;
    factor += weight * all[k].noise_factor;
    if (weight < least_weight) continue;
    used += weight;
    Matrix K = within.of(all[k]);
    K.diagonal() += all[k].noise_factor * v;
    const Eigen::LLT<Matrix> root(K);
    const Matrix cross = root.matrixL().solve(across.of(all[k]));
    const Vector white = root.matrixL().solve(y), own = cross.transpose() * white;
    const Matrix spread = there.of(all[k]) - cross.transpose() * cross;
    mean += weight * own;
    second += weight * (spread + own * own.transpose());
    members.push_back({weight, own, spread.diagonal().cwiseMax(0.0)});
    const Matrix drift = within.of(all[k]), inside = root.matrixL().solve(drift);
    const Vector fitted = inside.transpose() * white;
    free_mean += weight * fitted;
    free_second += weight * (drift.diagonal() - inside.colwise().squaredNorm().transpose() + fitted.cwiseAbs2());
  }
  mean /= used;
  second /= used;
  second -= mean * mean.transpose();
  const Vector scales = tail_scales(members, mean, second);
  second = scales.asDiagonal() * second * scales.asDiagonal();
  Background out{.at_s = {at_s.begin(), at_s.end()}, .noise_factor = factor};
  for (int i = 0; i < m; ++i) {
    out.mean.push_back(zero + sigma * mean(i));
    for (int j = 0; j < m; ++j) out.covariance.push_back(sigma * sigma * second(i, j));
    auto& own = out.covariance[static_cast<std::size_t>(i) * static_cast<std::size_t>(m) + static_cast<std::size_t>(i)];
    own = std::max(own, 0.0);
  }
  for (int i = 0; i < n; ++i) {
    const double fitted = free_mean(i) / used;
    out.free_mean.push_back(zero + sigma * fitted);
    out.free_variance.push_back(sigma * sigma * std::max(free_second(i) / used - fitted * fitted, 0.0));
  }
  for (std::size_t k = 1; k < kind_names.size(); ++k) {
    if (of_kind[k] > 0) out.kinds.emplace_back(kind_names[k], of_kind[k]);
  }
  return out;
}

}  // namespace lithoscope::massspec
