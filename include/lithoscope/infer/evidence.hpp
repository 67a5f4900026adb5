// What a study measured, as inference takes it: which observables enter, what their values mean in the particle, and
// the artefacts that every explanation has.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lithoscope/core/settings.hpp"
#include "lithoscope/core/value.hpp"
#include "lithoscope/infer/joint_likelihood.hpp"
#include "lithoscope/infer/state_draws.hpp"

namespace lithoscope::infer {

/// Standard deviations of what may differ between two states though nothing happened to the sample, where the
/// observables do not bring it themselves.
struct ArtefactSettings {
  double piece_valence = 0.03;  ///< between two pieces or spots, a metal's valence
  double piece_feature = 5;     ///< the oxygen feature, %
  double piece_pre_edge = 1.5;  ///< the pre-edge, %
  double energy_scale_eV = 0.025;
  double reference_valence = 0.3;  ///< of an element's valence in all yields and states: its references
  double surface_before = 0.3;     ///< near the surface above the bulk before, of other causes than lithium
};
std::span<const core::Setting<ArtefactSettings>> artefact_settings_table();

struct Excluded {
  std::string observable, state, why;
};

struct Evidence {
  std::string before, after;
  JointLikelihood likelihood;
  std::vector<Seen> seen;          ///< one a value that enters
  std::vector<std::string> names;  ///< of those values: "Ni, electrons, heated"
  std::vector<std::string> units;
  std::optional<core::Value> capacity_mAh_per_g;
  std::vector<Excluded> excluded;

  bool has(Meaning meaning) const;
};

/// `one_piece`: both states were measured on one spot, so that pieces do not differ. Changes of the feature and the
/// pre-edge are made of their two states, in per cent of the state before; a feature below three standard deviations
/// before cannot be compared. Throws what JointLikelihood throws.
Evidence evidence_of(const std::vector<result::Observable>& observables, const std::string& before,
                     const std::string& after, const std::vector<particle::Cation>& cations, bool one_piece,
                     const ArtefactSettings& artefacts);

}  // namespace lithoscope::infer
