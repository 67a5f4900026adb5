// What a run would be without the assumptions that carry it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/material/valence.hpp"
#include "lithoscope/particle/simulate.hpp"
#include "lithoscope/programme/assumptions.hpp"
#include "particle_parts.hpp"

namespace lithoscope::programme {
namespace {

using particle::Mark;
using particle::Model;
using particle::Programme;
using particle::Run;

std::string lithium_text(double Li) { return Li < 5e-4 ? "less than 0.001 Li" : fmt::format("{:.3f} Li", Li); }

double deviation(const Mark& m) { return m.seen.tey_lithium - m.seen.mean_lithium; }

std::optional<Run> trunk_of(const Model& model, Programme programme) {
  programme.branches.clear();
  try {
    return particle::simulate(model, programme, particle::Record::marks);
  } catch (const core::ComputationError&) {
    return std::nullopt;
  } catch (const core::UsageError&) {
    return std::nullopt;
  }
}

// The first charge and the last rest after it: what a gradient is made by and must survive. None: nothing.
struct Rest {
  std::size_t charge, wait;
};
std::optional<Rest> rest_of(const Programme& programme) {
  std::optional<std::size_t> charge, wait;
  for (std::size_t i = 0; i < programme.trunk.size(); ++i) {
    const particle::StepKind kind = programme.trunk[i].kind;
    if (!charge && kind == particle::StepKind::charge) charge = i;
    if (charge && kind == particle::StepKind::wait) wait = i;
  }
  return charge && wait ? std::optional{Rest{*charge, *wait}} : std::nullopt;
}

std::string without_multiplier(const ProgrammeFile& file, const Run& run, std::size_t charge) {
  const double factor = std::pow(10.0, file.model.transport.diffusivity.log10_multiplier);
  if (file.model.transport.diffusivity.log10_multiplier == 0) return {};
  const double capacity = material::capacity_mAh_per_g_per_lithium(file.model.composition);
  Programme first = file.programme;
  first.trunk.resize(charge + 1);
  std::vector<double> radii{file.model.grain.radius_nm};
  for (const double r : file.face_value_radii_nm) radii.push_back(r);
  std::string seen;
  for (const double radius : radii) {
    Model model = file.model;
    model.transport.diffusivity.log10_multiplier = 0;
    model.grain.radius_nm = radius;
    const std::optional<Run> slow = trunk_of(model, first);
    if (!slow) continue;
    seen += fmt::format("{}{:.0f} mAh/g in grains of {:.4g} nm", seen.empty() ? "" : ", at ",
                        capacity * slow->trunk.marks.back().seen.mean_lithium, radius);
  }
  if (seen.empty()) return {};
  return fmt::format(
      "The file's D is multiplied by {:.3g}. Without that factor \"{}\" ends at {}, where this run reaches {:.0f} "
      "mAh/g.",
      factor, file.programme.trunk[charge].name, seen, capacity * run.trunk.marks[charge + 1].seen.mean_lithium);
}

// The value between a and b (both logarithmic) up to which `holds`, which is true at a and not at b.
template <class Test>
double border(double a, double b, const Test& holds) {
  for (int i = 0; i < 14; ++i) {
    const double middle = std::sqrt(a * b);
    (holds(middle) ? a : b) = middle;
  }
  return a;
}

// Of the gradient at the end of the rest what is left without the slow-down, and what slow-down and wait it needs.
std::vector<std::string> without_slow_down(const ProgrammeFile& file, const Run& run, const Rest& rest) {
  constexpr double seen_Li = 0.05;
  std::vector<std::string> out;
  const particle::Step& wait = file.programme.trunk[rest.wait];
  const double left = deviation(run.trunk.marks[rest.wait + 1]);
  if (!(file.model.transport.rest_slowdown < 1) || !(left > 1e-3)) return out;
  Model fast = file.model;
  fast.transport.rest_slowdown = 1;
  const std::optional<Run> free = trunk_of(fast, file.programme);
  if (!free) return out;
  std::string text = fmt::format(
      "Without the slow-down at rest {} of the {:.3f} Li that the surface is ahead "
      "after \"{}\" would be left",
      lithium_text(deviation(free->trunk.marks[rest.wait + 1])), left, wait.name);
  const auto survives = [&](const Model& model, double duration_s) {
    Programme programme = file.programme;
    programme.trunk.resize(rest.wait + 1);
    programme.trunk[rest.wait].duration_s = duration_s;
    const std::optional<Run> tried = trunk_of(model, programme);
    return tried && deviation(tried->trunk.marks.back()) >= seen_Li;
  };
  if (left >= seen_Li && !survives(fast, wait.duration_s)) {
    const double phi = border(file.model.transport.rest_slowdown, 1, [&](double slow_down) {
      Model model = file.model;
      model.transport.rest_slowdown = slow_down;
      return survives(model, wait.duration_s);
    });
    text += fmt::format("; for {} Li to be left after {}, D at rest must be at most {:.2g} of that under current",
                        seen_Li, duration_text(wait.duration_s), phi);
  }
  constexpr double shortest_s = 60;
  if (wait.duration_s > shortest_s && survives(fast, shortest_s) && !survives(fast, wait.duration_s)) {
    const double longest = border(shortest_s, wait.duration_s, [&](double s) { return survives(fast, s); });
    text += fmt::format("; without it {} Li are left for {} at most", seen_Li, duration_text(longest));
  }
  out.push_back(text + ".");
  return out;
}

// The most that one D, whatever it is, leaves after the rest, of a charge that still delivers nearly as much. A smaller
// D leaves more, down to where the charge falls short: that border is located, and larger ones are looked through.
std::string any_one_D(const ProgrammeFile& file, const Run& run, const Rest& rest) {
  if (file.model.hysteresis.memory != particle::Memory::none ||
      file.model.transport.gap.to > file.model.transport.gap.from)
    return {};  // those are not one D
  constexpr double nearly = 0.9;
  const double needed = nearly * run.trunk.marks[rest.charge + 1].seen.mean_lithium;
  const auto left_at = [&](double factor) -> std::optional<double> {
    Model model = file.model;
    model.transport.rest_slowdown = 1;
    model.transport.diffusivity.log10_multiplier += std::log10(factor);
    const std::optional<Run> tried = trunk_of(model, file.programme);
    if (!tried || tried->trunk.marks[rest.charge + 1].seen.mean_lithium < needed) return std::nullopt;
    return deviation(tried->trunk.marks[rest.wait + 1]);
  };
  constexpr double smallest = 1e-3;
  const double least = border(1, smallest, [&](double factor) { return left_at(factor).has_value(); });
  double most = 0;
  constexpr int steps = 24;
  for (int i = 0; i <= steps; ++i) most = std::max(most, left_at(least * std::pow(10.0, 0.1 * i)).value_or(0));
  return fmt::format(
      "One D, the same under current and at rest, leaves {}{} after \"{}\", whatever its size, if the charge "
      "is to deliver {:.0f} % of this one.",
      most < 5e-4 ? "" : "at most ", lithium_text(most), file.programme.trunk[rest.wait].name, 100 * nearly);
}

// Theorem A: what lithium takes from the surface's metals they must have been ahead by.
std::string ahead_before(const ProgrammeFile& file, const Run& run) {
  std::string seen;
  for (const particle::Leg& leg : run.branches) {
    const Mark &a = particle::start_of(leg), &b = leg.marks.back();
    constexpr double noticed = 0.005, layered = 1e-3;
    if (b.seen.mean_oxygen_lost > layered || b.seen.mean_reservoir > a.seen.mean_reservoir) continue;
    for (std::size_t k = 0; k < file.model.ladder.cations.size(); ++k) {
      const double lost = a.seen.tey_valence[k] - b.seen.tey_valence[k];
      if (!(lost > noticed)) continue;
      seen += fmt::format("{}{} {:+.3f} (it then falls by {:.3f})", seen.empty() ? "" : ", ",
                          file.model.ladder.cations[k].element, a.seen.tey_valence[k] - a.seen.pfy_valence[k], lost);
    }
    if (!seen.empty()) {
      return fmt::format(
          "Before \"{}\" the surface's metals differ from the bulk's (electron yield less fluorescence): {}. "
          "Spectra taken before the heat show whether they do.",
          leg.name, seen);
    }
  }
  return {};
}

}  // namespace

std::vector<std::string> without_assumptions(const ProgrammeFile& file, const Run& run) {
  std::vector<std::string> out;
  const auto add = [&](std::string text) {
    if (!text.empty()) out.push_back(std::move(text));
  };
  const std::optional<Rest> rest = rest_of(file.programme);
  if (rest) {
    add(without_multiplier(file, run, rest->charge));
    for (std::string& text : without_slow_down(file, run, *rest)) add(std::move(text));
    if (file.model.transport.rest_slowdown < 1) add(any_one_D(file, run, *rest));
  }
  add(ahead_before(file, run));
  return out;
}

}  // namespace lithoscope::programme
