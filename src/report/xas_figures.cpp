#include "xas_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "figure_style.hpp"

namespace lithoscope::report {
namespace {

constexpr double two_sided_95 = 1.96;
const Axis energy_axis{"photon energy", "eV"};

Series curve(std::string name, Role role, Mark mark, const std::vector<double>& x, const std::vector<double>& y) {
  return {.name = std::move(name), .role = role, .mark = mark, .x = x, .y = rounded(y)};
}

Role role_of(std::size_t i) {
  constexpr std::array roles{Role::primary, Role::second, Role::third, Role::muted};
  return roles[std::min(i, roles.size() - 1)];
}

// 95 % band about a curve where the noise is known.
void add_band(Series& series, const std::vector<double>& variance) {
  if (std::ranges::none_of(variance, [](double v) { return v > 0; })) return;
  for (std::size_t i = 0; i < series.y.size(); ++i) {
    const double half = two_sided_95 * std::sqrt(variance[i]);
    series.y_low.push_back(rounded(series.y[i] - half));
    series.y_high.push_back(rounded(series.y[i] + half));
  }
}

}  // namespace

std::string short_name(const xas::Spectrum& spectrum) {
  constexpr std::size_t most = 40;
  std::string name = spectrum.name.substr(0, spectrum.name.find('\n'));
  return name.size() > most ? name.substr(0, most - 3) + "..." : name;
}

std::string edge_title(const xas::Spectrum& s) {
  if (s.element.empty()) return "Absorption";
  return s.edge.empty() ? s.element : s.element + " " + s.edge;
}

Figure spectra_figure(const study::XasOutcome& outcome) {
  const xas::Spectrum& first = outcome.spectra.front().normalised.spectrum;
  Figure f{.id = "spectra",
           .title = fmt::format("{}, normalised", edge_title(first)),
           .caption = "Bands are 95 % of the noise.",
           .x_axis = energy_axis,
           .y_axis = {"normalised absorption", ""}};
  constexpr std::size_t most = 12;
  for (std::size_t i = 0; i < std::min(most, outcome.spectra.size()); ++i) {
    const xas::Spectrum& s = outcome.spectra[i].normalised.spectrum;
    f.series.push_back(curve(short_name(s), role_of(i), Mark::line, s.energy_eV, s.intensity));
    if (outcome.spectra.size() <= 2) add_band(f.series.back(), s.variance);
  }
  return f;
}

Figure pair_figure(const study::XasOutcome& outcome, const study::XasPair& pair) {
  const xas::Spectrum& before = outcome.spectra[pair.before].normalised.spectrum;
  const xas::Spectrum& after = outcome.spectra[pair.after].normalised.spectrum;
  const xas::Difference& d = pair.difference;
  return {.id = fmt::format("spectra-{}", pair.before + 1),
          .title = fmt::format("{}: {}", edge_title(before), xas::significance_words(d.significance)),
          .caption = fmt::format("Before is moved by {} eV and scaled by {} to lie on after.",
                                 core::format_value(d.shift_eV), core::format_value(d.scale)),
          .x_axis = energy_axis,
          .y_axis = {"normalised absorption", ""},
          .series = {curve("before: " + short_name(before), Role::primary, Mark::line, d.energy_eV, d.before),
                     curve("after: " + short_name(after), Role::second, Mark::line, d.energy_eV, d.after)}};
}

Figure difference_figure(const study::XasOutcome& outcome, const study::XasPair& pair) {
  const xas::Difference& d = pair.difference;
  Figure f{.id = fmt::format("difference-{}", pair.before + 1),
           .title = fmt::format("{}: what changed beyond a shift, a scale and an offset, most at {:.2f} eV",
                                edge_title(outcome.spectra[pair.before].normalised.spectrum), d.largest_eV),
           .caption = fmt::format(
               "After less before. The band is what noise alone would hold at 95 %; the largest run of {:.1f} "
               "eV stands {:.1f} standard deviations out.",
               d.smooth_eV, std::abs(d.largest)),
           .x_axis = energy_axis,
           .y_axis = {"difference of the normalised absorption", ""}};
  Series zero =
      curve("noise, 95 %", Role::muted, Mark::dashed, d.energy_eV, std::vector<double>(d.energy_eV.size(), 0.0));
  std::vector<double> variance;
  for (const double s : d.sigma) variance.push_back(s * s);
  add_band(zero, variance);
  f.series = {std::move(zero), curve("after - before", Role::second, Mark::line, d.energy_eV, d.difference)};
  return f;
}

Figure edge_figure(const study::XasSpectrumOutcome& one) {
  const xas::Spectrum& s = one.measured;
  const xas::EdgeFit& e = *one.normalised.edge;
  return {
      .id = "edge",
      .title = fmt::format("{}: edge at {:.2f} eV, {} high", short_name(s), e.e0_eV, core::format_value(e.step)),
      .caption = fmt::format("The line is fitted from {:.1f} to {:.1f} eV of the edge, the polynomial of order {} from "
                             "{:.1f} to {:.1f} eV.",
                             e.pre_from, e.pre_to, e.order, e.post_from, e.post_to),
      .x_axis = energy_axis,
      .y_axis = {"absorption as measured", ""},
      .series = {curve("measured", Role::primary, Mark::line, s.energy_eV, s.intensity),
                 curve("below the edge", Role::muted, Mark::dashed, s.energy_eV, e.pre),
                 curve("above the edge", Role::third, Mark::dashed, s.energy_eV, e.post)},
      .bands = {{e.e0_eV + e.pre_from, e.e0_eV + e.pre_to, "pre-edge"},
                {e.e0_eV + e.post_from, e.e0_eV + e.post_to, "post-edge"}}};
}

Figure white_line_figure(const study::XasSpectrumOutcome& one) {
  const xas::Spectrum& s = one.normalised.spectrum;
  const xas::WhiteLines& w = *one.white_lines;
  return {.id = "white-lines",
          .title = fmt::format("{}: L3 has {} of the white lines", short_name(s), core::format_value(w.branching)),
          .caption = fmt::format(
              "Two arctangent steps at {:.2f} and {:.2f} eV, two thirds and one third high; their half widths {:.2f} "
              "and {:.2f} eV are those of the lines.",
              w.L3_eV, w.L2_eV, w.L3_half_width_eV, w.L2_half_width_eV),
          .x_axis = energy_axis,
          .y_axis = {"normalised absorption", ""},
          .series = {curve("normalised", Role::primary, Mark::line, s.energy_eV, s.intensity),
                     curve("line and double step", Role::second, Mark::dashed, s.energy_eV, w.baseline)}};
}

Figure indicator_figure(const xas::Components& components) {
  Figure f{.id = "components",
           .title = fmt::format("{} components by the indicator{}", components.by_indicator,
                                components.by_noise > 0 ? fmt::format(", {} by the noise", components.by_noise) : ""),
           .caption = "Malinowski's indicator is lowest at the likely number of independent spectra.",
           .x_axis = {"components kept", ""},
           .y_axis = {"log10 of the indicator", ""}};
  Series s{.name = "indicator", .role = Role::primary, .mark = Mark::dots};
  for (std::size_t i = 0; i < components.indicator.size(); ++i) {
    s.x.push_back(static_cast<double>(i + 1));
    s.y.push_back(rounded(std::log10(std::max(components.indicator[i], 1e-300))));
  }
  f.series = {std::move(s)};
  return f;
}

Figure mixture_figure(const study::ValenceOutcome& outcome, std::size_t which) {
  const xas::MixtureFit& fit = outcome.fits[which];
  Figure f{.id = which == 0 ? "mixture" : "mixture-fluorescence",
           .title = fmt::format("{}: measured and mixed, chi squared {:.3g} a point",
                                short_name(outcome.measured[which].spectrum), fit.reduced_chi_squared),
           .caption = fmt::format("{} references, each with its own shift and scale under priors; R {:.2g}.",
                                  fit.shares.size(), fit.r_factor),
           .x_axis = energy_axis,
           .y_axis = {"normalised absorption", ""}};
  std::vector<double> residual;
  for (std::size_t i = 0; i < fit.measured.size(); ++i) residual.push_back(fit.measured[i] - fit.model[i]);
  f.series = {curve("measured", Role::primary, Mark::dots, fit.energy_eV, fit.measured),
              curve("mixture", Role::second, Mark::line, fit.energy_eV, fit.model),
              curve("measured - mixture", Role::muted, Mark::line, fit.energy_eV, residual)};
  return f;
}

Figure shares_figure(const study::ValenceOutcome& outcome) {
  Figure f{.id = "shares",
           .title = "Shares of the references, with 95 % intervals",
           .caption =
               "Intervals come from the fit without the bounds, cut to 0 and 1; they hold although references are "
               "shifted and scaled.",
           .x_axis = {"reference", ""},
           .y_axis = {"share", ""}};
  for (std::size_t k = 0; k < outcome.fits.size(); ++k) {
    Series s{.name = outcome.fits.size() == 1 ? "share"
                     : k == 0                 ? "electrons (surface)"
                                              : "fluorescence (bulk)",
             .role = role_of(k),
             .mark = k == 0 ? Mark::dots : Mark::open_dots};
    for (std::size_t j = 0; j < outcome.fits[k].shares.size(); ++j) {
      const xas::Share& share = outcome.fits[k].shares[j];
      s.x.push_back(static_cast<double>(j + 1) + 0.12 * static_cast<double>(k));
      s.y.push_back(rounded(share.share.value));
      s.y_low.push_back(rounded(share.low));
      s.y_high.push_back(rounded(share.high));
      if (k == 0) f.x_ticks.push_back({static_cast<double>(j + 1), share.name});
    }
    f.series.push_back(std::move(s));
  }
  return f;
}

Figure depth_figure(const study::ValenceOutcome& outcome) {
  const xas::DepthValence& d = *outcome.depth;
  Figure f{.id = "depth",
           .title = fmt::format("Surface layer {:.2f}, bulk {:.2f}: the surface is {} with a probability of {:.2f}",
                                d.surface_valence.median, d.bulk_valence.median,
                                d.reduced > 0.5 ? "reduced" : "oxidised", std::max(d.reduced, 1 - d.reduced)),
           .caption = fmt::format(
               "Medians and 95 % intervals. Electrons and fluorescence as measured; layer and bulk with even "
               "priors over escape depth and thickness ({:.2g} to {:.2g} nm fit).",
               d.layer_nm.low, d.layer_nm.high),
           .x_axis = {"what is seen", ""},
           .y_axis = {"mean valence", ""}};
  Series measured{.name = "measured", .role = Role::primary, .mark = Mark::dots};
  Series inferred{.name = "inferred", .role = Role::second, .mark = Mark::dots};
  const auto add = [&](Series& s, double x, const char* label, double low, double middle, double high) {
    s.x.push_back(x);
    s.y.push_back(rounded(middle));
    s.y_low.push_back(rounded(low));
    s.y_high.push_back(rounded(high));
    f.x_ticks.push_back({x, label});
  };
  const auto value = [&](double x, const char* label, const core::Value& v) {
    add(measured, x, label, v.value - two_sided_95 * v.sigma(), v.value, v.value + two_sided_95 * v.sigma());
  };
  value(1, "electrons", *outcome.fits[0].valence);
  value(2, "fluorescence", *outcome.fits[1].valence);
  add(inferred, 3, "surface layer", d.surface_valence.low, d.surface_valence.median, d.surface_valence.high);
  add(inferred, 4, "bulk", d.bulk_valence.low, d.bulk_valence.median, d.bulk_valence.high);
  f.series = {std::move(measured), std::move(inferred)};
  return f;
}

Figure correction_figure(const study::SelfAbsorptionOutcome& outcome) {
  const xas::Spectrum& s = outcome.signal.spectrum;
  const xas::Corrected& c = *outcome.corrected;
  Figure f{.id = "correction",
           .title = c.verdict.trusted ? fmt::format("Corrected: errors grow at most {:.1f} times, at {:.1f} eV",
                                                    c.verdict.amplification, c.verdict.at_eV)
                                      : "Refused: this is not a correction to use",
           .caption = c.verdict.trusted ? "Both with an edge of one." : c.verdict.reason + ".",
           .x_axis = energy_axis,
           .y_axis = {"absorption, edge of one", ""},
           .series = {curve("fluorescence as measured", Role::primary, Mark::line, s.energy_eV, s.intensity)}};
  f.series.push_back(curve(c.verdict.trusted ? "corrected" : "not to be used",
                           c.verdict.trusted ? Role::second : Role::muted,
                           c.verdict.trusted ? Mark::line : Mark::dashed, s.energy_eV, c.spectrum.intensity));
  if (c.verdict.trusted) add_band(f.series.back(), c.spectrum.variance);
  return f;
}

Figure attenuation_figure(const study::SelfAbsorptionOutcome& outcome) {
  const xas::Spectrum& a = *outcome.attenuation;
  Figure f{.id = "attenuation",
           .title = "Total attenuation from two geometries, without a free parameter",
           .caption = "Over that at the emitted line; the band is 95 % of the noise.",
           .x_axis = energy_axis,
           .y_axis = {"attenuation over that at the line", ""},
           .series = {curve("attenuation", Role::primary, Mark::line, a.energy_eV, a.intensity)}};
  add_band(f.series.back(), a.variance);
  return f;
}

std::vector<Figure> distortion_figures(const study::SelfAbsorptionOutcome& outcome) {
  const xas::Spectrum& s = outcome.signal.spectrum;
  Figure shape{
      .id = "distortion",
      .title = "What fluorescence makes of this absorption",
      .caption =
          "Partial fluorescence is the edge's own lines, with a step of one as the absorption; total fluorescence "
          "sums every line of every element on the same scale of photons, its level below the edge taken off.",
      .x_axis = energy_axis,
      .y_axis = {"signal, edge of one", ""},
      .series = {curve("absorption", Role::primary, Mark::line, s.energy_eV, s.intensity),
                 curve("partial fluorescence", Role::third, Mark::line, s.energy_eV, outcome.partial),
                 curve("total fluorescence", Role::second, Mark::line, s.energy_eV, outcome.total)}};
  // The strongest lines, in photons per thousand.
  std::vector<const xas::LineYield*> lines;
  for (const xas::LineYield& line : outcome.lines) lines.push_back(&line);
  const auto top = [](const xas::LineYield* l) { return *std::ranges::max_element(l->yield); };
  std::ranges::sort(lines, std::ranges::greater{}, top);
  constexpr std::size_t most = 4;
  lines.resize(std::min(most, lines.size()));
  Figure parts{
      .id = "lines",
      .title = "The lines behind it: where the edge absorbs, the others dip",
      .caption =
          "Photons emitted out of the sample into all directions per thousand incident ones; the strongest lines.",
      .x_axis = energy_axis,
      .y_axis = {"photons per thousand", ""}};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::vector<double> yield = lines[i]->yield;
    for (double& y : yield) y *= 1e3;
    parts.series.push_back(
        curve(fmt::format("{} {} ({:.0f} eV)", lines[i]->element, lines[i]->line, lines[i]->energy_eV), role_of(i),
              Mark::line, s.energy_eV, yield));
  }
  return {std::move(shape), std::move(parts)};
}

}  // namespace lithoscope::report
