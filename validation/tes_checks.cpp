// Microcalorimeter files, pulses and energy scales against stored results of mass and the real data of SSRL 10-1.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <numbers>

#include "check.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/core/statistics.hpp"
#include "lithoscope/io/hdf5_reader.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/tes/array_run.hpp"
#include "lithoscope/tes/recognise.hpp"
#include "tes_reference.hpp"

namespace lithoscope::validation {
namespace {

namespace fs = std::filesystem;

// What SOURCES.md says is in each file; the unit is whatever the format counts.
const std::map<std::string, std::int64_t>& expected_counts() {
  static const std::map<std::string, std::int64_t> counts{
      {"ljh_headers/2011_09_12_A_chan1.ljh", 0},
      {"ljh_headers/20150527_104651_chan85.ljh", 0},
      {"ljh_headers/20180425_B_chan99.ljh", 0},
      {"ljh_headers/demo_chan11.ljh", 2},
      {"mass_regress/partial_header_chan3.ljh", 1},
      {"mass_regress/regress_chan1.ljh", 300},
      {"mass_regress/regress_chan3.ljh", 1230},
      {"mass_regress/regress_dastard_chan1.ljh", 10},
      {"mass_regress/regress_noise_chan1.ljh", 300},
      {"mass_regress/regress_external_trigger.bin", 29},
      {"mass_regress/regress_experiment_state.txt", 2},
      {"mass_regress/regress_experiment_state_repeats.txt", 5},
      {"mass_regress/regress_experiment_state_v2.txt", 3},
      {"scan_server_model/20210113_run0014_experiment_state.txt", 2},
      {"off_versions/v020.off", 1},
      {"ssrl_10_1_scan/20200219_016_log", 1},
      {"ssrl_10_1_scan/20200219_017_log", 729},
      {"ssrl_10_1_scan/20200219_018_log", 729},
      {"ssrl_10_1_scan/20200219_030_log", 1}};
  return counts;
}

Outcome tes_readers() {
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  double read = 0, given = 0;
  std::int64_t off_records = 0;
  std::string missed;
  const auto judge = [&](bool good, const std::string& name, const std::string& why) {
    given += 1;
    read += good ? 1 : 0;
    if (!good) missed += fmt::format("{}: {}; ", name, why);
  };
  for (const auto& [name, count] : expected_counts()) {
    try {
      const tes::FileSummary summary = tes::summarise_file(io::InputFile::open(tes_path(name)));
      judge(summary.count == count, name, fmt::format("{} {}", summary.count, summary.counted));
    } catch (const core::Error& error) {
      judge(false, name, error.what());
    }
  }
  for (const int channel : ssrl_channels) {
    const std::string name = fmt::format("ssrl_10_1_scan/20200219_chan{}.off", channel);
    const tes::FileSummary summary = tes::summarise_file(io::InputFile::open(tes_path(name)));
    off_records += summary.count;
    judge(summary.format == "OFF 0.3.0", name, summary.format);
  }
  judge(off_records == 84954, "SSRL records", std::to_string(off_records));
  const io::InputFile model = io::InputFile::open(tes_path("scan_server_model/20210113_run0013_model.hdf5"));
  const io::Hdf5Reader reader{model};
  std::int64_t projectors = 0;
  for (const std::string& group : reader.groups()) {
    if (reader.has_dataset(group + "/projectors") &&
        reader.numbers(group + "/projectors").shape == std::vector<std::int64_t>{5, 500})
      ++projectors;
  }
  judge(projectors > 0, "model.hdf5", "no projectors of 5 x 500");
  return {.figures = {{read, given}}, .detail = missed + fmt::format("{} projected records", off_records)};
}

// Deviation of a column, relative to each value or to a share of the column's largest, whichever is more: filters and
// arrival times go through zero, so that theirs is to the largest.
double worst_relative(const std::vector<double>& found, const std::vector<double>& expected, double floor = 1e-3) {
  if (found.size() != expected.size()) return 1e9;
  double largest = 0, worst = 0;
  for (const double e : expected) largest = std::max(largest, std::abs(e));
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double d = std::abs(found[i] - expected[i]) / std::max(std::abs(expected[i]), floor * largest);
    worst = std::isfinite(d) ? std::max(worst, d) : 1e9;
  }
  return worst;
}

template <class T>
std::vector<double> doubles(const std::vector<T>& values) {
  return {values.begin(), values.end()};
}

Outcome tes_summaries() {
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  const tes::PulseFile pulses{io::InputFile::open(tes_path("mass_regress/regress_chan1.ljh"))};
  const tes::PulseFile noise_file{io::InputFile::open(tes_path("mass_regress/regress_noise_chan1.ljh"))};
  const io::InputFile stored_file = io::InputFile::open(tes_path("expected/aps600_pulses.csv"));
  const io::TextTable stored = io::parse_text_table(stored_file.path(), stored_file.bytes(), {});
  const auto column = [&](const char* name) { return io::numbers_of(stored_file.path(), *stored.find(name)); };
  const tes::PulseSummaries s = tes::summarise_pulses(pulses);
  std::string detail;
  double worst = 0;
  const auto judge = [&](const char* name, const std::vector<double>& found, const std::vector<double>& expected,
                         double floor = 1e-3) {
    const double d = worst_relative(found, expected, floor);
    worst = std::max(worst, d);
    detail += fmt::format("{} {:.1e}; ", name, d);
  };
  judge("pretrigger mean", doubles(s.pretrigger_mean), column("p_pretrig_mean"));
  judge("pretrigger rms", doubles(s.pretrigger_rms), column("p_pretrig_rms"));
  judge("peak index", doubles(s.peak_index), column("p_peak_index"));
  judge("peak value", doubles(s.peak_value), column("p_peak_value"));
  judge("min value", doubles(s.min_value), column("p_min_value"));
  judge("pulse average", doubles(s.pulse_average), column("p_pulse_average"));
  judge("pulse rms", doubles(s.pulse_rms), column("p_pulse_rms"));
  judge("promptness", doubles(s.promptness), column("p_promptness"));
  judge("rise time", doubles(s.rise_time_s), column("p_rise_time"));
  judge("post-peak slope", doubles(s.postpeak_slope), column("p_postpeak_deriv"));
  std::vector<double> time;
  for (const tes::RecordStamp& stamp : s.stamp)
    time.push_back(1e-9 * static_cast<double>(stamp.posix_ns) - pulses.facts().server_start_s);
  judge("time", time, column("p_timestamp"));

  const tes::Noise noise = tes::measure_noise(noise_file, pulses.facts().presamples);
  const auto limits = tes::learn_cuts(s, &noise, pulses.facts().presamples, pulses.facts().sample_s);
  const auto flags = tes::flag_pulses(s, limits, pulses.facts().presamples, pulses.facts().sample_s);
  std::vector<double> good;
  std::vector<std::uint8_t> use;
  for (const std::uint8_t f : flags) {
    good.push_back(f == 0 ? 1 : 0);
    use.push_back(f == 0 ? 1 : 0);
  }
  judge("cuts", good, column("good_autocuts"));
  const auto table = [](const char* name) { return headerless_columns(tes_path(std::string{"expected/"} + name)); };
  const auto average_and_noise = table("aps600_avgpulse_autocorr.csv");
  judge("autocorrelation", noise.autocorrelation, average_and_noise[1]);
  // But its ends: zero and half the sampling rate have no negative partner, and the peer counts them twice.
  const auto inner = [](std::vector<double> v) { return std::vector<double>(v.begin() + 1, v.end() - 1); };
  judge("noise power", inner(noise.power_per_Hz), inner(table("aps600_noise_psd.csv")[0]));
  const tes::PulseShape shape = tes::average_pulse(pulses, s, use);
  const tes::OptimalFilter five = tes::make_five_lag(shape, noise, pulses.facts().sample_s);
  judge("five-lag filter", five.height, table("aps600_5lag_filter.csv")[0], 1);
  const auto ats = table("aps600_ats_filter.csv");
  const tes::OptimalFilter safe{
      .kind = tes::FilterKind::arrival_time_safe, .height = ats[0], .arrival = ats[1], .slid = true};
  std::vector<double> five_height, five_phase, ats_height, ats_phase;
  std::vector<std::uint16_t> record(static_cast<std::size_t>(pulses.facts().samples));
  for (std::int64_t i = 0; i < pulses.records(); ++i) {
    pulses.samples(i, record);
    const tes::Filtered a = tes::apply(five, record, false),
                        b = tes::apply(safe, record, s.early[static_cast<std::size_t>(i)] != 0);
    five_height.push_back(a.height);
    five_phase.push_back(a.phase);
    ats_height.push_back(b.height);
    ats_phase.push_back(b.phase);
  }
  judge("five-lag height", five_height, column("5lag_filt_value"));
  judge("five-lag phase", five_phase, column("5lag_filt_phase"), 1);
  judge("ATS height", ats_height, column("ats_filt_value"));
  judge("ATS phase", ats_phase, column("ats_filt_phase"), 1);
  return {.figures = {{worst}}, .detail = detail};
}

// Maximum likelihood of a Gaussian on a flat background, unbinned.
double gaussian_fwhm(const std::vector<double>& energy, double half) {
  double mean = core::median(energy), sigma = 0.6, flat = 0.05;
  for (int step = 0; step < 2000; ++step) {  // expectation and maximisation
    double weight = 0, sum = 0, squares = 0;
    for (const double e : energy) {
      const double g = (1 - flat) * std::exp(-0.5 * (e - mean) * (e - mean) / (sigma * sigma)) /
                       (sigma * std::sqrt(2 * std::numbers::pi));
      const double share = g / (g + flat / (2 * half));
      weight += share;
      sum += share * e;
      squares += share * (e - mean) * (e - mean);
    }
    mean = sum / weight;
    sigma = std::sqrt(squares / weight);
    flat = 1 - weight / static_cast<double>(energy.size());
  }
  return core::fwhm_per_sigma * sigma;
}

Outcome aps600_fwhm() {
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  std::vector<tes::PulseFile> files;
  files.emplace_back(io::InputFile::open(tes_path("mass_regress/regress_chan1.ljh")));
  const tes::PulseFile noise{io::InputFile::open(tes_path("mass_regress/regress_noise_chan1.ljh"))};
  // The peer's events: its own heights, its cuts, within 8 eV of 600.
  const io::InputFile stored_file = io::InputFile::open(tes_path("expected/aps600_pulses.csv"));
  const io::TextTable stored = io::parse_text_table(stored_file.path(), stored_file.bytes(), {});
  const auto peer = io::numbers_of(stored_file.path(), *stored.find("ats_filt_value_dc")),
             good = io::numbers_of(stored_file.path(), *stored.find("good_autocuts"));
  std::vector<double> clean;
  for (std::size_t i = 0; i < peer.size(); ++i) {
    if (good[i] > 0) clean.push_back(peer[i]);
  }
  constexpr double line_eV = 600, half_eV = 8;
  double middle = core::median(clean);
  for (int step = 0; step < 20; ++step) {
    std::vector<double> near;
    for (const double v : clean) {
      if (std::abs(v / middle - 1) < 0.02) near.push_back(v);
    }
    middle = core::median(near);
  }
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < peer.size(); ++i) {
    if (good[i] > 0 && std::abs(line_eV * peer[i] / middle - line_eV) < half_eV) chosen.push_back(i);
  }
  std::string detail = fmt::format("{} events; ", chosen.size());
  const auto width = [&](const std::vector<double>& heights) {
    std::vector<double> picked;
    for (const std::size_t i : chosen) picked.push_back(heights[i]);
    const double centre = core::median(picked);
    std::vector<double> energy;
    for (const double h : picked) energy.push_back(line_eV * h / centre);
    return gaussian_fwhm(energy, half_eV);
  };
  detail += fmt::format("peer's heights by the same fit {:.3f}; ", width(peer));
  double result = 0;
  for (const tes::FilterKind kind : {tes::FilterKind::five_lag, tes::FilterKind::arrival_time_safe}) {
    tes::ChainSettings settings;
    settings.filter = kind;
    const tes::PulseHeights h = tes::process_pulses(files, &noise, settings);
    result = width(h.height);
    detail += fmt::format(
        "{}: raw {:.3f}, corrected {:.3f}, by noise alone {:.3f}, drift {:.3e}, phase {:.2e} {:.2e}; ",
        kind == tes::FilterKind::five_lag ? "five lags" : "arrival-time safe", width(h.raw_height), result,
        line_eV / h.resolving_power, h.drift.slope, h.phase_correction.linear, h.phase_correction.quadratic);
  }
  return {.figures = {{result}}, .detail = detail};
}

Outcome ssrl_pixel17() {
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  const tes::ArrayOutcome outcome = ssrl_default();
  const auto pixel = std::ranges::find(outcome.calibration.pixels, 17, &tes::PixelCalibration::pixel);
  if (pixel == outcome.calibration.pixels.end()) return {.figures = {{0}}, .detail = "not there"};
  if (!pixel->usable()) return {.figures = {{1}}, .detail = "left out"};
  // Repaired: copper where its photons are (12,587), and the light of the 1000 eV monochromator at 1000 eV.
  double copper = 0;
  for (const tes::Anchor& a : pixel->curve.anchors()) {
    if (a.line == "Cu La") copper = a.height;
  }
  const auto events = std::ranges::find(outcome.events, 17, &tes::PixelEvents::pixel);
  std::vector<double> elastic;
  for (std::size_t i = 0; i < events->size(); ++i) {
    const bool calibrating = std::ranges::any_of(outcome.calibration.windows, [&](const auto& w) {
      return events->time_ns[i] >= w.start_ns && events->time_ns[i] < w.stop_ns;
    });
    if (calibrating && std::abs(events->energy_eV[i] - 1000) < 15) elastic.push_back(events->energy_eV[i]);
  }
  const double at = core::median(elastic);
  const bool right = std::abs(copper / 12587 - 1) < 0.01 && std::abs(at - 1000) < 5;
  return {.figures = {{right ? 1.0 : 0.0}},
          .detail = fmt::format("Cu La at {:.0f} (12587), elastic of 1000 eV at {:.1f} eV, {}", copper, at,
                                tes::state_words(pixel->state))};
}

Outcome ssrl_lines() {
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  const tes::ArrayOutcome outcome = ssrl_default();
  std::string detail;
  for (const tes::PixelCalibration& pixel : outcome.calibration.pixels) {
    detail += fmt::format("{} ({}):", pixel.pixel, tes::state_words(pixel.state));
    for (const tes::PixelLine& line : pixel.lines) {
      if (std::isfinite(line.drop_one_eV)) detail += fmt::format(" {:+.2f}", line.drop_one_eV);
    }
    detail += "; ";
  }
  return {.figures = {{outcome.calibration.drop_one_rms_eV},
                      {static_cast<double>(
                          std::ranges::count_if(outcome.calibration.pixels, &tes::PixelCalibration::usable))}},
          .detail = detail};
}

Outcome ssrl_drift() {
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  const tes::ArrayOutcome outcome = ssrl_default();
  double worst = 0, single = 0;
  std::string detail;
  for (std::size_t k = 0; k < outcome.calibration.lines.size(); ++k) {
    const double median = outcome.calibration.median_drift_eV[k];
    worst = std::max(worst, std::isfinite(median) ? std::abs(median) : 1e9);
    detail += fmt::format("{} {:+.2f}; ", outcome.calibration.lines[k], median);
  }
  for (const tes::PixelCalibration& pixel : outcome.calibration.pixels) {
    for (const tes::PixelLine& line : pixel.lines) {
      for (const core::Value& d : line.drift_eV) {
        if (std::isfinite(d.value)) single = std::max(single, std::abs(d.value));
      }
    }
  }
  return {.figures = {{worst}, {single}}, .detail = detail};
}

}  // namespace

std::vector<Check> tes_checks() {
  return {{"tes-readers", tes_readers},   {"tes-summaries", tes_summaries}, {"aps600-fwhm", aps600_fwhm},
          {"ssrl-pixel17", ssrl_pixel17}, {"ssrl-lines", ssrl_lines},       {"ssrl-drift", ssrl_drift}};
}

}  // namespace lithoscope::validation
