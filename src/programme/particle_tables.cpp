// Traces, profiles, changes, the ledger and the scan as tables.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "particle_parts.hpp"

namespace lithoscope::programme {

using particle::Mark;
using particle::Profile;
using result::number_column;
using result::Table;

namespace {

// Of a branch that leaves the layered structure: what is in each phase.
void add_phases(const particle::Trace& t, Table& table) {
  std::vector<double> layered, spinel;
  for (std::size_t i = 0; i < t.time_s.size(); ++i) {
    layered.push_back(1 - t.spinel_extent[i]);
    spinel.push_back(t.spinel_extent[i] - t.rock_salt_extent[i]);
  }
  table.columns.push_back(number_column("layered_fraction", "", "Fraction of the cations still layered", layered));
  table.columns.push_back(number_column("spinel_fraction", "", "Fraction of the cations in spinel", spinel));
}

Table trace_table(const NamedLeg& l) {
  const particle::Trace& t = l.leg->trace;
  std::vector<std::int64_t> step;
  for (const std::size_t s : t.step) step.push_back(static_cast<std::int64_t>(s));
  Table table{.name = l.trace(),
              .title = fmt::format("{} in time", l.trunk ? "The trunk" : "The branch \"" + l.leg->name + "\""),
              .axis = "time",
              .signal = "potential"};
  const auto put = [&](const char* name, const char* unit, const char* help, const std::vector<double>& values,
                       result::Shown shown = {}) {
    table.columns.push_back(number_column(name, unit, help, values));
    table.columns.back().shown = std::move(shown);
  };
  put("time", "s", "Time since the start of the programme", t.time_s, {.unit = "h"});
  table.columns.push_back(result::integer_column("step", "Index of the step in its leg, from 0", step));
  put("temperature", "K", "Temperature of the particle", t.temperature_K, {.unit = "degC"});
  put("rate", "1/s", "Lithium extracted per formula unit and time, volume mean", t.rate_per_s);
  put("potential", "V", "Potential of the cell while current flows, of the surface at rest", t.cell_V);
  put("lithium_extracted", "", "Lithium extracted per formula unit, volume mean", t.mean_lithium);
  put("surface_lithium_extracted", "", "Lithium extracted per formula unit at the surface", t.surface_lithium);
  put("core_lithium_extracted", "", "Lithium extracted per formula unit at the centre", t.core_lithium);
  put("slow_down", "", "Factor on the diffusion coefficient", t.slow_down);
  put("spinel_extent", "", "Fraction of the cations that has left the layered structure", t.spinel_extent);
  put("rock_salt_extent", "", "Fraction of the cations in rock salt", t.rock_salt_extent);
  put("shell_thickness", "nm", "Thickness of the reconstructed shell", t.shell_nm);
  put("oxygen_lost", "", "Oxygen atoms lost per formula unit, volume mean", t.oxygen_lost);
  if (l.loses_oxygen()) add_phases(t, table);
  constexpr std::size_t long_record = 10000;
  table.bulk = table.rows() > long_record;
  return table;
}

// Oxygen per kelvin, between rows of different temperature.
Table oxygen_table(const NamedLeg& l) {
  const particle::Trace& t = l.leg->trace;
  std::vector<double> temperature, released;
  for (std::size_t i = 1; i < t.time_s.size(); ++i) {
    if (t.temperature_K[i] == t.temperature_K[i - 1]) continue;
    temperature.push_back(0.5 * (t.temperature_K[i] + t.temperature_K[i - 1]));
    released.push_back(0.5 * (t.oxygen_lost[i] - t.oxygen_lost[i - 1]) / (t.temperature_K[i] - t.temperature_K[i - 1]));
  }
  Table table{.name = "oxygen_" + l.name,
              .title = fmt::format("Oxygen released by \"{}\"", l.leg->name),
              .columns = {number_column("temperature", "K", "Temperature of the particle", temperature),
                          number_column("oxygen_released", "1/K",
                                        "Oxygen molecules released per formula unit and kelvin", released)},
              .axis = "temperature",
              .signal = "oxygen_released"};
  table.columns[0].shown.unit = "degC";
  table.columns[1].shown.unit = "1e-3/K";
  return table;
}

Table profile_table(std::string name, std::string title, const Profile& p, const particle::Ladder& ladder) {
  Table table{.name = std::move(name), .title = std::move(title), .axis = "radius", .signal = "lithium_extracted"};
  const auto put = [&](std::string column, const char* unit, std::string help, const std::vector<double>& values) {
    table.columns.push_back(number_column(std::move(column), unit, std::move(help), values));
  };
  put("radius", "nm", "Distance from the centre of the grain", p.radius_nm);
  std::vector<double> depth;
  for (const double r : p.radius_nm) depth.push_back(p.radius_nm.back() - r);
  put("depth", "nm", "Depth below the surface", depth);
  put("volume_share", "", "Share of the grain's volume that the node stands for", p.volume);
  put("lithium_extracted", "", "Lithium extracted per formula unit", p.lithium);
  put("potential", "V", "Local potential against lithium", p.V);
  for (std::size_t k = 0; k < ladder.cations.size(); ++k) {
    const std::string& element = ladder.cations[k].element;
    put("valence_" + element, "", element + " valence", p.valence[k]);
  }
  put("fresh_holes", "", "Holes per formula unit on fresh oxygen sites", p.fresh_holes);
  put("stabilised_holes", "", "Holes per formula unit on stabilised oxygen sites", p.stabilised_holes);
  put("oxygen_lost", "", "Oxygen atoms lost per formula unit", p.oxygen_lost);
  std::vector<double> holes = p.fresh_holes;
  for (std::size_t i = 0; i < holes.size(); ++i) holes[i] += p.stabilised_holes[i];
  put("holes", "", "Oxygen holes per formula unit", holes);
  if (!p.reservoir.empty()) put("reservoir", "", "Electrons from outside per formula unit", p.reservoir);
  if (!p.stabilised.empty()) put("stabilised_sites", "", "Stabilised oxygen sites per formula unit", p.stabilised);
  if (!p.offset_V.empty()) put("offset", "V", "Offset of the oxygen's level that its memory has built up", p.offset_V);
  return table;
}

// Bars of one place after another, a block of rows for each leg.
struct Bars {
  std::vector<std::string> leg, item, note;
  std::vector<std::int64_t> place;

  void put(const std::string& of, const std::string& what, std::string words) {
    const bool same = !leg.empty() && leg.back() == of;
    place.push_back(same ? place.back() + 1 : 0);
    leg.push_back(of);
    item.push_back(what);
    note.push_back(std::move(words));
  }
};

}  // namespace

std::vector<Table> trace_tables(const ParticleOutcome& outcome) {
  std::vector<Table> out;
  for (const NamedLeg& l : legs_of(outcome.run)) {
    if (l.has_trace()) out.push_back(trace_table(l));
    if (l.loses_oxygen()) out.push_back(oxygen_table(l));
  }
  return out;
}

std::string profile_name(const NamedLeg& leg, std::size_t mark, std::size_t grain) {
  return fmt::format("profile_{}_{:02}_grain_{}", leg.name, mark, grain);
}

std::vector<Table> profile_tables(const ParticleOutcome& outcome) {
  std::vector<Table> out;
  for (const NamedLeg& l : legs_of(outcome.run)) {
    for (std::size_t i = l.trunk ? 0 : 1; i < l.leg->marks.size(); ++i) {
      const Mark& mark = l.leg->marks[i];
      for (std::size_t g = 0; g < mark.grains.size(); ++g) {
        out.push_back(profile_table(
            profile_name(l, i, g),
            fmt::format("A grain of {:.4g} nm after \"{}\"", outcome.run.radius_nm[g], state_name(l, mark)),
            mark.grains[g], outcome.file.model.ladder));
      }
    }
  }
  return out;
}

Table changes_table(const ParticleOutcome& outcome) {
  const particle::Ladder& ladder = outcome.file.model.ladder;
  Bars bars;
  std::vector<double> before, after, change;
  for (const NamedLeg& l : legs_of(outcome.run)) {
    if (l.trunk) continue;
    const particle::Observables& a = particle::start_of(*l.leg).seen;
    const particle::Observables& b = l.leg->marks.back().seen;
    const auto put = [&](const std::string& what, double from, double to) {
      bars.put(l.name, what, fmt::format("{:.4f} to {:.4f}, {:+.5f}", from, to, to - from));
      before.push_back(from);
      after.push_back(to);
      change.push_back(to - from);
    };
    for (std::size_t k = 0; k < ladder.cations.size(); ++k)
      put(ladder.cations[k].element + " surface", a.tey_valence[k], b.tey_valence[k]);
    for (std::size_t k = 0; k < ladder.cations.size(); ++k)
      put(ladder.cations[k].element + " bulk", a.pfy_valence[k], b.pfy_valence[k]);
    if (ladder.oxygen.sites > 0) {
      put("holes surf.", a.tey_holes, b.tey_holes);
      put("holes bulk", a.mean_holes, b.mean_holes);
    }
  }
  return {.name = "changes",
          .title = "What the branches change, and where it is seen",
          .columns = {result::word_column("leg", "The branch", bars.leg),
                      result::word_column("seen", "What changes, and where it is seen", bars.item),
                      result::integer_column("place", "Place in the figure, from 0", bars.place),
                      number_column("before", "", "Valence, or oxygen holes per formula unit, at the start", before),
                      number_column("after", "", "Valence, or oxygen holes per formula unit, at the end", after),
                      number_column("change", "", "Valence, or oxygen holes per formula unit, end less start", change),
                      result::word_column("note", "The change in words", bars.note)},
          .axis = "place",
          .signal = "change"};
}

Table ledger_table(const ParticleOutcome& outcome) {
  const particle::Model& model = outcome.file.model;
  Bars bars;
  std::vector<double> electrons;
  for (const NamedLeg& l : legs_of(outcome.run)) {
    if (l.trunk && l.leg->marks.size() < 2) continue;
    const particle::Ledger ledger = particle::ledger(model, l.leg->marks.front(), l.leg->marks.back());
    const auto put = [&](const std::string& what, double value) {
      bars.put(l.name, what, fmt::format("{:+.5f}", value));
      electrons.push_back(value);
    };
    for (std::size_t k = 0; k < ledger.cations.size(); ++k) put(model.ladder.cations[k].element, ledger.cations[k]);
    put("O holes", ledger.holes);
    put("O lost", ledger.oxygen_lost);
    put("outside", ledger.reservoir);
    put("Li left", ledger.lithium);
  }
  return {.name = "ledger",
          .title = "The ledger: who gave the electrons",
          .columns = {result::word_column("leg", "The trunk or a branch", bars.leg),
                      result::word_column("given_by", "What gave the electrons", bars.item),
                      result::integer_column("place", "Place in the figure, from 0", bars.place),
                      number_column("electrons", "", "Electrons given per formula unit, volume mean", electrons),
                      result::word_column("note", "The electrons in words", bars.note)},
          .axis = "place",
          .signal = "electrons"};
}

Table scan_table(const particle::ScanResult& scan, const particle::Run& run) {
  Table table{.name = "scan", .title = "The scan", .flags = "flags"};
  PlainNames names;
  const std::string flags = names.of("flags");
  for (std::size_t a = 0; a < scan.scan.axes.size(); ++a) {
    std::vector<double> values;
    for (const particle::ScanRow& row : scan.rows) values.push_back(row.values[a]);
    const particle::ScanAxis& axis = scan.scan.axes[a];
    table.columns.push_back(number_column(names.of(axis.parameter), unit_of(axis.unit),
                                          "The parameter " + axis.parameter + " of the run", values));
    table.columns.back().shown = {.name = axis.parameter, .digits = 4};
    table.brief.push_back(table.columns.back().name);
  }
  const std::string first = run.branches.empty() ? "" : run.branches.front().name + ".";
  constexpr std::size_t most_on_page = 8;
  std::size_t shown = 0;
  for (std::size_t q = 0; q < scan.names.size(); ++q) {
    std::vector<double> values;
    for (const particle::ScanRow& row : scan.rows)
      values.push_back(row.results.empty() ? result::not_a_number : row.results[q]);
    const std::string& name = scan.names[q];
    table.columns.push_back(number_column(
        names.of(name), unit_of(scan.units[q]),
        fmt::format("{}{}, at the end of the run", name, scan.units[q] == "1" ? "" : " (" + scan.units[q] + ")"),
        values));
    // What a scan is usually for; the others are in the files.
    const auto has = [&](const char* what) { return name.find(what) != std::string::npos; };
    const bool told = has("delta_tey_valence") || has("rixs_change") || has("deviation_");
    table.columns.back().shown = {
        .name = name, .digits = 4, .hidden = !(told || has("delta_mean_valence")) || shown++ >= most_on_page};
    if (told && !first.empty() && name.starts_with(first)) table.brief.push_back(table.columns.back().name);
  }
  std::vector<std::string> failures;
  for (const particle::ScanRow& row : scan.rows) failures.push_back(row.failure.empty() ? "ok" : row.failure);
  table.columns.push_back(result::word_column(flags, "\"ok\", or why the run failed", failures));
  return table;
}

}  // namespace lithoscope::programme
