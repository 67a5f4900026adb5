// From the states of a study and a particle's file to what is run.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/infer/lithium_library.hpp"
#include "lithoscope/material/valence.hpp"
#include "lithoscope/particle/parameter.hpp"
#include "lithoscope/programme/programme_file.hpp"

namespace lithoscope::infer {
namespace {

using particle::Step;
using particle::StepKind;

constexpr double even_sigmas = 2;  // a normal quantity becomes a range of so many standard deviations on either side

// A quantity of the study into a step: its value there, and a prior, empty (from low to the same high) where it is
// sharp.
void put(const std::optional<probe::Quantity>& q, const std::string& parameter, const std::string& unit, double& number,
         std::vector<Prior>& priors) {
  if (!q) return;
  number = q->value.value;
  Prior p{.parameter = parameter, .unit = unit, .low = number, .high = number};
  if (q->low && q->high) {
    p.low = *q->low;
    p.high = *q->high;
    p.logarithmic = p.low > 0 && p.high / p.low > 3;
  } else if (q->value.variance > 0) {
    p.low -= even_sigmas * q->value.sigma();
    p.high += even_sigmas * q->value.sigma();
  }
  priors.push_back(std::move(p));
}

void charge(const probe::State& before, const probe::Sample& sample, StateProgramme& out) {
  const auto step = std::ranges::find(out.programme.trunk, StepKind::charge, &Step::kind);
  if (!before.charge || step == out.programme.trunk.end()) {
    out.remarks.push_back(fmt::format(
        "The study does not say how \"{}\" was charged: the particle's own programme is run.", before.name));
    return;
  }
  const double per_lithium = material::capacity_mAh_per_g_per_lithium(out.model.composition);
  const probe::Charge& c = *before.charge;
  if (c.to_V) {
    step->until_voltage_V = c.to_V->value;
    step->until_surface_lithium.reset();
    step->until_lithium.reset();
  }
  constexpr double mAh_per_g = core::coulomb_per_kg_of_mAh_per_g;
  const double one_c_per_lithium = per_lithium * mAh_per_g / core::seconds_per_hour;  // A/kg: one Li in an hour
  if (c.c_rate_per_h && sample.one_c_A_per_kg) {
    step->rate_per_s = *c.c_rate_per_h * sample.one_c_A_per_kg->value / one_c_per_lithium / core::seconds_per_hour;
  } else if (c.current_A_per_kg) {
    step->rate_per_s = c.current_A_per_kg->value / one_c_per_lithium / core::seconds_per_hour;
  } else if (c.c_rate_per_h) {
    out.remarks.push_back(
        "The study gives the rate in C and not the current called 1C (`one_c` of [sample]): the "
        "particle's own current is used.");
  }
  const double most = out.model.ladder.lithium * per_lithium;
  if (c.capacity_C_per_kg && c.capacity_C_per_kg->value / mAh_per_g > most) {
    throw core::UsageError(
        {.what = fmt::format("the capacity of the state \"{}\" is above what its lithium allows", before.name),
         .expected = fmt::format("at most {:.1f} mAh/g", most),
         .found = fmt::format("{:.1f} mAh/g", c.capacity_C_per_kg->value / mAh_per_g),
         .advice = "check the capacity, the active mass and the formula"});
  }
}

void wait(const probe::State& before, StateProgramme& out) {
  auto step = std::ranges::find(out.programme.trunk, StepKind::wait, &Step::kind);
  if (!before.wait) {
    if (step != out.programme.trunk.end())
      out.remarks.push_back(
          fmt::format("The study does not say how long \"{}\" waited: the particle's prior is used.", before.name));
    return;
  }
  if (step == out.programme.trunk.end()) {
    out.programme.trunk.push_back({.kind = StepKind::wait, .name = "wait"});
    step = out.programme.trunk.end() - 1;
  }
  put(before.wait->temperature_K, "step." + step->name + ".temperature", "K", step->temperature_K, out.priors);
  put(before.wait->time_s, "step." + step->name + ".duration", "s", step->duration_s, out.priors);
}

// The branch: what happened between the two states.
void treat(const probe::State& after, const std::string& particle, StateProgramme& out) {
  particle::Programme& p = out.programme;
  if (!after.hold && !after.ramp) {
    if (p.branches.empty()) {
      throw core::UsageError({.what = fmt::format("nothing leads to the state \"{}\"", after.name),
                              .expected = "`hold` or `ramp` of that state, or a particle whose programme has a branch",
                              .found = "neither, in " + particle});
    }
    p.branches.resize(1);
    out.remarks.push_back(
        fmt::format("The study does not say what was done to reach \"{}\": the step \"{}\" of {} is run.", after.name,
                    p.branches.front().name, particle));
    return;
  }
  Step step{.kind = after.hold ? StepKind::hold : StepKind::ramp, .name = after.name};
  const std::string key = "step." + after.name + ".";
  p.branches = {{.name = after.name, .steps = {}}};
  if (after.hold) {
    put(after.hold->temperature_K, key + "temperature", "K", step.temperature_K, out.priors);
    put(after.hold->time_s, key + "duration", "s", step.duration_s, out.priors);
  } else {
    put(after.ramp->to_K, key + "to", "K", step.to_temperature_K, out.priors);
    put(after.ramp->rate_K_per_s, key + "heating", "K/s", step.rate_K_per_s, out.priors);
    if (after.ramp->time_s && !after.ramp->rate_K_per_s)
      step.rate_K_per_s = (step.to_temperature_K - step.temperature_K) / after.ramp->time_s->value.value;
  }
  p.branches.front().steps.push_back(std::move(step));
}

void take_priors(const programme::ProgrammeFile& file, const std::vector<std::string>& given, StateProgramme& out) {
  std::vector<Prior> all;
  for (const std::string& text : given) all.push_back(parse_prior(text, out.model, out.programme));
  const auto add = [&](const Prior& p) {
    if (std::ranges::find(all, p.parameter, &Prior::parameter) == all.end()) all.push_back(p);
  };
  for (const Prior& p : out.priors) add(p);  // of the study's states
  particle::Model model = out.model;
  particle::Programme programme = out.programme;
  std::vector<particle::Parameter> there = particle::parameters(model);
  for (particle::Parameter& p : particle::parameters(programme)) there.push_back(std::move(p));
  for (const programme::Origin& o : file.origins) {
    const auto known = std::ranges::find(there, o.parameter, &particle::Parameter::name);
    if (known == there.end() || !o.low || !o.high || !(*o.high > *o.low)) continue;
    add({.parameter = o.parameter, .unit = known->unit, .low = *o.low, .high = *o.high, .logarithmic = o.logarithmic});
  }
  // What the study says sharply is no assumption any more.
  std::erase_if(all, [](const Prior& p) { return !(p.high > p.low); });
  // No run depends on how deep electrons see.
  out.tey_depth = {.parameter = "probes.tey_depth",
                   .unit = "nm",
                   .low = out.model.probes.tey_depth_nm,
                   .high = out.model.probes.tey_depth_nm};
  const auto depth = std::ranges::find(all, out.tey_depth.parameter, &Prior::parameter);
  if (depth != all.end()) {
    out.tey_depth = *depth;
    all.erase(depth);
  }
  out.priors = std::move(all);
}

// "surface_Ni" of "heat.delta_tey_valence.Ni".
std::string quantity_of(const std::string& reported) {
  std::string name = reported.substr(reported.find('.') + 1);
  const auto after_dot = name.substr(name.find('.') + 1);
  if (name.starts_with("delta_tey_valence.")) return "surface_" + after_dot;
  if (name.starts_with("delta_pfy_valence.")) return "bulk_" + after_dot;
  if (name == "rixs_change") return "feature";
  return name;
}

}  // namespace

Prior parse_prior(const std::string& text, particle::Model model, particle::Programme programme) {
  const auto equal = text.find('=');
  if (equal == std::string::npos)
    throw core::UsageError({.what = "a prior names no parameter",
                            .expected = "PARAMETER=LOW to HIGH, or PARAMETER=VALUE +- SIGMA",
                            .found = text});
  const auto trimmed = [](const std::string& s) {
    const auto from = s.find_first_not_of(" \t"), to = s.find_last_not_of(" \t");
    return from == std::string::npos ? std::string{} : s.substr(from, to - from + 1);
  };
  Prior out{.parameter = trimmed(text.substr(0, equal)), .unit = {}};
  const particle::Parameter known = particle::parameter(model, programme, out.parameter);
  out.parameter = known.name;
  out.unit = known.unit;
  std::string range = trimmed(text.substr(equal + 1));
  if (const auto comma = range.rfind(','); comma != std::string::npos && trimmed(range.substr(comma + 1)) == "log") {
    out.logarithmic = true;
    range = trimmed(range.substr(0, comma));
  }
  const probe::Quantity q = probe::parse_range(range, known.unit.empty() ? "1" : known.unit);
  out.low = q.low ? *q.low : q.value.value - even_sigmas * q.value.sigma();
  out.high = q.high ? *q.high : q.value.value + even_sigmas * q.value.sigma();
  const bool empty = !(out.high > out.low) || (out.logarithmic && !(out.low > 0));
  if (empty)
    throw core::UsageError(
        {.what = fmt::format("the prior of {} includes nothing", out.parameter),
         .expected = out.logarithmic ? "two values above zero that differ" : "two values that differ",
         .found = range});
  return out;
}

StateProgramme programme_between(const std::string& particle, const probe::State& before, const probe::State& after,
                                 const probe::Sample& sample, const std::vector<std::string>& priors) {
  const programme::ProgrammeFile file = programme::read_programme_file(particle, {});
  StateProgramme out{.model = file.model, .programme = file.programme};
  // One grain size, and a mesh that is fine where the probes look: profiles are kept, not the trace.
  out.model.grain.sizes = 1;
  out.model.grain.radius_spread = 0;
  out.model.grain.cells = 48;
  out.model.grain.surface_spacing = std::max(out.model.grain.surface_spacing, 5e-4);
  // What heat does to the oxide itself is the process "reconstruction"; here nothing but lithium moves.
  out.model.degradation = {};
  out.model.reservoir = {};
  out.model.dimers = {};
  if (sample.particle_radius_m) out.model.grain.radius_nm = sample.particle_radius_m->value * 1e9;
  charge(before, sample, out);
  wait(before, out);
  treat(after, particle, out);
  for (const programme::Reported& r : file.reported) {
    if (r.resolves) out.resolved.push_back({quantity_of(r.quantity), *r.resolves, r.why});
  }
  if (sample.particle_radius_m) {
    const double sigma = sample.particle_radius_m->sigma() * 1e9, middle = out.model.grain.radius_nm;
    constexpr double smallest = 0.2;
    out.priors.push_back({.parameter = "grain.radius",
                          .unit = "nm",
                          .low = std::max(middle - even_sigmas * sigma, smallest * middle),
                          .high = middle + even_sigmas * sigma});
  }
  take_priors(file, priors, out);
  return out;
}

}  // namespace lithoscope::infer
