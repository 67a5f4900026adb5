#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <new>
#include <system_error>

#include "commands.hpp"
#include "lithoscope/core/log.hpp"
#include "lithoscope/core/progress.hpp"

namespace litho {
namespace {

using lithoscope::core::ExitCode;

int report_error(ExitCode code, const char* message) {
  const bool colour = lithoscope::core::stderr_wants_colour();
  fmt::print(stderr, "{}litho:{} {}\n", colour ? "\033[31m" : "", colour ? "\033[0m" : "", message);
  return static_cast<int>(code);
}

}  // namespace

int run_program(int argc, const char* const* argv, const Registry& registry) {
  lithoscope::core::install_interrupt_handler();
  try {
    CommandLine line{lithoscope::study::program_version()};
    add_run(line, registry);
    add_plan(line, registry);
    add_step(line, registry);
    add_infer(line, registry);
    for (const lithoscope::probe::Probe& probe : registry) {
      if (probe.command) add_probe(line, probe, registry);
    }
    add_synthesize(line, registry);
    add_identify(line, registry);
    add_convert(line, registry);
    add_report(line);
    const ExitCode code = line.run(argc, argv);
    if (std::fflush(stdout) != 0)
      return report_error(ExitCode::output_failed, "standard output could not be written whole");
    return static_cast<int>(code);
  } catch (const lithoscope::core::Error& error) {
    return report_error(error.exit_code(), error.what());
  } catch (const std::system_error& error) {  // what fmt throws when standard output cannot be written
    return report_error(ExitCode::output_failed, error.what());
  } catch (const std::bad_alloc&) {
    return report_error(ExitCode::computation_failed, "the machine's memory is not enough for this input");
  } catch (const std::exception& error) {
    return report_error(ExitCode::bug, fmt::format("a bug, please report it: {}", error.what()).c_str());
  }
}

}  // namespace litho
