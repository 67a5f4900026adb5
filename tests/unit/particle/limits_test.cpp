// Where programmes meet the edges of what a model can do.
#include <doctest/doctest.h>

#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "particle_cases.hpp"

using namespace lithoscope;
using namespace lithoscope::particle;
using doctest::Approx;

namespace {

Step charge_to_voltage(double V, double rate_per_s) {
  return {.kind = StepKind::charge, .name = "charge", .rate_per_s = rate_per_s, .until_voltage_V = V};
}
Step titration(int pulses) {
  return {.kind = StepKind::gitt,
          .name = "titration",
          .duration_s = 600,
          .rate_per_s = c_rate_per_s / 10,
          .rest_s = 7200,
          .pulses = pulses};
}

}  // namespace

TEST_CASE("a cut-off near the end of the ladder is met, not stepped over") {
  for (const auto& [V, rate] : {std::pair{4.9, c_rate_per_s / 100}, std::pair{5.0, c_rate_per_s / 8}}) {
    const Run run = simulate(lmr_model(), {.trunk = {charge_to_voltage(V, rate)}});
    CHECK(run.trunk.trace.cell_V.back() == Approx(V).epsilon(1e-9));
  }
}

TEST_CASE("the overpotential solves Butler-Volmer for any transfer coefficient and any current") {
  for (const double transfer : {0.05, 0.2, 0.5, 0.8, 0.95}) {
    for (const double exchange : {1e-8, 1e-4, 1e-2, 1.0}) {
      Model m = lmr_model();
      m.transport.diffusivity = {{0}, {-10}, 0};
      m.surface.transfer_coefficient = transfer;
      m.surface.exchange_current_A_per_m2 = exchange;
      for (const StepKind kind : {StepKind::charge, StepKind::discharge}) {
        m.grain.lithium_extracted = 0.5;
        const double rate = c_rate_per_s / 8;
        const Run run = simulate(m, {.trunk = {{.kind = kind, .name = "pulse", .duration_s = 10, .rate_per_s = rate}}});
        const double eta = run.trunk.trace.cell_V.back() - run.trunk.marks.back().seen.surface_V;
        const double sites = m.grain.density_kg_per_m3 * 1e3 / m.composition.molar_mass_g_per_mol;
        const double sign = kind == StepKind::charge ? 1 : -1;
        const double j = sign * rate / 3 * m.grain.radius_nm * 1e-9 * core::faraday_C_per_mol * sites;
        const double f = 1 / (core::boltzmann_eV_per_K * core::room_temperature_K);
        CAPTURE(transfer);
        CAPTURE(exchange);
        CHECK(exchange * (std::exp((1 - transfer) * f * eta) - std::exp(-transfer * f * eta)) ==
              Approx(j).epsilon(1e-6));
      }
    }
  }
}

TEST_CASE("a held voltage counts the ohmic drop") {
  const auto held = [](double resistance, int sizes) {
    Model m = lmr_model();
    m.grain.lithium_extracted = 0.2;
    m.surface.exchange_current_A_per_m2 = 0.05;
    m.surface.resistance_ohm_m2 = resistance;
    m.grain.sizes = sizes;
    m.grain.radius_spread = sizes > 1 ? 0.3 : 0;
    return simulate(m,
                    {.trunk = {{.kind = StepKind::hold_voltage, .name = "hold", .duration_s = 600, .voltage_V = 4.6}}});
  };
  for (const int sizes : {1, 5}) {
    const Run free = held(0, sizes);
    const Run loaded = held(20, sizes);
    CHECK(loaded.trunk.marks.back().seen.mean_lithium < free.trunk.marks.back().seen.mean_lithium - 0.01);
    for (const Run* run : {&free, &loaded}) {
      for (std::size_t i = 0; i < run->trunk.trace.time_s.size(); ++i) {
        REQUIRE(run->trunk.trace.mean_lithium[i] - 0.2 == Approx(run->trunk.trace.delivered[i]).epsilon(1e-10));
      }
    }
  }
  // at the start the whole drop is ohmic where the surface is fast: I = (4.6 V - V) / R per area
  Model m = lmr_model();
  m.grain.lithium_extracted = 0.2;
  m.surface.exchange_current_A_per_m2 = 1e4;
  m.surface.resistance_ohm_m2 = 100;
  const Run run =
      simulate(m, {.trunk = {{.kind = StepKind::hold_voltage, .name = "hold", .duration_s = 1e-3, .voltage_V = 4.6}}});
  const double sites = m.grain.density_kg_per_m3 * 1e3 / m.composition.molar_mass_g_per_mol;
  const double j = run.trunk.trace.rate_per_s.back() / 3 * m.grain.radius_nm * 1e-9 * core::faraday_C_per_mol * sites;
  CHECK(j * 100 == Approx(4.6 - run.trunk.marks.front().seen.surface_V).epsilon(1e-3));
}

TEST_CASE("a titration ends with the lithium asked for, without idle rests") {
  for (const double target : {0.05, 0.1, 0.2, 0.25}) {
    Step step = titration(60);
    step.until_lithium = target;
    Model m = lmr_model();
    m.grain.lithium_extracted = 0.02;
    m.transport.rest_slowdown = 1;
    const Run run = simulate(m, {.trunk = {step}});
    const double pulses = std::ceil((target - 0.02) / (600 * step.rate_per_s) - 1e-9);
    CAPTURE(target);
    CHECK(run.trunk.marks.back().seen.mean_lithium == Approx(target).epsilon(1e-9));
    CHECK(run.trunk.marks.back().time_s == Approx((target - 0.02) / step.rate_per_s + 7200 * pulses).epsilon(1e-9));
  }
}

TEST_CASE("a pulse that leaves the ladder on the way is an error, not a number") {
  Model m = lmr_model();
  m.grain.lithium_extracted = 1.0;
  m.transport.rest_slowdown = 1;
  Step step = titration(40);
  step.rate_per_s = c_rate_per_s * 3;
  CHECK_THROWS_AS(simulate(m, {.trunk = {step}}), core::ComputationError);
  Model shrinking = lmr_model();  // a width that is negative only while it is hot
  shrinking.grain.lithium_extracted = 0.5;
  shrinking.ladder.oxygen.width_slope_V_per_K = -1e-4;
  const Step down{
      .kind = StepKind::ramp, .name = "down", .temperature_K = 873, .to_temperature_K = 298, .rate_K_per_s = 0.1};
  CHECK_THROWS_WITH(simulate(shrinking, {.trunk = {down}}), doctest::Contains("width of oxygen"));
}

TEST_CASE("what cannot be is refused before the run") {
  const Programme rest{.trunk = {wait("wait", 1)}};
  Model m = lmr_model();
  m.grain.radius_spread = 0.3;
  CHECK_THROWS_WITH(simulate(m, rest), doctest::Contains("one size"));
  m = lmr_model();
  m.grain.sizes = 5;
  CHECK_THROWS_AS(simulate(m, rest), core::UsageError);
  m = lmr_model();
  CHECK_THROWS_WITH(simulate(m, {.trunk = {{.kind = StepKind::stabilise, .name = "s", .stabilised_sites = 3}}}),
                    doctest::Contains("more oxygen"));
  CHECK_THROWS_WITH(simulate(m, {.trunk = {wait("wait", 1)}, .branches = {{"empty", {}}}}),
                    doctest::Contains("no steps"));
  m = one_state_model();
  CHECK_THROWS_AS(simulate(m, {.trunk = {{.kind = StepKind::stabilise, .name = "s", .stabilised_sites = 0.1}}}),
                  core::UsageError);
}

TEST_CASE("a cut-off that is already met is told") {
  const Run run = simulate(
      lmr_model(),
      {.trunk = {charge_to(0.5),
                 {.kind = StepKind::charge, .name = "again", .rate_per_s = c_rate_per_s / 8, .until_voltage_V = 3.0}}});
  REQUIRE(run.trunk.remarks.size() == 1);
  CHECK(run.trunk.remarks[0].find("again") != std::string::npos);
}

TEST_CASE("fluorine is an anion") {
  const auto composition = material::parse_formula("Li1.2Ni0.25Co0.1Mn0.45O1.9F0.1");
  const Ladder ladder = make_ladder(composition,
                                    {{.name = "Ni2/3", .element = "Ni", .valence = 2, .level_V = 4.0, .width_V = 0.1},
                                     {.name = "Ni3/4", .element = "Ni", .valence = 3, .level_V = 4.4, .width_V = 0.1}},
                                    {});
  CHECK(ladder.cations.size() == 3);
  const LocalRedox r = local_redox(ladder, 0.2, 0, 0, 298.15);
  double charge = 1.0 - 2 * 1.9 - 0.1;
  for (std::size_t k = 0; k < 3; ++k) charge += ladder.cations[k].amount * r.valence[k];
  CHECK(std::abs(charge) < 1e-12);
  CHECK_NOTHROW(material::pristine_valences(material::parse_formula("Li1.2Ni0.15Co0.1Mn0.55O1.95F0.05")));
}

TEST_CASE("derivatives are refused where a zero switches the law off") {
  const Programme p = charge_wait_heat();
  for (const char* name : {"transport.unlock_rate", "surface.exchange_current", "degradation.spinel_prefactor",
                           "probes.pfy_length", "grain.stabilised"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(simulate_with_sensitivities(lmr_model(), p, {name}), core::UsageError);
  }
  Model shifted = lmr_model();
  shifted.surface_shifts = {{"Ni3/4", 0.05, 6}};
  CHECK_THROWS_AS(simulate_with_sensitivities(shifted, p, {"grain.radius"}), core::UsageError);
}

TEST_CASE("derivatives of the unlocking and of the exponent of degradation are those of the run") {
  Model m = degrading_model();
  m.transport.unlock_rate_per_s = 1e-6;
  m.transport.unlock_energy_eV = 0.3;
  const Programme p{.trunk = {charge_to(1.05), wait("wait", day_s), ramp("ramp", 220, 5)}};
  const std::vector<std::string> names{"transport.unlock_rate", "transport.unlock_energy",
                                       "degradation.spinel_exponent", "degradation.spinel_energy"};
  m.numerics.tolerance = 1e-8;
  const Sensitivities s = simulate_with_sensitivities(m, p, names);
  for (std::size_t k = 0; k < names.size(); ++k) {
    Model up = m, down = m;
    Programme steps = p;
    const double nudge = 1e-4 * *parameter(up, steps, names[k]).number;
    *parameter(up, steps, names[k]).number += nudge;
    *parameter(down, steps, names[k]).number -= nudge;
    const Run a = simulate(down, p), b = simulate(up, p);
    CAPTURE(names[k]);
    if (names[k].starts_with("transport")) {  // seen while lithium still moves
      const double difference = b.trunk.marks[2].seen.tey_lithium - a.trunk.marks[2].seen.tey_lithium;
      CHECK(s.seen[0][2][k].tey_lithium == Approx(difference / (2 * nudge)).epsilon(2e-3));
    } else {
      const double difference = b.trunk.marks[3].seen.mean_oxygen_lost - a.trunk.marks[3].seen.mean_oxygen_lost;
      CHECK(s.seen[0][3][k].mean_oxygen_lost == Approx(difference / (2 * nudge)).epsilon(2e-3));
    }
  }
}
