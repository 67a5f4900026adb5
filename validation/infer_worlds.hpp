// Data for the joint state: sets of observables with stated errors, libraries of runs of different draws, and worlds
// whose changes follow other rules than the particle's (the specification's worlds for the verdict).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lithoscope/core/rng.hpp"
#include "lithoscope/infer/evidence.hpp"
#include "lithoscope/infer/lithium_library.hpp"
#include "lithoscope/infer/state_draws.hpp"

namespace lithoscope::validation {

/// Runs of the reference particle, charged, waited and heated, from this place of the sequence on.
infer::LithiumLibrary library_at(std::int64_t first, std::int64_t runs);
const infer::LithiumLibrary& shared_library();  ///< what is fitted with
const infer::LithiumLibrary& other_library();   ///< what truths are drawn from: no run of it is in the shared one

result::Observable observable(const std::string& name, const std::string& state, double value, double sigma,
                              result::DepthLaw law);

/// The eleven observables that a study of the paper's kind has, `noise` times their usual errors; values from `values`
/// in their order, or 0.
std::vector<result::Observable> paper_set(const std::vector<double>& values, double noise);

/// A state with one of these combinations, its run and amounts drawn at random.
infer::StateDraw random_state(const infer::LithiumLibrary& library, const std::vector<unsigned>& combinations,
                              core::RandomStream& random);
/// A run with so many oxygen holes per formula unit before, volume mean, within a normal width.
std::int32_t run_with_holes(const infer::LithiumLibrary& library, double holes, double width,
                            core::RandomStream& random);

/// The observables with values of the state plus noise of the whole covariance, artefacts included.
std::vector<result::Observable> noisy(const infer::Evidence& shape, const std::vector<result::Observable>& wanted,
                                      const std::vector<double>& seen, core::RandomStream& random);

struct World {
  std::string name;
  std::function<std::vector<result::Observable>(core::RandomStream&, double noise)> draw;
};
/// Seven of the family and lithium from the particle.
const std::vector<World>& worlds();

/// Worlds that no prior of the inference holds, with what is true in them (bits of the processes; for those a claim is
/// no fault).
struct ForeignWorld {
  World world;
  unsigned happens = 0;
};
const std::vector<ForeignWorld>& foreign_worlds();

/// Cramer-Rao errors of the feature of one column at 531 eV with so many counts in it.
struct RixsPrecision {
  double change_percent = 0;           ///< of a change between two such states, exposures known
  double change_from_map_percent = 0;  ///< the exposure taken from the rest of the column
};
RixsPrecision rixs_precision(double counts);

/// Changes of the three metals by fluorescence at 5e4 counts in the peak bin, and of the feature.
std::vector<result::Observable> ledger_set(const std::vector<double>& values, const RixsPrecision& rixs,
                                           bool map_scale);

}  // namespace lithoscope::validation
