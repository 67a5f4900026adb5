#include "lithoscope/report/particle_section.hpp"

#include <fmt/format.h>

#include <cmath>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/material/valence.hpp"
#include "lithoscope/particle/stress.hpp"
#include "lithoscope/study/run.hpp"
#include "particle_figures.hpp"

namespace lithoscope::report {
namespace {

using particle::Leg;

using study::ParticleOutcome;

std::string signed_text(double v, int decimals) {
  if (std::abs(v) < 0.5 * std::pow(10.0, -decimals)) return fmt::format("{:.{}f}", 0.0, decimals);
  std::string text = fmt::format("{:+.{}f}", v, decimals);
  if (text.starts_with('-')) text.replace(0, 1, "\u2212");
  return text;
}

double bulk_change(const particle::Model& model, const particle::Mark& a, const particle::Mark& b) {
  double electrons = 0;
  double metals = 0;
  for (std::size_t k = 0; k < model.ladder.cations.size(); ++k) {
    electrons += model.ladder.cations[k].amount * (b.seen.mean_valence[k] - a.seen.mean_valence[k]);
    metals += model.ladder.cations[k].amount;
  }
  return electrons / metals;
}

std::string branch_answer(const ParticleOutcome& outcome, const Leg& leg) {
  const particle::Model& model = outcome.study.model;
  const particle::Mark& a = particle::start_of(leg);
  const particle::Mark& b = leg.marks.back();
  std::string surface;
  for (std::size_t k = 0; k < model.ladder.cations.size(); ++k) {
    surface += fmt::format("{}{} {}", surface.empty() ? "" : ", ", model.ladder.cations[k].element,
                           signed_text(b.seen.tey_valence[k] - a.seen.tey_valence[k], 3));
  }
  std::string text = fmt::format("{}: the surface's valences change by {}, the bulk's mean by {} e per metal", leg.name,
                                 surface, signed_text(bulk_change(model, a, b), 4));
  if (a.seen.rixs > 0)
    text += fmt::format(", the oxygen feature by {} %", signed_text(100 * (b.seen.rixs / a.seen.rixs - 1), 2));
  const double gas = 0.5 * (b.seen.mean_oxygen_lost - a.seen.mean_oxygen_lost);
  if (gas > 5e-4) text += fmt::format("; {:.3f} O\u2082 per formula unit leave", gas);
  return text + ".";
}

std::string trunk_answer(const ParticleOutcome& outcome) {
  const auto& marks = outcome.run.trunk.marks;
  if (marks.size() < 2) return {};
  const double capacity = material::capacity_mAh_per_g_per_lithium(outcome.study.model.composition);
  const particle::Mark& end = marks.back();
  return fmt::format(
      "After {} the particle has given {:.3f} Li per formula unit ({:.0f} mAh/g); the surface the electron yield sees "
      "is {} Li from the mean.",
      end.step, end.seen.mean_lithium, capacity * end.seen.mean_lithium,
      signed_text(end.seen.tey_lithium - end.seen.mean_lithium, 3));
}

Table state_table(const ParticleOutcome& outcome) {
  const particle::Model& model = outcome.study.model;
  const double capacity = material::capacity_mAh_per_g_per_lithium(model.composition);
  Table table{.title = "The particle at the ends of steps",
              .header = {"after", "time (h)", "x", "mAh/g", "x surf.", "x core", "V surf.", "V core"}};
  for (const particle::Cation& c : model.ladder.cations) table.header.push_back(c.element + " TEY");
  for (const particle::Cation& c : model.ladder.cations) table.header.push_back(c.element + " PFY");
  table.header.insert(table.header.end(), {"holes TEY", "holes", "O lost", "\u03c3 surf. (GPa)", "flaw (nm)"});
  const auto add = [&](const std::string& name, const particle::Mark& m) {
    const particle::Observables& o = m.seen;
    std::vector<std::string> row{name,
                                 fmt::format("{:.2f}", m.time_s / core::seconds_per_hour),
                                 fmt::format("{:.4f}", o.mean_lithium),
                                 fmt::format("{:.1f}", capacity * o.mean_lithium),
                                 fmt::format("{:.4f}", o.surface_lithium),
                                 fmt::format("{:.4f}", o.core_lithium),
                                 fmt::format("{:.4f}", o.surface_V),
                                 fmt::format("{:.4f}", o.core_V)};
    for (const double v : o.tey_valence) row.push_back(fmt::format("{:.4f}", v));
    for (const double v : o.pfy_valence) row.push_back(fmt::format("{:.4f}", v));
    row.push_back(fmt::format("{:.4f}", o.tey_holes));
    row.push_back(fmt::format("{:.4f}", o.mean_holes));
    row.push_back(fmt::format("{:.4f}", o.mean_oxygen_lost));
    const double tension = particle::diffusion_stress(m.grains.back(), model.mechanics).hoop_GPa.back();
    row.push_back(fmt::format("{:.3f}", tension));
    row.push_back(tension > 1e-6 ? fmt::format("{:.0f}", particle::critical_flaw_nm(tension, model.mechanics))
                                 : "\u2013");
    table.rows.push_back(std::move(row));
  };
  for (const particle::Mark& m : outcome.run.trunk.marks) add(m.step, m);
  for (const Leg& leg : outcome.run.branches) {
    for (std::size_t i = 1; i < leg.marks.size(); ++i)
      add(leg.name == leg.marks[i].step ? leg.name : leg.name + ", " + leg.marks[i].step, leg.marks[i]);
  }
  return table;
}

Table scan_table(const particle::ScanResult& scan) {
  constexpr std::size_t most_rows = 200;
  constexpr std::size_t most_results = 8;
  Table table{.title = scan.rows.size() > most_rows
                           ? fmt::format("The scan, first {} of {} runs (all in run.nxs and run.json)", most_rows,
                                         scan.rows.size())
                           : "The scan"};
  for (const particle::ScanAxis& a : scan.scan.axes)
    table.header.push_back(fmt::format("{} ({})", a.parameter, a.unit));
  std::vector<std::size_t> shown;
  for (std::size_t q = 0; q < scan.names.size() && shown.size() < most_results; ++q) {
    const bool told = scan.names[q].find("delta_tey_valence") != std::string::npos ||
                      scan.names[q].find("rixs_change") != std::string::npos ||
                      scan.names[q].find("deviation_") != std::string::npos ||
                      scan.names[q].find("delta_mean_valence") != std::string::npos;
    if (told) shown.push_back(q);
  }
  for (const std::size_t q : shown) table.header.push_back(fmt::format("{} ({})", scan.names[q], scan.units[q]));
  for (const particle::ScanRow& row : scan.rows) {
    if (table.rows.size() == most_rows) break;
    std::vector<std::string> cells;
    for (const double v : row.values) cells.push_back(fmt::format("{:.4g}", v));
    for (const std::size_t q : shown) cells.push_back(row.results.empty() ? "" : fmt::format("{:.4g}", row.results[q]));
    table.rows.push_back(std::move(cells));
    table.row_notes.push_back(row.failure.empty() ? "" : "not used: " + row.failure);
  }
  return table;
}

// Known for the settings it was measured with (docs/particle.md), and finer ones.
std::string accuracy(const particle::Model& model) {
  const bool measured = model.grain.cells >= 80 && model.numerics.tolerance <= 1e-6 &&
                        model.hysteresis.memory != particle::Memory::one_state;
  return measured ? ", the solver's error in x is about 0.0001" : "";
}

}  // namespace

std::vector<std::string> particle_answers(const ParticleOutcome& outcome) {
  std::vector<std::string> answers;
  if (std::string trunk = trunk_answer(outcome); !trunk.empty()) answers.push_back(std::move(trunk));
  for (const Leg& leg : outcome.run.branches) {
    if (!leg.marks.empty()) answers.push_back(branch_answer(outcome, leg));
  }
  return answers;
}

Report make_report(const ParticleOutcome& outcome) {
  Report report;
  report.program = study::program_version();
  report.title = outcome.study.programme.title;
  report.asked =
      "Asked: where do lithium, electrons and oxygen go in this particle under this programme, and what would each "
      "probe see of it?";
  report.answers = particle_answers(outcome);
  Section brief{.id = "brief", .title = "In brief"};
  if (!mild_branches(outcome).empty()) {
    brief.figures.push_back(change_figure(outcome));
    brief.paragraphs.push_back(
        "The numbers follow from the assumptions of the programme file; they carry no error bar of their own. Lithium "
        "and charge are conserved to rounding" +
        accuracy(outcome.study.model) + ". How far the answer moves with the assumptions is what a scan is for.");
  } else {
    brief.figures.push_back(charge_figure(outcome));
  }
  brief.warnings = outcome.warnings;
  report.sections.push_back(std::move(brief));
  Section path{.id = "path", .title = "Through the grain", .figures = radius_time_figures(outcome)};
  if (!path.figures.empty()) report.sections.push_back(std::move(path));
  Section ends{.id = "ends", .title = "Before and after"};
  if (outcome.run.trunk.marks.size() > 1) ends.figures.push_back(profile_figure(outcome));
  for (Figure& figure : ledger_figures(outcome)) ends.figures.push_back(std::move(figure));
  ends.tables.push_back(state_table(outcome));
  report.sections.push_back(std::move(ends));
  if (!outcome.run.trunk.trace.time_s.empty() && !mild_branches(outcome).empty()) {
    report.sections.push_back({.id = "charge", .title = "Charge", .figures = {charge_figure(outcome)}});
  }
  Section heat{.id = "heat", .title = "Heat", .figures = heating_figures(outcome)};
  if (!heat.figures.empty()) report.sections.push_back(std::move(heat));
  if (outcome.scan) {
    report.sections.push_back(
        {.id = "scan", .title = "Scan", .figures = scan_figures(outcome), .tables = {scan_table(*outcome.scan)}});
  }
  report.made.emplace_back("Program", report.program);
  report.made.emplace_back("Programme file", outcome.study.path);
  report.made.emplace_back("Programme, every default written out", study::resolved_particle_study(outcome.study));
  return report;
}

}  // namespace lithoscope::report
