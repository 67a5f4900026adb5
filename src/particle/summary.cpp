#include "lithoscope/particle/summary.hpp"

#include "lithoscope/core/constants.hpp"
#include "lithoscope/material/valence.hpp"

namespace lithoscope::particle {
namespace {

void describe_end(const Model& model, const Mark& mark, double capacity_per_lithium, std::vector<Quantity>& out) {
  const auto put = [&](const std::string& name, const std::string& unit, double value) {
    out.push_back({mark.step + "." + name, unit, value});
  };
  put("time", "h", mark.time_s / core::seconds_per_hour);
  put("lithium", "Li/f.u.", mark.seen.mean_lithium);
  put("capacity", "mAh/g", capacity_per_lithium * mark.seen.mean_lithium);
  put("tey_deviation", "Li/f.u.", mark.seen.tey_lithium - mark.seen.mean_lithium);
  put("surface_V", "V", mark.seen.surface_V);
  put("core_V", "V", mark.seen.core_V);
  for (std::size_t k = 0; k < model.ladder.cations.size(); ++k) {
    put("tey_valence." + model.ladder.cations[k].element, "1", mark.seen.tey_valence[k]);
    put("pfy_valence." + model.ladder.cations[k].element, "1", mark.seen.pfy_valence[k]);
  }
  put("holes", "1/f.u.", mark.seen.mean_holes);
  put("tey_holes", "1/f.u.", mark.seen.tey_holes);
  put("rixs", "1", mark.seen.rixs);
}

void describe_change(const Model& model, const Leg& leg, std::vector<Quantity>& out) {
  const Mark& before = start_of(leg);
  const Mark& after = leg.marks.back();
  const auto put = [&](const std::string& name, const std::string& unit, double value) {
    out.push_back({leg.name + "." + name, unit, value});
  };
  double metals = 0;
  double electrons = 0;
  for (std::size_t k = 0; k < model.ladder.cations.size(); ++k) {
    const Cation& cation = model.ladder.cations[k];
    metals += cation.amount;
    electrons += cation.amount * (after.seen.mean_valence[k] - before.seen.mean_valence[k]);
    put("delta_tey_valence." + cation.element, "1", after.seen.tey_valence[k] - before.seen.tey_valence[k]);
    put("delta_pfy_valence." + cation.element, "1", after.seen.pfy_valence[k] - before.seen.pfy_valence[k]);
  }
  put("delta_mean_valence", "e/cation", electrons / metals);
  put("delta_holes", "1/f.u.", after.seen.mean_holes - before.seen.mean_holes);
  put("delta_tey_holes", "1/f.u.", after.seen.tey_holes - before.seen.tey_holes);
  put("rixs_change", "%", before.seen.rixs > 0 ? 100 * (after.seen.rixs / before.seen.rixs - 1) : 0);
  put("delta_tey_lithium", "Li/f.u.", after.seen.tey_lithium - before.seen.tey_lithium);
  put("delta_core_lithium", "Li/f.u.", after.seen.core_lithium - before.seen.core_lithium);
  put("deviation_before", "Li/f.u.", before.seen.tey_lithium - before.seen.mean_lithium);
  put("deviation_after", "Li/f.u.", after.seen.tey_lithium - after.seen.mean_lithium);
  put("reservoir", "e/f.u.", after.seen.mean_reservoir - before.seen.mean_reservoir);
  put("oxygen_gas", "O2/f.u.", 0.5 * (after.seen.mean_oxygen_lost - before.seen.mean_oxygen_lost));
  put("ledger", "e/f.u.", ledger(model, before, after).residual());
}

}  // namespace

std::vector<Quantity> summary(const Model& model, const Run& run) {
  const double capacity = material::capacity_mAh_per_g_per_lithium(model.composition);
  std::vector<Quantity> out;
  for (std::size_t i = 1; i < run.trunk.marks.size(); ++i) describe_end(model, run.trunk.marks[i], capacity, out);
  for (const Leg& leg : run.branches) {
    if (!leg.marks.empty()) describe_change(model, leg, out);
  }
  return out;
}

const Mark& start_of(const Leg& branch) { return branch.marks.front(); }

Ledger ledger(const Model& model, const Mark& before, const Mark& after) {
  Ledger out;
  for (std::size_t k = 0; k < model.ladder.cations.size(); ++k) {
    out.cations.push_back(model.ladder.cations[k].amount * (after.seen.mean_valence[k] - before.seen.mean_valence[k]));
  }
  out.holes = after.seen.mean_holes - before.seen.mean_holes;
  out.oxygen_lost = 2 * (after.seen.mean_oxygen_lost - before.seen.mean_oxygen_lost);
  out.reservoir = after.seen.mean_reservoir - before.seen.mean_reservoir;
  out.lithium = after.seen.mean_lithium - before.seen.mean_lithium;
  return out;
}

double Ledger::residual() const {
  double sum = holes + oxygen_lost + reservoir - lithium;
  for (const double electrons : cations) sum += electrons;
  return sum;
}

}  // namespace lithoscope::particle
