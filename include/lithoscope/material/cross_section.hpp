// How far X-rays go in a material (xraylib's tables, with their edges where they belong).
#pragma once

#include "lithoscope/material/composition.hpp"

namespace lithoscope::material {

/// cm2/g at a photon energy from 30 eV to 100 keV: photoelectric absorption after Kissel, whose edges lie at the
/// tabulated edge energies (xraylib's CS_Total has O K at 543 eV instead of 532), plus scattering. Within 2 eV of an
/// edge, where the tables' splines fail or smear, the value is carried over from 2 eV away on the same side, along the
/// power law there. Atomic: white lines are not in it. Throws UsageError outside the range.
double mass_attenuation_cm2_per_g(const Composition& composition, double energy_eV);

/// 1 / (mu rho) in nm. Throws UsageError for a density that is not positive.
double attenuation_length_nm(const Composition& composition, double density_g_per_cm3, double energy_eV);

/// Depth from which a flat, thick sample's fluorescence comes: 1 / (mu(in)/sin(angle in) + mu(out)/sin(angle out)).
double information_length_nm(const Composition& composition, double density_g_per_cm3, double incident_eV,
                             double emitted_eV, double incidence_deg, double exit_deg);

}  // namespace lithoscope::material
