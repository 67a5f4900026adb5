// The books of electrons between two states: what the metals gave, what oxygen took, what the probes' depths make of
// it, and whether the sum is zero, as it is in a grain that nothing enters or leaves.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lithoscope/infer/posterior.hpp"

namespace lithoscope::infer {

/// A line of the ledger, electrons per formula unit. Positive: lost by metals, or missing from oxygen.
struct LedgerLine {
  std::string name, words;
  Interval value;
};

/// Of closed states alone, weighed by everything but the feature: what the feature should show, and what it does.
struct Ledger {
  LedgerLine metals;       ///< those that fluorescence sees, sum of amount times change of valence
  LedgerLine oxygen;       ///< holes before times the feature's measured change: if its brightness did not change
  LedgerLine depth;        ///< what a closed grain's two differ by: depths of the probes, light's answer to holes
  LedgerLine sum;          ///< metals + oxygen + depth; a closed grain: 0
  Interval holes;          ///< per formula unit, before
  double scale_share = 0;  ///< of the sum's variance that the scale of the feature between the states makes
};

/// `others`: the posterior of everything but the feature. Nothing where the feature was not measured or no closed state
/// has weight. For volume means and light that answers holes in proportion the depth line is 0 and the sum is exact
/// (Theorem B of the specification: RIXS = -0.8 dPFY / h).
std::optional<Ledger> ledger_of(const Evidence& evidence, const Posterior& others, const Viewer& viewer);

/// A change that was measured: after less before with all that both share, or a change that was measured as such.
struct MeasuredChange {
  Meaning meaning;
  std::string element;
  result::DepthLaw law;
  std::string name, unit;
  core::Value value;               ///< with everything in its variance
  std::vector<double> functional;  ///< over the places of the evidence
};
std::vector<MeasuredChange> measured_changes(const Evidence& evidence);

}  // namespace lithoscope::infer
