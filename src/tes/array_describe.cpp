// A calibrated array as numbers, tables, observables.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "array_parts.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/core/statistics.hpp"
#include "robust.hpp"

namespace lithoscope::tes {

bool in_window(const CalibrationWindow& window, std::int64_t time_ns) {
  return time_ns >= window.start_ns && time_ns < window.stop_ns;
}

bool in_calibration(const ArrayOutcome& outcome, std::int64_t time_ns) {
  return std::ranges::any_of(outcome.calibration.windows,
                             [&](const CalibrationWindow& w) { return in_window(w, time_ns); });
}

std::string reasons_of(const PixelCalibration& pixel) {
  std::string out;
  for (const std::string& reason : pixel.reasons) out += (out.empty() ? "" : " ") + reason;
  return out;
}

const PixelEvents* photons_of(const ArrayOutcome& outcome, int pixel) {
  const auto found = std::ranges::find(outcome.events, pixel, &PixelEvents::pixel);
  return found == outcome.events.end() || found->size() == 0 ? nullptr : &*found;
}

EmissionRange shown_range(const ArrayOutcome& outcome) {
  const double first = outcome.calibration.known.front().peak_eV;
  const double last = outcome.calibration.known.back().peak_eV;
  constexpr double below = 60, above = 120;
  return {std::max(0.0, first - below), last + above};
}

std::optional<double> worst_median_drift_eV(const ArrayCalibration& calibration) {
  std::optional<double> worst;
  for (const double m : calibration.median_drift_eV) {
    if (std::isfinite(m)) worst = std::max(worst.value_or(0), std::abs(m));
  }
  return worst;
}

std::string plain_line(const std::string& line) {
  std::string out = line;
  std::ranges::replace(out, ' ', '_');
  return out;
}

namespace {

void add_numbers(const ArrayOutcome& outcome, result::Result& out) {
  const ArrayCalibration& c = outcome.calibration;
  const auto put = [&](std::string name, std::string unit, std::string help, double value, double variance,
                       std::string flag = {}) {
    out.numbers.push_back({.name = std::move(name),
                           .unit = std::move(unit),
                           .help = std::move(help),
                           .value = {value, variance},
                           .flag = std::move(flag)});
  };
  const auto count = [&](PixelState s) {
    return static_cast<double>(std::ranges::count(c.pixels, s, &PixelCalibration::state));
  };
  double photons = 0;
  for (const PixelEvents& pixel : outcome.events) photons += static_cast<double>(pixel.size());
  put("photons", "", "Photons with an energy, all pixels", photons, 0);
  put("pixels_good", "", "Pixels in which nothing had to be mended", count(PixelState::good), 0);
  put("pixels_repaired", "", "Pixels that were repaired and are used", count(PixelState::repaired), 0);
  put("pixels_left_out", "", "Pixels that are not used", count(PixelState::vetoed), 0);
  put("drop_one_rms", "eV",
      "Root mean square of a line's energy by the other lines of its pixel less its own, over usable pixels",
      c.drop_one_rms_eV, result::not_a_number, std::isnan(c.drop_one_rms_eV) ? "no pixel has three lines" : "");
  const auto worst = worst_median_drift_eV(c);
  put("worst_median_drift", "eV", "Largest residual drift of a line in the median pixel, either sign",
      worst.value_or(result::not_a_number), result::not_a_number, worst ? "" : "one calibration shows no drift");
}

// Median over usable pixels of a line's residual drift in the last calibration, with the error of a median.
result::Observable scale_observable(const ArrayCalibration& c, std::size_t k) {
  std::vector<double> drift;
  for (const PixelCalibration& pixel : c.pixels) {
    if (!pixel.usable() || pixel.lines.size() <= k || pixel.lines[k].drift_eV.empty()) continue;
    if (const double d = pixel.lines[k].drift_eV.back().value; std::isfinite(d)) drift.push_back(d);
  }
  constexpr double of_median = 1.2533;  // error of a median over that of a mean, normal values
  const double sigma =
      drift.size() > 1 ? of_median * spread_of(drift) / std::sqrt(static_cast<double>(drift.size())) : 0;
  const double median = c.median_drift_eV[k];
  return {.name = "energy_scale/" + plain_line(c.lines[k]),
          .unit = "eV",
          .help = "Residual drift of " + c.lines[k] + " between calibrations, median of the usable pixels",
          .values = {median},
          .variance = {sigma * sigma},
          .flags = {std::isfinite(median) ? "ok" : "one calibration shows no drift"},
          .unusable = "It is a calibration, not the sample."};
}

}  // namespace

result::Result describe(const ArrayOutcome& outcome) {
  result::Result out;
  out.sources = outcome.sources;
  out.warnings = outcome.warnings;
  add_numbers(outcome, out);
  add_tables(outcome, out);
  for (std::size_t k = 0; k < outcome.calibration.lines.size(); ++k)
    out.observables.push_back(scale_observable(outcome.calibration, k));
  add_figures(outcome, out);
  add_page(outcome, out);
  return out;
}

}  // namespace lithoscope::tes
