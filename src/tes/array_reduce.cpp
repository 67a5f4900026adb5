#include "lithoscope/tes/array_run.hpp"

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
#include "lithoscope/tes/side_files.hpp"
#include "utc.hpp"

namespace lithoscope::tes {
namespace {

struct PixelFiles {
  int channel = -1;
  std::vector<std::string> pulses, off;
  std::string noise;
};

// Files by pixel, in the order of the channels; the kind is told by the content.
std::vector<PixelFiles> by_pixel(const ArrayRequest& request, std::vector<LostPixel>& lost) {
  std::map<int, PixelFiles> found;
  const auto channel_of = [](const io::InputFile& file, FileKind kind) {
    if (const int named = channel_of_name(file.path()); named >= 0) return named;
    return kind == FileKind::pulses ? PulseFile{file}.facts().channel : read_off_file(file).channel;
  };
  int unnamed = -1;
  std::set<std::string> given;
  for (const std::string& path : request.files) {
    std::error_code ignored;
    if (!given.insert(std::filesystem::weakly_canonical(path, ignored).string()).second) {
      throw core::UsageError({.what = "a file is given twice, and its photons would be counted twice",
                              .expected = "each file once",
                              .found = path});
    }
    try {
      const io::InputFile file = io::InputFile::open(path);
      const FileKind kind = recognise(file.bytes());
      if (kind != FileKind::pulses && kind != FileKind::off) {
        throw core::UnreadableFile(
            {.what = "is neither pulses (LJH) nor projected pulses (OFF)",
             .where = {.path = path},
             .expected = "a file of one pixel",
             .found = kind == FileKind::none ? "something else" : summarise_file(file).format,
             .advice = "logs go to --log, noise to --noise; litho identify FILE says what it is"});
      }
      int channel = channel_of(file, kind);
      if (channel < 0) channel = --unnamed;  // two files without a number are two pixels
      PixelFiles& pixel = found[channel];
      pixel.channel = channel;
      (kind == FileKind::pulses ? pixel.pulses : pixel.off).push_back(path);
    } catch (const core::UnreadableFile& error) {
      if (request.files.size() == 1) throw;
      lost.push_back({path, error.what()});
    }
  }
  for (const std::string& path : request.noise_files) {
    const int channel = channel_of_name(path);
    if (const auto pixel = found.find(channel); pixel != found.end())
      pixel->second.noise = path;
    else if (found.size() == 1 && request.noise_files.size() == 1)
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
  PulseHeights heights;
  std::vector<result::Source> sources;
  std::string problem;
};

Reduced reduce(const PixelFiles& files, const ArrayRequest& request) {
  Reduced out;
  const auto note = [&](const char* role, const std::string& path, const std::string& format) {
    out.sources.push_back({.role = role, .path = path, .format = format});
  };
  try {
    if (!files.off.empty()) {
      std::vector<OffFile> off;
      for (const std::string& path : files.off) {
        const io::InputFile file = io::InputFile::open(path);
        off.push_back(read_off_file(file));
        note("files", path, off.back().format);
      }
      out.heights = process_off(off, request.residual, request.chain.sharpen);
    } else {
      std::vector<PulseFile> pulses;
      for (const std::string& path : files.pulses) {
        pulses.emplace_back(io::InputFile::open(path));
        note("files", path, pulses.back().facts().format);
      }
      std::optional<PulseFile> noise;
      if (!files.noise.empty()) {
        noise.emplace(io::InputFile::open(files.noise));
        note("noise", files.noise, noise->facts().format);
      }
      out.heights = process_pulses(pulses, noise ? &*noise : nullptr, request.chain);
    }
    out.heights.pixel = files.channel;
  } catch (const core::UnreadableFile& error) {
    out.problem = error.what();
  } catch (const core::ComputationError& error) {
    out.problem = error.what();
  }
  return out;
}

std::vector<CalibrationWindow> calibration_windows(const ArrayRequest& request, std::vector<ScanLog>& logs,
                                                   std::vector<result::Source>& sources,
                                                   std::vector<std::string>& warnings) {
  if (request.states.empty() && !request.calibration_states.empty())
    throw core::UsageError({.what = "--calibration-state names a state, but no file of states is given",
                            .expected = "--states experiment_state.txt beside it",
                            .found = request.calibration_states.front()});
  std::vector<CalibrationWindow> out;
  for (const std::string& path : request.logs) {
    const io::InputFile file = io::InputFile::open(path);
    logs.push_back(read_scan_log(file));
    sources.push_back({.role = "log", .path = path, .format = logs.back().format});
    const ScanLog& log = logs.back();
    for (const std::string& remark : log.remarks) warnings.push_back(fmt::format("{}: {}", log.name, remark));
    if (log.kind != LogKind::calibration) continue;
    for (const ScanPass& pass : log.passes) out.push_back({log.name, pass.start_ns, pass.stop_ns, pass.incident_eV});
  }
  if (!request.states.empty()) {
    const ExperimentStates states = read_experiment_states(io::InputFile::open(request.states));
    sources.push_back({.role = "states", .path = request.states, .format = "experiment states"});
    for (const std::string& remark : states.remarks) warnings.push_back(remark);
    const auto wanted = [&](const std::string& label) {
      const std::string plain = core::lower(label);
      if (request.calibration_states.empty()) return plain.starts_with("cal");
      return std::ranges::any_of(request.calibration_states,
                                 [&](const std::string& one) { return core::lower(core::trimmed(one)) == plain; });
    };
    std::set<std::string> labels;
    for (const StateInterval& state : states.intervals) {
      labels.insert(state.label);
      if (wanted(state.label)) out.push_back({state.label, state.start_ns, state.stop_ns, 0});
    }
    if (out.empty() && !labels.empty())
      throw core::UsageError({.what = "no experiment state is a calibration",
                              .expected = request.calibration_states.empty()
                                              ? "labels that begin with CAL"
                                              : fmt::format("{}", fmt::join(request.calibration_states, ", ")),
                              .found = fmt::format("{}", fmt::join(labels, ", ")),
                              .advice = "name the label of the calibration with --calibration-state"});
  }
  std::ranges::stable_sort(out, {}, &CalibrationWindow::start_ns);
  return out;
}

// Without a log all photons are one calibration.
CalibrationWindow everything(const std::vector<PulseHeights>& heights) {
  CalibrationWindow out{.name = "all records", .start_ns = INT64_MAX, .stop_ns = INT64_MIN};
  for (const PulseHeights& pixel : heights) {
    for (const std::int64_t t : pixel.time_ns) {
      out.start_ns = std::min(out.start_ns, t);
      out.stop_ns = std::max(out.stop_ns, t + 1);
    }
  }
  return out;
}

// What happened to pixels, the same words once.
void gather_remarks(ArrayOutcome& out) {
  std::map<std::string, std::vector<int>> pixels;
  for (const PulseHeights& one : out.heights) {
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

void warn_of_exclusions(ArrayOutcome& out) {
  std::array<std::int64_t, flag_count> sum{};
  std::int64_t records = 0;
  for (const PixelEvents& pixel : out.events) {
    records += static_cast<std::int64_t>(pixel.record_time_ns.size());
    for (std::size_t f = 0; f < sum.size(); ++f) sum[f] += pixel.excluded[f];
  }
  for (std::size_t f = 0; f < sum.size(); ++f) {
    constexpr double worth_saying = 0.1;
    const auto flag = static_cast<Flag>(1U << f);
    const bool always = flag == Flag::not_finite || flag == Flag::wrong_length;
    if (sum[f] > 0 && (always || static_cast<double>(sum[f]) > worth_saying * static_cast<double>(records)))
      out.warnings.push_back(fmt::format("{} of {} records are left out: {}.", sum[f], records, flag_words(flag)));
  }
}

// Who makes a map of the photons sees no table of pixels.
void warn_of_repairs(ArrayOutcome& out) {
  std::string list;
  std::size_t repaired = 0;
  constexpr std::size_t most = 8;
  for (const PixelCalibration& pixel : out.calibration.pixels) {
    if (pixel.state == PixelState::repaired && repaired++ < most)
      list += fmt::format("{}{}", list.empty() ? "" : ", ", pixel.pixel);
  }
  if (repaired == 0) return;
  out.warnings.push_back(fmt::format("Repaired and used: pixel{} {}{}; the table of pixels says what was done.",
                                     repaired == 1 ? "" : "s", list,
                                     repaired > most ? fmt::format(" and {} more", repaired - most) : ""));
}

void warn_of_silences(ArrayOutcome& out) {
  std::int64_t last = 0;
  for (const PixelEvents& pixel : out.events) {
    if (!pixel.record_time_ns.empty()) last = std::max(last, pixel.record_time_ns.back());
  }
  std::vector<std::string> words;
  for (const PixelEvents& pixel : out.events) {
    for (const Span& span : pixel.silent) {
      words.push_back(fmt::format("pixel {} from {} to {}", pixel.pixel, utc_words(span.from_ns),
                                  span.to_ns > last ? "the end" : utc_words(span.to_ns)));
    }
  }
  if (words.empty()) return;
  constexpr std::size_t most = 4;
  const std::size_t shown = std::min(most, words.size());
  out.warnings.push_back(fmt::format("Silent while the others saw light: {}{}. No live time is counted there.",
                                     fmt::join(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(shown), "; "),
                                     words.size() > most ? fmt::format("; and {} more", words.size() - most) : ""));
}

}  // namespace

ArrayOutcome reduce_array(const ArrayRequest& request, core::Progress& progress) {
  ArrayOutcome out{.request = request};
  const std::vector<PixelFiles> pixels = by_pixel(request, out.lost);
  auto windows = calibration_windows(request, out.logs, out.sources, out.warnings);
  std::vector<Reduced> reduced(pixels.size());
  progress.start("pixels", static_cast<std::int64_t>(pixels.size()));
  std::atomic<std::int64_t> done = 0;
  core::parallel_for(static_cast<std::int64_t>(pixels.size()), [&](std::int64_t i) {
    reduced[static_cast<std::size_t>(i)] = reduce(pixels[static_cast<std::size_t>(i)], request);
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
    throw core::UnusableData({.what = "no pixel could be reduced",
                              .expected = "at least one file with pulses",
                              .found = out.lost.empty() ? "none" : out.lost.front().problem});
  }
  if (windows.empty()) {
    windows.push_back(everything(out.heights));
    out.warnings.emplace_back("No log tells a calibration: all records were taken for one.");
  }
  out.calibration = calibrate_array(out.heights, windows, request.lines, request.calibration);
  const auto pixels_here = static_cast<std::int64_t>(out.heights.size());
  std::vector<PixelTrack> tracks(out.heights.size());
  core::parallel_for(pixels_here, [&](std::int64_t i) {
    const auto p = static_cast<std::size_t>(i);
    tracks[p] = track_of(out.heights[p], out.calibration.pixels[p]);
  });
  follow_passages(tracks, scan_passes(out), out.calibration);
  out.warnings.insert(out.warnings.end(), out.calibration.warnings.begin(), out.calibration.warnings.end());
  out.events.resize(out.heights.size());
  core::parallel_for(pixels_here, [&](std::int64_t i) {
    const auto p = static_cast<std::size_t>(i);
    out.events[p] = make_events(out.heights[p], out.calibration.pixels[p], tracks[p]);
  });
  warn_of_repairs(out);
  find_silences(out.events);
  warn_of_silences(out);
  gather_remarks(out);
  warn_of_exclusions(out);
  return out;
}

std::vector<ScanPass> scan_passes(const ArrayOutcome& outcome) {
  std::vector<ScanPass> out;
  for (const ScanLog& log : outcome.logs) {
    if (log.kind != LogKind::scan) continue;
    for (ScanPass pass : log.passes) {
      pass.name = log.name + " " + pass.name;
      out.push_back(std::move(pass));
    }
  }
  return out;
}

}  // namespace lithoscope::tes
