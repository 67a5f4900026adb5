#include <cmath>
#include <nlohmann/json.hpp>

#include "lithoscope/report/tes_section.hpp"
#include "lithoscope/study/run.hpp"

namespace lithoscope::report {
namespace {

using Json = nlohmann::ordered_json;

Json number(double v) { return std::isfinite(v) ? Json(v) : Json(nullptr); }
Json value(const core::Value& v) { return {{"value", number(v.value)}, {"sigma", number(v.sigma())}}; }

Json line_json(const tes::PixelLine& line) {
  Json drift = Json::array();
  for (const core::Value& d : line.drift_eV) drift.push_back(value(d));
  Json j{{"line", line.line}, {"drop_one_eV", number(line.drop_one_eV)}, {"drift_eV", drift}};
  if (line.fit.events > 0) {
    j["peak_eV"] = value(line.fit.peak_eV);
    j["sigma_eV"] = value(line.fit.sigma_eV);
    j["counts"] = value(line.fit.counts);
    j["deviance"] = number(line.fit.deviance);
    j["bins"] = line.fit.bins;
  }
  return j;
}

Json pixel_json(const study::TesOutcome& outcome, const tes::PixelCalibration& pixel) {
  Json lines = Json::array(), anchors = Json::array();
  for (const tes::PixelLine& line : pixel.lines) lines.push_back(line_json(line));
  for (const tes::Anchor& a : pixel.curve.anchors())
    anchors.push_back({{"line", a.line},
                       {"height", a.height},
                       {"height_sigma", a.height_sigma},
                       {"energy_eV", a.energy_eV},
                       {"energy_sigma_eV", a.energy_sigma_eV}});
  Json j{{"pixel", pixel.pixel},
         {"state", std::string{tes::state_words(pixel.state)}},
         {"reasons", pixel.reasons},
         {"resolution_fwhm_eV", number(pixel.resolution_fwhm_eV)},
         {"drift_left_eV", number(pixel.drift_sigma_eV)},
         {"changed_ns", pixel.changed_ns},
         {"anchors", anchors},
         {"lines", lines}};
  const auto events = std::ranges::find(outcome.events, pixel.pixel, &tes::PixelEvents::pixel);
  if (events != outcome.events.end()) {
    j["events"] = events->size();
    j["records"] = events->record_time_ns.size();
    Json excluded;
    for (std::size_t f = 0; f < tes::flag_count; ++f)
      excluded[std::string{tes::flag_words(static_cast<tes::Flag>(1U << f))}] = events->excluded[f];
    j["excluded"] = excluded;
  }
  return j;
}

}  // namespace

std::string tes_json(const study::TesOutcome& outcome) {
  const tes::ArrayCalibration& c = outcome.calibration;
  Json j;
  j["schema"] = "lithoscope/tes/1";
  j["program"] = study::program_version();
  j["settings"] = outcome.settings;
  j["inputs"] = outcome.sources;
  j["warnings"] = outcome.warnings;
  j["answers"] = tes_answers(outcome);
  j["drop_one_rms_eV"] = number(c.drop_one_rms_eV);
  Json windows = Json::array(), lines = Json::array(), pixels = Json::array(), lost = Json::array();
  for (const tes::CalibrationWindow& w : c.windows)
    windows.push_back(
        {{"name", w.name}, {"start_ns", w.start_ns}, {"stop_ns", w.stop_ns}, {"incident_eV", w.incident_eV}});
  for (std::size_t k = 0; k < c.lines.size(); ++k)
    lines.push_back({{"line", c.lines[k]},
                     {"median_drift_eV", number(c.median_drift_eV[k])},
                     {"sigma_eV", c.shapes[k].sigma_eV},
                     {"tail_share", c.shapes[k].tail_share},
                     {"tail_eV", c.shapes[k].tail_eV}});
  for (const tes::PixelCalibration& pixel : c.pixels) pixels.push_back(pixel_json(outcome, pixel));
  for (const study::LostPixel& one : outcome.lost) lost.push_back({{"path", one.path}, {"problem", one.problem}});
  j["calibrations"] = windows;
  j["lines"] = lines;
  j["pixels"] = pixels;
  j["lost"] = lost;
  return j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lithoscope::report
