// Tables of a calibrated array: photons, pixels, lines, scans, and what the figures show.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "array_parts.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/core/statistics.hpp"

namespace lithoscope::tes {

using result::Column;
using result::integer_column;
using result::number_column;
using result::Table;
using result::value_column;
using result::word_column;

namespace {

constexpr double not_known = result::not_a_number;

Column times(std::string name, std::string help, std::vector<std::int64_t> values) {
  Column out = integer_column(std::move(name), std::move(help), std::move(values));
  out.unit = "ns";
  return out;
}

Column hidden(Column column) {
  column.shown.hidden = true;
  return column;
}

Column headed(Column column, std::string heading, int digits = 5) {
  column.shown.name = std::move(heading);
  column.shown.digits = digits;
  return column;
}

Column with_gaps(Column column, std::string why) {
  column.gaps = std::move(why);
  return column;
}

// ---- photons --------------------------------------------------------------------------------------------------------

Table photon_table(const ArrayOutcome& outcome) {
  std::vector<std::int64_t> pixel, time;
  std::vector<double> energy, variance;
  std::size_t all = 0;
  for (const PixelEvents& one : outcome.events) all += one.size();
  pixel.reserve(all);
  time.reserve(all);
  energy.reserve(all);
  variance.reserve(all);
  for (const PixelEvents& one : outcome.events) {
    pixel.insert(pixel.end(), one.size(), one.pixel);
    time.insert(time.end(), one.time_ns.begin(), one.time_ns.end());
    energy.insert(energy.end(), one.energy_eV.begin(), one.energy_eV.end());
    for (const float s : one.energy_sigma_eV) variance.push_back(static_cast<double>(s) * static_cast<double>(s));
  }
  return {.name = "photons",
          .title = "Photons, pixel by pixel, in time",
          .columns = {integer_column("pixel", "Channel of the pixel", std::move(pixel)),
                      times("time", "When the photon came, POSIX time", std::move(time)),
                      number_column("energy", "eV",
                                    "Emission energy; its error is that of the scale, the same for all photons of one "
                                    "energy in a pixel, without the resolution",
                                    std::move(energy), std::move(variance))},
          .signal = "energy",
          .bulk = true};
}

Table record_table(const ArrayOutcome& outcome) {
  std::vector<std::int64_t> pixel, time;
  for (const PixelEvents& one : outcome.events) {
    pixel.insert(pixel.end(), one.record_time_ns.size(), one.pixel);
    time.insert(time.end(), one.record_time_ns.begin(), one.record_time_ns.end());
  }
  return {.name = "records",
          .title = "All records, photons or not, that dead time is counted from",
          .columns = {integer_column("pixel", "Channel of the pixel", std::move(pixel)),
                      times("time", "When the record was triggered, POSIX time", std::move(time))},
          .bulk = true};
}

// ---- pixels ---------------------------------------------------------------------------------------------------------

double drop_one_rms(const PixelCalibration& pixel) {
  double sum = 0, n = 0;
  for (const PixelLine& line : pixel.lines) {
    if (!std::isfinite(line.drop_one_eV)) continue;
    sum += line.drop_one_eV * line.drop_one_eV;
    n += 1;
  }
  return n > 0 && pixel.usable() ? std::sqrt(sum / n) : not_known;
}

core::Value resolution_of(const PixelCalibration& pixel) {
  if (!(pixel.resolution_fwhm_eV > 0)) return {not_known, not_known};
  const double sigma = core::fwhm_per_sigma * pixel.lines[pixel.lines.size() / 2].fit.sigma_eV.sigma();
  return core::Value::with_sigma(pixel.resolution_fwhm_eV, sigma);
}

Table pixel_table(const ArrayOutcome& outcome) {
  std::vector<std::int64_t> row, channel, photons, left_out, valid, by_baseline;
  std::vector<std::string> state, reasons, flags, notes;
  std::vector<double> record_s, drop_one, drift;
  std::vector<core::Value> fwhm;
  std::array<std::vector<std::int64_t>, flag_count> excluded;
  const auto& pixels = outcome.calibration.pixels;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const PixelCalibration& pixel = pixels[i];
    const PixelEvents& events = outcome.events[i];
    row.push_back(static_cast<std::int64_t>(i));
    channel.push_back(pixel.pixel);
    state.emplace_back(state_words(pixel.state));
    photons.push_back(static_cast<std::int64_t>(events.size()));
    left_out.push_back(static_cast<std::int64_t>(events.record_time_ns.size() - events.size()));
    fwhm.push_back(resolution_of(pixel));
    drop_one.push_back(drop_one_rms(pixel));
    drift.push_back(pixel.drift_sigma_eV > 0 ? pixel.drift_sigma_eV : not_known);
    reasons.push_back(reasons_of(pixel));
    record_s.push_back(events.record_s);
    by_baseline.push_back(pixel.interpolate_by_baseline ? 1 : 0);
    for (std::size_t f = 0; f < flag_count; ++f) excluded[f].push_back(events.excluded[f]);
    valid.push_back(pixel.usable() ? 1 : 0);
    flags.push_back(pixel.usable() ? "ok" : reasons.back());
    notes.push_back(fmt::format("pixel {}", pixel.pixel));
  }
  Table out{.name = "pixels",
            .title = "Pixels",
            .columns = {integer_column("row", "Row of the pixel in maps over all pixels", row),
                        integer_column("pixel", "Channel of the pixel", channel),
                        word_column("state", "Good, repaired or left out", state),
                        headed(integer_column("photons", "Records that became photons", photons), "events"),
                        integer_column("left_out", "Records that did not become photons", left_out),
                        headed(with_gaps(value_column("resolution", "eV",
                                                      "Full width at half maximum of the Gaussian part of the middle "
                                                      "line",
                                                      fwhm),
                                         "The middle line could not be fitted in this pixel."),
                               "FWHM", 3),
                        headed(with_gaps(number_column("drop_one", "eV",
                                                       "Root mean square of a line's energy by the pixel's other lines "
                                                       "less its own",
                                                       drop_one),
                                         "The pixel is left out or has fewer than three lines."),
                               "drop-one", 3),
                        headed(with_gaps(number_column("drift_left", "eV",
                                                       "Residual drift between calibrations, standard deviation over "
                                                       "the lines",
                                                       drift),
                                         "One calibration shows no drift."),
                               "drift left", 3),
                        headed(word_column("reasons", "What was repaired, or why the pixel is left out", reasons),
                               "what happened"),
                        hidden(number_column("record_length", "s", "How long a record keeps the pixel busy", record_s)),
                        hidden(integer_column("drift_by_baseline",
                                              "Whether the drift between calibrations is followed by the baseline "
                                              "rather than by time: 1 for yes",
                                              by_baseline))},
            .signal = "resolution",
            .valid = "valid",
            .flags = "flags",
            .brief = {"pixel", "state", "photons", "left_out", "resolution", "drop_one", "drift_left"}};
  for (std::size_t f = 0; f < flag_count; ++f) {
    const auto words = flag_words(static_cast<Flag>(1U << f));
    out.columns.push_back(
        hidden(integer_column(std::string{"excluded_"} + flag_columns[f],
                              fmt::format("Records that are no photons because: {}", words), excluded[f])));
  }
  out.columns.push_back(hidden(word_column("note", "Name of the pixel, for figures", notes)));
  out.columns.push_back(integer_column("valid", "Whether the pixel is used: 1 for yes", valid));
  out.columns.push_back(word_column("flags", "\"ok\", or why the pixel is not used", flags));
  return out;
}

Table passage_table(const ArrayOutcome& outcome) {
  const ArrayCalibration& c = outcome.calibration;
  std::vector<std::int64_t> pixel, early, middle, late;
  std::vector<std::string> from, to;
  std::vector<double> moved, gradual, sigma;
  for (const PixelCalibration& one : c.pixels) {
    for (const Passage& p : one.passages) {
      pixel.push_back(one.pixel);
      from.push_back(c.windows[p.from].name);
      to.push_back(c.windows[p.to].name);
      moved.push_back(p.moved_eV);
      gradual.push_back(p.gradual);
      constexpr double least = 0.025, half = 0.5, most = 0.975;
      early.push_back(std::llround(p.time_of(least)));
      middle.push_back(std::llround(p.time_of(half)));
      late.push_back(std::llround(p.time_of(most)));
      sigma.push_back(p.sigma_eV);
    }
  }
  return {
      .name = "passages",
      .title = "How the pixels' scales went from one calibration to the next",
      .columns = {
          integer_column("pixel", "Channel of the pixel", pixel), word_column("from", "The earlier calibration", from),
          word_column("to", "The later calibration", to),
          headed(number_column("moved", "eV",
                               "How far the scale moved at the energy of most photons between calibrations", moved),
                 "moved", 3),
          headed(number_column("gradual", "", "Probability that it moved gradually; else it moved at once", gradual),
                 "gradual", 3),
          times("changed_after", "If at once, then with 97.5 % later than this, POSIX time", early),
          times("changed", "If at once, then as probably before as after this, POSIX time", middle),
          times("changed_before", "If at once, then with 97.5 % earlier than this, POSIX time", late),
          headed(number_column("sigma", "eV",
                               "Largest standard deviation that not knowing when leaves to an energy in "
                               "between",
                               sigma),
                 "error", 3)}};
}

Table lost_table(const ArrayOutcome& outcome) {
  std::vector<std::string> path, problem;
  for (const LostPixel& one : outcome.lost) {
    path.push_back(one.path.substr(one.path.rfind('/') + 1));
    problem.push_back(one.problem);
  }
  return {.name = "lost",
          .title = "Files that gave no pixel",
          .columns = {word_column("file", "Name of the file", path), word_column("problem", "What is wrong", problem)}};
}

Table exclusion_table(const ArrayOutcome& outcome) {
  std::array<std::int64_t, flag_count> sum{};
  std::size_t records = 0, kept = 0;
  for (const PixelEvents& pixel : outcome.events) {
    records += pixel.record_time_ns.size();
    kept += pixel.size();
    for (std::size_t f = 0; f < sum.size(); ++f) sum[f] += pixel.excluded[f];
  }
  std::vector<std::string> why;
  std::vector<std::int64_t> number;
  for (std::size_t f = 0; f < sum.size(); ++f) {
    if (sum[f] == 0) continue;
    why.emplace_back(flag_words(static_cast<Flag>(1U << f)));
    number.push_back(sum[f]);
  }
  why.emplace_back("kept");
  number.push_back(static_cast<std::int64_t>(kept));
  why.emplace_back("all");
  number.push_back(static_cast<std::int64_t>(records));
  return {.name = "exclusions",
          .title = "Records that did not become photons",
          .columns = {word_column("why", "Reason, or what became of them", why),
                      integer_column("records", "Records; one may have several reasons", number)}};
}

// ---- the scale ------------------------------------------------------------------------------------------------------

Table anchor_table(const ArrayOutcome& outcome) {
  std::vector<std::int64_t> pixel;
  std::vector<std::string> line;
  std::vector<core::Value> height, energy;
  for (const PixelCalibration& one : outcome.calibration.pixels) {
    if (one.curve.empty()) continue;
    for (const Anchor& a : one.curve.anchors()) {
      pixel.push_back(one.pixel);
      line.push_back(a.line);
      height.push_back(core::Value::with_sigma(a.height, a.height_sigma));
      energy.push_back(core::Value::with_sigma(a.energy_eV, a.energy_sigma_eV));
    }
  }
  return {.name = "anchors",
          .title = "Points of the pixels' curves from pulse height to energy",
          .columns = {integer_column("pixel", "Channel of the pixel", pixel), word_column("line", "Line", line),
                      value_column("height", "", "Pulse height of the line, in raw units", height),
                      value_column("energy", "eV", "Energy the line is put at", energy)}};
}

Table window_table(const ArrayOutcome& outcome) {
  const ArrayCalibration& c = outcome.calibration;
  std::vector<std::string> name;
  std::vector<std::int64_t> start, stop, reference;
  std::vector<double> incident;
  for (std::size_t w = 0; w < c.windows.size(); ++w) {
    name.push_back(c.windows[w].name);
    start.push_back(c.windows[w].start_ns);
    stop.push_back(c.windows[w].stop_ns);
    incident.push_back(c.windows[w].incident_eV > 0 ? c.windows[w].incident_eV : not_known);
    reference.push_back(w == c.reference ? 1 : 0);
  }
  return {.name = "calibrations",
          .title = "Calibrations",
          .columns = {word_column("name", "Name in the log", name), times("start", "Begin, POSIX time", start),
                      times("stop", "End, POSIX time", stop),
                      with_gaps(number_column("incident_energy", "eV", "Where the monochromator stood", incident),
                                "The log does not say where the monochromator stood."),
                      integer_column("reference", "Whether the others are compared with it: 1 for yes", reference)}};
}

double median_or_gap(const std::vector<double>& values) { return values.empty() ? not_known : core::median(values); }

Table line_table(const ArrayOutcome& outcome) {
  const ArrayCalibration& c = outcome.calibration;
  std::vector<core::Value> energy;
  std::vector<double> counts, fwhm, sigma, share, tail;
  for (std::size_t k = 0; k < c.lines.size(); ++k) {
    std::vector<double> of_pixels, widths;
    for (const PixelCalibration& pixel : c.pixels) {
      if (!pixel.usable() || pixel.lines[k].fit.events == 0) continue;
      of_pixels.push_back(pixel.lines[k].fit.counts.value);
      widths.push_back(core::fwhm_per_sigma * pixel.lines[k].fit.sigma_eV.value);
    }
    const EmissionLine& line = c.known[k];
    energy.push_back(core::Value::with_sigma(line.peak_eV, line.peak_sigma_eV));
    counts.push_back(median_or_gap(of_pixels));
    fwhm.push_back(median_or_gap(widths));
    sigma.push_back(c.shapes[k].sigma_eV);
    share.push_back(c.shapes[k].tail_share);
    tail.push_back(c.shapes[k].tail_eV);
  }
  const char* no_fit = "No usable pixel has this line.";
  return {.name = "lines",
          .title = "Lines, median over usable pixels",
          .columns = {word_column("line", "Line of the calibration sample", c.lines),
                      headed(value_column("energy", "eV",
                                          "Where its maximum is put; the error is half of what two laboratories' "
                                          "tables differ by",
                                          energy),
                             "put at"),
                      headed(with_gaps(number_column("counts", "", "Counts in a pixel, median", counts), no_fit),
                             "counts a pixel", 4),
                      headed(with_gaps(number_column("resolution", "eV",
                                                     "Full width at half maximum of the Gaussian part, median", fwhm),
                                       no_fit),
                             "Gaussian FWHM", 3),
                      hidden(number_column("sigma", "eV", "Standard deviation of the Gaussian of the array's shape",
                                           sigma)),
                      headed(number_column("tail_share", "", "Share of the counts in the exponential tail", share),
                             "tail share", 3),
                      headed(number_column("tail_length", "eV", "Length of the exponential tail", tail), "tail", 3),
                      headed(with_gaps(number_column("median_drift", "eV",
                                                     "Residual drift in the last calibration, median over pixels",
                                                     c.median_drift_eV),
                                       "One calibration shows no drift."),
                             "drift left", 2)},
          .signal = "median_drift"};
}

// Pixels side by side about their line, so that none hides another.
double fanned(double energy_eV, std::size_t index, std::size_t count) {
  constexpr double fan_eV = 16;
  return energy_eV + fan_eV * ((static_cast<double>(index) + 0.5) / static_cast<double>(count) - 0.5);
}

Table fit_table(const ArrayOutcome& outcome) {
  std::vector<std::int64_t> channel, bins;
  std::vector<std::string> name, state, flags, notes;
  std::vector<core::Value> peak, sigma, tail_share, tail, counts;
  std::vector<double> deviance, shown_at, drop_one, drop_variance;
  const auto& pixels = outcome.calibration.pixels;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    for (const PixelLine& line : pixels[i].lines) {
      const bool fitted = line.fit.events > 0;
      const auto known = [&](const core::Value& v) { return fitted ? v : core::Value{not_known, not_known}; };
      channel.push_back(pixels[i].pixel);
      name.push_back(line.line);
      state.emplace_back(state_words(pixels[i].state));
      peak.push_back(known(line.fit.peak_eV));
      sigma.push_back(known(line.fit.sigma_eV));
      tail_share.push_back(known(line.fit.tail_share));
      tail.push_back(known(line.fit.tail_eV));
      counts.push_back(known(line.fit.counts));
      deviance.push_back(fitted ? line.fit.deviance : not_known);
      bins.push_back(line.fit.bins);
      shown_at.push_back(fanned(outcome.calibration.line(line.line).peak_eV, i, pixels.size()));
      drop_one.push_back(line.drop_one_eV);
      drop_variance.push_back(line.fit.peak_eV.variance);
      flags.push_back(fitted ? "ok" : "the line was not fitted in this pixel");
      notes.push_back(fmt::format("pixel {}, {}", pixels[i].pixel, line.line));
    }
  }
  return {
      .name = "line_fits",
      .title = "Lines in the pixels, all calibrations together",
      .columns = {integer_column("pixel", "Channel of the pixel", channel), word_column("line", "Line", name),
                  word_column("state", "State of the pixel", state),
                  value_column("peak", "eV", "Energy of the line's maximum in the pixel's scale", peak),
                  value_column("sigma", "eV", "Standard deviation of the Gaussian part", sigma),
                  value_column("tail_share", "", "Share of the counts in the exponential tail", tail_share),
                  value_column("tail_length", "eV", "Length of the exponential tail", tail),
                  value_column("counts", "", "Counts in the line", counts),
                  number_column("deviance", "", "Deviance of the fit, to be compared with the bins", deviance),
                  integer_column("bins", "Bins of the fit", bins),
                  with_gaps(number_column("drop_one", "eV",
                                          "Energy by the pixel's other lines less its own; the error is that of "
                                          "counting in this line alone",
                                          drop_one, drop_variance),
                            "The first and the last line of a pixel have none beyond them."),
                  hidden(number_column("shown_at", "eV", "Where figures draw the pixel, beside its line", shown_at)),
                  hidden(word_column("note", "Names of pixel and line, for figures", notes)),
                  word_column("flags", "\"ok\", or why there is no fit", flags)},
      .signal = "drop_one",
      .flags = "flags"};
}

Table drift_table(const ArrayOutcome& outcome) {
  const ArrayCalibration& c = outcome.calibration;
  std::vector<std::int64_t> channel;
  std::vector<std::string> name, state, window, notes;
  std::vector<double> shown_at;
  std::vector<core::Value> drift;
  for (std::size_t i = 0; i < c.pixels.size(); ++i) {
    for (const PixelLine& line : c.pixels[i].lines) {
      for (std::size_t w = 0; w < line.drift_eV.size(); ++w) {
        if (w == c.reference || !std::isfinite(line.drift_eV[w].value)) continue;
        channel.push_back(c.pixels[i].pixel);
        name.push_back(line.line);
        state.emplace_back(state_words(c.pixels[i].state));
        window.push_back(c.windows[w].name);
        drift.push_back(line.drift_eV[w]);
        shown_at.push_back(fanned(c.line(line.line).peak_eV, i, c.pixels.size()));
        notes.push_back(fmt::format("pixel {}, {}, {}", c.pixels[i].pixel, line.line, c.windows[w].name));
      }
    }
  }
  return {
      .name = "drift",
      .title = "Residual drift of lines between calibrations",
      .columns = {integer_column("pixel", "Channel of the pixel", channel), word_column("line", "Line", name),
                  word_column("state", "State of the pixel", state),
                  word_column("calibration", "Which calibration is compared with the reference", window),
                  value_column("drift", "eV", "Peak there less peak in the reference, after the drift is taken out",
                               drift),
                  hidden(number_column("shown_at", "eV", "Where figures draw the pixel, beside its line", shown_at)),
                  hidden(word_column("note", "Names of pixel, line and calibration, for figures", notes))},
      .signal = "drift"};
}

// ---- scans ----------------------------------------------------------------------------------------------------------

Table pass_table(const ArrayOutcome& outcome) {
  std::vector<std::string> name, log, sample, variable, unit;
  std::vector<std::int64_t> start, stop, points;
  for (const ScanLog& one : outcome.logs) {
    if (one.kind != LogKind::scan) continue;
    for (const ScanPass& pass : one.passes) {
      name.push_back(one.name + " " + pass.name);
      log.push_back(one.name);
      sample.push_back(one.sample);
      variable.push_back(one.variable);
      unit.push_back(one.unit);
      start.push_back(pass.start_ns);
      stop.push_back(pass.stop_ns);
      points.push_back(static_cast<std::int64_t>(pass.points.size()));
    }
  }
  return {.name = "scan_passes",
          .title = "Passes of the scans",
          .columns = {word_column("pass", "Name of the log and of the pass", name),
                      word_column("log", "Name of the log", log),
                      word_column("sample", "Sample, as the log has it", sample),
                      word_column("variable", "What was scanned", variable),
                      word_column("variable_unit", "Unit of what was scanned", unit),
                      times("start", "Begin of the pass, POSIX time", start),
                      times("stop", "End of the pass, POSIX time", stop),
                      integer_column("points", "Points in the pass", points)}};
}

Table point_table(const std::vector<ScanPass>& passes) {
  std::vector<std::string> name;
  std::vector<std::int64_t> start, stop, which;
  std::vector<double> position, i0;
  for (std::size_t p = 0; p < passes.size(); ++p) {
    for (const ScanPoint& point : passes[p].points) {
      which.push_back(static_cast<std::int64_t>(p));
      name.push_back(passes[p].name);
      position.push_back(point.position);
      start.push_back(point.start_ns);
      stop.push_back(point.stop_ns);
      i0.push_back(point.i0);
    }
  }
  return {.name = "scan_points",
          .title = "When the monochromator stood where",
          .columns = {integer_column("pass_number", "Row of the pass in the table of passes, from 0", which),
                      word_column("pass", "Name of the log and of the pass", name),
                      number_column("position", "eV", "Incident energy, or what else was scanned", position),
                      times("start", "Begin of the point, POSIX time", start),
                      times("stop", "End of the point, POSIX time", stop),
                      number_column("i0", "", "Beam monitor; 0 where the log does not say", i0)},
          .signal = "position"};
}

// ---- spectra --------------------------------------------------------------------------------------------------------

// What a viewer opens on: the spectrum of all pixels.
Table spectrum_table(const ArrayOutcome& outcome) {
  constexpr double step_eV = 1;
  constexpr std::size_t bins = 1500;
  std::vector<double> energy, counts(bins, 0.0);
  for (std::size_t i = 0; i < bins; ++i) energy.push_back(step_eV * (static_cast<double>(i) + 0.5));
  for (const PixelEvents& pixel : outcome.events) {
    for (const double e : pixel.energy_eV) {
      if (e >= 0 && e < step_eV * bins) counts[static_cast<std::size_t>(e / step_eV)] += 1;
    }
  }
  return {.name = "spectrum",
          .title = "All photons of all pixels",
          .columns = {number_column("energy", "eV", "Emission energy, middle of the bin", energy),
                      number_column("counts", "", "Photons in a bin of 1 eV", counts, counts)},
          .axis = "energy",
          .signal = "counts"};
}

Table calibration_spectrum_table(const ArrayOutcome& outcome) {
  const EmissionRange range = shown_range(outcome);
  const auto n = static_cast<std::size_t>(range.high_eV - range.low_eV);
  std::vector<double> energy, counts(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) energy.push_back(range.low_eV + static_cast<double>(i) + 0.5);
  for (const PixelEvents& events : outcome.events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      const double at = events.energy_eV[i] - range.low_eV;
      if (at >= 0 && at < static_cast<double>(n) && in_calibration(outcome, events.time_ns[i]))
        counts[static_cast<std::size_t>(at)] += 1;
    }
  }
  return {.name = "calibration_spectrum",
          .title = "The calibrations, all pixels together",
          .columns = {number_column("energy", "eV", "Emission energy, middle of the bin", energy),
                      number_column("counts", "", "Photons in a bin of 1 eV", counts, counts)},
          .axis = "energy",
          .signal = "counts"};
}

result::Grid photon_grid(const ArrayOutcome& outcome) {
  const EmissionRange range = shown_range(outcome);
  constexpr std::size_t columns = 240;
  const double step = (range.high_eV - range.low_eV) / columns;
  std::vector<double> x, y, z;
  for (std::size_t i = 0; i < columns; ++i) x.push_back(range.low_eV + step * (static_cast<double>(i) + 0.5));
  for (const PixelCalibration& pixel : outcome.calibration.pixels) {
    y.push_back(static_cast<double>(y.size()));
    const PixelEvents* events = photons_of(outcome, pixel.pixel);
    std::vector<double> counts(columns, events == nullptr ? not_known : 0.0);
    for (std::size_t i = 0; events != nullptr && i < events->size(); ++i) {
      const double at = (events->energy_eV[i] - range.low_eV) / step;
      if (at >= 0 && at < columns && in_calibration(outcome, events->time_ns[i]))
        counts[static_cast<std::size_t>(at)] += 1;
    }
    z.insert(z.end(), counts.begin(), counts.end());
  }
  return {.name = "calibration_photons",
          .title = "Photons of the calibrations, a row each pixel",
          .x = number_column("energy", "eV", "Emission energy, middle of the bin", x),
          .y = number_column("row", "", "Row of the pixel in the table of pixels", y),
          .z = with_gaps(number_column("counts", "", "Photons in a bin", z, z), "The pixel is left out.")};
}

// The line that most photons of the whole run lie about: a sample has some of the calibration's elements, too.
std::string busiest_line(const ArrayOutcome& outcome) {
  constexpr double near_eV = 8;
  std::string line = outcome.calibration.lines.front();
  std::size_t most = 0;
  for (const std::string& name : outcome.calibration.lines) {
    const double peak = outcome.calibration.line(name).peak_eV;
    std::size_t outside = 0;
    for (const PixelEvents& events : outcome.events) {
      for (std::size_t i = 0; i < events.size(); ++i) {
        if (std::abs(events.energy_eV[i] - peak) < near_eV && !in_calibration(outcome, events.time_ns[i])) ++outside;
      }
    }
    if (outside > most) {
      most = outside;
      line = name;
    }
  }
  return line;
}

Table over_time_table(const ArrayOutcome& outcome) {
  constexpr double core_eV = 3.5;
  const std::string line = busiest_line(outcome);
  const double peak = outcome.calibration.line(line).peak_eV;
  std::int64_t first = INT64_MAX, last = INT64_MIN;
  for (const PixelEvents& events : outcome.events) {
    if (events.size() == 0) continue;
    first = std::min(first, events.time_ns.front());
    last = std::max(last, events.time_ns.back());
  }
  constexpr std::int64_t slices = 60;
  const std::int64_t width = last > first ? std::max<std::int64_t>(1, (last - first) / slices + 1) : 1;
  std::vector<std::vector<double>> deviations(slices);
  for (const PixelEvents& events : outcome.events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      const double d = events.energy_eV[i] - peak;
      if (std::abs(d) < core_eV) deviations[static_cast<std::size_t>((events.time_ns[i] - first) / width)].push_back(d);
    }
  }
  std::vector<double> time;
  std::vector<core::Value> median;
  std::vector<std::int64_t> photons;
  std::vector<std::string> notes;
  constexpr std::size_t least = 30;
  constexpr double nanosecond_s = 1e-9;
  for (std::size_t k = 0; k < deviations.size(); ++k) {
    const auto n = deviations[k].size();
    if (n < least) continue;
    const double sigma = 1.2533 * 2.0 / std::sqrt(static_cast<double>(n));  // of a median; uniform within +-3.5 eV
    time.push_back(nanosecond_s * (static_cast<double>(k) + 0.5) * static_cast<double>(width));
    median.push_back(core::Value::with_sigma(core::median(deviations[k]), sigma));
    photons.push_back(static_cast<std::int64_t>(n));
    notes.push_back(fmt::format("{} photons", n));
  }
  Column at = number_column("time", "s", "Time since the first photon", time);
  at.shown.unit = "h";
  return {.name = "line_over_time",
          .title = line + " over the run",
          .columns = {std::move(at),
                      value_column("distance", "eV",
                                   "Median distance from the line's table energy of the photons near it, all pixels",
                                   median),
                      integer_column("photons", "Photons of the median", photons),
                      hidden(word_column("note", "Number of photons, for figures", notes))},
          .axis = "time",
          .signal = "distance"};
}

}  // namespace

void add_tables(const ArrayOutcome& outcome, result::Result& out) {
  out.tables = {spectrum_table(outcome),  pixel_table(outcome),     line_table(outcome),
                window_table(outcome),    anchor_table(outcome),    fit_table(outcome),
                drift_table(outcome),     exclusion_table(outcome), calibration_spectrum_table(outcome),
                over_time_table(outcome), pass_table(outcome),      point_table(scan_passes(outcome)),
                photon_table(outcome),    record_table(outcome)};
  for (Table& table : std::vector{passage_table(outcome), lost_table(outcome)}) {
    if (table.rows() > 0) out.tables.push_back(std::move(table));
  }
  out.grids = {photon_grid(outcome)};
}

}  // namespace lithoscope::tes
