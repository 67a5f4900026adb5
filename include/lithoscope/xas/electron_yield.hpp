// Total electron yield: saturation, layers, and what share of it comes from how deep.
#pragma once

#include <span>
#include <vector>

#include "lithoscope/result/depth_kernel.hpp"
#include "lithoscope/xas/self_absorption.hpp"
#include "lithoscope/xas/spectrum.hpp"

namespace lithoscope::xas {

/// Light comes in under `incidence_deg` from the surface; electrons leave from depth z with exp(-z / escape_nm).
struct ElectronEscape {
  double escape_nm = 3.5;  ///< 2 to 5 nm in oxides; not known better without a measurement
  double incidence_deg = 90;
};

/// Yield over energy: E mu lambda / sin(phi) / (1 + mu lambda / sin(phi)), mu in 1/nm; electrons multiply as the
/// energy.
std::vector<double> electron_yield(std::span<const double> energy_eV, std::span<const double> attenuation_per_nm,
                                   const ElectronEscape& escape);

/// Back: attenuation from a yield on the scale of `electron_yield`. Throws UsageError where a yield reaches saturation.
std::vector<double> attenuation_from_yield(std::span<const double> energy_eV, std::span<const double> yield,
                                           const ElectronEscape& escape);

/// An electron yield of edge one, over the energy, as the absorption it comes from: the tables say how much is absorbed
/// at the last energy and by all else, the density how many nanometres that is, and so how far strong lines are
/// saturated.
Spectrum unsaturated(const Spectrum& yield, const EdgeAbsorption& absorption, double density_g_per_cm3,
                     const ElectronEscape& escape);

/// How deep such a yield sees: the house's kernel.
result::DepthKernel kernel_of(const ElectronEscape& escape, double attenuation_per_nm);

/// Share of the signal from above a depth: 1 - exp(-depth / effective), 1/effective = 1/escape + mu/sin(phi).
double share_above_nm(double depth_nm, double attenuation_per_nm, const ElectronEscape& escape);
/// What a layer on top lets through of the electrons from below it.
double overlayer_transmission(double thickness_nm, const ElectronEscape& escape);

/// Mean of c(z) as the yield sees it, for a profile constant between depths (nm, ascending from 0; the last layer goes
/// on for ever). One value more than depths.
double seen_mean(std::span<const double> depth_nm, std::span<const double> value, double attenuation_per_nm,
                 const ElectronEscape& escape);

}  // namespace lithoscope::xas
