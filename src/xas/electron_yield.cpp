#include "lithoscope/xas/electron_yield.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "lithoscope/core/errors.hpp"

namespace lithoscope::xas {
namespace {

double sine(double degrees) { return std::sin(degrees * std::numbers::pi / 180); }

void require_angle(const ElectronEscape& escape) {
  if (escape.incidence_deg > 0 && escape.incidence_deg <= 90 && escape.escape_nm > 0) return;
  throw core::UsageError(
      {.what = "electrons cannot escape like this",
       .expected = "an escape depth above 0 nm and an angle above 0 and up to 90 deg from the surface",
       .found = fmt::format("{} nm, {} deg", escape.escape_nm, escape.incidence_deg)});
}

}  // namespace

std::vector<double> electron_yield(std::span<const double> energy_eV, std::span<const double> attenuation_per_nm,
                                   const ElectronEscape& escape) {
  require_angle(escape);
  std::vector<double> out;
  for (std::size_t i = 0; i < energy_eV.size(); ++i) {
    const double s = attenuation_per_nm[i] * escape.escape_nm / sine(escape.incidence_deg);
    out.push_back(energy_eV[i] * s / (1 + s));
  }
  return out;
}

std::vector<double> attenuation_from_yield(std::span<const double> energy_eV, std::span<const double> yield,
                                           const ElectronEscape& escape) {
  require_angle(escape);
  std::vector<double> out;
  for (std::size_t i = 0; i < energy_eV.size(); ++i) {
    const double y = yield[i] / energy_eV[i];
    if (!(y < 1)) {
      throw core::UsageError({.what = fmt::format("the electron yield is saturated at {:.2f} eV", energy_eV[i]),
                              .expected = "less than every electron that is set free",
                              .found = fmt::format("{:.3f} of them", y),
                              .advice = "check the scale of the yield, or assume a smaller escape depth"});
    }
    out.push_back(y / (1 - y) * sine(escape.incidence_deg) / escape.escape_nm);
  }
  return out;
}

Spectrum unsaturated(const Spectrum& yield, const EdgeAbsorption& absorption, double density_g_per_cm3,
                     const ElectronEscape& escape) {
  require_angle(escape);
  constexpr double cm_per_nm = 1e-7;
  const double per_step = absorption.resonant.back();
  const double per_absorption = density_g_per_cm3 * cm_per_nm * escape.escape_nm / sine(escape.incidence_deg);
  const double last = per_absorption * (per_step + absorption.other.back());
  const double scale = last / (1 + last) / (per_step + absorption.other.back());
  Spectrum out = yield;
  for (std::size_t i = 0; i < yield.intensity.size(); ++i) {
    // Electrons per photon over their limit: s / (1 + s).
    const double share = scale * (yield.intensity[i] * per_step + absorption.other[i]);
    if (!(share < 1)) {
      throw core::UsageError({.what = fmt::format("the electron yield is saturated at {:.2f} eV", yield.energy_eV[i]),
                              .expected = "less than every electron that is set free",
                              .found = fmt::format("{:.3f} of them", share),
                              .advice = "check the normalisation, or assume a smaller escape depth"});
    }
    out.intensity[i] = (share / (1 - share) / per_absorption - absorption.other[i]) / per_step;
    const double slope = scale / ((1 - share) * (1 - share) * per_absorption);
    out.variance[i] *= slope * slope;
  }
  return out;
}

result::DepthKernel kernel_of(const ElectronEscape& escape, double attenuation_per_nm) {
  require_angle(escape);
  return {.law = result::DepthLaw::surface,
          .length_nm = escape.escape_nm,
          .incidence_deg = escape.incidence_deg,
          .attenuation_per_nm = attenuation_per_nm};
}

double share_above_nm(double depth_nm, double attenuation_per_nm, const ElectronEscape& escape) {
  return -std::expm1(-depth_nm / kernel_of(escape, attenuation_per_nm).effective_nm());
}

double overlayer_transmission(double thickness_nm, const ElectronEscape& escape) {
  result::DepthKernel kernel = kernel_of(escape, 0);
  kernel.overlayer_nm = thickness_nm;
  return kernel.transmission();
}

double seen_mean(std::span<const double> depth_nm, std::span<const double> value, double attenuation_per_nm,
                 const ElectronEscape& escape) {
  double mean = 0, above = 0;
  for (std::size_t k = 0; k < depth_nm.size(); ++k) {
    const double share = share_above_nm(depth_nm[k], attenuation_per_nm, escape);
    mean += (share - above) * value[k];
    above = share;
  }
  return mean + (1 - above) * value[depth_nm.size()];
}

}  // namespace lithoscope::xas
