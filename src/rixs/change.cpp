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
#include "normalisation.hpp"

namespace lithoscope::rixs {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

bool measured(const Curve& curve, std::size_t i) {
  return std::isfinite(curve.value[i]) && std::isfinite(curve.variance[i]);
}

VectorXd vector_of(const std::vector<double>& v) {
  return Eigen::Map<const VectorXd>{v.data(), static_cast<Index>(v.size())};
}

// Covariance of y = v / d, d = sum w v, from the variances of y's points before they were tied together.
MatrixXd tied_covariance(const VectorXd& y, const VectorXd& variance, const Divisor& by) {
  const VectorXd w = vector_of(by.weights);
  if (w.isZero(0)) {  // nothing, or other points that all share
    MatrixXd out = y * y.transpose() * (by.variance / (by.value * by.value));
    out.diagonal() += variance;
    return out;
  }
  const MatrixXd pull = MatrixXd::Identity(y.size(), y.size()) - y * w.transpose();
  return pull * variance.asDiagonal() * pull.transpose();
}

// One of the two curves, on the points both have measured.
struct Side {
  VectorXd y, variance, counts;  // normalised; variance of the points alone
  VectorXd per_count;            // y of one count; zero where y is not counts times something (1 / PFY)
  Divisor by;
};

Side side_of(const Curve& curve, const Divisor& by, const std::vector<std::size_t>& points) {
  const auto n = static_cast<Index>(points.size());
  Side out{VectorXd(n), VectorXd(n), VectorXd(n), VectorXd::Zero(n), by};
  out.by.weights.clear();
  for (Index k = 0; k < n; ++k) {
    const std::size_t i = points[static_cast<std::size_t>(k)];
    out.y[k] = curve.value[i] / by.value;
    out.variance[k] = curve.variance[i] / (by.value * by.value);
    out.counts[k] = curve.counts[i];
    out.by.weights.push_back(by.weights[i]);
    const bool of_counts = std::abs(curve.value[i] * curve.exposure[i] - curve.counts[i]) <=
                           1e-9 * std::max(1.0, std::abs(curve.counts[i]));
    if (of_counts) out.per_count[k] = 1 / (curve.exposure[i] * by.value);
  }
  return out;
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

struct ChiSquared {
  double value = 0;
  std::int64_t degrees = 0;
};
// By the pseudo-inverse: a common normalisation takes a degree of freedom away, and with it a direction.
ChiSquared chi_squared(const VectorXd& difference, const MatrixXd& covariance) {
  const VectorXd sigma = covariance.diagonal().cwiseMax(0).cwiseSqrt();
  const VectorXd scale = sigma.unaryExpr([](double s) { return s > 0 ? 1 / s : 0; });
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver{scale.asDiagonal() * covariance * scale.asDiagonal()};
  const VectorXd along = solver.eigenvectors().transpose() * scale.cwiseProduct(difference);
  constexpr double lost = 1e-9;
  ChiSquared out;
  for (Index k = 0; k < along.size(); ++k) {
    if (solver.eigenvalues()[k] < lost * solver.eigenvalues().maxCoeff()) continue;
    out.value += along[k] * along[k] / solver.eigenvalues()[k];
    ++out.degrees;
  }
  return out;
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

}  // namespace

bool changed(const CurveChange& change) {
  constexpr double sigmas = 3;
  return change.significance > sigmas;
}

CurveChange compare_curves(const Curve& before, const Curve& after, Normalise how, const Curve* before_reference,
                           const Curve* after_reference) {
  require_same_axis(before, after);
  CurveChange out = differences(normalised(before, how, before_reference), normalised(after, how, after_reference));
  // Points that were not measured in both, and those outside a polygon (no variance at all), say nothing.
  std::vector<std::size_t> points;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (measured(before, i) && measured(after, i) && before.variance[i] + after.variance[i] > 0) points.push_back(i);
  }
  out.covariance.assign(before.size() * before.size(), 0.0);
  for (std::size_t i = 0; i < before.size(); ++i) out.covariance[i * before.size() + i] = out.difference_variance[i];
  if (points.empty()) return out;
  const Side first = side_of(before, divisor_of(before, how, before_reference), points);
  const Side second = side_of(after, divisor_of(after, how, after_reference), points);
  const MatrixXd covariance =
      tied_covariance(first.y, first.variance, first.by) + tied_covariance(second.y, second.variance, second.by);
  for (std::size_t a = 0; a < points.size(); ++a) {
    for (std::size_t b = 0; b < points.size(); ++b)
      out.covariance[points[a] * before.size() + points[b]] = covariance(static_cast<Index>(a), static_cast<Index>(b));
  }
  const Unchanged both = unchanged(first, second);
  const MatrixXd expected =
      tied_covariance(both.y, both.before_variance, first.by) + tied_covariance(both.y, both.after_variance, second.by);
  const std::vector<double> widths = trapezoids(before);
  VectorXd weights(static_cast<Index>(points.size()));
  for (std::size_t k = 0; k < points.size(); ++k) weights[static_cast<Index>(k)] = std::max(widths[points[k]], 1e-12);
  const MatrixXd groups = grouping(first, second, both, weights);
  const ChiSquared chi = chi_squared(groups * (second.y - first.y), groups * expected * groups.transpose());
  out.chi_squared = chi.value;
  out.degrees = chi.degrees;
  if (chi.degrees > 0) out.significance = core::normal_score(chi.value, static_cast<double>(chi.degrees));
  return out;
}

namespace {

// Exposure of a column, absolute: live pixel-seconds times monitor.
std::vector<double> exposures_of(const RixsMap& map) {
  std::vector<double> out;
  for (std::size_t c = 0; c < map.columns(); ++c) out.push_back(map.live_pixel_s[c] * map.i0[c].value);
  return out;
}

void require_same_axes(const RixsMap& a, const RixsMap& b) {
  const auto near = [](double x, double y) { return std::abs(x - y) <= 1e-6 * std::max(1.0, std::abs(x)); };
  if (a.is_loss == b.is_loss && a.emission.count == b.emission.count && near(a.emission.low_eV, b.emission.low_eV) &&
      near(a.emission.width_eV, b.emission.width_eV) && std::ranges::equal(a.incident_eV, b.incident_eV, near))
    return;
  throw core::UsageError({.what = "the two maps have different axes",
                          .expected = fmt::format("{} incident energies and {} bins", a.columns(), a.emission.count),
                          .found = fmt::format("{} incident energies and {} bins", b.columns(), b.emission.count),
                          .advice = "choose the same bins, and passes over the same incident energies"});
}

struct Totals {
  std::vector<double> before, after;  // a column
  double all_before = 0, all_after = 0;
};
Totals totals_of(const RixsMap& before, const RixsMap& after) {
  Totals out{std::vector<double>(before.columns()), std::vector<double>(before.columns())};
  for (std::size_t c = 0; c < before.columns(); ++c) {
    for (std::int64_t r = 0; r < before.emission.count; ++r) {
      out.before[c] += before.at(r, c);
      out.after[c] += after.at(r, c);
    }
    out.all_before += out.before[c];
    out.all_after += out.after[c];
  }
  return out;
}

// Share of a column's counts that are expected after, where nothing but the scale has changed.
std::vector<double> shares_after(const std::vector<double>& before, const std::vector<double>& after, double scale) {
  std::vector<double> out;
  for (std::size_t c = 0; c < before.size(); ++c) {
    const double all = before[c] + scale * after[c];
    out.push_back(all > 0 ? scale * after[c] / all : 0);
  }
  return out;
}

// The scale at which as many counts came after as should: the likelihood's summit for any shape of the map. Columns
// exposed only once say nothing. Bisection in the logarithm: the count is monotonic.
core::Value common_scale(const Totals& n, const std::vector<double>& before, const std::vector<double>& after) {
  double low = -40, high = 40;
  const auto excess = [&](double log_scale) {
    double sum = 0;
    for (std::size_t c = 0; c < before.size(); ++c) {
      if (!(before[c] > 0 && after[c] > 0)) continue;
      const double b = std::exp(log_scale) * after[c];
      sum += (n.before[c] + n.after[c]) * b / (before[c] + b) - n.after[c];
    }
    return sum;
  };
  if (!(n.all_before > 0 && n.all_after > 0)) {
    throw core::UsageError({.what = "a map without counts cannot be compared",
                            .expected = "counts before and after",
                            .found = fmt::format("{:g} and {:g}", n.all_before, n.all_after)});
  }
  for (int i = 0; i < 80; ++i) {
    const double middle = 0.5 * (low + high);
    (excess(middle) < 0 ? low : high) = middle;
  }
  const double scale = std::exp(0.5 * (low + high));
  const auto p = shares_after(before, after, scale);
  double information = 0;  // on ln scale
  for (std::size_t c = 0; c < before.size(); ++c) information += (n.before[c] + n.after[c]) * p[c] * (1 - p[c]);
  return {scale, information > 0 ? scale * scale / information : std::numeric_limits<double>::infinity()};
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

MapChange compare_maps(const RixsMap& before, const RixsMap& after, double smooth_incident_eV,
                       double smooth_emission_eV) {
  require_same_axes(before, after);
  const std::vector<double> exposed = exposures_of(before), exposed_after = exposures_of(after);
  const Totals totals = totals_of(before, after);
  MapChange out{.scale = common_scale(totals, exposed, exposed_after)};
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
  const double everything = all(0, rows, 0, columns);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      const double rate = exposed[c] > 0 ? before.counts[r * columns + c] / exposed[c] : not_known;
      const double rate_after = exposed_after[c] > 0 ? after.counts[r * columns + c] / exposed_after[c] : not_known;
      out.difference.push_back(rate_after - out.scale.value * rate);
      const auto box = [&](const BoxSums& sum) {
        return sum(along[r].from, along[r].to, across[c].from, across[c].to);
      };
      const double n = box(all);
      // The scale was taken from the box's own counts as well.
      const double left = 1 - n / everything;
      if (!(n > 0.5) || !(left > 1e-6)) {
        out.significance.push_back(not_known);
        continue;
      }
      const double z = binomial_score(std::round(box(seen)), std::round(n), box(expected) / n) / std::sqrt(left);
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
