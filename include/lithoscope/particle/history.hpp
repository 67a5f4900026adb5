// What a run of a programme leaves: a trace in time, the state at the end of every step, and what probes would see.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/result/depth_kernel.hpp"

namespace lithoscope::particle {

/// What the probes see of one state. A template because the solver also runs with numbers that carry derivatives.
/// Vectors follow Ladder::cations.
template <class T>
struct ObservablesOf {
  std::vector<T> tey_valence;   ///< weighted exp(-z/lambda): the surface
  std::vector<T> pfy_valence;   ///< weighted with the fluorescence kernel: the bulk
  std::vector<T> mean_valence;  ///< volume mean
  T tey_lithium{0};             ///< lithium extracted per formula unit
  T mean_lithium{0};            ///< volume mean
  T tey_holes{0};               ///< oxygen holes per formula unit
  T mean_holes{0};              ///< volume mean
  T mean_oxygen_lost{0};        ///< O per formula unit, volume mean
  T mean_reservoir{0};          ///< electrons from outside per formula unit, volume mean
  T paired{0};                  ///< share of the oxygen holes that have paired
  T tey_transmission{0};        ///< of the overlayer: electrons that still escape
  T rixs{0};                    ///< response of the oxygen feature
  T surface_V{0}, core_V{0};    ///< of the largest grain
  T surface_lithium{0}, core_lithium{0};
};
using Observables = ObservablesOf<double>;

/// One grain at one moment, at its nodes from the centre to the surface.
template <class T>
struct ProfileOf {
  std::vector<double> radius_nm;
  std::vector<double> volume;           ///< share of the grain's volume
  int dimensions = 3;                   ///< 3: sphere; 2: cylinder; 1: plate
  double height = 0;                    ///< over the radius, of a cylinder or plate; 0: without end
  std::vector<T> lithium;               ///< extracted, per formula unit
  std::vector<T> V;                     ///< vs Li/Li+
  std::vector<std::vector<T>> valence;  ///< a cation, a node
  std::vector<T> fresh_holes, stabilised_holes;
  std::vector<T> stabilised;   ///< sites per formula unit (square scheme)
  std::vector<T> offset_V;     ///< of the oxygen's level (one-state memory)
  std::vector<T> oxygen_lost;  ///< O per formula unit
  std::vector<T> reservoir;    ///< electrons from outside per formula unit; empty without a reservoir

  /// As probes meet it.
  result::GrainNodes nodes() const { return {radius_nm, volume, dimensions, height}; }
};
using Profile = ProfileOf<double>;

/// A row a time step.
template <class T>
struct TraceOf {
  std::vector<double> time_s;
  std::vector<std::size_t> step;  ///< index of the step in its leg
  std::vector<double> temperature_K;
  std::vector<double> rate_per_s;  ///< of the mean lithium extracted
  std::vector<T> cell_V;           ///< at rest: the surface's potential
  std::vector<T> mean_lithium, surface_lithium, core_lithium;
  std::vector<T> slow_down;  ///< phi
  std::vector<T> spinel_extent, rock_salt_extent, shell_nm;
  std::vector<T> oxygen_lost;  ///< O per formula unit, volume mean
  std::vector<T> delivered;    ///< integral of the rate: what the mean must have gained
};
using Trace = TraceOf<double>;

/// The end of a step (the first mark of a leg is its start).
template <class T>
struct MarkOf {
  std::string step;
  T time_s{0};
  double temperature_K = 0;
  ObservablesOf<T> seen;
  std::vector<ProfileOf<T>> grains;
};
using Mark = MarkOf<double>;

template <class T>
struct LegOf {
  std::string name;   ///< of the branch; "trunk"
  std::string after;  ///< step of the trunk where it starts; empty: the trunk's end
  TraceOf<T> trace;
  std::vector<MarkOf<T>> marks;
  std::vector<std::string> remarks;     ///< sentences a user should read
  std::vector<double> snapshot_time_s;  ///< times of `snapshots`
  std::vector<ProfileOf<T>> snapshots;  ///< the largest grain along the way, when asked for
};
using Leg = LegOf<double>;

template <class T>
struct RunOf {
  LegOf<T> trunk;
  std::vector<LegOf<T>> branches;
  std::vector<double> radius_nm, weight;  ///< of the sizes; weights are shares of the volume
};
using Run = RunOf<double>;

}  // namespace lithoscope::particle
