// Runs of one particle through what the study did to it, at parameters drawn from their priors: how lithium may lie
// before and after. Made once, kept, and weighed against any set of observables.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/particle/model.hpp"
#include "lithoscope/particle/programme.hpp"
#include "lithoscope/probe/sample.hpp"
#include "lithoscope/result/result.hpp"

namespace lithoscope::infer {

/// A number of the particle or its programme that nobody measured, and what it may be.
struct Prior {
  std::string parameter;  ///< as particle::parameters names it
  std::string unit;
  double low = 0, high = 0;  ///< even between the two
  bool logarithmic = false;  ///< even in the logarithm

  /// Of a place in (0, 1).
  double at(double place) const;
};

/// "transport.rest_slowdown=1e-4 to 1, log", "probes.tey_depth=5 +- 1.5 nm" (then even between two standard deviations
/// on either side). Throws UsageError for an unknown parameter, a range in another unit, or one that is empty.
Prior parse_prior(const std::string& text, particle::Model model, particle::Programme programme);

/// The grain at one moment, at its nodes from the centre to the surface, per formula unit.
struct Moment {
  std::vector<double> lithium;               ///< extracted
  std::vector<std::vector<double>> valence;  ///< a cation, a node
  std::vector<double> holes;                 ///< of the oxygen
};

struct LithiumRun {
  std::vector<double> values;  ///< of the priors' parameters
  double radius_nm = 0;
  double capacity_mAh_per_g = 0;  ///< when the wait begins
  Moment before, after;
  particle::Ladder ladder;  ///< at these parameters
};

/// The smallest change of a quantity that instruments of the kind resolve.
struct Resolved {
  std::string quantity;  ///< as Viewer names it
  double smallest = 0;
  std::string because;
};

struct LithiumLibrary {
  std::string particle;       ///< preset or file
  std::string before, after;  ///< states
  std::vector<Prior> priors;  ///< all that are drawn
  std::vector<particle::Cation> cations;
  double molar_mass_g_per_mol = 0;
  Prior tey_depth;           ///< of electrons: no run depends on it, each state draws its own
  double tey_depth_nm = 0;   ///< that the particle's file gives
  particle::Probes probes;   ///< how deep they see, as the file gives it
  double temperature_K = 0;  ///< of the last step
  int dimensions = 3;
  double height = 0;
  std::vector<double> radius, volume;  ///< of the nodes: over the grain's radius; shares that add up to 1
  std::vector<LithiumRun> runs;
  std::vector<Resolved> resolved;
  std::vector<std::string> remarks;
  int failed = 0;
  std::string first_failure;

  std::vector<double> radii_nm(const LithiumRun& run) const;      ///< of the nodes of a run's grain
  result::GrainNodes nodes(std::span<const double> radii) const;  ///< which must outlive it
};

/// What is run: the particle, how it was charged, what happened between the two states.
struct StateProgramme {
  particle::Model model;
  particle::Programme programme;  ///< a trunk, and one branch
  std::vector<Prior> priors;
  Prior tey_depth;  ///< probes.tey_depth
  std::vector<Resolved> resolved;
  std::vector<std::string> remarks;  ///< where the study says nothing and the particle's file speaks
};

/// The programme between two states of a study: the charge and the wait of `before`, the hold or ramp of `after`, and
/// the particle's own steps where the study says nothing of them. Throws UsageError for a particle without a branch
/// where `after` says nothing either, and for a charge above what the lithium allows.
StateProgramme programme_between(const std::string& particle, const probe::State& before, const probe::State& after,
                                 const probe::Sample& sample, const std::vector<std::string>& priors);

/// `count` runs, of a quasi-random sequence that begins at `first`: libraries of other ranges of numbers and one seed
/// extend each other. The same bytes for any number of threads. Throws ComputationError when no run succeeds.
LithiumLibrary draw_library(const StateProgramme& between, std::int64_t first, std::int64_t count, std::uint64_t seed,
                            core::Progress& progress);

/// A run, or why there is none.
struct Attempt {
  std::optional<LithiumRun> run;
  std::string why;
};
/// At given places in (0, 1), one a prior.
Attempt run_at(const StateProgramme& between, const std::vector<double>& places);

/// As a result, and back. Throws UnreadableFile for a result of another form.
result::Result describe(const LithiumLibrary& library);
LithiumLibrary library_of(const result::Result& result);

}  // namespace lithoscope::infer
