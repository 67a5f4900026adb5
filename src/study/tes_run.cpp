#include "lithoscope/study/tes_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <set>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/tes/off_file.hpp"
#include "lithoscope/tes/recognise.hpp"

namespace lithoscope::study {
namespace {

struct PixelFiles {
  int channel = -1;
  std::vector<std::string> pulses, off;
  std::string noise;
};

// Files by pixel, in the order of the channels; the kind is told by the content.
std::vector<PixelFiles> by_pixel(const TesStudy& study, std::vector<LostPixel>& lost) {
  std::map<int, PixelFiles> found;
  const auto channel_of = [](const io::InputFile& file, tes::FileKind kind) {
    if (const int named = tes::channel_of_name(file.path()); named >= 0) return named;
    return kind == tes::FileKind::pulses ? tes::PulseFile{file}.facts().channel : tes::read_off_file(file).channel;
  };
  int unnamed = -1;
  std::set<std::string> given;
  for (const std::string& path : study.files) {
    std::error_code ignored;
    if (!given.insert(std::filesystem::weakly_canonical(path, ignored).string()).second) {
      throw core::UsageError({.what = "a file is given twice, and its photons would be counted twice",
                              .expected = "each file once",
                              .found = path});
    }
    try {
      const io::InputFile file = io::InputFile::open(path);
      const tes::FileKind kind = tes::recognise(file.bytes());
      if (kind != tes::FileKind::pulses && kind != tes::FileKind::off) {
        throw core::UnreadableFile(
            {.what = "is neither pulses (LJH) nor projected pulses (OFF)",
             .where = {.path = path},
             .expected = "a file of one pixel",
             .found = kind == tes::FileKind::none ? "something else" : tes::summarise_file(file).format,
             .advice = "logs go to --log, noise to --noise; litho identify FILE says what it is"});
      }
      int channel = channel_of(file, kind);
      if (channel < 0) channel = --unnamed;  // two files without a number are two pixels
      PixelFiles& pixel = found[channel];
      pixel.channel = channel;
      (kind == tes::FileKind::pulses ? pixel.pulses : pixel.off).push_back(path);
    } catch (const core::UnreadableFile& error) {
      if (study.files.size() == 1) throw;
      lost.push_back({path, error.what()});
    }
  }
  for (const std::string& path : study.noise_files) {
    const int channel = tes::channel_of_name(path);
    if (const auto pixel = found.find(channel); pixel != found.end())
      pixel->second.noise = path;
    else if (found.size() == 1 && study.noise_files.size() == 1)
      found.begin()->second.noise = path;
  }
  std::vector<PixelFiles> out;
  for (auto& [channel, files] : found) {
    if (!files.pulses.empty() && !files.off.empty()) {
      throw core::UsageError({.what = fmt::format("pixel {} is given as raw and as projected pulses", channel),
                              .expected = "one kind of file",
                              .found = files.pulses.front() + " and " + files.off.front()});
    }
    out.push_back(std::move(files));
  }
  return out;
}

struct Reduced {
  tes::PulseHeights heights;
  std::vector<std::string> sources;
  std::string problem;
};

Reduced reduce(const PixelFiles& files, const TesStudy& study) {
  Reduced out;
  const auto note = [&](const std::string& path, const std::string& format, const std::string& hash) {
    out.sources.push_back(fmt::format("{}  {}  sha256 {}", path.substr(path.rfind('/') + 1), format, hash));
  };
  try {
    if (!files.off.empty()) {
      std::vector<tes::OffFile> off;
      for (const std::string& path : files.off) {
        const io::InputFile file = io::InputFile::open(path);
        off.push_back(tes::read_off_file(file));
        note(path, off.back().format, file.sha256());
      }
      out.heights = tes::process_off(off, study.residual, study.chain.sharpen);
    } else {
      std::vector<tes::PulseFile> pulses;
      for (const std::string& path : files.pulses) {
        pulses.emplace_back(io::InputFile::open(path));
        note(path, pulses.back().facts().format + ", both ends", pulses.back().sha256_of_ends());
      }
      std::optional<tes::PulseFile> noise;
      if (!files.noise.empty()) {
        noise.emplace(io::InputFile::open(files.noise));
        note(files.noise, noise->facts().format + " (noise), both ends", noise->sha256_of_ends());
      }
      out.heights = tes::process_pulses(pulses, noise ? &*noise : nullptr, study.chain);
    }
    out.heights.pixel = files.channel;
  } catch (const core::UnreadableFile& error) {
    out.problem = error.what();
  } catch (const core::ComputationError& error) {
    out.problem = error.what();
  }
  return out;
}

std::vector<tes::CalibrationWindow> calibration_windows(const TesStudy& study, std::vector<tes::ScanLog>& logs,
                                                        std::vector<std::string>& sources,
                                                        std::vector<std::string>& warnings) {
  std::vector<tes::CalibrationWindow> out;
  for (const std::string& path : study.logs) {
    const io::InputFile file = io::InputFile::open(path);
    logs.push_back(tes::read_scan_log(file));
    sources.push_back(
        fmt::format("{}  {}  sha256 {}", path.substr(path.rfind('/') + 1), logs.back().format, file.sha256()));
    const tes::ScanLog& log = logs.back();
    for (const std::string& remark : log.remarks) warnings.push_back(fmt::format("{}: {}", log.name, remark));
    if (log.kind != tes::LogKind::calibration) continue;
    for (const tes::ScanPass& pass : log.passes)
      out.push_back({log.name, pass.start_ns, pass.stop_ns, pass.incident_eV});
  }
  if (!study.states.empty()) {
    const tes::ExperimentStates states = tes::read_experiment_states(io::InputFile::open(study.states));
    for (const std::string& remark : states.remarks) warnings.push_back(remark);
    for (const tes::StateInterval& state : states.intervals) {
      if (core::lower(state.label).starts_with("cal")) out.push_back({state.label, state.start_ns, state.stop_ns, 0});
    }
  }
  std::ranges::stable_sort(out, {}, &tes::CalibrationWindow::start_ns);
  return out;
}

// Without a log all photons are one calibration.
tes::CalibrationWindow everything(const std::vector<tes::PulseHeights>& heights) {
  tes::CalibrationWindow out{.name = "all records", .start_ns = INT64_MAX, .stop_ns = INT64_MIN};
  for (const tes::PulseHeights& pixel : heights) {
    for (const std::int64_t t : pixel.time_ns) {
      out.start_ns = std::min(out.start_ns, t);
      out.stop_ns = std::max(out.stop_ns, t + 1);
    }
  }
  return out;
}

std::string settings_text(const TesStudy& study) {
  std::string lines;
  for (const std::string& line : study.lines) lines += (lines.empty() ? "" : ", ") + line;
  std::string out = fmt::format(
      "lines = {}\nfilter = {}\nroll_off = {} Hz\ncut = {} robust standard deviations\nresidual_cut = {} robust "
      "standard "
      "deviations\n",
      lines, study.chain.filter == tes::FilterKind::five_lag ? "five lags" : "arrival-time safe",
      study.chain.roll_off.roll_off_Hz, study.chain.cuts.spreads, study.residual.spreads);
  for (const auto& entry : tes::calibration_settings_table())
    out += fmt::format("{} = {}{}\n", entry.name, study.calibration.*entry.member,
                       entry.unit == "1" ? "" : " " + std::string{entry.unit});
  return out;
}

// What happened to pixels, the same words once.
void gather_remarks(TesOutcome& out) {
  std::map<std::string, std::vector<int>> pixels;
  for (const tes::PulseHeights& one : out.heights) {
    for (const std::string& remark : one.remarks) pixels[remark].push_back(one.pixel);
  }
  for (const auto& [remark, which] : pixels) {
    std::string list;
    constexpr std::size_t most = 8;
    for (std::size_t i = 0; i < std::min(most, which.size()); ++i)
      list += fmt::format("{}{}", i > 0 ? ", " : "", which[i]);
    out.warnings.push_back(fmt::format("Pixel{} {}{}: {}", which.size() == 1 ? "" : "s", list,
                                       which.size() > most ? fmt::format(" and {} more", which.size() - most) : "",
                                       remark));
  }
}

void warn_of_exclusions(TesOutcome& out) {
  std::array<std::int64_t, tes::flag_count> sum{};
  std::int64_t records = 0;
  for (const tes::PixelEvents& pixel : out.events) {
    records += static_cast<std::int64_t>(pixel.record_time_ns.size());
    for (std::size_t f = 0; f < sum.size(); ++f) sum[f] += pixel.excluded[f];
  }
  for (std::size_t f = 0; f < sum.size(); ++f) {
    constexpr double worth_saying = 0.1;
    const auto flag = static_cast<tes::Flag>(1U << f);
    const bool always = flag == tes::Flag::not_finite || flag == tes::Flag::wrong_length;
    if (sum[f] > 0 && (always || static_cast<double>(sum[f]) > worth_saying * static_cast<double>(records)))
      out.warnings.push_back(fmt::format("{} of {} records are left out: {}.", sum[f], records, tes::flag_words(flag)));
  }
}

}  // namespace

TesOutcome run_tes(const TesStudy& study, core::Progress& progress) {
  TesOutcome out{.study = study};
  out.settings = settings_text(study);
  const std::vector<PixelFiles> pixels = by_pixel(study, out.lost);
  auto windows = calibration_windows(study, out.logs, out.sources, out.warnings);
  std::vector<Reduced> reduced(pixels.size());
  progress.start("pixels", static_cast<std::int64_t>(pixels.size()));
  std::atomic<std::int64_t> done = 0;
  core::parallel_for(static_cast<std::int64_t>(pixels.size()), [&](std::int64_t i) {
    reduced[static_cast<std::size_t>(i)] = reduce(pixels[static_cast<std::size_t>(i)], study);
    progress.advance(++done);
  });
  progress.finish();
  for (std::size_t i = 0; i < reduced.size(); ++i) {
    Reduced& one = reduced[i];
    out.sources.insert(out.sources.end(), one.sources.begin(), one.sources.end());
    if (one.problem.empty()) {
      out.heights.push_back(std::move(one.heights));
    } else {
      out.lost.push_back({pixels[i].off.empty() ? pixels[i].pulses.front() : pixels[i].off.front(), one.problem});
    }
  }
  for (const LostPixel& lost : out.lost) out.warnings.push_back("Left out: " + lost.problem);
  if (out.heights.empty()) {
    throw core::ComputationError({.what = "no pixel could be reduced",
                                  .expected = "at least one file with pulses",
                                  .found = out.lost.empty() ? "none" : out.lost.front().problem});
  }
  if (windows.empty()) {
    windows.push_back(everything(out.heights));
    out.warnings.emplace_back("No log tells a calibration: all records were taken for one.");
  }
  out.calibration = tes::calibrate_array(out.heights, windows, study.lines, study.calibration);
  out.warnings.insert(out.warnings.end(), out.calibration.warnings.begin(), out.calibration.warnings.end());
  out.events.resize(out.heights.size());
  core::parallel_for(static_cast<std::int64_t>(out.heights.size()), [&](std::int64_t i) {
    const auto p = static_cast<std::size_t>(i);
    out.events[p] = tes::make_events(out.heights[p], out.calibration.pixels[p]);
  });
  gather_remarks(out);
  warn_of_exclusions(out);
  return out;
}

std::vector<tes::ScanPass> scan_passes(const TesOutcome& outcome) {
  std::vector<tes::ScanPass> out;
  for (const tes::ScanLog& log : outcome.logs) {
    if (log.kind != tes::LogKind::scan) continue;
    for (tes::ScanPass pass : log.passes) {
      pass.name = log.name + " " + pass.name;
      out.push_back(std::move(pass));
    }
  }
  return out;
}

}  // namespace lithoscope::study
