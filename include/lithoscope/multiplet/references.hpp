// Computed reference spectra of the ions in layered battery oxides, where measured ones hardly exist.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/multiplet/ion_settings.hpp"

namespace lithoscope::multiplet {

/// Where an ion's spectrum starts from, before anything is fitted.
struct Reference {
  material::Ion ion;
  IonSettings settings;
  SpectrumSettings spectrum;
  double L3_maximum_eV = 0;  ///< usual place of the L3 maximum; beamlines differ by up to 1 eV
  std::string why;
};

/// Mn2+ to Mn4+, Co2+ to Co4+, Ni2+ to Ni4+ in an octahedron of oxygen.
std::span<const Reference> references();
/// Throws UsageError for an ion that has none.
const Reference& reference_of(const material::Ion& ion);

/// Its absorption, computed at the first call and kept; and the settings with the offset that puts the L3 maximum in
/// its usual place.
struct ReferenceSpectrum {
  Absorption absorption;
  SpectrumSettings spectrum;
};
const ReferenceSpectrum& reference_spectrum(const material::Ion& ion, core::Progress& progress);

struct Share {
  material::Ion ion;
  double share = 0;
};
/// Sum of share times isotropic spectrum (1/eV, sum of an ion's sticks is (10 - n_d)/3) at `energy_eV`. Shares are
/// taken as they are. Throws UsageError for a negative one.
std::vector<double> mixture(std::span<const Share> shares, std::span<const double> energy_eV, core::Progress& progress);

}  // namespace lithoscope::multiplet
