// Options that run and gitt share, and what both do with a study.
#pragma once

#include <string>
#include <vector>

#include "command_line.hpp"
#include "lithoscope/study/run.hpp"

namespace litho {

struct RunOptions {
  std::string out;
  std::vector<std::string> set;
  int threads = 0;
  bool force = false;
  bool json = false;
  bool dry_run = false;
  bool verbose = false;
};

/// --out, --force, --json, --threads, --verbose.
void add_output_options(Command& command, RunOptions& options, const std::string& out_help);
/// The same with --set and --dry-run.
void add_run_options(Command& command, RunOptions& options, const std::string& out_help);

/// "key=value" pairs of --set. Throws UsageError.
std::vector<lithoscope::study::Override> overrides(const RunOptions& options);

/// Columns of a plain table, as --time, --potential, --current.
struct ColumnOptions {
  std::string time, potential, current;
  bool given() const { return !time.empty() || !potential.empty() || !current.empty(); }
};
void add_column_options(Command& command, ColumnOptions& options);

/// A study of one measurement, from the command line; the study file's own reader checks it.
lithoscope::study::Study study_of_files(const std::vector<std::string>& files, const ColumnOptions& columns,
                                        const std::vector<lithoscope::study::Override>& settings);

/// Runs the plan, or prints it (--dry-run).
lithoscope::study::RunResult run_study(const lithoscope::study::Study& study, const RunOptions& options,
                                       lithoscope::core::Log& log);
void print_plan(const lithoscope::study::Plan& plan);

/// 4 when a measurement that should give D has no usable pulse, else 0.
lithoscope::core::ExitCode quality_gate(const lithoscope::study::RunResult& run);

}  // namespace litho
