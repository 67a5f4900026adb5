// The model of a feature on its background that the fit climbs with: a Gaussian in two directions on the exponential
// of polynomials, a pedestal, a second band. Private to the room.
#pragma once

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "gauss.hpp"
#include "lithoscope/rixs/feature.hpp"

namespace lithoscope::rixs::feature_model {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// The part of the map that is fitted. Columns without exposure are left out. A column is a point on the incident axis,
// as the monochromator stands still there; a row collects all between its edges.
struct Patch {
  std::vector<double> incident_eV, exposure;  // of the columns, relative to their mean
  std::vector<double> edge_eV;                // of the rows, one more than there are
  std::vector<double> counts;                 // rows x columns; below zero: not fitted
  std::vector<double> u, v;                   // columns and rows on [-1, 1], where the polynomials live
  std::size_t columns() const { return incident_eV.size(); }
  std::size_t rows() const { return edge_eV.size() - 1; }
};
/// Nothing where the window does not lie in the map.
std::optional<Patch> window_of(const RixsMap& map, const FeatureSettings& s);

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

inline std::array<double, highest_order + 1> legendre(double x) {
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
Bounds bounds_of(const Patch& w, const FeatureSettings& s, Orders orders);

// Counts expected, and how they change with the parameters. The Gaussian is normalised so that `counts` is what is
// expected of it in all columns of the window and all emission energies, at the columns' exposures.
class Model {
 public:
  Model(const Patch& window, Orders orders) : w_{window}, orders_{orders} {
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
  const Patch& patch() const { return w_; }

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

  const Patch& w_;
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
Slope slope_of(const Model& model);

}  // namespace lithoscope::rixs::feature_model
