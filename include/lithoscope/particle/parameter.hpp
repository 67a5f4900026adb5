// Numbers of a model or a programme by name: what scans vary, what derivatives are taken to.
#pragma once

#include <string>
#include <vector>

namespace lithoscope::particle {

struct Parameter {
  std::string name;  ///< as the file and --set write it: "grain.radius", "couple.Ni3/4.level", "step.wait.duration"
  std::string unit;  ///< native
  double* number;
  bool differentiable = true;  ///< whether runs carry derivatives to it
};

struct Model;
struct Programme;
std::vector<Parameter> parameters(Model& model);
std::vector<Parameter> parameters(Programme& programme);

/// Today's name of a parameter that was called otherwise ("diffusivity.3" is transport.log10_D_cm2_s.3).
std::string present_name(const std::string& name);

/// Of either. Throws UsageError naming the nearest known one.
Parameter parameter(Model& model, Programme& programme, const std::string& name);

}  // namespace lithoscope::particle
