// The solver again, with numbers that carry derivatives (Ceres jets), a few parameters a pass.
#include <ceres/jet.h>

#include <array>

#include "lithoscope/core/errors.hpp"
#include "runner.hpp"

namespace lithoscope::particle {
namespace {

constexpr int directions = 4;  // parameters a pass: two vector registers
using Jet = ceres::Jet<double, directions>;

/// Numbers of the model become jets; those asked for, by address, get their direction.
class SeededNumbers {
 public:
  explicit SeededNumbers(std::vector<const double*> seeds) : seeds_(std::move(seeds)) {}
  Jet operator()(const double& number) const {
    for (std::size_t k = 0; k < seeds_.size(); ++k) {
      if (seeds_[k] == &number) return {number, static_cast<int>(k)};
    }
    return Jet(number);
  }

 private:
  std::vector<const double*> seeds_;
};

// One direction of a quantity; -1 stands for its value.
double part(const Jet& jet, int direction) { return direction < 0 ? jet.a : jet.v[direction]; }
std::vector<double> part(const std::vector<Jet>& jets, int direction) {
  std::vector<double> out;
  out.reserve(jets.size());
  for (const Jet& j : jets) out.push_back(part(j, direction));
  return out;
}

Observables part(const ObservablesOf<Jet>& o, int k) {
  return {.tey_valence = part(o.tey_valence, k),
          .pfy_valence = part(o.pfy_valence, k),
          .mean_valence = part(o.mean_valence, k),
          .tey_lithium = part(o.tey_lithium, k),
          .mean_lithium = part(o.mean_lithium, k),
          .tey_holes = part(o.tey_holes, k),
          .mean_holes = part(o.mean_holes, k),
          .mean_oxygen_lost = part(o.mean_oxygen_lost, k),
          .mean_reservoir = part(o.mean_reservoir, k),
          .paired = part(o.paired, k),
          .tey_transmission = part(o.tey_transmission, k),
          .rixs = part(o.rixs, k),
          .surface_V = part(o.surface_V, k),
          .core_V = part(o.core_V, k),
          .surface_lithium = part(o.surface_lithium, k),
          .core_lithium = part(o.core_lithium, k)};
}

Profile values(const ProfileOf<Jet>& p) {
  Profile out{.radius_nm = p.radius_nm,
              .volume = p.volume,
              .dimensions = p.dimensions,
              .height = p.height,
              .lithium = part(p.lithium, -1),
              .V = part(p.V, -1),
              .fresh_holes = part(p.fresh_holes, -1),
              .stabilised_holes = part(p.stabilised_holes, -1),
              .stabilised = part(p.stabilised, -1),
              .offset_V = part(p.offset_V, -1),
              .oxygen_lost = part(p.oxygen_lost, -1),
              .reservoir = part(p.reservoir, -1)};
  for (const auto& valence : p.valence) out.valence.push_back(part(valence, -1));
  return out;
}

Leg values(const LegOf<Jet>& leg) {
  const TraceOf<Jet>& t = leg.trace;
  Leg out{.name = leg.name,
          .after = leg.after,
          .trace = {.time_s = t.time_s,
                    .step = t.step,
                    .temperature_K = t.temperature_K,
                    .rate_per_s = t.rate_per_s,
                    .cell_V = part(t.cell_V, -1),
                    .mean_lithium = part(t.mean_lithium, -1),
                    .surface_lithium = part(t.surface_lithium, -1),
                    .core_lithium = part(t.core_lithium, -1),
                    .slow_down = part(t.slow_down, -1),
                    .spinel_extent = part(t.spinel_extent, -1),
                    .rock_salt_extent = part(t.rock_salt_extent, -1),
                    .shell_nm = part(t.shell_nm, -1),
                    .oxygen_lost = part(t.oxygen_lost, -1),
                    .delivered = part(t.delivered, -1)}};
  out.remarks = leg.remarks;
  for (const MarkOf<Jet>& m : leg.marks) {
    Mark mark{.step = m.step, .time_s = m.time_s.a, .temperature_K = m.temperature_K, .seen = part(m.seen, -1)};
    for (const auto& grain : m.grains) mark.grains.push_back(values(grain));
    out.marks.push_back(std::move(mark));
  }
  return out;
}

void append(const LegOf<Jet>& leg, std::size_t index, int count, Sensitivities& out) {
  out.seen.resize(std::max(out.seen.size(), index + 1));
  out.mark_time_s.resize(out.seen.size());
  out.cell_V.resize(out.seen.size());
  out.seen[index].resize(leg.marks.size());
  out.mark_time_s[index].resize(leg.marks.size());
  out.cell_V[index].resize(leg.trace.cell_V.size());
  for (int k = 0; k < count; ++k) {
    for (std::size_t m = 0; m < leg.marks.size(); ++m) {
      out.seen[index][m].push_back(part(leg.marks[m].seen, k));
      out.mark_time_s[index][m].push_back(part(leg.marks[m].time_s, k));
    }
    for (std::size_t r = 0; r < leg.trace.cell_V.size(); ++r) {
      out.cell_V[index][r].push_back(part(leg.trace.cell_V[r], k));
    }
  }
}

void move(std::vector<double>& to, const std::vector<double>& by, double step) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += step * by[i];
}

void move(Observables& o, const Observables& by, double step) {
  move(o.tey_valence, by.tey_valence, step);
  move(o.pfy_valence, by.pfy_valence, step);
  move(o.mean_valence, by.mean_valence, step);
  for (double Observables::* const field :
       {&Observables::tey_lithium, &Observables::mean_lithium, &Observables::tey_holes, &Observables::mean_holes,
        &Observables::mean_oxygen_lost, &Observables::mean_reservoir, &Observables::paired,
        &Observables::tey_transmission, &Observables::rixs, &Observables::surface_V, &Observables::core_V,
        &Observables::surface_lithium, &Observables::core_lithium}) {
    o.*field += step * by.*field;
  }
}

// A shell of given depth is a share of nodes that moves with the radius, and carries no derivative to it.
void refuse_shells(const Programme& programme, const std::string& name) {
  const auto look = [&](const std::vector<Step>& steps) {
    for (const Step& s : steps) {
      if (!(s.depth_nm > 0)) continue;
      throw core::UsageError({.what = "runs with a shell (step \"" + s.name + "\") carry no derivatives to " + name,
                              .expected = "no depth, or another parameter",
                              .found = name,
                              .advice = "take a difference of two runs"});
    }
  };
  look(programme.trunk);
  for (const Branch& b : programme.branches) look(b.steps);
}

}  // namespace

Sensitivities simulate_with_sensitivities(const Model& model, const Programme& programme,
                                          const std::vector<std::string>& names) {
  check(model);
  check(programme);
  Model own = model;
  Programme own_programme = programme;
  std::vector<const double*> numbers;
  for (const std::string& name : names) {
    const Parameter p = parameter(own, own_programme, name);
    if (!p.differentiable) {
      throw core::UsageError({.what = "runs carry no derivatives to " + name,
                              .expected = "a parameter the solution depends on smoothly",
                              .found = name,
                              .advice = "take a difference of two runs"});
    }
    numbers.push_back(p.number);
    if (name == "grain.radius" || name == "grain.radius_spread") refuse_shells(own_programme, name);
  }
  Sensitivities out{.parameters = names};
  for (std::size_t first = 0; first < numbers.size(); first += directions) {
    const std::size_t last = std::min(numbers.size(), first + directions);
    const SeededNumbers take{
        {numbers.begin() + static_cast<std::ptrdiff_t>(first), numbers.begin() + static_cast<std::ptrdiff_t>(last)}};
    const RunOf<Jet> run = Runner<Jet, SeededNumbers>{own, own_programme, take, Record::trace}.run();
    const int count = static_cast<int>(last - first);
    append(run.trunk, 0, count, out);
    for (std::size_t b = 0; b < run.branches.size(); ++b) append(run.branches[b], b + 1, count, out);
    if (first > 0) continue;
    out.run = {.trunk = values(run.trunk), .radius_nm = run.radius_nm, .weight = run.weight};
    for (const auto& leg : run.branches) out.run.branches.push_back(values(leg));
  }
  if (names.empty()) out.run = simulate(own, own_programme, Record::trace);
  return out;
}

std::vector<Quantity> summary_slopes(const Model& model, const Sensitivities& s, std::size_t k, double value) {
  const double step = 1e-6 * (value != 0 ? std::abs(value) : 1);
  Run moved = s.run;
  const auto shift = [&](Leg& leg, std::size_t index) {
    for (std::size_t m = 0; m < leg.marks.size(); ++m) {
      leg.marks[m].time_s += step * s.mark_time_s[index][m][k];
      move(leg.marks[m].seen, s.seen[index][m][k], step);
    }
  };
  shift(moved.trunk, 0);
  for (std::size_t b = 0; b < moved.branches.size(); ++b) shift(moved.branches[b], b + 1);
  std::vector<Quantity> out = summary(model, moved);
  const std::vector<Quantity> there = summary(model, s.run);
  for (std::size_t q = 0; q < out.size(); ++q) out[q].value = (out[q].value - there[q].value) / step;
  return out;
}

}  // namespace lithoscope::particle
