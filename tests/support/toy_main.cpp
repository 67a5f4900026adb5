// litho with the toy probe beside the others.
#include "commands.hpp"
#include "toy_probe.hpp"

int main(int argc, char** argv) {
  lithoscope::study::Registry registry = lithoscope::study::registry();
  for (auto& probe : lithoscope::toy::probes()) registry.push_back(std::move(probe));  // the line a new probe costs
  return litho::run_program(argc, argv, registry);
}
