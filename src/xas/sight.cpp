#include "lithoscope/xas/sight.hpp"

#include <array>

#include "lithoscope/material/cross_section.hpp"
#include "lithoscope/xas/electron_yield.hpp"
#include "lithoscope/xas/self_absorption.hpp"

namespace lithoscope::xas {

std::span<const core::Setting<SightSettings>> sight_settings_table() {
  using S = SightSettings;
  using T = core::Setting<S>;
  static const std::array table{
      T{"incidence", "degree", &S::incidence_deg, "Angle of the incident light from the surface", 0.1, 90},
      T{"exit", "degree", &S::exit_deg, "Angle of the fluorescence from the surface", 0.1, 90},
      T{"escape_depth", "nm", &S::escape_nm, "Escape depth of the electrons, for the depth that is seen", 0.1, 100,
        "3.5 nm; that of the particle in a twin"}};
  return table;
}

result::DepthKernel sight_of(Yield yield, const SightSettings& settings, const Matter& matter,
                             const std::string& element, const std::string& edge, double at_eV) {
  const material::Composition composition =
      matter.known() ? material::parse_formula(matter.formula) : material::Composition{};
  if (yield == Yield::electrons) {
    const double light_per_nm =
        matter.known() ? 1 / material::attenuation_length_nm(composition, matter.density_g_per_cm3, at_eV) : 0;
    result::DepthKernel out =
        kernel_of({.escape_nm = settings.escape_nm.value_or(usual_escape_nm), .incidence_deg = settings.incidence_deg},
                  light_per_nm);
    out.element = element;
    return out;
  }
  result::DepthKernel out{.element = element};
  const bool has = matter.known() && composition.amount(element) > 0 && !edge.empty();
  if (yield != Yield::fluorescence || !has) return out;
  const double line_eV = strongest_line_eV(composition, element, shells_of(edge));
  out.law = result::DepthLaw::fluorescence;
  out.length_nm = material::information_length_nm(composition, matter.density_g_per_cm3, at_eV, line_eV,
                                                  settings.incidence_deg, settings.exit_deg);
  return out;
}

}  // namespace lithoscope::xas
