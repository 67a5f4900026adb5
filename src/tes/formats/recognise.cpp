#include "lithoscope/tes/recognise.hpp"

#include <fmt/format.h>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/tes/off_file.hpp"
#include "lithoscope/tes/pulse_file.hpp"
#include "lithoscope/tes/scan_log.hpp"
#include "lithoscope/tes/side_files.hpp"

namespace lithoscope::tes {
namespace {

FileSummary summary_of(const PulseFile& file) {
  const PulseFileFacts& f = file.facts();
  FileSummary out{.kind = FileKind::pulses,
                  .format = f.format,
                  .counted = "records",
                  .count = file.records(),
                  .remarks = f.remarks};
  out.facts = {{"channel", std::to_string(f.channel)},
               {"samples", fmt::format("{}, {} before the trigger", f.samples, f.presamples)},
               {"sample time", fmt::format("{:g} us", 1e6 * f.sample_s)},
               {"software", f.software}};
  if (f.left_over_bytes > 0)
    out.remarks.push_back(fmt::format("The last record is cut short: {} bytes are left out.", f.left_over_bytes));
  return out;
}

FileSummary summary_of(const OffFile& file) {
  FileSummary out{.kind = FileKind::off,
                  .format = file.format,
                  .counted = "records",
                  .count = file.records(),
                  .remarks = file.remarks};
  out.facts = {{"channel", std::to_string(file.channel)},
               {"model", fmt::format("{} coefficients of {} samples", file.bases, file.samples)},
               {"frame time", fmt::format("{:g} us", 1e6 * file.frame_s)}};
  if (file.left_over_bytes > 0)
    out.remarks.push_back(fmt::format("The last record is cut short: {} bytes are left out.", file.left_over_bytes));
  return out;
}

FileSummary summary_of(const ScanLog& log) {
  FileSummary out{
      .kind = FileKind::scan_log, .format = log.format, .counted = "points", .count = 0, .remarks = log.remarks};
  for (const ScanPass& pass : log.passes) out.count += static_cast<std::int64_t>(pass.points.size());
  out.facts = {{"kind", log.kind == LogKind::calibration ? "calibration" : "scan"},
               {"name", log.name},
               {"passes", std::to_string(log.passes.size())},
               {"sample", log.sample}};
  return out;
}

}  // namespace

FileKind recognise(std::string_view bytes) {
  if (is_pulse_file(bytes)) return FileKind::pulses;
  if (is_off_file(bytes)) return FileKind::off;
  if (is_experiment_states(bytes)) return FileKind::states;
  if (is_external_triggers(bytes)) return FileKind::triggers;
  if (is_dropped_frames(bytes)) return FileKind::drops;
  if (is_scan_log(bytes)) return FileKind::scan_log;
  return FileKind::none;
}

FileSummary summarise_file(const io::InputFile& file) {
  switch (recognise(file.bytes())) {
    case FileKind::pulses:
      return summary_of(PulseFile{file});
    case FileKind::off:
      return summary_of(read_off_file(file));
    case FileKind::scan_log:
      return summary_of(read_scan_log(file));
    case FileKind::states: {
      const ExperimentStates states = read_experiment_states(file);
      return {.kind = FileKind::states,
              .format = "experiment states",
              .counted = "intervals",
              .count = static_cast<std::int64_t>(states.intervals.size()),
              .facts = {},
              .remarks = states.remarks};
    }
    case FileKind::triggers: {
      const ExternalTriggers triggers = read_external_triggers(file);
      return {.kind = FileKind::triggers,
              .format = "external triggers",
              .counted = "triggers",
              .count = static_cast<std::int64_t>(triggers.subframes.size()),
              .facts = {{"subframes a frame", std::to_string(triggers.subframe_divisions)}},
              .remarks = {}};
    }
    case FileKind::drops: {
      const DroppedFrames drops = read_dropped_frames(file);
      return {.kind = FileKind::drops,
              .format = "dropped frames",
              .counted = "gaps",
              .count = static_cast<std::int64_t>(drops.gaps.size()),
              .facts = {},
              .remarks = {}};
    }
    case FileKind::none:
      break;
  }
  throw core::UnreadableFile({.what = "is no file of a microcalorimeter run",
                              .where = {.path = file.path()},
                              .expected = "LJH, OFF, experiment states, triggers, dropped frames or a scan log",
                              .found = "something else"});
}

}  // namespace lithoscope::tes
