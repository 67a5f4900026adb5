// Sticks and lines as an instrument sees them: Lorentzians of the lifetimes under a Gaussian of the resolution.
#pragma once

#include <span>
#include <vector>

#include "lithoscope/multiplet/spectra.hpp"

namespace lithoscope::multiplet {

/// Intensity per eV at each energy: Voigt profiles of unit area, half width by the hole of each stick.
/// `resolution_eV` is the Gaussian's full width at half maximum, 0 for none.
std::vector<double> isotropic_spectrum(const Absorption& absorption, std::span<const double> energy_eV,
                                       const Lifetimes& lifetimes, double resolution_eV);
std::vector<double> polarised_spectrum(const Absorption& absorption, const Vector3& polarisation,
                                       std::span<const double> energy_eV, const Lifetimes& lifetimes,
                                       double resolution_eV);

/// Against what the scattered light is drawn.
enum class ScatterAxis { energy_loss, emission_energy };

/// Intensity per eV, channel by channel, each incident energies (rows) by `axis_eV`. `half_width_eV` is the final
/// state's Lorentzian (HWHM), `resolution_eV` the spectrometer's Gaussian (FWHM), such as 1.4 eV of a TES array.
std::vector<std::vector<double>> scattering_maps(const Scattering& scattering, ScatterAxis axis,
                                                 std::span<const double> axis_eV, double half_width_eV,
                                                 double resolution_eV);

}  // namespace lithoscope::multiplet
