#include "lithoscope/material/valence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/errors.hpp"

namespace lithoscope::material {
namespace {

struct UsualValence {
  std::string_view element;
  double valence;
  double least, most;  ///< what it may take to balance the charge
};
constexpr std::array usual_valences{
    UsualValence{"Li", 1, 1, 1}, UsualValence{"Na", 1, 1, 1},   UsualValence{"Mg", 2, 2, 2},
    UsualValence{"Al", 3, 3, 3}, UsualValence{"Ti", 4, 4, 4},   UsualValence{"V", 5, 3, 5},
    UsualValence{"Cr", 3, 3, 3}, UsualValence{"Mn", 4, 2, 4},   UsualValence{"Fe", 3, 2, 3},
    UsualValence{"Co", 3, 2, 4}, UsualValence{"Ni", 2, 2, 4},   UsualValence{"Cu", 2, 2, 2},
    UsualValence{"Zn", 2, 2, 2}, UsualValence{"Zr", 4, 4, 4},   UsualValence{"Nb", 5, 5, 5},
    UsualValence{"Mo", 6, 6, 6}, UsualValence{"Ru", 4, 4, 4},   UsualValence{"Sn", 4, 4, 4},
    UsualValence{"W", 6, 6, 6},  UsualValence{"O", -2, -2, -2}, UsualValence{"F", -1, -1, -1}};
// The element that takes what is left of the charge, the first that is present.
constexpr std::array<std::string_view, 4> balancing{"Ni", "Co", "Mn", "Fe"};

const UsualValence* usual_valence(std::string_view element) {
  const auto* found = std::ranges::find(usual_valences, element, &UsualValence::element);
  return found == usual_valences.end() ? nullptr : found;
}

// Amounts in formulas are rounded by their writers to a percent of an atom.
constexpr double rounding = 0.02;

}  // namespace

std::vector<Valence> pristine_valences(const Composition& composition) {
  std::vector<Valence> valences;
  for (const ElementAmount& e : composition.elements) {
    const UsualValence* usual = usual_valence(e.symbol);
    if (usual == nullptr) {
      throw core::UsageError({.what = "no usual valence is known for " + e.symbol,
                              .expected = "a lithium transition-metal oxide",
                              .found = composition.formula});
    }
    valences.push_back({e.symbol, e.per_formula_unit, usual->valence});
  }
  const double charge = total_charge(valences);
  if (std::abs(charge) < 1e-12) return valences;
  for (const std::string_view element : balancing) {
    const auto found = std::ranges::find(valences, element, &Valence::element);
    if (found == valences.end()) continue;
    const double balanced = found->valence - charge / found->amount;
    const UsualValence& usual = *usual_valence(element);
    if (balanced < usual.least - rounding || balanced > usual.most + rounding) continue;
    found->valence = balanced;
    return valences;
  }
  throw core::UsageError({.what = "the charges of " + composition.formula + " do not balance",
                          .expected = "valences that add up to zero with Li+, O2-, Mn4+, Co3+ and the rest on Ni",
                          .found = fmt::format("{:+.3f} elementary charges left over", charge),
                          .advice = "check the amounts in the formula"});
}

double total_charge(const std::vector<Valence>& valences) {
  double sum = 0;
  for (const Valence& v : valences) sum += v.amount * v.valence;
  return sum;
}

double anion_sites(const Composition& composition) { return composition.amount("O") + composition.amount("F"); }

double cation_capacity(const std::vector<Valence>& valences) {
  double sum = 0;
  for (const Valence& v : valences) {
    const bool redox = std::ranges::find(balancing, v.element) != balancing.end();
    if (redox) sum += v.amount * std::max(0.0, usual_valence(v.element)->most - v.valence);
  }
  return sum;
}

double capacity_mAh_per_g_per_lithium(const Composition& composition) {
  return core::faraday_C_per_mol / 3.6 / composition.molar_mass_g_per_mol;
}

double lattice_density_g_per_cm3(const Composition& composition, double formula_units, double volume_A3) {
  constexpr double avogadro_per_mol = 6.02214076e23;
  return formula_units * composition.molar_mass_g_per_mol / (avogadro_per_mol * volume_A3 * 1e-24);
}

double oxygen_lost_to(OxidePhase phase, double cations, double anions) {
  const double left = phase == OxidePhase::spinel ? cations * 4 / 3 : cations;
  return std::max(0.0, anions - left);
}

Decomposition decompose(const Composition& composition, double lithium_extracted, OxidePhase phase) {
  constexpr double lithium_g_per_mol = 6.94;
  constexpr double oxygen_g_per_mol = 15.999;
  const auto valences = pristine_valences(composition);
  double cations = -lithium_extracted;
  double metals = 0;
  for (const Valence& v : valences) {
    if (v.valence < 0) continue;
    cations += v.amount;
    if (v.element != "Li") metals += v.amount;
  }
  const double anions = anion_sites(composition);
  Decomposition out;
  out.oxygen_lost = oxygen_lost_to(phase, cations, anions);
  out.oxygen_left = anions - out.oxygen_lost;
  out.oxygen_gas = 0.5 * out.oxygen_lost;
  out.mass_loss =
      out.oxygen_lost * oxygen_g_per_mol / (composition.molar_mass_g_per_mol - lithium_extracted * lithium_g_per_mol);
  out.mean_cation_valence =
      (2 * out.oxygen_left - composition.amount("F") - (composition.amount("Li") - lithium_extracted)) / metals;
  return out;
}

}  // namespace lithoscope::material
