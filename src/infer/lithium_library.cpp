#include "lithoscope/infer/lithium_library.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/material/valence.hpp"
#include "lithoscope/particle/parameter.hpp"
#include "lithoscope/particle/simulate.hpp"

namespace lithoscope::infer {
namespace {

Moment moment_of(const particle::Mark& mark) {
  const particle::Profile& p = mark.grains.back();
  Moment out{.lithium = p.lithium, .valence = p.valence, .holes = p.fresh_holes};
  for (std::size_t i = 0; i < out.holes.size(); ++i) out.holes[i] += p.stabilised_holes[i];
  return out;
}

// Fractional parts of the square roots of primes: the lattice of Richtmyer, even in every projection on one parameter.
double stride_of(std::size_t parameter) {
  static constexpr std::array primes{2.0,  3.0,  5.0,  7.0,  11.0, 13.0,  17.0,  19.0,  23.0,  29.0,
                                     31.0, 37.0, 41.0, 43.0, 47.0, 53.0,  59.0,  61.0,  67.0,  71.0,
                                     73.0, 79.0, 83.0, 89.0, 97.0, 101.0, 103.0, 107.0, 109.0, 113.0};
  const std::size_t again = parameter / primes.size();
  const double root = std::sqrt(primes[parameter % primes.size()] + 120.0 * static_cast<double>(again));
  return root - std::floor(root);
}

particle::Model model_at(const StateProgramme& between, const std::vector<double>& places,
                         particle::Programme& programme, std::vector<double>& values) {
  particle::Model model = between.model;
  programme = between.programme;
  values.clear();
  for (std::size_t k = 0; k < between.priors.size(); ++k) {
    values.push_back(between.priors[k].at(places[k]));
    *particle::parameter(model, programme, between.priors[k].parameter).number = values.back();
  }
  return model;
}

}  // namespace

double Prior::at(double place) const {
  return logarithmic ? low * std::pow(high / low, place) : low + (high - low) * place;
}

std::vector<double> LithiumLibrary::radii_nm(const LithiumRun& run) const {
  std::vector<double> out = radius;
  for (double& r : out) r *= run.radius_nm;
  return out;
}

result::GrainNodes LithiumLibrary::nodes(std::span<const double> radii) const {
  return {radii, volume, dimensions, height};
}

Attempt run_at(const StateProgramme& between, const std::vector<double>& places) {
  LithiumRun out;
  particle::Programme programme;
  const particle::Model model = model_at(between, places, programme, out.values);
  try {
    const particle::Run run = particle::simulate(model, programme, particle::Record::marks);
    const particle::Leg& leg = run.branches.front();
    out.before = moment_of(particle::start_of(leg));
    out.after = moment_of(leg.marks.back());
  } catch (const core::ComputationError& error) {
    return {.run = {}, .why = error.facts().what};
  } catch (const core::UsageError& error) {  // a place outside what the model allows
    return {.run = {}, .why = error.facts().what};
  }
  out.radius_nm = model.grain.radius_nm;
  out.ladder = model.ladder;
  double mean = 0;
  const particle::RadialMesh mesh =
      particle::graded_mesh(static_cast<int>(model.grain.cells), model.grain.surface_spacing, model.grain.shape);
  for (std::size_t i = 0; i < mesh.volume.size(); ++i) mean += mesh.dimensions * mesh.volume[i] * out.before.lithium[i];
  out.capacity_mAh_per_g = mean * material::capacity_mAh_per_g_per_lithium(model.composition);
  return {.run = std::move(out), .why = {}};
}

LithiumLibrary draw_library(const StateProgramme& between, std::int64_t first, std::int64_t count, std::uint64_t seed,
                            core::Progress& progress) {
  const particle::Model& model = between.model;
  const particle::Step& last = between.programme.branches.front().steps.back();
  const particle::RadialMesh mesh =
      particle::graded_mesh(static_cast<int>(model.grain.cells), model.grain.surface_spacing, model.grain.shape);
  LithiumLibrary out{.priors = between.priors,
                     .cations = model.ladder.cations,
                     .molar_mass_g_per_mol = model.composition.molar_mass_g_per_mol,
                     .tey_depth = between.tey_depth,
                     .tey_depth_nm = model.probes.tey_depth_nm,
                     .probes = model.probes,
                     .temperature_K = std::max(last.temperature_K, last.to_temperature_K),
                     .dimensions = static_cast<int>(mesh.dimensions),
                     .height = model.grain.height,
                     .radius = mesh.radius,
                     .resolved = between.resolved,
                     .remarks = between.remarks};
  for (const double v : mesh.volume) out.volume.push_back(v * mesh.dimensions);
  core::RandomStream start{seed, 0};
  std::vector<double> shift;
  for (std::size_t k = 0; k < between.priors.size(); ++k) shift.push_back(start.uniform());
  std::vector<Attempt> all(static_cast<std::size_t>(count));
  progress.start("particle runs", count);
  constexpr std::int64_t at_once = 64;
  for (std::int64_t done = 0; done < count; done += at_once) {
    core::parallel_for(std::min(at_once, count - done), [&](std::int64_t i) {
      const auto k = static_cast<std::size_t>(done + i);
      std::vector<double> places;
      for (std::size_t p = 0; p < shift.size(); ++p) {
        const double place = shift[p] + static_cast<double>(first + done + i + 1) * stride_of(p);
        places.push_back(std::clamp(place - std::floor(place), 1e-9, 1 - 1e-9));
      }
      all[k] = run_at(between, places);
    });
    progress.advance(std::min(done + at_once, count));
  }
  progress.finish();
  for (Attempt& one : all) {
    if (one.run) {
      out.runs.push_back(std::move(*one.run));
    } else if (++out.failed == 1) {
      out.first_failure = one.why;
    }
  }
  if (out.runs.empty())
    throw core::ComputationError({.what = "no run of the particle succeeds within its priors",
                                  .expected = "at least one",
                                  .found = out.first_failure,
                                  .advice = "look at the particle alone with litho particle"});
  return out;
}

}  // namespace lithoscope::infer
