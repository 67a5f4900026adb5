#include "lithoscope/particle/programme.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/particle/model.hpp"

namespace lithoscope::particle {
namespace {

[[noreturn]] void refuse(const Step& step, std::string what, std::string expected, std::string found) {
  throw core::UsageError({.what = fmt::format("step \"{}\" ({}): {}", step.name, name_of(step.kind), what),
                          .expected = std::move(expected),
                          .found = std::move(found)});
}

void check_positive(const Step& step, const char* name, double value, const char* example) {
  if (!(value > 0)) refuse(step, fmt::format("{} is missing or not positive", name), example, fmt::format("{}", value));
}

void check_step(const Step& step) {
  if (!(step.temperature_K > 0))
    refuse(step, "the temperature is below absolute zero", "kelvin above 0", fmt::format("{}", step.temperature_K));
  switch (step.kind) {
    case StepKind::charge:
    case StepKind::discharge:
      check_positive(step, "rate", step.rate_per_s, "such as C/8");
      if (!step.until_surface_lithium && !step.until_voltage_V && !step.until_lithium && !(step.duration_s > 0)) {
        refuse(step, "nothing ends it", "a duration or a cut-off (until_voltage, until_surface, until_lithium)",
               "none");
      }
      break;
    case StepKind::hold_voltage:
      check_positive(step, "voltage", step.voltage_V, "such as 4.8 V");
      check_positive(step, "duration", step.duration_s, "such as 2 h");
      break;
    case StepKind::open_circuit:
    case StepKind::wait:
    case StepKind::hold:
      check_positive(step, "duration", step.duration_s, "such as 5 h");
      break;
    case StepKind::ramp:
      check_positive(step, "to", step.to_temperature_K, "such as 600 degC");
      check_positive(step, "rate", step.rate_K_per_s, "such as 5 K/min");
      break;
    case StepKind::gitt:
      check_positive(step, "rate", step.rate_per_s, "such as C/20");
      check_positive(step, "pulse", step.duration_s, "such as 10 min");
      check_positive(step, "rest", step.rest_s, "such as 2 h");
      if (step.pulses < 1) refuse(step, "there are no pulses", "at least 1", fmt::format("{}", step.pulses));
      break;
    case StepKind::stabilise:
      if (step.stabilised_sites < 0)
        refuse(step, "sites are negative", "0 or more", fmt::format("{}", step.stabilised_sites));
      break;
    case StepKind::reconstruct:
      check_positive(step, "depth", step.depth_nm, "such as 1 nm");
      break;
    case StepKind::expose:
      check_positive(step, "dose", step.dose_MGy, "such as 5 MGy");
      break;
  }
}

}  // namespace

std::string name_of(StepKind kind) {
  switch (kind) {
    case StepKind::charge:
      return "charge";
    case StepKind::discharge:
      return "discharge";
    case StepKind::hold_voltage:
      return "hold-voltage";
    case StepKind::open_circuit:
      return "open-circuit";
    case StepKind::wait:
      return "wait";
    case StepKind::hold:
      return "hold";
    case StepKind::ramp:
      return "ramp";
    case StepKind::gitt:
      return "gitt";
    case StepKind::stabilise:
      return "stabilise";
    case StepKind::reconstruct:
      return "reconstruct";
    case StepKind::expose:
      return "expose";
  }
  return {};
}

std::vector<Parameter> parameters(Programme& programme) {
  std::vector<Parameter> out;
  const auto append = [&](std::vector<Step>& steps) {
    for (Step& step : steps) {
      const std::string prefix = "step." + step.name + ".";
      out.push_back({prefix + "temperature", "K", &step.temperature_K, false});
      if (step.kind == StepKind::ramp) {
        out.push_back({prefix + "to", "K", &step.to_temperature_K, false});
        out.push_back({prefix + "heating", "K/s", &step.rate_K_per_s, false});
        continue;
      }
      if (step.kind == StepKind::stabilise) {
        out.push_back({prefix + "sites", "1", &step.stabilised_sites});
        if (step.depth_nm > 0) out.push_back({prefix + "depth", "nm", &step.depth_nm, false});
        continue;
      }
      if (step.kind == StepKind::reconstruct) {
        out.push_back({prefix + "depth", "nm", &step.depth_nm, false});
        continue;
      }
      if (step.kind == StepKind::expose) {
        out.push_back({prefix + "dose", "MGy", &step.dose_MGy});
        continue;
      }
      if (step.kind == StepKind::hold_voltage) out.push_back({prefix + "voltage", "V", &step.voltage_V});
      const char* lasts = step.kind == StepKind::gitt ? "pulse" : "duration";
      if (step.duration_s > 0) out.push_back({prefix + lasts, "s", &step.duration_s});
      if (step.rate_per_s > 0) out.push_back({prefix + "rate", "1/s", &step.rate_per_s});
      if (step.kind == StepKind::gitt) {
        out.push_back({prefix + "rest", "s", &step.rest_s});
      }
      if (step.until_voltage_V) out.push_back({prefix + "until_voltage", "V", &*step.until_voltage_V, false});
      if (step.until_surface_lithium)
        out.push_back({prefix + "until_surface", "1", &*step.until_surface_lithium, false});
      if (step.until_lithium) out.push_back({prefix + "until_lithium", "1", &*step.until_lithium, false});
    }
  };
  append(programme.trunk);
  for (Branch& branch : programme.branches) append(branch.steps);
  return out;
}

std::string present_name(const std::string& name) {
  constexpr std::string_view former = "diffusivity.";
  if (!name.starts_with(former)) return name;
  const std::string rest = name.substr(former.size());
  return rest == "log10_multiplier" ? "transport." + rest : "transport.log10_D_cm2_s." + rest;
}

Parameter parameter(Model& model, Programme& programme, const std::string& name) {
  std::vector<Parameter> all = parameters(model);
  for (Parameter& p : parameters(programme)) all.push_back(std::move(p));
  const std::string wanted = present_name(name);
  std::vector<std::string> known;
  for (Parameter& p : all) {
    if (p.name == wanted) return p;
    known.push_back(p.name);
  }
  const std::string near = core::nearest_name(name, known);
  throw core::UsageError({.what = "neither the model nor the programme has a parameter " + name,
                          .expected = "a name such as transport.activation_energy or step.wait.duration",
                          .found = name,
                          .advice = near.empty() ? "" : "did you mean " + near + "?"});
}

void check(const Programme& programme) {
  std::set<std::string> names;
  const auto check_leg = [&](const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      check_step(step);
      if (step.name.empty() || !names.insert(step.name).second)
        refuse(step, "its name is empty or taken", "a name of its own", step.name);
    }
  };
  check_leg(programme.trunk);
  std::set<std::string> branch_names;
  for (const Branch& branch : programme.branches) {
    const bool known =
        branch.after.empty() || std::ranges::find(programme.trunk, branch.after, &Step::name) != programme.trunk.end();
    if (!known) {
      throw core::UsageError({.what = "branch \"" + branch.name + "\" starts after a step that is not there",
                              .expected = "the name of a step of the trunk",
                              .found = branch.after});
    }
    if (branch.name.empty() || !branch_names.insert(branch.name).second) {
      throw core::UsageError({.what = "a branch has no name, or one that is taken",
                              .expected = "a name of its own",
                              .found = "\"" + branch.name + "\""});
    }
    if (branch.steps.empty()) {
      throw core::UsageError({.what = "branch \"" + branch.name + "\" has no steps",
                              .expected = "at least one [[branch.step]]",
                              .found = "none"});
    }
    check_leg(branch.steps);
  }
  if (programme.trunk.empty() && programme.branches.empty()) {
    throw core::UsageError(
        {.what = "the programme has no steps", .expected = "at least one [[step]]", .found = "none"});
  }
}

}  // namespace lithoscope::particle
