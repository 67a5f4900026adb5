#include "feature_model.hpp"

#include <limits>

namespace lithoscope::rixs::feature_model {
namespace {

std::vector<double> on_unit_interval(const std::vector<double>& x) {
  std::vector<double> out;
  const double middle = 0.5 * (x.front() + x.back()), half = 0.5 * (x.back() - x.front());
  for (const double v : x) out.push_back((v - middle) / half);
  return out;
}

}  // namespace

std::optional<Patch> window_of(const RixsMap& map, const FeatureSettings& s) {
  constexpr std::size_t least_columns = 6, least_rows = 5;
  // Elastic light is no product of two curves: its strip is left out.
  constexpr double elastic_eV = 2;
  Patch w;
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

Bounds bounds_of(const Patch& w, const FeatureSettings& s, Orders orders) {
  // A line narrower than these hides between points; a wider one is background.
  constexpr double narrow_incident = 0.15, wide_incident = 1.2, narrow_emission = 0.4, wide_emission = 1.8;
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

Slope slope_of(const Model& model) {
  constexpr std::size_t most = at_background + 3 + 2 * highest_order + highest_cross * (highest_cross + 1) / 2 + 5;
  const auto n = static_cast<std::size_t>(model.parameters());
  std::array<double, most> d{}, up{};
  std::array<std::array<double, most>, most> info{};
  const Patch& w = model.patch();
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

}  // namespace lithoscope::rixs::feature_model
