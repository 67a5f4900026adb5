// The figures of a mixture of references.
#include <fmt/format.h>

#include <algorithm>

#include "valence_parts.hpp"

namespace lithoscope::xas {

using result::Figure;
using result::Mark;
using result::Plot;
using result::Role;

namespace {

Figure mixture_figure(const ValenceOutcome& outcome, std::size_t k) {
  const MixtureFit& fit = outcome.fits[k];
  const std::string table = named_by_fit("mixture", k);
  const auto curve = [&](const char* name, Role role, Mark mark, const char* column) {
    return Plot{.name = name, .role = role, .mark = mark, .table = table, .x = "energy", .y = column};
  };
  return {.name = k == 0 ? "mixture" : "mixture-fluorescence",
          .title = fmt::format("{}: measured and mixed, chi squared {:.3g} a point",
                               short_name(outcome.measured[k].normalised.spectrum), fit.reduced_chi_squared),
          .caption = fmt::format("{} references, each with its own shift and scale under priors; R {:.2g}.",
                                 fit.shares.size(), fit.r_factor),
          .x_axis = {"photon energy", "eV"},
          .y_axis = {"normalised absorption", ""},
          .plots = {curve("measured", Role::primary, Mark::dots, "measured"),
                    curve("mixture", Role::second, Mark::line, "model"),
                    curve("measured - mixture", Role::muted, Mark::line, "residual")}};
}

Figure shares_figure(const ValenceOutcome& outcome) {
  Figure f{.name = "shares",
           .title = "Shares of the references, with 95 % intervals",
           .caption =
               "Intervals come from the fit without the bounds, cut to 0 and 1; they hold although references are "
               "shifted and scaled.",
           .x_axis = {"reference", ""},
           .y_axis = {"share", ""}};
  for (std::size_t k = 0; k < outcome.fits.size(); ++k) {
    f.plots.push_back({.name = outcome.fits.size() == 1 ? "share"
                               : k == 0                 ? "electrons (surface)"
                                                        : "fluorescence (bulk)",
                       .role = role_of(k),
                       .mark = k == 0 ? Mark::dots : Mark::open_dots,
                       .table = named_by_fit("shares", k),
                       .x = "place",
                       .y = "share",
                       .interval = true});
  }
  for (std::size_t j = 0; j < outcome.fits.front().shares.size(); ++j)
    f.x_ticks.push_back({static_cast<double>(j + 1), outcome.fits.front().shares[j].name});
  return f;
}

Figure depth_figure(const ValenceOutcome& outcome) {
  const DepthValence& d = *outcome.depth;
  const auto part = [](const char* kind, Role role) {
    return Plot{.name = kind,
                .role = role,
                .mark = Mark::dots,
                .table = "surface_and_bulk",
                .x = "place",
                .y = "valence",
                .interval = true,
                .where = result::Where{"kind", kind}};
  };
  return {.name = "depth",
          .title = fmt::format("Surface layer {:.2f}, bulk {:.2f}: the surface is {} with a probability of {:.2f}",
                               d.surface_valence.median, d.bulk_valence.median,
                               d.reduced > 0.5 ? "reduced" : "oxidised", std::max(d.reduced, 1 - d.reduced)),
          .caption = fmt::format(
              "Medians and 95 % intervals. Electrons and fluorescence as measured; layer and bulk with even "
              "priors over escape depth and thickness ({:.2g} to {:.2g} nm fit).",
              d.layer_nm.low, d.layer_nm.high),
          .x_axis = {"what is seen", ""},
          .y_axis = {"mean valence", ""},
          .plots = {part("measured", Role::primary), part("inferred", Role::second)},
          .x_ticks = {{1, "electrons"}, {2, "fluorescence"}, {3, "surface layer"}, {4, "bulk"}}};
}

}  // namespace

void add_figures(const ValenceOutcome& outcome, result::Result& result) {
  for (std::size_t k = 0; k < outcome.fits.size(); ++k) result.figures.push_back(mixture_figure(outcome, k));
  result.figures.push_back(shares_figure(outcome));
  if (outcome.depth) result.figures.push_back(depth_figure(outcome));
}

}  // namespace lithoscope::xas
