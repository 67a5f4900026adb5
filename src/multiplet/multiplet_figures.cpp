// The figures of a solved ion.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "multiplet_parts.hpp"

namespace lithoscope::multiplet {

using result::Figure;
using result::Mark;
using result::Role;

namespace {

result::Axis energy_axis(const MultipletOutcome& outcome) {
  return {outcome.study.spectrum.energy_offset == 0 ? "calculated photon energy" : "photon energy", "eV"};
}

std::string symmetry(const MultipletOutcome& outcome) {
  const IonSettings& s = outcome.study.settings;
  if (outcome.study.field.matrix) return "in the given field";
  std::string text = fmt::format("10Dq {:.3g} eV", s.ten_dq);
  if (s.ds != 0 || s.dt != 0) text += fmt::format(", axial field {:.3g} and {:.3g} eV", s.ds, s.dt);
  if (s.v_e_g != 0 || s.v_t_2g != 0)
    text += fmt::format(", charge transfer {:.3g} eV, hybridisation {:.3g} and {:.3g} eV", s.delta, s.v_e_g, s.v_t_2g);
  return text;
}

const char* sample_of(const MultipletOutcome& outcome) { return outcome.study.crystal ? "Crystal" : "Powder"; }

std::string geometry(const MultipletOutcome& outcome, const std::string& channel) {
  const ScatterSettings& how = *outcome.study.scatter;
  if (outcome.study.crystal) {
    return fmt::format(
        "Polarisations in and out; incidence {:.4g}, exit {:.4g} degrees from the surface, "
        "azimuth {:.4g} degrees.",
        how.incidence, how.exit, how.azimuth);
  }
  return fmt::format(
      "Scattered at {:.4g} degrees, incoming polarisation {} the scattering plane, the "
      "outgoing one not analysed.",
      how.scattering_angle, channel == "horizontal" ? "in" : "across");
}

Figure map_figure(const MultipletOutcome& outcome, const std::string& channel) {
  return {
      .name = "scattering-" + channel,
      .title = fmt::format("{}, {}: what a spectrometer of {:.3g} eV sees", sample_of(outcome), channel,
                           outcome.study.scatter->emission_resolution),
      .caption = geometry(outcome, channel),
      .x_axis = {"energy loss", "eV"},
      .y_axis = {outcome.study.spectrum.energy_offset == 0 ? "calculated incident energy" : "incident energy", "eV"},
      .grid = grid_name(channel)};
}

Figure cut_figure(const MultipletOutcome& outcome) {
  const ScatterOutcome& s = *outcome.scatter;
  Figure f{.name = "scattering-cut",
           .title = fmt::format("Scattering at the L3 maximum, {:.2f} eV", s.axes.incident_eV[row_at_L3(outcome)]),
           .caption = fmt::format("{}, {}; each line over its own maximum.", sample_of(outcome), s.channels.front()),
           .x_axis = {"energy loss", "eV"},
           .y_axis = {"intensity", "share of the maximum"}};
  const auto add = [&](std::string name, Role role, const char* column) {
    f.plots.push_back(
        {.name = std::move(name), .role = role, .table = "scattering_cut", .x = "energy_loss", .y = column});
  };
  add(fmt::format("seen with {:.3g} eV", outcome.study.scatter->emission_resolution), Role::primary, "resolved");
  add("lifetimes alone", Role::second, "lifetimes");
  return f;
}

Figure absorption_figure(const MultipletOutcome& outcome) {
  const SpectrumSettings& s = outcome.study.spectrum;
  return {
      .name = "absorption",
      .title = fmt::format("{} L2,3 absorption, {}", outcome.study.ion.name(), symmetry(outcome)),
      .caption = fmt::format(
          "Isotropic spectrum at {:.4g} K; half widths {:.3g} eV at L3 and {:.3g} eV at L2 by the hole of each "
          "state, "
          "resolution {:.3g} eV. Its area is a third of the number of d holes.",
          outcome.study.settings.temperature, s.width_l3, s.width_l2, s.resolution),
      .x_axis = energy_axis(outcome),
      .y_axis = {"absorption", "1/eV"},
      .plots = {{.name = "isotropic", .role = Role::primary, .table = "absorption", .x = "energy", .y = "isotropic"},
                {.name = "transitions (strength, scaled)",
                 .role = Role::muted,
                 .mark = Mark::sticks,
                 .table = "sticks",
                 .x = "energy",
                 .y = "height",
                 .where = result::Where{"drawn", "1"}}}};
}

Figure polarisation_figure(const MultipletOutcome& outcome) {
  Figure f{.name = "polarisation",
           .title = "The absorption depends on the polarisation",
           .caption =
               "Linear polarisation along the axes, z being the axis of the field; circular about z where it matters.",
           .x_axis = energy_axis(outcome),
           .y_axis = {"absorption", "1/eV"}};
  static constexpr std::array roles{Role::primary, Role::second, Role::third, Role::muted};
  for (const MultipletOutcome::Along& p : outcome.polarised) {
    const std::size_t i = f.plots.size();
    f.plots.push_back({.name = p.name,
                       .role = roles[i % roles.size()],
                       .mark = i < roles.size() ? Mark::line : Mark::dashed,
                       .table = "absorption",
                       .x = "energy",
                       .y = column_name(p.name)});
  }
  return f;
}

Figure fit_figure() {
  return {.name = "fit",
          .title = "Measured and fitted",
          .caption = "Dots: measured. Line: the fitted ion, with its amplitude and a straight background.",
          .x_axis = {"photon energy", "eV"},
          .y_axis = {"intensity", "as measured"},
          .plots = {{.name = "measured",
                     .role = Role::primary,
                     .mark = Mark::open_dots,
                     .table = "fit_curve",
                     .x = "energy",
                     .y = "measured"},
                    {.name = "fit", .role = Role::second, .table = "fit_curve", .x = "energy", .y = "model"}}};
}

}  // namespace

void add_figures(const MultipletOutcome& outcome, result::Result& result) {
  if (outcome.fit) result.figures.push_back(fit_figure());
  result.figures.push_back(absorption_figure(outcome));
  if (!outcome.polarised.empty()) result.figures.push_back(polarisation_figure(outcome));
  if (!outcome.scatter) return;
  result.figures.push_back(cut_figure(outcome));
  for (const std::string& channel : outcome.scatter->channels) result.figures.push_back(map_figure(outcome, channel));
}

}  // namespace lithoscope::multiplet
