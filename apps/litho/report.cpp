// litho report RUN: draw the page and the figures of a finished run again.
#include <fmt/format.h>

#include <memory>

#include "commands.hpp"
#include "lithoscope/core/log.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/report/run_directory.hpp"

namespace litho {
namespace core = lithoscope::core;

void add_report(CommandLine& line) {
  struct Options {
    std::string directory;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  Command command = line.command("report", "Draw the report of a finished run again, with this version's looks");
  command.required_path("RUN", options->directory, "the folder of the run");
  command.flag("--json", options->json, "print one JSON object instead of text");
  command.action([options] {
    const std::string page = lithoscope::report::redraw_report(options->directory);
    if (options->json) {
      fmt::print("{{\"schema\": \"lithoscope/report-path/1\", \"report\": \"{}\"}}\n", core::escaped_string(page));
    } else {
      fmt::print("report: {}\n", page);
    }
    return core::ExitCode::done;
  });
}

}  // namespace litho
