// The figures of a run of the particle, and the derived maps they show.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <tuple>

#include "particle_parts.hpp"

namespace lithoscope::programme {

using result::Figure;
using result::Mark;
using result::Plot;
using result::Result;
using result::Role;

namespace {

Role role_of(std::size_t k) {
  static constexpr std::array roles{Role::second, Role::primary, Role::third, Role::muted};
  return roles[k % roles.size()];
}

// File names of figures have small letters only.
std::string figure_name(const std::string& what, const std::string& leg) {
  std::string name = what + "-" + leg;
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::ranges::replace(name, '_', '-');
  return name;
}

Plot bars_of(const NamedLeg& leg, const std::string& name, Role role, const std::string& table,
             const std::string& column) {
  return {.name = name,
          .role = role,
          .mark = Mark::bars,
          .table = table,
          .x = "place",
          .y = column,
          .where = result::Where{"leg", leg.name},
          .notes = "note"};
}

Figure change_figure(const ParticleOutcome& outcome) {
  const particle::Ladder& ladder = outcome.file.model.ladder;
  Figure figure{.name = "changes",
                .title = "What changes, and where it is seen",
                .caption =
                    "Change from the start of a branch to its end. Valences in electrons per atom: of the surface as "
                    "the electron "
                    "yield sees it, of the bulk as the fluorescence sees it; oxygen holes per formula unit.",
                .x_axis = {"", ""},
                .y_axis = {"change of valence or holes", "e"}};
  double x = 0;
  for (const particle::Cation& c : ladder.cations) figure.x_ticks.push_back({x++, c.element + " surface"});
  for (const particle::Cation& c : ladder.cations) figure.x_ticks.push_back({x++, c.element + " bulk"});
  if (ladder.oxygen.sites > 0) {
    figure.x_ticks.push_back({x++, "holes surf."});
    figure.x_ticks.push_back({x, "holes bulk"});
  }
  std::size_t index = 0;
  for (const NamedLeg& l : mild_branches(outcome.run))
    figure.plots.push_back(bars_of(l, l.leg->name, role_of(index++), "changes", "change"));
  return figure;
}

void add_radius_figures(const ParticleOutcome& outcome, Result& result) {
  std::vector<result::Tick> ticks;
  for (const Stretch& s : drawn_path(outcome.run)) {
    ticks.push_back(
        {static_cast<double>(ticks.size()) + 0.5, fmt::format("{}, {}", s.name, duration_text(s.end_s - s.start_s))});
  }
  bool first = true;
  for (RadiusMap& map : radius_maps(outcome)) {
    result.figures.push_back(
        {.name = map.name,
         .title = map.title,
         .caption = first ? "Centre of the grain at the bottom, surface at the top. Each step of the programme has the "
                            "same width: under "
                            "current it runs with time, at rest with the square root of time."
                          : "Drawn as the map of lithium.",
         .x_axis = {"step of the programme", ""},
         .y_axis = {"radius", "nm"},
         .x_ticks = ticks,
         .grid = map.grid.name});
    result.grids.push_back(std::move(map.grid));
    first = false;
  }
}

Figure profile_figure(const ParticleOutcome& outcome) {
  Figure figure{.name = "profiles",
                .title = "Lithium in the grain before and after",
                .caption =
                    "At the ends of the steps of the trunk (dashed) and of the branches. The electron yield sees the "
                    "last 5 nm or so.",
                .x_axis = {"radius", "nm"},
                .y_axis = {"lithium extracted", "per f.u."}};
  const auto add = [&](const std::string& name, const NamedLeg& leg, std::size_t mark, Role role, Mark drawn) {
    figure.plots.push_back({.name = "after " + name,
                            .role = role,
                            .mark = drawn,
                            .table = profile_name(leg, mark, leg.leg->marks[mark].grains.size() - 1),
                            .x = "radius",
                            .y = "lithium_extracted"});
  };
  const NamedLeg trunk = legs_of(outcome.run).front();
  const auto& marks = trunk.leg->marks;
  const std::size_t shown = std::min<std::size_t>(2, marks.size() - 1);
  for (std::size_t i = marks.size() - shown; i < marks.size(); ++i)
    add(marks[i].step, trunk, i, i + 1 == marks.size() ? Role::primary : Role::muted, Mark::dashed);
  constexpr std::size_t most_branches = 3;
  std::size_t index = 0;
  for (const NamedLeg& l : mild_branches(outcome.run)) {
    if (index < most_branches && l.leg->marks.size() > 1)
      add(l.leg->name, l, l.leg->marks.size() - 1, role_of(index), Mark::line);
    ++index;
  }
  return figure;
}

// Metals and holes over depth before and after a branch, with how deep each probe sees.
void add_depth_figures(const ParticleOutcome& outcome, Result& result) {
  const particle::Model& model = outcome.file.model;
  const NamedLeg trunk = legs_of(outcome.run).front();
  const double radius = outcome.run.radius_nm.back();
  const double shown_nm = std::min(radius, 12 * model.probes.tey_depth_nm);
  constexpr std::size_t most_branches = 3;
  std::size_t drawn = 0;
  for (const NamedLeg& l : mild_branches(outcome.run)) {
    if (drawn == most_branches || l.leg->marks.size() < 2) continue;
    ++drawn;
    const std::size_t grain = l.leg->marks.back().grains.size() - 1;
    // A branch starts from a mark of the trunk.
    std::size_t from = trunk.leg->marks.size() - 1;
    for (std::size_t i = 0; i < trunk.leg->marks.size(); ++i) {
      if (!l.leg->after.empty() && trunk.leg->marks[i].step == l.leg->after) from = i;
    }
    if (result.find_table(profile_name(trunk, from, grain)) == nullptr) continue;
    Figure figure{
        .name = figure_name("depth", l.name),
        .title = fmt::format("Over depth, before and after \"{}\"", l.leg->name),
        .caption = fmt::format("Valences of the metals and oxygen holes per formula unit (shifted up by 3) in the "
                               "largest grain; dashed before, solid after. Shaded: the depth from which 1/e of the "
                               "electrons still escape. Fluorescence sees {}.",
                               model.probes.pfy_length_nm > 0 || !model.probes.edges.empty()
                                   ? "about the whole grain, weakened inward"
                                   : "the whole grain alike"),
        .x_axis = {"depth below the surface", "nm"},
        .y_axis = {"valence; holes + 3", ""},
        .bands = {{0, std::min(model.probes.tey_depth_nm, shown_nm), "electron yield"}}};
    const auto add = [&](const std::string& name, const char* when, const std::string& table, Role role, Mark mark,
                         const std::string& column, double offset) {
      figure.plots.push_back({.name = fmt::format("{} {}", name, when),
                              .role = role,
                              .mark = mark,
                              .table = table,
                              .x = "depth",
                              .y = column,
                              .offset = offset});
    };
    for (const auto& [when, table, mark] :
         {std::tuple{"before", profile_name(trunk, from, grain), Mark::dashed},
          std::tuple{"after", profile_name(l, l.leg->marks.size() - 1, grain), Mark::line}}) {
      for (std::size_t k = 0; k < model.ladder.cations.size(); ++k) {
        const std::string& element = model.ladder.cations[k].element;
        add(element, when, table, role_of(k), mark, "valence_" + element, 0);
      }
      if (model.ladder.oxygen.sites > 0) add("holes", when, table, Role::muted, mark, "holes", 3);
    }
    result.figures.push_back(std::move(figure));
  }
}

// Of the trunk, of branches that stay layered, of those that lose oxygen: each on its own scale.
void add_ledger_figures(const ParticleOutcome& outcome, Result& result) {
  const particle::Model& model = outcome.file.model;
  const auto empty = [&](const std::string& name, const std::string& title) {
    Figure figure{.name = name,
                  .title = title,
                  .caption =
                      "Volume means per formula unit. What metals and oxygen give equals the lithium that left, less "
                      "what lost oxygen leaves behind and what comes from outside; the rest is rounding.",
                  .x_axis = {"", ""},
                  .y_axis = {"electrons given", "per f.u."}};
    double x = 0;
    for (const particle::Cation& c : model.ladder.cations) figure.x_ticks.push_back({x++, c.element});
    for (const char* what : {"O holes", "O lost", "outside", "Li left"}) figure.x_ticks.push_back({x++, what});
    return figure;
  };
  std::array figures{empty("ledger-trunk", "The ledger of the trunk: who gave the electrons"),
                     empty("ledger-mild", "The ledger of the branches: electrons change places"),
                     empty("ledger-hot", "The ledger of branches that lose oxygen")};
  for (const NamedLeg& l : legs_of(outcome.run)) {
    if (l.trunk && l.leg->marks.size() < 2) continue;
    Figure& figure = figures[l.trunk ? 0 : l.layered() ? 1 : 2];
    const double rest = particle::ledger(model, l.leg->marks.front(), l.leg->marks.back()).residual();
    figure.plots.push_back(bars_of(l, fmt::format("{} (rest {:.0e})", l.leg->name, std::abs(rest)),
                                   role_of(figure.plots.size()), "ledger", "electrons"));
  }
  for (Figure& figure : figures) {
    if (!figure.plots.empty()) result.figures.push_back(std::move(figure));
  }
}

Figure charge_figure(const ParticleOutcome& outcome) {
  Figure figure{.name = "charge",
                .title = "Potential along the trunk and the titrations",
                .caption = "Of the cell while current flows, of the surface at rest.",
                .x_axis = {"lithium extracted, mean", "per f.u."},
                .y_axis = {"potential vs Li/Li\u207a", "V"}};
  for (const NamedLeg& l : legs_of(outcome.run)) {
    const bool current = std::ranges::any_of(l.leg->trace.rate_per_s, [](double r) { return r != 0; });
    if (!l.has_trace() || (!l.trunk && !current)) continue;
    figure.plots.push_back({.name = l.leg->name,
                            .role = l.trunk ? Role::primary : Role::second,
                            .table = l.trace(),
                            .x = "lithium_extracted",
                            .y = "potential"});
  }
  return figure;
}

// Extents and oxygen of a branch that heats far enough.
void add_heating_figures(const NamedLeg& l, Result& result) {
  const std::string& title = l.leg->name;
  Figure phases{.name = figure_name("phases", l.name),
                .title = fmt::format("{}: layered to spinel to rock salt", title),
                .caption = "Fractions of the cations, first-order kinetics in what is left.",
                .x_axis = {"temperature", "\u00b0C"},
                .y_axis = {"fraction", ""}};
  const auto add = [&](const char* name, Role role, const char* column) {
    phases.plots.push_back({.name = name, .role = role, .table = l.trace(), .x = "temperature", .y = column});
  };
  add("layered", Role::primary, "layered_fraction");
  add("spinel", Role::second, "spinel_fraction");
  add("rock salt", Role::third, "rock_salt_extent");
  result.figures.push_back(std::move(phases));
  if (result.find_table("oxygen_" + l.name) == nullptr) return;  // all at one temperature
  result.figures.push_back(
      {.name = figure_name("oxygen", l.name),
       .title = fmt::format("{}: {:.3f} O\u2082 per formula unit leave", title,
                            0.5 * l.leg->marks.back().seen.mean_oxygen_lost),
       .caption = "Oxygen released per kelvin, from the balance of cations and oxygen of each phase.",
       .x_axis = {"temperature", "\u00b0C"},
       .y_axis = {"O\u2082 released", "10\u207b\u00b3 per f.u. and K"},
       .plots = {{.name = "O\u2082",
                  .role = Role::second,
                  .table = "oxygen_" + l.name,
                  .x = "temperature",
                  .y = "oxygen_released"}}});
}

void add_scan_figures(const ParticleOutcome& outcome, Result& result) {
  for (ScanMap& map : scan_maps(outcome)) {
    Figure figure{.name = map.name,
                  .title = map.title,
                  .caption = map.caption,
                  .x_axis = {map.x_quantity, map.grid.x.unit},
                  .y_axis = {map.y_quantity, map.grid.y.unit},
                  .grid = map.grid.name};
    map.grid.z.shown.name = map.z_quantity;
    if (map.met.rows() > 0) {
      figure.plots.push_back({.name = "gradient survives the wait, heat removes it, the control does not",
                              .role = Role::second,
                              .mark = Mark::open_dots,
                              .table = map.met.name,
                              .x = map.met.columns[0].name,
                              .y = map.met.columns[1].name});
      result.tables.push_back(std::move(map.met));
    }
    result.figures.push_back(std::move(figure));
    result.grids.push_back(std::move(map.grid));
  }
}

}  // namespace

void add_figures(const ParticleOutcome& outcome, Result& result) {
  const bool changes = !mild_branches(outcome.run).empty();
  if (changes) result.figures.push_back(change_figure(outcome));
  Figure charge = charge_figure(outcome);
  if (!charge.plots.empty()) result.figures.push_back(std::move(charge));
  add_radius_figures(outcome, result);
  if (outcome.run.trunk.marks.size() > 1) {
    result.figures.push_back(profile_figure(outcome));
    add_depth_figures(outcome, result);
  }
  add_tornado(outcome, result);
  add_ledger_figures(outcome, result);
  for (const NamedLeg& l : legs_of(outcome.run)) {
    if (l.loses_oxygen()) add_heating_figures(l, result);
  }
  add_scan_figures(outcome, result);
}

}  // namespace lithoscope::programme
