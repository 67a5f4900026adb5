// The figures of self-absorption.
#include <fmt/format.h>

#include <algorithm>

#include "selfabs_parts.hpp"

namespace lithoscope::xas {

using result::Figure;
using result::Mark;
using result::Plot;
using result::Role;

namespace {

Plot curve(std::string name, Role role, Mark mark, const char* table, std::string column) {
  return {.name = std::move(name), .role = role, .mark = mark, .table = table, .x = "energy", .y = std::move(column)};
}

Figure correction_figure(const Corrected& c) {
  const bool good = c.verdict.trusted;
  Figure f{.name = "correction",
           .title = good ? fmt::format("Corrected: errors grow at most {:.1f} times, at {:.1f} eV",
                                       c.verdict.amplification, c.verdict.at_eV)
                         : "Refused: this is not a correction to use",
           .caption = good ? "Both with an edge of one." : c.verdict.reason + ".",
           .x_axis = energy_axis,
           .y_axis = {"absorption, edge of one", ""},
           .plots = {curve("fluorescence as measured", Role::primary, Mark::line, "signal", "signal"),
                     curve(good ? "corrected" : "not to be used", good ? Role::second : Role::muted,
                           good ? Mark::line : Mark::dashed, "corrected", "corrected")}};
  f.plots.back().interval = good && has_noise(c.spectrum);
  return f;
}

Figure attenuation_figure(const Spectrum& attenuation) {
  Figure f{.name = "attenuation",
           .title = "Total attenuation from two geometries, without a free parameter",
           .caption = "Over that at the emitted line; the band is 95 % of the noise.",
           .x_axis = energy_axis,
           .y_axis = {"attenuation over that at the line", ""},
           .plots = {curve("attenuation", Role::primary, Mark::line, "attenuation", "attenuation")}};
  f.plots.back().interval = has_noise(attenuation);
  return f;
}

Figure distortion_figure() {
  return {.name = "distortion",
          .title = "What fluorescence makes of this absorption",
          .caption =
              "Partial fluorescence is the edge's own lines, with a step of one as the absorption; total fluorescence "
              "sums every line of every element on the same scale of photons, its level below the edge taken off.",
          .x_axis = energy_axis,
          .y_axis = {"signal, edge of one", ""},
          .plots = {curve("absorption", Role::primary, Mark::line, "signal", "signal"),
                    curve("partial fluorescence", Role::third, Mark::line, "yields", "partial"),
                    curve("total fluorescence", Role::second, Mark::line, "yields", "total")}};
}

// The strongest lines.
Figure line_figure(const SelfAbsorptionOutcome& outcome, const result::Table& table) {
  std::vector<std::size_t> order(outcome.lines.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto top = [&](std::size_t i) { return *std::ranges::max_element(outcome.lines[i].yield); };
  std::ranges::sort(order, std::ranges::greater{}, top);
  constexpr std::size_t most = 4;
  order.resize(std::min(most, order.size()));
  Figure f{.name = "lines",
           .title = "The lines behind it: where the edge absorbs, the others dip",
           .caption =
               "Photons emitted out of the sample into all directions per thousand incident ones; the strongest lines.",
           .x_axis = energy_axis,
           .y_axis = {"photons per thousand", ""}};
  for (const std::size_t i : order) {
    const LineYield& line = outcome.lines[i];
    f.plots.push_back(curve(fmt::format("{} {} ({:.0f} eV)", line.element, line.line, line.energy_eV),
                            role_of(f.plots.size()), Mark::line, "line_yields", table.columns[i + 1].name));
  }
  return f;
}

}  // namespace

void add_figures(const SelfAbsorptionOutcome& outcome, result::Result& result) {
  if (outcome.corrected) result.figures.push_back(correction_figure(*outcome.corrected));
  if (outcome.attenuation) result.figures.push_back(attenuation_figure(*outcome.attenuation));
  if (outcome.partial.empty()) return;
  result.figures.push_back(distortion_figure());
  if (!outcome.lines.empty()) result.figures.push_back(line_figure(outcome, result.table("line_yields")));
}

}  // namespace lithoscope::xas
