// What every command does with an outcome: the folder where one is asked for, JSON or lines on standard output.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <vector>

#include "lithoscope/core/log.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/report/run_directory.hpp"
#include "study_options.hpp"

namespace litho {

template <class Outcome>
lithoscope::core::ExitCode write_outcome(const RunOptions& options, const Outcome& outcome, const std::string& json,
                                         const std::vector<std::string>& answers, const lithoscope::core::Log& log) {
  using lithoscope::io::Existing;
  if (!options.out.empty())
    lithoscope::report::write_run(lithoscope::report::run_files(outcome), options.out,
                                  options.force ? Existing::replace : Existing::refuse, log);
  if (options.json) {
    fmt::print("{}", json);
    return lithoscope::core::ExitCode::done;
  }
  for (const std::string& answer : answers) fmt::print("{}\n", answer);
  for (const std::string& warning : outcome.warnings) fmt::print("! {}\n", warning);
  if (!options.out.empty()) fmt::print("report: {}\n", (std::filesystem::path(options.out) / "report.html").string());
  return lithoscope::core::ExitCode::done;
}

}  // namespace litho
