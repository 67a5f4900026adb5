#include "lithoscope/rixs/feature.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "feature_discrepancy.hpp"
#include "lithoscope/core/statistics.hpp"

namespace lithoscope::rixs {
namespace {

using namespace feature_model;

enum class Free { all, background };

struct Fit {
  VectorXd p;
  double deviance = 0;
};

bool is_free(Free which, Index i) { return which == Free::all || i >= at_background; }

// Which parameters may move: free ones that do not press against a bound.
std::vector<Index> movable(const VectorXd& p, const VectorXd& uphill, const Bounds& bounds, Free which) {
  std::vector<Index> out;
  for (Index i = 0; i < p.size(); ++i) {
    if (!is_free(which, i)) continue;
    if (bounds.low[i] == bounds.high[i]) continue;
    if ((p[i] <= bounds.low[i] && uphill[i] < 0) || (p[i] >= bounds.high[i] && uphill[i] > 0)) continue;
    out.push_back(i);
  }
  return out;
}

// Levenberg and Marquardt on the Poisson likelihood: Fisher scoring with a damped diagonal, steps cut off at the
// bounds.
Fit climb(Model& model, VectorXd p, const Bounds& bounds, Free which) {
  constexpr int most_steps = 200;
  constexpr double enough = 1e-7;  // of the deviance: errors are where it has risen by one
  p = p.cwiseMax(bounds.low).cwiseMin(bounds.high);
  model.set(p);
  double deviance = model.deviance(), damping = 1e-3;
  for (int step = 0; step < most_steps; ++step) {
    const Slope slope = slope_of(model);
    const std::vector<Index> move = movable(p, slope.uphill, bounds, which);
    if (move.empty()) break;
    MatrixXd a = slope.information(move, move);
    const VectorXd g = slope.uphill(move);
    const VectorXd diagonal = a.diagonal().cwiseMax(1e-9 * a.diagonal().maxCoeff() + 1e-12);
    bool better = false;
    double gain = 0;
    while (!better && damping < 1e10) {
      MatrixXd damped = a;
      damped.diagonal() += damping * diagonal;
      const VectorXd change = damped.ldlt().solve(g);
      VectorXd next = p;
      next(move) += change;
      next = next.cwiseMax(bounds.low).cwiseMin(bounds.high);
      const bool finite = next.allFinite();
      if (finite) model.set(next);
      const double there = finite ? model.deviance() : std::numeric_limits<double>::infinity();
      better = there <= deviance;
      if (better) {
        gain = deviance - there;
        deviance = there;
        p = next;
      }
      damping = better ? std::max(1e-9, damping / 10) : 8 * damping;
    }
    if (!better || gain < enough * (damping < 1 ? 1 : 1e-3)) break;
  }
  model.set(p);
  return {p, deviance};
}

VectorXd start_of(const Patch& w, Orders orders, const FeatureSettings& s) {
  double total = 0;
  for (const double n : w.counts) total += std::max(0.0, n);
  VectorXd p = VectorXd::Zero(orders.parameters());
  p[at_x] = s.incident_eV;
  p[at_y] = s.emission_eV;
  p[at_log_sx] = std::log(s.sigma_incident_eV);
  p[at_log_sy] = std::log(s.sigma_emission_eV);
  const double mean = total / static_cast<double>(w.counts.size());
  p[at_background] = std::log(mean);
  if (orders.pedestal) p.segment(orders.at_pedestal(), 2).setConstant(0.1 * mean);
  return p;
}

// Where a Gaussian of the first widths would help the background most (score test), as a start for the fit: the
// likelihood has a summit for every clump of noise.
std::vector<VectorXd> starts_of(Model& model, const VectorXd& background, const Bounds& bounds) {
  const Patch& w = model.patch();
  constexpr int places = 9;
  struct Place {
    double score;
    VectorXd p;
  };
  std::vector<Place> found;
  for (int i = 0; i < places; ++i) {
    for (int j = 0; j < places; ++j) {
      VectorXd p = background;
      p[at_x] = bounds.low[at_x] + (bounds.high[at_x] - bounds.low[at_x]) * i / (places - 1);
      p[at_y] = bounds.low[at_y] + (bounds.high[at_y] - bounds.low[at_y]) * j / (places - 1);
      model.set(p);
      double up = 0, information = 0;
      for (std::size_t r = 0; r < w.rows(); ++r) {
        for (std::size_t c = 0; c < w.columns(); ++c) {
          if (w.counts[r * w.columns() + c] < 0) continue;
          const double t = model.shape(r, c), b = model.background(r, c);
          up += t * (w.counts[r * w.columns() + c] / b - 1);
          information += t * t / b;
        }
      }
      if (!(information > 0)) continue;
      p[at_counts] = std::max(up / information, 1 / std::sqrt(information));
      found.push_back({up / std::sqrt(information), p});
    }
  }
  // The best place, and the best that is far from it.
  std::ranges::stable_sort(found, std::greater{}, &Place::score);
  std::vector<VectorXd> out;
  for (const Place& f : found) {
    const auto near = [&](const VectorXd& p) {
      return std::abs(p[at_x] - f.p[at_x]) < std::exp(p[at_log_sx]) &&
             std::abs(p[at_y] - f.p[at_y]) < std::exp(p[at_log_sy]);
    };
    if (std::ranges::none_of(out, near)) out.push_back(f.p);
    if (out.size() == 2) break;
  }
  return out;
}

Fit best_fit(Model& model, const Fit& background, const Bounds& bounds) {
  Fit best{background.p, std::numeric_limits<double>::infinity()};
  for (const VectorXd& start : starts_of(model, background.p, bounds)) {
    Fit fit = climb(model, start, bounds, Free::all);
    if (fit.deviance < best.deviance) best = std::move(fit);
  }
  // A fit that is worse than no feature has lost its way; the background is a feature of no counts.
  return best.deviance <= background.deviance ? best : background;
}

struct Fitted {
  Orders orders;
  Fit background, full;
};

// Starts of the background: a second band may lie towards either end of the incident axis.
std::vector<VectorXd> background_starts(const Patch& w, Orders orders, const FeatureSettings& s) {
  const VectorXd plain = start_of(w, orders, s);
  if (!orders.band) return {plain};
  std::vector<VectorXd> out;
  for (const double u : {-0.7, 0.7}) {
    // exp(a - (x - u)^2 / (2 s^2)) in both directions, about two thirds of the window wide.
    constexpr double narrow = 1.1, height = 0.5;
    VectorXd p = plain;
    const Index at = orders.at_band();
    p[at] = plain[at_background] + std::log(height) - narrow * u * u;
    p[at + 1] = 2 * narrow * u;
    p[at + 2] = p[at + 4] = -narrow;
    out.push_back(p);
  }
  return out;
}

Fitted fit_with(const Patch& w, Orders orders, const FeatureSettings& s) {
  Model model{w, orders};
  const Bounds bounds = bounds_of(w, s, orders);
  Fitted best{.orders = orders, .background = {}, .full = {}};
  best.full.deviance = best.background.deviance = std::numeric_limits<double>::infinity();
  for (const VectorXd& start : background_starts(w, orders, s)) {
    Fit background = climb(model, start, bounds, Free::background);
    Fit full = best_fit(model, background, bounds);
    if (background.deviance < best.background.deviance) best.background = std::move(background);
    if (full.deviance < best.full.deviance) best.full = std::move(full);
  }
  return best;
}

// The parameters of a fit in a larger background: the polynomials are nested.
VectorXd embedded(const VectorXd& p, Orders from, Orders to) {
  VectorXd out = VectorXd::Zero(to.parameters());
  out.head(at_background + 1 + from.incident) = p.head(at_background + 1 + from.incident);
  out.segment(at_background + 1 + to.incident, from.emission) =
      p.segment(at_background + 1 + from.incident, from.emission);
  const Index cross = from.at_pedestal() - from.at_cross(), rest = from.parameters() - from.at_pedestal();
  out.segment(to.at_cross(), cross) = p.segment(from.at_cross(), cross);
  out.segment(to.at_pedestal(), rest) = p.segment(from.at_pedestal(), rest);
  return out;
}

// Goes on from a fit with fewer terms: a polynomial's next term moves little. What is new in kind begins anew.
Fitted fit_onwards(const Patch& w, const Fitted& from, Orders orders, const FeatureSettings& s) {
  const bool nested = orders.pedestal == from.orders.pedestal && orders.band == from.orders.band;
  if (!nested) return fit_with(w, orders, s);
  Model model{w, orders};
  const Bounds bounds = bounds_of(w, s, orders);
  Fitted out{.orders = orders, .background = {}, .full = {}};
  out.background = climb(model, embedded(from.background.p, from.orders, orders), bounds, Free::background);
  // A place that was found on a stiffer background need not be the best on this one.
  out.full = best_fit(model, out.background, bounds);
  return out;
}

// The background grows while the data ask for it: so that noise is seldom followed and a term that matters is seldom
// missed.
Fitted fit_growing(const Patch& w, const FeatureSettings& s) {
  constexpr int most_incident = 5, most_emission = 5;
  constexpr double price = 6;  // of a parameter, in deviance; Akaike's is 2, at which noise is often followed
  const auto cost = [](const Fitted& f) {
    return f.full.deviance + price * static_cast<double>(f.orders.parameters());
  };
  const auto fits = [](int order, int most, std::size_t points) {
    return order <= std::min(most, static_cast<int>(points / 3));
  };
  Fitted best = fit_with(w, {}, s);
  while (true) {
    std::vector<Orders> larger;
    Orders o = best.orders;
    const auto with = [&](auto change) {
      Orders more = o;
      change(more);
      larger.push_back(more);
    };
    if (fits(o.incident + 1, most_incident, w.columns())) with([](Orders& more) { ++more.incident; });
    if (fits(o.emission + 1, most_emission, w.rows())) with([](Orders& more) { ++more.emission; });
    if (o.cross < highest_cross) with([](Orders& more) { ++more.cross; });
    if (!o.pedestal) with([](Orders& more) { more.pedestal = true; });
    if (!o.band) with([](Orders& more) { more.band = true; });
    Fitted next = best;
    for (const Orders& orders : larger) {
      Fitted tried = fit_onwards(w, best, orders, s);
      if (cost(tried) < cost(next)) next = std::move(tried);
    }
    // The place may have been found on a background that was too stiff: once more from the beginning.
    if (next.orders.parameters() == best.orders.parameters()) {
      Fitted again = fit_with(w, best.orders, s);
      return again.full.deviance < best.full.deviance ? again : best;
    }
    best = std::move(next);
  }
}

// Climbs with one parameter held.
Fit climb_with(Model& model, VectorXd p, Bounds bounds, Index held, double value) {
  bounds.low[held] = bounds.high[held] = p[held] = value;
  return climb(model, p, bounds, Free::all);
}

// Where the deviance, all else fitted anew, has risen to 1.96^2; the bound where it never does. Its signed root is
// close to a straight line, so regula falsi gets there in a few fits.
double profile_end(Model& model, const Fit& best, const Bounds& bounds, Index which, double sigma, double direction) {
  constexpr double target = 1.959963984540054, near = 2e-3;
  const double top = best.p[which], limit = direction < 0 ? bounds.low[which] : bounds.high[which];
  Fit at = best;
  const auto rise = [&](double value) {
    at = climb_with(model, at.p, bounds, which, value);
    return std::sqrt(std::max(0.0, at.deviance - best.deviance)) - target;
  };
  double inner = top, inner_rise = -target;
  double outer = top + direction * target * sigma, outer_rise = 0;
  constexpr int most_doublings = 20, most_steps = 30;
  for (int i = 0; i < most_doublings; ++i) {
    outer = std::clamp(outer, bounds.low[which], bounds.high[which]);
    outer_rise = rise(outer);
    if (outer_rise >= 0) break;
    if (outer == limit) return limit;
    inner = outer;
    inner_rise = outer_rise;
    outer = top + 1.5 * (outer - top);
  }
  for (int i = 0; i < most_steps && outer_rise > near && std::abs(inner_rise) > near; ++i) {
    const double share = std::clamp(-inner_rise / (outer_rise - inner_rise), 0.05, 0.95);
    const double middle = inner + share * (outer - inner);
    const double there = rise(middle);
    (there < 0 ? inner : outer) = middle;
    (there < 0 ? inner_rise : outer_rise) = there;
  }
  return std::abs(inner_rise) < outer_rise ? inner : outer;
}

// A width with the error of its profile likelihood, on the wider side: a wide line is harder to tell from the
// background than a narrow one, so that too narrow a fit would think itself too sure.
core::Value width_of(Model& model, const Fit& best, const Bounds& bounds, Index which, double log_variance) {
  const double log_sigma = std::min(std::sqrt(log_variance), 1.0);
  const double low = profile_end(model, best, bounds, which, log_sigma, -1);
  const double high = profile_end(model, best, bounds, which, log_sigma, 1);
  const double width = std::exp(best.p[which]);
  const double wider = std::max(std::exp(high) - width, width - std::exp(low));
  return core::Value::with_sigma(width, wider / 1.959963984540054);
}

// Inverse of the Fisher information. A feature that is hardly there has no place and no width of its own: then the
// search range is all that is known, as a weak prior.
MatrixXd covariance_at(Model& model, const VectorXd& p, const Bounds& bounds) {
  model.set(p);
  MatrixXd information = slope_of(model).information;
  for (const Index i : {Index{at_x}, Index{at_y}, Index{at_log_sx}, Index{at_log_sy}}) {
    const double range = bounds.high[i] - bounds.low[i];
    information(i, i) += 12 / (range * range);
  }
  const VectorXd scale = information.diagonal().cwiseMax(1e-300).cwiseSqrt().cwiseInverse();
  const MatrixXd scaled = scale.asDiagonal() * information * scale.asDiagonal();
  const MatrixXd inverse = scaled.completeOrthogonalDecomposition().pseudoInverse();
  return scale.asDiagonal() * inverse * scale.asDiagonal();
}

constexpr std::array sought_incident_widths_eV{0.35, 0.7}, sought_emission_widths_eV{0.7, 1.2};

// Lines of the search range, of the widths features have.
std::vector<VectorXd> lines_of(const VectorXd& base, const Bounds& bounds) {
  constexpr int places = 7;
  std::vector<VectorXd> out;
  for (const double sx : sought_incident_widths_eV) {
    for (const double sy : sought_emission_widths_eV) {
      for (int k = 0; k < places * places; ++k) {
        VectorXd p = base;
        const auto at = [&](Index i, int step) {
          return bounds.low[i] + (bounds.high[i] - bounds.low[i]) * step / (places - 1);
        };
        p[at_x] = at(at_x, k / places);
        p[at_y] = at(at_y, k % places);
        p[at_log_sx] = std::log(sx);
        p[at_log_sy] = std::log(sy);
        out.push_back(std::move(p));
      }
    }
  }
  return out;
}

struct Presence {
  double significance = 0, chance = 1;
  core::Value counts;  // of the line that was fitted, its background bent by a smooth field
};

// Whether there is a line at all when any smooth field may bend the background: the least of three that are stiff in
// other ways, so that none is right by luck.
Presence presence_of(const Patch& w, const FeatureSettings& s, const VectorXd& fitted) {
  constexpr std::array backgrounds{Orders{.incident = 4, .emission = 4, .cross = 2},
                                   Orders{.incident = 4, .emission = 4, .cross = 2, .pedestal = true},
                                   Orders{.incident = 5, .emission = 5, .cross = 4}};
  Presence out;
  bool first = true;
  for (const Orders& orders : backgrounds) {
    Model model{w, orders};
    const Bounds bounds = bounds_of(w, s, orders);
    const Fit base = climb(model, start_of(w, orders, s), bounds, Free::background);
    VectorXd line = base.p;
    line.head(at_counts) = fitted.head(at_counts);
    model.set(base.p);
    const Doubted here = doubt_background(model, lines_of(base.p, bounds), line);
    if (first || here.significance < out.significance) {
      out.significance = here.significance;
      out.counts = here.counts;
    }
    first = false;
  }
  constexpr double per = std::numbers::sqrt2;
  constexpr double sx = 0.4, sy = 0.8;
  const std::array lengths{2 * s.search_incident_eV / (per * sx), 2 * s.search_emission_eV / (per * sy),
                           std::log(sought_incident_widths_eV[1] / sought_incident_widths_eV[0]) / per,
                           std::log(sought_emission_widths_eV[1] / sought_emission_widths_eV[0]) / per};
  out.chance = chance_elsewhere(out.significance, lengths);
  return out;
}

// A place or a width at an end of what was searched is another structure's flank.
bool at_edge(const VectorXd& p, const Bounds& bounds) {
  constexpr double near = 1e-3;
  for (const Index i : {Index{at_x}, Index{at_y}, Index{at_log_sx}, Index{at_log_sy}}) {
    const double range = bounds.high[i] - bounds.low[i];
    if (p[i] - bounds.low[i] < near * range || bounds.high[i] - p[i] < near * range) return true;
  }
  return false;
}

double chi_squared_per_bin(const Model& model) {
  const Patch& w = model.patch();
  double sum = 0, bins = 0;
  for (std::size_t r = 0; r < w.rows(); ++r) {
    for (std::size_t c = 0; c < w.columns(); ++c) {
      const double n = w.counts[r * w.columns() + c], mu = model.expected(r, c);
      if (n < 0) continue;
      sum += (n - mu) * (n - mu) / mu;
      bins += 1;
    }
  }
  return sum / std::max(1.0, bins - static_cast<double>(model.parameters()));
}

}  // namespace

double chance_elsewhere(double z, std::span<const double> lengths) {
  // Every direction multiplies the places by one and what its length adds: z / sqrt(2 pi) a unit of length.
  double places = 1;
  for (const double l : lengths) places *= 1 + l * std::max(0.0, z) / std::sqrt(2 * std::numbers::pi);
  return -std::expm1(-places * core::upper_tail(z));
}

std::optional<Feature> find_feature(const RixsMap& map, const FeatureSettings& settings) {
  const auto window = window_of(map, settings);
  if (!window) return std::nullopt;
  const Fitted fitted = fit_growing(*window, settings);
  Model model{*window, fitted.orders};
  const Bounds bounds = bounds_of(*window, settings, fitted.orders);
  const VectorXd& p = fitted.full.p;
  const MatrixXd covariance = covariance_at(model, p, bounds);
  Feature out;
  out.incident_eV = {p[at_x], covariance(at_x, at_x)};
  out.emission_eV = {p[at_y], covariance(at_y, at_y)};
  out.sigma_incident_eV = width_of(model, fitted.full, bounds, at_log_sx, covariance(at_log_sx, at_log_sx));
  out.sigma_emission_eV = width_of(model, fitted.full, bounds, at_log_sy, covariance(at_log_sy, at_log_sy));
  out.counts = {p[at_counts], covariance(at_counts, at_counts)};
  for (Index i = at_x; i <= at_counts; ++i) {
    for (Index j = at_x; j <= at_counts; ++j) out.covariance.push_back(covariance(i, j));
  }
  model.set(p);
  out.chi_squared_per_bin = chi_squared_per_bin(model);
  out.low = profile_end(model, fitted.full, bounds, at_counts, out.counts.sigma(), -1);
  out.high = profile_end(model, fitted.full, bounds, at_counts, out.counts.sigma(), 1);
  out.on_fit = std::sqrt(std::max(0.0, fitted.background.deviance - fitted.full.deviance));
  out.at_edge = at_edge(p, bounds);
  const Presence presence = out.at_edge ? Presence{.counts = out.counts} : presence_of(*window, settings, p);
  out.significance = std::min(out.on_fit, presence.significance);
  out.chance = out.at_edge ? 1 : presence.chance;
  // By how much the two differ where that is clearly beyond their noise is what the background may do.
  out.other_counts = presence.counts;
  const double off = out.other_counts.value - out.counts.value;
  const double noise = std::max(0.0, out.other_counts.variance - out.counts.variance);
  constexpr double clearly = 2;
  out.spread = off * off > clearly * clearly * noise ? std::sqrt(off * off - noise) : 0;
  out.counts.variance += out.spread * out.spread;
  const auto farther = [&](double end) { return std::hypot(end - out.counts.value, core::two_sided_95 * out.spread); };
  out.low = std::max(0.0, out.counts.value - farther(out.low));
  out.high = out.counts.value + farther(out.high);
  // What may be a clump of noise found by looking for one may be nothing at all.
  constexpr double perhaps_noise = 0.05;
  if (out.chance > perhaps_noise) out.low = 0;
  const double all = map.total();
  // The feature's counts are among all counts: cov(counts, all) = counts, as twice the exposure doubles both.
  const double share = p[at_counts] / all;
  out.share = {share, std::max(0.0, out.counts.variance - share * p[at_counts]) / (all * all)};
  return out;
}

std::string why_unusable(const Feature& f) {
  constexpr double least_on_fit = 16, largest_chi_squared = 1.3, by_chance = 0.003, largest_spread = 0.15;
  if (!(f.counts.variance > 0) || !std::isfinite(f.counts.variance))
    return "The fit of the feature gives its counts no uncertainty.";
  if (f.at_edge)
    return fmt::format(
        "The fit of the feature ends at {:.1f} eV in and {:.1f} eV out, {:.1f} by {:.1f} eV wide, at an end of what "
        "was "
        "searched: it follows something else, and is no detection.",
        f.incident_eV.value, f.emission_eV.value, f.sigma_incident_eV.value, f.sigma_emission_eV.value);
  if (f.chance > by_chance)
    return fmt::format(
        "A smooth background without a feature explains the map as well (chance {:.2g}): what was fitted as a feature "
        "may be the shape of the bands.",
        f.chance);
  if (f.spread > largest_spread * f.counts.value)
    return fmt::format(
        "The feature's counts depend on the background: {} on the one that was fitted, {} on one that may bend.",
        core::format_value(f.counts), core::format_value(f.other_counts));
  if (!(f.on_fit > least_on_fit))
    return fmt::format(
        "The feature stands out by {:.1f} standard deviations; below {:g} the 95 % interval of its counts holds the "
        "truth in fewer than 90 of 100 cases.",
        f.on_fit, least_on_fit);
  if (f.chi_squared_per_bin > largest_chi_squared)
    return fmt::format("The fit of the feature does not describe the map: chi squared of {:.1f} a bin.",
                       f.chi_squared_per_bin);
  return {};
}

}  // namespace lithoscope::rixs
