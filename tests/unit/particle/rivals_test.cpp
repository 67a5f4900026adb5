// Other shapes, other sources of electrons, other ways to keep a gradient.
#include <doctest/doctest.h>

#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/particle/summary.hpp"
#include "lithoscope/result/escape_weights.hpp"
#include "particle_cases.hpp"

using namespace lithoscope;
using namespace lithoscope::particle;
using doctest::Approx;

namespace {

double deviation(const Mark& m) { return m.seen.tey_lithium - m.seen.mean_lithium; }
Model plain_model() {
  Model m = lmr_model();
  m.transport.diffusivity = {{0}, {-14}, 0};
  m.transport.rest_slowdown = 1;
  m.grain.lithium_extracted = 0.1;
  return m;
}

}  // namespace

TEST_CASE("under a steady flux the surface is ahead of the mean by j R / (2 + d) D in every shape") {
  for (const auto& [shape, dimensions] :
       {std::pair{Geometry::slab, 1.0}, std::pair{Geometry::cylinder, 2.0}, std::pair{Geometry::sphere, 3.0}}) {
    Model m = plain_model();
    m.grain.shape = shape;
    const double rate = 2e-6;  // of the mean, 1/s; R2/D = 1e4 s
    const Run run =
        simulate(m, {.trunk = {{.kind = StepKind::charge, .name = "flux", .duration_s = 1e5, .rate_per_s = rate}}},
                 Record::marks);
    const Observables& end = run.trunk.marks.back().seen;
    CHECK(end.mean_lithium == Approx(0.1 + rate * 1e5).epsilon(1e-12));
    const double gradient = rate * 1e4 / dimensions;  // at the surface, per radius
    CHECK(end.surface_lithium - end.mean_lithium == Approx(gradient / (dimensions + 2)).epsilon(1e-4));
    CHECK(end.surface_lithium - end.core_lithium == Approx(gradient / 2).epsilon(1e-4));
  }
}

TEST_CASE("the basal faces of a platelet show every radius, its edge only the rim") {
  Model m = plain_model();
  m.grain.shape = Geometry::cylinder;
  const Programme flux{.trunk = {{.kind = StepKind::charge, .name = "flux", .duration_s = 2e4, .rate_per_s = 1e-5}}};
  const Observables edge = simulate(m, flux, Record::marks).trunk.marks.back().seen;
  m.grain.height = 1;  // half of the surface is basal
  const Observables both = simulate(m, flux, Record::marks).trunk.marks.back().seen;
  CHECK(both.tey_lithium == Approx(0.5 * (edge.tey_lithium + edge.mean_lithium)).epsilon(1e-9));
  CHECK(both.mean_lithium == edge.mean_lithium);
  m.grain.shape = Geometry::sphere;
  CHECK_THROWS_AS(simulate(m, flux, Record::marks), core::UsageError);
}

TEST_CASE("what leaves a column agrees with the sum over directions and places") {
  using result::escape_from_grain;
  // a plate without end: the exponential integral E2
  CHECK(escape_from_grain<double>(1, 0, 0.0, 1.0) == Approx(0.1484955).epsilon(2e-3));
  for (const int dimensions : {1, 2}) {
    for (const double height : {0.3, 2.0}) {
      for (const double k : {0.1, 1.0, 4.0}) {
        const double r = 0.6;
        double sum = 0;
        constexpr int n = 60;
        for (int a = 0; a < n; ++a) {
          const double mu = -1 + 2 * (a + 0.5) / n, sine = std::sqrt(1 - mu * mu);
          for (int b = 0; b < n; ++b) {
            const double angle = 2 * 3.14159265358979 * (b + 0.5) / n;
            double side = 0, along = 0;
            if (dimensions == 2) {
              const double c = std::cos(angle);
              side = (-r * c + std::sqrt(1 - r * r * (1 - c * c))) / sine;
              along = std::abs(mu);
            } else {
              side = (mu > 0 ? 1 - r : 1 + r) / std::abs(mu);
              along = std::abs(sine * std::cos(angle));
            }
            for (int z = 0; z < n; ++z) sum += std::exp(-k * std::min(side, height * (z + 0.5) / n / along));
          }
        }
        CAPTURE(dimensions);
        CAPTURE(height);
        CAPTURE(k);
        CHECK(escape_from_grain<double>(dimensions, height, r, k) == Approx(sum / (n * n * n)).epsilon(0.01));
      }
    }
  }
}

TEST_CASE("electrons from outside are in the ledger, reach the layer alone and end with the reservoir") {
  Model m = lmr_model();
  m.reservoir = {.rate_per_s = 1e-6, .activation_energy_eV = 0.6, .depth_nm = 3, .capacity = 0.2};
  const Run run = simulate(m, charge_wait_heat(), Record::marks);
  const Mark &a = start_of(run.branches[0]), &b = run.branches[0].marks.back();
  CHECK(b.seen.mean_reservoir > a.seen.mean_reservoir);
  CHECK(std::abs(ledger(m, a, b).residual()) < 1e-12);
  const Profile& p = b.grains[0];
  CHECK(p.reservoir.front() == 0);
  CHECK(p.reservoir.back() == Approx(0.2).epsilon(1e-3));  // 5 h at 100 C exhaust it
  Model without = lmr_model();
  const Run other = simulate(without, charge_wait_heat(), Record::marks);
  CHECK(b.seen.tey_holes == other.branches[0].marks.back().seen.tey_holes);
  for (std::size_t k = 0; k < 3; ++k) {  // every atom takes alike
    CHECK(other.branches[0].marks.back().grains[0].valence[k].back() - p.valence[k].back() ==
          Approx(0.2 / 0.8).epsilon(1e-3));
  }
  m.reservoir.preferences = {{"Mn", 3.0}, {"Ni", 0.0}};
  const Profile chosen = simulate(m, charge_wait_heat(), Record::marks).branches[0].marks.back().grains[0];
  CHECK(chosen.valence[0].back() == Approx(other.branches[0].marks.back().grains[0].valence[0].back()).epsilon(1e-12));
}

TEST_CASE("a dose does at once what it says, in any number of exposures") {
  Model m = lmr_model();
  m.reservoir = {.per_dose = 0.01, .depth_nm = 3, .capacity = 0.2};
  const auto exposed = [&](std::vector<double> doses) {
    Programme p{.trunk = {charge_to(1.0)}};
    for (std::size_t i = 0; i < doses.size(); ++i)
      p.trunk.push_back({.kind = StepKind::expose, .name = "beam " + std::to_string(i), .dose_MGy = doses[i]});
    return simulate(m, p, Record::marks).trunk.marks.back().grains[0].reservoir.back();
  };
  CHECK(exposed({10}) == Approx(0.2 * (1 - std::exp(-0.5))).epsilon(1e-12));
  CHECK(exposed({4, 6}) == Approx(exposed({10})).epsilon(1e-12));
  m.reservoir = {};
  CHECK_THROWS_AS(exposed({10}), core::UsageError);
}

TEST_CASE("a rest at open circuit lets the grains of an electrode exchange lithium, a wait does not") {
  const auto after = [](StepKind kind) {
    Model m = population_model();
    m.transport.rest_slowdown = 1;
    const Run run = simulate(m, {.trunk = {charge_to(0.9), {.kind = kind, .name = "rest", .duration_s = 100 * hour_s}}},
                             Record::marks);
    const auto mean = [](const Profile& p) {
      double sum = 0;
      for (std::size_t i = 0; i < p.lithium.size(); ++i) sum += p.volume[i] * p.lithium[i];
      return sum;
    };
    const Mark &before = run.trunk.marks[1], &end = run.trunk.marks[2];
    CHECK(end.seen.mean_lithium == Approx(before.seen.mean_lithium).epsilon(1e-9));
    return std::abs(mean(end.grains.front()) - mean(before.grains.front()));
  };
  CHECK(after(StepKind::open_circuit) > 0.01);
  CHECK(after(StepKind::wait) < 1e-9);
}

TEST_CASE("a two-phase range keeps a gradient until heat has closed it") {
  Model m = lmr_model();
  m.transport.rest_slowdown = 1;
  m.grain.lithium_extracted = 0.72;  // in the range from the start, so that the charge need not cross it
  m.transport.gap = {.from = 0.70, .to = 1.02, .closes_K = 363.15, .mobility = 1e-3};
  const Run run = simulate(m, charge_wait_heat(), Record::marks);
  CHECK(deviation(run.trunk.marks.back()) > 0.05);
  CHECK(deviation(run.branches[0].marks.back()) < 1e-3);
  m.transport.gap.closes_K = 0;
  CHECK_THROWS_AS(simulate(m, charge_wait_heat(), Record::marks), core::UsageError);
}

TEST_CASE("stress drives lithium as D (1 + kappa (lithium there) e / k_B T) does") {
  Model m = plain_model();
  m.grain.lithium_extracted = 0.4;
  m.mechanics.strain_per_lithium = 0.03;
  const Programme flux{.trunk = {{.kind = StepKind::charge, .name = "flux", .duration_s = 1e5, .rate_per_s = 1e-7}}};
  const auto ahead = [&] {
    const Observables end = simulate(m, flux, Record::marks).trunk.marks.back().seen;
    return end.surface_lithium - end.core_lithium;
  };
  const double free = ahead();
  m.transport.elastic = true;
  const double volume = m.composition.molar_mass_g_per_mol * 1e-3 / m.grain.density_kg_per_m3;
  const double kappa = 2 * 0.03 * 0.03 * volume * m.mechanics.youngs_modulus_GPa * 1e9 /
                       ((1 - m.mechanics.poisson_ratio) * core::faraday_C_per_mol);
  const double faster = 1 + kappa * (1.2 - 0.405) / (core::boltzmann_eV_per_K * core::room_temperature_K);
  CHECK(free / ahead() == Approx(faster).epsilon(0.01));
}

TEST_CASE("layers thicker than the grain, reservoirs without a rate and gaps without an end are refused") {
  const auto refused = [](const Model& m, const Programme& p, const char* words) {
    CHECK_THROWS_WITH_AS(simulate(m, p, Record::marks), doctest::Contains(words), core::UsageError);
  };
  Model m = lmr_model();
  m.reservoir = {.depth_nm = 3, .capacity = 0.2};
  refused(m, charge_wait_heat(), "no rate");
  m.reservoir = {.rate_per_s = 1e-6, .depth_nm = 300, .capacity = 0.2};
  refused(m, charge_wait_heat(), "thicker than the grain");
  m.reservoir = {.rate_per_s = 1e-6, .depth_nm = 3, .capacity = 2};
  refused(m, charge_wait_heat(), "more than one");
  m = lmr_model();
  refused(m, {.trunk = {charge_to(0.5), {.kind = StepKind::reconstruct, .name = "shell", .depth_nm = 200}}},
          "thicker than the grain");
  m.hysteresis.memory = Memory::one_state;
  m.ladder.oxygen.sites = 0;
  refused(m, charge_wait_heat(), "memory belongs to the oxygen");
}
