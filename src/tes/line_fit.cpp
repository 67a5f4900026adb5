#include "lithoscope/tes/line_fit.hpp"

#include <cerf.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>

namespace lithoscope::tes {
namespace {

constexpr std::int64_t least_events = 8;

double gaussian(double x, double sigma) {
  return std::exp(-0.5 * x * x / (sigma * sigma)) / (sigma * std::sqrt(2 * std::numbers::pi));
}

// A Gaussian with an exponential of this length towards low energy.
double tail_density(double x, double sigma, double length_eV) {
  const double z = (x / sigma + sigma / length_eV) / std::numbers::sqrt2;
  constexpr double scaled_from = 5;  // erfc would underflow while the exponential before it overflows
  if (z > scaled_from) return 0.5 / length_eV * std::exp(-0.5 * x * x / (sigma * sigma)) * erfcx(z);
  return 0.5 / length_eV * std::exp(x / length_eV + 0.5 * std::pow(sigma / length_eV, 2)) * std::erfc(z);
}

double natural_density(const LineShape& shape, double x) {
  double sum = 0, weights = 0;
  for (const LineComponent& c : shape.natural) {
    sum += c.weight * voigt(x - c.centre_eV, shape.sigma_eV, 0.5 * c.fwhm_eV);
    weights += c.weight;
  }
  return sum / weights;
}

// What an exponential of this length towards lower (forward: higher) energy makes of a curve: a recursion along it. The
// exponential is taken as constant over a step's own share, so that areas stay and the mean moves by just its length.
std::vector<double> tailed(const std::vector<double>& curve, double step_eV, double length_eV, bool towards_low) {
  std::vector<double> out(curve.size());
  const double keep = 1 / (1 + length_eV / step_eV);
  double carried = 0;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const std::size_t k = towards_low ? curve.size() - 1 - i : i;
    carried += keep * (curve[k] - carried);
    out[k] = carried;
  }
  return out;
}

// The parameters of a fit, transformed so that every value of them is allowed.
enum Parameter { position, log_counts, log_background, log_sigma, logit_tail, log_tail, parameters };

struct Model {
  LineShape shape;  // natural part and high tail stay
  std::array<double, parameters> value{};

  LineShape current() const {
    LineShape s = shape;
    s.sigma_eV = std::exp(value[log_sigma]);
    s.tail_share = shape.tail_share > 0 ? 1 / (1 + std::exp(-value[logit_tail])) : 0;
    s.tail_eV = std::exp(value[log_tail]);
    return s;
  }
};

struct Bins {
  double low = 0, width = 0;
  std::vector<double> counts;
  double high() const { return low + width * static_cast<double>(counts.size()); }
};

// Expected counts a bin; counts are those of the line inside the window.
std::vector<double> expected(const Model& model, const Bins& bins, const LineProfile& profile) {
  const double x = model.value[position];
  const double inside = std::max(1e-9, profile.integral(bins.high() - x) - profile.integral(bins.low - x));
  const double scale = std::exp(model.value[log_counts]) / inside,
               flat = std::exp(model.value[log_background]) * bins.width;
  std::vector<double> out;
  double before = profile.integral(bins.low - x);
  for (std::size_t i = 0; i < bins.counts.size(); ++i) {
    const double here = profile.integral(bins.low + bins.width * static_cast<double>(i + 1) - x);
    out.push_back(scale * (here - before) + flat);
    before = here;
  }
  return out;
}

double reach_of(const Bins& bins) { return 1.2 * (bins.high() - bins.low); }
std::vector<double> expected(const Model& model, const Bins& bins) {
  return expected(model, bins, LineProfile{model.current(), reach_of(bins)});
}

double deviance_of(const std::vector<double>& mu, const Bins& bins) {
  double sum = 0;
  for (std::size_t i = 0; i < mu.size(); ++i) {
    const double y = bins.counts[i], m = std::max(mu[i], 1e-12);
    sum += 2 * (m - y + (y > 0 ? y * std::log(y / m) : 0));
  }
  return sum;
}

struct Prior {
  double centre = 0, precision = 0;
};

struct Fitted {
  Model model;
  Eigen::MatrixXd covariance;
  double deviance = 0;
  bool converged = false;
};

// Fisher scoring with Levenberg's damping; derivatives by differences, as only the shape's cost a new table.
Fitted minimise(Model model, const Bins& bins, const std::vector<int>& free,
                const std::array<Prior, parameters>& prior) {
  const auto n = static_cast<Eigen::Index>(free.size());
  const auto m = static_cast<Eigen::Index>(bins.counts.size());
  const auto penalty = [&](const Model& at) {
    double sum = 0;
    for (const int p : free) {
      const auto q = static_cast<std::size_t>(p);
      sum += prior[q].precision * std::pow(at.value[q] - prior[q].centre, 2);
    }
    return sum;
  };
  constexpr int most_steps = 60;
  // A deviance that falls by less than a hundredth of one count's worth changes nothing a hundredth of a sigma wide.
  constexpr double nudge = 1e-4, settled = 1e-4, same_deviance = 1e-4;
  double lambda = 1e-3;
  std::vector<double> mu = expected(model, bins);
  double objective = deviance_of(mu, bins) + penalty(model);
  Fitted out;
  Eigen::MatrixXd information(n, n);
  for (int step = 0; step < most_steps; ++step) {
    const LineProfile profile{model.current(), reach_of(bins)};
    Eigen::MatrixXd jacobian(m, n);
    for (Eigen::Index j = 0; j < n; ++j) {
      Model moved = model;
      const int p = free[static_cast<std::size_t>(j)];
      moved.value[static_cast<std::size_t>(p)] += nudge;
      const std::vector<double> there = p < log_sigma ? expected(moved, bins, profile) : expected(moved, bins);
      for (Eigen::Index i = 0; i < m; ++i) {
        const auto k = static_cast<std::size_t>(i);
        jacobian(i, j) = (there[k] - mu[k]) / nudge;
      }
    }
    Eigen::VectorXd gradient = Eigen::VectorXd::Zero(n);
    information.setZero();
    for (Eigen::Index i = 0; i < m; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const double weight = 1 / std::max(mu[k], 1e-9);
      gradient += jacobian.row(i).transpose() * (weight * (bins.counts[k] - mu[k]));
      information += weight * jacobian.row(i).transpose() * jacobian.row(i);
    }
    for (Eigen::Index j = 0; j < n; ++j) {
      const auto q = static_cast<std::size_t>(free[static_cast<std::size_t>(j)]);
      gradient(j) -= prior[q].precision * (model.value[q] - prior[q].centre);
      information(j, j) += prior[q].precision;
    }
    bool better = false;
    double largest = 0;
    while (!better && lambda < 1e8) {
      Eigen::MatrixXd damped = information;
      damped.diagonal() *= 1 + lambda;
      damped.diagonal().array() += 1e-9;
      const Eigen::VectorXd move = damped.ldlt().solve(gradient);
      Model trial = model;
      largest = 0;
      for (Eigen::Index j = 0; j < n; ++j) {
        const double limit = free[static_cast<std::size_t>(j)] == position ? 3.0 : 1.0;
        const double d = std::clamp(move(j), -limit, limit);
        trial.value[static_cast<std::size_t>(free[static_cast<std::size_t>(j)])] += d;
        largest = std::max(largest, std::abs(d));
      }
      std::vector<double> there = expected(trial, bins);
      const double value = deviance_of(there, bins) + penalty(trial);
      if (std::isfinite(value) && value <= objective) {
        better = true;
        out.converged = largest < settled || objective - value < same_deviance;
        model = trial;
        mu = std::move(there);
        objective = value;
        lambda = std::max(lambda / 5, 1e-9);
      } else {
        lambda *= 5;
      }
    }
    if (!better) out.converged = true;  // no step is better: this is the bottom
    if (out.converged) break;
  }
  out.model = model;
  out.deviance = deviance_of(mu, bins);
  information.diagonal().array() += 1e-12;
  out.covariance = information.ldlt().solve(Eigen::MatrixXd::Identity(n, n));
  return out;
}

}  // namespace

LineProfile::LineProfile(const LineShape& shape, double reach_eV)
    : shape_(shape), low_(-reach_eV), step_(std::clamp(shape.sigma_eV / 8, 0.01, 0.2)) {
  if (shape.natural.empty()) return;
  const auto n = static_cast<std::size_t>(2 * reach_eV / step_) + 1;
  std::vector<double> core(n);
  for (std::size_t i = 0; i < n; ++i) core[i] = natural_density(shape, low_ + step_ * static_cast<double>(i));
  density_ = core;
  const auto add_tail = [&](double share, double length_eV, bool towards_low) {
    if (!(share > 0)) return;
    const std::vector<double> tail = tailed(core, step_, length_eV, towards_low);
    for (std::size_t i = 0; i < n; ++i) density_[i] += share * (tail[i] - core[i]);
  };
  add_tail(shape.tail_share, shape.tail_eV, true);
  add_tail(shape.high_tail_share, shape.high_tail_eV, false);
  integral_.assign(n, 0.0);
  for (std::size_t i = 1; i < n; ++i) integral_[i] = integral_[i - 1] + 0.5 * step_ * (density_[i - 1] + density_[i]);
}

double LineProfile::density(double distance_eV) const {
  if (shape_.natural.empty()) {
    const double s = shape_.sigma_eV, low = shape_.tail_share, high = shape_.high_tail_share;
    double sum = (1 - low - high) * gaussian(distance_eV, s);
    if (low > 0) sum += low * tail_density(distance_eV, s, shape_.tail_eV);
    if (high > 0) sum += high * tail_density(-distance_eV, s, shape_.high_tail_eV);
    return sum;
  }
  const double at = (distance_eV - low_) / step_;
  if (!(at >= 0) || at >= static_cast<double>(density_.size() - 1)) return 0;
  const auto i = static_cast<std::size_t>(at);
  const double share = at - static_cast<double>(i);
  return density_[i] + share * (density_[i + 1] - density_[i]);
}

double LineProfile::integral(double distance_eV) const {
  if (shape_.natural.empty()) {
    const double s = shape_.sigma_eV, low = shape_.tail_share, high = shape_.high_tail_share;
    double sum = 0.5 * std::erfc(-distance_eV / (s * std::numbers::sqrt2));
    // The exponential's own share, beside the Gaussian's: its length times its density.
    if (low > 0) sum += low * shape_.tail_eV * tail_density(distance_eV, s, shape_.tail_eV);
    if (high > 0) sum -= high * shape_.high_tail_eV * tail_density(-distance_eV, s, shape_.high_tail_eV);
    return sum;
  }
  const double at = (distance_eV - low_) / step_;
  if (!(at > 0)) return 0;
  if (at >= static_cast<double>(density_.size() - 1)) return integral_.back();
  const auto i = static_cast<std::size_t>(at);
  const double share = at - static_cast<double>(i);
  // The integral of the straight line between two entries.
  return integral_[i] + step_ * share * (density_[i] + 0.5 * share * (density_[i + 1] - density_[i]));
}

double LineProfile::mode_eV() const {
  // Sought on a grid, refined by a parabola. With one component it lies within a tail's length of the position.
  const double reach = shape_.natural.empty() ? 3 * shape_.sigma_eV : -low_;
  const double step = shape_.natural.empty() ? shape_.sigma_eV / 8 : step_;
  double best = 0, most = -1;
  for (std::int64_t k = 0; k <= std::llround(2 * reach / step); ++k) {
    const double at = -reach + step * static_cast<double>(k), here = density(at);
    if (here > most) {
      most = here;
      best = at;
    }
  }
  const double a = density(best - step), b = density(best), c = density(best + step);
  const double bend = a - 2 * b + c;
  return best + (bend < 0 ? step * 0.5 * (a - c) / bend : 0);
}

std::optional<LineFit> fit_line(std::span<const double> energy_eV, double expected_eV, const LineShape& start,
                                const LineFitSettings& settings) {
  const double start_mode = LineProfile{start, settings.to_eV - settings.from_eV}.mode_eV();
  Bins bins{.low = expected_eV + settings.from_eV, .width = settings.bin_eV};
  bins.counts.assign(static_cast<std::size_t>(std::ceil((settings.to_eV - settings.from_eV) / settings.bin_eV)), 0.0);
  std::int64_t events = 0;
  for (const double e : energy_eV) {
    const double at = (e - bins.low) / bins.width;
    if (!(at >= 0) || at >= static_cast<double>(bins.counts.size())) continue;
    bins.counts[static_cast<std::size_t>(at)] += 1;
    ++events;
  }
  if (events < least_events) return std::nullopt;

  Model model{.shape = start};
  const double width = bins.high() - bins.low;
  constexpr double background_share = 0.1;
  model.value[position] = expected_eV - start_mode;
  model.value[log_counts] = std::log((1 - background_share) * static_cast<double>(events));
  model.value[log_background] = std::log(background_share * static_cast<double>(events) / width);
  model.value[log_sigma] = std::log(start.sigma_eV);
  model.value[logit_tail] = start.tail_share > 0 ? std::log(start.tail_share / (1 - start.tail_share)) : -5;
  model.value[log_tail] = std::log(start.tail_eV);
  std::vector<int> free{position, log_counts, log_background};
  std::array<Prior, parameters> prior{};
  prior[log_background] = {model.value[log_background], 0.1};
  if (settings.free_sigma) {
    free.push_back(log_sigma);
    if (settings.sigma_prior > 0)
      prior[log_sigma] = {model.value[log_sigma], 1 / (settings.sigma_prior * settings.sigma_prior)};
  }
  if (settings.free_tail && start.tail_share > 0) {
    // Weak: only where the counts say nothing do share and length stay near where they began.
    free.insert(free.end(), {logit_tail, log_tail});
    prior[logit_tail] = {model.value[logit_tail], 0.1};
    prior[log_tail] = {model.value[log_tail], 0.5};
  }
  const Fitted fitted = minimise(model, bins, free, prior);
  if (!fitted.converged || !fitted.covariance.allFinite()) return std::nullopt;

  LineFit out;
  out.shape = fitted.model.current();
  out.mode_eV = LineProfile{out.shape, width}.mode_eV();
  const double peak = fitted.model.value[position] + out.mode_eV;
  if (peak < bins.low || peak > bins.high()) return std::nullopt;
  const auto variance = [&](int p) {
    const auto at = std::ranges::find(free, p);
    const auto j = static_cast<Eigen::Index>(at - free.begin());
    return at == free.end() ? 0.0 : std::max(0.0, fitted.covariance(j, j));
  };
  // The peak follows position and shape together.
  Eigen::VectorXd slope = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(free.size()));
  for (std::size_t j = 0; j < free.size(); ++j) {
    if (free[j] == position) slope(static_cast<Eigen::Index>(j)) = 1;
    if (free[j] < log_sigma) continue;
    constexpr double nudge = 0.02;
    Model moved = fitted.model;
    moved.value[static_cast<std::size_t>(free[j])] += nudge;
    slope(static_cast<Eigen::Index>(j)) = (LineProfile{moved.current(), width}.mode_eV() - out.mode_eV) / nudge;
  }
  out.peak_eV = {peak, std::max(0.0, slope.dot(fitted.covariance * slope))};
  const double share = out.shape.tail_share, counts = std::exp(fitted.model.value[log_counts]);
  out.sigma_eV = {out.shape.sigma_eV, std::pow(out.shape.sigma_eV, 2) * variance(log_sigma)};
  out.tail_share = {share, std::pow(share * (1 - share), 2) * variance(logit_tail)};
  out.tail_eV = {out.shape.tail_eV, std::pow(out.shape.tail_eV, 2) * variance(log_tail)};
  out.counts = {counts, counts * counts * variance(log_counts)};
  out.background_per_eV = std::exp(fitted.model.value[log_background]);
  out.deviance = fitted.deviance;
  out.bins = static_cast<std::int64_t>(bins.counts.size());
  out.events = events;
  return out;
}

}  // namespace lithoscope::tes
