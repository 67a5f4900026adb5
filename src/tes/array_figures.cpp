// The figures of a calibrated array.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "array_parts.hpp"

namespace lithoscope::tes {

using result::Figure;
using result::Mark;
using result::Plot;
using result::Role;

namespace {

const result::Axis emission_axis{"emission energy", "eV"};

Role role_of(PixelState state) {
  switch (state) {
    case PixelState::good:
      return Role::primary;
    case PixelState::repaired:
      return Role::second;
    case PixelState::vetoed:
      return Role::muted;
  }
  return Role::muted;
}

// One plot a state, so that repaired pixels stand out.
std::vector<Plot> by_state(const std::string& table, const std::string& x, const std::string& y) {
  std::vector<Plot> out;
  for (const PixelState state : {PixelState::good, PixelState::repaired, PixelState::vetoed}) {
    const std::string words{state_words(state)};
    out.push_back({.name = words,
                   .role = role_of(state),
                   .mark = state == PixelState::repaired ? Mark::open_dots : Mark::dots,
                   .table = table,
                   .x = x,
                   .y = y,
                   .interval = true,
                   .where = result::Where{"state", words},
                   .notes = "note"});
  }
  return out;
}

std::string pixel_list(const ArrayOutcome& outcome) {
  std::string out;
  constexpr int most = 12;
  int told = 0;
  for (const PixelCalibration& pixel : outcome.calibration.pixels) {
    if (pixel.state == PixelState::good || told++ >= most) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", pixel.pixel, state_words(pixel.state));
  }
  return out.empty() ? "All pixels are good." : (told > 1 ? "Pixels " : "Pixel ") + out + ".";
}

Figure pixel_map_figure(const ArrayOutcome& outcome) {
  return {.name = "pixels",
          .title = "All pixels in the calibrations: lines stand upright where the scales agree",
          .caption = fmt::format("One row a pixel, in the order of the table below. {}", pixel_list(outcome)),
          .x_axis = emission_axis,
          .y_axis = {"row of the table"},
          .grid = "calibration_photons",
          .stretch = result::Stretch::root};
}

Figure array_spectrum_figure(const ArrayOutcome& outcome) {
  Figure f{.name = "spectrum",
           .title = "The calibrations, all pixels together",
           .caption = "Shaded: the lines the scale is tied to.",
           .x_axis = emission_axis,
           .y_axis = {"counts per eV"},
           .plots = {{.name = "counts per eV", .table = "calibration_spectrum", .x = "energy", .y = "counts"}}};
  for (const std::string& name : outcome.calibration.lines) {
    const double peak = outcome.calibration.line(name).peak_eV;
    constexpr double half = 4;
    f.bands.push_back({peak - half, peak + half, name});
  }
  return f;
}

Figure drop_one_figure(const ArrayOutcome& outcome) {
  return {.name = "drop-one",
          .title = std::isfinite(outcome.calibration.drop_one_rms_eV)
                       ? fmt::format("Each line by the other lines of its pixel: rms {:.2f} eV",
                                     outcome.calibration.drop_one_rms_eV)
                       : std::string{"Each line by the other lines of its pixel: fewer than three lines"},
          .caption =
              "A line's energy by a curve through the others, less its own. Bars: 95 % of the counting in that "
              "line alone. A pixel with a wrong line stands out by tens of eV.",
          .x_axis = emission_axis,
          .y_axis = {"by the others - own", "eV"},
          .plots = by_state("line_fits", "shown_at", "drop_one")};
}

Figure drift_figure(const ArrayOutcome& outcome) {
  Figure f{
      .name = "drift",
      .title =
          fmt::format("The drift taken out, lines of two calibrations agree within {:.2f} eV, median of the pixels",
                      worst_median_drift_eV(outcome.calibration).value_or(0)),
      .caption = "Peak in the last calibration less peak in the reference, after the drift is taken out. Bars: 95 %.",
      .x_axis = emission_axis,
      .y_axis = {"what is left of the drift", "eV"},
      .plots = by_state("drift", "shown_at", "drift")};
  f.plots.push_back({.name = "median", .role = Role::third, .table = "lines", .x = "energy", .y = "median_drift"});
  return f;
}

Figure resolution_figure(const ArrayOutcome& outcome) {
  const auto& lines = outcome.calibration.lines;
  return {.name = "resolution",
          .title = fmt::format("Width of the Gaussian part of {}, a pixel each", lines[lines.size() / 2]),
          .caption =
              "Full width at half maximum, the line's own shape beside its tail included: no better than the "
              "detector's resolution.",
          .x_axis = {"pixel"},
          .y_axis = {"full width at half maximum", "eV"},
          .plots = by_state("pixels", "pixel", "resolution")};
}

Figure line_over_time_figure(const result::Table& table) {
  const std::string line = table.title.substr(0, table.title.find(" over the run"));
  return {.name = "over-time",
          .title = table.title,
          .caption =
              "Median distance from the line's table energy of the photons near it, all pixels. Between "
              "calibrations the sample's own line may lie elsewhere than the calibration sample's. Bars: 95 %.",
          .x_axis = {"time", "h"},
          .y_axis = {fmt::format("distance from {}", line), "eV"},
          .plots = {{.name = "median of photons within 3.5 eV",
                     .mark = Mark::dots,
                     .table = table.name,
                     .x = "time",
                     .y = "distance",
                     .interval = true,
                     .notes = "note"}}};
}

// Whether any plot has a point.
bool shows_something(const result::Result& result, const Figure& figure) {
  if (!figure.grid.empty()) return true;
  return std::ranges::any_of(figure.plots, [&](const Plot& plot) {
    const result::Column& y = result.table(plot.table).at(plot.y);
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (std::isfinite(y.number(i))) return true;
    }
    return false;
  });
}

}  // namespace

void add_figures(const ArrayOutcome& outcome, result::Result& out) {
  out.figures = {pixel_map_figure(outcome), array_spectrum_figure(outcome), drop_one_figure(outcome)};
  if (outcome.calibration.windows.size() > 1) out.figures.push_back(drift_figure(outcome));
  out.figures.push_back(resolution_figure(outcome));
  out.figures.push_back(line_over_time_figure(out.table("line_over_time")));
  std::erase_if(out.figures, [&](const Figure& f) { return !shows_something(out, f); });
}

}  // namespace lithoscope::tes
