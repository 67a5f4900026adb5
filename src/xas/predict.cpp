#include "lithoscope/xas/predict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/material/cross_section.hpp"
#include "lithoscope/material/fluorescence.hpp"
#include "lithoscope/multiplet/references.hpp"

namespace lithoscope::xas {
namespace {

// Of the scan that is predicted, relative to L3 and L2.
constexpr double below_eV = 15, above_eV = 30, mesh_eV = 0.1;

std::size_t cation_of(const particle::Model& model, const std::string& element) {
  const auto& cations = model.ladder.cations;
  const auto found = std::ranges::find(cations, element, &particle::Cation::element);
  if (found != cations.end()) return static_cast<std::size_t>(found - cations.begin());
  std::string known;
  for (const particle::Cation& c : cations) known += (known.empty() ? "" : ", ") + c.element;
  throw core::UsageError(
      {.what = fmt::format("the particle has no {}", element), .expected = "one of " + known, .found = element});
}

double electron_depth_nm(const particle::Probes& probes, const std::string& element) {
  for (const particle::EdgeDepth& e : probes.edges) {
    if (e.element == element && e.tey_depth_nm > 0) return e.tey_depth_nm;
  }
  return probes.tey_depth_nm;
}

double fluorescence_length_nm(const particle::Probes& probes, const std::string& element) {
  for (const particle::EdgeDepth& e : probes.edges) {
    if (e.element == element && e.fluorescence_length_nm >= 0) return e.fluorescence_length_nm;
  }
  return element == "O" ? probes.rixs_length_nm : probes.pfy_length_nm;
}

double density_g_per_cm3(const particle::Model& model) { return 1e-3 * model.grain.density_kg_per_m3; }

// From the surface inwards; layers end halfway between nodes.
ValenceProfile valence_profile(const particle::Profile& grain, std::size_t cation) {
  ValenceProfile out;
  const double surface = grain.radius_nm.back();
  for (std::size_t i = grain.radius_nm.size(); i-- > 0;) {
    out.valence.push_back(grain.valence.at(cation)[i]);
    if (i > 0) out.depth_nm.push_back(surface - 0.5 * (grain.radius_nm[i] + grain.radius_nm[i - 1]));
  }
  return out;
}

std::vector<double> scan_energies(const std::string& element) {
  std::vector<double> energy;
  const double from = material::edge_eV(element, "L3") - below_eV;
  const auto points = static_cast<int>((material::edge_eV(element, "L2") + above_eV - from) / mesh_eV);
  // Whole steps of 1e-6 eV, so that a file of it holds the same energies.
  constexpr double digits = 1e6;
  for (int i = 0; i <= points; ++i) energy.push_back(std::round((from + mesh_eV * i) * digits) / digits);
  return energy;
}

std::vector<ReferenceCurve> all_references(const std::string& element, core::Progress& progress) {
  const std::vector<double> energy = scan_energies(element);
  std::vector<ReferenceCurve> out;
  for (const multiplet::Reference& r : multiplet::references()) {
    if (r.ion.element == element) out.push_back(computed_reference(r.ion, energy, usual_strength_eV, progress));
  }
  if (out.empty()) {
    throw core::UsageError({.what = fmt::format("there are no computed references of {}", element),
                            .expected = "Mn, Co or Ni",
                            .found = element});
  }
  return out;
}

// What each grain counts, adding up to 1.
std::vector<double> grain_weights(const probe::Scene& scene, const result::DepthKernel& kernel) {
  std::vector<double> out;
  double sum = 0;
  for (std::size_t g = 0; g < scene.mark.grains.size(); ++g) {
    const particle::Profile& grain = scene.mark.grains[g];
    out.push_back(kernel.grain_weight(grain.nodes(), scene.run.weight.at(g)));
    sum += out.back();
  }
  for (double& w : out) w /= sum;
  return out;
}

}  // namespace

result::DepthKernel kernel_in(const particle::Model& model, const std::string& element, Yield yield,
                              const SightSettings& settings) {
  result::DepthKernel out{.element = element};
  if (yield == Yield::electrons) {
    out.law = result::DepthLaw::surface;
    out.length_nm = settings.escape_nm.value_or(electron_depth_nm(model.probes, element));
    out.overlayer_nm = model.probes.overlayer_nm;
    out.incidence_deg = settings.incidence_deg;
    out.attenuation_per_nm = 1 / material::attenuation_length_nm(model.composition, density_g_per_cm3(model),
                                                                 material::edge_eV(element, "L2") + above_eV);
  } else if (yield == Yield::fluorescence) {
    out.length_nm = fluorescence_length_nm(model.probes, element);
    if (out.length_nm > 0) out.law = result::DepthLaw::fluorescence;
  }
  return out;
}

double seen_valence(const probe::Scene& scene, const std::string& element, const result::DepthKernel& kernel) {
  const std::size_t cation = cation_of(scene.model, element);
  const std::vector<double> share = grain_weights(scene, kernel);
  double mean = 0;
  for (std::size_t g = 0; g < share.size(); ++g) {
    const particle::Profile& grain = scene.mark.grains[g];
    const std::vector<double> weight = kernel.weights(grain.nodes());
    for (std::size_t i = 0; i < weight.size(); ++i) mean += share[g] * weight[i] * grain.valence.at(cation)[i];
  }
  return mean;
}

Yields particle_yields(const probe::Scene& scene, const std::string& element, const SightSettings& settings,
                       core::Progress& progress) {
  const std::size_t cation = cation_of(scene.model, element);
  const std::vector<ReferenceCurve> references = all_references(element, progress);
  const result::DepthKernel surface = kernel_in(scene.model, element, Yield::electrons, settings);
  const result::DepthKernel bulk = kernel_in(scene.model, element, Yield::fluorescence, settings);
  Sample sample{.composition = scene.model.composition,
                .density_g_per_cm3 = density_g_per_cm3(scene.model),
                .element = element,
                .edge = "L2,3",
                .profile = {.depth_nm = {}, .valence = {seen_valence(scene, element, bulk)}},
                .escape = {.escape_nm = surface.length_nm, .incidence_deg = settings.incidence_deg},
                .exit_deg = settings.exit_deg};
  // Fluorescence comes from many grains, evenly mixed.
  Yields out = predict_yields(sample, references);
  // Electrons come from each grain's own surface, and through what lies on it.
  const std::vector<double> share = grain_weights(scene, surface);
  out.electrons.assign(out.energy_eV.size(), 0.0);
  for (std::size_t g = 0; g < share.size(); ++g) {
    const particle::Profile& grain = scene.mark.grains[g];
    const double basal = result::basal_share(grain.dimensions, grain.height);
    const auto add = [&](double part) {
      const Yields seen = predict_yields(sample, references);
      for (std::size_t i = 0; i < out.electrons.size(); ++i)
        out.electrons[i] += part * share[g] * surface.transmission() * seen.electrons[i];
    };
    sample.profile = valence_profile(grain, cation);
    add(1 - basal);
    if (!(basal > 0)) continue;
    // A basal face shows every radius alike.
    double mean = 0;
    for (std::size_t i = 0; i < grain.volume.size(); ++i) mean += grain.volume[i] * grain.valence.at(cation)[i];
    sample.profile = {.depth_nm = {}, .valence = {mean}};
    add(basal);
  }
  out.electron_valence = core::Value::exact(seen_valence(scene, element, surface));
  return out;
}

}  // namespace lithoscope::xas
