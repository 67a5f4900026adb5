// Numbers of a model or a programme by name: what scans vary, what derivatives are taken to.
#pragma once

#include <string>
#include <vector>

namespace lithoscope::particle {

struct Parameter {
  std::string name;  ///< "transport.activation_energy", "couple.Ni3/4.level", "diffusivity.3", "step.wait.duration"
  std::string unit;  ///< native
  double* number;
  bool differentiable = true;  ///< whether runs carry derivatives to it
};

struct Model;
struct Programme;
std::vector<Parameter> parameters(Model& model);
std::vector<Parameter> parameters(Programme& programme);

/// Of either. Throws UsageError naming the nearest known one.
Parameter parameter(Model& model, Programme& programme, const std::string& name);

}  // namespace lithoscope::particle
