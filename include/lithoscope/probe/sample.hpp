// The sample and its states: what a study says of the piece that is measured, for every probe the same.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "lithoscope/core/settings.hpp"
#include "lithoscope/core/value.hpp"
#include "lithoscope/particle/mesh.hpp"

namespace lithoscope::probe {

/// Absent is what the study does not say.
struct Sample {
  std::string formula;
  std::optional<core::Value> molar_mass_g_per_mol;  ///< of the formula, unless given
  std::optional<core::Value> active_mass_kg;
  std::optional<core::Value> density_kg_per_m3;
  std::optional<core::Value> bet_area_m2_per_kg;
  std::optional<core::Value> particle_radius_m;  ///< median by volume; goes before bet_area for the diffusion length
  double size_spread = 0;                        ///< standard deviation of ln R by volume
  particle::Geometry geometry = particle::Geometry::sphere;
  std::optional<core::Value> one_c_A_per_kg;                                   ///< the current called 1C
  std::optional<double> electrode_active, electrode_carbon, electrode_binder;  ///< shares of the electrode's mass
  std::optional<core::Value> electrode_thickness_m;
};

/// Keys of [sample] and flags; `electrode.active` stands in the table `electrode`.
std::span<const core::Setting<Sample>> sample_settings_table();

/// Fills molar_mass_g_per_mol from the formula where it is not given, and refuses what cannot be: masses, densities,
/// areas and radii that are not positive, a spread that is none, a formula that is none. Throws UsageError.
void complete(Sample& sample);

/// A quantity a study knows (3 +- 0.2), or between which two it lies (1 day to 30 day).
struct Quantity {
  core::Value value;                ///< of a range the middle (geometric when both ends are positive)
  std::optional<double> low, high;  ///< of a range
};
/// "100 +- 3 degC", "1 day to 30 day". Throws UsageError.
Quantity parse_range(std::string_view text, std::string_view unit);

struct Charge {
  std::optional<double> c_rate_per_h;  ///< "C/8": 1/8
  std::optional<core::Value> current_A_per_kg;
  std::optional<core::Value> to_V;
  std::optional<core::Value> capacity_C_per_kg;
};
struct Hold {
  std::optional<Quantity> temperature_K, time_s;
};
struct Ramp {
  std::optional<Quantity> to_K, time_s, rate_K_per_s;
};

/// How a state was made from the one before it.
struct State {
  std::string name;
  std::string after;                        ///< the state it was made from; empty: from nothing that is described
  std::optional<double> lithium_extracted;  ///< per formula unit, when its measurements begin
  std::optional<Charge> charge;
  std::optional<Hold> wait, hold;
  std::optional<Ramp> ramp;
  std::string piece;   ///< "another": not the same spot, so that scatter between pieces enters
  bool empty = false;  ///< carbon and binder only
  int line = 0;        ///< of the study file, 0 when there is none
};

}  // namespace lithoscope::probe
