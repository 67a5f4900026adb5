// The figures of a map and its spectra.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "maps_parts.hpp"

namespace lithoscope::rixs {

using result::Axis;
using result::Figure;
using result::Mark;
using result::Role;

namespace {

const Axis incident_axis{"incident energy", "eV"};

Axis row_axis(const RixsMap& map) { return {map.is_loss ? "energy loss" : "emission energy", "eV"}; }

std::string title_of(const NamedCurve& named) {
  if (named.kind == "TFY") return "Yield of all emission in the map";
  if (named.kind == "XRF") return "Fluorescence over all incident energies";
  return fmt::format("{} of {}", named.kind, named.curve.name);
}

std::string map_caption(const MapOutcome& one) {
  std::string out =
      fmt::format("{:.0f} photons{}. Square root of the counts a bin of {:g} eV, at equal exposure.", one.map.total(),
                  one.map.pixels > 0 ? fmt::format(" of {} pixels, {} pass{}", one.map.pixels, one.passes.size(),
                                                   one.passes.size() == 1 ? "" : "es")
                                     : std::string{},
                  one.map.emission.width_eV);
  if (one.elastic && one.elastic->significance > 3)
    out += fmt::format(" Elastic light is {} eV wide and {} eV from the diagonal.",
                       core::format_value(one.elastic->fwhm_eV), core::format_value(one.elastic->offset_eV));
  return out;
}

// `when`: "", "before" or "after".
Figure map_figure(const MapsOutcome& outcome, const result::Result& result, const MapOutcome& one,
                  const std::string& when) {
  Figure f{.name = "map" + (when.empty() ? std::string{} : "-" + when),
           .title = when.empty() ? "The map" : (when == "before" ? "Before" : "After"),
           .caption = map_caption(one),
           .x_axis = incident_axis,
           .y_axis = row_axis(one.map),
           .grid = when == "before" ? "map_before" : "map",
           .stretch = result::Stretch::root};
  const auto frame = [&](std::string name, Role role, Mark mark, const std::string& table) {
    if (result.find_table(table) == nullptr) return;
    f.plots.push_back({.name = std::move(name),
                       .role = role,
                       .mark = mark,
                       .table = table,
                       .x = "incident_energy",
                       .y = "emission_energy"});
  };
  frame("elastic: emission = incident", Role::second, Mark::dashed, "diagonal");
  const auto& regions = outcome.request.regions;
  for (std::size_t i = 0; i < regions.size(); ++i) frame(regions[i].name, Role::third, Mark::line, outline_name(i));
  return f;
}

Figure change_figure(const MapsOutcome& outcome) {
  const MapChange& change = outcome.change->map;
  const bool real = change.chance < 0.01;
  return {.name = "map-change",
          .title = real ? fmt::format("What changed most: {:.1f} standard deviations at {:.1f} eV in, {:.1f} eV out",
                                      change.largest, change.largest_incident_eV, change.largest_emission_eV)
                        : "No single place of the map stands out: noise makes as large a change somewhere",
          .caption = fmt::format(
              "Standard deviations of after less {} times before, boxes of the resolution. Noise alone makes one as "
              "large somewhere in the map with a probability of {:.2g}.",
              core::format_value(change.scale), change.chance),
          .x_axis = incident_axis,
          .y_axis = row_axis(outcome.found.map),
          .grid = "map_change",
          .palette = result::Palette::diverging};
}

std::string height_of(const MapsOutcome& outcome, const std::string& kind, bool compared) {
  if (kind == "iPFY") return "inverse yield";
  if (!compared) return "counts at equal exposure";
  const bool polygon = kind == "sPFY";
  if (outcome.request.normalise == Normalise::area)
    return polygon ? "over the area of the total yield" : "normalised to its area";
  if (outcome.request.normalise == Normalise::maximum)
    return polygon ? "over the maximum of the total yield" : "normalised to its maximum";
  return "counts on the scale of " + words(outcome.change->scale.source);
}

result::Plot curve_plot(std::string name, Role role, const std::string& table, const std::string& x,
                        const std::string& y, double offset = 0) {
  return {.name = std::move(name), .role = role, .table = table, .x = x, .y = y, .interval = true, .offset = offset};
}

bool is_compared(const MapsOutcome& outcome, std::size_t which) {
  return outcome.change && which < outcome.change->curves.size();
}

Figure yield_figure(const MapsOutcome& outcome, std::size_t which, const std::string& table) {
  const NamedCurve& named = outcome.found.curves[which];
  const bool compared = is_compared(outcome, which);
  const std::string x = axis_name(named, outcome.found.map.is_loss);
  Figure f{.name = fmt::format("spectrum-{}", which + 1),
           .title = title_of(named),
           .caption = "Bands are 95 % of the counting.",
           .x_axis = over_emission(named) ? row_axis(outcome.found.map) : incident_axis,
           .y_axis = {height_of(outcome, named.kind, compared)}};
  if (!compared) {
    f.plots = {curve_plot(named.kind, Role::primary, table, x, "intensity")};
    return f;
  }
  const CurveChange& change = outcome.change->curves[which];
  f.plots = {curve_plot("before", Role::primary, "difference_" + table, x, "before"),
             curve_plot("after", Role::second, "difference_" + table, x, "after")};
  f.title += " " + change_words(change);
  f.caption +=
      fmt::format(" Chi squared of no change {:.0f} for {} degrees of freedom.", change.chi_squared, change.degrees);
  return f;
}

Figure difference_figure(const MapsOutcome& outcome, std::size_t which, const std::string& table) {
  const NamedCurve& named = outcome.found.curves[which];
  const std::string x = axis_name(named, outcome.found.map.is_loss);
  Figure f{.name = fmt::format("difference-{}", which + 1),
           .title = title_of(named) + ": what is left",
           .caption = "After less before; the band is what counting alone holds at 95 %.",
           .x_axis = over_emission(named) ? row_axis(outcome.found.map) : incident_axis,
           .y_axis = {"difference"}};
  f.plots = {curve_plot("counting, 95 %", Role::muted, "difference_" + table, x, "no_change"),
             curve_plot("after - before", Role::second, "difference_" + table, x, "difference")};
  f.plots.front().mark = Mark::dashed;
  f.plots.back().interval = false;
  return f;
}

double highest(const std::vector<double>& values) {
  double out = 0;
  for (const double v : values) out = std::isfinite(v) ? std::max(out, v) : out;
  return out;
}

// Each above the one below it; before and after on the scale they are compared on.
Figure waterfall_figure(const MapsOutcome& outcome, const std::vector<std::string>& tables) {
  std::vector<std::size_t> cuts;
  double step = 0;
  bool compared = false;
  for (std::size_t i = 0; i < outcome.found.curves.size(); ++i) {
    if (outcome.found.curves[i].kind != "XES") continue;
    cuts.push_back(i);
    compared = compared || is_compared(outcome, i);
    step = std::max(step, highest(is_compared(outcome, i) ? outcome.change->curves[i].before.value
                                                          : outcome.found.curves[i].curve.value));
  }
  Figure f{.name = "emission",
           .title = "Emission at chosen incident energies",
           .caption = "Each lies above the one below by the height of the tallest. Bands are 95 % of the counting.",
           .x_axis = row_axis(outcome.found.map),
           .y_axis = {height_of(outcome, "XES", compared) + ", shifted up"}};
  for (std::size_t k = 0; k < cuts.size(); ++k) {
    const double offset = step * static_cast<double>(k);
    const NamedCurve& named = outcome.found.curves[cuts[k]];
    const std::string &name = named.curve.name, &table = tables[cuts[k]];
    const std::string x = axis_name(named, outcome.found.map.is_loss);
    if (!is_compared(outcome, cuts[k])) {
      f.plots.push_back(curve_plot(name, Role::primary, table, x, "intensity", offset));
      continue;
    }
    f.plots.push_back(curve_plot(name + ", before", Role::primary, "difference_" + table, x, "before", offset));
    f.plots.push_back(curve_plot(name + ", after", Role::second, "difference_" + table, x, "after", offset));
  }
  return f;
}

}  // namespace

void add_figures(const MapsOutcome& outcome, result::Result& out) {
  const MapOutcome& one = outcome.found;
  const std::vector<std::string> tables = curve_tables(one);
  if (outcome.change) {
    out.figures.push_back(change_figure(outcome));
    out.figures.push_back(map_figure(outcome, out, outcome.change->before, "before"));
    out.figures.push_back(map_figure(outcome, out, one, "after"));
  } else {
    out.figures.push_back(map_figure(outcome, out, one, ""));
  }
  bool any_cut = false;
  for (std::size_t i = 0; i < one.curves.size(); ++i) {
    any_cut = any_cut || one.curves[i].kind == "XES";
    if (one.curves[i].kind == "XES") continue;
    out.figures.push_back(yield_figure(outcome, i, tables[i]));
    if (is_compared(outcome, i)) out.figures.push_back(difference_figure(outcome, i, tables[i]));
  }
  if (any_cut) out.figures.push_back(waterfall_figure(outcome, tables));
}

}  // namespace lithoscope::rixs
