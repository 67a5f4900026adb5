// litho convert FILE...: any readable cycler files as one BDF csv or BioLogic text.
#include <fmt/format.h>

#include <memory>

#include "commands.hpp"
#include "record_output.hpp"
#include "study_options.hpp"

namespace litho {
namespace core = lithoscope::core;
namespace echem = lithoscope::echem;
namespace study = lithoscope::study;
namespace {

struct Options {
  std::vector<std::string> files;
  ColumnOptions columns;
  std::string out;
  std::string format = "bdf";
  std::string join = "time";
  bool force = false;
};

core::ExitCode run(const Options& options) {
  require_record_format(options.format);
  const study::Study definition =
      study_of_files(options.files, options.columns, {{"measurement.0.join", options.join}});
  const auto progress = core::terminal_progress();
  const echem::CyclerTable table =
      study::read_measurement(study::make_plan(definition).measurements.front(), *progress);
  if (table.current_per_mass) {
    throw core::UsageError({.what = "the current is per mass, and neither format has a place for that",
                            .expected = "a current in A or mA",
                            .found = "a current in mA/g or the like",
                            .advice = "multiply it by the active mass first"});
  }
  for (const std::string& remark : table.remarks) fmt::print(stderr, "note: {}\n", remark);
  write_record(table, options.format, options.out, options.force);
  return core::ExitCode::done;
}

}  // namespace

void add_convert(CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command = line.command("convert", "Write cycler files as Battery Data Format csv or BioLogic text");
  command.required_paths("FILE", options->files, "cycler files of one measurement");
  command.text("--out", options->out, "file to write; standard output by default");
  command.text("--to", options->format, "bdf or mpt [bdf]");
  command.text("--join", options->join, "how several files follow each other: time or sequence [time]");
  command.flag("--force", options->force, "replace a file that is already there");
  add_column_options(command, options->columns);
  command.action([options] { return run(*options); });
}

}  // namespace litho
