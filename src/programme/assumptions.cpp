#include "lithoscope/programme/assumptions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/particle/scan.hpp"
#include "lithoscope/particle/simulate.hpp"

namespace lithoscope::programme {
namespace {

using particle::Quantity;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// Of the parameters that this programme has.
std::vector<Origin> ranged(const ProgrammeFile& file, particle::Programme programme) {
  particle::Model model = file.model;
  std::vector<particle::Parameter> there = particle::parameters(model);
  for (particle::Parameter& p : particle::parameters(programme)) there.push_back(std::move(p));
  std::vector<Origin> out;
  for (const Origin& o : file.origins) {
    const bool known = std::ranges::find(there, o.parameter, &particle::Parameter::name) != there.end();
    if (known && o.low && o.high && *o.high > *o.low) out.push_back(o);
  }
  return out;
}

// Branches that keep the oxide layered: what the assumptions are about.
particle::Programme mild_programme(const ProgrammeFile& file, const particle::Run& run) {
  particle::Programme out = file.programme;
  std::erase_if(out.branches, [&](const particle::Branch& b) {
    const auto leg = std::ranges::find(run.branches, b.name, &particle::Leg::name);
    constexpr double layered_still = 0.05;
    return leg == run.branches.end() || leg->marks.empty() || leg->marks.back().seen.mean_oxygen_lost > layered_still;
  });
  return out;
}

// Changes of the branches only, in the order of the summary.
bool is_change(const Quantity& q) {
  return q.name.find(".delta_") != std::string::npos || q.name.ends_with(".rixs_change") ||
         q.name.ends_with(".deviation_before");
}

// Of the distribution the values are drawn from: place (n + 1) p, so that on average as much lies outside as is said.
double quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  const auto count = static_cast<double>(values.size());
  const double place = std::clamp(share * (count + 1) - 1, 0.0, count - 1);
  const auto i = static_cast<std::size_t>(place);
  const double rest = place - static_cast<double>(i);
  return i + 1 < values.size() ? values[i] + rest * (values[i + 1] - values[i]) : values.back();
}

// What a run at other numbers gives of the quantities; NaN where it fails.
std::vector<double> at(const ProgrammeFile& file, const particle::Programme& programme, const std::string& parameter,
                       double value, const std::vector<Spread>& wanted) {
  std::vector<double> out(wanted.size(), not_a_number);
  particle::Model model = file.model;
  particle::Programme steps = programme;
  try {
    *particle::parameter(model, steps, parameter).number = value;
    const auto seen = particle::summary(model, particle::simulate(model, steps, particle::Record::marks));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto found = std::ranges::find(seen, wanted[i].quantity, &Quantity::name);
      if (found != seen.end()) out[i] = found->value;
    }
  } catch (const core::ComputationError&) {
    return std::vector<double>(wanted.size(), not_a_number);
  } catch (const core::UsageError&) {  // outside what the model allows
    return std::vector<double>(wanted.size(), not_a_number);
  }
  return out;
}

// d(quantity)/d(parameter) by carrying derivatives through the run.
void add_slopes(const ProgrammeFile& file, const particle::Programme& programme, Assumptions& out) {
  std::vector<std::string> names;
  particle::Model model = file.model;
  particle::Programme steps = programme;
  // a shell of given depth is a share of nodes that moves with the radius
  const auto with_shell = [](const std::vector<particle::Step>& leg) {
    return std::ranges::any_of(leg, [](const particle::Step& s) { return s.depth_nm > 0; });
  };
  const bool shells =
      with_shell(programme.trunk) ||
      std::ranges::any_of(programme.branches, [&](const particle::Branch& b) { return with_shell(b.steps); });
  for (const Lever& lever : out.levers) {
    const bool moves_shells = shells && lever.parameter.starts_with("grain.radius");
    if (!moves_shells && particle::parameter(model, steps, lever.parameter).differentiable)
      names.push_back(lever.parameter);
  }
  if (names.empty()) return;
  const particle::Sensitivities s = particle::simulate_with_sensitivities(file.model, programme, names);
  for (std::size_t k = 0; k < names.size(); ++k) {
    const auto lever = std::ranges::find(out.levers, names[k], &Lever::parameter);
    const double value = *particle::parameter(model, steps, names[k]).number;
    const std::vector<Quantity> slopes = particle::summary_slopes(file.model, s, k, value);
    for (std::size_t q = 0; q < out.spreads.size(); ++q) {
      const auto found = std::ranges::find(slopes, out.spreads[q].quantity, &Quantity::name);
      if (found != slopes.end()) lever->slope[q] = found->value;
    }
  }
}

}  // namespace

Assumptions explore_assumptions(const ProgrammeFile& file, const particle::Run& run, int draws,
                                core::Progress& progress) {
  Assumptions out;
  const particle::Programme programme = mild_programme(file, run);
  const std::vector<Origin> free = ranged(file, programme);
  if (free.empty() || programme.branches.empty()) return out;
  for (const Quantity& q : particle::summary(file.model, run)) {
    const bool kept = std::ranges::any_of(programme.branches,
                                          [&](const particle::Branch& b) { return q.name.starts_with(b.name + "."); });
    if (kept && is_change(q)) out.spreads.push_back({q.name, q.unit, q.value, q.value, q.value});
  }
  particle::Scan scan{.samples = draws, .seed = 1};
  for (const Origin& o : free) {
    scan.axes.push_back({.parameter = o.parameter, .from = *o.low, .to = *o.high, .logarithmic = o.logarithmic});
  }
  const particle::ScanResult seen = particle::run_scan(file.model, programme, scan, progress);
  out.draws = draws;
  for (const particle::ScanRow& row : seen.rows) out.failed += row.results.empty() ? 1 : 0;
  for (Spread& s : out.spreads) {
    if (out.failed == draws) break;
    std::vector<double> values;
    const std::size_t column = seen.column(s.quantity);
    for (const particle::ScanRow& row : seen.rows) {
      if (!row.results.empty()) values.push_back(row.results[column]);
    }
    s.low = quantile(values, 0.025);
    s.high = quantile(values, 0.975);
  }
  for (const Origin& o : free) {
    particle::Model model = file.model;
    particle::Programme steps = programme;
    Lever lever{.parameter = o.parameter,
                .unit = particle::parameter(model, steps, o.parameter).unit,
                .low = *o.low,
                .high = *o.high,
                .at_low = at(file, programme, o.parameter, *o.low, out.spreads),
                .at_high = at(file, programme, o.parameter, *o.high, out.spreads),
                .slope = std::vector<double>(out.spreads.size(), not_a_number)};
    out.levers.push_back(std::move(lever));
  }
  add_slopes(file, programme, out);
  return out;
}

}  // namespace lithoscope::programme
