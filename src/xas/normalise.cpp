#include "lithoscope/xas/normalise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "line_algebra.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/material/fluorescence.hpp"
#include "lithoscope/xas/self_absorption.hpp"

namespace lithoscope::xas {
namespace {

// The last point at or below; the first one when all lie above.
std::size_t at_or_below(std::span<const double> energy, double value) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < energy.size(); ++i) {
    if (energy[i] <= value) found = i;
  }
  return found;
}

std::size_t nearest(std::span<const double> energy, double value) {
  std::size_t found = 0;
  for (std::size_t i = 1; i < energy.size(); ++i) {
    if (std::abs(energy[i] - value) < std::abs(energy[found] - value)) found = i;
  }
  return found;
}

// Halves to even, as the peer rounds.
double rounded_to(double value, double unit) { return unit * std::nearbyint(value / unit); }

struct Range {
  std::size_t from = 0, to = 0;  // [from, to)
  std::size_t size() const { return to - from; }
};

template <class T>
std::span<const T> part(std::span<const T> all, Range range) {
  return all.subspan(range.from, range.size());
}

// Larch's rules for what is not given (pre_edge).
struct Ranges {
  double pre_from, pre_to, post_from, post_to;
  int order;
};
Ranges ranges_of(std::span<const double> energy, double e0, const EdgeSettings& settings) {
  const auto [low, high] = std::ranges::minmax(energy);
  const std::size_t at_edge = nearest(energy, e0);
  const double coarse = at_edge > 20 ? 5.0 : 2.0;
  Ranges r{};
  r.pre_from = std::max(settings.pre_from.value_or(rounded_to(energy[1] - e0, coarse)), low - e0);
  r.pre_to = settings.pre_to.value_or(0.5 * r.pre_from);
  if (r.pre_from > r.pre_to) std::swap(r.pre_from, r.pre_to);
  r.post_to = std::min(settings.post_to.value_or(rounded_to(high - e0, 5)), high - e0);
  r.post_from = settings.post_from.value_or(std::min(25.0, 5.0 * std::nearbyint(r.post_to / 15)));
  if (r.post_from > r.post_to) std::swap(r.post_from, r.post_to);
  r.post_from = std::min(r.post_from, r.post_to - 2);
  const double width = r.post_to - r.post_from;
  r.order = std::clamp(settings.order.value_or(width < 30 ? 0 : width < 300 ? 1 : 2), 0, 5);
  return r;
}

std::vector<double> apart(std::span<const double> energy) {
  constexpr double least_distance_eV = 5e-4;
  std::vector<double> out(energy.begin(), energy.end());
  double added = 0;
  for (std::size_t i = 1; i < energy.size(); ++i) {
    added = std::abs(energy[i] - energy[i - 1]) < least_distance_eV ? added + least_distance_eV : 0;
    out[i] += added;
  }
  return out;
}

// A value of the curve above the edge, without the line below it, is linear in mu: how much each point counts.
std::vector<double> weights_above(std::span<const double> energy, Range pre, int pre_order, Range post, int order,
                                  double at) {
  std::vector<double> weight(energy.size(), 0.0);
  const std::vector<double> above = weights_at(part(energy, post), order, at);
  // The line below is taken off each point above before the polynomial is fitted.
  double mean_place = 0;
  double sum = 0;
  for (std::size_t i = 0; i < above.size(); ++i) {
    weight[post.from + i] += above[i];
    mean_place += above[i] * energy[post.from + i];
    sum += above[i];
  }
  const std::vector<double> below = weights_at(part(energy, pre), pre_order, mean_place / sum);
  for (std::size_t j = 0; j < below.size(); ++j) weight[pre.from + j] -= sum * below[j];
  return weight;
}

double step_variance(std::span<const double> energy, std::span<const double> variance, Range pre, int pre_order,
                     Range post, int order, double at) {
  const std::vector<double> weight = weights_above(energy, pre, pre_order, post, order, at);
  double out = 0;
  for (std::size_t i = 0; i < weight.size(); ++i) out += weight[i] * weight[i] * variance[i];
  return out;
}

// Places at which a polynomial of this order is fixed by its values, and each value's part of it.
std::vector<double> nodes_in(double from, double to, int order) {
  std::vector<double> out;
  for (int k = 0; k <= order; ++k) out.push_back(order == 0 ? 0.5 * (from + to) : from + (to - from) * k / order);
  return out;
}
double lagrange(std::span<const double> nodes, std::size_t k, double at) {
  double out = 1;
  for (std::size_t j = 0; j < nodes.size(); ++j) {
    if (j != k) out *= (at - nodes[j]) / (nodes[k] - nodes[j]);
  }
  return out;
}

// The polynomial below the edge, taken off all points.
void add_background(const EdgeFit& edge, std::span<const double> energy, std::vector<SharedTerm>& out) {
  const Range pre{edge.pre_first, edge.pre_end};
  const std::vector<double> nodes = nodes_in(energy[pre.from], energy[pre.to - 1], edge.pre_order);
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    SharedTerm term{.shape = {}, .weight = std::vector<double>(energy.size(), 0.0)};
    for (const double e : energy) term.shape.push_back(lagrange(nodes, k, e));
    const std::vector<double> weights = weights_at(part(energy, pre), edge.pre_order, nodes[k]);
    std::ranges::copy(weights, term.weight.begin() + static_cast<std::ptrdiff_t>(pre.from));
    out.push_back(std::move(term));
  }
}

// Flat: the curve above the edge, made level from e0 on.
void add_curve(const EdgeFit& edge, std::span<const double> energy, std::vector<SharedTerm>& out) {
  const Range pre{edge.pre_first, edge.pre_end}, post{edge.post_first, edge.post_end};
  const std::vector<double> nodes = nodes_in(energy[post.from], energy[post.to - 1], edge.order);
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    SharedTerm term{.shape = {}, .weight = weights_above(energy, pre, edge.pre_order, post, edge.order, nodes[k])};
    for (const double e : energy) term.shape.push_back(e < edge.e0_eV ? 0 : lagrange(nodes, k, e));
    out.push_back(std::move(term));
  }
}

// A sum of points of which `terms` were taken off, as a sum of the points they were fitted to.
void take_off(std::span<const SharedTerm> terms, std::vector<double>& weights) {
  std::vector<double> taken(terms.size(), 0.0);
  for (std::size_t k = 0; k < terms.size(); ++k) {
    for (std::size_t i = 0; i < weights.size(); ++i) taken[k] += weights[i] * terms[k].shape[i];
  }
  for (std::size_t k = 0; k < terms.size(); ++k) {
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] -= taken[k] * terms[k].weight[i];
  }
}

void take_off_background(const EdgeFit& edge, std::span<const double> energy, std::vector<double>& weights) {
  std::vector<SharedTerm> background;
  add_background(edge, energy, background);
  take_off(background, weights);
}

void require_edge_inside(const Spectrum& spectrum, double e0) {
  if (e0 > spectrum.energy_eV.front() && e0 < spectrum.energy_eV.back()) return;
  throw core::UsageError({.what = "the edge lies outside the spectrum",
                          .expected = fmt::format("an edge between {:.2f} and {:.2f} eV", spectrum.energy_eV.front(),
                                                  spectrum.energy_eV.back()),
                          .found = fmt::format("{:.2f} eV", e0)});
}

// Divided by a scale that is the sum of points as measured by `weight`, the background taken off before.
Normalised divided(const Spectrum& spectrum, const EdgeFit& edge, const core::Value& scale,
                   std::vector<double> weight) {
  Normalised out{.spectrum = spectrum, .scale = scale, .edge = {}, .shared = {}};
  Spectrum& s = out.spectrum;
  for (std::size_t i = 0; i < s.intensity.size(); ++i) {
    s.intensity[i] = (s.intensity[i] - edge.pre[i]) / scale.value;
    s.variance[i] /= scale.value * scale.value;
  }
  s.fitted = {.background_terms = edge.pre_order + 1, .divided = true};
  add_background(edge, s.energy_eV, out.shared);
  out.shared.push_back({.shape = s.intensity, .weight = std::move(weight)});
  return out;
}

[[noreturn]] void not_positive(const char* what, double value) {
  throw core::UsageError({.what = fmt::format("the {} to normalise by is not positive", what),
                          .expected = "more than zero above the line through the pre-edge",
                          .found = fmt::format("{:g}", value),
                          .advice = "choose the pre-edge range below the edge (--pre-from, --pre-to)"});
}

Normalised by_maximum(const Spectrum& spectrum, const EdgeFit& edge) {
  const std::vector<double>& below = edge.pre;
  std::size_t top = 0;
  for (std::size_t i = 1; i < below.size(); ++i) {
    if (spectrum.intensity[i] - below[i] > spectrum.intensity[top] - below[top]) top = i;
  }
  // A parabola through the five points about it: its height has less noise than the highest point, which is biased up.
  const std::size_t from = top >= 2 ? std::min(top - 2, below.size() - 5) : 0;
  std::vector<double> y;
  for (std::size_t i = from; i < from + 5; ++i) y.push_back(spectrum.intensity[i] - below[i]);
  const std::span<const double> x{spectrum.energy_eV.data() + from, 5};
  const Polynomial curve{x, y, 2};
  double at = spectrum.energy_eV[top];
  for (int i = 0; i <= 200; ++i) {
    const double e = x.front() + (x.back() - x.front()) * i / 200;
    if (curve(e) > curve(at)) at = e;
  }
  const double height = curve(at);
  if (!(height > 0)) not_positive("maximum", height);
  std::vector<double> weights(below.size(), 0.0);
  std::ranges::copy(weights_at(x, 2, at), weights.begin() + static_cast<std::ptrdiff_t>(from));
  take_off_background(edge, spectrum.energy_eV, weights);
  return divided(spectrum, edge, {height, variance_of_sum(spectrum, {}, weights)}, weights);
}

Normalised by_area(const Spectrum& spectrum, const EdgeFit& edge) {
  const std::vector<double>& below = edge.pre;
  double area = 0;
  const std::size_t n = below.size();
  std::vector<double> weights;
  for (std::size_t i = 0; i < n; ++i) {
    const double left = i > 0 ? spectrum.energy_eV[i - 1] : spectrum.energy_eV[0];
    const double right = i + 1 < n ? spectrum.energy_eV[i + 1] : spectrum.energy_eV[n - 1];
    const double width = 0.5 * (right - left);
    area += width * (spectrum.intensity[i] - below[i]);
    weights.push_back(width);
  }
  if (!(area > 0)) not_positive("area", area);
  take_off_background(edge, spectrum.energy_eV, weights);
  return divided(spectrum, edge, {area, variance_of_sum(spectrum, {}, weights)}, weights);
}

}  // namespace

double variance_of_sum(const Spectrum& spectrum, std::span<const SharedTerm> shared, std::vector<double> weights) {
  take_off(shared, weights);
  double out = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) out += weights[i] * weights[i] * spectrum.variance[i];
  return out;
}

EdgeSettings stored_edge_settings(const Scan& scan) {
  const auto number = [&](const char* field) { return io::to_number(scan.fact(field)); };
  EdgeSettings out{.e0_eV = number("bkg_e0"),
                   .pre_from = number("bkg_pre1"),
                   .pre_to = number("bkg_pre2"),
                   .post_from = number("bkg_nor1"),
                   .post_to = number("bkg_nor2"),
                   .order = {},
                   .pre_order = {}};
  if (const auto terms = number("bkg_nnorm"); terms && *terms >= 1 && *terms <= 6)
    out.order = static_cast<int>(*terms) - 1;
  return out;
}

EdgeFit fit_edge(std::span<const double> energy_eV, std::span<const double> mu, std::span<const double> variance,
                 const EdgeSettings& settings) {
  const std::vector<double> moved = apart(energy_eV);
  const std::span<const double> energy{moved};
  double e0 = settings.e0_eV.value_or(0);
  if (!settings.e0_eV || e0 < energy[1] || e0 > energy[energy.size() - 2]) e0 = edge_energy_eV(energy, mu);
  const Ranges r = ranges_of(energy, e0, settings);
  EdgeFit out{.e0_eV = e0,
              .step = {},
              .pre_from = r.pre_from,
              .pre_to = r.pre_to,
              .post_from = r.post_from,
              .post_to = r.post_to,
              .order = r.order};
  const std::size_t n = energy.size();
  std::vector<double> relative(energy.begin(), energy.end());
  for (double& e : relative) e -= e0;
  const bool few = at_or_below(relative, r.pre_to) < at_or_below(relative, r.pre_from) + 3;
  Range pre{at_or_below(energy, r.pre_from + e0), nearest(energy, r.pre_to + e0)};
  const int pre_order = few ? 0 : settings.pre_order.value_or(1);
  if (pre.to < pre.from + (few ? 1 : 2)) pre.to = std::min(n, pre.from + (few ? 1 : 2));
  Range post{at_or_below(energy, r.post_from + e0), nearest(energy, r.post_to + e0)};
  post.from = std::min(post.from, n - 3);
  if (post.to < post.from + 2) {
    post.from -= 2;
    out.order = 0;
  } else if (post.to < post.from + 5) {
    out.order = std::min(1, out.order);
  }
  if (post.to <= post.from || pre.to <= pre.from) {
    throw core::UsageError(
        {.what = "a range of the edge fit holds no points",
         .expected = "points below and above the edge",
         .found = fmt::format("{} below, {} above {:.2f} eV", pre.to - pre.from, post.to - post.from, e0)});
  }
  out.pre_order = std::min(pre_order, static_cast<int>(pre.size()) - 1);
  out.pre_first = pre.from;
  out.pre_end = pre.to;
  out.post_first = post.from;
  out.post_end = post.to;
  const Polynomial below{part(energy, pre), part(mu, pre), pre_order};
  for (const double e : energy) out.pre.push_back(below(e));
  std::vector<double> above_line;
  for (std::size_t i = post.from; i < post.to; ++i) above_line.push_back(mu[i] - out.pre[i]);
  const Polynomial above{part(energy, post), above_line, out.order};
  for (std::size_t i = 0; i < n; ++i) out.post.push_back(out.pre[i] + above(energy[i]));
  const std::size_t at_edge = nearest(energy, e0);
  out.step.value = std::max(1e-12, std::abs(out.post[at_edge] - out.pre[at_edge]));
  if (variance.size() == n)
    out.step.variance = step_variance(energy, variance, pre, pre_order, post, out.order, energy[at_edge]);
  return out;
}

namespace {

void require_known_edge(const Spectrum& s, double edge) {
  if (edge > s.energy_eV.front() - edge_margin_eV && edge < s.energy_eV.back() + edge_margin_eV) return;
  throw core::UsageError({.what = fmt::format("the spectrum does not hold the {} {} edge", s.element, s.edge),
                          .expected = fmt::format("energies about {:.0f} eV", edge),
                          .found = fmt::format("{:g} to {:g} eV", s.energy_eV.front(), s.energy_eV.back()),
                          .advice = "check --element and --edge, and that the energies are absolute"});
}

[[noreturn]] void no_such_edge(const Spectrum& s, double edge, double found) {
  throw core::UsageError(
      {.what = fmt::format("no {} {} edge stands out of this spectrum", s.element, s.edge),
       .expected = fmt::format("a rise within {:g} eV of {:.1f} eV, its tabulated energy", edge_margin_eV, edge),
       .found = fmt::format("the edge at {:.2f} eV", found),
       .advice = "check --element and --edge, which columns are read (--signal, --i0), and the energies "
                 "(--energy-shift)"});
}

// The steepest rise; where that is far from the tabulated edge, the steepest near it, if one stands out of the noise.
double found_edge_eV(Spectrum& s, std::optional<double> tabulated) {
  const double found = s.steepest_eV ? *s.steepest_eV : edge_energy_eV(s.energy_eV, s.intensity);
  if (!tabulated || std::abs(found - *tabulated) <= edge_margin_eV) return found;
  constexpr std::int64_t least = 15;
  constexpr double least_contrast = 8;
  try {
    const Spectrum near = cut(s, *tabulated - edge_margin_eV, *tabulated + edge_margin_eV, least);
    if (contrast_of(near) < least_contrast) no_such_edge(s, *tabulated, found);
    const double e0 = edge_energy_eV(near.energy_eV, near.intensity);
    s.remarks.push_back(fmt::format(
        "The steepest rise, at {:.1f} eV, is far from the {} {} edge; the steepest one near that is taken (--e0).",
        found, s.element, s.edge));
    return e0;
  } catch (const core::UsageError&) {
    no_such_edge(s, *tabulated, found);
  }
}

void require_rise(const Spectrum& s, const EdgeFit& fit) {
  const auto at = static_cast<std::size_t>(std::ranges::lower_bound(s.energy_eV, fit.e0_eV) - s.energy_eV.begin());
  const std::size_t i = std::min(at, s.energy_eV.size() - 1);
  const double step = fit.post[i] - fit.pre[i];
  const double largest = std::abs(*std::ranges::max_element(s.intensity, {}, [](double v) { return std::abs(v); }));
  constexpr double least_share = 1e-6, least_sigmas = 3;
  if (step < 0) {
    throw core::UsageError(
        {.what = "the signal falls across the edge",
         .expected = "more absorption above the edge than below it",
         .found = fmt::format("{:.4g} at {:.2f} eV", step, fit.e0_eV),
         .advice = "a transmitted beam needs --transmission; are --signal and --i0 the right way round? A total "
                   "fluorescence may fall where other elements' lines lose more than the edge's own gain"});
  }
  if (step > least_share * largest && step > least_sigmas * fit.step.sigma()) return;
  throw core::UsageError({.what = "no edge stands out of this spectrum",
                          .expected = "a step of at least three times its uncertainty",
                          .found = fmt::format("{:.3g} with an uncertainty of {:.3g}", step, fit.step.sigma()),
                          .advice = "give the edge and ranges (--e0, --pre-from ...), or --normalise maximum or none"});
}

std::vector<double> weights_of_step(std::span<const double> energy, const EdgeFit& fit) {
  return weights_above(energy, {fit.pre_first, fit.pre_end}, fit.pre_order, {fit.post_first, fit.post_end}, fit.order,
                       energy[nearest(energy, fit.e0_eV)]);
}

// Above the edge the curve through the post-edge becomes 1; at the edge it is already.
void make_level(const EdgeFit& edge, Normalised& out) {
  Spectrum& s = out.spectrum;
  SharedTerm& divisor = out.shared.back();
  for (std::size_t i = 0; i < s.intensity.size(); ++i) {
    if (s.energy_eV[i] < edge.e0_eV) continue;
    s.intensity[i] += 1 - (edge.post[i] - edge.pre[i]) / edge.step.value;
    divisor.shape[i] = s.intensity[i] - 1;
  }
  s.fitted.curve_terms = edge.order + 1;
  s.fitted.curve_from_eV = edge.e0_eV;
  add_curve(edge, s.energy_eV, out.shared);
}

// The L2 line of a 3d metal lies in the range that usually follows the L3 edge: its energy, where that is so.
std::optional<double> close_L2_eV(const Spectrum& s) {
  constexpr double close_eV = 60;
  if (!s.edge.starts_with("L") || s.edge == "L1") return std::nullopt;
  const auto L3 = tabulated_edge_eV(s.element, "L3"), L2 = tabulated_edge_eV(s.element, "L2");
  if (!L3 || !L2 || *L2 - *L3 > close_eV) return std::nullopt;
  return L2;
}

// A white line is no step: the range above the edge begins behind it where that is possible, and what is left is said.
constexpr double white_line_eV = 8;  // from the tabulated edge to where the line has faded
void keep_off_white_line(Spectrum& s, EdgeSettings& settings) {
  const auto L2 = close_L2_eV(s);
  if (!L2) return;
  const double end = s.energy_eV.back() - *settings.e0_eV;
  const double behind = *L2 + white_line_eV - *settings.e0_eV;
  constexpr double least_eV = 3;
  if (!settings.post_from && std::min(settings.post_to.value_or(end), end) >= behind + least_eV)
    settings.post_from = behind;
}

void warn_of_white_line(Spectrum& s, const EdgeFit& fit) {
  const auto L2 = close_L2_eV(s);
  const double from = fit.e0_eV + fit.post_from, to = fit.e0_eV + fit.post_to;
  if (!L2 || !(from < *L2 + 0.5 * white_line_eV && to > *L2 - 0.5 * white_line_eV)) return;
  s.remarks.push_back(fmt::format(
      "The range above the edge ({:.1f} to {:.1f} eV) holds the L2 white line at about {:.0f} eV: its height "
      "is not that of the edge. Give --post-from, or normalise by the maximum.",
      from, to, *L2));
}

}  // namespace

std::optional<double> tabulated_edge_eV(const std::string& element, const std::string& edge) {
  if (element.empty() || edge.empty()) return std::nullopt;
  try {
    return material::edge_eV(element, shells_of(edge).front());
  } catch (const core::UsageError&) {
    return std::nullopt;  // an M edge, or a name of the file's own
  }
}

Normalised normalise(const Spectrum& measured, Normalisation how, const EdgeSettings& settings) {
  if (how == Normalisation::none) return {.spectrum = measured, .scale = core::Value::exact(1), .edge = {}};
  Spectrum spectrum = measured;
  const auto tabulated = tabulated_edge_eV(spectrum.element, spectrum.edge);
  if (tabulated) require_known_edge(spectrum, *tabulated);
  EdgeSettings chosen = settings;
  if (!chosen.e0_eV) chosen.e0_eV = found_edge_eV(spectrum, tabulated);
  require_edge_inside(spectrum, *chosen.e0_eV);
  if (tabulated && std::abs(*chosen.e0_eV - *tabulated) > edge_margin_eV)
    no_such_edge(spectrum, *tabulated, *chosen.e0_eV);
  const bool by_height = how == Normalisation::edge || how == Normalisation::flat;
  keep_off_white_line(spectrum, chosen);
  if (!by_height && !chosen.pre_order) chosen.pre_order = 0;
  EdgeFit fit = fit_edge(spectrum.energy_eV, spectrum.intensity, spectrum.variance, chosen);
  require_edge_inside(spectrum, fit.e0_eV);
  if (by_height) {
    require_rise(spectrum, fit);
    warn_of_white_line(spectrum, fit);
  }
  if (how == Normalisation::maximum) return by_maximum(spectrum, fit);
  if (how == Normalisation::area) return by_area(spectrum, fit);
  Normalised out = divided(spectrum, fit, fit.step, weights_of_step(spectrum.energy_eV, fit));
  if (how == Normalisation::flat) make_level(fit, out);
  out.edge = std::move(fit);
  return out;
}

}  // namespace lithoscope::xas
