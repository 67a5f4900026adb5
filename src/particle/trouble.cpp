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

void look_at_surface(const Model& m, const Leg& leg, std::vector<std::string>& warnings) {
  const Observables& before = start_of(leg).seen;
  const Observables& after = leg.marks.back().seen;
  for (std::size_t k = 0; k < m.ladder.cations.size(); ++k) {
    const bool reduced = after.tey_valence[k] < before.tey_valence[k] - 1e-4;
    const bool layered = after.mean_oxygen_lost < 1e-3;
    if (!reduced || !layered || before.tey_valence[k] >= before.pfy_valence[k] - 1e-4) continue;
    warnings.push_back(
        fmt::format("Before \"{}\" the surface's {} is more reduced than the bulk's ({:.4f} against {:.4f}): lithium "
                    "that flows to "
                    "the surface cannot explain a later reduction there.",
                    leg.name, m.ladder.cations[k].element, before.tey_valence[k], before.pfy_valence[k]));
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
  for (const Leg& leg : run.branches) {
    remark(leg);
    look_at_surface(model, leg, warnings);
  }
  return warnings;
}

}  // namespace lithoscope::particle
