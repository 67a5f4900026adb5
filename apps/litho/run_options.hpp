// Options of every command that reduces something, and what they all do with a study.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "lithoscope/study/run.hpp"

namespace litho {

struct RunOptions {
  std::string out;
  std::vector<std::string> set;
  std::string watch_for;
  int threads = 0;
  int seed = 1;
  bool force = false, json = false, dry_run = false, verbose = false, watch = false;
};

/// `with_set`: --set as well, where no setting of the command has that name.
void add_run_options(Command& command, RunOptions& options, const std::string& out_help, bool with_set);

/// "key=value" pairs of --set. Throws UsageError.
std::vector<lithoscope::io::Override> overrides(const RunOptions& options);

/// What a command does with a plan: which of its results it prints.
struct Shown {
  std::vector<std::string> ids;  ///< steps whose answers are printed; empty: all
  bool tables = false;           ///< their tables, too
};

/// Makes the plan and runs it: dry, once, or watching. `make` is called again while watching. Throws what a study
/// throws; a plan of which nothing succeeded throws its first failure.
lithoscope::core::ExitCode run_study(const RunOptions& options, const std::function<lithoscope::study::Plan()>& make,
                                     const std::function<Shown(const lithoscope::study::Plan&)>& shown);

}  // namespace litho
