#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/statistics.hpp"
#include "lithoscope/infer/inference_run.hpp"

namespace lithoscope::infer {
namespace {

bool closed(const StateDraw& d) { return is_closed(d.on); }

Posterior::Of value_of(std::size_t quantity) {
  return [quantity](const Viewer::View& v) { return v.quantities[quantity]; };
}

// Mean over draws of the chance that chi squared is larger than the draw's: the posterior predictive p.
double predictive_p(const Posterior& p, const Evidence& evidence, const LithiumLibrary& library,
                    const Posterior::Which& which) {
  const int n = values_of(evidence);
  if (n == 0) return 1;
  double sum = 0, total = 0;
  for (std::size_t i = 0; i < p.draws.size(); ++i) {
    constexpr double least = 1e-9;
    if (p.weight[i] < least || (which && !which(p.draws[i]))) continue;
    sum += p.weight[i] * core::tail_of_chi_squared(chi_squared(evidence, library, p.draws[i], p.views[i]), n);
    total += p.weight[i];
  }
  return total > 0 ? sum / total : 0;
}

// What was measured of a quantity of every state.
std::optional<core::Value> measured_of(const std::string& quantity, const std::vector<MeasuredChange>& changes) {
  for (const MeasuredChange& m : changes) {
    const std::string name = m.meaning == Meaning::feature_change    ? "feature"
                             : m.meaning == Meaning::pre_edge_change ? "pre_edge"
                             : m.meaning == Meaning::oxygen_gas      ? "oxygen_gas"
                             : m.law == result::DepthLaw::surface    ? "surface_" + m.element
                                                                     : "bulk_" + m.element;
    if (name == quantity) return m.value;
  }
  return std::nullopt;
}

void add_implications(InferenceOutcome& out) {
  for (std::size_t q = 0; q < out.quantities.size(); ++q) {
    const Quantity& quantity = out.quantities[q];
    Implication one{.quantity = quantity.name,
                    .unit = quantity.unit == "1" ? "" : quantity.unit,
                    .help = quantity.help,
                    .prior = prior_interval(out.prior, value_of(q)),
                    .posterior = out.posterior.interval(value_of(q)),
                    .closed = out.posterior.interval(value_of(q), closed),
                    .measured = measured_of(quantity.name, out.changes)};
    const auto known = std::ranges::find(out.library.resolved, quantity.name, &Resolved::quantity);
    if (known != out.library.resolved.end()) {
      one.smallest = known->smallest;
      one.because = known->because;
    }
    out.implications.push_back(std::move(one));
  }
}

void add_adequacy(InferenceOutcome& out) {
  const JointLikelihood& likelihood = out.evidence.likelihood;
  const std::vector<double> values = likelihood.values(), covariance = likelihood.covariance();
  const std::size_t n = likelihood.size();
  for (std::size_t i = 0; i < n; ++i) {
    Adequacy one{.name = out.evidence.names[i],
                 .unit = out.evidence.units[i] == "1" ? "" : out.evidence.units[i],
                 .measured = values[i],
                 .sigma = std::sqrt(covariance[i * n + i]),
                 .predicted = out.posterior.interval([i](const Viewer::View& v) { return v.seen[i]; })};
    const double sd = std::hypot(one.sigma, one.predicted.sd);
    one.p = 2 * core::upper_tail(std::abs(one.measured - one.predicted.mean) / sd);
    out.adequacy.push_back(std::move(one));
  }
  if (!out.evidence.capacity_mAh_per_g) return;
  const core::Value& capacity = *out.evidence.capacity_mAh_per_g;
  Adequacy one{.name = "capacity",
               .unit = "mAh/g",
               .measured = capacity.value,
               .sigma = capacity.sigma(),
               .predicted = out.posterior.interval(value_of(out.quantity("capacity")))};
  one.p = 2 * core::upper_tail(std::abs(one.measured - one.predicted.mean) / std::hypot(one.sigma, one.predicted.sd));
  out.adequacy.push_back(std::move(one));
}

// Among the numbers a reader sees, pairs that the data tie together.
void add_correlations(InferenceOutcome& out) {
  constexpr double strong = 0.9;
  const Posterior& p = out.posterior;
  const std::size_t n = out.quantities.size();
  std::vector<double> mean(n, 0.0), square(n, 0.0);
  for (std::size_t i = 0; i < p.draws.size(); ++i) {
    for (std::size_t q = 0; q < n; ++q) mean[q] += p.weight[i] * p.views[i].quantities[q];
  }
  std::vector<double> product(n * n, 0.0);
  for (std::size_t i = 0; i < p.draws.size(); ++i) {
    constexpr double least = 1e-12;
    if (p.weight[i] < least) continue;
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b <= a; ++b)
        product[a * n + b] += p.weight[i] * (p.views[i].quantities[a] - mean[a]) * (p.views[i].quantities[b] - mean[b]);
    }
  }
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      const double scale = std::sqrt(product[a * n + a] * product[b * n + b]);
      if (scale > 0 && std::abs(product[a * n + b]) > strong * scale)
        out.correlated.push_back({out.quantities[b].name, out.quantities[a].name, product[a * n + b] / scale});
    }
  }
  std::ranges::sort(out.correlated, [](const auto& a, const auto& b) { return std::abs(a.r) > std::abs(b.r); });
}

// The evidence without the feature, whose value is given no weight.
Evidence without_feature(const std::vector<result::Observable>& observables, const InferenceOutcome& outcome,
                         const InferenceRequest& request) {
  Evidence out = evidence_of(observables, request.before, request.after, outcome.library.cations, request.one_piece,
                             request.artefacts);
  out.capacity_mAh_per_g = request.capacity_mAh_per_g;
  constexpr double no_information = 1e8;
  std::vector<double> variance;
  for (const Seen& what : out.seen) {
    variance.push_back(what.meaning == Meaning::feature_change ? no_information : 0);
  }
  out.likelihood.add_variance(variance);
  return out;
}

}  // namespace

std::size_t InferenceOutcome::quantity(const std::string& name) const {
  const auto found = std::ranges::find(quantities, name, &Quantity::name);
  if (found == quantities.end()) throw std::out_of_range("no quantity " + name);
  return static_cast<std::size_t>(found - quantities.begin());
}

InferenceOutcome run_inference(const std::vector<result::Observable>& observables, LithiumLibrary library,
                               const InferenceRequest& request, core::Progress& progress, core::Log& log) {
  InferenceOutcome out{.before = request.before,
                       .after = request.after,
                       .allowed = request.allowed,
                       .library = std::move(library),
                       .evidence = {}};
  out.evidence = evidence_of(observables, request.before, request.after, out.library.cations, request.one_piece,
                             request.artefacts);
  out.evidence.capacity_mAh_per_g = request.capacity_mAh_per_g;
  const Viewer viewer{out.library, out.evidence.seen};
  out.quantities = viewer.quantities();
  const PosteriorSettings settings{
      .combinations = combinations_of(request.allowed), .draws = request.draws, .seed = request.seed};
  out.prior = draw_prior(out.library, viewer, settings, progress);
  log.add(core::LogLevel::info,
          fmt::format("weighing {} states against {} values", out.prior.draws.size(), out.evidence.likelihood.size()));
  out.posterior = weigh(out.prior, out.evidence, out.library, viewer, settings);
  constexpr double no_mass = 1e-4;
  if (core::tail_of_chi_squared(out.posterior.prior_chi_squared, values_of(out.evidence)) < no_mass)
    log.add(
        core::LogLevel::warning,
        fmt::format("no state drawn from the priors comes near the data: the best has a chi squared of {:.1f} for {} "
                    "values",
                    out.posterior.prior_chi_squared, values_of(out.evidence)));
  out.changes = measured_changes(out.evidence);
  out.p_of_all = predictive_p(out.posterior, out.evidence, out.library, {});
  out.p_of_closed = predictive_p(out.posterior, out.evidence, out.library, closed);
  for (std::size_t i = 0; i < out.posterior.draws.size(); ++i) {
    if (closed(out.posterior.draws[i])) out.closed_probability += out.posterior.weight[i];
  }
  if (out.evidence.has(Meaning::feature_change)) {
    const Posterior others =
        weigh(out.prior, without_feature(observables, out, request), out.library, viewer, settings);
    out.ledger = ledger_of(out.evidence, others, viewer);
  }
  add_implications(out);
  add_adequacy(out);
  add_correlations(out);
  for (const Quantity& q : out.quantities)
    out.worst_r_hat = std::max(out.worst_r_hat, out.posterior.r_hat(value_of(out.quantity(q.name))));
  return out;
}

}  // namespace lithoscope::infer
