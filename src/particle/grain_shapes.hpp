// The grains a model and its programme ask for. Private to the room.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "grain_transport.hpp"
#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/particle/programme.hpp"
#include "lithoscope/particle/sizes.hpp"
#include "pchip.hpp"

namespace lithoscope::particle {

// Volts of the stress's potential per lithium in place of another: 2 beta^2 V_fu E / ((1 - nu) F), the same for a free
// sphere, cylinder and slab.
inline double stress_V_per_lithium(const Model& model) {
  constexpr double Pa_per_GPa = 1e9, grams_per_kg = 1e3;
  const Mechanics& m = model.mechanics;
  const double volume_m3_per_mol =
      model.composition.molar_mass_g_per_mol / grams_per_kg / model.grain.density_kg_per_m3;
  return 2 * m.strain_per_lithium * m.strain_per_lithium * volume_m3_per_mol * m.youngs_modulus_GPa * Pa_per_GPa /
         ((1 - m.poisson_ratio) * core::faraday_C_per_mol);
}

// Of the gap at 25 C, what is left of its width; 0 without a gap.
inline double gap_width(const Gap& gap, double temperature_K) {
  if (!(gap.to > gap.from)) return 0;
  const double left = (gap.closes_K - temperature_K) / (gap.closes_K - core::room_temperature_K);
  return left > 0 ? std::sqrt(left) : 0;
}

template <class T, class Take>
KirchhoffTable<T> diffusivity_table(const Model& model, const Take& take,
                                    double temperature_K = core::room_temperature_K) {
  const Diffusivity& d = model.transport.diffusivity;
  std::vector<T> log10_D;
  for (const double& knot : d.log10_cm2_s) log10_D.push_back(take(knot) + take(d.log10_multiplier));
  const Pchip<T> curve{d.x, log10_D};
  constexpr double nm2_per_cm2 = 1e14;
  // Under a composition gradient the stress of it drives lithium too: D (1 + kappa (lithium there) e / k_B T).
  const bool stressed = model.transport.elastic && model.transport.drive == Drive::composition;
  const double kappa = stressed ? stress_V_per_lithium(model) : 0;
  const Gap& gap = model.transport.gap;
  const double share = gap_width(gap, temperature_K);
  const double middle = 0.5 * (gap.from + gap.to), half = 0.5 * (gap.to - gap.from) * share;
  return KirchhoffTable<T>{0, model.ladder.lithium, [&](double x) -> T {
                             using std::exp;
                             T D = nm2_per_cm2 * exp(curve(x) * std::log(10.0));
                             if (half > 0) {
                               const double inside =
                                   occupation<double>(half - std::abs(x - middle), 0, 0.25 * gap.edge);
                               D *= std::pow(gap.mobility, inside);
                             }
                             const double thermal_V = core::boltzmann_eV_per_K * temperature_K;
                             return D * (1 + kappa * (model.ladder.lithium - x) / thermal_V);
                           }};
}

// What a step asks of the grain that the step alone does not know.
inline void check_steps(const Model& model, const Programme& programme) {
  const double smallest =
      smallest_radius_nm(model.grain.radius_nm, model.grain.radius_spread, static_cast<int>(model.grain.sizes));
  const auto look = [&](const std::vector<Step>& steps) {
    for (const Step& s : steps) {
      if (s.depth_nm > smallest) {
        throw core::UsageError({.what = "step \"" + s.name + "\": the shell is thicker than the grain",
                                .expected = fmt::format("at most {:.4g} nm, the smallest radius", smallest),
                                .found = fmt::format("{:.4g} nm", s.depth_nm)});
      }
      if (s.kind == StepKind::expose && !(model.reservoir.per_dose > 0)) {
        throw core::UsageError({.what = "step \"" + s.name + "\": nothing says what a dose does",
                                .expected = "reservoir.per_dose, electrons per formula unit and MGy",
                                .found = "0 1/MGy"});
      }
    }
  };
  look(programme.trunk);
  for (const Branch& b : programme.branches) look(b.steps);
}

inline Memory memory_kind(const Model& model, const Programme& programme) {
  bool stabilised = model.grain.stabilised > 0;
  const auto look = [&](const std::vector<Step>& steps) {
    for (const Step& s : steps) {
      if (s.kind != StepKind::stabilise) continue;
      stabilised = true;
      if (s.stabilised_sites <= model.ladder.oxygen.sites && model.ladder.oxygen.sites > 0) continue;
      throw core::UsageError({.what = "step \"" + s.name + "\" stabilises more oxygen than there is",
                              .expected = fmt::format("at most oxygen.sites = {}", model.ladder.oxygen.sites),
                              .found = fmt::format("{}", s.stabilised_sites)});
    }
  };
  look(programme.trunk);
  for (const Branch& b : programme.branches) look(b.steps);
  if (stabilised && model.hysteresis.memory == Memory::one_state) {
    throw core::UsageError({.what = "the one-state memory has no stabilised sites",
                            .expected = "the square scheme, or no stabilise step",
                            .found = "hysteresis = \"one-state\""});
  }
  return stabilised ? Memory::square_scheme : model.hysteresis.memory;
}

inline bool structure_moves(const Model& model) {
  const Hysteresis& h = model.hysteresis;
  return h.memory == Memory::square_scheme && (h.stabilise_rate_per_s > 0 || h.recover_rate_per_s > 0);
}

// How much of a node's depth lies in the outermost `depth_nm`.
inline std::vector<double> shell_share(const RadialMesh& mesh, double radius_nm, double depth_nm) {
  std::vector<double> share;
  const double inner = 1 - depth_nm / radius_nm;
  for (std::size_t i = 0; i < mesh.radius.size(); ++i) {
    const double from = i > 0 ? mesh.face[i - 1] : 0;
    const double to = i < mesh.face.size() ? mesh.face[i] : 1;
    share.push_back(std::clamp((to - inner) / (to - from), 0.0, 1.0));
  }
  return share;
}

template <class T>
void shift_surface(const Model& model, const RadialMesh& mesh, GrainShape<T>& shape) {
  const std::size_t nodes = mesh.radius.size();
  for (const SurfaceShift& shift : model.surface_shifts) {
    const std::vector<double> share = shell_share(mesh, value_of(shape.radius_nm), shift.depth_nm);
    if (shift.couple.empty()) {
      shape.site_shift_V.resize(nodes, 0.0);
      for (std::size_t i = 0; i < nodes; ++i) shape.site_shift_V[i] += share[i] * shift.shift_V;
      continue;
    }
    shape.shifts.resize(nodes, std::vector<double>(model.ladder.couples.size(), 0.0));
    const auto couple = std::ranges::find(model.ladder.couples, shift.couple, &Couple::name);
    const auto k = static_cast<std::size_t>(couple - model.ladder.couples.begin());
    for (std::size_t i = 0; i < nodes; ++i) shape.shifts[i][k] += share[i] * shift.shift_V;
  }
}

template <class T, class Take>
std::vector<GrainShape<T>> make_shapes(const Model& model, const Take& take, const RadialMesh& mesh) {
  using std::exp;
  std::vector<GrainShape<T>> shapes;
  for (const Size& size : log_normal_sizes(model.grain.radius_spread, static_cast<int>(model.grain.sizes))) {
    GrainShape<T> shape;
    shape.radius_nm = take(model.grain.radius_nm);
    if (size.radius_over_median != 1) {
      const double deviations = std::log(size.radius_over_median) / model.grain.radius_spread;
      shape.radius_nm *= exp(take(model.grain.radius_spread) * deviations);
    }
    shape.weight = T(size.weight);
    shift_surface(model, mesh, shape);
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

}  // namespace lithoscope::particle
