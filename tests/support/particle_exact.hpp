// Exact solutions of diffusion in a sphere against the solver. Lengths in radii, theta = D t / R2.
#pragma once

#include <functional>
#include <numbers>

#include "particle/electrode.hpp"
#include "particle_cases.hpp"

namespace lithoscope::particle {

/// n-th root of tan l = l.
inline double tan_root(int n) {
  const double branch = n * std::numbers::pi;
  double l = branch + 0.5 * std::numbers::pi;
  for (int i = 0; i < 60; ++i) l = branch + std::atan(l);
  return l;
}

/// Constant flux, unit dc/dr at the surface, from c = 0 (Crank, 6.3.5; the short-time form errs below 1e-10 here).
inline double constant_flux_surface(double theta) {
  if (theta <= 0) return 0;
  if (theta < 0.05) return std::exp(theta) * (1 + std::erf(std::sqrt(theta))) - 1;
  double sum = 3 * theta + 0.2;
  for (int n = 1; n < 60; ++n) {
    const double l = tan_root(n);
    sum -= 2 * std::exp(-l * l * theta) / (l * l);
  }
  return sum;
}
inline double constant_flux_profile(double theta, double r) {
  double sum = 3 * theta + 0.5 * r * r - 0.3;
  for (int n = 1; n < 400; ++n) {
    const double l = tan_root(n);
    const double shape = r > 0 ? std::sin(l * r) / r : l;
    sum -= 2 * shape / (l * l * std::sin(l)) * std::exp(-l * l * theta);
  }
  return sum;
}
/// Surface held at 1: mean (Crank, 6.20).
inline double held_surface_mean(double theta) {
  double sum = 1;
  for (int n = 1; n < 400; ++n) {
    sum -= 6 / (std::numbers::pi * std::numbers::pi * n * n) *
           std::exp(-n * n * std::numbers::pi * std::numbers::pi * theta);
  }
  return sum;
}

/// D = 1 nm2/s, R = 100 nm: theta = t / 1e4 s. Lithium starts at 0.1.
inline Model constant_D_model(int cells, double surface_spacing, double tolerance) {
  Model m = lmr_model();
  m.transport.diffusivity = {{0}, {-14}, 0};
  m.transport.rest_slowdown = 1;
  m.grain.lithium_extracted = 0.1;
  m.grain.cells = cells;
  m.grain.surface_spacing = surface_spacing;
  m.numerics.tolerance = tolerance;
  return m;
}
inline constexpr double seconds_per_theta = 1e4;
inline Step flux(double gradient, double theta) {
  return {.kind = StepKind::charge,
          .name = "flux",
          .duration_s = theta * seconds_per_theta,
          .rate_per_s = 3 * gradient / seconds_per_theta};
}

/// Relative error of the surface's change under a constant flux; the gradient keeps x inside its range.
inline double surface_error_at(double theta, int cells, double surface_spacing) {
  const double gradient = std::min(0.3 / constant_flux_surface(theta), 0.3 / theta);
  const Run run =
      simulate(constant_D_model(cells, surface_spacing, 1e-6), {.trunk = {flux(gradient, theta)}}, Record::marks);
  return (run.trunk.marks.back().seen.surface_lithium - 0.1) / gradient / constant_flux_surface(theta) - 1;
}

struct ExactCase {
  std::string name;
  std::function<double()> worst_relative_error;
};

namespace exact_detail {

inline constexpr int cells = 240;
inline constexpr double spacing = 1e-5;
inline constexpr double tolerance = 1e-9;

inline double profile_error() {
  double worst = 0;
  for (const double theta : {1e-3, 1e-2, 0.1, 1.0}) {
    const double gradient = std::min(0.3 / constant_flux_surface(theta), 0.3 / theta);
    const Run run =
        simulate(constant_D_model(cells, spacing, tolerance), {.trunk = {flux(gradient, theta)}}, Record::marks);
    const Profile& p = run.trunk.marks.back().grains.front();
    for (std::size_t i = 0; i < p.lithium.size(); ++i) {
      const double exact = constant_flux_profile(theta, p.radius_nm[i] / 100);
      worst = std::max(worst, std::abs((p.lithium[i] - 0.1) / gradient - exact) / constant_flux_surface(theta));
    }
  }
  return worst;
}

inline double interruption_error() {
  double worst = 0;
  for (const double theta_p : {1e-3, 0.03, 0.3}) {
    const double gradient = 0.3 / constant_flux_surface(theta_p);
    for (const double rest : {0.01, 0.1, 1.0, 10.0}) {
      const double theta = theta_p * (1 + rest);
      const Run run = simulate(constant_D_model(cells, spacing, tolerance),
                               {.trunk = {flux(gradient, theta_p), wait("rest", rest * theta_p * seconds_per_theta)}},
                               Record::marks);
      const double exact = constant_flux_surface(theta) - constant_flux_surface(theta - theta_p);
      worst = std::max(worst, std::abs((run.trunk.marks.back().seen.surface_lithium - 0.1) / gradient / exact - 1));
    }
  }
  return worst;
}

// Crank: the surface held at a composition, here through the cell's potential.
inline double held_surface_error() {
  Model m = constant_D_model(cells, spacing, tolerance);
  m.surface.exchange_current_A_per_m2 = 1e6;  // no overpotential to speak of
  const double surface = 0.5;
  const double V = local_redox(m.ladder, surface, 0, 0, core::room_temperature_K).V;
  double worst = 0;
  for (const double theta : {1e-3, 1e-2, 0.1, 0.3}) {
    const Run run = simulate(m,
                             {.trunk = {{.kind = StepKind::hold_voltage,
                                         .name = "hold",
                                         .duration_s = theta * seconds_per_theta,
                                         .voltage_V = V}}},
                             Record::marks);
    worst = std::max(
        worst,
        std::abs((run.trunk.marks.back().seen.mean_lithium - 0.1) / (surface - 0.1) / held_surface_mean(theta) - 1));
  }
  return worst;
}

// Sand's time, with the sphere's own correction: when the surface reaches a given composition under a constant flux.
inline double sand_error() {
  double worst = 0;
  for (const double theta : {1e-6, 1e-4, 1e-2}) {
    const double gradient = 0.3 / constant_flux_surface(theta);
    Step step = flux(gradient, theta);
    step.duration_s = 0;
    step.until_surface_lithium = 0.4;
    const Run run = simulate(constant_D_model(cells, spacing, tolerance), {.trunk = {step}}, Record::marks);
    worst = std::max(worst, std::abs(run.trunk.marks.back().time_s / (theta * seconds_per_theta) - 1));
  }
  return worst;
}

// Barenblatt: D = 2u in a sphere, a pulse that spreads with a sharp front.
inline double barenblatt_error() {
  constexpr double b = 1.0 / 5;
  constexpr double a = 3 * b;
  constexpr double k = b / 4;
  constexpr double C = k * 0.81;  // front at 0.9 when t = 1
  constexpr double start = 0.03125;
  const auto exact = [&](double t, double r) {
    const double x = r * std::pow(t, -b);
    return std::pow(t, -a) * std::max(0.0, C - k * x * x);
  };
  constexpr int n = 1200;
  const GrainLaw<double> law{graded_mesh(n, 1.0 / n),
                             KirchhoffTable<double>{0, 0.4, [](double u) { return 2 * u; }},
                             Drive::composition,
                             Memory::none,
                             false,
                             1};
  const std::vector<GrainShape<double>> shapes(1);
  Electrode<double> sphere{law, shapes, 1e-8};
  ElectrodeState<double> state;
  state.grains.resize(1);
  for (const double r : law.mesh.radius) state.grains[0].x.push_back(exact(start, r));
  state.grains[0].bulk_lost.assign(n + 1, 0.0);
  state.grains[0].lost = state.grains[0].bulk_lost;
  const Surroundings<double> at{};
  double t = start;
  double h = 1e-6;
  while (t < 1) {
    h = std::min(h, 1 - t);
    auto trial = sphere.step(state, h, Boundary::closed, 0.0, true, [&](double) { return at; });
    const double grow = std::clamp(0.9 * std::pow(trial.error, -0.25), 0.2, 5.0);
    if (trial.error <= 1) {
      t += h;
      state = std::move(trial.state);
    }
    h *= grow;
  }
  double worst = 0;
  for (std::size_t i = 0; i < law.mesh.radius.size(); ++i) {
    if (law.mesh.radius[i] > 0.85) continue;
    worst = std::max(worst, std::abs(state.grains[0].x[i] / exact(1, law.mesh.radius[i]) - 1));
  }
  return worst;
}

// Only D/R2 counts: profiles of a grain twice as large with four times the D are the same.
inline double similarity_error() {
  Model m = lmr_model();
  const Programme p = charge_wait_heat();
  const Run one = simulate(m, p, Record::marks);
  m.grain.radius_nm *= 2;
  m.transport.diffusivity.log10_multiplier += std::log10(4.0);
  const Run other = simulate(m, p, Record::marks);
  double worst = 0;
  for (const auto& [a, c] : {std::pair{&one.trunk.marks.back(), &other.trunk.marks.back()},
                             std::pair{&one.branches[0].marks.back(), &other.branches[0].marks.back()}}) {
    for (std::size_t i = 0; i < a->grains[0].lithium.size(); ++i)
      worst = std::max(worst, std::abs(c->grains[0].lithium[i] / a->grains[0].lithium[i] - 1));
  }
  return worst;
}

// Heat only changes the clock: the same theta at two temperatures is the same profile.
inline double arrhenius_error() {
  Model m = lmr_model();
  const double faster = std::exp(m.transport.activation_energy_eV / core::boltzmann_eV_per_K *
                                 (1 / core::room_temperature_K - 1 / 373.15));
  const Programme p{.trunk = {charge_to(1.05)},
                    .branches = {{"cold", {wait("cold", hour_s * faster)}}, {"hot", {hold("hot", 100, hour_s)}}}};
  const Run run = simulate(m, p, Record::marks);
  double worst = 0;
  const auto& cold = run.branches[0].marks.back().grains[0].lithium;
  const auto& hot = run.branches[1].marks.back().grains[0].lithium;
  for (std::size_t i = 0; i < cold.size(); ++i) worst = std::max(worst, std::abs(hot[i] / cold[i] - 1));
  return worst;
}

}  // namespace exact_detail

inline std::vector<ExactCase> exact_cases() {
  return {{"constant flux, profile", exact_detail::profile_error},
          {"interruption", exact_detail::interruption_error},
          {"held surface (Crank)", exact_detail::held_surface_error},
          {"Sand's time", exact_detail::sand_error},
          {"Barenblatt", exact_detail::barenblatt_error},
          {"D/R2", exact_detail::similarity_error},
          {"Arrhenius", exact_detail::arrhenius_error}};
}

}  // namespace lithoscope::particle
