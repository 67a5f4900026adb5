// The figures of absorption spectra.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "xas_parts.hpp"

namespace lithoscope::xas {

using result::Figure;
using result::Mark;
using result::Plot;
using result::Role;

namespace {

const Spectrum& normalised(const XasSpectrum& one) { return one.read.normalised.spectrum; }

std::string numbered(const char* name, std::size_t i) { return fmt::format("{}_{}", name, i + 1); }

Plot curve(std::string name, Role role, Mark mark, const std::string& table, const std::string& y) {
  return {.name = std::move(name), .role = role, .mark = mark, .table = table, .x = "energy", .y = y};
}

Figure spectra_figure(const XasOutcome& outcome) {
  Figure f{.name = "spectra",
           .title = fmt::format("{}, normalised", edge_title(normalised(outcome.spectra.front()))),
           .caption = "Bands are 95 % of the noise.",
           .x_axis = energy_axis,
           .y_axis = {"normalised absorption", ""}};
  constexpr std::size_t most = 12;
  for (std::size_t i = 0; i < std::min(most, outcome.spectra.size()); ++i) {
    const Spectrum& s = normalised(outcome.spectra[i]);
    f.plots.push_back(curve(short_name(s), role_of(i), Mark::line, numbered("spectrum", i), "normalised"));
    f.plots.back().interval = outcome.spectra.size() <= 2 && has_noise(s);
  }
  return f;
}

Figure pair_figure(const XasOutcome& outcome, std::size_t k) {
  const XasPair& pair = outcome.pairs[k];
  const Difference& d = pair.difference;
  const std::string table = numbered("difference", k);
  return {.name = fmt::format("spectra-{}", k + 1),
          .title = fmt::format("{}: {}", edge_title(pair.before.spectrum), significance_words(d)),
          .caption = fmt::format("Before is moved by {} eV and scaled by {} to lie on after.",
                                 core::format_value(d.shift_eV), core::format_value(d.scale)),
          .x_axis = energy_axis,
          .y_axis = {"normalised absorption", ""},
          .plots = {curve("before: " + short_name(pair.before.spectrum), Role::primary, Mark::line, table, "before"),
                    curve("after: " + short_name(normalised(outcome.spectra[pair.after])), Role::second, Mark::line,
                          table, "after")}};
}

Figure difference_figure(const XasOutcome& outcome, std::size_t k) {
  const XasPair& pair = outcome.pairs[k];
  const Difference& d = pair.difference;
  const std::string table = numbered("difference", k);
  Figure f{.name = fmt::format("difference-{}", k + 1),
           .title = fmt::format("{}: what changed beyond a shift, a scale and an offset, most at {:.2f} eV",
                                edge_title(pair.before.spectrum), d.largest_eV),
           .caption = fmt::format(
               "After less before. The band is what noise alone would hold at 95 %; the largest run of {:.1f} "
               "eV stands {:.1f} standard deviations out.",
               d.smooth_eV, std::abs(d.largest)),
           .x_axis = energy_axis,
           .y_axis = {"difference of the normalised absorption", ""},
           .plots = {curve("noise, 95 %", Role::muted, Mark::dashed, table, "no_change"),
                     curve("after - before", Role::second, Mark::line, table, "difference")}};
  f.plots.front().interval = true;
  return f;
}

Figure edge_figure(const XasSpectrum& one) {
  const EdgeFit& e = *one.read.normalised.edge;
  return {
      .name = "edge",
      .title = fmt::format("{}: edge at {:.2f} eV, {} high", short_name(one.read.measured), e.e0_eV,
                           core::format_value(e.step)),
      .caption = fmt::format("The line is fitted from {:.1f} to {:.1f} eV of the edge, the polynomial of order {} from "
                             "{:.1f} to {:.1f} eV.",
                             e.pre_from, e.pre_to, e.order, e.post_from, e.post_to),
      .x_axis = energy_axis,
      .y_axis = {"absorption as measured", ""},
      .plots = {curve("measured", Role::primary, Mark::line, "measured_1", "mu"),
                curve("below the edge", Role::muted, Mark::dashed, "measured_1", "below_edge"),
                curve("above the edge", Role::third, Mark::dashed, "measured_1", "above_edge")},
      .bands = {{e.e0_eV + e.pre_from, e.e0_eV + e.pre_to, "pre-edge"},
                {e.e0_eV + e.post_from, e.e0_eV + e.post_to, "post-edge"}}};
}

Figure white_line_figure(const XasSpectrum& one) {
  const WhiteLines& w = *one.white_lines;
  return {.name = "white-lines",
          .title = fmt::format("{}: L3 has {} of the white lines", short_name(normalised(one)),
                               core::format_value(w.branching)),
          .caption = fmt::format(
              "Two arctangent steps at {:.2f} and {:.2f} eV, two thirds and one third high; their half widths {:.2f} "
              "and {:.2f} eV are those of the lines.",
              w.L3_eV, w.L2_eV, w.L3_half_width_eV, w.L2_half_width_eV),
          .x_axis = energy_axis,
          .y_axis = {"normalised absorption", ""},
          .plots = {curve("normalised", Role::primary, Mark::line, "spectrum_1", "normalised"),
                    curve("line and double step", Role::second, Mark::dashed, "spectrum_1", "double_step")}};
}

Figure indicator_figure(const Components& components) {
  return {.name = "components",
          .title = fmt::format("{} components by the indicator{}", components.by_indicator,
                               components.by_noise > 0 ? fmt::format(", {} by the noise", components.by_noise) : ""),
          .caption = "Malinowski's indicator is lowest at the likely number of independent spectra.",
          .x_axis = {"components kept", ""},
          .y_axis = {"log10 of the indicator", ""},
          .plots = {{.name = "indicator",
                     .role = Role::primary,
                     .mark = Mark::dots,
                     .table = "component_numbers",
                     .x = "components",
                     .y = "indicator",
                     .log10_of_y = true}}};
}

}  // namespace

void add_figures(const XasOutcome& outcome, result::Result& result) {
  if (outcome.pairs.empty()) result.figures.push_back(spectra_figure(outcome));
  for (std::size_t k = 0; k < outcome.pairs.size(); ++k) {
    result.figures.push_back(pair_figure(outcome, k));
    result.figures.push_back(difference_figure(outcome, k));
  }
  if (outcome.components) result.figures.push_back(indicator_figure(*outcome.components));
  const XasSpectrum& first = outcome.spectra.front();
  if (first.read.normalised.edge) result.figures.push_back(edge_figure(first));
  if (first.white_lines) result.figures.push_back(white_line_figure(first));
}

}  // namespace lithoscope::xas
