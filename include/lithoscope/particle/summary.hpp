// The few numbers a run comes down to, each with a name and a unit: what scans tabulate and programs read.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/particle/history.hpp"
#include "lithoscope/particle/model.hpp"

namespace lithoscope::particle {

struct Quantity {
  std::string name;  ///< "charge.capacity", "heat.delta_tey_valence.Ni"
  std::string unit;
  double value = 0;
};

/// For every step of the trunk its end; for every branch the change from where it started to its end.
std::vector<Quantity> summary(const Model& model, const Run& run);

/// The mark a branch started from.
const Mark& start_of(const Leg& branch);

/// Electrons gained and lost between two marks, volume means, per formula unit. Positive: oxidised.
struct Ledger {
  std::vector<double> cations;  ///< amount times change of valence, a cation
  double holes = 0;
  double oxygen_lost = 0;   ///< twice the oxygen that left: electrons it left behind
  double lithium = 0;       ///< lithium that left
  double reservoir = 0;     ///< electrons that came from outside, each with a cation of its own
  double residual() const;  ///< cations + holes + oxygen_lost + reservoir - lithium: neutrality says zero
};
Ledger ledger(const Model& model, const Mark& before, const Mark& after);

}  // namespace lithoscope::particle
