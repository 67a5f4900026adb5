#include "lithoscope/report/tes_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lithoscope/core/median.hpp"
#include "lithoscope/study/run.hpp"
#include "tes_figures.hpp"

namespace lithoscope::report {
namespace {

bool in_window(const tes::CalibrationWindow& window, std::int64_t time_ns) {
  return time_ns >= window.start_ns && time_ns < window.stop_ns;
}

std::string reasons_of(const tes::PixelCalibration& pixel) {
  std::string out;
  for (const std::string& reason : pixel.reasons) out += (out.empty() ? "" : " ") + reason;
  return out;
}

double drop_one_rms(const tes::PixelCalibration& pixel) {
  double sum = 0, n = 0;
  for (const tes::PixelLine& line : pixel.lines) {
    if (!std::isfinite(line.drop_one_eV)) continue;
    sum += line.drop_one_eV * line.drop_one_eV;
    n += 1;
  }
  return n > 0 ? std::sqrt(sum / n) : 0;
}

Table pixel_table(const study::TesOutcome& outcome) {
  Table t{.title = "Pixels",
          .header = {"row", "pixel", "state", "events", "left out", "FWHM (eV)", "drop-one (eV)", "drift left (eV)",
                     "what happened"}};
  std::size_t row = 0;
  for (const tes::PixelCalibration& pixel : outcome.calibration.pixels) {
    const auto events = std::ranges::find(outcome.events, pixel.pixel, &tes::PixelEvents::pixel);
    const bool any = events != outcome.events.end();
    const std::size_t kept = any ? events->size() : 0, records = any ? events->record_time_ns.size() : 0;
    t.rows.push_back({std::to_string(row++), std::to_string(pixel.pixel), std::string{tes::state_words(pixel.state)},
                      std::to_string(kept), std::to_string(records - kept),
                      pixel.resolution_fwhm_eV > 0 ? fmt::format("{:.1f}", pixel.resolution_fwhm_eV) : "-",
                      pixel.usable() ? fmt::format("{:.2f}", drop_one_rms(pixel)) : "-",
                      pixel.drift_sigma_eV > 0 ? fmt::format("{:.2f}", pixel.drift_sigma_eV) : "-", reasons_of(pixel)});
    t.row_notes.push_back(pixel.usable() ? "" : reasons_of(pixel));
  }
  return t;
}

Table line_table(const study::TesOutcome& outcome) {
  Table t{.title = "Lines, median over usable pixels",
          .header = {"line", "put at (eV)", "table +- (eV)", "counts a pixel", "Gaussian FWHM (eV)", "tail share",
                     "tail (eV)", "drift left (eV)"}};
  const tes::ArrayCalibration& c = outcome.calibration;
  for (std::size_t k = 0; k < c.lines.size(); ++k) {
    std::vector<double> counts, widths;
    for (const tes::PixelCalibration& pixel : c.pixels) {
      if (!pixel.usable() || pixel.lines[k].fit.events == 0) continue;
      counts.push_back(pixel.lines[k].fit.counts.value);
      widths.push_back(2.3548 * pixel.lines[k].fit.sigma_eV.value);
    }
    const tes::EmissionLine& line = tes::emission_line(c.lines[k]);
    t.rows.push_back({c.lines[k], fmt::format("{:.2f}", line.peak_eV), fmt::format("{:.2f}", line.peak_sigma_eV),
                      fmt::format("{:.0f}", core::median(counts)), fmt::format("{:.1f}", core::median(widths)),
                      fmt::format("{:.2f}", c.shapes[k].tail_share), fmt::format("{:.1f}", c.shapes[k].tail_eV),
                      std::isfinite(c.median_drift_eV[k]) ? fmt::format("{:+.2f}", c.median_drift_eV[k]) : "-"});
  }
  return t;
}

Table exclusion_table(const study::TesOutcome& outcome) {
  Table t{.title = "Records that did not become photons", .header = {"why", "records"}};
  std::array<std::int64_t, tes::flag_count> sum{};
  std::size_t records = 0, kept = 0;
  for (const tes::PixelEvents& pixel : outcome.events) {
    records += pixel.record_time_ns.size();
    kept += pixel.size();
    for (std::size_t f = 0; f < sum.size(); ++f) sum[f] += pixel.excluded[f];
  }
  for (std::size_t f = 0; f < sum.size(); ++f) {
    if (sum[f] > 0)
      t.rows.push_back({std::string{tes::flag_words(static_cast<tes::Flag>(1U << f))}, std::to_string(sum[f])});
  }
  t.rows.push_back({"kept", fmt::format("{} of {}", kept, records)});
  return t;
}

// Where the scale puts the elastic light of the calibrations: a line it was not tied to.
std::string elastic_words(const study::TesOutcome& outcome) {
  for (const tes::CalibrationWindow& window : outcome.calibration.windows) {
    const bool scanned = window.incident_eV > 0;
    const auto beside = [&](const std::string& line) {
      constexpr double apart_eV = 25;
      return std::abs(tes::emission_line(line).peak_eV - window.incident_eV) < apart_eV;
    };
    if (!scanned || std::ranges::any_of(outcome.calibration.lines, beside)) continue;
    std::vector<double> near;
    constexpr double reach_eV = 8;
    for (const tes::PixelEvents& events : outcome.events) {
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

}  // namespace

std::vector<std::string> tes_answers(const study::TesOutcome& outcome) {
  const tes::ArrayCalibration& c = outcome.calibration;
  const auto count = [&](tes::PixelState s) { return std::ranges::count(c.pixels, s, &tes::PixelCalibration::state); };
  std::size_t events = 0;
  for (const tes::PixelEvents& pixel : outcome.events) events += pixel.size();
  std::vector<std::string> out;
  out.push_back(fmt::format("{} photons of {} pixels have energies; {} pixels are good, {} repaired, {} left out.",
                            events, outcome.events.size(), count(tes::PixelState::good),
                            count(tes::PixelState::repaired), count(tes::PixelState::vetoed)));
  std::vector<double> widths;
  for (const tes::PixelCalibration& pixel : c.pixels) {
    if (pixel.usable() && pixel.resolution_fwhm_eV > 0) widths.push_back(pixel.resolution_fwhm_eV);
  }
  std::string text =
      fmt::format("A line's energy by the other lines of its pixel is {:.2f} eV off, rms", c.drop_one_rms_eV);
  if (!widths.empty())
    text +=
        fmt::format("; {} is {:.1f} eV wide in the median pixel", c.lines[c.lines.size() / 2], core::median(widths));
  out.push_back(text + ".");
  double worst = -1;
  for (const double m : c.median_drift_eV) {
    if (std::isfinite(m)) worst = std::max(worst, std::abs(m));
  }
  if (worst >= 0) {
    const double hours = std::abs(static_cast<double>(c.windows.back().start_ns - c.windows.front().start_ns)) / 3.6e12;
    out.push_back(fmt::format("Over {:.1f} h between calibrations the lines of the median pixel stay within {:.2f} eV.",
                              hours, worst));
  }
  if (const std::string words = elastic_words(outcome); !words.empty()) out.push_back(words);
  for (const tes::PixelCalibration& pixel : c.pixels) {
    if (pixel.state == tes::PixelState::good) continue;
    constexpr std::size_t most = 8;
    if (out.size() >= most) {
      out.emplace_back("More in the table of pixels.");
      break;
    }
    out.push_back(fmt::format("Pixel {} is {}: {}", pixel.pixel, tes::state_words(pixel.state), reasons_of(pixel)));
  }
  return out;
}

Section calibration_section(const study::TesOutcome& outcome, const std::string& id) {
  Section s{.id = id, .title = "Energy scale of the array", .warnings = outcome.warnings};
  s.paragraphs.push_back(
      "Every pixel has its own curve through the lines it shares with the others: a natural spline of the logarithm of "
      "energy over that of pulse height. Which peak is which line is decided in each pixel alone, then checked against "
      "where all others have it.");
  s.figures.push_back(pixel_map_figure(outcome));
  s.figures.push_back(array_spectrum_figure(outcome));
  s.figures.push_back(drop_one_figure(outcome));
  if (outcome.calibration.windows.size() > 1) s.figures.push_back(drift_figure(outcome));
  s.figures.push_back(resolution_figure(outcome));
  s.figures.push_back(line_over_time_figure(outcome));
  std::erase_if(s.figures, [](const Figure& f) {
    return !f.map && std::ranges::all_of(f.series, [](const Series& one) { return one.x.empty(); });
  });
  s.tables = {pixel_table(outcome), line_table(outcome), exclusion_table(outcome)};
  return s;
}

Report make_report(const study::TesOutcome& outcome) {
  Report report;
  report.program = study::program_version();
  report.title = "Microcalorimeter events";
  report.asked = "Asked: at which energy did every photon arrive, and which pixels can be trusted?";
  report.answers = tes_answers(outcome);
  report.sections.push_back(calibration_section(outcome, "calibration"));
  report.made.emplace_back("Program", report.program);
  std::string inputs;
  for (const std::string& source : outcome.sources) inputs += source + "\n";
  report.made.emplace_back("Input files", inputs);
  report.made.emplace_back("Settings", outcome.settings);
  return report;
}

}  // namespace lithoscope::report
