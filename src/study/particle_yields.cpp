#include "lithoscope/study/particle_yields.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/material/fluorescence.hpp"
#include "lithoscope/multiplet/references.hpp"

namespace lithoscope::study {

xas::ValenceProfile valence_profile(const particle::Profile& grain, std::size_t cation) {
  xas::ValenceProfile out;
  const double surface = grain.radius_nm.back();
  for (std::size_t i = grain.radius_nm.size(); i-- > 0;) {
    out.valence.push_back(grain.valence.at(cation)[i]);
    if (i > 0) out.depth_nm.push_back(surface - 0.5 * (grain.radius_nm[i] + grain.radius_nm[i - 1]));
  }
  return out;
}

const particle::Mark& mark_of(const particle::Leg& leg, const std::string& step) {
  if (step.empty()) return leg.marks.back();
  std::string known;
  for (const particle::Mark& mark : leg.marks) {
    if (mark.step == step) return mark;
    known += (known.empty() ? "" : ", ") + mark.step;
  }
  throw core::UsageError(
      {.what = fmt::format("no step is called \"{}\"", step), .expected = "one of " + known, .found = step});
}

xas::Yields predict_yields(const ParticleStudy& study, const particle::Mark& mark, const std::string& element,
                           core::Progress& progress) {
  const auto& cations = study.model.ladder.cations;
  const auto cation = std::ranges::find(cations, element, &particle::Cation::element);
  if (cation == cations.end()) {
    std::string known;
    for (const particle::Cation& c : cations) known += (known.empty() ? "" : ", ") + c.element;
    throw core::UsageError(
        {.what = fmt::format("the particle has no {}", element), .expected = "one of " + known, .found = element});
  }
  constexpr double below_eV = 15, above_eV = 30, mesh_eV = 0.1;
  std::vector<double> energy;
  const double from = material::edge_eV(element, "L3") - below_eV;
  const auto points = static_cast<int>((material::edge_eV(element, "L2") + above_eV - from) / mesh_eV);
  for (int i = 0; i <= points; ++i) energy.push_back(from + mesh_eV * i);
  std::vector<xas::ReferenceCurve> references;
  for (const multiplet::Reference& r : multiplet::references()) {
    if (r.ion.element == element)
      references.push_back(xas::computed_reference(r.ion, energy, xas::usual_strength_eV, progress));
  }
  const auto which = static_cast<std::size_t>(cation - cations.begin());
  xas::Sample sample{.composition = study.model.composition,
                     .density_g_per_cm3 = 1e-3 * study.model.grain.density_kg_per_m3,
                     .element = element,
                     .edge = "L2,3",
                     .profile = valence_profile(mark.grains.front(), which),
                     .escape = {.escape_nm = study.model.probes.tey_depth_nm, .incidence_deg = 45},
                     .exit_deg = 45};
  xas::Yields out = xas::predict_yields(sample, references);
  // Fluorescence comes from many grains: what it sees of them is the particle's own observable, evenly mixed.
  sample.profile = {.depth_nm = {}, .valence = {mark.seen.pfy_valence.at(which)}};
  xas::Yields bulk = xas::predict_yields(sample, references);
  out.partial = std::move(bulk.partial);
  out.total = std::move(bulk.total);
  out.partial_valence = bulk.partial_valence;
  return out;
}

}  // namespace lithoscope::study
