#include "lithoscope/particle/trouble.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/particle/summary.hpp"

namespace lithoscope::particle {
namespace {

double hottest_K(const Programme& programme) {
  double hottest = 0;
  const auto look = [&](const std::vector<Step>& steps) {
    for (const Step& s : steps) hottest = std::max({hottest, s.temperature_K, s.to_temperature_K});
  };
  look(programme.trunk);
  for (const Branch& b : programme.branches) look(b.steps);
  return hottest;
}

void look_at_widths(const Model& m, double hot_K, std::vector<std::string>& warnings) {
  std::string narrow;
  const auto check_width = [&](const std::string& name, double width, double slope) {
    const double at_hot = width + slope * (hot_K - m.ladder.reference_temperature_K);
    const double least = core::boltzmann_eV_per_K * hot_K;
    if (at_hot < least) narrow += fmt::format("{}{} ({:.3f} V)", narrow.empty() ? "" : ", ", name, at_hot);
  };
  for (const Couple& c : m.ladder.couples) check_width(c.name, c.width_V, c.width_slope_V_per_K);
  if (m.ladder.oxygen.sites > 0) check_width("oxygen", m.ladder.oxygen.width_V, m.ladder.oxygen.width_slope_V_per_K);
  if (narrow.empty()) return;
  warnings.push_back(fmt::format(
      "Narrower than k_B T/e = {:.3f} V at {:.0f} \u00b0C, the least a level can have: {}. Give them a width_slope.",
      core::boltzmann_eV_per_K * hot_K, hot_K - core::zero_celsius_K, narrow));
}

// A surface that was the more reduced one before it was reduced further: once for all branches that start alike.
void look_at_surface(const Model& m, const std::vector<Leg>& branches, std::vector<std::string>& warnings) {
  std::vector<std::pair<std::string, std::string>> told;  // what was seen, and of which branches
  for (const Leg& leg : branches) {
    if (leg.marks.empty()) continue;
    const Observables& before = start_of(leg).seen;
    const Observables& after = leg.marks.back().seen;
    const bool layered = after.mean_oxygen_lost < 1e-3;
    std::string seen;
    for (std::size_t k = 0; k < m.ladder.cations.size(); ++k) {
      const bool reduced = after.tey_valence[k] < before.tey_valence[k] - 1e-4;
      if (!reduced || !layered || before.tey_valence[k] >= before.pfy_valence[k] - 1e-4) continue;
      seen += fmt::format("{}{} {:.4f} against {:.4f}", seen.empty() ? "" : ", ", m.ladder.cations[k].element,
                          before.tey_valence[k], before.pfy_valence[k]);
    }
    if (seen.empty()) continue;
    const auto same = std::ranges::find(told, seen, &std::pair<std::string, std::string>::first);
    if (same == told.end())
      told.emplace_back(seen, "\"" + leg.name + "\"");
    else
      same->second += ", \"" + leg.name + "\"";
  }
  for (const auto& [seen, legs] : told) {
    warnings.push_back(fmt::format(
        "Before {} the surface is already more reduced than the bulk ({}): lithium that flows to the surface "
        "cannot explain a later reduction there.",
        legs, seen));
  }
}

// The voltage that ends a charge is the surface's: it says little about a grain whose inside lags behind.
void look_at_cutoffs(const Programme& programme, const Run& run, std::vector<std::string>& warnings) {
  constexpr double behind = 0.1;
  for (std::size_t i = 0; i < programme.trunk.size() && i + 1 < run.trunk.marks.size(); ++i) {
    const Step& step = programme.trunk[i];
    if (step.kind != StepKind::charge || !(step.until_voltage_V || step.until_surface_lithium)) continue;
    const Observables& end = run.trunk.marks[i + 1].seen;
    if (!(end.mean_lithium < (1 - behind) * end.surface_lithium)) continue;
    warnings.push_back(fmt::format(
        "Step \"{}\" ends by what its surface has reached ({:.3f} Li out) while the mean is {:.0f} % behind ({:.3f} Li "
        "out): its cut-off does not say how far the grain is charged.",
        step.name, end.surface_lithium, 100 * (1 - end.mean_lithium / end.surface_lithium), end.mean_lithium));
  }
}

}  // namespace

std::vector<std::string> look_for_trouble(const Model& model, const Programme& programme, const Run& run) {
  std::vector<std::string> warnings;
  look_at_widths(model, hottest_K(programme), warnings);
  if (model.transport.rest_slowdown < 1) {
    warnings.push_back(
        fmt::format("Lithium is taken to move {:.3g} times slower at rest than under current (rest_slowdown, "
                    "hypothesis H1-\u03c6). "
                    "Nothing but the survival of a gradient speaks for it.",
                    1 / model.transport.rest_slowdown));
  }
  const auto remark = [&](const Leg& leg) { warnings.insert(warnings.end(), leg.remarks.begin(), leg.remarks.end()); };
  remark(run.trunk);
  for (const Leg& leg : run.branches) remark(leg);
  look_at_cutoffs(programme, run, warnings);
  look_at_surface(model, run.branches, warnings);
  return warnings;
}

}  // namespace lithoscope::particle
