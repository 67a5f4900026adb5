#include <fmt/format.h>

#include <algorithm>

#include "inference_parts.hpp"

namespace lithoscope::infer {
namespace {

using result::Figure;
using result::Mark;
using result::Plot;
using result::Role;

std::vector<result::Tick> ticks_of(const result::Table& table, std::string_view words, std::string_view group = {}) {
  std::vector<result::Tick> out;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    if (!group.empty() && table.at("group").words()[i] != group) continue;
    std::string label = table.at(words).words()[i];
    if (const auto from = label.find('_'); !group.empty() && from != std::string::npos) label = label.substr(from + 1);
    out.push_back({.at = table.at("place").number(i), .label = label});
  }
  return out;
}

Plot plot(std::string name, Role role, Mark mark, const char* table, const char* y, bool interval) {
  return {
      .name = std::move(name), .role = role, .mark = mark, .table = table, .x = "place", .y = y, .interval = interval};
}

// Of metals by one kind of probe: what was thought before, what is left, what was measured.
Figure metal_figure(const InferenceOutcome& o, const result::Table& table, const std::string& group) {
  const bool surface = group == "surface";
  Figure f{
      .name = "inferred-" + group,
      .title = surface ? "Valences near the surface: measured, and as the joint state has them."
                       : "Valences in the bulk: measured, and as the joint state has them.",
      .caption = fmt::format("Change from \"{}\" to \"{}\", 95 % intervals. Grey: before the data.", o.before, o.after),
      .x_axis = {"element"},
      .y_axis = {"change of valence", "e"}};
  const result::Where where{"group", group};
  const auto add = [&](Plot p, const char* at) {
    p.where = where;
    p.x = at;
    f.plots.push_back(std::move(p));
  };
  add(plot("prior", Role::muted, Mark::open_dots, "implications", "prior", true), "place_prior");
  add(plot("posterior", Role::second, Mark::dots, "implications", "posterior", true), "place");
  add(plot("measured", Role::primary, Mark::dots, "implications", "measured", true), "place_measured");
  f.x_ticks = ticks_of(table, "quantity", group);
  return f;
}

}  // namespace

void add_figures(const InferenceOutcome& o, result::Result& out) {
  if (o.ledger) {
    Figure f{.name = "ledger",
             .title = "Electrons given and taken between the two states.",
             .caption =
                 "Per formula unit, 95 % intervals. In a grain that nothing enters or leaves the sum is zero, whatever "
                 "the probes' depths.",
             .x_axis = {"line of the ledger"},
             .y_axis = {"electrons per formula unit"}};
    f.plots = {plot("median", Role::muted, Mark::bars, "ledger", "electrons", false),
               plot("95 % interval", Role::primary, Mark::dots, "ledger", "electrons", true)};
    f.x_ticks = ticks_of(out.table("ledger"), "line");
    out.figures.push_back(std::move(f));
  }
  const bool surface = std::ranges::any_of(o.changes, [](const MeasuredChange& m) {
    return m.meaning == Meaning::valence && m.law == result::DepthLaw::surface;
  });
  const result::Table& implications = out.table("implications");
  out.figures.push_back(metal_figure(o, implications, surface ? "surface" : "bulk"));
  out.figures.push_back(metal_figure(o, implications, surface ? "bulk" : "surface"));
  Figure p{.name = "processes",
           .title = "How probable each process is after the data.",
           .caption = "Each was given 0.5 before. Artefacts are part of every explanation.",
           .x_axis = {"process"},
           .y_axis = {"probability"}};
  p.plots = {plot("prior", Role::muted, Mark::open_dots, "processes", "prior", false),
             plot("posterior", Role::primary, Mark::bars, "processes", "probability", false)};
  p.x_ticks = ticks_of(out.table("processes"), "short_name");
  out.figures.push_back(std::move(p));
  if (!o.adequacy.empty()) {
    Figure f{.name = "adequacy",
             .title = "How far each value lies from what the joint state gives.",
             .caption = "In standard deviations of both; beyond 2 in one of 20 by chance.",
             .x_axis = {"value, in the order of the table"},
             .y_axis = {"deviation", "standard deviations"}};
    f.plots = {plot("deviation", Role::primary, Mark::dots, "observed_data", "deviation", false)};
    f.plots.front().notes = "value";
    out.figures.push_back(std::move(f));
  }
  const std::string first = "surface_" + o.library.cations.front().element;
  Figure c{.name = "posterior",
           .title = fmt::format("What the data leave of surface {} and of the oxygen feature.",
                                o.library.cations.front().element),
           .caption = "Draws in proportion to their probability; grey: before the data.",
           .x_axis = {"change of valence near the surface", "e"},
           .y_axis = {"change of the oxygen feature", "%"}};
  c.plots = {
      {.name = "prior", .role = Role::muted, .mark = Mark::open_dots, .table = "prior", .x = first, .y = "feature"},
      {.name = "posterior",
       .role = Role::second,
       .mark = Mark::dots,
       .table = "posterior",
       .x = first,
       .y = "feature"}};
  out.figures.push_back(std::move(c));
}

}  // namespace lithoscope::infer
