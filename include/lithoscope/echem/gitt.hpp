// Galvanostatic intermittent titration: diffusion coefficient and open-circuit potential, pulse by pulse, with the
// reasons why a pulse may say nothing. Weppner & Huggins 1977; paper.md Eqs. (1) and (2).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/settings.hpp"
#include "lithoscope/core/value.hpp"
#include "lithoscope/echem/diffusion.hpp"
#include "lithoscope/echem/ici.hpp"
#include "lithoscope/echem/steps.hpp"
#include "lithoscope/echem/whole_trace.hpp"

namespace lithoscope::echem {

enum class CellKind { half_cell, three_electrode, full_cell, not_declared };

/// What the analysis has to know beyond the cycler file.
struct GittSample {
  CellKind cell = CellKind::not_declared;
  std::optional<DiffusionLength> diffusion_length;
  std::optional<double> active_mass_kg;
  std::optional<double> molar_mass_g_per_mol;
  std::optional<double> lithium_per_formula_unit;  ///< in the discharged material, e.g. 1.2
  std::optional<double> extracted_at_start;        ///< lithium per formula unit already out at the first row
};

struct GittSettings {
  double skip_s = 1;
  double theta_max = 0.5;
  double excursion_max = 0.02;
  double window_points = 6;
  double rest_fit_share = 0.2;
  double r_squared_min = 0.95;
  double step_max_V = 0.2;
  double residual_warn = 0.1;
  double residual_invalid = 0.3;
  double ripple_max = 0.02;
  double temperature_step_K = 1;
  bool whole_trace = true;
  double log10_D_sigma_max = 0.25;
  double rest_tolerance_V = 1e-3;
};
std::span<const core::Setting<GittSettings>> gitt_settings_table();

enum class PulseFlag {
  direction_changed,
  too_few_points,
  wrong_sign,
  step_not_measurable,
  step_too_large,
  not_linear,
  pulse_too_long,
  diffusion_not_identifiable,
  equation_2_fails,
  surface_beyond_lithium,
  rest_incomplete,
  current_ripple,
  temperature_step,
  switch_not_recorded,
};
const char* name_of(PulseFlag flag);

struct Flag {
  PulseFlag kind;
  bool invalidates = false;  ///< the pulse's D must not be used
  std::string reason;        ///< a sentence with the number that triggered it
};

struct GittPulse {
  std::int64_t step = 0;  ///< index of the pulse into GittResult::steps; the rest is the next step
  double start_s = 0;
  double duration_s = 0;  ///< tau
  double rest_s = 0;
  double current_A = 0;
  double capacity_before_Ah = 0;
  double capacity_after_Ah = 0;
  double x_before = 0;  ///< lithium extracted per formula unit; NaN when mass or molar mass is not known
  double x_after = 0;
  core::Value rest_before_V;  ///< potential at the end of the rest before, from a line through its last part
  core::Value rest_after_V;
  double drift_before_V_per_s = 0;  ///< how fast the potential still moves at the end of the rest before
  double end_V = 0;                 ///< last under current
  core::Value
      jump_V;  ///< potential jump at switch-on: extrapolated to t = 0 minus rest_before (iR and charge transfer)
  core::Value resistance_ohm;  ///< jump_V / current
  double window_from_s = 0;    ///< the part of the pulse that is fitted
  double window_to_s = 0;
  LineFit straight;                ///< E against sqrt(t), whole pulse after skip_s
  LineFit window;                  ///< E against sqrt(t) * curvature(theta), in the window
  double D_equation_1_m2_s = 0;    ///< paper.md Eq. (1): whole-pulse slope
  double D_equation_2_m2_s = 0;    ///< paper.md Eq. (2)
  double D_straight_m2_s = 0;      ///< Weppner-Huggins with the straight slope inside the window
  core::Value D_window_m2_s;       ///< with the geometry's exact response inside the window, from this pulse alone
  core::Value D_m2_s;              ///< the one to use: from the whole trace, or D_window where there is no such fit
  core::Value log10_D;             ///< D in m2/s; sigma from fit, potential step and diffusion length
  bool in_trace = false;           ///< the whole trace was fitted through this pulse; else the next six are NaN
  double trace_misfit = 0;         ///< slow misfit of the whole trace over what a gradient usually costs
  bool run_after_current = false;  ///< another current flowed before the run of pulses this one belongs to
  double since_run_start_s = 0;    ///< from the end of that current
  core::Value ocv_before_V, ocv_after_V;  ///< open-circuit potential, whatever the rests left undone
  double lead_noise_V = 0;                ///< noise of the mean of the pulse's rows
  double lead_end_V = 0;                  ///< what the gradient costs at the end of the pulse
  double surface_end_x = 0;  ///< lithium extracted at the surface then; NaN when mass or molar mass is not known
  double log10_equation_1_fitted = 0;  ///< D in m2/s that paper Eq. (1) makes of the fitted curve
  double theta_pulse = 0;              ///< D tau / L^2
  double theta_rest = 0;               ///< D t_rest / L^2
  double surface_excursion = 0;        ///< lithium per formula unit the surface moves during the pulse
  double lithium_left = 0;   ///< before the pulse, in its direction; NaN when formula or starting lithium is not known
  double residual_V = 0;     ///< how far the end of the rest is from equilibrium: fitted, or estimated without a fit
  double relaxation_s = 0;   ///< of the slowest mode of the grain with this D: what is left falls by e in this time
  double rest_wanted_s = 0;  ///< after which rest_tolerance would be left
  std::vector<Flag> flags;

  bool valid() const;  ///< D may be used
  double step_V() const { return rest_after_V.value - rest_before_V.value; }
};

enum class Protocol { gitt, ici, no_pulses };

struct GittResult {
  Protocol protocol = Protocol::no_pulses;
  std::vector<Step> steps;
  std::vector<GittPulse> pulses;
  std::vector<Interruption> interruptions;
  std::vector<core::Value> interruption_D_m2_s;  ///< one an interruption; empty when no diffusion length
  std::vector<WholeTrace> traces;                ///< one a run of pulses in one direction, in order
  std::string why_no_D;                          ///< a sentence; empty when D was computed
  std::vector<std::string> warnings;
  double extracted_per_Ah = 0;    ///< lithium per formula unit and Ah; NaN when mass or molar mass is not known
  double extracted_at_start = 0;  ///< 0 when the sample does not say: then x counts from the first row

  double lithium_extracted(double capacity_Ah) const { return extracted_at_start + extracted_per_Ah * capacity_Ah; }
  std::int64_t valid_pulses() const;
};

/// The table must hold absolute currents (scale_to_mass). Never throws for what the data are: that ends in flags.
GittResult analyse_gitt(const CyclerTable& table, const GittSample& sample, const GittSettings& settings,
                        const StepSettings& step_settings, const IciSettings& ici_settings);

}  // namespace lithoscope::echem
