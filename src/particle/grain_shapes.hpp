// The grains a model and its programme ask for. Private to the room.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "grain_transport.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/particle/programme.hpp"
#include "lithoscope/particle/sizes.hpp"
#include "pchip.hpp"

namespace lithoscope::particle {

template <class T, class Take>
KirchhoffTable<T> diffusivity_table(const Model& model, const Take& take) {
  const Diffusivity& d = model.transport.diffusivity;
  std::vector<T> log10_D;
  for (const double& knot : d.log10_cm2_s) log10_D.push_back(take(knot) + take(d.log10_multiplier));
  const Pchip<T> curve{d.x, log10_D};
  constexpr double nm2_per_cm2 = 1e14;
  return KirchhoffTable<T>{0, model.ladder.lithium, [&](double x) -> T {
                             using std::exp;
                             return nm2_per_cm2 * exp(curve(x) * std::log(10.0));
                           }};
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
