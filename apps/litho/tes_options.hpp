// Options of all commands that read microcalorimeter files.
#pragma once

#include <string>
#include <vector>

#include "command_line.hpp"
#include "lithoscope/study/tes_run.hpp"
#include "setting_flags.hpp"
#include "study_options.hpp"

namespace litho {

struct TesOptions : RunOptions {
  std::vector<std::string> files, noise, logs;
  std::string states, lines, filter, roll_off, cut;
  SettingTexts calibration;
};

void add_tes_options(Command& command, TesOptions& options);
/// File patterns are expanded. Throws UsageError.
lithoscope::study::TesStudy tes_study_of(const TesOptions& options);

/// Paths with `*` and `?` expanded, in natural order; a pattern that matches nothing stays, and its file is missed.
std::vector<std::string> expanded(const std::vector<std::string>& patterns);

}  // namespace litho
