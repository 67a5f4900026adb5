#include "lithoscope/infer/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/rng.hpp"

namespace lithoscope::infer {
namespace {

double covariance_of(const std::vector<double>& a, const std::vector<double>& b, const std::vector<double>& matrix) {
  const std::size_t n = a.size();
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) sum += a[i] * matrix[i * n + j] * b[j];
  }
  return sum;
}

Interval even(const std::vector<double>& values) {
  std::vector<std::pair<double, double>> sample;
  for (const double v : values) sample.emplace_back(v, 1);
  return interval_of(std::move(sample));
}

// Draws in proportion to their weight, evenly spaced through the sum of weights.
std::vector<std::size_t> resampled(const Posterior& p, std::size_t count, const Posterior::Which& which) {
  double total = 0;
  for (std::size_t i = 0; i < p.draws.size(); ++i) total += which(p.draws[i]) ? p.weight[i] : 0;
  std::vector<std::size_t> out;
  double sum = 0;
  for (std::size_t i = 0; i < p.draws.size() && total > 0; ++i) {
    if (!which(p.draws[i])) continue;
    sum += p.weight[i];
    while (out.size() < count && (static_cast<double>(out.size()) + 0.5) / static_cast<double>(count) <= sum / total)
      out.push_back(i);
  }
  return out;
}

bool closed(const StateDraw& d) { return is_closed(d.on); }

}  // namespace

std::vector<MeasuredChange> measured_changes(const Evidence& evidence) {
  std::vector<MeasuredChange> out;
  const std::vector<double> values = evidence.likelihood.values();
  const std::vector<double> matrix = evidence.likelihood.covariance();
  const std::size_t n = values.size();
  const auto of = [&](std::size_t i) -> const result::Observable& {
    return evidence.likelihood.observables()[evidence.likelihood.places()[i].observable];
  };
  for (std::size_t i = 0; i < n; ++i) {
    const Seen& after = evidence.seen[i];
    if (!after.after) continue;
    MeasuredChange change{.meaning = after.meaning,
                          .element = after.element,
                          .law = after.kernel.law,
                          .name = evidence.names[i],
                          .unit = evidence.units[i],
                          .functional = std::vector<double>(n, 0.0)};
    change.functional[i] = 1;
    bool whole = after.is_change;
    for (std::size_t j = 0; j < n && !after.is_change; ++j) {
      const Seen& before = evidence.seen[j];
      if (before.after || before.is_change || of(j).name != of(i).name) continue;
      change.functional[j] = -1;
      whole = true;
    }
    if (!whole) continue;
    for (std::size_t j = 0; j < n; ++j) change.value.value += change.functional[j] * values[j];
    change.value.variance = covariance_of(change.functional, change.functional, matrix);
    out.push_back(std::move(change));
  }
  return out;
}

std::optional<Ledger> ledger_of(const Evidence& evidence, const Posterior& others, const Viewer& viewer) {
  const std::vector<MeasuredChange> changes = measured_changes(evidence);
  const auto feature = std::ranges::find(changes, Meaning::feature_change, &MeasuredChange::meaning);
  constexpr std::size_t count = 4000;
  const std::vector<std::size_t> shut = resampled(others, count, closed);
  if (feature == changes.end() || shut.empty()) return std::nullopt;
  const std::size_t metals = viewer.quantity("metals"), holes = viewer.quantity("holes"),
                    implied = viewer.quantity("feature");
  core::RandomStream random{7, 3};
  std::vector<double> m, o, d, sum, h;
  for (const std::size_t i : shut) {
    const std::vector<double>& grain = others.views[i].quantities;
    const double percent = feature->value.value + feature->value.sigma() * random.normal();
    h.push_back(grain[holes]);
    m.push_back(grain[metals]);
    o.push_back(grain[holes] * percent / 100);
    d.push_back(-grain[metals] - grain[holes] * grain[implied] / 100);
    sum.push_back(m.back() + o.back() + d.back());
  }
  Ledger out{
      .metals = {"metals", "metals, as deep as fluorescence sees", even(m)},
      .oxygen = {"oxygen", "oxygen, as deep as the feature sees, if its brightness did not change", even(o)},
      .depth = {"depth", "difference of the two depths, and of light's answer to holes, in a closed grain", even(d)},
      .sum = {"sum", "sum; a closed grain: 0", even(sum)},
      .holes = even(h)};
  // the scale between the states is a monitor's
  double scale = 0;
  for (std::size_t i = 0; i < feature->functional.size(); ++i) {
    if (feature->functional[i] == 0) continue;
    for (const result::CommonMode& mode :
         evidence.likelihood.observables()[evidence.likelihood.places()[i].observable].common) {
      if (mode.cause.starts_with("monitor")) scale += mode.shift[0] * mode.shift[0];
    }
  }
  const double in_electrons = scale * std::pow(out.holes.mean / 100, 2);
  out.scale_share = out.sum.value.sd > 0 ? in_electrons / (out.sum.value.sd * out.sum.value.sd) : 0;
  return out;
}

}  // namespace lithoscope::infer
