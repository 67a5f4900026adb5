#include "lithoscope/particle/attenuation.hpp"

#include <algorithm>

#include "lithoscope/material/cross_section.hpp"

namespace lithoscope::particle {

EdgeDepth& edge_of(Probes& probes, const std::string& element) {
  const auto found = std::ranges::find(probes.edges, element, &EdgeDepth::element);
  if (found != probes.edges.end()) return *found;
  return probes.edges.emplace_back(EdgeDepth{element});
}

void fill_attenuation_lengths(Model& model) {
  struct Line {
    const char* element;
    double in_eV, out_eV;
  };
  constexpr Line lines[] = {{"O", 531.0, 523.7}, {"Mn", 645, 637}, {"Co", 785, 776}, {"Ni", 860, 851}};
  for (const Line& line : lines) {
    if (!(model.composition.amount(line.element) > 0)) continue;
    double& length = edge_of(model.probes, line.element).fluorescence_length_nm;
    if (length >= 0) continue;
    length = material::information_length_nm(model.composition, model.grain.density_kg_per_m3 * 1e-3, line.in_eV,
                                             line.out_eV, 90, 90);
  }
}

}  // namespace lithoscope::particle
