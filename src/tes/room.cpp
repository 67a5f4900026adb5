// Settings, roles and the probe `tes`.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/tes/array_run.hpp"
#include "lithoscope/tes/probes.hpp"
#include "lithoscope/tes/recognise.hpp"

namespace lithoscope::tes {

namespace {
// In the order of FilterKind.
constexpr std::array<std::string_view, 2> filter_words{"5lag", "ats"};
}  // namespace

std::span<const core::Setting<ArraySettings>> array_settings_table() {
  using A = ArraySettings;
  static constexpr std::array table{
      core::Setting<A>{"lines", "", &A::lines,
                       "Lines of the calibration: emission by name (O Ka, Mn Ka), by name and energy (Fe "
                       "La=705.2+-0.3), or an energy "
                       "alone (600)"},
      core::Setting<A>{"calibration_state", "", &A::calibration_state,
                       "Labels of the experiment states that are calibrations", 0, 1e15, "those that begin with CAL"},
      core::Setting<A>{"filter", "", core::choice_of<&A::filter, A>(filter_words),
                       "Optimal filter of raw pulses: ats (arrival-time safe) or 5lag"},
      core::Setting<A>{"roll_off", "Hz", &A::roll_off, "Roll-off of the filter's response; 0 for none", 0, 1e9},
      core::Setting<A>{"cut", "1", &A::cut,
                       "Robust standard deviations from the median by which a good record may lie off", 1e-6, 1e6,
                       "8; 10 for OFF"}};
  return table;
}

namespace {

std::vector<std::string> paths_of(const probe::Measurement& m, std::string_view role) {
  std::vector<std::string> out;
  for (const probe::Input& input : m.of(role)) out.push_back(input.path);
  return out;
}

ArrayRequest request_of(const probe::Measurement& m) {
  const auto settings = probe::settings_in(m, array_settings_table());
  ArrayRequest out{.files = paths_of(m, "files"), .noise_files = paths_of(m, "noise"), .logs = paths_of(m, "log")};
  if (const probe::Input* states = m.one("states")) out.states = states->path;
  out.lines.clear();
  for (const std::string& names : settings.lines) {  // "C Ka, N Ka" is two of them
    for (const std::string_view line : io::split(names, ',')) out.lines.emplace_back(core::trimmed(line));
  }
  out.calibration_states = settings.calibration_state;
  out.chain.filter = settings.filter;
  out.chain.roll_off.roll_off_Hz = settings.roll_off;
  if (settings.cut) out.chain.cuts.spreads = out.residual.spreads = *settings.cut;
  out.calibration = probe::settings_in(m, calibration_settings_table());
  return out;
}

result::Result reduce(const probe::Measurement& m, probe::Context& context) {
  return describe(reduce_array(request_of(m), context.progress));
}

std::optional<probe::Identity> identify(const io::InputFile& file) {
  if (recognise(file.bytes()) == FileKind::none) return std::nullopt;
  const FileSummary summary = summarise_file(file);
  probe::Identity out{.format = summary.format, .facts = {}, .remarks = summary.remarks};
  out.facts.emplace_back(summary.counted, std::to_string(summary.count));
  out.facts.insert(out.facts.end(), summary.facts.begin(), summary.facts.end());
  return out;
}

// Noise records have the format of pulses: by the habit of everybody who takes them the name tells them apart.
std::string role_of(const io::InputFile& file) {
  const std::string name = core::lower(file.path().substr(file.path().rfind('/') + 1));
  switch (recognise(file.bytes())) {
    case FileKind::pulses:
      return name.find("noise") == std::string::npos ? "files" : "noise";
    case FileKind::off:
      return "files";
    case FileKind::scan_log:
      return "log";
    case FileKind::states:
      return "states";
    case FileKind::triggers:
    case FileKind::drops:
    case FileKind::none:
      return {};
  }
  return {};
}

std::vector<core::SettingInfo> detector_infos() {
  auto out = core::setting_infos(array_settings_table(), "The detector");
  std::ranges::find(out, std::string{"lines"}, &core::SettingInfo::name)->commas = true;
  return out;
}

probe::Probe tes_probe() {
  return {
      .name = "tes",
      .help = "Microcalorimeter pulses to photons with energies",
      .version = "2",
      .roles = {{.name = "files", .help = "Pulses of any pixels, raw (LJH) or projected (OFF)", .required = true},
                {.name = "noise", .help = "Noise records (LJH), matched to the pulses by channel"},
                {.name = "log",
                 .help = "Scan logs (SSRL YAML, scan server JSON, bluesky documents); calibrations among them make the "
                         "energy scale"},
                {.name = "states",
                 .help =
                     "An experiment_state.txt: its CAL intervals, or those of --calibration-state, are calibrations",
                 .many = false}},
      .settings =
          probe::joined({detector_infos(), core::setting_infos(calibration_settings_table(), "The energy scale")}),
      .reduce = reduce,
      .identify = identify,
      .role_of = role_of,
      .title = "Microcalorimeter"};
}

}  // namespace

std::vector<probe::Probe> probes() { return {tes_probe()}; }

}  // namespace lithoscope::tes
