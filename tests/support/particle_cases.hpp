// Particles and programmes that tests, checks and benchmarks share.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/echem/gitt.hpp"
#include "lithoscope/echem/synthesize.hpp"
#include "lithoscope/material/valence.hpp"
#include "lithoscope/particle/degradation.hpp"
#include "lithoscope/particle/simulate.hpp"

namespace lithoscope::particle {

inline constexpr double hour_s = 3600;
inline constexpr double day_s = 86400;
inline constexpr double c_rate_per_s = 0.89 / hour_s;  // 280 mAh/g in an hour

struct NamedCase {
  std::string name;
  Model model;
  Programme programme;
};

/// Li1.2Ni0.15Co0.1Mn0.55O2 with top metal levels `above` the oxygen plateau, D of the paper's Fig. 5c.
inline Model lmr_model(double above = 0.08, double width = 0.08) {
  Model m;
  m.composition = material::parse_formula("Li1.2Ni0.15Co0.1Mn0.55O2");
  constexpr double plateau = 4.5;
  m.ladder = make_ladder(
      m.composition,
      {{.name = "Ni2/3", .element = "Ni", .valence = 2, .level_V = plateau + above - 0.30, .width_V = width},
       {.name = "Ni3/4", .element = "Ni", .valence = 3, .level_V = plateau + above, .width_V = width},
       {.name = "Co3/4", .element = "Co", .valence = 3, .level_V = plateau + above + 0.03, .width_V = width},
       {.name = "Mn3/4", .element = "Mn", .valence = 3, .level_V = 3.10, .width_V = 0.08}},
      {.sites = 0.75, .level_V = plateau, .width_V = 0.03});
  m.transport.diffusivity = {
      {0, 0.30, 0.40, 0.55, 0.70, 0.85, 1.00, 1.20}, {-14, -14, -14.9, -16.3, -17, -16.5, -16.2, -16}, 1.35};
  m.transport.activation_energy_eV = 0.65;
  m.transport.rest_slowdown = 3e-3;
  return m;
}

inline Step charge_to(double surface_lithium, double rate_per_s = c_rate_per_s / 8) {
  return {
      .kind = StepKind::charge, .name = "charge", .rate_per_s = rate_per_s, .until_surface_lithium = surface_lithium};
}
inline Step wait(const std::string& name, double duration_s) {
  return {.kind = StepKind::wait, .name = name, .duration_s = duration_s};
}
inline Step hold(const std::string& name, double celsius, double duration_s) {
  return {
      .kind = StepKind::hold, .name = name, .temperature_K = celsius + core::zero_celsius_K, .duration_s = duration_s};
}
inline Step ramp(const std::string& name, double to_celsius, double K_per_min) {
  return {.kind = StepKind::ramp,
          .name = name,
          .to_temperature_K = to_celsius + core::zero_celsius_K,
          .rate_K_per_s = K_per_min / 60};
}
inline Programme charge_wait_heat() {
  return {.trunk = {charge_to(1.05), wait("wait", 7 * day_s)}, .branches = {{"heat", {hold("heat", 100, 5 * hour_s)}}}};
}

/// With couples for what is left when oxygen has gone.
inline Model degrading_model() {
  Model m = lmr_model();
  std::vector<Couple> couples = m.ladder.couples;
  for (Couple& c : couples) c.electrons = 0;
  couples.push_back({.name = "Co2/3", .element = "Co", .valence = 2, .level_V = 2.2, .width_V = 0.08});
  couples.push_back({.name = "Mn2/3", .element = "Mn", .valence = 2, .level_V = 1.8, .width_V = 0.08});
  m.ladder = make_ladder(m.composition, couples, m.ladder.oxygen);
  m.degradation.spinel_prefactor_per_s = 9.68e11;
  m.degradation.spinel_energy_kJ_per_mol = 140;
  m.degradation.rock_salt_prefactor_per_s = 5.81e10;
  m.degradation.rock_salt_energy_kJ_per_mol = 200;
  return m;
}

/// Flux down the chemical potential, oxygen that remembers by the square scheme.
inline Model square_scheme_model() {
  Model m = lmr_model();
  m.transport.drive = Drive::potential;
  m.transport.diffusivity = {{0}, {-13}, 0};
  m.grain.lithium_extracted = 0.02;
  m.hysteresis.memory = Memory::square_scheme;
  m.hysteresis.stabilise_rate_per_s = 1e-5;
  m.hysteresis.recover_rate_per_s = 1e-5;
  m.hysteresis.structure_activation_eV = 0.5;
  m.ladder.oxygen.width_V = core::boltzmann_eV_per_K * core::room_temperature_K;
  m.ladder.oxygen.width_slope_V_per_K = core::boltzmann_eV_per_K;
  return m;
}

inline Model one_state_model() {
  Model m = lmr_model();
  m.transport.drive = Drive::potential;
  m.transport.rest_slowdown = 1;
  m.grain.lithium_extracted = 0.01;
  m.hysteresis.memory = Memory::one_state;
  m.hysteresis.offset_per_lithium_V = 3;
  m.hysteresis.relaxation_rate_per_s = 1 / 3e6;
  m.hysteresis.relaxation_activation_eV = 0.8;
  return m;
}

/// A population of grains with kinetics, sharing one potential.
inline Model population_model() {
  Model m = lmr_model();
  m.grain.radius_spread = 0.4;
  m.grain.sizes = 5;
  m.surface.exchange_current_A_per_m2 = 0.02;
  m.surface.resistance_ohm_m2 = 0.02;
  return m;
}

/// The programme the speed promises name: charge, 7 d, 5 h at 100 C, on to 600 C.
inline NamedCase whole_programme_case() {
  NamedCase c{"charge, 7 d, 100 C, 600 C", degrading_model(), {}};
  c.programme.trunk = {charge_to(1.05), wait("wait", 7 * day_s), hold("heat", 100, 5 * hour_s), ramp("ramp", 600, 5)};
  return c;
}

/// Pulses of 10 min with rests of 2 h over D that spans three decades, as in a titration of the paper's electrode.
inline NamedCase titration_case() {
  NamedCase c{"titration", lmr_model(), {}};
  c.model.transport.rest_slowdown = 1;
  c.model.surface.exchange_current_A_per_m2 = 0.02;
  c.model.surface.resistance_ohm_m2 = 0.02;
  c.model.grain.cells = 60;
  c.model.grain.surface_spacing = 1e-4;
  c.model.grain.lithium_extracted = 0.02;
  c.model.numerics.tolerance = 1e-5;
  c.programme.trunk = {{.kind = StepKind::gitt,
                        .name = "titration",
                        .duration_s = 600,
                        .rate_per_s = c_rate_per_s / 16,
                        .until_surface_lithium = 1.1,
                        .rest_s = 7200,
                        .pulses = 80}};
  return c;
}

inline std::vector<NamedCase> conserved_cases() {
  std::vector<NamedCase> cases;
  cases.push_back({"three decades of D", lmr_model(), charge_wait_heat()});
  cases.push_back(
      {"square scheme",
       square_scheme_model(),
       {.trunk = {
            charge_to(1.0),
            wait("wait", 7 * day_s),
            {.kind = StepKind::discharge, .name = "discharge", .rate_per_s = c_rate_per_s / 8, .until_lithium = 0.3},
            hold("heat", 100, 5 * hour_s)}}});
  cases.push_back({"one-state memory", one_state_model(), charge_wait_heat()});
  cases.push_back(
      {"population",
       population_model(),
       {.trunk = {{.kind = StepKind::charge, .name = "charge", .rate_per_s = c_rate_per_s / 8, .until_voltage_V = 4.65},
                  {.kind = StepKind::hold_voltage, .name = "hold", .duration_s = hour_s, .voltage_V = 4.65},
                  wait("wait", day_s)}}});
  cases.push_back(whole_programme_case());
  cases.push_back(titration_case());
  return cases;
}

/// Closed and isothermal after a charge: the free energy may only fall.
inline std::vector<NamedCase> closed_cases() {
  std::vector<NamedCase> cases;
  cases.push_back({"composition", lmr_model(), charge_wait_heat()});
  Model by_potential = lmr_model();
  by_potential.transport.drive = Drive::potential;
  by_potential.grain.lithium_extracted = 0.02;
  cases.push_back({"potential", by_potential, charge_wait_heat()});
  Model square = square_scheme_model();
  square.transport.rest_slowdown = 1;
  square.transport.diffusivity = {{0}, {-15}, 0};
  cases.push_back(
      {"square scheme", square, {.trunk = {charge_to(1.0), wait("wait", 7 * day_s), hold("heat", 60, 5 * hour_s)}}});
  return cases;
}

// Free energy of a place, per formula unit and electron: changes at constant temperature by integrals of V dx and of
// the structure's affinity ds, which keep their digits where differences of G would not.
inline double affinity_V(const Ladder& ladder, double x, double s, double lost, double temperature_K) {
  const OxygenRedox& o = ladder.oxygen;
  const double dT = temperature_K - ladder.reference_temperature_K;
  const double w = o.width_V + o.width_slope_V_per_K * dT;
  const double fresh = o.level_V + o.level_slope_V_per_K * dT;
  const double kept = o.stabilised_level_V + o.stabilised_level_slope_V_per_K * dT;
  const double V = local_redox(ladder, x, s, lost, temperature_K).V;
  const double energy = 0.5 * (fresh - kept);
  return w * (std::log1p(std::exp((V - fresh) / w)) - std::log1p(std::exp((V - kept) / w))) +
         w * std::log(s / (o.sites - s)) + energy;
}

template <class F>
double gauss_integral(double from, double to, const F& f) {
  static constexpr std::array<std::pair<double, double>, 4> nodes{{{-0.8611363115940526, 0.3478548451374538},
                                                                   {-0.3399810435848563, 0.6521451548625461},
                                                                   {0.3399810435848563, 0.6521451548625461},
                                                                   {0.8611363115940526, 0.3478548451374538}}};
  double sum = 0;
  for (const auto& [node, weight] : nodes) sum += weight * f(0.5 * (from + to) + 0.5 * (to - from) * node);
  return 0.5 * (to - from) * sum;
}

/// The largest rise of G in a closed, isothermal time step of the largest grain, and all it falls; V per formula unit.
inline std::pair<double, double> free_energy_changes(const Model& model, const Run& run) {
  double rise = 0;
  double fall = 0;
  const auto look = [&](const Leg& leg) {
    for (std::size_t k = 1; k < leg.snapshots.size(); ++k) {
      if (leg.trace.rate_per_s[k] != 0 || leg.trace.step[k] != leg.trace.step[k - 1]) continue;
      const Profile& a = leg.snapshots[k - 1];
      const Profile& b = leg.snapshots[k];
      const double T = leg.trace.temperature_K[k];
      double mean_V = 0;
      for (std::size_t i = 0; i < a.volume.size(); ++i) mean_V += a.volume[i] * a.V[i];
      double dG = 0;
      for (std::size_t i = 0; i < a.volume.size(); ++i) {
        const double s = a.stabilised.empty() ? 0 : a.stabilised[i];
        dG += a.volume[i] * gauss_integral(a.lithium[i], b.lithium[i], [&](double x) {
                return local_redox(model.ladder, x, s, a.oxygen_lost[i], T).V - mean_V;
              });
        if (a.stabilised.empty()) continue;
        dG += a.volume[i] * gauss_integral(s, b.stabilised[i], [&](double y) {
                return affinity_V(model.ladder, b.lithium[i], y, a.oxygen_lost[i], T);
              });
      }
      rise = std::max(rise, dG);
      fall += std::max(0.0, -dG);
    }
  };
  look(run.trunk);
  for (const Leg& leg : run.branches) look(leg);
  return {rise, fall};
}

/// Titrations whose pulses and rests are long enough and short enough for D to be found: pulses of 0.01 to 0.05 L2/D,
/// rests above 3 L2/D, L = R/3.
inline std::vector<NamedCase> roundtrip_cases() {
  Model smooth;
  smooth.composition = material::parse_formula("LiNi0.8Co0.1Mn0.1O2");
  smooth.ladder = make_ladder(smooth.composition,
                              {{.name = "Ni2/3", .element = "Ni", .valence = 2, .level_V = 3.60, .width_V = 0.10},
                               {.name = "Ni3/4", .element = "Ni", .valence = 3, .level_V = 4.02, .width_V = 0.16},
                               {.name = "Co3/4", .element = "Co", .valence = 3, .level_V = 4.30, .width_V = 0.10}},
                              {});
  smooth.grain.lithium_extracted = 0.1;
  smooth.grain.radius_nm = 3000;
  smooth.grain.density_kg_per_m3 = 4700;
  smooth.grain.surface_spacing = 1e-4;
  smooth.numerics.tolerance = 1e-9;
  smooth.surface.exchange_current_A_per_m2 = 1;
  smooth.surface.resistance_ohm_m2 = 1e-3;
  const auto titrate = [](double tau_over, const Model& m) {  // tau in L2/D at the first knot
    const double L_nm = m.grain.radius_nm / 3;
    const double unit_s = L_nm * L_nm / (std::pow(10.0, m.transport.diffusivity.log10_cm2_s.front()) * 1e14);
    return Programme{.trunk = {{.kind = StepKind::gitt,
                                .name = "titration",
                                .duration_s = tau_over * unit_s,
                                .rate_per_s = 0.015 / (tau_over * unit_s),
                                .rest_s = 4 * unit_s,
                                .pulses = 40}}};
  };
  std::vector<NamedCase> cases;
  smooth.transport.diffusivity = {{0}, {-11}, 0};
  cases.push_back({"constant D, tau 0.02", smooth, titrate(0.02, smooth)});
  cases.push_back({"constant D, tau 0.05", smooth, titrate(0.05, smooth)});
  Model changing = smooth;
  changing.transport.diffusivity = {{0.0, 0.5, 1.0}, {-11.0, -10.6, -10.3}, 0};
  cases.push_back({"D over 0.7 decades", changing, titrate(0.01, changing)});
  Model rich = lmr_model(0.0, 0.12);
  rich.ladder.oxygen.width_V = 0.08;
  rich.transport.diffusivity = {{0}, {-15}, 0};
  rich.transport.rest_slowdown = 1;
  rich.grain.lithium_extracted = 0.05;
  rich.grain.surface_spacing = 1e-4;
  rich.numerics.tolerance = 1e-9;
  rich.surface.exchange_current_A_per_m2 = 0.05;
  cases.push_back({"oxygen plateau", rich, titrate(0.03, rich)});
  return cases;
}

/// The run as a cycler would have recorded it, put through the analysis of titrations.
inline echem::GittResult analyse_as_record(const NamedCase& c, const Run& run) {
  const echem::Instrument exact{.active_mass_kg = 5e-6, .resolution_V = 0};
  const echem::CyclerTable table = echem::synthesize_record(c.model, run.trunk, exact);
  echem::GittSample sample;
  sample.cell = echem::CellKind::half_cell;
  sample.diffusion_length =
      echem::DiffusionLength{core::Value::exact(c.model.grain.radius_nm * 1e-9 / 3), echem::Geometry::sphere, ""};
  sample.active_mass_kg = exact.active_mass_kg;
  sample.molar_mass_g_per_mol = c.model.composition.molar_mass_g_per_mol;
  sample.lithium_per_formula_unit = c.model.ladder.lithium;
  sample.extracted_at_start = c.model.grain.lithium_extracted;
  return echem::analyse_gitt(table, sample, {}, {}, {});
}

/// Kissinger's energy from the peaks of oxygen release in four ramps; `second`: of the second transformation.
inline double energy_from_ramps(double prefactor_per_s, double energy_kJ_per_mol, bool second) {
  Model m = degrading_model();
  m.grain.lithium_extracted = 0.9;
  m.grain.cells = 10;
  m.grain.surface_spacing = 0.1;
  Degradation& d = m.degradation;
  d.spinel_prefactor_per_s = second ? 9.68e11 : prefactor_per_s;
  d.spinel_energy_kJ_per_mol = second ? 140 : energy_kJ_per_mol;
  d.rock_salt_prefactor_per_s = second ? prefactor_per_s : 0;
  d.rock_salt_energy_kJ_per_mol = energy_kJ_per_mol;
  std::vector<double> rates;
  std::vector<double> peaks;
  for (const double K_per_min : {1.0, 2.5, 5.0, 10.0}) {
    const Run run = simulate(m, {.trunk = {ramp("ramp", 700, K_per_min)}});
    const Trace& t = run.trunk.trace;
    double best = 0;
    double peak = 0;
    // rate at the middles of the steps; the vertex of the parabola through the largest and its neighbours
    std::vector<double> T, rate;
    for (std::size_t i = 1; i < t.time_s.size(); ++i) {
      if (second && t.spinel_extent[i] < 0.999) continue;
      T.push_back(0.5 * (t.temperature_K[i] + t.temperature_K[i - 1]));
      rate.push_back((t.oxygen_lost[i] - t.oxygen_lost[i - 1]) / (t.time_s[i] - t.time_s[i - 1]));
    }
    for (std::size_t i = 1; i + 1 < T.size(); ++i) {
      if (rate[i] <= best) continue;
      best = rate[i];
      const double h0 = T[i] - T[i - 1];
      const double h1 = T[i + 1] - T[i];
      const double s0 = (rate[i] - rate[i - 1]) / h0;
      const double s1 = (rate[i + 1] - rate[i]) / h1;
      peak = 0.5 * (T[i] + T[i - 1]) + s0 / ((s0 - s1) / (0.5 * (h0 + h1)));
    }
    rates.push_back(K_per_min / 60);
    peaks.push_back(peak);
  }
  return kissinger_energy_kJ_per_mol(rates, peaks);
}

}  // namespace lithoscope::particle
