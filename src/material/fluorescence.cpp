#include "lithoscope/material/fluorescence.hpp"

#include <fmt/format.h>
#include <xraylib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <optional>
#include <span>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/material/cross_section.hpp"
#include "table_hole.hpp"

namespace lithoscope::material {
namespace {

struct Shell {
  const char* name;
  int number;
};
constexpr std::array shells{Shell{"K", K_SHELL}, Shell{"L1", L1_SHELL}, Shell{"L2", L2_SHELL}, Shell{"L3", L3_SHELL}};

// Lines of a shell that one detector channel takes together.
struct Family {
  const char* name;
  const char* shell;
  std::array<int, 3> lines;  // 0: none
};
constexpr std::array families{Family{"Ka", "K", {KL2_LINE, KL3_LINE, 0}},    Family{"Kb", "K", {KM3_LINE, KM2_LINE, 0}},
                              Family{"Lb", "L2", {L2M4_LINE, 0, 0}},         Family{"Ln", "L2", {L2M1_LINE, 0, 0}},
                              Family{"La", "L3", {L3M5_LINE, L3M4_LINE, 0}}, Family{"Ll", "L3", {L3M1_LINE, 0, 0}}};

int atomic_number(const std::string& element) {
  const int Z = SymbolToAtomicNumber(element.c_str(), nullptr);
  if (Z > 0) return Z;
  throw core::UsageError({.what = "no such element", .expected = "a symbol such as Mn", .found = element});
}

int shell_number(const std::string& shell) {
  const auto found = std::ranges::find_if(shells, [&](const Shell& s) { return shell == s.name; });
  if (found != shells.end()) return found->number;
  throw core::UsageError({.what = "no such shell", .expected = "K, L1, L2 or L3", .found = shell});
}

// A value of xraylib's, or none where its tables end.
template <class F, class... Arguments>
std::optional<double> tabulated(const F& function, Arguments... arguments) {
  xrl_error* error = nullptr;
  const double value = function(arguments..., &error);
  if (error == nullptr) return value;
  xrl_clear_error(&error);
  return std::nullopt;
}

}  // namespace

double edge_eV(const std::string& element, const std::string& shell) {
  const auto keV = tabulated(EdgeEnergy, atomic_number(element), shell_number(shell));
  if (keV && *keV > 0) return 1e3 * *keV;
  throw core::UsageError({.what = fmt::format("{} has no {} edge", element, shell),
                          .expected = "a shell the element has",
                          .found = shell});
}

double shell_absorption_cm2_per_g(const std::string& element, const std::string& shell, double energy_eV) {
  const double edge = edge_eV(element, shell);
  if (energy_eV < edge) return 0;
  constexpr double guard_eV = 2;
  const int Z = atomic_number(element);
  const int number = shell_number(shell);
  const auto at = [&](double eV) { return tabulated(CS_Photo_Partial, Z, number, 1e-3 * eV); };
  if (energy_eV - edge > guard_eV) {
    if (const auto value = without_hole(at, energy_eV)) return *value;
  }
  const double near = edge + guard_eV;
  const double far = edge + 2.5 * guard_eV;
  const auto at_near = at(near);
  const auto at_far = at(far);
  if (!at_near || !at_far) {
    throw core::UsageError(
        {.what = fmt::format("xraylib has no absorption by {} {} at {} eV", element, shell, energy_eV),
         .expected = "an energy inside its tables",
         .found = fmt::format("{} eV", energy_eV)});
  }
  return *at_near * std::pow(energy_eV / near, std::log(*at_far / *at_near) / std::log(far / near));
}

double mass_fraction(const Composition& composition, const std::string& element) {
  const double amount = composition.amount(element);
  return amount * AtomicWeight(atomic_number(element), nullptr) / composition.molar_mass_g_per_mol;
}

std::vector<GroupMember> line_group(const std::string& element, const std::string& group) {
  struct Shells {
    int line, upper, lower;
  };
  static constexpr std::array shells_of{Shells{KL3_LINE, K_SHELL, L3_SHELL},   Shells{KL2_LINE, K_SHELL, L2_SHELL},
                                        Shells{KM3_LINE, K_SHELL, M3_SHELL},   Shells{KM2_LINE, K_SHELL, M2_SHELL},
                                        Shells{L2M4_LINE, L2_SHELL, M4_SHELL}, Shells{L2M1_LINE, L2_SHELL, M1_SHELL},
                                        Shells{L3M5_LINE, L3_SHELL, M5_SHELL}, Shells{L3M4_LINE, L3_SHELL, M4_SHELL},
                                        Shells{L3M1_LINE, L3_SHELL, M1_SHELL}};
  const int Z = atomic_number(element);
  const auto family = std::ranges::find_if(families, [&](const Family& f) { return group == f.name; });
  if (family == families.end())
    throw core::UsageError({.what = "no such group of lines", .expected = "Ka, Kb, La, Lb, Ll or Ln", .found = group});
  std::vector<GroupMember> out;
  double sum = 0;
  for (const int line : family->lines) {
    const auto of = std::ranges::find(shells_of, line, &Shells::line);
    if (line == 0 || of == shells_of.end()) continue;
    const auto keV = tabulated(LineEnergy, Z, line);
    const auto rate = tabulated(RadRate, Z, line);
    if (!keV || !rate || *keV <= 0 || *rate <= 0) continue;
    const double width_keV =
        tabulated(AtomicLevelWidth, Z, of->upper).value_or(0) + tabulated(AtomicLevelWidth, Z, of->lower).value_or(0);
    out.push_back({1e3 * *keV, *rate, 1e3 * width_keV});
    sum += *rate;
  }
  for (GroupMember& m : out) m.share /= sum;
  std::ranges::stable_sort(out, std::greater{}, &GroupMember::share);
  return out;
}

std::vector<EmissionLine> emission_lines(const Composition& composition, double incident_eV) {
  std::vector<EmissionLine> out;
  for (const ElementAmount& e : composition.elements) {
    const int Z = atomic_number(e.symbol);
    for (const Family& family : families) {
      const int shell = shell_number(family.shell);
      const auto edge_keV = tabulated(EdgeEnergy, Z, shell);
      if (!edge_keV || *edge_keV <= 0 || 1e3 * *edge_keV > incident_eV) continue;
      const double yield = tabulated(FluorYield, Z, shell).value_or(0);
      double rate = 0, energy = 0;
      for (const int line : family.lines) {
        if (line == 0) continue;
        const auto part = tabulated(RadRate, Z, line);
        const auto keV = tabulated(LineEnergy, Z, line);
        if (!part || !keV || *keV <= 0) continue;
        rate += *part;
        energy += *part * 1e3 * *keV;
      }
      constexpr double least_eV = 30;  // where the tables of attenuation begin
      if (!(yield * rate > 0) || energy / rate < least_eV) continue;
      const double centre = energy / rate;
      out.push_back(
          {e.symbol, family.shell, family.name, centre, yield * rate, mass_attenuation_cm2_per_g(composition, centre)});
    }
  }
  const double strongest = out.empty() ? 0 : std::ranges::max(out, {}, &EmissionLine::yield).yield;
  constexpr double negligible = 1e-6;
  std::erase_if(out, [&](const EmissionLine& line) { return line.yield < negligible * strongest; });
  return out;
}

}  // namespace lithoscope::material
