#include "tes_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "figure_style.hpp"
#include "lithoscope/core/median.hpp"

namespace lithoscope::report {
namespace {

const Axis emission_axis{"emission energy", "eV"};
constexpr double nanoseconds_per_hour = 3.6e12;

struct Range {
  double low, high;
};
// A little more than the lines that were calibrated with.
Range shown_range(const study::TesOutcome& outcome) {
  const double first = tes::emission_line(outcome.calibration.lines.front()).peak_eV;
  const double last = tes::emission_line(outcome.calibration.lines.back()).peak_eV;
  constexpr double below = 60, above = 120;
  return {std::max(0.0, first - below), last + above};
}

const tes::PixelEvents* events_of(const study::TesOutcome& outcome, int pixel) {
  const auto found = std::ranges::find(outcome.events, pixel, &tes::PixelEvents::pixel);
  return found == outcome.events.end() || found->size() == 0 ? nullptr : &*found;
}

bool in_calibration(const study::TesOutcome& outcome, std::int64_t time_ns) {
  return std::ranges::any_of(outcome.calibration.windows, [&](const tes::CalibrationWindow& w) {
    return time_ns >= w.start_ns && time_ns < w.stop_ns;
  });
}

Role role_of(tes::PixelState state) {
  switch (state) {
    case tes::PixelState::good:
      return Role::primary;
    case tes::PixelState::repaired:
      return Role::second;
    case tes::PixelState::vetoed:
      return Role::muted;
  }
  return Role::muted;
}

// One series a state, so that repaired pixels stand out.
std::vector<Series> by_state(const study::TesOutcome& outcome, const auto& add) {
  std::vector<Series> out;
  for (const tes::PixelState state : {tes::PixelState::good, tes::PixelState::repaired, tes::PixelState::vetoed}) {
    Series s{
        .name = std::string{tes::state_words(state)}, .role = role_of(state), .mark = Mark::dots, .x = {}, .y = {}};
    if (state == tes::PixelState::repaired) s.mark = Mark::open_dots;
    for (const tes::PixelCalibration& pixel : outcome.calibration.pixels) {
      if (pixel.state == state) add(pixel, s);
    }
    if (!s.x.empty()) out.push_back(std::move(s));
  }
  return out;
}

std::string pixel_list(const study::TesOutcome& outcome) {
  std::string out;
  constexpr int most = 12;
  int told = 0;
  for (const tes::PixelCalibration& pixel : outcome.calibration.pixels) {
    if (pixel.state == tes::PixelState::good || told++ >= most) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", pixel.pixel, tes::state_words(pixel.state));
  }
  return out.empty() ? "All pixels are good." : "Pixels " + out + ".";
}

}  // namespace

Figure pixel_map_figure(const study::TesOutcome& outcome) {
  const Range range = shown_range(outcome);
  constexpr std::size_t columns = 240;
  const double step = (range.high - range.low) / columns;
  Map map{.x = {}, .y = {}, .z = {}, .z_axis = {"log10(1 + counts)", ""}};
  for (std::size_t i = 0; i < columns; ++i) map.x.push_back(rounded(range.low + step * (static_cast<double>(i) + 0.5)));
  double row = 0;
  for (const tes::PixelCalibration& pixel : outcome.calibration.pixels) {
    map.y.push_back(row++);
    std::vector<double> counts(columns, 0.0);
    if (const tes::PixelEvents* events = events_of(outcome, pixel.pixel)) {
      for (std::size_t i = 0; i < events->size(); ++i) {
        const double at = (events->energy_eV[i] - range.low) / step;
        if (at >= 0 && at < columns && in_calibration(outcome, events->time_ns[i]))
          counts[static_cast<std::size_t>(at)] += 1;
      }
    }
    for (const double c : counts)
      map.z.push_back(events_of(outcome, pixel.pixel) == nullptr ? std::nan("") : rounded(std::log10(1 + c)));
  }
  return {.id = "pixels",
          .title = "All pixels in the calibrations: lines stand upright where the scales agree",
          .caption = fmt::format("One row a pixel, in the order of the table below. {}", pixel_list(outcome)),
          .x_axis = emission_axis,
          .y_axis = {"row of the table", ""},
          .map = std::move(map)};
}

Figure array_spectrum_figure(const study::TesOutcome& outcome) {
  const Range range = shown_range(outcome);
  constexpr double bin = 1;
  const auto n = static_cast<std::size_t>((range.high - range.low) / bin);
  Series s{
      .name = "counts per eV", .role = Role::primary, .mark = Mark::line, .x = {}, .y = std::vector<double>(n, 0.0)};
  for (std::size_t i = 0; i < n; ++i) s.x.push_back(range.low + bin * (static_cast<double>(i) + 0.5));
  for (const tes::PixelEvents& events : outcome.events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      const double at = (events.energy_eV[i] - range.low) / bin;
      if (at >= 0 && at < static_cast<double>(n) && in_calibration(outcome, events.time_ns[i]))
        s.y[static_cast<std::size_t>(at)] += 1;
    }
  }
  Figure f{.id = "spectrum",
           .title = "The calibrations, all pixels together",
           .caption = "Shaded: the lines the scale is tied to.",
           .x_axis = emission_axis,
           .y_axis = {"counts per eV", ""},
           .series = {std::move(s)}};
  for (const std::string& name : outcome.calibration.lines) {
    const double peak = tes::emission_line(name).peak_eV;
    constexpr double half = 4;
    f.bands.push_back({peak - half, peak + half, name});
  }
  return f;
}

Figure drop_one_figure(const study::TesOutcome& outcome) {
  Figure f{.id = "drop-one",
           .title = fmt::format("Each line by the other lines of its pixel: rms {:.2f} eV",
                                outcome.calibration.drop_one_rms_eV),
           .caption =
               "A line's energy by a curve through the others, less its own. Bars: 95 % of the counting in that "
               "line alone. A pixel with a wrong line stands out by tens of eV.",
           .x_axis = emission_axis,
           .y_axis = {"by the others - own", "eV"}};
  const auto count = static_cast<double>(outcome.calibration.pixels.size());
  std::size_t index = 0;
  f.series = by_state(outcome, [&](const tes::PixelCalibration& pixel, Series& s) {
    ++index;
    for (const tes::PixelLine& line : pixel.lines) {
      if (!std::isfinite(line.drop_one_eV)) continue;
      constexpr double fan = 16;  // eV: pixels side by side about their line
      const double offset = fan * ((static_cast<double>(index) - 0.5) / count - 0.5);
      const double half = 1.96 * line.fit.peak_eV.sigma();
      s.x.push_back(rounded(tes::emission_line(line.line).peak_eV + offset));
      s.y.push_back(rounded(line.drop_one_eV));
      s.y_low.push_back(rounded(line.drop_one_eV - half));
      s.y_high.push_back(rounded(line.drop_one_eV + half));
      s.notes.push_back(fmt::format("pixel {}, {}", pixel.pixel, line.line));
    }
  });
  return f;
}

Figure drift_figure(const study::TesOutcome& outcome) {
  const auto& medians = outcome.calibration.median_drift_eV;
  double worst = 0;
  for (const double m : medians) {
    if (std::isfinite(m)) worst = std::max(worst, std::abs(m));
  }
  Figure f{
      .id = "drift",
      .title = fmt::format("Between calibrations lines stay within {:.2f} eV, median of the pixels", worst),
      .caption = "Peak in the last calibration less peak in the reference, after the drift is taken out. Bars: 95 %.",
      .x_axis = emission_axis,
      .y_axis = {"what is left of the drift", "eV"}};
  const auto count = static_cast<double>(outcome.calibration.pixels.size());
  std::size_t index = 0;
  f.series = by_state(outcome, [&](const tes::PixelCalibration& pixel, Series& s) {
    ++index;
    for (const tes::PixelLine& line : pixel.lines) {
      for (std::size_t w = 0; w < line.drift_eV.size(); ++w) {
        const core::Value& d = line.drift_eV[w];
        if (w == outcome.calibration.reference || !std::isfinite(d.value)) continue;
        constexpr double fan = 16;
        s.x.push_back(
            rounded(tes::emission_line(line.line).peak_eV + fan * ((static_cast<double>(index) - 0.5) / count - 0.5)));
        s.y.push_back(rounded(d.value));
        s.y_low.push_back(rounded(d.value - 1.96 * d.sigma()));
        s.y_high.push_back(rounded(d.value + 1.96 * d.sigma()));
        s.notes.push_back(fmt::format("pixel {}, {}, {}", pixel.pixel, line.line, outcome.calibration.windows[w].name));
      }
    }
  });
  Series median{.name = "median", .role = Role::third, .mark = Mark::line, .x = {}, .y = {}};
  for (std::size_t k = 0; k < medians.size(); ++k) {
    if (!std::isfinite(medians[k])) continue;
    median.x.push_back(tes::emission_line(outcome.calibration.lines[k]).peak_eV);
    median.y.push_back(rounded(medians[k]));
  }
  if (!median.x.empty()) f.series.push_back(std::move(median));
  return f;
}

Figure resolution_figure(const study::TesOutcome& outcome) {
  const auto& lines = outcome.calibration.lines;
  const std::string& middle = lines[lines.size() / 2];
  Figure f{.id = "resolution",
           .title = fmt::format("Width of the Gaussian part of {}, a pixel each", middle),
           .caption =
               "Full width at half maximum, the line's own shape beside its tail included: no better than the "
               "detector's resolution.",
           .x_axis = {"pixel", ""},
           .y_axis = {"full width at half maximum", "eV"}};
  f.series = by_state(outcome, [&](const tes::PixelCalibration& pixel, Series& s) {
    if (!(pixel.resolution_fwhm_eV > 0)) return;
    constexpr double to_fwhm = 2.3548;
    const double half = 1.96 * to_fwhm * pixel.lines[pixel.lines.size() / 2].fit.sigma_eV.sigma();
    s.x.push_back(pixel.pixel);
    s.y.push_back(rounded(pixel.resolution_fwhm_eV));
    s.y_low.push_back(rounded(pixel.resolution_fwhm_eV - half));
    s.y_high.push_back(rounded(pixel.resolution_fwhm_eV + half));
    s.notes.push_back(fmt::format("pixel {}", pixel.pixel));
  });
  return f;
}

Figure line_over_time_figure(const study::TesOutcome& outcome) {
  // The line that most photons of the whole run lie about: a sample has some of the calibration's elements, too.
  constexpr double near_eV = 8, core_eV = 3.5;
  std::string line = outcome.calibration.lines.front();
  std::size_t most = 0;
  for (const std::string& name : outcome.calibration.lines) {
    const double peak = tes::emission_line(name).peak_eV;
    std::size_t outside = 0;
    for (const tes::PixelEvents& events : outcome.events) {
      for (std::size_t i = 0; i < events.size(); ++i) {
        if (std::abs(events.energy_eV[i] - peak) < near_eV && !in_calibration(outcome, events.time_ns[i])) ++outside;
      }
    }
    if (outside > most) {
      most = outside;
      line = name;
    }
  }
  const double peak = tes::emission_line(line).peak_eV;
  std::int64_t first = INT64_MAX, last = INT64_MIN;
  for (const tes::PixelEvents& events : outcome.events) {
    if (events.size() == 0) continue;
    first = std::min(first, events.time_ns.front());
    last = std::max(last, events.time_ns.back());
  }
  constexpr std::int64_t slices = 60;
  const std::int64_t width = std::max<std::int64_t>(1, (last - first) / slices + 1);
  std::vector<std::vector<double>> deviations(slices);
  for (const tes::PixelEvents& events : outcome.events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      const double d = events.energy_eV[i] - peak;
      if (std::abs(d) < core_eV) deviations[static_cast<std::size_t>((events.time_ns[i] - first) / width)].push_back(d);
    }
  }
  Series s{.name = "median of photons within 3.5 eV", .role = Role::primary, .mark = Mark::dots, .x = {}, .y = {}};
  constexpr std::size_t least = 30;
  for (std::size_t k = 0; k < deviations.size(); ++k) {
    if (deviations[k].size() < least) continue;
    const double half =
        1.96 * 1.2533 * 2.0 / std::sqrt(static_cast<double>(deviations[k].size()));  // uniform within +-3.5
    const double m = core::median(deviations[k]);
    s.x.push_back(rounded((static_cast<double>(k) + 0.5) * static_cast<double>(width) / nanoseconds_per_hour));
    s.y.push_back(rounded(m));
    s.y_low.push_back(rounded(m - half));
    s.y_high.push_back(rounded(m + half));
    s.notes.push_back(fmt::format("{} photons", deviations[k].size()));
  }
  return {.id = "over-time",
          .title = fmt::format("{} over the run", line),
          .caption =
              "Median distance from the line's table energy of the photons near it, all pixels. Between "
              "calibrations the sample's own line may lie elsewhere than the calibration sample's. Bars: 95 %.",
          .x_axis = {"time", "h"},
          .y_axis = {fmt::format("distance from {}", line), "eV"},
          .series = {std::move(s)}};
}

}  // namespace lithoscope::report
