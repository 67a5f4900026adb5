// The directory a run leaves behind: run.nxs, run.json, report.html, figures/, log.jsonl.
#pragma once

#include <span>
#include <string>

#include "lithoscope/core/log.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/result/files.hpp"

namespace lithoscope::report {

/// Name of the folder of kept steps in a run that is being written, and of the file that marks a finished one.
inline constexpr const char* steps_folder = "steps";
inline constexpr const char* run_marker = "run.json";

/// Fills `directory`, which is being staged; the caller commits. Throws OutputError.
void write_run(std::span<const result::Result> results, const result::FileFacts& facts, const std::string& directory,
               const core::Log& log);

/// Draws report.html and figures/ of a finished run again from its run.nxs. Returns the path of the page.
std::string redraw_report(const std::string& directory);

}  // namespace lithoscope::report
