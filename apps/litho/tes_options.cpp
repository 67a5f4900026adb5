#include "tes_options.hpp"

#include <glob.h>

#include "lithoscope/core/text.hpp"
#include "xas_options.hpp"

namespace litho {
namespace core = lithoscope::core;
namespace io = lithoscope::io;
namespace study = lithoscope::study;
namespace tes = lithoscope::tes;

std::vector<std::string> expanded(const std::vector<std::string>& patterns) {
  std::vector<std::string> out;
  for (const std::string& pattern : patterns) {
    glob_t found{};
    if (pattern.find_first_of("*?") != std::string::npos && glob(pattern.c_str(), 0, nullptr, &found) == 0)
      out.insert(out.end(), found.gl_pathv, found.gl_pathv + found.gl_pathc);
    else
      out.push_back(pattern);
    globfree(&found);
  }
  return out;
}

void add_tes_options(Command& command, TesOptions& options) {
  command.texts("--log", options.logs, "a scan log (SSRL YAML, scan server JSON, bluesky); may be repeated");
  command.texts("--noise", options.noise, "noise files (LJH), matched by channel; may be repeated");
  command.text("--states", options.states, "experiment_state.txt: its CAL intervals are calibrations");
  command.text("--lines", options.lines, "of the calibration sample [C Ka, N Ka, O Ka, Fe La, Ni La, Cu La]");
  command.text("--filter", options.filter, "of raw pulses: ats (arrival-time safe) or 5lag [ats]");
  command.text("--roll-off", options.roll_off, "of the filter's response, 0: none [10000 Hz]");
  command.text("--cut", options.cut, "robust standard deviations a good record may be off [8; 10 for OFF]");
  command.heading("The energy scale");
  add_setting_flags(command, options.calibration, tes::calibration_settings_table());
}

study::TesStudy tes_study_of(const TesOptions& options) {
  study::TesStudy out;
  out.files = expanded(options.files);
  out.noise_files = expanded(options.noise);
  out.logs = expanded(options.logs);
  out.states = options.states;
  if (!options.lines.empty()) {
    out.lines.clear();
    for (const std::string_view line : io::split(options.lines, ','))
      out.lines.push_back(tes::emission_line(core::trimmed(line)).name);
  }
  if (options.filter == "5lag") {
    out.chain.filter = tes::FilterKind::five_lag;
  } else if (!options.filter.empty() && options.filter != "ats") {
    throw core::UsageError({.what = "--filter knows two ways", .expected = "ats or 5lag", .found = options.filter});
  }
  out.chain.roll_off.roll_off_Hz = number_in("--roll-off", options.roll_off, "Hz", out.chain.roll_off.roll_off_Hz);
  if (!options.cut.empty()) out.chain.cuts.spreads = out.residual.spreads = number_in("--cut", options.cut, "1", 0);
  if (!(out.chain.cuts.spreads > 0) || !(out.chain.roll_off.roll_off_Hz >= 0))
    throw core::UsageError({.what = "--cut is above 0 and --roll-off not below",
                            .expected = "8 and 10000 Hz",
                            .found = options.cut + " " + options.roll_off});
  apply_setting_flags(options.calibration, tes::calibration_settings_table(), out.calibration);
  return out;
}

}  // namespace litho
