#include <doctest/doctest.h>

#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "particle_cases.hpp"

using namespace lithoscope;
using namespace lithoscope::particle;

namespace {

// Derivatives carried through the run against differences of two runs, at the end of the first branch.
void compare(const NamedCase& c, const std::vector<std::string>& names) {
  const Sensitivities s = simulate_with_sensitivities(c.model, c.programme, names);
  for (std::size_t k = 0; k < names.size(); ++k) {
    Model up = c.model, down = c.model;
    Programme steps_up = c.programme, steps_down = c.programme;
    double& high = *parameter(up, steps_up, names[k]).number;
    double& low = *parameter(down, steps_down, names[k]).number;
    const double nudge = 1e-4 * std::max(std::abs(high), 1e-3);
    high += nudge;
    low -= nudge;
    const Run a = simulate(down, steps_down), b = simulate(up, steps_up);
    const auto difference = [&](const auto& pick) {
      return (pick(b.branches[0].marks.back()) - pick(a.branches[0].marks.back())) / (2 * nudge);
    };
    const Observables& found = s.seen[1].back()[k];
    CAPTURE(c.name);
    CAPTURE(names[k]);
    const auto check = [&](double carried, double wanted, double scale) {
      CHECK(std::abs(carried - wanted) <= 2e-4 * std::abs(wanted) + 1e-6 * scale / nudge);
    };
    check(found.tey_valence[0], difference([](const Mark& m) { return m.seen.tey_valence[0]; }), 1);
    check(found.mean_lithium, difference([](const Mark& m) { return m.seen.mean_lithium; }), 1);
    check(found.surface_V, difference([](const Mark& m) { return m.seen.surface_V; }), 1);
    check(found.rixs, difference([](const Mark& m) { return m.seen.rixs; }), 1);
    check(s.mark_time_s[0].back()[k], (b.trunk.marks.back().time_s - a.trunk.marks.back().time_s) / (2 * nudge), 1e4);
  }
}

}  // namespace

TEST_CASE("derivatives carried through a run are those of the run, cut-offs included") {
  NamedCase c{"composition", lmr_model(), charge_wait_heat()};
  c.model.numerics.tolerance = 1e-8;
  c.model.surface.exchange_current_A_per_m2 = 0.02;
  c.model.surface.resistance_ohm_m2 = 0.01;
  c.programme.trunk[0].until_surface_lithium.reset();
  c.programme.trunk[0].until_voltage_V = 4.62;
  compare(c, {"transport.activation_energy", "transport.rest_slowdown", "grain.radius", "transport.log10_D_cm2_s.3",
              "couple.Ni3/4.level", "oxygen.width", "surface.exchange_current", "probes.tey_depth",
              "step.wait.duration", "step.charge.rate"});
}

TEST_CASE("derivatives hold for the square scheme, the one-state memory and a population") {
  NamedCase square{"square scheme", square_scheme_model(), charge_wait_heat()};
  square.programme.trunk[0] = charge_to(0.9);
  square.model.numerics.tolerance = 1e-8;
  compare(square, {"hysteresis.stabilise_rate", "oxygen.stabilised_level", "transport.log10_D_cm2_s.0"});
  NamedCase one{"one state", one_state_model(), charge_wait_heat()};
  one.model.numerics.tolerance = 1e-7;
  compare(one, {"hysteresis.largest_offset"});
  NamedCase many{
      "population",
      population_model(),
      {.trunk = {{.kind = StepKind::charge, .name = "charge", .rate_per_s = c_rate_per_s / 8, .until_lithium = 0.5}},
       .branches = {{"rest", {wait("rest", hour_s)}}}}};
  many.model.numerics.tolerance = 1e-8;
  compare(many, {"grain.radius_spread", "surface.exchange_current"});
}

TEST_CASE("the cell's potential carries derivatives at every row") {
  NamedCase c = titration_case();
  c.programme.trunk[0].pulses = 3;
  c.model.numerics.tolerance = 1e-8;
  const Sensitivities s =
      simulate_with_sensitivities(c.model, c.programme, {"transport.log10_D_cm2_s.0", "surface.resistance"});
  REQUIRE(s.cell_V[0].size() == s.run.trunk.trace.cell_V.size());
  bool any = false;
  for (std::size_t i = 0; i < s.cell_V[0].size(); ++i) {
    const bool current = s.run.trunk.trace.rate_per_s[i] != 0;
    CHECK((s.cell_V[0][i][1] > 0) == current);  // a resistance is seen while current flows
    any = any || std::abs(s.cell_V[0][i][0]) > 1e-5;
  }
  CHECK(any);
}

TEST_CASE("numbers without derivatives are refused, not answered with zero") {
  const NamedCase c{"", lmr_model(), charge_wait_heat()};
  for (const char* name :
       {"grain.cells", "mechanics.toughness_MPa_sqrt_m", "step.heat.temperature", "numerics.tolerance"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(simulate_with_sensitivities(c.model, c.programme, {name}), core::UsageError);
  }
  CHECK_THROWS_WITH(simulate_with_sensitivities(c.model, c.programme, {"transport.activation_enery"}),
                    doctest::Contains("did you mean"));
}
