#include "lithoscope/rixs/elastic.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "gauss.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/statistics.hpp"

namespace lithoscope::rixs {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// One column's bins near the diagonal. What lies under the line is a straight line that is positive everywhere: two
// ramps with heights of at least zero. Where fluorescence crosses the strip its profile, taken from columns far from
// there, is a third.
struct Strip {
  std::size_t column = 0;
  double incident_eV = 0;
  std::vector<double> from, to;  // edges of the bins as emission less incident energy
  VectorXd counts;
  MatrixXd under;  // bins x (2 or 3)
  bool crossed = false;
};

struct Line {
  double offset = 0, log_sigma = 0;
  double sigma() const { return std::exp(log_sigma); }
};

// Edges of a map's row as emission less incident energy, ascending.
std::pair<double, double> shifted_edges(const RixsMap& map, std::int64_t r, double incident) {
  const double a = map.emission.edge(r), b = map.emission.edge(r + 1);
  if (map.is_loss) return {-b, -a};
  return {a - incident, b - incident};
}

Strip strip_of(const RixsMap& map, std::size_t c, double half_width) {
  Strip s{.column = c, .incident_eV = map.incident_eV[c]};
  std::vector<double> counts;
  for (std::int64_t r = 0; r < map.emission.count; ++r) {
    const auto [from, to] = shifted_edges(map, r, s.incident_eV);
    if (std::abs(0.5 * (from + to)) > half_width) continue;
    s.from.push_back(from);
    s.to.push_back(to);
    counts.push_back(std::max(0.0, map.at(r, c)));
  }
  const auto n = static_cast<Index>(counts.size());
  s.counts = Eigen::Map<const VectorXd>{counts.data(), n};
  s.under = MatrixXd(n, 2);
  for (Index i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    const double t = 0.5 * (1 + 0.5 * (s.from[k] + s.to[k]) / half_width);
    s.under.row(i) << 1 - t, t;
  }
  return s;
}

// Emission at a row far from the diagonal: mean over the columns whose strip does not reach it; less than zero where
// there are none.
std::vector<double> far_profile(const RixsMap& map, double half_width) {
  std::vector<double> out;
  for (std::int64_t r = 0; r < map.emission.count; ++r) {
    double sum = 0, columns = 0;
    for (std::size_t c = 0; c < map.columns(); ++c) {
      const auto [from, to] = shifted_edges(map, r, map.incident_eV[c]);
      if (std::abs(0.5 * (from + to)) <= half_width) continue;
      sum += std::max(0.0, map.at(r, c));
      columns += 1;
    }
    out.push_back(columns > 0 ? sum / columns : -1);
  }
  return out;
}

// Marks strips that a fluorescence line crosses within `smooth_eV` of the diagonal: the far profile rises there above
// the straight line through its ends by more than the column's noise.
void mark_crossed(const RixsMap& map, const ElasticSettings& settings, std::vector<Strip>& strips) {
  if (map.is_loss) return;  // lines of constant emission are not rows of such a map
  const std::vector<double> profile = far_profile(map, settings.half_width_eV);
  for (Strip& s : strips) {
    VectorXd under(s.counts.size());
    const std::int64_t first =
        std::llround((s.from.front() + s.incident_eV - map.emission.low_eV) / map.emission.width_eV);
    bool known = true;
    for (Index i = 0; i < under.size(); ++i) {
      under[i] = profile[static_cast<std::size_t>(first + i)];
      known = known && under[i] >= 0;
    }
    if (!known || under.size() < 4) continue;
    const double left = 0.5 * (under[0] + under[1]), right = 0.5 * (under.tail(2).sum());
    double excess = 0, all = 0;
    for (Index i = 0; i < under.size(); ++i) {
      const auto k = static_cast<std::size_t>(i);
      if (std::abs(0.5 * (s.from[k] + s.to[k])) > settings.smooth_eV) continue;
      const double t = static_cast<double>(i) / static_cast<double>(under.size() - 1);
      excess += std::abs(under[i] - (left + t * (right - left)));
      all += under[i];
    }
    // Either the column itself shows it, or it is a good part of what lies there: many columns of few counts, each
    // unnoticed, add up to a line on the diagonal.
    constexpr double noticeable = 1, good_part = 0.35;  // standard deviations of the column's counts; of all
    if (!(excess > noticeable * std::sqrt(all + 1)) && !(excess > good_part * all)) continue;
    s.crossed = true;
    s.under.conservativeResize(Eigen::NoChange, 3);
    s.under.col(2) = under / under.maxCoeff();
  }
}

struct ColumnFit {
  VectorXd strength;  // the line's counts, then what lies under it
  VectorXd expected;
  double log_likelihood = 0;
};

double log_likelihood(const VectorXd& counts, const VectorXd& expected) {
  double sum = 0;
  for (Index i = 0; i < counts.size(); ++i) {
    sum -= expected[i];
    if (counts[i] > 0) sum += counts[i] * std::log(expected[i]);
  }
  return sum;
}

// Poisson likelihood of sums of shapes with strengths of at least zero, which is concave. First steps that multiply
// (Richardson 1972, Lucy 1974), then Newton's on those that are not held at zero.
ColumnFit fit_strengths(const MatrixXd& shapes, const VectorXd& counts) {
  constexpr double least = 1e-9;  // counts a bin, so that the logarithm exists
  const Index n = shapes.cols();
  const VectorXd sums = shapes.colwise().sum().transpose().cwiseMax(1e-12);
  ColumnFit out;
  out.strength = VectorXd::Constant(n, std::max(counts.sum(), 0.1) / static_cast<double>(n)).cwiseQuotient(sums);
  const auto expect = [&](const VectorXd& a) -> VectorXd { return ((shapes * a).array() + least).matrix(); };
  out.expected = expect(out.strength);
  for (int i = 0; i < 8; ++i) {
    out.strength =
        out.strength.cwiseProduct(shapes.transpose() * counts.cwiseQuotient(out.expected)).cwiseQuotient(sums);
    out.expected = expect(out.strength);
  }
  out.log_likelihood = log_likelihood(counts, out.expected);
  for (int step = 0; step < 40; ++step) {
    const VectorXd ratio = counts.cwiseQuotient(out.expected);
    const VectorXd up = shapes.transpose() * ratio - sums;
    std::vector<Index> free;
    for (Index k = 0; k < n; ++k) {
      // One that is all but nothing and would rather be less is put to zero.
      const bool nothing = out.strength[k] * sums[k] < 1e-6;
      if (nothing && up[k] <= 0) {
        out.strength[k] = 0;
      } else {
        free.push_back(k);
      }
    }
    if (free.empty()) break;
    const MatrixXd part = shapes(Eigen::all, free);
    MatrixXd curvature = part.transpose() * ratio.cwiseQuotient(out.expected).asDiagonal() * part;
    curvature.diagonal().array() += 1e-12 + 1e-10 * curvature.diagonal().maxCoeff();
    const VectorXd change = curvature.ldlt().solve(up(free));
    double gain = 0;
    double length = 1;
    for (int halving = 0; halving < 30; ++halving, length *= 0.5) {
      VectorXd next = out.strength;
      next(free) += length * change;
      next = next.cwiseMax(0);
      const VectorXd there = expect(next);
      const double value = log_likelihood(counts, there);
      if (!(value >= out.log_likelihood)) continue;
      gain = value - out.log_likelihood;
      out.strength = next;
      out.expected = there;
      out.log_likelihood = value;
      break;
    }
    if (gain < 1e-9) break;
  }
  return out;
}

struct Shapes {
  VectorXd line, by_offset, by_log_sigma;
};
Shapes shapes_of(const Strip& s, const Line& line) {
  const Index n = s.counts.size();
  const double sigma = line.sigma();
  Shapes out{VectorXd(n), VectorXd(n), VectorXd(n)};
  for (Index i = 0; i < n; ++i) {
    const double a = s.from[static_cast<std::size_t>(i)], b = s.to[static_cast<std::size_t>(i)];
    const double at_a = gauss_density(a, line.offset, sigma), at_b = gauss_density(b, line.offset, sigma);
    out.line[i] = gauss_share(a, b, line.offset, sigma);
    out.by_offset[i] = at_a - at_b;
    out.by_log_sigma[i] = (a - line.offset) * at_a - (b - line.offset) * at_b;
  }
  return out;
}

ColumnFit fit_column(const Strip& s, const VectorXd& line) {
  MatrixXd shapes(s.counts.size(), s.under.cols() + 1);
  shapes << line, s.under;
  return fit_strengths(shapes, s.counts);
}

// What one column tells of offset and width (by the Schur complement: its own strengths fitted along) and how its line
// depends on them.
struct ColumnInformation {
  Eigen::Vector2d uphill = Eigen::Vector2d::Zero();
  Eigen::Matrix2d information = Eigen::Matrix2d::Zero();
  double variance = 0;                              // of the line's counts, offset and width known
  Eigen::Vector2d along = Eigen::Vector2d::Zero();  // change of the counts with offset and width
};
ColumnInformation information_of(const Strip& s, const Shapes& shapes, const ColumnFit& fit) {
  const Index n = s.counts.size();
  std::vector<Index> free{0};
  MatrixXd local(n, s.under.cols() + 1);
  local << shapes.line, s.under;
  for (Index k = 1; k < local.cols(); ++k) {
    if (fit.strength[k] > 0) free.push_back(k);
  }
  const MatrixXd part = local(Eigen::all, free);
  MatrixXd common(n, 2);
  common << fit.strength[0] * shapes.by_offset, fit.strength[0] * shapes.by_log_sigma;
  // A bin that expects next to nothing would be infinitely sure of it.
  const VectorXd weight = fit.expected.cwiseMax(1e-3).cwiseInverse();
  MatrixXd own = part.transpose() * weight.asDiagonal() * part;
  own.diagonal().array() += 1e-9;
  const MatrixXd mixed = part.transpose() * weight.asDiagonal() * common;
  const MatrixXd inverse = own.inverse();
  ColumnInformation out;
  out.variance = inverse(0, 0);
  out.along = -(inverse * mixed).row(0).transpose();
  if (!(fit.strength[0] > 0)) return out;
  out.uphill = common.transpose() * (s.counts.cwiseQuotient(fit.expected).array() - 1).matrix();
  out.information = common.transpose() * weight.asDiagonal() * common - mixed.transpose() * inverse * mixed;
  return out;
}

struct Common {
  Line line;
  double log_likelihood = 0;
  Eigen::Matrix2d covariance = Eigen::Matrix2d::Zero();
};

double likelihood_at(const std::vector<Strip>& strips, const Line& line) {
  double sum = 0;
  for (const Strip& s : strips) {
    if (!s.crossed) sum += fit_column(s, shapes_of(s, line).line).log_likelihood;
  }
  return sum;
}

struct Limits {
  double offset = 0, low_log_sigma = 0, high_log_sigma = 0;
  double log_sigma = 0, of_log_sigma = 0;  // what is known of the width; the latter 0: nothing
  double log_prior(const Line& l) const {
    const double z = of_log_sigma > 0 ? (l.log_sigma - log_sigma) / of_log_sigma : 0;
    return -0.5 * z * z;
  }
  Line inside(Line l) const {
    return {std::clamp(l.offset, -offset, offset), std::clamp(l.log_sigma, low_log_sigma, high_log_sigma)};
  }
};

// Fisher scoring of offset and width, the columns' strengths fitted anew at each step.
Common climb(const std::vector<Strip>& strips, const Limits& limits, Line start) {
  Common at{.line = limits.inside(start), .log_likelihood = 0};
  at.log_likelihood = likelihood_at(strips, at.line) + limits.log_prior(at.line);
  for (int step = 0; step < 30; ++step) {
    Eigen::Vector2d uphill = Eigen::Vector2d::Zero();
    Eigen::Matrix2d information = Eigen::Matrix2d::Zero();
    for (const Strip& s : strips) {
      if (s.crossed) continue;
      const Shapes shapes = shapes_of(s, at.line);
      const ColumnInformation i = information_of(s, shapes, fit_column(s, shapes.line));
      uphill += i.uphill;
      information += i.information;
    }
    // What the limits allow is known before: a line that is hardly there is somewhere in them.
    const double width = limits.high_log_sigma - limits.low_log_sigma;
    information(0, 0) += 3 / (limits.offset * limits.offset);
    if (limits.of_log_sigma > 0) {
      const double precision = 1 / (limits.of_log_sigma * limits.of_log_sigma);
      information(1, 1) += precision;
      uphill[1] -= precision * (at.line.log_sigma - limits.log_sigma);
    } else {
      information(1, 1) += 12 / (width * width);
    }
    at.covariance = information.inverse();
    const Eigen::Vector2d change = at.covariance * uphill;
    double gain = 0, length = 1;
    for (int halving = 0; halving < 12; ++halving, length *= 0.5) {
      const Line next = limits.inside({at.line.offset + length * change[0], at.line.log_sigma + length * change[1]});
      const double there = likelihood_at(strips, next) + limits.log_prior(next);
      if (!(there > at.log_likelihood)) continue;
      gain = there - at.log_likelihood;
      at.line = next;
      at.log_likelihood = there;
      break;
    }
    if (gain < 1e-6) break;
  }
  return at;
}

// Twice the gain of the likelihood by the line, as standard deviations. Without a line a column gains nothing half of
// the time and a chi squared of one degree else (Chernoff, 1954): mean 1/2, variance 5/4. Choosing the offset and the
// width adds to that; how much was found by
// simulation.
double significance_of(const std::vector<Strip>& strips, const Line& line) {
  double gain = 0, columns = 0;
  for (const Strip& s : strips) {
    if (s.crossed) continue;
    const double with = fit_column(s, shapes_of(s, line).line).log_likelihood;
    gain += 2 * std::max(0.0, with - fit_strengths(s.under, s.counts).log_likelihood);
    columns += 1;
  }
  constexpr double by_choice = 8;
  const double mean = 0.5 * columns + by_choice, variance = 1.25 * columns + 2 * by_choice;
  // A multiple of a chi squared with this mean and variance.
  const double degrees = 2 * mean * mean / variance;
  return std::max(0.0, core::normal_score(gain * degrees / mean, degrees));
}

std::vector<Strip> strips_of(const RixsMap& map, const ElasticSettings& settings) {
  std::vector<Strip> out;
  constexpr Index least_bins = 5;
  for (std::size_t c = 0; c < map.columns(); ++c) {
    Strip s = strip_of(map, c, settings.half_width_eV);
    if (s.counts.size() < least_bins) continue;
    // Bins on both sides of the diagonal, or there is no line to be told from the background.
    if (s.from.front() < -map.emission.width_eV && s.to.back() > map.emission.width_eV) out.push_back(std::move(s));
  }
  if (out.empty()) return out;
  mark_crossed(map, settings, out);
  // All are crossed: then all there is must do.
  if (std::ranges::all_of(out, &Strip::crossed)) {
    for (Strip& s : out) s.crossed = false;
  }
  return out;
}

}  // namespace

namespace {

Limits limits_of(const RixsMap& map, const ElasticSettings& settings, double half_width) {
  Limits out{.offset = 0.5 * half_width,
             .low_log_sigma = std::log(std::max(0.05, 0.4 * map.emission.width_eV)),
             .high_log_sigma = std::log(0.4 * half_width)};
  if (!settings.detector_fwhm_eV) return out;
  // The beamline adds a little; a detector is a little better at low energies.
  constexpr double narrower = 0.7, wider = 1.6, known_to = 0.15;
  const double sigma = *settings.detector_fwhm_eV / core::fwhm_per_sigma;
  out.log_sigma = std::log(sigma);
  out.of_log_sigma = known_to;
  out.low_log_sigma = std::max(out.low_log_sigma, std::log(narrower * sigma));
  out.high_log_sigma = std::max(out.low_log_sigma + 0.1, std::min(out.high_log_sigma, std::log(wider * sigma)));
  return out;
}

// Pearson's chi squared a degree of freedom at a line: above one, something in the strips is not described.
double misfit_at(const std::vector<Strip>& strips, const Line& line) {
  double chi_squared = 0, degrees = -2;
  for (const Strip& s : strips) {
    if (s.crossed) continue;
    const ColumnFit fit = fit_column(s, shapes_of(s, line).line);
    constexpr double least = 0.05;  // expected in a bin: below, one count says nothing
    for (Index i = 0; i < s.counts.size(); ++i) {
      if (fit.expected[i] < least) continue;
      chi_squared += (s.counts[i] - fit.expected[i]) * (s.counts[i] - fit.expected[i]) / fit.expected[i];
      degrees += 1;
    }
    degrees -= static_cast<double>(s.under.cols()) + 1;
  }
  return degrees > 0 ? std::max(1.0, chi_squared / degrees) : 1;
}

// Mean and covariance over all offsets and widths, each with its likelihood: a second summit that is nearly as high is
// not ignored.
struct Spread {
  Eigen::Vector2d mean = Eigen::Vector2d::Zero();
  Eigen::Matrix2d covariance = Eigen::Matrix2d::Zero();
};
Spread spread_of(const std::vector<Strip>& strips, const Limits& limits, double temper) {
  constexpr int offsets = 41, widths = 4;
  std::vector<double> value(std::size_t{offsets} * widths);
  const auto line_at = [&](int k) {
    const double share = static_cast<double>(k % widths) / (widths - 1);
    const int step = k / widths;
    return Line{limits.offset * (2.0 * step / (offsets - 1) - 1),
                limits.low_log_sigma + share * (limits.high_log_sigma - limits.low_log_sigma)};
  };
  core::parallel_for(static_cast<std::int64_t>(value.size()), [&](std::int64_t k) {
    const Line line = line_at(static_cast<int>(k));
    value[static_cast<std::size_t>(k)] = likelihood_at(strips, line) / temper + limits.log_prior(line);
  });
  const double highest = *std::ranges::max_element(value);
  Spread out;
  double sum = 0;
  for (double& v : value) sum += v = std::exp(v - highest);
  for (std::size_t k = 0; k < value.size(); ++k) {
    const Line line = line_at(static_cast<int>(k));
    out.mean += value[k] / sum * Eigen::Vector2d{line.offset, line.log_sigma};
  }
  for (std::size_t k = 0; k < value.size(); ++k) {
    const Line line = line_at(static_cast<int>(k));
    const Eigen::Vector2d off = Eigen::Vector2d{line.offset, line.log_sigma} - out.mean;
    out.covariance += value[k] / sum * off * off.transpose();
  }
  return out;
}

}  // namespace

std::optional<ElasticFit> fit_elastic(const RixsMap& map, const ElasticSettings& settings) {
  ElasticSettings used = settings;
  constexpr double widths_in_strip = 1.5;
  if (used.detector_fwhm_eV)
    used.half_width_eV = std::max(used.half_width_eV, widths_in_strip * *used.detector_fwhm_eV);
  const std::vector<Strip> strips = strips_of(map, used);
  if (strips.empty()) return std::nullopt;
  const Limits limits = limits_of(map, used, used.half_width_eV);
  // From several places: a fluorescence line near the diagonal makes a summit of its own.
  Common best;
  best.log_likelihood = -std::numeric_limits<double>::infinity();
  std::vector<Line> starts;
  for (const double offset : {-0.6, -0.3, 0.0, 0.3, 0.6}) {
    for (const double width : {0.1, 0.35}) {
      if (used.detector_fwhm_eV && width > 0.2) continue;
      const double log_sigma = used.detector_fwhm_eV ? limits.log_sigma : std::log(width * used.half_width_eV);
      starts.push_back(limits.inside({offset * limits.offset, log_sigma}));
    }
  }
  std::vector<Common> found(starts.size());
  core::parallel_for(static_cast<std::int64_t>(starts.size()), [&](std::int64_t i) {
    const auto k = static_cast<std::size_t>(i);
    found[k] = {.line = starts[k], .log_likelihood = likelihood_at(strips, starts[k]) + limits.log_prior(starts[k])};
  });
  for (const Common& f : found) {
    if (f.log_likelihood > best.log_likelihood) best = f;
  }
  best = climb(strips, limits, best.line);
  const double significance = significance_of(strips, best.line);
  constexpr double seen = 3;
  // At an end of its range it is another line's flank, not elastic light.
  constexpr double at_end = 1e-3;
  if (significance >= seen && (std::abs(best.line.offset) > (1 - at_end) * limits.offset ||
                               (!used.detector_fwhm_eV && best.line.log_sigma > limits.high_log_sigma - at_end)))
    return std::nullopt;
  if (significance < seen) {
    // A line that is not seen may be anywhere and of any width within the limits.
    const double range = limits.high_log_sigma - limits.low_log_sigma;
    best.covariance << limits.offset * limits.offset / 3, 0, 0, range * range / 12;
  } else {
    const double temper = misfit_at(strips, best.line);
    best.covariance *= temper;
    const Spread all = spread_of(strips, limits, temper);
    // The grid's own step is not resolved; what is wider than the summit is real.
    for (int i = 0; i < 2; ++i) {
      if (all.covariance(i, i) <= 2 * best.covariance(i, i)) continue;
      (i == 0 ? best.line.offset : best.line.log_sigma) = all.mean[i];
      best.covariance(i, i) = all.covariance(i, i);
    }
  }
  const double fwhm = core::fwhm_per_sigma * best.line.sigma();
  ElasticFit out{.offset_eV = {best.line.offset, best.covariance(0, 0)},
                 .fwhm_eV = {fwhm, fwhm * fwhm * best.covariance(1, 1)}};
  // A column beyond the strip's reach keeps nothing, known to nothing.
  out.counts.assign(map.columns(), core::Value{0, 0});
  for (const Strip& s : strips) {
    const Shapes shapes = shapes_of(s, best.line);
    const ColumnFit fit = fit_column(s, shapes.line);
    const ColumnInformation i = information_of(s, shapes, fit);
    out.counts[s.column] = {fit.strength[0], i.variance + i.along.dot(best.covariance * i.along)};
  }
  out.significance = significance;
  return out;
}

CleanedMap without_elastic(const RixsMap& map, const ElasticFit& fit) {
  CleanedMap out{.map = map, .variance = map.counts};
  for (double& v : out.variance) v = std::max(0.0, v);
  const Line line{fit.offset_eV.value, std::log(fit.fwhm_eV.value / core::fwhm_per_sigma)};
  const double of_log_sigma = fit.fwhm_eV.variance / (fit.fwhm_eV.value * fit.fwhm_eV.value);
  for (std::size_t c = 0; c < map.columns(); ++c) {
    const core::Value n = fit.counts[c];
    if (n.value == 0 && n.variance == 0) continue;
    for (std::int64_t r = 0; r < map.emission.count; ++r) {
      const auto [from, to] = shifted_edges(map, r, map.incident_eV[c]);
      Strip bin{.from = {from}, .to = {to}, .counts = VectorXd::Zero(1), .under = {}};
      const Shapes s = shapes_of(bin, line);
      const double by_offset = n.value * s.by_offset[0], by_width = n.value * s.by_log_sigma[0];
      out.map.at(r, c) -= n.value * s.line[0];
      out.variance[static_cast<std::size_t>(r) * map.columns() + c] += s.line[0] * s.line[0] * n.variance +
                                                                       by_offset * by_offset * fit.offset_eV.variance +
                                                                       by_width * by_width * of_log_sigma;
    }
  }
  out.map.variance = out.variance;
  out.map.name = map.name.empty() ? "without elastic" : map.name + " without elastic";
  return out;
}

}  // namespace lithoscope::rixs
