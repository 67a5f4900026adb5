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

double share_above_nm(double depth_nm, double attenuation_per_nm, const ElectronEscape& escape) {
  require_angle(escape);
  return -std::expm1(-depth_nm * (1 / escape.escape_nm + attenuation_per_nm / sine(escape.incidence_deg)));
}

double overlayer_transmission(double thickness_nm, const ElectronEscape& escape) {
  require_angle(escape);
  return std::exp(-thickness_nm / escape.escape_nm);
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
