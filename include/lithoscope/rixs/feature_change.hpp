// What a feature of the map did between two states, without a model of what lies under it: after less scaled before is
// the feature's change times its shape.
#pragma once

#include <optional>
#include <string>

#include "lithoscope/rixs/feature.hpp"
#include "lithoscope/rixs/scale.hpp"

namespace lithoscope::rixs {

struct FeatureChange {
  std::optional<Feature> before, after;  ///< what each map alone shows, on a background that is fitted
  std::optional<Feature> both;           ///< of the two maps added up: place and shape of what is compared
  bool known_shape = false;              ///< both maps together tell place and shape; else those it is sought with

  /// Change of the feature, in photons at the exposure of the state before; its 95 % interval.
  core::Value counts;
  double low = 0, high = 0;
  double significance = 0;  ///< of that change, standard deviations; negative for a fall

  /// The box about the feature: what it holds before, and after over before on the common scale. No model at all.
  Region box;
  double box_before = 0;
  core::Value box_ratio;

  /// Change over the feature before; nothing where the single maps cannot tell how large it is, and why.
  std::optional<core::Value> relative;
  std::string why_no_relative;

  /// The largest change anywhere in the search range, of any width a line may have, and the chance that noise makes
  /// one as large there.
  double largest = 0, largest_incident_eV = 0, largest_emission_eV = 0;
  double chance = 1;

  /// What is left of the map's change, in standard deviations of a normal: large where the maps differ elsewhere.
  double misfit = 0;
  core::Value shift_eV;  ///< of the emission scale from before to after, fitted along
};
/// Whether the feature is said to have changed: by more than 3 standard deviations where it was expected, or with a
/// chance of less than 0.0027 in the whole search range.
bool changed(const FeatureChange& change);

/// Weighted least squares on after less scaled before, over the whole map, with the weights of Poisson counts about
/// both maps smoothed, so that they do not follow the noise; scale and emission energies of the two states may differ
/// within what is known of them; errors from the counts themselves. Nothing where the maps do not hold the place.
std::optional<FeatureChange> compare_feature(const RixsMap& before, const RixsMap& after, const StateScale& scale,
                                             const FeatureSettings& settings, const Region* box = nullptr);

}  // namespace lithoscope::rixs
