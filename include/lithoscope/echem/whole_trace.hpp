// One fit of a whole titration: D and the open-circuit potential against lithium, charge transfer and resistance, from
// pulses and rests together, by the particle's transport solver. What a pulse does to the next, and a rest that ends
// before equilibrium, are then part of the answer and not an error of it (docs/gitt.md).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lithoscope/core/value.hpp"
#include "lithoscope/echem/cycler_table.hpp"
#include "lithoscope/echem/diffusion.hpp"
#include "lithoscope/echem/steps.hpp"

namespace lithoscope::echem {

/// Where the fit starts from: estimates pulse by pulse.
struct TraceStart {
  std::int64_t step = 0;     ///< the pulse
  double rest_before_V = 0;  ///< potentials at the ends of the rests around it
  double rest_after_V = 0;
  double jump_V = 0;  ///< at switch-on; NaN when not known
  double D_m2_s = 0;  ///< NaN when not known
};

/// A point of a fitted curve, at a mean lithium given as the table's capacity.
struct TracePoint {
  double capacity_Ah = 0;
  core::Value value;
};

/// What the fit says of one pulse.
struct TracePulse {
  std::int64_t step = 0;
  double capacity_middle_Ah = 0;          ///< of the table, in the middle of the pulse
  core::Value log10_D;                    ///< D in m2/s at the mean lithium in the middle of the pulse
  core::Value ocv_before_V, ocv_after_V;  ///< open-circuit potential at the mean lithium before and after it
  double lead_end_V = 0;     ///< what the gradient costs at the end of the pulse: open circuit at the surface less mean
  double lead_noise_V = 0;   ///< of the mean of the pulse's rows: what lead_end_V has to stand out of
  double lead_rested_V = 0;  ///< the same at the end of its rest: how far that is from equilibrium
  double surface_end_Ah = 0;    ///< the surface's lithium at the end of the pulse, as a mean lithium's capacity
  double log10_equation_1 = 0;  ///< D in m2/s that paper Eq. (1) makes of the fitted curve, which has no noise
};

/// The fitted curves themselves, for whoever goes on from them (constant_current.hpp).
struct FittedTrace;

struct WholeTrace {
  std::string why_not;  ///< half a sentence; empty when the fit stands
  std::int64_t first_step = 0, last_step = 0;
  std::vector<TracePulse> pulses;
  std::vector<TracePoint> log10_D, ocv_V;
  std::vector<TracePoint> overpotential_V;  ///< at `current_A`
  double current_A = 0;                     ///< the largest of the pulses, signed
  bool resistance_separable = false;        ///< pulses of several currents
  core::Value resistance_ohm;               ///< in series, where it is
  core::Value drift_V_per_s;                ///< of the potential; 0 where the rests show none
  double gradient_V = 0;                    ///< median of what the gradient costs at the ends of the pulses
  double white_noise_V = 0;                 ///< standard deviation of a row
  double slow_noise_V = 0;                  ///< of the slow part: wander, and what the model does not describe
  double slow_noise_s = 0;                  ///< its correlation time
  double rms_residual_V = 0;                ///< of rows averaged over about a quarter of their time since the switch
  std::vector<double> time_s, fitted_V, residual_V;  ///< these averages, on the file's clock
  std::int64_t spikes = 0;                           ///< rows left out because they stand far off their neighbours
  int evaluations = 0;                               ///< of the transport model
  bool converged = false;
  std::shared_ptr<const FittedTrace> fitted;
};

/// Which steps are fitted: rests and constant currents of one direction, first a rest with lithium uniform.
struct TraceSteps {
  std::int64_t first = 0, last = 0;
  std::vector<std::int64_t> left_out;  ///< their charge counts, their rows do not
};

/// `pulses` lie inside `which`, each with a rest before and after it. Rows within `skip_s` of a switch are not fitted.
/// Never throws for what the data are: that ends in `why_not`.
WholeTrace fit_whole_trace(const CyclerTable& table, const std::vector<Step>& steps, const TraceSteps& which,
                           const std::vector<TraceStart>& pulses, const DiffusionLength& length, double skip_s);

}  // namespace lithoscope::echem
