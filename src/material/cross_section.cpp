#include "lithoscope/material/cross_section.hpp"

#include <fmt/format.h>
#include <xraylib.h>

#include <cmath>
#include <numbers>
#include <optional>

#include "lithoscope/core/errors.hpp"
#include "table_hole.hpp"

namespace lithoscope::material {
namespace {

constexpr double least_eV = 30;
constexpr double most_eV = 1e5;
constexpr double edge_guard_eV = 2;

std::optional<double> tabulated_once(int Z, double energy_eV) {
  xrl_error* error = nullptr;
  const double keV = energy_eV * 1e-3;
  double sum = CS_Photo_Total(Z, keV, &error);
  if (error != nullptr) {
    xrl_clear_error(&error);
    return std::nullopt;
  }
  for (const auto& scattering : {CS_Rayl, CS_Compt}) {  // their tables begin at 100 eV, where they do not matter yet
    const double part = scattering(Z, keV, &error);
    if (error == nullptr) sum += part;
    xrl_clear_error(&error);
  }
  return sum;
}

std::optional<double> tabulated(int Z, double energy_eV) {
  return without_hole([&](double eV) { return tabulated_once(Z, eV); }, energy_eV);
}

// The edge of the element within the guard, if any.
std::optional<double> near_edge(int Z, double energy_eV) {
  for (int shell = K_SHELL; shell <= M5_SHELL; ++shell) {
    xrl_error* error = nullptr;
    const double edge_eV = 1e3 * EdgeEnergy(Z, shell, &error);
    if (error == nullptr && std::abs(energy_eV - edge_eV) < edge_guard_eV) return edge_eV;
    xrl_clear_error(&error);
  }
  return std::nullopt;
}

double element_attenuation(int Z, double energy_eV) {
  const auto edge = near_edge(Z, energy_eV);
  if (!edge) {
    if (const auto value = tabulated(Z, energy_eV)) return *value;
  }
  const double centre = edge.value_or(energy_eV);
  const double away = energy_eV < centre ? -1 : 1;
  const double near = centre + away * edge_guard_eV;
  const double far = centre + away * 2.5 * edge_guard_eV;
  const auto at_near = tabulated(Z, near);
  const auto at_far = tabulated(Z, far);
  if (!at_near || !at_far) {
    throw core::UsageError({.what = fmt::format("xraylib has no cross-section of element {} at {} eV", Z, energy_eV),
                            .expected = "an energy inside its tables",
                            .found = fmt::format("{} eV", energy_eV)});
  }
  const double power = std::log(*at_far / *at_near) / std::log(far / near);
  return *at_near * std::pow(energy_eV / near, power);
}

}  // namespace

double mass_attenuation_cm2_per_g(const Composition& composition, double energy_eV) {
  if (!(energy_eV >= least_eV && energy_eV <= most_eV)) {
    throw core::UsageError({.what = "no attenuation is tabulated at this energy",
                            .expected = fmt::format("{} to {} eV", least_eV, most_eV),
                            .found = fmt::format("{} eV", energy_eV)});
  }
  double sum = 0;
  double mass = 0;
  for (const ElementAmount& e : composition.elements) {
    const int Z = SymbolToAtomicNumber(e.symbol.c_str(), nullptr);
    const double grams = e.per_formula_unit * AtomicWeight(Z, nullptr);
    sum += grams * element_attenuation(Z, energy_eV);
    mass += grams;
  }
  return sum / mass;
}

double attenuation_length_nm(const Composition& composition, double density_g_per_cm3, double energy_eV) {
  if (!(density_g_per_cm3 > 0)) {
    throw core::UsageError({.what = "the density is not positive",
                            .expected = "g/cm3 above 0",
                            .found = fmt::format("{}", density_g_per_cm3)});
  }
  constexpr double nm_per_cm = 1e7;
  return nm_per_cm / (mass_attenuation_cm2_per_g(composition, energy_eV) * density_g_per_cm3);
}

double information_length_nm(const Composition& composition, double density_g_per_cm3, double incident_eV,
                             double emitted_eV, double incidence_deg, double exit_deg) {
  constexpr double rad = std::numbers::pi / 180;
  const double in = 1 / attenuation_length_nm(composition, density_g_per_cm3, incident_eV);
  const double out = 1 / attenuation_length_nm(composition, density_g_per_cm3, emitted_eV);
  return 1 / (in / std::sin(incidence_deg * rad) + out / std::sin(exit_deg * rad));
}

}  // namespace lithoscope::material
