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

particle::Model model_at(const Passage& passage, const std::vector<double>& places, particle::Programme& programme,
                         std::vector<double>& values) {
  particle::Model model = passage.model;
  programme = passage.programme;
  values.clear();
  for (std::size_t k = 0; k < passage.priors.size(); ++k) {
    values.push_back(passage.priors[k].at(places[k]));
    *particle::parameter(model, programme, passage.priors[k].parameter).number = values.back();
  }
  return model;
}

}  // namespace

double Prior::at(double place) const {
  return logarithmic ? low * std::pow(high / low, place) : low + (high - low) * place;
}

result::GrainNodes LithiumLibrary::nodes(const LithiumRun& run, std::vector<double>& radius_nm) const {
  radius_nm = radius;
  for (double& r : radius_nm) r *= run.radius_nm;
  return {radius_nm, volume, dimensions, height};
}

std::optional<LithiumRun> run_at(const Passage& passage, const std::vector<double>& places, std::string& why) {
  LithiumRun out;
  particle::Programme programme;
  const particle::Model model = model_at(passage, places, programme, out.values);
  try {
    const particle::Run run = particle::simulate(model, programme, particle::Record::marks);
    const particle::Leg& leg = run.branches.front();
    out.before = moment_of(particle::start_of(leg));
    out.after = moment_of(leg.marks.back());
  } catch (const core::ComputationError& error) {
    why = error.facts().what;
    return std::nullopt;
  } catch (const core::UsageError& error) {  // a place outside what the model allows
    why = error.facts().what;
    return std::nullopt;
  }
  out.radius_nm = model.grain.radius_nm;
  out.ladder = model.ladder;
  double mean = 0;
  const particle::RadialMesh mesh =
      particle::graded_mesh(static_cast<int>(model.grain.cells), model.grain.surface_spacing, model.grain.shape);
  for (std::size_t i = 0; i < mesh.volume.size(); ++i) mean += mesh.dimensions * mesh.volume[i] * out.before.lithium[i];
  out.capacity_mAh_per_g = mean * material::capacity_mAh_per_g_per_lithium(model.composition);
  return out;
}

LithiumLibrary draw_library(const Passage& passage, std::int64_t first, std::int64_t count, std::uint64_t seed,
                            core::Progress& progress) {
  const particle::Model& model = passage.model;
  const particle::RadialMesh mesh =
      particle::graded_mesh(static_cast<int>(model.grain.cells), model.grain.surface_spacing, model.grain.shape);
  LithiumLibrary out{.priors = passage.priors,
                     .cations = model.ladder.cations,
                     .molar_mass_g_per_mol = model.composition.molar_mass_g_per_mol,
                     .tey_depth = passage.tey_depth,
                     .tey_depth_nm = model.probes.tey_depth_nm,
                     .probes = model.probes,
                     .temperature_K = passage.programme.branches.front().steps.back().temperature_K,
                     .dimensions = static_cast<int>(mesh.dimensions),
                     .height = model.grain.height,
                     .radius = mesh.radius,
                     .resolved = passage.resolved,
                     .remarks = passage.remarks};
  for (const double v : mesh.volume) out.volume.push_back(v * mesh.dimensions);
  core::RandomStream start{seed, 0};
  std::vector<double> shift;
  for (std::size_t k = 0; k < passage.priors.size(); ++k) shift.push_back(start.uniform());
  std::vector<std::optional<LithiumRun>> all(static_cast<std::size_t>(count));
  std::vector<std::string> why(all.size());
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
      all[k] = run_at(passage, places, why[k]);
    });
    progress.advance(std::min(done + at_once, count));
  }
  progress.finish();
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (all[k]) {
      out.runs.push_back(std::move(*all[k]));
    } else if (++out.failed == 1) {
      out.first_failure = why[k];
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
