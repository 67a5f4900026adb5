#include "lithoscope/rixs/change.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/poisson.hpp"
#include "lithoscope/core/statistics.hpp"

namespace lithoscope::rixs {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

bool measured(const Curve& curve, std::size_t i) {
  return std::isfinite(curve.value[i]) && std::isfinite(curve.variance[i]);
}

// One of the two curves, on the points both have measured.
struct Side {
  VectorXd y, variance, counts;  // normalised; variance of the points alone
  VectorXd per_count;            // y of one count; zero where y is not counts times something
  VectorXd weights;              // of the points in the divisor
  VectorXd by_energy_scale;      // normalised
  double rest_variance = 0;      // relative, of the rest of the divisor
  double divisor_moves = 0;      // relative, with the energy scale
};

Side side_of(const Curve& curve, const Divisor& by, const std::vector<std::size_t>& points) {
  const auto n = static_cast<Index>(points.size());
  Side out{VectorXd(n), VectorXd(n), VectorXd(n), VectorXd::Zero(n), VectorXd::Zero(n), VectorXd::Zero(n)};
  out.rest_variance = by.rest_variance / (by.value * by.value);
  out.divisor_moves = by.by_energy_scale / by.value;
  for (Index k = 0; k < n; ++k) {
    const std::size_t i = points[static_cast<std::size_t>(k)];
    out.y[k] = curve.value[i] / by.value;
    out.variance[k] = curve.variance[i] / (by.value * by.value);
    out.counts[k] = curve.counts[i];
    if (!by.weights.empty()) out.weights[k] = by.weights[i];
    if (!curve.by_energy_scale.empty()) out.by_energy_scale[k] = curve.by_energy_scale[i] / by.value;
    const bool of_counts = std::abs(curve.value[i] * curve.exposure[i] - curve.counts[i]) <=
                           1e-9 * std::max(1.0, std::abs(curve.counts[i]));
    if (of_counts) out.per_count[k] = 1 / (curve.exposure[i] * by.value);
  }
  return out;
}

// Covariance of y = v / d, d = sum w v and the rest, from the variances of y's points before they were tied together.
MatrixXd tied_covariance(const Side& side, const VectorXd& y, const VectorXd& variance) {
  const MatrixXd pull = MatrixXd::Identity(y.size(), y.size()) - y * side.weights.transpose();
  MatrixXd out = pull * variance.asDiagonal() * pull.transpose();
  out += side.rest_variance * y * y.transpose();
  const VectorXd moved = side.by_energy_scale - y * side.divisor_moves;
  return out + moved * moved.transpose();
}

// What both curves are where nothing has changed, with the variance each has then. The variance of a small count is
// tied to the count itself: judged by their own, points that happen to be low would weigh most.
struct Unchanged {
  VectorXd y, before_variance, after_variance;
};
Unchanged unchanged(const Side& before, const Side& after) {
  const Index n = before.y.size();
  Unchanged out{VectorXd(n), before.variance, after.variance};
  for (Index i = 0; i < n; ++i) {
    const double a = before.per_count[i], b = after.per_count[i];
    if (!(a > 0 && b > 0)) {
      out.y[i] = 0.5 * (before.y[i] + after.y[i]);
      continue;
    }
    const double counts = before.counts[i] + after.counts[i];
    // Weighted bins: the variance is not that of as many counts. A point without counts stands for one count.
    const double of_before = before.counts[i] > 0 ? before.variance[i] / (a * a) : 0;
    const double of_after = after.counts[i] > 0 ? after.variance[i] / (b * b) : 0;
    out.y[i] = counts / (1 / a + 1 / b);
    if (!(counts > 0)) continue;
    const double per_count = (of_before + of_after) / counts;
    out.before_variance[i] = per_count * out.y[i] * a;
    out.after_variance[i] = per_count * out.y[i] * b;
  }
  return out;
}

// Neighbours are put together until each group has so many counts expected before and after, if nothing changed: then
// the sum is near enough to a normal distribution for chi squared. Expected, and from both together: groups that end
// where a count happens to be high would be biased. Rows are the groups, weighted like the area, so that what the area
// ties together stays tied.
MatrixXd grouping(const Side& before, const Side& after, const Unchanged& both, const VectorXd& weights) {
  const auto expected = [&](const Side& side, Index i) {
    return side.per_count[i] > 0 ? both.y[i] / side.per_count[i] : side.counts[i];
  };
  constexpr double enough = 5;
  const Index n = before.y.size();
  std::vector<Index> group(static_cast<std::size_t>(n));
  Index at = 0;
  double first = 0, second = 0;
  for (Index i = 0; i < n; ++i) {
    group[static_cast<std::size_t>(i)] = at;
    first += expected(before, i);
    second += expected(after, i);
    if (first < enough || second < enough) continue;
    ++at;
    first = second = 0;
  }
  // What is left over at the end goes to the last full group.
  const Index groups = std::max<Index>(at, 1);
  MatrixXd out = MatrixXd::Zero(groups, n);
  for (Index i = 0; i < n; ++i) out(std::min(group[static_cast<std::size_t>(i)], groups - 1), i) = weights[i];
  return out;
}

// Differences in directions that are independent, each over its standard deviation. By the pseudo-inverse: a common
// normalisation takes a degree of freedom away, and with it a direction.
class Independent {
 public:
  explicit Independent(const MatrixXd& covariance)
      : scale_{covariance.diagonal().cwiseMax(0).cwiseSqrt().unaryExpr([](double s) { return s > 0 ? 1 / s : 0; })},
        solver_{scale_.asDiagonal() * covariance * scale_.asDiagonal()} {}
  VectorXd operator()(const VectorXd& v) const {
    constexpr double lost = 1e-9;
    const VectorXd& spread = solver_.eigenvalues();
    VectorXd out = solver_.eigenvectors().transpose() * scale_.cwiseProduct(v);
    for (Index k = 0; k < out.size(); ++k)
      out[k] = spread[k] < lost * spread.maxCoeff() ? 0 : out[k] / std::sqrt(spread[k]);
    return out;
  }
  std::int64_t degrees() const {
    constexpr double lost = 1e-9;
    return (solver_.eigenvalues().array() >= lost * solver_.eigenvalues().maxCoeff()).count();
  }

 private:
  VectorXd scale_;
  Eigen::SelfAdjointEigenSolver<MatrixXd> solver_;
};

// How far the differences go along a direction, one being all of it.
core::Value along(const VectorXd& difference, const VectorXd& direction) {
  const double information = direction.squaredNorm();
  if (!(information > 0)) return {0, std::numeric_limits<double>::infinity()};
  return {direction.dot(difference) / information, 1 / information};
}

void require_same_axis(const Curve& a, const Curve& b) {
  bool same = a.size() == b.size() && a.size() > 0;
  for (std::size_t i = 0; same && i < a.size(); ++i)
    same = std::abs(a.energy_eV[i] - b.energy_eV[i]) <= 1e-6 * std::max(1.0, std::abs(a.energy_eV[i]));
  if (same) return;
  throw core::UsageError({.what = "the two curves have different axes",
                          .expected = fmt::format("the {} energies of \"{}\"", a.size(), a.name),
                          .found = fmt::format("{} energies of \"{}\"", b.size(), b.name),
                          .advice = "compare maps of the same incident energies and bins"});
}

Curve inverse_of(Curve curve) {
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const double v = curve.value[i];
    const bool counted = curve.counts[i] > 0 && v > 0;
    curve.value[i] = counted ? 1 / v : not_known;
    curve.variance[i] = counted ? curve.variance[i] / (v * v * v * v) : std::numeric_limits<double>::infinity();
  }
  return curve;
}

CurveChange differences(const Curve& before, const Curve& after) {
  CurveChange out{.before = before, .after = after};
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double a = before.value[i], b = after.value[i], va = before.variance[i], vb = after.variance[i];
    const bool known = measured(before, i) && measured(after, i);
    out.difference.push_back(known ? b - a : not_known);
    out.difference_variance.push_back(known ? va + vb : std::numeric_limits<double>::infinity());
    const bool divides = known && a != 0;
    out.ratio.push_back(divides ? b / a : not_known);
    out.ratio_variance.push_back(divides ? (vb + b * b / (a * a) * va) / (a * a)
                                         : std::numeric_limits<double>::infinity());
  }
  return out;
}

// Points that were not measured in both, and those outside a polygon (no variance at all), say nothing; nor does the
// inverse of nothing.
std::vector<std::size_t> points_of(const Curve& before, const Curve& after, bool inverse) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const bool known = measured(before, i) && measured(after, i) && before.variance[i] + after.variance[i] > 0;
    if (known && (!inverse || (before.value[i] > 0 && after.value[i] > 0))) out.push_back(i);
  }
  return out;
}

// A tenth of the axis about the highest place, at least three points.
struct Part {
  Index from = 0, to = 0;  // [from, to)
};
Part highest_part(const VectorXd& y, const std::vector<double>& energy) {
  Index top = 0;
  y.maxCoeff(&top);
  const double half = 0.05 * (energy.back() - energy.front());
  Part out{std::max<Index>(0, top - 1), std::min<Index>(y.size(), top + 2)};
  const auto near = [&](Index i) {
    return std::abs(energy[static_cast<std::size_t>(i)] - energy[static_cast<std::size_t>(top)]) <= half;
  };
  while (out.from > 0 && near(out.from - 1)) --out.from;
  while (out.to < y.size() && near(out.to)) ++out.to;
  return out;
}

}  // namespace

bool height_changed(const CurveChange& change) {
  constexpr double sigmas = 3;
  return std::abs(change.height.value) > sigmas * change.height.sigma();
}

bool changed(const CurveChange& change) {
  constexpr double sigmas = 3;
  return change.significance > sigmas || height_changed(change);
}

CurveChange compare_curves(const Curve& before, const Curve& after, const Divisors& by, bool inverse) {
  require_same_axis(before, after);
  const Curve first_curve = normalised(before, by.before), second_curve = normalised(after, by.after);
  CurveChange out =
      inverse ? differences(inverse_of(first_curve), inverse_of(second_curve)) : differences(first_curve, second_curve);
  const std::vector<std::size_t> points = points_of(before, after, inverse);
  const std::size_t n = before.size();
  out.covariance.assign(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) out.covariance[i * n + i] = out.difference_variance[i];
  if (points.empty()) return out;
  const Side first = side_of(before, by.before, points), second = side_of(after, by.after, points);
  // Of an inverse: by how much it moves with the yield.
  const auto slope = [&](const VectorXd& y) -> VectorXd {
    if (inverse) return y.cwiseAbs2().cwiseInverse();
    return VectorXd::Ones(y.size());
  };
  const auto of_side = [&](const Side& side, const VectorXd& y, const VectorXd& variance) -> MatrixXd {
    const VectorXd s = slope(y);
    return s.asDiagonal() * tied_covariance(side, y, variance) * s.asDiagonal();
  };
  const MatrixXd covariance = of_side(first, first.y, first.variance) + of_side(second, second.y, second.variance);
  for (std::size_t a = 0; a < points.size(); ++a) {
    for (std::size_t b = 0; b < points.size(); ++b)
      out.covariance[points[a] * n + points[b]] = covariance(static_cast<Index>(a), static_cast<Index>(b));
  }
  const Unchanged both = unchanged(first, second);
  if (inverse && !(both.y.minCoeff() > 0)) return out;
  const MatrixXd expected = of_side(first, both.y, both.before_variance) + of_side(second, both.y, both.after_variance);
  const std::vector<double> widths = trapezoids(before);
  VectorXd weights(static_cast<Index>(points.size()));
  std::vector<double> energy;
  for (std::size_t k = 0; k < points.size(); ++k) {
    weights[static_cast<Index>(k)] = std::max(widths[points[k]], 1e-12);
    energy.push_back(before.energy_eV[points[k]]);
  }
  const MatrixXd groups = grouping(first, second, both, weights);
  const Independent independent{groups * expected * groups.transpose()};
  const VectorXd unlike = inverse ? VectorXd{second.y.cwiseInverse() - first.y.cwiseInverse()} : second.y - first.y;
  const VectorXd difference = independent(groups * unlike);
  out.chi_squared = difference.squaredNorm();
  out.degrees = independent.degrees();
  if (out.degrees > 0) out.significance = core::normal_score(out.chi_squared, static_cast<double>(out.degrees));
  VectorXd height = inverse ? VectorXd{both.y.cwiseInverse()} : both.y;
  // Where the divisor is the curve itself there is no height to change.
  constexpr double mostly = 0.5;
  if (first.weights.dot(both.y) > mostly) {
    const Part part = highest_part(height, energy);
    out.part_eV = energy[static_cast<std::size_t>(part.to - 1)] - energy[static_cast<std::size_t>(part.from)];
    out.part_at_eV =
        0.5 * (energy[static_cast<std::size_t>(part.to - 1)] + energy[static_cast<std::size_t>(part.from)]);
    height.head(part.from).setZero();
    height.tail(height.size() - part.to).setZero();
    if (part.from == 0 && part.to == height.size()) height.setZero();
    // What the divisor takes back of it.
    height -= both.y * first.weights.dot(height);
  }
  out.height = along(difference, independent(groups * height));
  return out;
}

CurveChange compare_curves(const Curve& before, const Curve& after, Normalise own) {
  return compare_curves(before, after, Divisors{own_divisor(before, own), own_divisor(after, own)});
}

namespace {

// Share of a column's counts that are expected after, where nothing but the scale has changed.
std::vector<double> shares_after(const std::vector<double>& before, const std::vector<double>& after, double scale) {
  std::vector<double> out;
  for (std::size_t c = 0; c < before.size(); ++c) {
    const double all = before[c] + scale * after[c];
    out.push_back(all > 0 ? scale * after[c] / all : 0);
  }
  return out;
}

// Sums over boxes in constant time.
class BoxSums {
 public:
  template <class Value>
  BoxSums(std::size_t rows, std::size_t columns, const Value& value)
      : stride_{columns + 1}, sum_((rows + 1) * stride_, 0.0) {
    for (std::size_t r = 0; r < rows; ++r) {
      double row = 0;
      for (std::size_t c = 0; c < columns; ++c) {
        row += value(r, c);
        sum_[(r + 1) * stride_ + c + 1] = sum_[r * stride_ + c + 1] + row;
      }
    }
  }
  double operator()(std::size_t r0, std::size_t r1, std::size_t c0, std::size_t c1) const {
    return sum_[r1 * stride_ + c1] - sum_[r0 * stride_ + c1] - sum_[r1 * stride_ + c0] + sum_[r0 * stride_ + c0];
  }

 private:
  std::size_t stride_;
  std::vector<double> sum_;
};

struct Span {
  std::size_t from = 0, to = 0;  // [from, to)
};
// For each place the places within half the width of it.
std::vector<Span> within(const std::vector<double>& at, double width) {
  std::vector<Span> out;
  const double half = 0.5 * width * (1 + 1e-9);
  for (std::size_t i = 0; i < at.size(); ++i) {
    Span s{i, i + 1};
    while (s.from > 0 && at[i] - at[s.from - 1] <= half) --s.from;
    while (s.to < at.size() && at[s.to] - at[i] <= half) ++s.to;
    out.push_back(s);
  }
  return out;
}

double mean_length(const std::vector<Span>& spans) {
  double sum = 0;
  for (const Span& s : spans) sum += static_cast<double>(s.to - s.from);
  return sum / static_cast<double>(spans.size());
}

// Standard deviations of k of n counts where a share p was expected; exact while the sum is short (each outcome as
// likely as the one seen counts half: mid-p), else the signed root of the likelihood ratio.
double binomial_score(double k, double n, double p) {
  constexpr double many = 400;
  if (n > many) {
    const auto part = [](double seen, double expected) { return seen > 0 ? seen * std::log(seen / expected) : 0; };
    const double ratio = 2 * (part(k, n * p) + part(n - k, n * (1 - p)));
    return std::copysign(std::sqrt(std::max(0.0, ratio)), k - n * p);
  }
  const bool above = k > n * p;
  const double odds = std::log(p / (1 - p));
  const auto log_chance = [&](double i) {
    return core::log_factorial(n) - core::log_factorial(i) - core::log_factorial(n - i) + i * odds + n * std::log1p(-p);
  };
  double term = std::exp(log_chance(k)), tail = 0.5 * term;
  double i = k;
  while (above ? i < n : i > 0) {
    term *= above ? (n - i) / (i + 1) * p / (1 - p) : i / (n - i + 1) * (1 - p) / p;
    i += above ? 1 : -1;
    tail += term;
    if (term < 1e-17 * tail) break;
  }
  const double z = core::score_of_tail(std::min(0.5, tail));
  return above ? z : -z;
}

// Boxes a walk along one axis may choose from, in effect: `boxes` side by side, and more as overlapping ones are tried
// (Siegmund, Sequential Analysis (1985), IV: excursions of a sum that moves along in steps).
double tries(double positions, double box_length, double z) {
  const double overshoot = std::exp(-0.583 * z * std::sqrt(2 / box_length));
  const double boxes = positions / box_length;
  return std::clamp(boxes * z * z * overshoot, boxes, positions);
}

}  // namespace

MapChange compare_maps(const RixsMap& before, const RixsMap& after, const StateScale& scale, double smooth_incident_eV,
                       double smooth_emission_eV) {
  const std::vector<double> exposed = exposures(before, scale.source), exposed_after = exposures(after, scale.source);
  MapChange out{.scale = scale.ratio};
  const std::vector<double> share = shares_after(exposed, exposed_after, out.scale.value);
  const std::size_t columns = before.columns(), rows = static_cast<std::size_t>(before.emission.count);
  const auto judged = [&](std::size_t c) { return share[c] > 0 && share[c] < 1; };
  const auto both = [&](std::size_t r, std::size_t c) {
    return judged(c) ? before.counts[r * columns + c] + after.counts[r * columns + c] : 0;
  };
  const BoxSums all{rows, columns, both};
  const BoxSums expected{rows, columns, [&](std::size_t r, std::size_t c) { return both(r, c) * share[c]; }};
  const BoxSums seen{rows, columns,
                     [&](std::size_t r, std::size_t c) { return judged(c) ? after.counts[r * columns + c] : 0; }};
  std::vector<double> centres;
  for (std::int64_t r = 0; r < before.emission.count; ++r) centres.push_back(before.emission.centre(r));
  const std::vector<Span> across = within(before.incident_eV, smooth_incident_eV);
  const std::vector<Span> along = within(centres, smooth_emission_eV);
  const BoxSums moved{rows, columns, [&](std::size_t r, std::size_t c) {
                        const auto row = static_cast<std::int64_t>(r);
                        const double slope = before.slope_at(row, c) + after.slope_at(row, c);
                        return judged(c) ? slope * share[c] * (1 - share[c]) : 0;
                      }};
  const double shift = scale.shift_sigma_eV();
  const double of_scale = scale.ratio.variance / (scale.ratio.value * scale.ratio.value);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      const double rate = exposed[c] > 0 ? before.counts[r * columns + c] / exposed[c] : not_known;
      const double rate_after = exposed_after[c] > 0 ? after.counts[r * columns + c] / exposed_after[c] : not_known;
      out.difference.push_back(rate_after - out.scale.value * rate);
      const auto box = [&](const BoxSums& sum) {
        return sum(along[r].from, along[r].to, across[c].from, across[c].to);
      };
      const double n = box(all);
      if (!(n > 0.5)) {
        out.significance.push_back(not_known);
        continue;
      }
      // The errors of the common scale and of the energy scale move all counts of the box.
      const double p = box(expected) / n, counting = n * p * (1 - p), by_shift = shift * box(moved);
      const double others = (counting * counting * of_scale + by_shift * by_shift) / counting;
      const double z = binomial_score(std::round(box(seen)), std::round(n), p) / std::sqrt(1 + others);
      out.significance.push_back(z);
      if (std::abs(z) <= std::abs(out.largest)) continue;
      out.largest = z;
      out.largest_incident_eV = before.incident_eV[c];
      out.largest_emission_eV = centres[r];
    }
  }
  const double z = std::abs(out.largest);
  const double places = tries(static_cast<double>(columns), mean_length(across), z) *
                        tries(static_cast<double>(rows), mean_length(along), z);
  out.chance = -std::expm1(-2 * places * core::upper_tail(z));
  return out;
}

}  // namespace lithoscope::rixs
