// What a run of the particle says in words.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/material/valence.hpp"
#include "particle_parts.hpp"

namespace lithoscope::programme {

std::string signed_text(double v, int decimals) {
  if (std::abs(v) < 0.5 * std::pow(10.0, -decimals)) return fmt::format("{:.{}f}", 0.0, decimals);
  std::string text = fmt::format("{:+.{}f}", v, decimals);
  if (text.starts_with('-')) text.replace(0, 1, "\u2212");
  return text;
}

namespace {

using particle::Leg;

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
  const particle::Model& model = outcome.file.model;
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
  const double capacity = material::capacity_mAh_per_g_per_lithium(outcome.file.model.composition);
  const particle::Mark& end = marks.back();
  return fmt::format(
      "After {} the particle has given {:.3f} Li per formula unit ({:.0f} mAh/g); the surface the electron yield sees "
      "is {} Li from the mean.",
      end.step, end.seen.mean_lithium, capacity * end.seen.mean_lithium,
      signed_text(end.seen.tey_lithium - end.seen.mean_lithium, 3));
}

// Known for the settings it was measured with (docs/particle.md), and finer ones.
std::string accuracy(const particle::Model& model) {
  const bool measured = model.grain.cells >= 80 && model.numerics.tolerance <= 1e-6 &&
                        model.hysteresis.memory != particle::Memory::one_state;
  return measured ? ", the solver's error in x is about 0.0001" : "";
}

std::string how_far(const Assumptions& a) {
  if (a.draws == 0) return "No number has a range, so that nothing says how far the answer moves with the assumptions.";
  std::string out = fmt::format(
      "The intervals are the central 95 % of {} runs in which all {} assumed numbers with a range "
      "were drawn from it",
      a.draws - a.failed, a.levers.size());
  if (a.failed > 0) out += fmt::format("; {} draws could not run", a.failed);
  return out + ".";
}

// Figures whose names begin so.
std::vector<std::string> figures_of(const result::Result& result, std::initializer_list<std::string_view> beginnings) {
  std::vector<std::string> out;
  for (const result::Figure& f : result.figures) {
    if (std::ranges::any_of(beginnings, [&](std::string_view b) { return f.name.starts_with(b); }))
      out.push_back(f.name);
  }
  return out;
}

void add_answers(const ParticleOutcome& outcome, result::Result& result) {
  if (std::string answer = answer_sentence(outcome); !answer.empty()) result.answers.push_back(std::move(answer));
  if (std::string trunk = trunk_answer(outcome); !trunk.empty()) result.answers.push_back(std::move(trunk));
  for (const Leg& leg : outcome.run.branches) {
    if (!leg.marks.empty()) result.answers.push_back(branch_answer(outcome, leg));
  }
}

void add_section(std::string title, std::vector<std::string> figures, std::vector<std::string> tables,
                 result::Result& result) {
  std::erase_if(tables, [&](const std::string& t) { return result.find_table(t) == nullptr; });
  if (figures.empty() && tables.empty()) return;
  result.sections.push_back({.title = std::move(title), .figures = std::move(figures), .tables = std::move(tables)});
}

}  // namespace

void add_page(const ParticleOutcome& outcome, result::Result& result) {
  result.asked =
      "Asked: where do lithium, electrons and oxygen go in this particle under this programme, and what would each "
      "probe see of it?";
  add_answers(outcome, result);
  const bool changes = !mild_branches(outcome.run).empty();
  if (changes) {
    result.confidence.push_back(
        "The numbers follow from the assumptions of the programme file; an interval says how far they move with them, "
        "nothing "
        "measured is in it. Lithium "
        "and charge are conserved to rounding" +
        accuracy(outcome.file.model) + ". " + how_far(outcome.assumptions));
  }
  add_section("In brief", figures_of(result, {changes ? "changes" : "charge"}), {"answer"}, result);
  if (!outcome.doubts.empty())
    result.sections.push_back({.title = "What carries the answer", .paragraphs = outcome.doubts});
  add_section("How far it moves with the assumptions", figures_of(result, {"assumptions-"}), {"levers"}, result);
  add_section("Through the grain", figures_of(result, {"map-"}), {}, result);
  add_section("Over depth", figures_of(result, {"depth-"}), {}, result);
  add_section("Before and after", figures_of(result, {"profiles", "ledger-"}), {"ends"}, result);
  if (changes) add_section("Charge", figures_of(result, {"charge"}), {}, result);
  add_section("Heat", figures_of(result, {"phases-", "oxygen-"}), {}, result);
  if (outcome.scan) add_section("Scan", figures_of(result, {"scan-"}), {"scan"}, result);
  add_section("Where the numbers are from", {}, {"parameters"}, result);
}

}  // namespace lithoscope::programme
