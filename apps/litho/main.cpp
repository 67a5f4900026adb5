#include "commands.hpp"

int main(int argc, char** argv) { return litho::run_program(argc, argv, lithoscope::study::registry()); }
