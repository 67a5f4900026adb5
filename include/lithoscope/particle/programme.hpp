// What is done to the particle, as data: a trunk of steps, and branches that start where the trunk (or one of its
// steps) ends.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lithoscope/core/constants.hpp"

namespace lithoscope::particle {

enum class StepKind {
  charge,
  discharge,
  hold_voltage,
  open_circuit,  ///< no current, but the grains of the electrode still exchange lithium; `wait` closes each
  wait,
  hold,
  ramp,
  gitt,
  stabilise,
  reconstruct,
  expose
};
std::string name_of(StepKind kind);

/// Fields that a kind does not use stay at their defaults.
struct Step {
  StepKind kind = StepKind::wait;
  std::string name;
  double temperature_K = core::room_temperature_K;  ///< ramp: where it starts
  double duration_s = 0;                            ///< 0 for charges that a cut-off ends
  // charge, discharge, gitt
  double rate_per_s = 0;                        ///< lithium per formula unit and second, of the mean; positive
  std::optional<double> until_surface_lithium;  ///< x of the surface node
  std::optional<double> until_voltage_V;        ///< of the cell
  std::optional<double> until_lithium;          ///< x of the mean
  double voltage_V = 0;                         ///< hold_voltage: of the cell, overpotential and ohmic drop included
  // gitt: pulses of duration_s with rests between; charging unless `discharging`
  double rest_s = 0;
  int pulses = 0;
  bool discharging = false;
  // ramp
  double to_temperature_K = 0;
  double rate_K_per_s = 0;
  // stabilise: at once and at constant lithium (mechanism H1s, H5)
  double stabilised_sites = 0;  ///< per formula unit
  double depth_nm = 0;          ///< of the outer shell; 0: everywhere; reconstruct: of the rock salt
  // expose: at once (mechanism H3)
  double dose_MGy = 0;
};

struct Branch {
  std::string name;
  std::vector<Step> steps;
  std::string after;  ///< name of a step of the trunk; empty: its end
};

struct Programme {
  std::string title;
  std::vector<Step> trunk;
  std::vector<Branch> branches;
};

/// Throws UsageError for steps that can never end, branches after unknown steps, repeated names.
void check(const Programme& programme);

}  // namespace lithoscope::particle
