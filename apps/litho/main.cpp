#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <new>
#include <system_error>

#include "commands.hpp"
#include "lithoscope/core/log.hpp"
#include "lithoscope/core/progress.hpp"

namespace {

using lithoscope::core::ExitCode;

int say(ExitCode code, const char* message) {
  const bool colour = lithoscope::core::stderr_wants_colour();
  fmt::print(stderr, "{}litho:{} {}\n", colour ? "\033[31m" : "", colour ? "\033[0m" : "", message);
  return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
  lithoscope::core::install_interrupt_handler();
  try {
    litho::CommandLine line;
    litho::add_run(line);
    litho::add_gitt(line);
    litho::add_identify(line);
    litho::add_convert(line);
    litho::add_particle(line);
    litho::add_multiplet(line);
    litho::add_xas(line);
    litho::add_valence(line);
    litho::add_selfabs(line);
    litho::add_tes(line);
    litho::add_rixs(line);
    litho::add_synthesize(line);
    litho::add_report(line);
    const ExitCode code = line.run(argc, argv);
    if (std::fflush(stdout) != 0) return say(ExitCode::output_failed, "standard output could not be written whole");
    return static_cast<int>(code);
  } catch (const lithoscope::core::Error& error) {
    return say(error.exit_code(), error.what());
  } catch (const std::system_error& error) {  // what fmt throws when standard output cannot be written
    return say(ExitCode::output_failed, error.what());
  } catch (const std::bad_alloc&) {
    return say(ExitCode::computation_failed, "the machine's memory is not enough for this input");
  } catch (const std::exception& error) {
    return say(ExitCode::bug, fmt::format("a bug, please report it: {}", error.what()).c_str());
  }
}
