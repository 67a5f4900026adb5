#include "rixs_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "figure_style.hpp"

namespace lithoscope::report {
namespace {

const Axis incident_axis{"incident energy", "eV"};
const Axis emission_axis{"emission energy", "eV"};
const Axis loss_axis{"energy loss", "eV"};
constexpr double two_sided_95 = 1.96;

const Axis& row_axis(const rixs::RixsMap& map) { return map.is_loss ? loss_axis : emission_axis; }

// Values of rows x columns on evenly spaced columns: each shows the nearest measured energy.
struct Grid {
  std::vector<double> x;
  std::vector<std::size_t> column;
};
Grid even_columns(const std::vector<double>& incident) {
  Grid out;
  if (incident.size() == 1) return {{incident.front()}, {0}};
  double step = incident.back() - incident.front();
  for (std::size_t i = 1; i < incident.size(); ++i) step = std::min(step, incident[i] - incident[i - 1]);
  constexpr double most = 240;
  const double span = incident.back() - incident.front();
  const auto n = static_cast<std::size_t>(std::clamp(std::round(span / step), 1.0, most)) + 1;
  for (std::size_t i = 0; i < n; ++i) {
    const double e = incident.front() + span * static_cast<double>(i) / static_cast<double>(n - 1);
    const auto above = static_cast<std::size_t>(std::ranges::lower_bound(incident, e) - incident.begin());
    const bool lower = above == incident.size() || (above > 0 && e - incident[above - 1] < incident[above] - e);
    out.x.push_back(rounded(e));
    out.column.push_back(lower ? above - 1 : above);
  }
  return out;
}

// Rows and columns small enough for a page; neighbours are averaged.
Map map_of(const rixs::RixsMap& source, const std::vector<double>& values, Axis z, Palette palette) {
  const Grid grid = even_columns(source.incident_eV);
  constexpr std::int64_t most_rows = 160;
  const std::int64_t group = (source.emission.count + most_rows - 1) / most_rows;
  Map map{.x = grid.x, .y = {}, .z = {}, .z_axis = std::move(z), .palette = palette};
  for (std::int64_t row = 0; row + group <= source.emission.count; row += group) {
    map.y.push_back(rounded(0.5 * (source.emission.edge(row) + source.emission.edge(row + group))));
    for (const std::size_t c : grid.column) {
      double sum = 0;
      for (std::int64_t r = row; r < row + group; ++r)
        sum += values[static_cast<std::size_t>(r) * source.columns() + c];
      constexpr double steps = 1000;  // a colour has 256 of them
      map.z.push_back(std::round(steps * sum / static_cast<double>(group)) / steps);
    }
  }
  return map;
}

double mean_exposure(const rixs::RixsMap& map) {
  double sum = 0;
  for (std::size_t c = 0; c < map.columns(); ++c) sum += map.live_pixel_s[c] * map.i0[c].value;
  return sum / static_cast<double>(map.columns());
}

Series series_of(const std::string& name, Role role, const rixs::Curve& curve, double scale = 1, double offset = 0) {
  Series s{.name = name, .role = role, .mark = Mark::line, .x = {}, .y = {}};
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (!std::isfinite(curve.value[i])) continue;
    const double half = two_sided_95 * std::sqrt(curve.variance[i]) * scale, v = curve.value[i] * scale + offset;
    s.x.push_back(rounded(curve.energy_eV[i]));
    s.y.push_back(rounded(v));
    s.y_low.push_back(rounded(v - half));
    s.y_high.push_back(rounded(v + half));
  }
  return s;
}

std::string title_of(const study::NamedCurve& named) {
  if (named.kind == "TFY") return "Yield of all emission in the map";
  if (named.kind == "XRF") return "Fluorescence over all incident energies";
  return fmt::format("{} of {}", named.kind, named.curve.name);
}

bool over_emission(const study::NamedCurve& named) { return named.kind == "XES" || named.kind == "XRF"; }

}  // namespace

Figure rixs_map_figure(const study::RixsOutcome& outcome, const study::MapOutcome& one, const std::string& when) {
  const rixs::RixsMap& map = one.map;
  std::vector<double> rate(map.counts.size());
  const double mean = mean_exposure(map);
  for (std::size_t i = 0; i < rate.size(); ++i) {
    const std::size_t c = i % map.columns();
    const double exposure = map.live_pixel_s[c] * map.i0[c].value;
    rate[i] = exposure > 0 ? map.counts[i] * mean / exposure : std::nan("");
  }
  std::string caption = fmt::format(
      "{:.0f} photons of {} pixels, {} pass{}. Square root of the counts a bin of {:g} eV, at equal exposure.",
      map.total(), map.pixels, one.passes.size(), one.passes.size() == 1 ? "" : "es", map.emission.width_eV);
  for (double& r : rate) r = std::copysign(std::sqrt(std::abs(r)), r);  // weak features beside strong ones
  Figure f{.id = "map" + (when.empty() ? std::string{} : "-" + when),
           .title = when.empty() ? "The map" : (when == "before" ? "Before" : "After"),
           .caption = {},
           .x_axis = incident_axis,
           .y_axis = row_axis(map),
           .map = map_of(map, rate, {"root of the counts", ""}, Palette::sequential)};
  if (!map.is_loss) {
    Series diagonal{
        .name = "elastic: emission = incident", .role = Role::second, .mark = Mark::dashed, .x = {}, .y = {}};
    for (const double e : {map.incident_eV.front(), map.incident_eV.back()}) {
      if (e < map.emission.edge(0) || e > map.emission.edge(map.emission.count)) continue;
      diagonal.x.push_back(e);
      diagonal.y.push_back(e);
    }
    if (diagonal.x.size() == 2) f.series.push_back(std::move(diagonal));
  }
  if (one.elastic && one.elastic->significance > 3)
    caption += fmt::format(" Elastic light is {} eV wide and {} eV from the diagonal.",
                           core::format_value(one.elastic->fwhm_eV), core::format_value(one.elastic->offset_eV));
  for (const rixs::Region& region : outcome.study.regions) {
    if (region.polygon.empty()) continue;
    Series frame{.name = region.name, .role = Role::third, .mark = Mark::line, .x = {}, .y = {}};
    for (std::size_t k = 0; k <= region.polygon.size(); ++k) {
      const rixs::Corner& corner = region.polygon[k % region.polygon.size()];
      frame.x.push_back(corner.incident_eV);
      frame.y.push_back(corner.emission_eV);
    }
    f.series.push_back(std::move(frame));
  }
  f.caption = caption;
  return f;
}

Figure rixs_change_figure(const study::RixsOutcome& outcome) {
  const rixs::MapChange& change = *outcome.map_change;
  const bool real = change.chance < 0.01;
  return {.id = "map-change",
          .title = real ? fmt::format("What changed most: {:.1f} standard deviations at {:.1f} eV in, {:.1f} eV out",
                                      change.largest, change.largest_incident_eV, change.largest_emission_eV)
                        : "Nothing changed beyond counting",
          .caption = fmt::format(
              "Standard deviations of after less {} times before, boxes of the resolution. Noise alone makes one as "
              "large somewhere in the map with a probability of {:.2g}.",
              core::format_value(change.scale), change.chance),
          .x_axis = incident_axis,
          .y_axis = row_axis(outcome.before.map),
          .map = map_of(outcome.before.map, change.significance, {"standard deviations", ""}, Palette::diverging)};
}

Figure yield_figure(const study::RixsOutcome& outcome, std::size_t which) {
  const study::NamedCurve& named = outcome.before.curves[which];
  Figure f{.id = fmt::format("spectrum-{}", which + 1),
           .title = title_of(named),
           .caption = "Bands are 95 % of the counting.",
           .x_axis = over_emission(named) ? row_axis(outcome.before.map) : incident_axis,
           .y_axis = {named.kind == "iPFY" ? "inverse yield" : "counts at equal exposure", ""}};
  if (which < outcome.changes.size()) {
    const rixs::CurveChange& change = outcome.changes[which];
    f.series = {series_of("before", Role::primary, change.before), series_of("after", Role::second, change.after)};
    f.title += change.significance > 3 ? fmt::format(" changed, by {:.1f} standard deviations", change.significance)
                                       : " did not change beyond counting";
    f.caption +=
        fmt::format(" Chi squared of no change {:.0f} for {} degrees of freedom.", change.chi_squared, change.degrees);
    constexpr const char* how[] = {"counts at equal exposure", "normalised to its area", "normalised to its maximum",
                                   "over the area of sPFY"};
    if (named.kind != "iPFY") f.y_axis.quantity = how[static_cast<std::size_t>(outcome.study.normalise)];
  } else {
    f.series = {series_of(named.kind, Role::primary, named.curve)};
  }
  return f;
}

Figure yield_difference_figure(const study::RixsOutcome& outcome, std::size_t which) {
  const rixs::CurveChange& change = outcome.changes[which];
  const study::NamedCurve& named = outcome.before.curves[which];
  Series zero{.name = "counting, 95 %", .role = Role::muted, .mark = Mark::dashed, .x = {}, .y = {}};
  Series difference{.name = "after - before", .role = Role::second, .mark = Mark::line, .x = {}, .y = {}};
  for (std::size_t i = 0; i < change.difference.size(); ++i) {
    if (!std::isfinite(change.difference[i])) continue;
    const double x = rounded(change.before.energy_eV[i]),
                 half = two_sided_95 * std::sqrt(change.difference_variance[i]);
    zero.x.push_back(x);
    zero.y.push_back(0);
    zero.y_low.push_back(rounded(-half));
    zero.y_high.push_back(rounded(half));
    difference.x.push_back(x);
    difference.y.push_back(rounded(change.difference[i]));
  }
  return {.id = fmt::format("difference-{}", which + 1),
          .title = title_of(named) + ": what is left",
          .caption = "After less before; the band is what counting alone holds at 95 %.",
          .x_axis = over_emission(named) ? row_axis(outcome.before.map) : incident_axis,
          .y_axis = {"difference", ""},
          .series = {std::move(zero), std::move(difference)}};
}

Figure waterfall_figure(const study::RixsOutcome& outcome) {
  Figure f{.id = "emission",
           .title = "Emission at chosen incident energies",
           .caption = "Each lies above the one below by the height of the tallest. Bands are 95 % of the counting.",
           .x_axis = row_axis(outcome.before.map),
           .y_axis = {"counts at equal exposure, shifted up", ""}};
  double step = 0;
  std::vector<std::size_t> cuts;
  for (std::size_t i = 0; i < outcome.before.curves.size(); ++i) {
    if (outcome.before.curves[i].kind != "XES") continue;
    cuts.push_back(i);
    for (const double v : outcome.before.curves[i].curve.value) step = std::max(step, v);
  }
  for (std::size_t k = 0; k < cuts.size(); ++k) {
    const double offset = step * static_cast<double>(k);
    const bool pair = cuts[k] < outcome.changes.size();
    const auto& curve = outcome.before.curves[cuts[k]].curve;
    f.series.push_back(series_of(curve.name + (pair ? ", before" : ""), Role::primary, curve, 1, offset));
    if (!pair) continue;
    const auto& other = outcome.after->curves[cuts[k]].curve;
    double a = 0, b = 0;
    for (const double v : curve.value) a += v;
    for (const double v : other.value) b += v;
    f.series.push_back(series_of(curve.name + ", after", Role::second, other, b > 0 ? a / b : 1, offset));
  }
  return f;
}

}  // namespace lithoscope::report
