// The commands: one for each probe, made from its table, and those that work on studies, runs and files.
#pragma once

#include "command_line.hpp"
#include "lithoscope/study/registry.hpp"

namespace litho {

using lithoscope::study::Registry;

void add_probe(CommandLine& line, const lithoscope::probe::Probe& probe, const Registry& registry);
void add_run(CommandLine& line, const Registry& registry);
void add_plan(CommandLine& line, const Registry& registry);
void add_step(CommandLine& line, const Registry& registry);
void add_infer(CommandLine& line, const Registry& registry);
void add_report(CommandLine& line);
void add_identify(CommandLine& line, const Registry& registry);
void add_convert(CommandLine& line, const Registry& registry);
void add_synthesize(CommandLine& line, const Registry& registry);

/// The whole program: parses, runs, prints errors. Returns the exit code.
int run_program(int argc, const char* const* argv, const Registry& registry);

}  // namespace litho
