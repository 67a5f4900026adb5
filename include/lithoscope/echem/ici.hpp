// Intermittent current interruption: resistance and diffusion coefficient from the first seconds of each rest
// (Chien et al., Nat. Commun. 14, 2289 (2023)). E = E0 + s sqrt(t) on the rest; R = (E_on - E0)/I; k = -s/I.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lithoscope/core/settings.hpp"
#include "lithoscope/echem/line_fit.hpp"
#include "lithoscope/echem/steps.hpp"

namespace lithoscope::echem {

struct IciSettings {
  double from_s = 1;
  double to_s = 10;
  double current_average_s = 10;
};
std::span<const core::Setting<IciSettings>> ici_settings_table();

struct Interruption {
  std::int64_t active_step = 0;  ///< index into the steps; the rest is the next one
  double time_s = 0;             ///< of the last row under the full current
  double capacity_Ah = 0;        ///< net charge there
  double potential_V = 0;        ///< last under current
  double current_A = 0;          ///< mean over the last current_average_s under current
  LineFit fit;                   ///< E against sqrt(time since the first row at rest)
  core::Value resistance_ohm;    ///< everything faster than from_s: ohmic and charge transfer
  core::Value k_ohm_per_sqrt_s;
};

/// One entry for each rest that follows a constant current and has at least three rows in the window.
std::vector<Interruption> find_interruptions(const CyclerTable& table, const std::vector<Step>& steps,
                                             const IciSettings& settings);

/// D = (4/pi) [L (dE_oc/dt) / (dE/dsqrt t)]^2, m2/s (Chien 2023, Eq. 5), with dE_oc/dt the slope of the iR-free
/// potential against time under current, from the neighbouring interruptions of the same direction. NaN at the ends of
/// a train, where the signs are not those of diffusion, and where the relaxation is below three times its uncertainty.
/// Valid while diffusion since the interruption is semi-infinite, as it is in windows of seconds.
std::vector<core::Value> ici_diffusion(const std::vector<Interruption>& interruptions, const std::vector<Step>& steps,
                                       core::Value diffusion_length_m);

/// Why an interruption has no D, for whoever meets the gap in a file: "ok" when it has one.
const char* ici_diffusion_flag(const core::Value& D_m2_s);

}  // namespace lithoscope::echem
