// How many independent spectra a series holds (principal components) and whether a reference is among them.
#pragma once

#include <span>
#include <vector>

#include "lithoscope/xas/spectrum.hpp"

namespace lithoscope::xas {

struct Components {
  std::vector<double> energy_eV;             ///< common to all
  std::vector<std::vector<double>> curves;   ///< of unit length, strongest first
  std::vector<double> singular;              ///< values
  std::vector<std::vector<double>> weights;  ///< a spectrum, a component
  std::vector<double> indicator;             ///< Malinowski's IND for 1, 2, ... components; lowest at the likely number
  std::vector<double> reduced_chi_squared;   ///< of what is left after 1, 2, ... components, what the normalisation
                                             ///< fitted taken off; empty without known noise
  std::size_t by_indicator = 0;
  std::size_t by_noise =
      0;  ///< the first number whose rest is noise (reduced chi squared below its 95 % bound); 0 unknown
};

/// Spectra are put on the energies of the first within what all share. Throws UsageError for fewer than 3 spectra or
/// no shared range.
Components principal_components(std::span<const Spectrum> spectra);

/// What of a reference lies outside the space of the first `count` components: root mean square over its own. Small:
/// the reference may be in the series (target transform).
double outside_share(const Components& components, std::size_t count, const Spectrum& reference);

}  // namespace lithoscope::xas
