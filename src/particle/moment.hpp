// Where a run stands, and the stretch it is on. Private to the room.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "electrode.hpp"
#include "lithoscope/core/constants.hpp"
#include "lithoscope/particle/degradation.hpp"

namespace lithoscope::particle {

// What goes on beside the ladder, so far.
template <class T>
struct SideOf {
  T offered{0};  ///< electrons per formula unit of the reduced layer, before the reservoir runs low
  T pairing{0};  ///< integral of the rate at which holes pair
};

// Everything that goes on from one step to the next.
template <class T>
struct MomentOf {
  ElectrodeState<T> state;
  T time_s{0};
  T slow_down{1};
  bool resting = false;
  ExtentsOf<T> extents;
  SideOf<T> side;
  T delivered{0};
  T rate_per_s{0};
  double temperature_K = core::room_temperature_K;
  T cell_V{0};
};

// A stretch of constant current and steady heating.
template <class T>
struct SegmentOf {
  T duration_s{0};
  bool open_ended = false;  ///< a cut-off has to end it
  double temperature_K = core::room_temperature_K;
  double heating_K_per_s = 0;
  T mean_rate{0};  ///< signed
  bool in_cell = false;
  std::optional<double> surface_limit, voltage_limit;
  std::optional<T> held_V;
  std::size_t step = 0;
  std::string name;  ///< of the step
};

}  // namespace lithoscope::particle
