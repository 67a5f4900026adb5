// What is said of a calibrated array.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "array_parts.hpp"
#include "lithoscope/core/median.hpp"

namespace lithoscope::tes {
namespace {

// Where the scale puts the elastic light of the calibrations: a line it was not tied to.
std::string elastic_words(const ArrayOutcome& outcome) {
  for (const CalibrationWindow& window : outcome.calibration.windows) {
    const bool scanned = window.incident_eV > 0;
    const auto beside = [&](const std::string& line) {
      constexpr double apart_eV = 25;
      return std::abs(outcome.calibration.line(line).peak_eV - window.incident_eV) < apart_eV;
    };
    if (!scanned || std::ranges::any_of(outcome.calibration.lines, beside)) continue;
    std::vector<double> near;
    constexpr double reach_eV = 8;
    for (const PixelEvents& events : outcome.events) {
      for (std::size_t i = 0; i < events.size(); ++i) {
        if (std::abs(events.energy_eV[i] - window.incident_eV) < reach_eV && in_window(window, events.time_ns[i]))
          near.push_back(events.energy_eV[i]);
      }
    }
    constexpr std::size_t least = 100;
    if (near.size() < least) continue;
    return fmt::format(
        "Light scattered without loss at {:g} eV ({}) is found at {:.2f} eV; the scale is not tied to it.",
        window.incident_eV, window.name, core::median(near));
  }
  return {};
}

std::string scale_words(const ArrayCalibration& c) {
  std::vector<double> widths;
  for (const PixelCalibration& pixel : c.pixels) {
    if (pixel.usable() && pixel.resolution_fwhm_eV > 0) widths.push_back(pixel.resolution_fwhm_eV);
  }
  std::string text =
      std::isfinite(c.drop_one_rms_eV)
          ? fmt::format("A line's energy by the other lines of its pixel is {:.2f} eV off, rms", c.drop_one_rms_eV)
          : std::string{"No line can be checked by others: that takes three in a pixel"};
  if (!widths.empty())
    text +=
        fmt::format("; {} is {:.1f} eV wide in the median pixel", c.lines[c.lines.size() / 2], core::median(widths));
  return text + ".";
}

std::string drift_words(const ArrayCalibration& c) {
  const auto worst = worst_median_drift_eV(c);
  if (!worst) return {};
  constexpr double nanoseconds_per_hour = 3.6e12;
  const double hours =
      std::abs(static_cast<double>(c.windows.back().start_ns - c.windows.front().start_ns)) / nanoseconds_per_hour;
  return fmt::format(
      "How far the scales moved between calibrations {:.1f} h apart is taken out; the lines of the median "
      "pixel then agree within {:.2f} eV.",
      hours, *worst);
}

std::vector<std::string> answers(const ArrayOutcome& outcome) {
  const ArrayCalibration& c = outcome.calibration;
  const auto count = [&](PixelState s) { return std::ranges::count(c.pixels, s, &PixelCalibration::state); };
  std::size_t events = 0;
  for (const PixelEvents& pixel : outcome.events) events += pixel.size();
  std::vector<std::string> out;
  out.push_back(fmt::format("{} photons of {} pixels have energies; {} pixels are good, {} repaired, {} left out.",
                            events, outcome.events.size(), count(PixelState::good), count(PixelState::repaired),
                            count(PixelState::vetoed)));
  out.push_back(scale_words(c));
  if (const std::string words = drift_words(c); !words.empty()) out.push_back(words);
  if (const std::string words = elastic_words(outcome); !words.empty()) out.push_back(words);
  for (const PixelCalibration& pixel : c.pixels) {
    if (pixel.state == PixelState::good) continue;
    constexpr std::size_t most = 8;
    if (out.size() >= most) {
      out.emplace_back("More in the table of pixels.");
      break;
    }
    out.push_back(fmt::format("Pixel {} is {}: {}", pixel.pixel, state_words(pixel.state), reasons_of(pixel)));
  }
  return out;
}

}  // namespace

void add_page(const ArrayOutcome& outcome, result::Result& out) {
  out.asked = "Asked: at which energy did every photon arrive, and which pixels can be trusted?";
  out.answers = answers(outcome);
  result::Section section{
      .title = "Energy scale of the array",
      .paragraphs = {"Every pixel has its own curve through the lines it shares with the others: a natural spline of "
                     "the logarithm of energy over that of pulse height. Which peak is which line is decided in each "
                     "pixel alone, then checked against where all others have it."},
      .tables = {"pixels", "lines", "exclusions"}};
  for (const result::Figure& figure : out.figures) section.figures.push_back(figure.name);
  if (out.find_table("lost") != nullptr) section.tables.emplace_back("lost");
  out.sections.push_back(std::move(section));
}

}  // namespace lithoscope::tes
