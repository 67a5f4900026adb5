// How deep a yield sees into the sample: the kernel of what is observed.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "lithoscope/core/settings.hpp"
#include "lithoscope/result/depth_kernel.hpp"
#include "lithoscope/xas/reading.hpp"

namespace lithoscope::xas {

/// Angles are from the surface.
struct SightSettings {
  double incidence_deg = 45, exit_deg = 45;
  std::optional<double> escape_nm;  ///< of the electrons; unset: the middle of the usual range, a particle's own
};
std::span<const core::Setting<SightSettings>> sight_settings_table();

/// Escape depth of electrons in oxides where none is given: the middle of 2 to 5 nm.
inline constexpr double usual_escape_nm = 3.5;

/// What light and electrons go through; nothing is known of it where the formula is empty or the density 0.
struct Matter {
  std::string formula;
  double density_g_per_cm3 = 0;
  bool known() const { return !formula.empty() && density_g_per_cm3 > 0; }
};

/// Electrons: from the surface, with the light's attenuation where the matter is known. Fluorescence: the information
/// length, or the volume where it is not known. Transmission and unknown yields: the volume. Lengths are those at
/// `at_eV`, well above the edge, where no white line shortens them.
result::DepthKernel sight_of(Yield yield, const SightSettings& settings, const Matter& matter,
                             const std::string& element, const std::string& edge, double at_eV);

}  // namespace lithoscope::xas
