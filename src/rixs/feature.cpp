#include "lithoscope/rixs/feature.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "gauss.hpp"
#include "lithoscope/core/statistics.hpp"

namespace lithoscope::rixs {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// The part of the map that is fitted. Columns without exposure are left out. A column is a point on the incident axis,
// as the monochromator stands still there; a row collects all between its edges.
struct Window {
  std::vector<double> incident_eV, exposure;  // of the columns, relative to their mean
  std::vector<double> edge_eV;                // of the rows, one more than there are
  std::vector<double> counts;                 // rows x columns; below zero: not fitted
  std::vector<double> u, v;                   // columns and rows on [-1, 1], where the polynomials live
  std::size_t columns() const { return incident_eV.size(); }
  std::size_t rows() const { return edge_eV.size() - 1; }
};

std::vector<double> on_unit_interval(const std::vector<double>& x) {
  std::vector<double> out;
  const double middle = 0.5 * (x.front() + x.back()), half = 0.5 * (x.back() - x.front());
  for (const double v : x) out.push_back((v - middle) / half);
  return out;
}

std::optional<Window> window_of(const RixsMap& map, const FeatureSettings& s) {
  constexpr std::size_t least_columns = 6, least_rows = 5;
  // Elastic light is no product of two curves: its strip is left out.
  constexpr double elastic_eV = 2;
  Window w;
  std::vector<std::size_t> columns;
  double mean = 0;
  for (std::size_t c = 0; c < map.columns(); ++c) {
    const double exposure = map.live_pixel_s[c] * map.i0[c].value;
    if (std::abs(map.incident_eV[c] - s.incident_eV) > s.window_incident_eV || !(exposure > 0)) continue;
    columns.push_back(c);
    w.incident_eV.push_back(map.incident_eV[c]);
    w.exposure.push_back(exposure);
    mean += exposure;
  }
  std::vector<double> centres;
  double total = 0;
  for (std::int64_t r = 0; r < map.emission.count; ++r) {
    if (std::abs(map.emission.centre(r) - s.emission_eV) > s.window_emission_eV) continue;
    if (w.edge_eV.empty()) w.edge_eV.push_back(map.emission.edge(r));
    w.edge_eV.push_back(map.emission.edge(r + 1));
    centres.push_back(map.emission.centre(r));
    for (const std::size_t c : columns) {
      const double other = map.is_loss ? 0 : map.incident_eV[c];
      const bool elastic = std::abs(map.emission.centre(r) - other) < elastic_eV;
      w.counts.push_back(elastic ? -1 : std::max(0.0, map.at(r, c)));
      total += std::max(0.0, w.counts.back());
    }
  }
  if (columns.size() < least_columns || centres.size() < least_rows || !(total > 0)) return std::nullopt;
  if (s.incident_eV < w.incident_eV.front() || s.incident_eV > w.incident_eV.back() ||
      s.emission_eV < w.edge_eV.front() || s.emission_eV > w.edge_eV.back())
    return std::nullopt;
  for (double& e : w.exposure) e *= static_cast<double>(columns.size()) / mean;
  w.u = on_unit_interval(w.incident_eV);
  w.v = on_unit_interval(centres);
  return w;
}

// Parameters: place, logarithms of the widths, counts, then the background's polynomials, Legendre's: their
// coefficients hardly depend on one another.
enum : Index { at_x, at_y, at_log_sx, at_log_sy, at_counts, at_background };

struct Orders {
  int incident = 2, emission = 2;
  // Mixed terms up to this order: two bands of other widths that overlap are no product of two curves.
  int cross = 0;
  // Under the product a pedestal that is flat in emission and straight along the incident axis: the exponential of a
  // low polynomial is a line without one.
  bool pedestal = false;
  Index at_cross() const { return at_background + 1 + incident + emission; }
  Index at_pedestal() const { return at_cross() + cross * (cross + 1) / 2; }
  // A second band, Gaussian in both directions, added to the product: spectra have several, and a sum of two is far
  // from the exponential of a low polynomial.
  bool band = false;
  Index at_band() const { return at_pedestal() + (pedestal ? 2 : 0); }
  Index parameters() const { return at_band() + (band ? 5 : 0); }
};

constexpr int highest_order = 5, highest_cross = 4;

// The mixed terms P_i(u) P_j(v) with i + j up to one more than the order, lowest first.
template <class Visit>
void each_cross(int order, Visit visit) {
  for (int sum = 2; sum <= order + 1; ++sum) {
    for (int i = 1; i < sum; ++i) visit(static_cast<std::size_t>(i), static_cast<std::size_t>(sum - i));
  }
}

std::array<double, highest_order + 1> legendre(double x) {
  std::array<double, highest_order + 1> p{1, x};
  for (std::size_t k = 2; k < p.size(); ++k) {
    const auto n = static_cast<double>(k);
    p[k] = ((2 * n - 1) * x * p[k - 1] - (n - 1) * p[k - 2]) / n;
  }
  return p;
}

struct Bounds {
  VectorXd low, high;
};
Bounds bounds_of(const Window& w, const FeatureSettings& s, Orders orders) {
  // A line narrower than these hides between points; a wider one is background.
  constexpr double narrow_incident = 0.15, wide_incident = 2, narrow_emission = 0.4, wide_emission = 3;
  constexpr double infinite = std::numeric_limits<double>::infinity();
  const Index parameters = orders.parameters();
  Bounds b{VectorXd::Constant(parameters, -infinite), VectorXd::Constant(parameters, infinite)};
  const auto set = [&](Index i, double low, double high) {
    b.low[i] = low;
    b.high[i] = high;
  };
  set(at_x, s.incident_eV - s.search_incident_eV, s.incident_eV + s.search_incident_eV);
  set(at_y, s.emission_eV - s.search_emission_eV, s.emission_eV + s.search_emission_eV);
  set(at_log_sx, std::log(narrow_incident), std::log(wide_incident));
  set(at_log_sy, std::log(narrow_emission), std::log(wide_emission));
  b.low[at_counts] = 0;
  if (orders.pedestal) {
    b.low.segment(orders.at_pedestal(), 2).setZero();
    // On a pedestal the product could become the feature itself: along the incident axis it may curve no more than a
    // line of the greatest width does.
    const double half = s.window_incident_eV / wide_incident;
    const double most_curved = half * half / 3;  // of exp(-x^2 / 2 sigma^2), in Legendre's second polynomial
    for (Index k = 2; k <= orders.incident; ++k) set(at_background + k, -most_curved, most_curved);
  }
  if (orders.band) {  // as wide as a band is, or it would become the feature; never curved upwards
    constexpr double least_incident = 0.8, least_emission = 1.1;
    const double u = 0.5 * (w.incident_eV.back() - w.incident_eV.front()) / least_incident;
    const double v = 0.5 * (w.edge_eV.back() - w.edge_eV.front()) / least_emission;
    set(orders.at_band() + 2, -0.5 * u * u, 0);
    set(orders.at_band() + 4, -0.5 * v * v, 0);
  }
  return b;
}

// Counts expected, and how they change with the parameters. The Gaussian is normalised so that `counts` is what is
// expected of it in all columns of the window and all emission energies, at the columns' exposures.
class Model {
 public:
  Model(const Window& window, Orders orders) : w_{window}, orders_{orders} {
    for (const double u : w_.u) along_u_.push_back(legendre(u));
    for (const double v : w_.v) along_v_.push_back(legendre(v));
  }
  Orders orders() const { return orders_; }
  Index parameters() const { return orders_.parameters(); }

  void set(const VectorXd& p) {
    set_columns(p);
    set_rows(p);
    set_cross(p);
    counts_ = p[at_counts];
  }
  double shape(std::size_t r, std::size_t c) const { return column_[c].share * row_[r].share; }
  double product(std::size_t r, std::size_t c) const {
    const double plain = column_[c].background * row_[r].background;
    return cross_.empty() ? plain : plain * cross_[r * w_.columns() + c];
  }
  double background(std::size_t r, std::size_t c) const { return product(r, c) + column_[c].pedestal + band(r, c); }
  double band(std::size_t r, std::size_t c) const { return column_[c].band * row_[r].band; }
  double expected(std::size_t r, std::size_t c) const {
    return std::max(1e-12, counts_ * shape(r, c) + background(r, c));
  }
  // Derivatives of the expected counts.
  void gradient(std::size_t r, std::size_t c, double* d) const {
    const Column& x = column_[c];
    const Row& y = row_[r];
    d[at_x] = counts_ * x.by_place * y.share;
    d[at_y] = counts_ * x.share * y.by_place;
    d[at_log_sx] = counts_ * x.by_width * y.share;
    d[at_log_sy] = counts_ * x.share * y.by_width;
    d[at_counts] = x.share * y.share;
    const double b = product(r, c);
    d += at_background;
    *d++ = b;
    for (int k = 1; k <= orders_.incident; ++k) *d++ = b * along_u_[c][static_cast<std::size_t>(k)];
    for (int k = 1; k <= orders_.emission; ++k) *d++ = b * along_v_[r][static_cast<std::size_t>(k)];
    each_cross(orders_.cross, [&](std::size_t i, std::size_t j) { *d++ = b * along_u_[c][i] * along_v_[r][j]; });
    if (orders_.pedestal) {
      *d++ = 0.5 * w_.exposure[c] * (1 - w_.u[c]);
      *d++ = 0.5 * w_.exposure[c] * (1 + w_.u[c]);
    }
    if (!orders_.band) return;
    const double second = band(r, c), u = w_.u[c], v = w_.v[r];
    *d++ = second;
    *d++ = second * u;
    *d++ = second * u * u;
    *d++ = second * v;
    *d = second * v * v;
  }
  const Window& window() const { return w_; }

  double deviance() const {
    double sum = 0;
    for (std::size_t r = 0; r < w_.rows(); ++r) {
      for (std::size_t c = 0; c < w_.columns(); ++c) {
        const double n = w_.counts[r * w_.columns() + c], mu = expected(r, c);
        if (n < 0) continue;
        sum += mu - n + (n > 0 ? n * std::log(n / mu) : 0);
      }
    }
    return 2 * sum;
  }

 private:
  struct Column {
    double share = 0, by_place = 0, by_width = 0, background = 0, pedestal = 0, band = 0;
  };
  struct Row {
    double share = 0, by_place = 0, by_width = 0, background = 0, band = 0;
  };

  void set_columns(const VectorXd& p) {
    const double sigma = std::exp(p[at_log_sx]);
    column_.assign(w_.columns(), {});
    double sum = 0, mean_z = 0, mean_z2 = 0;
    for (std::size_t c = 0; c < w_.columns(); ++c) {
      const double z = (w_.incident_eV[c] - p[at_x]) / sigma;
      const double h = w_.exposure[c] * std::exp(-0.5 * z * z);
      column_[c].share = h;
      sum += h;
      mean_z += h * z;
      mean_z2 += h * z * z;
      double power = p[at_background];
      for (int k = 1; k <= orders_.incident; ++k)
        power += p[at_background + k] * along_u_[c][static_cast<std::size_t>(k)];
      column_[c].background = w_.exposure[c] * std::exp(std::clamp(power, -300.0, 300.0));
      if (orders_.band) {
        const double u = w_.u[c],
                     of_u = p[orders_.at_band()] + u * (p[orders_.at_band() + 1] + u * p[orders_.at_band() + 2]);
        column_[c].band = w_.exposure[c] * std::exp(std::clamp(of_u, -300.0, 300.0));
      }
      if (!orders_.pedestal) continue;
      const double left = p[orders_.at_pedestal()], right = p[orders_.at_pedestal() + 1];
      column_[c].pedestal = 0.5 * w_.exposure[c] * (left * (1 - w_.u[c]) + right * (1 + w_.u[c]));
    }
    sum = std::max(sum, 1e-300);
    mean_z /= sum;
    mean_z2 /= sum;
    for (std::size_t c = 0; c < w_.columns(); ++c) {
      const double z = (w_.incident_eV[c] - p[at_x]) / sigma;
      Column& x = column_[c];
      x.share /= sum;
      x.by_place = x.share * (z - mean_z) / sigma;
      x.by_width = x.share * (z * z - mean_z2);
    }
  }
  void set_rows(const VectorXd& p) {
    const double sigma = std::exp(p[at_log_sy]), centre = p[at_y];
    row_.assign(w_.rows(), {});
    for (std::size_t r = 0; r < w_.rows(); ++r) {
      const double a = w_.edge_eV[r], b = w_.edge_eV[r + 1];
      const double at_a = gauss_density(a, centre, sigma), at_b = gauss_density(b, centre, sigma);
      Row& y = row_[r];
      y.share = gauss_share(a, b, centre, sigma);
      y.by_place = at_a - at_b;
      y.by_width = (a - centre) * at_a - (b - centre) * at_b;
      double power = 0;
      for (int k = 1; k <= orders_.emission; ++k)
        power += p[at_background + orders_.incident + k] * along_v_[r][static_cast<std::size_t>(k)];
      y.background = std::exp(std::clamp(power, -300.0, 300.0));
      if (orders_.band) {
        const double v = w_.v[r];
        y.band = std::exp(std::clamp(v * (p[orders_.at_band() + 3] + v * p[orders_.at_band() + 4]), -300.0, 300.0));
      }
    }
  }

  void set_cross(const VectorXd& p) {
    cross_.clear();
    if (orders_.cross == 0) return;
    for (std::size_t r = 0; r < w_.rows(); ++r) {
      for (std::size_t c = 0; c < w_.columns(); ++c) {
        double power = 0;
        Index at = orders_.at_cross();
        each_cross(orders_.cross,
                   [&](std::size_t i, std::size_t j) { power += p[at++] * along_u_[c][i] * along_v_[r][j]; });
        cross_.push_back(std::exp(std::clamp(power, -300.0, 300.0)));
      }
    }
  }

  const Window& w_;
  Orders orders_;
  std::vector<double> cross_;  // rows x columns; empty without mixed terms
  std::vector<std::array<double, highest_order + 1>> along_u_, along_v_;
  std::vector<Column> column_;
  std::vector<Row> row_;
  double counts_ = 0;
};

struct Slope {
  MatrixXd information;  // Fisher's
  VectorXd uphill;       // of the log likelihood
};
Slope slope_of(const Model& model) {
  constexpr std::size_t most = at_background + 3 + 2 * highest_order + highest_cross * (highest_cross + 1) / 2 + 5;
  const auto n = static_cast<std::size_t>(model.parameters());
  std::array<double, most> d{}, up{};
  std::array<std::array<double, most>, most> info{};
  const Window& w = model.window();
  for (std::size_t r = 0; r < w.rows(); ++r) {
    for (std::size_t c = 0; c < w.columns(); ++c) {
      const double n_rc = w.counts[r * w.columns() + c];
      if (n_rc < 0) continue;
      const double mu = model.expected(r, c), weight = 1 / mu;
      const double pull = n_rc * weight - 1;
      model.gradient(r, c, d.data());
      for (std::size_t i = 0; i < n; ++i) {
        up[i] += pull * d[i];
        const double di = weight * d[i];
        for (std::size_t j = 0; j <= i; ++j) info[i][j] += di * d[j];
      }
    }
  }
  Slope out{MatrixXd(model.parameters(), model.parameters()), VectorXd(model.parameters())};
  for (std::size_t i = 0; i < n; ++i) {
    out.uphill[static_cast<Index>(i)] = up[i];
    for (std::size_t j = 0; j <= i; ++j) {
      out.information(static_cast<Index>(i), static_cast<Index>(j)) = info[i][j];
      out.information(static_cast<Index>(j), static_cast<Index>(i)) = info[i][j];
    }
  }
  return out;
}

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

VectorXd start_of(const Window& w, Orders orders, const FeatureSettings& s) {
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
  const Window& w = model.window();
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
std::vector<VectorXd> background_starts(const Window& w, Orders orders, const FeatureSettings& s) {
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

Fitted fit_with(const Window& w, Orders orders, const FeatureSettings& s) {
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

// The background grows while the data ask for it: so that noise is seldom followed and a term that matters is seldom
// missed.
Fitted fit_growing(const Window& w, const FeatureSettings& s) {
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
      Fitted tried = fit_with(w, orders, s);
      if (cost(tried) < cost(next)) next = std::move(tried);
    }
    if (next.orders.parameters() == best.orders.parameters()) return best;
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

// The look-elsewhere effect: summits above a level of a smooth random field (Adler, Random Fields and Geometry) in the
// two directions that are searched, in units of the widths, and the two widths that are free as well.
double chance_of(double significance, const VectorXd& p, const Bounds& bounds) {
  const double z = significance;
  const double local = core::upper_tail(z);
  const double x = (bounds.high[at_x] - bounds.low[at_x]) / (std::numbers::sqrt2 * std::exp(p[at_log_sx]));
  const double y = (bounds.high[at_y] - bounds.low[at_y]) / (std::numbers::sqrt2 * std::exp(p[at_log_sy]));
  // A line's shape changes to an independent one over about this much of the logarithm of its width.
  constexpr double of_log_width = std::numbers::sqrt2;
  const std::array lengths{x, y, (bounds.high[at_log_sx] - bounds.low[at_log_sx]) / of_log_width,
                           (bounds.high[at_log_sy] - bounds.low[at_log_sy]) / of_log_width};
  // Every direction multiplies the places by one and what its length adds: z / sqrt(2 pi) a unit of length.
  double places = 1;
  for (const double l : lengths) places *= 1 + l * z / std::sqrt(2 * std::numbers::pi);
  return -std::expm1(-places * local);
}

double chi_squared_per_bin(const Model& model) {
  const Window& w = model.window();
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
  model.set(p);
  out.chi_squared_per_bin = chi_squared_per_bin(model);
  out.low = profile_end(model, fitted.full, bounds, at_counts, out.counts.sigma(), -1);
  out.high = profile_end(model, fitted.full, bounds, at_counts, out.counts.sigma(), 1);
  out.significance = std::sqrt(std::max(0.0, fitted.background.deviance - fitted.full.deviance));
  out.chance = chance_of(out.significance, p, bounds);
  // What may be a clump of noise found by looking for one may be nothing at all.
  constexpr double perhaps_noise = 0.05;
  if (out.chance > perhaps_noise) out.low = 0;
  const double all = map.total();
  // The feature's counts are among all counts: cov(counts, all) = counts, as twice the exposure doubles both.
  const double share = p[at_counts] / all;
  out.share = {share, std::max(0.0, out.counts.variance - share * p[at_counts]) / (all * all)};
  return out;
}

FeatureChange compare_feature(const Feature& before, const Feature& after) {
  FeatureChange out{.before = before, .after = after, .ratio = {}, .significance = 0};
  out.ratio = after.share / before.share;
  const core::Value difference = after.share - before.share;
  if (difference.variance > 0) out.significance = difference.value / difference.sigma();
  return out;
}

}  // namespace lithoscope::rixs
