// Steps of a cycler programme, found in the current itself: the instrument's step numbers are not used, zero need not
// be exactly zero, and a stray sample does not cut a step in two.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lithoscope/core/settings.hpp"
#include "lithoscope/echem/cycler_table.hpp"

namespace lithoscope::echem {

enum class StepKind { rest, constant_current, constant_potential, varying };

struct Step {
  StepKind kind = StepKind::rest;
  int direction = 0;  ///< +1 charging, -1 discharging, 0 at rest
  std::int64_t first_row = 0;
  std::int64_t last_row = 0;
  std::int64_t first_settled_row = 0;  ///< without rows at the ends that caught the current half-way through a switch
  std::int64_t last_settled_row = 0;
  double start_s = 0;              ///< when the current was switched
  double end_s = 0;                ///< when it was switched again; the last row's time for the last step
  double start_uncertainty_s = 0;  ///< how far the switch may lie from start_s, from the rows around it
  double mean_current_A = 0;       ///< time-weighted
  double current_ripple = 0;       ///< standard deviation / |mean|, without the first and last row; 0 at rest

  double duration_s() const { return end_s - start_s; }
  std::int64_t rows() const { return last_row - first_row + 1; }
};

struct StepSettings {
  double rest_current_A = 0;  ///< 0: found from the gap between noise and pulses
  double stray_rows = 1;
  double level_change = 0.2;
  double potential_hold_V = 0.003;
};
std::span<const core::Setting<StepSettings>> step_settings_table();

/// The current below which a row is at rest: the middle (in the logarithm) of the widest gap in |current|.
double rest_threshold_A(const CyclerTable& table);

/// Steps cover all rows, in order, without gaps.
std::vector<Step> find_steps(const CyclerTable& table, const StepSettings& settings);

const char* name_of(StepKind kind);

}  // namespace lithoscope::echem
