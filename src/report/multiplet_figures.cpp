#include "multiplet_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "figure_style.hpp"

namespace lithoscope::report {
namespace {

using study::MultipletOutcome;

Axis energy_axis(const MultipletOutcome& outcome) {
  return {outcome.study.spectrum.energy_offset == 0 ? "calculated photon energy" : "photon energy", "eV"};
}

std::string symmetry(const MultipletOutcome& outcome) {
  const multiplet::IonSettings& s = outcome.study.settings;
  if (outcome.study.field.matrix) return "in the given field";
  std::string text = fmt::format("10Dq {:.3g} eV", s.ten_dq);
  if (s.ds != 0 || s.dt != 0) text += fmt::format(", axial field {:.3g} and {:.3g} eV", s.ds, s.dt);
  if (s.v_e_g != 0 || s.v_t_2g != 0)
    text += fmt::format(", charge transfer {:.3g} eV, hybridisation {:.3g} and {:.3g} eV", s.delta, s.v_e_g, s.v_t_2g);
  return text;
}

// Vertical lines, as high as the spectrum for the strongest.
Series stick_series(const MultipletOutcome& outcome) {
  Series sticks{.name = "transitions (strength, scaled)", .role = Role::muted, .mark = Mark::line};
  double strongest = 0;
  for (const multiplet::Stick& s : outcome.absorption.sticks) strongest = std::max(strongest, multiplet::isotropic(s));
  const double top = *std::ranges::max_element(outcome.isotropic);
  constexpr double visible = 1e-3;
  for (const multiplet::Stick& s : outcome.absorption.sticks) {
    const double share = multiplet::isotropic(s) / strongest;
    if (share < visible) continue;
    const double e = s.energy_eV + outcome.study.spectrum.energy_offset;
    if (e < outcome.energy_eV.front() || e > outcome.energy_eV.back()) continue;
    for (const double height : {0.0, share * top, 0.0}) {
      sticks.x.push_back(e);
      sticks.y.push_back(rounded(height));
    }
  }
  return sticks;
}

// At most so many rows and columns: what a page shows.
std::vector<std::size_t> thinned(std::size_t size) {
  constexpr std::size_t most = 120;
  std::vector<std::size_t> at;
  const std::size_t step = (size + most - 1) / most;
  for (std::size_t i = 0; i < size; i += step) at.push_back(i);
  return at;
}

const char* sample_of(const MultipletOutcome& outcome) { return outcome.study.crystal ? "Crystal" : "Powder"; }

Figure map_figure(const MultipletOutcome& outcome, std::size_t channel) {
  const study::ScatterOutcome& s = *outcome.scatter;
  const multiplet::ScatterSettings& how = *outcome.study.scatter;
  Figure f{
      .id = "scattering-" + s.channels[channel],
      .title = fmt::format("{}, {}: what a spectrometer of {:.3g} eV sees", sample_of(outcome), s.channels[channel],
                           how.emission_resolution),
      .caption = outcome.study.crystal
                     ? fmt::format("Polarisations in and out; incidence {:.4g}, exit {:.4g} degrees from the surface, "
                                   "azimuth {:.4g} degrees.",
                                   how.incidence, how.exit, how.azimuth)
                     : fmt::format("Scattered at {:.4g} degrees, incoming polarisation {} the scattering plane, the "
                                   "outgoing one not analysed.",
                                   how.scattering_angle, s.channels[channel] == "horizontal" ? "in" : "across"),
      .x_axis = {"energy loss", "eV"},
      .y_axis = {outcome.study.spectrum.energy_offset == 0 ? "calculated incident energy" : "incident energy", "eV"}};
  Map map{.z_axis = {"intensity", "1/eV"}};
  const auto columns = thinned(s.axes.loss_eV.size());
  const auto rows = thinned(s.axes.incident_eV.size());
  for (const std::size_t c : columns) map.x.push_back(s.axes.loss_eV[c]);
  for (const std::size_t r : rows) map.y.push_back(rounded(s.axes.incident_eV[r]));
  for (const std::size_t r : rows) {
    for (const std::size_t c : columns) map.z.push_back(rounded(s.seen[channel][r * s.axes.loss_eV.size() + c]));
  }
  f.map = std::move(map);
  return f;
}

Figure cut_figure(const MultipletOutcome& outcome) {
  const study::ScatterOutcome& s = *outcome.scatter;
  std::size_t row = 0;
  for (std::size_t r = 1; r < s.axes.incident_eV.size(); ++r) {
    if (std::abs(s.axes.incident_eV[r] - outcome.edges.L3_maximum_eV) <
        std::abs(s.axes.incident_eV[row] - outcome.edges.L3_maximum_eV))
      row = r;
  }
  Figure f{.id = "scattering-cut",
           .title = fmt::format("Scattering at the L3 maximum, {:.2f} eV", s.axes.incident_eV[row]),
           .caption = fmt::format("{}, {}; each line over its own maximum.", sample_of(outcome), s.channels.front()),
           .x_axis = {"energy loss", "eV"},
           .y_axis = {"intensity", "share of the maximum"}};
  const std::size_t n = s.axes.loss_eV.size();
  const auto cut = [&](const std::vector<double>& map) {
    std::vector<double> values{map.begin() + static_cast<std::ptrdiff_t>(row * n),
                               map.begin() + static_cast<std::ptrdiff_t>((row + 1) * n)};
    const double top = *std::ranges::max_element(values);
    for (double& v : values) v = rounded(v / top);
    return values;
  };
  f.series.push_back({.name = fmt::format("seen with {:.3g} eV", outcome.study.scatter->emission_resolution),
                      .role = Role::primary,
                      .x = s.axes.loss_eV,
                      .y = cut(s.seen.front())});
  f.series.push_back(
      {.name = "lifetimes alone", .role = Role::second, .x = s.axes.loss_eV, .y = cut(s.narrow.front())});
  return f;
}

}  // namespace

Figure absorption_figure(const MultipletOutcome& outcome) {
  const multiplet::SpectrumSettings& s = outcome.study.spectrum;
  Figure f{
      .id = "absorption",
      .title = fmt::format("{} L2,3 absorption, {}", outcome.study.ion.name(), symmetry(outcome)),
      .caption = fmt::format(
          "Isotropic spectrum at {:.4g} K; half widths {:.3g} eV at L3 and {:.3g} eV at L2 by the hole of each state, "
          "resolution {:.3g} eV. Its area is a third of the number of d holes.",
          outcome.study.settings.temperature, s.width_l3, s.width_l2, s.resolution),
      .x_axis = energy_axis(outcome),
      .y_axis = {"absorption", "1/eV"}};
  f.series.push_back(stick_series(outcome));
  f.series.push_back(
      {.name = "isotropic", .role = Role::primary, .x = rounded(outcome.energy_eV), .y = rounded(outcome.isotropic)});
  return f;
}

Figure polarisation_figure(const MultipletOutcome& outcome) {
  Figure f{.id = "polarisation",
           .title = "The absorption depends on the polarisation",
           .caption =
               "Linear polarisation along the axes, z being the axis of the field; circular about z where it matters.",
           .x_axis = energy_axis(outcome),
           .y_axis = {"absorption", "1/eV"}};
  static constexpr std::array roles{Role::primary, Role::second, Role::third, Role::muted};
  for (std::size_t i = 0; i < outcome.polarised.size(); ++i) {
    f.series.push_back({.name = outcome.polarised[i].name,
                        .role = roles[i % roles.size()],
                        .mark = i < roles.size() ? Mark::line : Mark::dashed,
                        .x = rounded(outcome.energy_eV),
                        .y = rounded(outcome.polarised[i].spectrum)});
  }
  return f;
}

Figure fit_figure(const MultipletOutcome& outcome) {
  const multiplet::MeasuredSpectrum& m = outcome.study.fit->measured;
  Figure f{.id = "fit",
           .title = "Measured and fitted",
           .caption = "Dots: measured. Line: the fitted ion, with its amplitude and a straight background.",
           .x_axis = {"photon energy", "eV"},
           .y_axis = {"intensity", "as measured"}};
  f.series.push_back(
      {.name = "measured", .role = Role::primary, .mark = Mark::open_dots, .x = m.energy_eV, .y = m.intensity});
  f.series.push_back({.name = "fit", .role = Role::second, .x = m.energy_eV, .y = rounded(outcome.fit->model)});
  return f;
}

std::vector<Figure> scattering_figures(const MultipletOutcome& outcome) {
  std::vector<Figure> figures{cut_figure(outcome)};
  for (std::size_t c = 0; c < outcome.scatter->channels.size(); ++c) figures.push_back(map_figure(outcome, c));
  return figures;
}

}  // namespace lithoscope::report
