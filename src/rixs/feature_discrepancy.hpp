// How wrong the background of a feature may be: as wrong as the map shows it to be elsewhere. Private to the room.
#pragma once

#include "feature_model.hpp"
#include "lithoscope/core/value.hpp"

namespace lithoscope::rixs::feature_model {

struct Doubted {
  double significance = 0;  ///< of there being a line at all: root of twice the gain in likelihood
  core::Value counts;       ///< of `line`
};
/// The background is what was fitted without a feature, times one plus a smooth random field (Kennedy and O'Hagan,
/// J. R. Stat. Soc. B 63, 425 (2001)), whose size and two lengths the map itself tells: restricted likelihood over a
/// grid of them, without a line and with the best of `sought`. The model is set to the background; lines are parameters
/// of it.
Doubted doubt_background(const Model& model, std::vector<VectorXd> sought, const VectorXd& line);

}  // namespace lithoscope::rixs::feature_model
