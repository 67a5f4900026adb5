// Which file of a microcalorimeter run this is, and what is in it.
#include "lithoscope/tes/recognise.hpp"

#include <fmt/format.h>

#include "formats/refuse.hpp"
#include "lithoscope/io/recognise.hpp"
#include "lithoscope/tes/off_file.hpp"
#include "lithoscope/tes/pulse_file.hpp"
#include "lithoscope/tes/scan_log.hpp"
#include "lithoscope/tes/side_files.hpp"

namespace lithoscope::tes {
namespace {

void add(FileSummary& out, const char* name, const std::string& value) {
  if (!value.empty()) out.facts.emplace_back(name, value);
}

void add_left_over(FileSummary& out, std::int64_t bytes, const char* what) {
  if (bytes > 0) out.remarks.push_back(fmt::format("The last {} is cut short: {} bytes were left over.", what, bytes));
}

FileSummary pulses(const io::InputFile& file) {
  const PulseFile pulses{file};
  const PulseFileFacts& facts = pulses.facts();
  FileSummary out{.format = facts.format, .counted = "records", .count = pulses.records(), .remarks = facts.remarks};
  if (facts.channel >= 0) add(out, "channel", fmt::format("{}", facts.channel));
  if (facts.samples > 0) {
    add(out, "samples", fmt::format("{}", facts.samples));
    add(out, "presamples", fmt::format("{}", facts.presamples));
  }
  add(out, "sample time", fmt::format("{:.6g} us", 1e6 * facts.sample_s));
  add(out, "software", facts.software);
  add(out, "source", facts.source);
  add_left_over(out, facts.left_over_bytes, "record");
  return out;
}

FileSummary off(const io::InputFile& file) {
  const OffFile records = read_off_file(file);
  FileSummary out{
      .format = records.format, .counted = "records", .count = records.records(), .remarks = records.remarks};
  if (records.channel >= 0) add(out, "channel", fmt::format("{}", records.channel));
  add(out, "bases", fmt::format("{}", records.bases));
  add(out, "samples", fmt::format("{}", records.samples));
  add(out, "sample time", fmt::format("{:.6g} us", 1e6 * records.frame_s));
  add(out, "source", records.source);
  add(out, "pulse file", records.pulse_file);
  add_left_over(out, records.left_over_bytes, "record");
  return out;
}

FileSummary states(const io::InputFile& file) {
  const ExperimentStates read = read_experiment_states(file);
  FileSummary out{.format = "experiment states",
                  .counted = "intervals",
                  .count = static_cast<std::int64_t>(read.intervals.size()),
                  .remarks = read.remarks};
  std::string labels;
  constexpr std::int64_t most = 12;
  std::int64_t shown = 0;
  for (const StateInterval& interval : read.intervals) {
    if (++shown > most) break;
    labels += (labels.empty() ? "" : ", ") + interval.label;
  }
  add(out, "labels", labels + (shown > most ? ", ..." : ""));
  return out;
}

FileSummary triggers(const io::InputFile& file) {
  const ExternalTriggers read = read_external_triggers(file);
  FileSummary out{
      .format = "external triggers", .counted = "triggers", .count = static_cast<std::int64_t>(read.subframes.size())};
  add(out, "subframe divisions", fmt::format("{}", read.subframe_divisions));
  add_left_over(out, read.left_over_bytes, "trigger");
  return out;
}

FileSummary drops(const io::InputFile& file) {
  const DroppedFrames read = read_dropped_frames(file);
  return {.format = "dropped frames", .counted = "gaps", .count = static_cast<std::int64_t>(read.gaps.size())};
}

FileSummary scan_log(const io::InputFile& file) {
  const ScanLog log = read_scan_log(file);
  const bool calibration = log.kind == LogKind::calibration;
  FileSummary out{.format = log.format, .counted = calibration ? "intervals" : "points", .remarks = log.remarks};
  for (const ScanPass& pass : log.passes) out.count += calibration ? 1 : static_cast<std::int64_t>(pass.points.size());
  add(out, "kind", calibration ? "calibration" : "scan");
  add(out, "name", log.name);
  add(out, "sample", log.sample);
  if (!calibration) {
    add(out, "passes", fmt::format("{}", log.passes.size()));
    add(out, "variable", log.unit.empty() ? log.variable : fmt::format("{} ({})", log.variable, log.unit));
    add(out, "calibration", log.calibration);
  }
  return out;
}

}  // namespace

FileKind recognise(std::string_view bytes) {
  if (is_pulse_file(bytes)) return FileKind::pulses;
  if (is_off_file(bytes)) return FileKind::off;
  if (is_external_triggers(bytes)) return FileKind::triggers;
  if (is_experiment_states(bytes)) return FileKind::states;
  if (is_dropped_frames(bytes)) return FileKind::drops;
  return is_scan_log(bytes) ? FileKind::scan_log : FileKind::none;
}

FileSummary summarise_file(const io::InputFile& file) {
  const FileKind kind = recognise(file.bytes());
  FileSummary out;
  switch (kind) {
    case FileKind::pulses:
      out = pulses(file);
      break;
    case FileKind::off:
      out = off(file);
      break;
    case FileKind::states:
      out = states(file);
      break;
    case FileKind::triggers:
      out = triggers(file);
      break;
    case FileKind::drops:
      out = drops(file);
      break;
    case FileKind::scan_log:
      out = scan_log(file);
      break;
    case FileKind::none:
      refuse({.path = file.path()}, "is no file of a microcalorimeter run that we recognise",
             "LJH, OFF, experiment states, external triggers, dropped frames or a scan log",
             std::string{io::container_name(io::recognise_container(file.bytes()))});
  }
  out.kind = kind;
  return out;
}

}  // namespace lithoscope::tes
