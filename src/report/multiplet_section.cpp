#include "lithoscope/report/multiplet_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/study/run.hpp"
#include "multiplet_figures.hpp"

namespace lithoscope::report {

using study::MultipletOutcome;

std::string spin_text(const multiplet::Level& level, int d_electrons) {
  const double spin = 0.5 * (std::sqrt(1 + 4 * level.spin_squared) - 1);
  const double unpaired = d_electrons % 2 == 0 ? 0 : 0.5;
  const double nearest = std::round(spin - unpaired) + unpaired;
  constexpr double mixed = 0.1;
  if (std::abs(spin - nearest) > mixed) return fmt::format("{:.2f}", spin);
  return nearest == std::floor(nearest) ? fmt::format("{:.0f}", nearest) : fmt::format("{:.0f}/2", 2 * nearest);
}

std::vector<std::string> multiplet_answers(const MultipletOutcome& outcome) {
  std::vector<std::string> answers;
  const multiplet::Level& ground = outcome.levels.front();
  answers.push_back(
      fmt::format("{}, d{}: the ground level is {}-fold with spin {} and {:.2f} e_g electrons{}; L3 is highest at "
                  "{:.2f} eV{} and has "
                  "{:.3f} of the strength.",
                  outcome.study.ion.name(), outcome.study.ion.d_electrons, ground.degeneracy,
                  spin_text(ground, outcome.study.ion.d_electrons), ground.e_g_electrons,
                  outcome.study.settings.v_e_g != 0 || outcome.study.settings.v_t_2g != 0
                      ? fmt::format(" of {:.2f} d electrons", ground.d_electrons)
                      : std::string{},
                  outcome.edges.L3_maximum_eV, outcome.study.spectrum.energy_offset == 0 ? " (calculated zero)" : "",
                  outcome.edges.branching_ratio));
  if (!outcome.fit) return answers;
  std::string fitted;
  for (const multiplet::FittedParameter& p : outcome.fit->parameters) {
    const std::string value = std::isfinite(p.value.variance) ? core::format_value(p.value)
                                                              : fmt::format("{:.4g} (undetermined)", p.value.value);
    fitted += fmt::format("{}{} {}{}{}", fitted.empty() ? "" : ", ", p.name, value, p.unit == "1" ? "" : " ",
                          p.unit == "1" ? "" : p.unit);
  }
  answers.push_back(
      fmt::format("Fit: {}{}.", fitted,
                  outcome.study.fit->measured.sigma.empty()
                      ? "; uncertainties from the misfit"
                      : fmt::format("; chi squared {:.3g} per degree of freedom", outcome.fit->reduced_chi_squared)));
  return answers;
}

namespace {

Table level_table(const MultipletOutcome& outcome) {
  Table table{.title = "Levels before the absorption",
              .header = {"energy (eV)", "states", "spin", "e_g electrons", "d electrons", "population"}};
  constexpr std::size_t most = 40;
  for (std::size_t i = 0; i < std::min(most, outcome.levels.size()); ++i) {
    const multiplet::Level& l = outcome.levels[i];
    table.rows.push_back({fmt::format("{:.4f}", l.energy_eV), std::to_string(l.degeneracy),
                          spin_text(l, outcome.study.ion.d_electrons), fmt::format("{:.3f}", l.e_g_electrons),
                          fmt::format("{:.3f}", l.d_electrons), fmt::format("{:.4f}", l.population)});
  }
  if (outcome.levels.size() > most)
    table.title += fmt::format(", the lowest {} of {}; run.nxs has all", most, outcome.levels.size());
  return table;
}

Table fit_table(const MultipletOutcome& outcome) {
  Table table{.title = "Fitted", .header = {"parameter", "value", "95 % interval", "unit"}};
  for (const multiplet::FittedParameter& p : outcome.fit->parameters) {
    constexpr double confidence_95 = 1.959963984540054;
    const double half = confidence_95 * p.value.sigma();
    const bool known = std::isfinite(half);
    table.rows.push_back({p.name, known ? core::format_value(p.value) : fmt::format("{:.4g}", p.value.value),
                          known ? fmt::format("{:.4f} to {:.4f}", p.value.value - half, p.value.value + half) : "–",
                          p.unit == "1" ? "" : p.unit});
    table.row_notes.push_back(p.at_bound ? "at its bound" : known ? "" : "not determined");
  }
  return table;
}

}  // namespace

Report make_report(const MultipletOutcome& outcome) {
  Report report;
  report.program = study::program_version();
  report.title = outcome.study.ion.name() + " L-edge";
  report.asked =
      outcome.fit
          ? fmt::format("Asked: which parameters of {} give the measured L2,3 absorption?", outcome.study.ion.name())
          : fmt::format("Asked: what do the L2,3 absorption{} of {} look like with these parameters?",
                        outcome.scatter ? " and scattering" : "", outcome.study.ion.name());
  report.answers = multiplet_answers(outcome);
  Section absorption{.id = "absorption", .title = "Absorption", .warnings = outcome.warnings};
  if (outcome.fit) {
    absorption.figures.push_back(fit_figure(outcome));
    absorption.tables.push_back(fit_table(outcome));
  }
  absorption.figures.push_back(absorption_figure(outcome));
  if (!outcome.polarised.empty()) absorption.figures.push_back(polarisation_figure(outcome));
  report.sections.push_back(std::move(absorption));
  if (outcome.scatter)
    report.sections.push_back({.id = "scattering", .title = "Scattering", .figures = scattering_figures(outcome)});
  report.sections.push_back({.id = "levels", .title = "Levels", .tables = {level_table(outcome)}});
  report.made.emplace_back("Program", report.program);
  report.made.emplace_back("Determinants before and after",
                           fmt::format("{:.0f} in {} blocks, {:.0f} in {} blocks", outcome.size.ground,
                                       outcome.blocks_ground, outcome.size.core_hole, outcome.blocks_core_hole));
  report.made.emplace_back("Atomic parameters", "Hartree-Fock (Cowan's RCN) times slater_scale and spin_orbit_scale");
  report.made.emplace_back("Settings, every default written out", study::resolved_multiplet_study(outcome.study));
  return report;
}

}  // namespace lithoscope::report
