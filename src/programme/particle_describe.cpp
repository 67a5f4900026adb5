// A run of the particle as numbers, tables, maps and observables.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/material/valence.hpp"
#include "lithoscope/particle/stress.hpp"
#include "particle_parts.hpp"

namespace lithoscope::programme {

using particle::Leg;
using particle::Mark;
using result::Shown;
using result::Table;

std::string PlainNames::of(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    if (plain)
      name += c;
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  while (name.ends_with('_')) name.pop_back();
  if (name.empty()) name = "x";
  std::string out = name;
  for (int i = 2; !taken_.insert(out).second; ++i) out = fmt::format("{}_{}", name, i);
  return out;
}

bool NamedLeg::layered() const { return leg->marks.back().seen.mean_oxygen_lost < layered_still; }

bool NamedLeg::loses_oxygen() const { return leg->trace.time_s.size() >= 3 && !layered(); }

std::vector<NamedLeg> legs_of(const particle::Run& run) {
  PlainNames names;
  std::vector<NamedLeg> out{{&run.trunk, names.of("trunk"), true}};
  for (const Leg& leg : run.branches) out.push_back({&leg, names.of(leg.name)});
  std::erase_if(out, [](const NamedLeg& l) { return l.leg->marks.empty(); });
  return out;
}

std::vector<NamedLeg> mild_branches(const particle::Run& run) {
  std::vector<NamedLeg> out = legs_of(run);
  std::erase_if(out, [](const NamedLeg& l) { return l.trunk || !l.layered(); });
  return out;
}

double hottest_K(const Leg& leg) {
  double hottest = 0;
  for (const double T : leg.trace.temperature_K) hottest = std::max(hottest, T);
  return hottest;
}

std::string state_name(const NamedLeg& leg, const Mark& mark) {
  if (leg.trunk || leg.leg->name == mark.step) return mark.step;
  return leg.leg->name + ", " + mark.step;
}

std::string unit_of(std::string_view quantity_unit) {
  const bool pure = quantity_unit == "1" || quantity_unit.find("f.u.") != std::string_view::npos ||
                    quantity_unit.find("cation") != std::string_view::npos;
  return pure ? std::string{} : std::string{quantity_unit};
}

std::string duration_text(double seconds) {
  if (seconds >= 2 * 86400) return fmt::format("{:.3g} d", seconds / 86400);
  if (seconds >= core::seconds_per_hour) return fmt::format("{:.3g} h", seconds / core::seconds_per_hour);
  if (seconds >= 90) return fmt::format("{:.3g} min", seconds / 60);
  return fmt::format("{:.3g} s", seconds);
}

namespace {

// ---- numbers --------------------------------------------------------------------------------------------------------

struct Phrase {
  std::string_view what, words;
};
// Of particle::summary(); an element may follow after a dot.
constexpr std::array phrases{
    Phrase{"delta_tey_valence", "Change of the surface's valence, as the electron yield sees it"},
    Phrase{"delta_pfy_valence", "Change of the bulk's valence, as the fluorescence sees it"},
    Phrase{"delta_mean_valence", "Change of the metals' mean valence"},
    Phrase{"delta_tey_holes", "Change of the oxygen holes that the electron yield sees"},
    Phrase{"delta_holes", "Change of the oxygen holes, volume mean"},
    Phrase{"rixs_change", "Change of the RIXS oxygen feature, relative"},
    Phrase{"delta_tey_lithium", "Change of the lithium extracted that the electron yield sees"},
    Phrase{"delta_core_lithium", "Change of the lithium extracted at the centre"},
    Phrase{"deviation_before", "Lithium extracted that the electron yield sees less the mean, before"},
    Phrase{"deviation_after", "Lithium extracted that the electron yield sees less the mean, after"},
    Phrase{"reservoir", "Electrons that came from outside"},
    Phrase{"oxygen_gas", "Oxygen molecules that left"},
    Phrase{"ledger", "Electrons that the ledger leaves over, rounding"},
    Phrase{"tey_valence", "Valence at the surface, as the electron yield sees it"},
    Phrase{"pfy_valence", "Valence of the bulk, as the fluorescence sees it"},
    Phrase{"tey_deviation", "Lithium extracted that the electron yield sees less the mean"},
    Phrase{"tey_holes", "Oxygen holes that the electron yield sees"},
    Phrase{"holes", "Oxygen holes, volume mean"},
    Phrase{"capacity", "Charge taken out, volume mean"},
    Phrase{"lithium", "Lithium extracted, volume mean"},
    Phrase{"surface_V", "Potential at the surface of the largest grain"},
    Phrase{"core_V", "Potential at the centre of the largest grain"},
    Phrase{"rixs", "Response of the RIXS oxygen feature"},
    Phrase{"time", "Time since the start of the programme"}};

std::string help_of(const std::string& name, const std::string& unit) {
  std::string out = name;
  for (const Phrase& phrase : phrases) {
    const std::string key = fmt::format(".{}", phrase.what);
    const auto at = name.rfind(key);
    if (at == std::string::npos || at == 0) continue;
    const std::string rest = name.substr(at + key.size());
    if (!rest.empty() && rest.front() != '.') continue;
    out =
        fmt::format("{}{}, \"{}\"", phrase.words, rest.empty() ? "" : " (" + rest.substr(1) + ")", name.substr(0, at));
    break;
  }
  if (unit.find("/f.u.") != std::string::npos) out += ", per formula unit";
  if (unit.find("/cation") != std::string::npos) out += ", electrons per cation";
  return out;
}

void add_numbers(const ParticleOutcome& outcome, result::Result& result) {
  PlainNames names;
  for (const particle::Quantity& q : outcome.summary) {
    result.numbers.push_back({.name = names.of(q.name),
                              .unit = unit_of(q.unit),
                              .help = help_of(q.name, q.unit),
                              .value = {q.value, result::not_a_number},
                              .shown = {.hidden = true}});  // the tables show the same, by step
  }
}

// ---- observables ----------------------------------------------------------------------------------------------------

double tey_depth(const particle::Probes& probes, const std::string& element) {
  for (const particle::EdgeDepth& e : probes.edges) {
    if (e.element == element && e.tey_depth_nm > 0) return e.tey_depth_nm;
  }
  return probes.tey_depth_nm;
}

double fluorescence_length(const particle::Probes& probes, const std::string& element) {
  for (const particle::EdgeDepth& e : probes.edges) {
    if (e.element == element && e.fluorescence_length_nm >= 0) return e.fluorescence_length_nm;
  }
  return element == "O" ? probes.rixs_length_nm : probes.pfy_length_nm;
}

result::DepthKernel electrons(const particle::Probes& probes, const std::string& element) {
  return {.law = result::DepthLaw::surface,
          .length_nm = tey_depth(probes, element),
          .overlayer_nm = probes.overlayer_nm,
          .element = element};
}

result::DepthKernel fluorescence(const particle::Probes& probes, const std::string& element) {
  const double length = fluorescence_length(probes, element);
  return {.law = length > 0 ? result::DepthLaw::fluorescence : result::DepthLaw::volume,
          .length_nm = length,
          .element = element};
}

void add_observables(const particle::Model& model, const std::string& state, const Mark& mark, result::Result& result) {
  const auto put = [&](std::string name, std::string help, double value, result::DepthKernel depth) {
    result.observables.push_back({.name = std::move(name),
                                  .state = state,
                                  .help = std::move(help),
                                  .values = {value},
                                  .depth = std::move(depth),
                                  .unusable = "It is computed from assumptions, not measured."});
  };
  for (std::size_t k = 0; k < model.ladder.cations.size(); ++k) {
    const std::string& element = model.ladder.cations[k].element;
    put("valence/" + element + "/electrons", element + " valence, as the electron yield sees it",
        mark.seen.tey_valence[k], electrons(model.probes, element));
    put("valence/" + element + "/fluorescence", element + " valence, as the fluorescence sees it",
        mark.seen.pfy_valence[k], fluorescence(model.probes, element));
  }
  if (model.ladder.oxygen.sites > 0) {
    put("feature/O/rixs", "Response of the RIXS oxygen feature", mark.seen.rixs, fluorescence(model.probes, "O"));
  }
  put("lithium_extracted", "Lithium extracted per formula unit, volume mean", mark.seen.mean_lithium, {});
}

// ---- tables without a home of their own -----------------------------------------------------------------------------

Table legs_table(const ParticleOutcome& outcome) {
  std::vector<std::string> names, titles, after, traces;
  std::vector<double> residual;
  for (const NamedLeg& l : legs_of(outcome.run)) {
    names.push_back(l.name);
    titles.push_back(l.leg->name);
    after.push_back(l.trunk ? "" : l.leg->after.empty() ? "the trunk's end" : l.leg->after);
    traces.push_back(l.has_trace() ? l.trace() : "");
    residual.push_back(particle::ledger(outcome.file.model, l.leg->marks.front(), l.leg->marks.back()).residual());
  }
  return {
      .name = "legs",
      .title = "The trunk and its branches",
      .columns = {result::word_column("leg", "Name in this record", names),
                  result::word_column("title", "Name in the programme file", titles),
                  result::word_column("after", "Where it starts", after),
                  result::word_column("trace", "Its table of the trace in time", traces),
                  result::number_column("ledger_residual", "",
                                        "Electrons per formula unit that the ledger leaves over, rounding", residual)}};
}

Table sizes_table(const particle::Run& run) {
  return {.name = "sizes",
          .title = "Grain sizes",
          .columns = {result::number_column("radius", "nm", "Radius of the grain", run.radius_nm),
                      result::number_column("weight", "", "Share of the volume", run.weight)},
          .axis = "radius",
          .signal = "weight"};
}

Table programme_table(const ProgrammeFile& file) {
  std::vector<std::string> lines;
  const std::string text = resolved_text(file);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return {.name = "programme",
          .title = "The programme, every default written out",
          .columns = {result::word_column("line", "A line of the programme file", std::move(lines))}};
}

}  // namespace

Table ends_table(const ParticleOutcome& outcome) {
  const particle::Model& model = outcome.file.model;
  std::vector<std::pair<NamedLeg, const Mark*>> ends;
  for (const NamedLeg& l : legs_of(outcome.run)) {
    // A branch starts from a mark of the trunk.
    for (std::size_t i = l.trunk ? 0 : 1; i < l.leg->marks.size(); ++i) ends.emplace_back(l, &l.leg->marks[i]);
  }
  Table table{.name = "ends", .title = "The particle at the ends of steps"};
  std::vector<std::string> after, legs;
  for (const auto& [leg, mark] : ends) {
    after.push_back(state_name(leg, *mark));
    legs.push_back(leg.name);
  }
  table.columns.push_back(result::word_column("after", "Step that has ended", after));
  table.columns.push_back(result::word_column("leg", "The trunk or a branch", legs));
  table.columns.back().shown.hidden = true;
  const auto put = [&](std::string name, std::string unit, std::string help, Shown shown, const auto& value) {
    std::vector<double> values;
    for (const auto& end : ends) values.push_back(value(*end.second));
    table.columns.push_back(result::number_column(std::move(name), std::move(unit), std::move(help), values));
    table.columns.back().shown = std::move(shown);
  };
  const double capacity = material::capacity_mAh_per_g_per_lithium(model.composition);
  put("time", "s", "Time since the start of the programme", {.unit = "h"}, [](const Mark& m) { return m.time_s; });
  put("temperature", "K", "Temperature of the step", {.unit = "degC", .hidden = true},
      [](const Mark& m) { return m.temperature_K; });
  put("lithium_extracted", "", "Lithium extracted per formula unit, volume mean", {.name = "x"},
      [](const Mark& m) { return m.seen.mean_lithium; });
  put("capacity", "mAh/g", "Charge taken out, volume mean", {.digits = 4},
      [=](const Mark& m) { return capacity * m.seen.mean_lithium; });
  put("tey_lithium_extracted", "", "Lithium extracted per formula unit that the electron yield sees", {.hidden = true},
      [](const Mark& m) { return m.seen.tey_lithium; });
  put("surface_lithium_extracted", "", "Lithium extracted per formula unit at the surface of the largest grain",
      {.name = "x surf."}, [](const Mark& m) { return m.seen.surface_lithium; });
  put("core_lithium_extracted", "", "Lithium extracted per formula unit at the centre of the largest grain",
      {.name = "x core"}, [](const Mark& m) { return m.seen.core_lithium; });
  put("surface_potential", "V", "Potential at the surface of the largest grain", {.name = "surf."},
      [](const Mark& m) { return m.seen.surface_V; });
  put("core_potential", "V", "Potential at the centre of the largest grain", {.name = "core"},
      [](const Mark& m) { return m.seen.core_V; });
  const auto& cations = model.ladder.cations;
  for (std::size_t k = 0; k < cations.size(); ++k) {
    put("tey_valence_" + cations[k].element, "", cations[k].element + " valence that the electron yield sees",
        {.name = cations[k].element + " TEY"}, [k](const Mark& m) { return m.seen.tey_valence[k]; });
  }
  for (std::size_t k = 0; k < cations.size(); ++k) {
    put("pfy_valence_" + cations[k].element, "", cations[k].element + " valence that the fluorescence sees",
        {.name = cations[k].element + " PFY"}, [k](const Mark& m) { return m.seen.pfy_valence[k]; });
  }
  for (std::size_t k = 0; k < cations.size(); ++k) {
    put("mean_valence_" + cations[k].element, "", cations[k].element + " valence, volume mean", {.hidden = true},
        [k](const Mark& m) { return m.seen.mean_valence[k]; });
  }
  put("tey_holes", "", "Oxygen holes per formula unit that the electron yield sees", {.name = "holes TEY", .digits = 4},
      [](const Mark& m) { return m.seen.tey_holes; });
  put("holes", "", "Oxygen holes per formula unit, volume mean", {.digits = 4},
      [](const Mark& m) { return m.seen.mean_holes; });
  if (model.reservoir.depth_nm > 0) {
    put("reservoir", "", "Electrons per formula unit that came from outside, volume mean",
        {.name = "e\u207b outside", .digits = 4}, [](const Mark& m) { return m.seen.mean_reservoir; });
  }
  if (model.dimers.rate_per_s > 0) {
    put("paired", "", "Share of the oxygen holes that have paired", {.digits = 3},
        [](const Mark& m) { return m.seen.paired; });
  }
  put("oxygen_lost", "", "Oxygen atoms lost per formula unit, volume mean", {.name = "O lost", .digits = 4},
      [](const Mark& m) { return m.seen.mean_oxygen_lost; });
  put("rixs", "", "Response of the RIXS oxygen feature", {.hidden = true}, [](const Mark& m) { return m.seen.rixs; });
  put("tey_transmission", "", "Share of the electrons that escape through the overlayer", {.hidden = true},
      [](const Mark& m) { return m.seen.tey_transmission; });
  const auto tension = [&](const Mark& m) {
    return particle::diffusion_stress(m.grains.back(), model.mechanics).hoop_GPa.back();
  };
  put("surface_stress", "GPa", "Hoop stress at the surface of the largest grain; positive: tension",
      {.name = "\u03c3 surf.", .digits = 3}, tension);
  put("critical_flaw", "nm", "Length of a surface flaw that grows under this tension", {.name = "flaw", .digits = 3},
      [&](const Mark& m) {
        const double t = tension(m);
        constexpr double no_tension_GPa = 1e-6;
        return t > no_tension_GPa ? particle::critical_flaw_nm(t, model.mechanics) : result::not_a_number;
      });
  table.columns.back().gaps = "The surface is not under tension, so no flaw grows.";
  table.brief = {"after",         "time", "lithium_extracted", "surface_lithium_extracted", "surface_potential",
                 "core_potential"};
  for (const particle::Cation& c : cations) table.brief.push_back("tey_valence_" + c.element);
  for (const particle::Cation& c : cations) table.brief.push_back("pfy_valence_" + c.element);
  table.brief.push_back("holes");
  return table;
}

result::Result describe(const ParticleOutcome& outcome) {
  result::Result out;
  out.warnings = outcome.warnings;
  add_numbers(outcome, out);
  const auto append = [&](std::vector<Table> tables) { std::ranges::move(tables, std::back_inserter(out.tables)); };
  append({ends_table(outcome), legs_table(outcome), sizes_table(outcome.run), changes_table(outcome),
          ledger_table(outcome)});
  append(trace_tables(outcome));
  append(profile_tables(outcome));
  if (outcome.scan) append({scan_table(*outcome.scan, outcome.run)});
  append({answer_table(outcome), levers_table(outcome), parameters_table(outcome.file), programme_table(outcome.file)});
  std::erase_if(out.tables, [](const Table& t) { return t.rows() == 0; });
  std::set<std::string> states;
  for (const NamedLeg& l : legs_of(outcome.run)) {
    for (std::size_t i = l.trunk ? 0 : 1; i < l.leg->marks.size(); ++i) {
      const std::string state = state_name(l, l.leg->marks[i]);
      if (states.insert(state).second) add_observables(outcome.file.model, state, l.leg->marks[i], out);
    }
  }
  add_figures(outcome, out);
  add_page(outcome, out);
  return out;
}

}  // namespace lithoscope::programme
