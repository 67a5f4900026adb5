// One function a subcommand, one file a function.
#pragma once

#include "command_line.hpp"

namespace litho {

void add_run(CommandLine& line);
void add_gitt(CommandLine& line);
void add_identify(CommandLine& line);
void add_convert(CommandLine& line);
void add_particle(CommandLine& line);
void add_multiplet(CommandLine& line);
void add_report(CommandLine& line);
void add_synthesize(CommandLine& line);
void add_rixs(CommandLine& line);
void add_tes(CommandLine& line);
void add_xas(CommandLine& line);
void add_valence(CommandLine& line);
void add_selfabs(CommandLine& line);

}  // namespace litho
