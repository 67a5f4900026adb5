#include "lithoscope/xas/compare.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <Eigen/Eigenvalues>
#include <Eigen/Sparse>
#include <algorithm>
#include <array>
#include <cmath>

#include "fitted_shapes.hpp"
#include "lithoscope/core/cubic_spline.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/core/statistics.hpp"
#include "unit_spline.hpp"

namespace lithoscope::xas {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Sparse = Eigen::SparseMatrix<double>;
// Points are in the order of their energies, so the factor of a banded matrix is banded.
using Factor = Eigen::SimplicialLLT<Sparse, Eigen::Lower, Eigen::NaturalOrdering<int>>;

struct Pair {
  Spectrum before, after;  // after: the part that is compared
  core::CubicSpline curve;
};

// The part of `after` that `before` covers with `reach` to spare on both sides.
Pair overlap(const Spectrum& before, const Spectrum& after, double from_eV, double to_eV, double reach) {
  const double low = std::max(
      {before.energy_eV.front() + reach, after.energy_eV.front(), from_eV == 0 ? after.energy_eV.front() : from_eV});
  const double high =
      std::min({before.energy_eV.back() - reach, after.energy_eV.back(), to_eV == 0 ? after.energy_eV.back() : to_eV});
  if (!(low < high)) {
    throw core::UsageError(
        {.what = "the two spectra do not overlap",
         .expected = "energies they share",
         .found = fmt::format("{:g} to {:g} and {:g} to {:g} eV", before.energy_eV.front(), before.energy_eV.back(),
                              after.energy_eV.front(), after.energy_eV.back())});
  }
  return {.before = before, .after = cut(after, low, high, 8), .curve = {before.energy_eV, before.intensity}};
}

VectorXd map(const std::vector<double>& v) {
  return Eigen::Map<const VectorXd>{v.data(), static_cast<Index>(v.size())};
}

std::vector<double> list(const VectorXd& v) { return {v.begin(), v.end()}; }

// Noise of the points after less that of the curve before between its points: a spline's value is a sum of some eight
// points about it, and neighbours share them.
struct PairNoise {
  Sparse before;      // what one standard deviation of each point before does to the difference, a column a point
  Sparse covariance;  // of the difference
  Factor factor;
};
void find_noise(const Pair& pair, double shift, double scale, PairNoise& out) {
  const std::vector<double>&at = pair.after.energy_eV, &knots = pair.before.energy_eV;
  std::vector<Eigen::Triplet<double>> entries;
  std::size_t first = 0;
  for (std::size_t j = 0; j < knots.size(); ++j) {
    const UnitSpline unit{knots, j};
    while (first < at.size() && at[first] - shift < unit.from_eV) ++first;
    for (std::size_t i = first; i < at.size() && at[i] - shift <= unit.to_eV; ++i) {
      constexpr double negligible = 1e-5;
      const double share = unit.curve.value(at[i] - shift);
      if (std::abs(share) > negligible)
        entries.emplace_back(static_cast<int>(i), static_cast<int>(j),
                             -scale * share * std::sqrt(pair.before.variance[j]));
    }
  }
  const auto n = static_cast<Index>(at.size());
  out.before = Sparse(n, static_cast<Index>(knots.size()));
  out.before.setFromTriplets(entries.begin(), entries.end());
  Sparse own(n, n);
  own.reserve(Eigen::VectorXi::Constant(n, 1));
  for (Index i = 0; i < n; ++i) own.insert(i, i) = pair.after.variance[static_cast<std::size_t>(i)];
  out.covariance = Sparse(out.before * out.before.transpose()) + own;
  out.factor.compute(out.covariance);
  if (out.factor.info() == Eigen::Success && out.covariance.diagonal().minCoeff() > 0) return;
  throw core::UsageError({.what = "a difference needs to know the noise of the spectra",
                          .expected = "standard deviations, counts, or enough points to tell the scatter",
                          .found = "points without a variance"});
}

// What may differ without chemistry: after = (1 + scale) before(E - shift) + offset + other terms of the normalisation.
struct Nuisances {
  MatrixXd others;  // shapes that do not depend on the fit; the first is the offset's
  VectorXd prior;   // 1 / variance: shift, scale, then the others
  int free = 0;     // so many have no prior that counts
};
Nuisances nuisances_of(const Pair& pair, const CompareSettings& settings) {
  const auto n = static_cast<Index>(pair.after.size());
  const std::array both{pair.before.fitted, pair.after.fitted};
  std::vector<VectorXd> shapes = fitted_shapes(both, pair.after.energy_eV);
  const bool background = both[0].background_terms > 0 || both[1].background_terms > 0;
  if (!background) shapes.insert(shapes.begin(), VectorXd::Ones(n));
  const auto precision = [](double sigma) { return sigma > 0 ? 1 / (sigma * sigma) : 1e30; };
  // Two nearly equal curves would leave their difference free: a trace of a prior keeps the equations solvable.
  constexpr double trace = 1e-6;
  Nuisances out{.others = MatrixXd(n, static_cast<Index>(shapes.size())),
                .prior = VectorXd::Constant(2 + static_cast<Index>(shapes.size()), trace),
                .free = static_cast<int>(shapes.size()) + 1};
  for (std::size_t k = 0; k < shapes.size(); ++k) out.others.col(static_cast<Index>(k)) = shapes[k];
  out.prior[0] = precision(settings.shift);
  const auto bind = [&](Index k, double sigma) {
    out.prior[k] = precision(sigma);
    --out.free;
  };
  if (!both[0].divided && !both[1].divided) bind(1, settings.scale);
  if (!background) bind(2, settings.offset);
  return out;
}

// What is smooth: natural splines through knots that lie `width` and four points apart at least.
MatrixXd smooth_shapes(const std::vector<double>& energy, double width) {
  constexpr std::size_t least_points = 4, most_knots = 120;
  const std::size_t points = std::max(least_points, energy.size() / most_knots);
  std::vector<double> knots{energy.front()};
  std::size_t last = 0;
  for (std::size_t i = 1; i < energy.size(); ++i) {
    if (i < last + points || energy[i] < knots.back() + width) continue;
    knots.push_back(energy[i]);
    last = i;
  }
  MatrixXd out(static_cast<Index>(energy.size()), static_cast<Index>(knots.size()));
  std::vector<double> unit(knots.size(), 0.0), value(energy.size()), slope(energy.size());
  for (std::size_t k = 0; k < knots.size(); ++k) {
    unit[k] = 1;
    core::CubicSpline{knots, unit}.along(energy, 0, value, slope);
    unit[k] = 0;
    out.col(static_cast<Index>(k)) = map(value);
  }
  return out;
}

// The mean of both spectra as smooth as its noise allows: a shift is read from its slope, and the slope of noise would
// make it look smaller than it is.
class Smoother {
 public:
  Smoother(const Pair& pair, const VectorXd& variance)
      : share_before_(map(pair.after.variance).cwiseQuotient(variance)),
        weight_(share_before_.cwiseProduct(variance - map(pair.after.variance)).cwiseMax(1e-300).cwiseInverse()) {
    for (const double width_eV : {0.5, 0.3}) {
      Level level{.shapes = smooth_shapes(pair.after.energy_eV, width_eV), .weighted = {}, .factor = {}};
      level.weighted = weight_.asDiagonal() * level.shapes;
      level.factor.compute(level.shapes.transpose() * level.weighted);
      if (level.shapes.cols() < level.shapes.rows()) levels_.push_back(std::move(level));
    }
  }

  const VectorXd& share_before() const { return share_before_; }
  // The smoothest of some curves that lies within the noise; the points themselves where none does.
  VectorXd operator()(const VectorXd& mean) const {
    constexpr double most_sigmas = 2;
    for (const Level& level : levels_) {
      const VectorXd smooth = level.shapes * level.factor.solve(level.weighted.transpose() * mean);
      const double misfit = (mean - smooth).cwiseAbs2().dot(weight_);
      if (core::normal_score(misfit, static_cast<double>(level.shapes.rows() - level.shapes.cols())) < most_sigmas)
        return smooth;
    }
    return mean;
  }

 private:
  struct Level {
    MatrixXd shapes, weighted;
    Eigen::LDLT<MatrixXd> factor;
  };
  VectorXd share_before_, weight_;  // of the mean
  std::vector<Level> levels_;
};

// Gauss-Newton; what a nuisance does to the curve is taken from the mean of both spectra, weighted by their noise,
// which is independent of their difference. The curve before alone would make a shift look better for smoothing its
// noise.
struct Alignment {
  VectorXd p, model, residual;
  MatrixXd jacobian, covariance;
  MatrixXd weighted;  // noise^-1 jacobian
};
Alignment align(const Pair& pair, const Nuisances& nuisances, const PairNoise& noise, VectorXd start) {
  const auto n = static_cast<Index>(pair.after.size());
  Alignment out{.p = std::move(start), .model = VectorXd(n), .residual = VectorXd(n)};
  out.jacobian.resize(n, out.p.size());
  const VectorXd measured = map(pair.after.intensity);
  const Smoother smoother{pair, noise.covariance.diagonal()};
  std::vector<double> value(pair.after.energy_eV.size()), slope(value.size()), at(value.size());
  MatrixXd normal;
  const auto linearise = [&] {
    pair.curve.along(pair.after.energy_eV, -out.p[0], value, slope);
    const VectorXd others = nuisances.others * out.p.tail(nuisances.others.cols());
    out.model = (1 + out.p[1]) * map(value) + others;
    out.residual = measured - out.model;
    const VectorXd mean = smoother(measured - others - smoother.share_before().cwiseProduct(out.residual));
    core::CubicSpline{pair.after.energy_eV, list(mean)}.along(pair.after.energy_eV, 0, at, slope);
    out.jacobian << -map(slope), mean / (1 + out.p[1]), nuisances.others;
    out.weighted = noise.factor.solve(out.jacobian);
    normal = out.jacobian.transpose() * out.weighted;
    normal.diagonal() += nuisances.prior;
  };
  constexpr int steps = 20;
  for (int step = 0; step < steps; ++step) {
    linearise();
    const VectorXd downhill = out.weighted.transpose() * out.residual - nuisances.prior.cwiseProduct(out.p);
    const VectorXd change = normal.ldlt().solve(downhill);
    out.p += change;
    if (change.cwiseAbs().maxCoeff() < 1e-10) break;
  }
  linearise();
  out.covariance = normal.ldlt().solve(MatrixXd::Identity(normal.rows(), normal.cols()));
  return out;
}

// Chi squared that added shapes explain beyond the nuisances, and how many of them are new.
struct Explained {
  double chi_squared = 0;
  double degrees = 0;
};
Explained explained_by(const MatrixXd& shapes, const Alignment& fit, const Factor& noise) {
  const MatrixXd weighted = noise.solve(shapes);
  const MatrixXd shared = fit.weighted.transpose() * shapes;
  const MatrixXd information = shapes.transpose() * weighted;
  const MatrixXd left = information - shared.transpose() * fit.covariance * shared;
  const VectorXd along = weighted.transpose() * fit.residual;
  // Directions by the share of their information that the nuisances leave. Where that is little, the direction is a
  // nuisance in other words, and the noise of the curve before, which is part of both, would speak.
  const Eigen::GeneralizedSelfAdjointEigenSolver<MatrixXd> solved{left, information};
  constexpr double least_share = 0.05;
  Explained out;
  for (Index k = 0; k < left.rows(); ++k) {
    if (solved.eigenvalues()[k] < least_share) continue;
    const double amplitude = solved.eigenvectors().col(k).dot(along);
    out.chi_squared += amplitude * amplitude / solved.eigenvalues()[k];
    out.degrees += 1;
  }
  return out;
}

// Amplitudes of shapes beyond the nuisances, as scores, and how the scores go together where there is only noise.
struct Scores {
  VectorXd score;
  MatrixXd correlation;
};
Scores scores_along(const MatrixXd& shapes, const Alignment& fit, const Factor& noise) {
  const MatrixXd weighted = noise.solve(shapes);
  const MatrixXd shared = fit.weighted.transpose() * shapes;
  const MatrixXd information = shapes.transpose() * weighted - shared.transpose() * fit.covariance * shared;
  const VectorXd sigma = information.diagonal().cwiseMax(0).cwiseSqrt();
  const VectorXd scale = (sigma.array() > 0).select(sigma.cwiseInverse(), 0);
  return {.score = scale.cwiseProduct(weighted.transpose() * fit.residual),
          .correlation = scale.asDiagonal() * information * scale.asDiagonal()};
}

// A ratio of two chi squareds, each over its degrees, as standard deviations of a normal number (Paulson, 1942).
double ratio_score(double ratio, double degrees, double degrees_below) {
  const double above = 2 / (9 * degrees), below = 2 / (9 * degrees_below);
  const double root = std::cbrt(ratio);
  return (root * (1 - below) - (1 - above)) / std::sqrt(above + below * root * root);
}

// A Student t as a normal number (Abramowitz and Stegun, 26.7.8).
double normal_of_t(double t, double degrees) {
  return t * (1 - 1 / (4 * degrees)) / std::sqrt(1 + t * t / (2 * degrees));
}

// Neighbouring points against their stated noise, by a median: what a sharp line that changed leaves in a few points
// does not count. Noise that was stated is believed unless the points scatter more.
void judge_noise(const VectorXd& variance, Difference& out) {
  std::vector<double> place, score;
  for (std::size_t i = 0; i < out.difference.size(); ++i) {
    place.push_back(static_cast<double>(i));
    score.push_back(out.difference[i] / std::sqrt(variance[static_cast<Index>(i)]));
  }
  out.noise_ratio = scatter_of(place, score);
  constexpr double certain = 5, error_of_a_median = 1.2;
  out.by_scatter = out.by_scatter ||
                   out.noise_ratio > 1 + certain * error_of_a_median / std::sqrt(static_cast<double>(score.size()));
}

void test_shape(const Explained& smooth, Difference& out) {
  const double rest = std::max(1.0, out.degrees - smooth.degrees);
  const double over = std::max(0.0, out.chi_squared - smooth.chi_squared) / rest;
  if (smooth.degrees < 1) return;
  const double score =
      out.by_scatter ? ratio_score(smooth.chi_squared / smooth.degrees / std::max(over, 1e-300), smooth.degrees, rest)
                     : core::normal_score(smooth.chi_squared, smooth.degrees);
  out.tests.push_back({ChangeTest::Kind::shape, "the whole shape", score, core::upper_tail(score)});
}

void test_directions(std::span<const Direction> directions, const Alignment& fit, const Factor& noise,
                     const Explained& smooth, Difference& out) {
  const double rest = std::max(1.0, out.degrees - smooth.degrees);
  const double over = std::max(0.0, out.chi_squared - smooth.chi_squared) / rest;
  MatrixXd shapes = MatrixXd::Zero(static_cast<Index>(out.energy_eV.size()), static_cast<Index>(directions.size()));
  for (Index k = 0; k < shapes.cols(); ++k) {
    const Direction& d = directions[static_cast<std::size_t>(k)];
    const core::CubicSpline curve{d.energy_eV, d.change};
    for (Index i = 0; i < shapes.rows(); ++i) {
      const double e = out.energy_eV[static_cast<std::size_t>(i)] - out.shift_eV.value;
      shapes(i, k) = e >= curve.low() && e <= curve.high() ? curve.value(e) : 0;
    }
  }
  const Scores found = scores_along(shapes, fit, noise);
  for (Index k = 0; k < shapes.cols(); ++k) {
    const Direction& d = directions[static_cast<std::size_t>(k)];
    double score = found.score[k];
    if (out.by_scatter) score = normal_of_t(score / std::sqrt(std::max(over, 1e-300)), rest);
    out.tests.push_back({d.kind, d.name, score, 2 * core::upper_tail(std::abs(score))});
  }
  out.correlation.assign(found.correlation.data(), found.correlation.data() + found.correlation.size());
}

// The shift is a sum of differences: its noise is theirs.
void find_covariance_with_shift(const Pair& pair, const Spectrum& after, const Alignment& fit, const PairNoise& noise,
                                Difference& out) {
  const VectorXd weights = fit.weighted * fit.covariance.col(0);
  const VectorXd before = noise.before.transpose() * weights;
  for (Index j = 0; j < before.size(); ++j)
    out.before_with_shift.push_back(before[j] * std::sqrt(pair.before.variance[static_cast<std::size_t>(j)]));
  out.after_with_shift.assign(after.energy_eV.size(), 0.0);
  const auto first = static_cast<std::size_t>(std::ranges::find(after.energy_eV, pair.after.energy_eV.front()) -
                                              after.energy_eV.begin());
  for (Index i = 0; i < weights.size(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    out.after_with_shift[first + k] = weights[i] * pair.after.variance[k];
  }
}

// The most significant run of points within the smoothing width.
void find_largest(const VectorXd& variance, Difference& out) {
  const std::size_t n = out.energy_eV.size();
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0, weights = 0;
    for (std::size_t k = i; k < n && out.energy_eV[k] - out.energy_eV[i] <= out.smooth_eV; ++k) {
      sum += out.difference[k] / variance[static_cast<Index>(k)];
      weights += 1 / variance[static_cast<Index>(k)];
    }
    const double score = sum / std::sqrt(weights);
    if (std::abs(score) > std::abs(out.largest)) {
      out.largest = score;
      out.largest_eV = out.energy_eV[i] + 0.5 * out.smooth_eV;
    }
  }
}

// How often noise alone makes the largest of some scores, which go together as they do, as large as the one found:
// drawn, with one seed for all; where that is rare, the sum of the single chances is as good and no draw reaches there.
double chance_of_largest(const Difference& difference, double largest) {
  const auto count = static_cast<Index>(std::lround(std::sqrt(static_cast<double>(difference.correlation.size()))));
  const double sum = std::min(1.0, 2 * core::upper_tail(largest) * static_cast<double>(count));
  constexpr double rare = 2e-3, usual = 0.3;
  if (count < 2 || sum < rare || sum > usual) return sum;
  const Eigen::Map<const MatrixXd> correlation{difference.correlation.data(), count, count};
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solved{correlation};
  const MatrixXd root = solved.eigenvectors() * solved.eigenvalues().cwiseMax(0).cwiseSqrt().asDiagonal();
  core::RandomStream random{1, 1};
  constexpr int draws = 20000;
  int reached = 0;
  VectorXd independent(count);
  for (int draw = 0; draw < draws; ++draw) {
    for (double& x : independent) x = random.normal();
    reached += (root * independent).cwiseAbs().maxCoeff() >= largest ? 1 : 0;
  }
  return static_cast<double>(reached) / draws;
}

// The whole shape and what chemistry and the features ask have each their part of the error rate.
void conclude(Difference& difference) {
  constexpr double part_of_shape = 0.1;
  const ChangeTest* largest = nullptr;
  const ChangeTest* shape = nullptr;
  for (const ChangeTest& t : difference.tests) {
    if (t.kind == ChangeTest::Kind::shape)
      shape = &t;
    else if (largest == nullptr || std::abs(t.score) > std::abs(largest->score))
      largest = &t;
  }
  difference.chance = 1;
  difference.spoke.clear();
  const auto consider = [&](const ChangeTest* test, double chance, double part) {
    if (test == nullptr) return;
    chance = std::min(1.0, chance / part);
    if (chance >= difference.chance && !difference.spoke.empty()) return;
    difference.chance = chance;
    difference.spoke = test->of;
  };
  if (shape != nullptr) consider(shape, shape->chance, largest != nullptr ? part_of_shape : 1);
  if (largest != nullptr) {
    consider(largest, chance_of_largest(difference, std::abs(largest->score)),
             shape != nullptr ? 1 - part_of_shape : 1);
  }
  difference.significance = core::score_of_tail(0.5 * difference.chance);
}

}  // namespace

std::span<const core::Setting<CompareSettings>> compare_settings_table() {
  using S = CompareSettings;
  static constexpr std::array table{
      core::Setting<S>{"from", "eV", &S::from, "First energy that is compared; 0: where both spectra have begun"},
      core::Setting<S>{"to", "eV", &S::to, "Last energy that is compared; 0: where the first spectrum ends"},
      core::Setting<S>{"shift", "eV", &S::shift,
                       "Standard deviation of the difference of two energy scales; 0 fixes it", 0, 10},
      core::Setting<S>{
          "scale", "1", &S::scale,
          "Standard deviation of the ratio of two heights; 0 fixes it. Free where the spectra are divided by their own "
          "height or area",
          0, 1},
      core::Setting<S>{
          "offset", "1", &S::offset,
          "Standard deviation of the difference of two backgrounds; 0 fixes it. Free where a background was fitted", 0,
          1}};
  return table;
}

Difference compare(const Spectrum& before, const Spectrum& after, const CompareSettings& settings,
                   std::span<const Direction> directions) {
  const Pair pair = overlap(before, after, settings.from, settings.to, 3 * settings.shift);
  const Nuisances nuisances = nuisances_of(pair, settings);
  // Where the points of the curve before lie between those after depends on the shift, what they count on the scale.
  PairNoise noise;
  find_noise(pair, 0, 1, noise);
  const VectorXd start = align(pair, nuisances, noise, VectorXd::Zero(nuisances.prior.size())).p;
  find_noise(pair, start[0], 1 + start[1], noise);
  const VectorXd variance = noise.covariance.diagonal();
  const Alignment fit = align(pair, nuisances, noise, start);
  Difference out;
  out.energy_eV = pair.after.energy_eV;
  out.before = list(fit.model);
  out.after = pair.after.intensity;
  out.after_variance = pair.after.variance;
  out.before_variance = list((variance - map(pair.after.variance)).cwiseMax(0));
  out.difference = list(fit.residual);
  out.shift_eV = {fit.p[0], fit.covariance(0, 0)};
  out.scale = {1 + fit.p[1], fit.covariance(1, 1)};
  out.offset = {fit.p[2], fit.covariance(2, 2)};
  find_covariance_with_shift(pair, after, fit, noise, out);
  // What is left has lost the part that looks like a nuisance: V - J C J'.
  const VectorXd explained = (fit.jacobian * fit.covariance).cwiseProduct(fit.jacobian).rowwise().sum();
  out.sigma = list((variance - explained).cwiseMax(1e-3 * variance).cwiseSqrt());
  out.chi_squared = noise.factor.solve(fit.residual).dot(fit.residual) + fit.p.cwiseAbs2().dot(nuisances.prior);
  out.points = pair.after.size();
  // A nuisance with a prior is one more datum; a free one takes a datum.
  out.degrees = static_cast<double>(out.points - nuisances.free);
  out.by_scatter = before.noise == Noise::scatter || after.noise == Noise::scatter;
  judge_noise(variance, out);
  const Explained smooth = explained_by(smooth_shapes(out.energy_eV, out.smooth_eV), fit, noise.factor);
  test_shape(smooth, out);
  test_directions(directions, fit, noise.factor, smooth, out);
  find_largest(variance, out);
  conclude(out);
  return out;
}

bool has_changed(const Difference& difference) { return difference.chance < 0.05; }

std::string significance_words(const Difference& difference) {
  const double s = difference.significance;
  if (!has_changed(difference)) return fmt::format("no change is seen ({:.1f} standard deviations)", s);
  constexpr double likely = 3, clear = 5;
  const std::string by = fmt::format("by {}", difference.spoke);
  if (s < likely) return fmt::format("a change is possible ({:.1f} standard deviations, {})", s, by);
  if (s < clear) return fmt::format("a change is likely ({:.1f} standard deviations, {})", s, by);
  return fmt::format("a clear change ({:.0f} standard deviations, {})", s, by);
}

core::Value energy_offset_eV(const Spectrum& spectrum, const Spectrum& reference, double from_eV, double to_eV,
                             double prior_eV) {
  // A scale and an offset without a say: the prior's widths are those of the signal itself.
  const double height = *std::ranges::max_element(spectrum.intensity) - *std::ranges::min_element(spectrum.intensity);
  const CompareSettings settings{.from = from_eV, .to = to_eV, .shift = prior_eV, .scale = 10, .offset = 10 * height};
  const Pair pair = overlap(reference, spectrum, from_eV, to_eV, 3 * prior_eV);
  const Nuisances nuisances = nuisances_of(pair, settings);
  PairNoise noise;
  find_noise(pair, 0, 1, noise);
  const Alignment fit = align(pair, nuisances, noise, VectorXd::Zero(nuisances.prior.size()));
  const double chi_squared = noise.factor.solve(fit.residual).dot(fit.residual);
  const double freedom = std::max(1.0, chi_squared / static_cast<double>(pair.after.size() - 3));
  return {fit.p[0], fit.covariance(0, 0) * freedom};
}

}  // namespace lithoscope::xas
