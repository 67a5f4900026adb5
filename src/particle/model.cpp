#include "lithoscope/particle/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/particle/sizes.hpp"

namespace lithoscope::particle {
namespace {

using core::Setting;
constexpr double any = 1e300;

constexpr std::array grain_table{
    Setting<Grain>{"radius", "nm", &Grain::radius_nm, "radius of the primary grain, the unit of diffusion", 0.5, 1e7},
    Setting<Grain>{"height", "1", &Grain::height,
                   "of a cylinder or slab, over the radius or half thickness; its basal faces, which lithium does not "
                   "cross, are seen too; 0: without end",
                   0, 1e6},
    Setting<Grain>{"radius_spread", "1", &Grain::radius_spread, "standard deviation of ln R; 0: one size", 0, 2},
    Setting<Grain>{"sizes", "1", &Grain::sizes, "number of radii that stand for the distribution", 1, 64},
    Setting<Grain>{"cells", "1", &Grain::cells, "radial cells", 8, 4000},
    Setting<Grain>{"surface_spacing", "1", &Grain::surface_spacing,
                   "outermost cell as a fraction of the radius; 1e-4 resolves pulses of D t / R2 = 1e-6", 1e-7, 0.125},
    Setting<Grain>{"lithium_extracted", "1", &Grain::lithium_extracted,
                   "lithium per formula unit already out at the start, the same everywhere", 0, 4},
    Setting<Grain>{"stabilised", "1", &Grain::stabilised, "stabilised oxygen sites per formula unit at the start", 0,
                   4},
    Setting<Grain>{"density", "kg/m3", &Grain::density_kg_per_m3, "turns lithium per formula unit into current", 100,
                   30000}};
constexpr std::array transport_table{
    Setting<Transport>{"activation_energy", "eV", &Transport::activation_energy_eV, "of D", 0, 5},
    Setting<Transport>{"rest_slowdown", "1", &Transport::rest_slowdown,
                       "factor on D once current stops; 1: none (mechanism H1-phi)", 1e-12, 1},
    Setting<Transport>{"unlock_rate", "1/s", &Transport::unlock_rate_per_s,
                       "rate at 25 degC at which the slow-down ends at rest", 0, 1e6},
    Setting<Transport>{"unlock_energy", "eV", &Transport::unlock_energy_eV, "activation energy of that rate", 0, 5}};
constexpr std::array surface_table{
    Setting<SurfaceKinetics>{"exchange_current", "A/m2", &SurfaceKinetics::exchange_current_A_per_m2,
                             "at 25 degC per area of grain; 0: no overpotential", 0, 1e9},
    Setting<SurfaceKinetics>{"transfer_coefficient", "1", &SurfaceKinetics::transfer_coefficient,
                             "of the cathodic branch of Butler-Volmer", 0.01, 0.99},
    Setting<SurfaceKinetics>{"activation_energy", "eV", &SurfaceKinetics::activation_energy_eV,
                             "of the exchange current", 0, 5},
    Setting<SurfaceKinetics>{"resistance", "ohm m2", &SurfaceKinetics::resistance_ohm_m2, "ohmic, per area of grain", 0,
                             1e9}};
constexpr std::array hysteresis_table{
    Setting<Hysteresis>{"stabilise_rate", "1/s", &Hysteresis::stabilise_rate_per_s,
                        "square scheme: k1 of oxidised fresh oxygen at 25 degC", 0, 1e12},
    Setting<Hysteresis>{"recover_rate", "1/s", &Hysteresis::recover_rate_per_s,
                        "square scheme: k2 of reduced stabilised oxygen at 25 degC", 0, 1e12},
    Setting<Hysteresis>{"structure_energy", "V", &Hysteresis::structure_energy_V,
                        "square scheme: stabilised above fresh oxygen, both reduced; negative: half the gap", -1, 5},
    Setting<Hysteresis>{"structure_activation", "eV", &Hysteresis::structure_activation_eV,
                        "square scheme: activation energy of all four rates", 0, 5},
    Setting<Hysteresis>{"offset_per_lithium", "V", &Hysteresis::offset_per_lithium_V,
                        "one state: K, volts by which the oxygen's level moves per lithium", 0, 100},
    Setting<Hysteresis>{"largest_offset", "V", &Hysteresis::largest_offset_V, "one state: h, where it saturates", 1e-6,
                        5},
    Setting<Hysteresis>{"relaxation_rate", "1/s", &Hysteresis::relaxation_rate_per_s,
                        "one state: 1/tau at 25 degC; 0: never", 0, 1e12},
    Setting<Hysteresis>{"relaxation_activation", "eV", &Hysteresis::relaxation_activation_eV,
                        "one state: activation energy of that rate", 0, 5}};
constexpr std::array gap_table{
    Setting<Gap>{"from", "1", &Gap::from, "lithium extracted where two phases begin, at 25 degC", 0, 4},
    Setting<Gap>{"to", "1", &Gap::to, "lithium extracted where they end; as from: no gap", 0, 4},
    Setting<Gap>{"closes", "K", &Gap::closes_K, "temperature at which the gap has closed", 0, 2000},
    Setting<Gap>{"mobility", "1", &Gap::mobility, "factor on the diffusion coefficient inside the gap", 1e-8, 1},
    Setting<Gap>{"edge", "1", &Gap::edge, "of lithium extracted over which the gap sets in", 1e-4, 0.2}};
constexpr std::array reservoir_table{
    Setting<Reservoir>{"rate", "1/s", &Reservoir::rate_per_s,
                       "electrons per formula unit of the layer and second at 25 degC", 0, 1e6},
    Setting<Reservoir>{"activation_energy", "eV", &Reservoir::activation_energy_eV, "of that rate", 0, 5},
    Setting<Reservoir>{"per_dose", "1/MGy", &Reservoir::per_dose,
                       "electrons per formula unit of the layer and dose of a step that exposes", 0, 1e6},
    Setting<Reservoir>{"depth", "nm", &Reservoir::depth_nm, "of the layer that it reaches", 0, 1e6},
    Setting<Reservoir>{"capacity", "1", &Reservoir::capacity,
                       "electrons per formula unit of the layer at which it is exhausted", 0, 4}};
constexpr std::array dimer_table{
    Setting<Dimers>{"rate", "1/s", &Dimers::rate_per_s, "at which oxygen holes pair, at 25 degC", 0, 1e6},
    Setting<Dimers>{"activation_energy", "eV", &Dimers::activation_energy_eV, "of that rate", 0, 5},
    Setting<Dimers>{"brightness", "1", &Dimers::brightness,
                    "response of the RIXS feature to a paired hole over that to an unpaired one", 0, 1e3}};
constexpr std::array degradation_table{
    Setting<Degradation>{"spinel_prefactor", "1/s", &Degradation::spinel_prefactor_per_s,
                         "A of layered to spinel; 0: never", 0, any},
    Setting<Degradation>{"spinel_energy", "kJ/mol", &Degradation::spinel_energy_kJ_per_mol, "E of layered to spinel", 0,
                         2000},
    Setting<Degradation>{"spinel_exponent", "1", &Degradation::spinel_exponent, "n of 1 - exp(-(kt)^n)", 0.1, 10},
    Setting<Degradation>{"rock_salt_prefactor", "1/s", &Degradation::rock_salt_prefactor_per_s,
                         "A of spinel to rock salt; 0: never", 0, any},
    Setting<Degradation>{"rock_salt_energy", "kJ/mol", &Degradation::rock_salt_energy_kJ_per_mol,
                         "E of spinel to rock salt", 0, 2000},
    Setting<Degradation>{"shell_rate", "nm/s", &Degradation::shell_rate_nm_per_s,
                         "growth of the reconstructed shell at 100 degC", 0, 1e6},
    Setting<Degradation>{"shell_energy", "kJ/mol", &Degradation::shell_energy_kJ_per_mol,
                         "activation energy of that growth", 0, 2000},
    Setting<Degradation>{"shell_limit", "nm", &Degradation::shell_limit_nm, "thickness at which it stops", 0, 1e6}};
constexpr std::array mechanics_table{
    Setting<Mechanics>{"youngs_modulus", "GPa", &Mechanics::youngs_modulus_GPa, "Young's modulus of the grain", 1e-3,
                       2000},
    Setting<Mechanics>{"poisson_ratio", "1", &Mechanics::poisson_ratio, "Poisson's ratio of the grain", -0.99, 0.499},
    Setting<Mechanics>{"strain_per_lithium", "1", &Mechanics::strain_per_lithium,
                       "linear strain per lithium extracted; negative: shrinks", -1, 1},
    Setting<Mechanics>{"toughness_MPa_sqrt_m", "1", &Mechanics::toughness_MPa_sqrt_m, "critical stress intensity K_c",
                       1e-6, 1e3},
    Setting<Mechanics>{"crack_geometry", "1", &Mechanics::crack_geometry, "Y of K = Y sigma sqrt(pi a)", 0.1, 10}};
constexpr std::array probe_table{
    Setting<Probes>{"tey_depth", "nm", &Probes::tey_depth_nm, "escape depth of the total electron yield", 0.1, 1000},
    Setting<Probes>{"overlayer", "nm", &Probes::overlayer_nm, "foreign layer that attenuates the electron yield", 0,
                    1000},
    Setting<Probes>{"pfy_length", "nm", &Probes::pfy_length_nm,
                    "information length of the metals' fluorescence; 0: the volume mean", 0, 1e9},
    Setting<Probes>{"rixs_length", "nm", &Probes::rixs_length_nm,
                    "information length of the oxygen emission; 0: the volume mean", 0, 1e9},
    Setting<Probes>{"fresh_response", "1", &Probes::fresh_response, "of the RIXS feature to a fresh oxygen hole", 0,
                    1e6},
    Setting<Probes>{"stabilised_response", "1", &Probes::stabilised_response, "to a stabilised oxygen hole", 0, 1e6},
    Setting<Probes>{"saturation_holes", "1", &Probes::saturation_holes,
                    "holes at which the feature saturates, 1 - exp(-h/h0); 0: linear", 0, 100}};
constexpr std::array numerics_table{Setting<Numerics>{
    "tolerance", "1", &Numerics::tolerance, "local error of lithium per formula unit in a step", 1e-12, 1e-2}};

// Numbers that choose how a run is computed, where a law changes, or that enter through the share of a shell: runs
// carry no derivatives to them.
constexpr std::array<std::string_view, 10> fixed_in_a_run{"grain.sizes",
                                                          "reservoir.depth",
                                                          "grain.height",
                                                          "grain.cells",
                                                          "grain.surface_spacing",
                                                          "numerics.tolerance",
                                                          "probes.saturation_holes",
                                                          "degradation.shell_limit",
                                                          "degradation.shell_rate",
                                                          "degradation.shell_energy"};
// Numbers whose zero switches their part of the law off: there a run has no derivative to them.
constexpr std::array<std::string_view, 14> off_at_zero{"grain.radius_spread",
                                                       "grain.stabilised",
                                                       "surface.exchange_current",
                                                       "transport.unlock_rate",
                                                       "hysteresis.stabilise_rate",
                                                       "hysteresis.recover_rate",
                                                       "degradation.spinel_prefactor",
                                                       "degradation.rock_salt_prefactor",
                                                       "probes.pfy_length",
                                                       "probes.rixs_length",
                                                       "probes.overlayer",
                                                       "reservoir.rate",
                                                       "reservoir.per_dose",
                                                       "dimers.rate"};

bool carries_derivatives(const Model& model, const Parameter& p) {
  const auto is_in = [&](const auto& names) { return std::ranges::find(names, p.name) != names.end(); };
  if (is_in(fixed_in_a_run) || p.name.starts_with("surface_shift.") || p.name.starts_with("mechanics.") ||
      p.name.starts_with("transport.gap.") || p.name.starts_with("reservoir.metal."))
    return false;
  if (is_in(off_at_zero) && *p.number == 0) return false;
  if (p.name == "hysteresis.structure_energy" && *p.number < 0) return false;
  const bool shells =
      !model.surface_shifts.empty() || model.degradation.shell_rate_nm_per_s > 0 || model.reservoir.depth_nm > 0;
  return !(shells && (p.name == "grain.radius" || p.name == "grain.radius_spread"));
}

template <class Group>
void append(std::vector<Parameter>& out, const std::string& prefix, Group& group,
            std::span<const Setting<Group>> table) {
  for (const Setting<Group>& s : table) {
    out.push_back({prefix + "." + std::string{s.name}, std::string{s.unit}, &s.number(group)});
  }
}

template <class Group>
void check_table(const std::string& prefix, const Group& group, std::span<const Setting<Group>> table) {
  for (const Setting<Group>& s : table) {
    const double value = s.number(group);
    if (value >= s.least && value <= s.most) continue;
    throw core::UsageError({.what = fmt::format("{}.{} is out of range", prefix, s.name),
                            .expected = fmt::format("{} to {} {}", s.least, s.most, s.unit == "1" ? "" : s.unit),
                            .found = fmt::format("{}", value)});
  }
}

[[noreturn]] void refuse(std::string what, std::string expected, std::string found, std::string advice = "") {
  throw core::UsageError({.what = std::move(what),
                          .expected = std::move(expected),
                          .found = std::move(found),
                          .advice = std::move(advice)});
}

void check_whole(const std::string& name, double value) {
  if (value != std::floor(value)) refuse(name + " is not whole", "a whole number", fmt::format("{}", value));
}

void check_diffusivity(const Diffusivity& d) {
  if (d.x.empty() || d.x.size() != d.log10_cm2_s.size()) {
    refuse("the diffusion coefficient has no knots", "as many values of log10 D as of x, at least one",
           fmt::format("{} x, {} log10 D", d.x.size(), d.log10_cm2_s.size()));
  }
  for (std::size_t i = 0; i < d.x.size(); ++i) {
    if (i > 0 && !(d.x[i] > d.x[i - 1])) {
      refuse("the knots of D are not in order", "x that increases", fmt::format("{} after {}", d.x[i], d.x[i - 1]));
    }
    const double log10_D = d.log10_cm2_s[i] + d.log10_multiplier;
    if (!(log10_D > -40 && log10_D < 10)) {
      refuse("no material diffuses like this", "log10 of D in cm2/s between -40 and 10", fmt::format("{}", log10_D));
    }
  }
}

void check_gap(const Model& model) {
  const Gap& gap = model.transport.gap;
  if (gap.to < gap.from) {
    refuse("the gap ends before it begins", fmt::format("transport.gap.to above transport.gap.from = {}", gap.from),
           fmt::format("{}", gap.to));
  }
  if (gap.to > gap.from && !(gap.closes_K > core::room_temperature_K)) {
    refuse("nothing says when the gap closes", "transport.gap.closes above 25 degC, such as \"90 degC\"",
           fmt::format("{} K", gap.closes_K));
  }
}

void check_reservoir(const Model& model) {
  const Reservoir& r = model.reservoir;
  const bool wanted = r.capacity > 0 || r.depth_nm > 0 || !r.preferences.empty();
  const bool gives = r.rate_per_s > 0 || r.per_dose > 0;
  if (wanted && !gives) {
    refuse("the reservoir has no rate", "reservoir.rate such as \"1e-6 1/s\", or reservoir.per_dose for a beam",
           "neither", "without one it never gives an electron");
  }
  if (!gives) return;
  if (!(r.depth_nm > 0)) refuse("the reservoir reaches no layer", "reservoir.depth such as \"2 nm\"", "0 nm");
  double drawn = 0, most = 0;
  for (const Cation& c : model.ladder.cations) {
    const double factor = r.preference(c.element);
    drawn += c.amount * factor;
    most = std::max(most, factor);
  }
  for (const Preference& p : r.preferences) {
    const bool known =
        std::ranges::find(model.ladder.cations, p.element, &Cation::element) != model.ladder.cations.end();
    if (!known) refuse("the reservoir prefers what is no cation of the formula", "a cation", p.element);
    if (!(p.factor >= 0))
      refuse("the preference for " + p.element + " is negative", "0 or more", fmt::format("{}", p.factor));
  }
  if (!(drawn > 0)) refuse("no metal takes the reservoir's electrons", "a preference above 0", "0 for all");
  if (!(r.capacity > 0) || r.capacity * most / drawn > 1 + 1e-12) {
    refuse("the reservoir would give a metal no electron, or more than one",
           fmt::format("reservoir.capacity above 0, at most {:.4g} electrons per formula unit", drawn / most),
           fmt::format("{}", r.capacity));
  }
}

// Layers must fit into the smallest grain.
void check_shells(const Model& model) {
  const double smallest =
      smallest_radius_nm(model.grain.radius_nm, model.grain.radius_spread, static_cast<int>(model.grain.sizes));
  const auto fits = [&](const std::string& name, double depth) {
    if (depth <= smallest) return;
    refuse(name + " is thicker than the grain", fmt::format("at most {:.4g} nm, the smallest radius", smallest),
           fmt::format("{:.4g} nm", depth), "make it thinner, or the grain larger");
  };
  fits("the layer of the reservoir", model.reservoir.depth_nm);
  if (model.degradation.shell_rate_nm_per_s > 0) fits("degradation.shell_limit", model.degradation.shell_limit_nm);
  for (const SurfaceShift& s : model.surface_shifts) fits("a surface shift", s.depth_nm);
}

}  // namespace

std::span<const Setting<Grain>> grain_settings() { return grain_table; }
std::span<const Setting<Transport>> transport_settings() { return transport_table; }
std::span<const Setting<Gap>> gap_settings() { return gap_table; }
std::span<const Setting<SurfaceKinetics>> surface_settings() { return surface_table; }
std::span<const Setting<Hysteresis>> hysteresis_settings() { return hysteresis_table; }
std::span<const Setting<Reservoir>> reservoir_settings() { return reservoir_table; }
std::span<const Setting<Dimers>> dimer_settings() { return dimer_table; }
std::span<const Setting<Degradation>> degradation_settings() { return degradation_table; }
std::span<const Setting<Mechanics>> mechanics_settings() { return mechanics_table; }
std::span<const Setting<Probes>> probe_settings() { return probe_table; }
std::span<const Setting<Numerics>> numerics_settings() { return numerics_table; }

std::vector<Parameter> parameters(Model& model) {
  std::vector<Parameter> out;
  append(out, "grain", model.grain, grain_settings());
  append(out, "transport", model.transport, transport_settings());
  append(out, "surface", model.surface, surface_settings());
  append(out, "hysteresis", model.hysteresis, hysteresis_settings());
  append(out, "transport.gap", model.transport.gap, gap_settings());
  append(out, "reservoir", model.reservoir, reservoir_settings());
  append(out, "dimers", model.dimers, dimer_settings());
  append(out, "degradation", model.degradation, degradation_settings());
  append(out, "mechanics", model.mechanics, mechanics_settings());
  append(out, "probes", model.probes, probe_settings());
  append(out, "numerics", model.numerics, numerics_settings());
  Diffusivity& d = model.transport.diffusivity;
  out.push_back({"transport.log10_multiplier", "1", &d.log10_multiplier});
  for (std::size_t i = 0; i < d.log10_cm2_s.size(); ++i) {
    out.push_back({fmt::format("transport.log10_D_cm2_s.{}", i), "1", &d.log10_cm2_s[i]});
  }
  for (Couple& c : model.ladder.couples) {
    out.push_back({"couple." + c.name + ".level", "V", &c.level_V});
    out.push_back({"couple." + c.name + ".width", "V", &c.width_V});
    out.push_back({"couple." + c.name + ".level_slope", "V/K", &c.level_slope_V_per_K});
    out.push_back({"couple." + c.name + ".width_slope", "V/K", &c.width_slope_V_per_K});
  }
  OxygenRedox& o = model.ladder.oxygen;
  out.push_back({"oxygen.sites", "1", &o.sites});
  out.push_back({"oxygen.level", "V", &o.level_V});
  out.push_back({"oxygen.stabilised_level", "V", &o.stabilised_level_V});
  out.push_back({"oxygen.width", "V", &o.width_V});
  out.push_back({"oxygen.level_slope", "V/K", &o.level_slope_V_per_K});
  out.push_back({"oxygen.stabilised_level_slope", "V/K", &o.stabilised_level_slope_V_per_K});
  out.push_back({"oxygen.width_slope", "V/K", &o.width_slope_V_per_K});
  for (EdgeDepth& e : model.probes.edges) {
    if (e.tey_depth_nm > 0) out.push_back({"probes.edge." + e.element + ".tey_depth", "nm", &e.tey_depth_nm});
    if (e.fluorescence_length_nm > 0)
      out.push_back({"probes.edge." + e.element + ".length", "nm", &e.fluorescence_length_nm});
  }
  for (std::size_t i = 0; i < model.surface_shifts.size(); ++i) {
    out.push_back({fmt::format("surface_shift.{}.shift", i), "V", &model.surface_shifts[i].shift_V});
  }
  for (Preference& p : model.reservoir.preferences) {
    out.push_back({"reservoir.metal." + p.element + ".preference", "1", &p.factor});
  }
  for (Parameter& p : out) p.differentiable = carries_derivatives(model, p);
  return out;
}

double Reservoir::preference(const std::string& element) const {
  const auto named = std::ranges::find(preferences, element, &Preference::element);
  return named == preferences.end() ? 1 : named->factor;
}

void check(const Model& model) {
  check_table("grain", model.grain, grain_settings());
  check_table("transport", model.transport, transport_settings());
  check_table("surface", model.surface, surface_settings());
  check_table("hysteresis", model.hysteresis, hysteresis_settings());
  check_table("transport.gap", model.transport.gap, gap_settings());
  check_table("reservoir", model.reservoir, reservoir_settings());
  check_table("dimers", model.dimers, dimer_settings());
  check_table("degradation", model.degradation, degradation_settings());
  check_table("mechanics", model.mechanics, mechanics_settings());
  check_table("probes", model.probes, probe_settings());
  check_table("numerics", model.numerics, numerics_settings());
  check_whole("grain.sizes", model.grain.sizes);
  check_whole("grain.cells", model.grain.cells);
  check_diffusivity(model.transport.diffusivity);
  if (model.grain.height > 0 && model.grain.shape == Geometry::sphere) {
    refuse("a sphere has no height", "grain.height = 0, or grain.shape \"cylinder\" or \"slab\"",
           fmt::format("{}", model.grain.height));
  }
  if (model.grain.radius_spread > 0 && model.grain.sizes == 1) {
    refuse("one size cannot stand for a spread of sizes", "grain.sizes of 3 or more", "1", "5 is usually enough");
  }
  if (model.grain.sizes > 1 && model.grain.radius_spread == 0) {
    refuse("several sizes without a spread", "grain.radius_spread above 0", "0");
  }
  if (model.ladder.oxygen.sites < 0) {
    refuse("oxygen.sites is negative", "0 or more", fmt::format("{}", model.ladder.oxygen.sites));
  }
  const auto check_width = [](const std::string& name, double width) {
    if (!(width > 0)) refuse(name + " is not positive", "a width in V, such as 0.05 V", fmt::format("{} V", width));
  };
  for (const Couple& c : model.ladder.couples) check_width("couple." + c.name + ".width", c.width_V);
  if (model.ladder.oxygen.sites > 0) check_width("oxygen.width", model.ladder.oxygen.width_V);
  if (model.grain.lithium_extracted > model.ladder.lithium) {
    refuse("grain.lithium_extracted is more than there is", fmt::format("at most {}", model.ladder.lithium),
           fmt::format("{}", model.grain.lithium_extracted));
  }
  if (model.grain.stabilised > model.ladder.oxygen.sites) {
    refuse("grain.stabilised is more than there are oxygen sites", fmt::format("at most {}", model.ladder.oxygen.sites),
           fmt::format("{}", model.grain.stabilised));
  }
  if (model.hysteresis.memory != Memory::none && !(model.ladder.oxygen.sites > 0)) {
    refuse("the memory belongs to the oxygen, and the ladder has none", "oxygen.sites above 0, or memory = \"none\"",
           "0");
  }
  for (const EdgeDepth& e : model.probes.edges) {
    const bool known = e.element == "O" || std::ranges::find(model.ladder.cations, e.element, &Cation::element) !=
                                               model.ladder.cations.end();
    if (!known) refuse("an edge depth names no cation of the formula", "a cation, or O", e.element);
    if (e.tey_depth_nm == 0) refuse("the electron yield of " + e.element + " has no depth", "more than 0 nm", "0 nm");
  }
  check_gap(model);
  check_reservoir(model);
  check_shells(model);
  for (const SurfaceShift& s : model.surface_shifts) {
    const bool known = s.couple.empty() ||
                       std::ranges::find(model.ladder.couples, s.couple, &Couple::name) != model.ladder.couples.end();
    if (!known) refuse("a surface shift names no couple of the ladder", "the name of a couple", s.couple);
    if (!(s.depth_nm > 0)) refuse("a surface shift has no depth", "more than 0 nm", fmt::format("{}", s.depth_nm));
  }
}

}  // namespace lithoscope::particle
