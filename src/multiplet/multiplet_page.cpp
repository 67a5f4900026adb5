// What a solved ion says in words.
#include <fmt/format.h>

#include <cmath>

#include "multiplet_parts.hpp"

namespace lithoscope::multiplet {
namespace {

std::string ground_answer(const MultipletOutcome& outcome) {
  const Level& ground = outcome.levels.front();
  return fmt::format(
      "{}, d{}: the ground level is {}-fold with spin {} and {:.2f} e_g electrons{}; L3 is highest at "
      "{:.2f} eV{} and has "
      "{:.3f} of the strength.",
      outcome.study.ion.name(), outcome.study.ion.d_electrons, ground.degeneracy,
      spin_text(ground, outcome.study.ion.d_electrons), ground.e_g_electrons,
      outcome.study.settings.v_e_g != 0 || outcome.study.settings.v_t_2g != 0
          ? fmt::format(" of {:.2f} d electrons", ground.d_electrons)
          : std::string{},
      outcome.edges.L3_maximum_eV, outcome.study.spectrum.energy_offset == 0 ? " (calculated zero)" : "",
      outcome.edges.branching_ratio);
}

std::string fit_answer(const MultipletOutcome& outcome) {
  std::string fitted;
  for (const FittedParameter& p : outcome.fit->parameters) {
    const std::string value = std::isfinite(p.value.variance) ? core::format_value(p.value)
                                                              : fmt::format("{:.4g} (undetermined)", p.value.value);
    fitted += fmt::format("{}{} {}{}{}", fitted.empty() ? "" : ", ", p.name, value, p.unit == "1" ? "" : " ",
                          p.unit == "1" ? "" : p.unit);
  }
  return fmt::format("Fit: {}{}.", fitted,
                     outcome.study.fit->measured.sigma.empty()
                         ? "; uncertainties from the misfit"
                         : fmt::format("; chi squared {:.3g} per degree of freedom", outcome.fit->reduced_chi_squared));
}

void add_sections(const MultipletOutcome& outcome, result::Result& result) {
  result::Section absorption{.title = "Absorption"};
  if (outcome.fit) {
    absorption.figures.emplace_back("fit");
    absorption.tables.emplace_back("fit");
  }
  absorption.figures.emplace_back("absorption");
  if (!outcome.polarised.empty()) absorption.figures.emplace_back("polarisation");
  result.sections.push_back(std::move(absorption));
  if (outcome.scatter) {
    result::Section scattering{.title = "Scattering", .figures = {"scattering-cut"}};
    for (const std::string& channel : outcome.scatter->channels) scattering.figures.push_back("scattering-" + channel);
    result.sections.push_back(std::move(scattering));
  }
  result.sections.push_back({.title = "Levels", .tables = {"levels"}});
}

}  // namespace

void add_page(const MultipletOutcome& outcome, result::Result& result) {
  const std::string ion = outcome.study.ion.name();
  result.asked = outcome.fit
                     ? fmt::format("Asked: which parameters of {} give the measured L2,3 absorption?", ion)
                     : fmt::format("Asked: what do the L2,3 absorption{} of {} look like with these parameters?",
                                   outcome.scatter ? " and scattering" : "", ion);
  result.answers.push_back(ground_answer(outcome));
  if (outcome.fit) result.answers.push_back(fit_answer(outcome));
  result.remarks.push_back(fmt::format("Determinants before and after: {:.0f} in {} blocks, {:.0f} in {} blocks.",
                                       outcome.size.ground, outcome.blocks_ground, outcome.size.core_hole,
                                       outcome.blocks_core_hole));
  result.remarks.emplace_back("Atomic parameters: Hartree-Fock (Cowan's RCN) times slater_scale and spin_orbit_scale.");
  add_sections(outcome, result);
}

}  // namespace lithoscope::multiplet
