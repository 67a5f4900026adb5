#include "proposal.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>

namespace lithoscope::infer {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double width2 = 0.5;             // share of the good draws' variance that a kernel has
constexpr std::size_t most_kernels = 240;  // of one combination
constexpr double keeps_run = 0.5;

std::vector<double> tempered(const Posterior& p, double power, double best) {
  std::vector<double> out(p.draws.size());
  double total = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = p.prior[i] * std::exp(power * (p.log_likelihood[i] - best));
    total += out[i];
  }
  for (double& w : out) w /= total;
  return out;
}

double effective_of(const std::vector<double>& weight) {
  double squares = 0;
  for (const double w : weight) squares += w * w;
  return 1 / squares;
}

// The largest power of the likelihood, at most 1, at which enough draws count.
std::vector<double> good(const Posterior& p) {
  constexpr double enough = 600;
  double best = -std::numeric_limits<double>::infinity();
  for (const double l : p.log_likelihood) best = std::max(best, l);
  std::vector<double> out = tempered(p, 1, best);
  double low = 0, high = 1;
  if (effective_of(out) >= enough) return out;
  for (int i = 0; i < 10; ++i) {
    const double middle = 0.5 * (low + high);
    (effective_of(tempered(p, middle, best)) >= enough ? low : high) = middle;
  }
  return tempered(p, low, best);
}

}  // namespace

Proposal::Proposal(const Posterior& p, std::size_t combinations_allowed, std::size_t runs)
    : combinations_allowed_(static_cast<double>(combinations_allowed)), runs_(static_cast<double>(runs)) {
  const std::vector<double> weight = good(p);
  for (std::size_t i = 0; i < weight.size(); ++i) parts_[p.draws[i].on].share += weight[i];
  for (unsigned on = 0; on < combinations; ++on) {
    Part& part = parts_[on];
    constexpr double least_share = 1e-6;
    if (part.share < least_share) {
      part.share = 0;
      continue;
    }
    for (std::size_t c = 0; c < coordinates; ++c) {
      if (depends_on(static_cast<Coordinate>(c), on)) part.which.push_back(c);
    }
    // as many kernels as there may be, in proportion to the weight
    std::vector<std::size_t> chosen;
    double sum = 0;
    for (std::size_t i = 0; i < weight.size(); ++i) {
      if (p.draws[i].on != on) continue;
      sum += weight[i] / part.share;
      while (chosen.size() < most_kernels &&
             (static_cast<double>(chosen.size()) + 0.5) / static_cast<double>(most_kernels) <= sum)
        chosen.push_back(i);
    }
    const auto n = static_cast<Index>(part.which.size()), count = static_cast<Index>(chosen.size());
    part.centres.resize(n, count);
    for (Index k = 0; k < count; ++k) {
      const StateDraw& d = p.draws[chosen[static_cast<std::size_t>(k)]];
      for (Index c = 0; c < n; ++c) part.centres(c, k) = d.place[part.which[static_cast<std::size_t>(c)]];
      part.run.push_back(d.run);
      part.of_run.emplace(d.run, k);
    }
    const VectorXd middle = part.centres.rowwise().mean();
    const MatrixXd apart = part.centres.colwise() - middle;
    MatrixXd covariance = apart * apart.transpose() / static_cast<double>(std::max<Index>(1, count));
    // few good draws, many of them the same, say too little: a part of each coordinate's own variance, and a floor
    constexpr double own = 0.1, floor = 1e-3;
    for (Index c = 0; c < n; ++c) {
      covariance(c, c) += own * covariance(c, c) + floor;
    }
    part.lower = (width2 * covariance).llt().matrixL();
    part.log_scale = part.lower.diagonal().array().log().sum();
    part.centres = (std::sqrt(1 - width2) * apart).colwise() + middle;
    part.white = part.lower.triangularView<Eigen::Lower>().solve(part.centres);
  }
  // Combinations with little weight are looked at more than that: their evidence needs states of their own.
  for (Part& part : parts_) part.share = std::sqrt(part.share);
  double kept = 0;
  for (const Part& part : parts_) kept += part.share;
  for (Part& part : parts_) part.share /= kept;
}

StateDraw Proposal::draw(core::RandomStream& random) const {
  double place = random.uniform();
  unsigned on = 0;
  while (on + 1 < combinations && place > parts_[on].share) place -= parts_[on++].share;
  while (!(parts_[on].share > 0)) on = (on + 1) % combinations;  // rounding at the end
  const Part& part = parts_[on];
  const auto k = std::min(static_cast<Index>(random.uniform() * static_cast<double>(part.run.size())),
                          static_cast<Index>(part.run.size()) - 1);
  VectorXd z(part.centres.rows());
  for (Index c = 0; c < z.size(); ++c) z(c) = random.normal();
  const VectorXd at = part.centres.col(k) + part.lower.triangularView<Eigen::Lower>() * z;
  StateDraw out{.run = part.run[static_cast<std::size_t>(k)], .on = on};
  if (random.uniform() > keeps_run)
    out.run = std::min(static_cast<std::int32_t>(random.uniform() * runs_), static_cast<std::int32_t>(runs_) - 1);
  for (Index c = 0; c < z.size(); ++c) out.place[part.which[static_cast<std::size_t>(c)]] = at(c);
  return out;
}

double Proposal::over_prior(const StateDraw& d) const {
  const Part& part = parts_[d.on];
  if (!(part.share > 0)) return 0;
  VectorXd at(part.centres.rows());
  for (Index c = 0; c < at.size(); ++c) at(c) = d.place[part.which[static_cast<std::size_t>(c)]];
  const VectorXd white = part.lower.triangularView<Eigen::Lower>().solve(at);
  const auto kernel = [&](Index k) {
    const double apart = (part.white.col(k) - white).squaredNorm();
    constexpr double far = 80;
    return apart < far ? std::exp(-0.5 * apart) : 0;
  };
  double any = 0, own = 0;
  for (Index k = 0; k < part.white.cols(); ++k) any += kernel(k);
  const auto [from, to] = part.of_run.equal_range(d.run);
  for (auto it = from; it != to; ++it) own += kernel(it->second);
  const double kernels = static_cast<double>(part.white.cols());
  const double scale = std::exp(0.5 * at.squaredNorm() - part.log_scale) / kernels;
  // of the prior a combination has 1 / combinations, a run 1 / runs
  return part.share * combinations_allowed_ * scale * (keeps_run * own * runs_ + (1 - keeps_run) * any);
}

}  // namespace lithoscope::infer
