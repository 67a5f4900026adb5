// One particle as numbers: what it is made of, how lithium moves in it, what heat does to it, how probes see it.
// Every group has a table of settings, which names it in the programme file, in scans and in derivatives.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/settings.hpp"
#include "lithoscope/material/composition.hpp"
#include "lithoscope/particle/diffusivity.hpp"
#include "lithoscope/particle/ladder.hpp"
#include "lithoscope/particle/mesh.hpp"
#include "lithoscope/particle/parameter.hpp"

namespace lithoscope::particle {

/// The primary grain, all of its surface wetted: the unit of diffusion.
struct Grain {
  /// A cylinder takes lithium through its side, a slab through two faces: layers that are open at their edges only.
  Geometry shape = Geometry::sphere;
  double radius_nm = 100;    ///< of a slab: half its thickness
  double height = 0;         ///< of a cylinder or slab, over the radius: basal faces are seen too; 0: without end
  double radius_spread = 0;  ///< standard deviation of ln R
  double sizes = 1;          ///< radii that stand for the distribution
  double cells = 80;
  double surface_spacing = 2e-4;  ///< outermost interval, of R
  double lithium_extracted = 0;   ///< uniform, at the start
  double stabilised = 0;          ///< stabilised oxygen sites per formula unit, at the start
  double density_kg_per_m3 = 4200;
};

/// What drives lithium: its concentration (D is the chemical diffusion coefficient, as measured), or its chemical
/// potential (D is the self-diffusion coefficient D_J; D_J g F/(R T) dV/dx takes the place of D, g = x (1 - x/x_max)).
enum class Drive { composition, potential };

/// A range of x in which the grain falls into two phases: lithium is at one potential whatever x, so that D there is
/// almost nothing and a gradient stays. The range closes with temperature as that of a regular solution,
/// half-width ~ sqrt(1 - (T - 25 C) / (T_c - 25 C)).
struct Gap {
  double from = 0, to = 0;  ///< of x, at 25 C; equal: none
  double closes_K = 0;      ///< T_c
  double mobility = 1e-4;   ///< factor on D inside
  double edge = 0.01;       ///< of x over which it sets in
};

struct Transport {
  Drive drive = Drive::composition;
  Diffusivity diffusivity;  ///< at 25 C, while current flows
  double activation_energy_eV = 0.5;
  double rest_slowdown = 1;      ///< phi: factor on D as soon as current stops
  double unlock_rate_per_s = 0;  ///< at 25 C: how fast the slow-down ends at rest
  double unlock_energy_eV = 0;
  bool elastic = false;  ///< stress adds to what drives lithium (Zhang, Shyy, Sastry, J. Electrochem. Soc. 154, A910)
  Gap gap;
};

/// Butler-Volmer; an exchange current of 0 means no overpotential.
struct SurfaceKinetics {
  double exchange_current_A_per_m2 = 0;
  double transfer_coefficient = 0.5;  ///< of the cathodic branch
  double activation_energy_eV = 0;
  double resistance_ohm_m2 = 0;  ///< ohmic, per area of grain
};

/// Memory of the oxygen: none; the square scheme (fresh and stabilised sites, detailed balance); or one state, an
/// offset p of the oxygen's level that builds up while lithium moves and relaxes at rest. Metals remember nothing: at
/// equal potential they have equal valences (docs/decisions/2026-11-28-memory-of-oxygen.md).
enum class Memory { none, square_scheme, one_state };

struct Hysteresis {
  Memory memory = Memory::none;
  double stabilise_rate_per_s = 0;  ///< k1, of oxidised fresh sites, at 25 C
  double recover_rate_per_s = 0;    ///< k2, of reduced stabilised sites, at 25 C
  double structure_energy_V = -1;   ///< stabilised above fresh, both reduced; negative: half the gap of the levels
  double structure_activation_eV = 0;
  double offset_per_lithium_V = 0;      ///< K
  double largest_offset_V = 0.5;        ///< h
  double relaxation_rate_per_s = 0;     ///< 1 / tau at 25 C
  double relaxation_activation_eV = 0;  ///< E_p
};

/// A shift of a level in the outermost `depth_nm`: of a couple, or of the lithium site (empty name; it moves the
/// potential at given valences).
struct SurfaceShift {
  std::string couple;
  double shift_V = 0;
  double depth_nm = 0;
};

/// How much more than its part by number one metal takes of the reservoir's electrons.
struct Preference {
  std::string element;
  double factor = 1;
};

/// Electrons from outside the grain (electrolyte, binder, beam) that reduce the metals of the outermost layer
/// (hypothesis H3). They stay where they are put, each with a cation of the same source that keeps the place neutral,
/// so that neither potential nor oxygen sees them.
struct Reservoir {
  double rate_per_s = 0;                ///< electrons per formula unit of the layer and second, at 25 C
  double activation_energy_eV = 0;      ///< of that rate
  double per_dose = 0;                  ///< electrons per formula unit of the layer and MGy of a step that exposes
  double depth_nm = 0;                  ///< of the layer
  double capacity = 0;                  ///< electrons per formula unit of the layer at which it is exhausted
  std::vector<Preference> preferences;  ///< metals not named have 1: every atom takes alike

  double preference(const std::string& element) const;
};

/// Oxygen holes that pair into dimers at constant charge and answer the feature's excitation otherwise (hypothesis H5).
struct Dimers {
  double rate_per_s = 0;  ///< at 25 C, of what is not yet paired; a place's charge does not change
  double activation_energy_eV = 0;
  double brightness = 1;  ///< response of a paired hole over that of an unpaired one
};

/// Layered -> spinel -> rock salt, k = A exp(-E/RT), and a reconstructed shell that grows from the surface.
struct Degradation {
  double spinel_prefactor_per_s = 0;
  double spinel_energy_kJ_per_mol = 140;
  double spinel_exponent = 1;  ///< n of 1 - exp(-(kt)^n)
  double rock_salt_prefactor_per_s = 0;
  double rock_salt_energy_kJ_per_mol = 200;
  double shell_rate_nm_per_s = 0;  ///< at 100 C
  double shell_energy_kJ_per_mol = 100;
  double shell_limit_nm = 10;
};

struct Mechanics {
  double youngs_modulus_GPa = 150;
  double poisson_ratio = 0.25;
  double strain_per_lithium = -0.0111;  ///< d(epsilon)/dx, linear; negative: shrinks when lithium leaves
  double toughness_MPa_sqrt_m = 0.24;   ///< K_c
  double crack_geometry = 1.12;         ///< Y of K = Y sigma sqrt(pi a)
};

/// Where one element's edge sees another depth than Probes says. Negative: what Probes says.
struct EdgeDepth {
  std::string element;  ///< a cation, or "O"
  double tey_depth_nm = -1;
  double fluorescence_length_nm = -1;  ///< 0: the volume mean
};

/// How deep each probe sees, and how a RIXS feature answers oxygen holes.
struct Probes {
  double tey_depth_nm = 5;   ///< weight exp(-z/lambda), no r^2: a flat probe
  double overlayer_nm = 0;   ///< attenuates the electron yield by exp(-d/lambda)
  double pfy_length_nm = 0;  ///< information length in the grain; 0: the volume mean
  double rixs_length_nm = 0;
  double fresh_response = 1;  ///< of the feature to a fresh hole
  double stabilised_response = 1;
  double saturation_holes = 0;  ///< response 1 - exp(-h/h0) instead of h; 0: linear
  std::vector<EdgeDepth> edges;
};

struct Numerics {
  double tolerance = 1e-6;  ///< local error of x a step
};

struct Model {
  material::Composition composition;
  Ladder ladder;
  Grain grain;
  Transport transport;
  SurfaceKinetics surface;
  Hysteresis hysteresis;
  std::vector<SurfaceShift> surface_shifts;
  Reservoir reservoir;
  Dimers dimers;
  Degradation degradation;
  Mechanics mechanics;
  Probes probes;
  Numerics numerics;
};

std::span<const core::Setting<Grain>> grain_settings();
std::span<const core::Setting<Transport>> transport_settings();
std::span<const core::Setting<Gap>> gap_settings();
std::span<const core::Setting<SurfaceKinetics>> surface_settings();
std::span<const core::Setting<Hysteresis>> hysteresis_settings();
std::span<const core::Setting<Reservoir>> reservoir_settings();
std::span<const core::Setting<Dimers>> dimer_settings();
std::span<const core::Setting<Degradation>> degradation_settings();
std::span<const core::Setting<Mechanics>> mechanics_settings();
std::span<const core::Setting<Probes>> probe_settings();
std::span<const core::Setting<Numerics>> numerics_settings();

/// Everything that must hold before a run: throws UsageError naming the parameter, its value and what is expected.
void check(const Model& model);

}  // namespace lithoscope::particle
