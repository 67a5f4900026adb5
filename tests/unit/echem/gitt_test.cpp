#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "cycler_cases.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/echem/gitt.hpp"
#include "lithoscope/echem/synthesize.hpp"

using namespace lithoscope;
using echem::PulseFlag;

namespace {

constexpr double radius_m = 150e-9;

echem::SphereGitt linear_cell() {
  echem::SphereGitt cell;
  cell.radius_m = radius_m;
  cell.D_m2_s = 1e-18;
  cell.pulses = 6;
  cell.rest_s = 6 * 3600;
  cell.noise_V = 2e-5;
  cell.ocv_V = [](double x) { return 3.7 + 1.5 * x; };
  return cell;
}

echem::GittSample sphere_sample() {
  echem::GittSample sample;
  sample.cell = echem::CellKind::half_cell;
  sample.diffusion_length = echem::DiffusionLength{core::Value::exact(radius_m / 3), echem::Geometry::sphere, "test"};
  sample.active_mass_kg = 4.1e-6;
  sample.molar_mass_g_per_mol = 85.240;
  sample.lithium_per_formula_unit = 1.2;
  return sample;
}

echem::GittResult analyse(const echem::CyclerTable& table, const echem::GittSample& sample = sphere_sample()) {
  return echem::analyse_gitt(table, sample, {}, {}, {});
}
echem::GittResult analyse_each_pulse(const echem::CyclerTable& table) {
  return echem::analyse_gitt(table, sphere_sample(), {.whole_trace = false}, {}, {});
}

bool has(const echem::GittPulse& pulse, PulseFlag kind) {
  return std::ranges::any_of(pulse.flags, [&](const echem::Flag& f) { return f.kind == kind; });
}

}  // namespace

TEST_CASE("D, resistance and lithium of an exact sphere come back") {
  const auto result = analyse(echem::synthesize_gitt(linear_cell()));
  REQUIRE(result.pulses.size() == 6);
  CHECK(result.protocol == echem::Protocol::gitt);
  for (const auto& p : result.pulses) {
    CHECK(p.valid());
    CHECK(p.D_m2_s.value == doctest::Approx(1e-18).epsilon(0.02));
    CHECK(p.resistance_ohm.value == doctest::Approx(50).epsilon(0.03));
  }
  // 20 mA/g for 600 s is 3.333 mAh/g; 314.4 mAh/g is one lithium.
  CHECK(result.pulses[0].x_after == doctest::Approx(3.3333 / 314.42).epsilon(1e-3));
}

TEST_CASE("the straight-line formulas are biased where the sphere bends, and the sphere's response is not") {
  auto cell = linear_cell();
  cell.D_m2_s = 3e-18;  // D tau/L2 = 0.72
  cell.noise_V = 0;
  const auto result = analyse(echem::synthesize_gitt(cell));
  for (const auto& p : result.pulses) {
    CHECK(p.D_equation_1_m2_s < 0.7 * 3e-18);
    CHECK(p.D_equation_2_m2_s < 0.8 * 3e-18);
    CHECK(p.D_m2_s.value == doctest::Approx(3e-18).epsilon(0.02));
    CHECK(has(p, PulseFlag::pulse_too_long));
  }
}

TEST_CASE("the interval of D from a pulse alone covers the truth 95 times in 100") {
  int covered = 0, all = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    auto cell = linear_cell();
    cell.noise_V = 2e-4;
    cell.seed = seed;
    for (const auto& p : analyse_each_pulse(echem::synthesize_gitt(cell)).pulses) {
      ++all;
      covered += std::abs(p.log10_D.value + 18) < 1.96 * p.log10_D.sigma();
    }
  }
  CHECK(covered / double(all) > 0.92);  // 360 pulses: 0.95 +- 0.0115
  CHECK(covered / double(all) < 0.985);
}

TEST_CASE("the uncertainty of the diffusion length is in the interval, twice as large relatively") {
  auto sample = sphere_sample();
  const auto table = echem::synthesize_gitt(linear_cell());
  sample.diffusion_length->length_m = core::Value::with_sigma(50e-9, 5e-9);
  const auto with = analyse(table, sample).pulses[2];
  CHECK(with.D_m2_s.relative_sigma() > 0.19);
  CHECK(with.D_m2_s.relative_sigma() < 0.30);
}

TEST_CASE("a rest cut short is flagged with how far it is from equilibrium") {
  auto cell = linear_cell();
  cell.rest_s = 1200;
  const auto result = analyse(echem::synthesize_gitt(cell));
  for (std::size_t i = 1; i < result.pulses.size(); ++i) CHECK(has(result.pulses[i], PulseFlag::rest_incomplete));
  CHECK(std::ranges::any_of(result.warnings,
                            [](const std::string& w) { return w.find("before equilibrium") != std::string::npos; }));
}

TEST_CASE("a surface that would need more lithium than there is makes the pulse unusable") {
  auto cell = linear_cell();
  cell.D_m2_s = 1e-21;
  cell.ocv_V = [](double x) { return 3.7 + 0.3 * x; };
  cell.noise_V = 0;
  cell.x_start = 0.8;
  cell.rest_s = 24 * 3600;
  auto sample = sphere_sample();
  sample.extracted_at_start = 0.8;
  const auto result = analyse(echem::synthesize_gitt(cell), sample);
  CHECK(std::ranges::any_of(result.pulses,
                            [](const auto& p) { return has(p, PulseFlag::surface_beyond_lithium) && !p.valid(); }));
}

TEST_CASE("a pulse of the other sign, a temperature step and a flat potential are flagged") {
  auto table = echem::synthesize_gitt(linear_cell());
  const auto steps = echem::find_steps(table, {});
  SUBCASE("temperature") {
    table.temperature_K.assign(table.time_s.size(), 298.15);
    for (auto row = static_cast<std::size_t>(steps[3].first_row + 10); row < table.temperature_K.size(); ++row)
      table.temperature_K[row] = 301;
    const auto result = analyse(table);
    CHECK(has(result.pulses[1], PulseFlag::temperature_step));
    CHECK_FALSE(result.pulses[1].valid());
    CHECK(result.pulses[3].valid());
  }
  SUBCASE("direction") {
    for (auto row = static_cast<std::size_t>(steps[5].first_row); row <= static_cast<std::size_t>(steps[5].last_row);
         ++row)
      table.current_A[row] *= -1;
    const auto result = analyse(table);
    CHECK(has(result.pulses[2], PulseFlag::direction_changed));
    CHECK(has(result.pulses[3], PulseFlag::direction_changed));
    CHECK_FALSE(result.pulses[2].valid());
  }
  SUBCASE("flat") {
    core::RandomStream noise{1, 0};
    for (double& e : table.potential_V) e = 3.7 + 1e-4 * noise.normal();
    for (const auto& p : analyse(table).pulses) CHECK_FALSE(p.valid());
  }
  SUBCASE("ripple") {
    for (auto row = static_cast<std::size_t>(steps[1].first_row); row <= static_cast<std::size_t>(steps[1].last_row);
         ++row)
      table.current_A[row] *= row % 2 == 0 ? 1.06 : 0.94;
    CHECK(has(analyse(table).pulses[0], PulseFlag::current_ripple));
  }
}

TEST_CASE("alone, a pulse with too few rows gives no D and says so") {
  auto cell = linear_cell();
  cell.pulse_times_s = {1.5, 300, 600};
  for (const auto& p : analyse_each_pulse(echem::synthesize_gitt(cell)).pulses) {
    CHECK(has(p, PulseFlag::too_few_points));
    CHECK_FALSE(p.valid());
    CHECK(std::isnan(p.D_m2_s.value));
  }
}

TEST_CASE("the whole trace knows D where each pulse alone has too few rows to") {
  auto cell = linear_cell();
  cell.pulse_times_s = {1.5, 300, 600};
  for (const auto& p : analyse(echem::synthesize_gitt(cell)).pulses) {
    CHECK(has(p, PulseFlag::too_few_points));
    CHECK(p.valid());
    CHECK(std::abs(p.log10_D.value + 18) < 3 * p.log10_D.sigma());
  }
}

TEST_CASE("a full cell gives resistances and the reason why there is no D") {
  auto sample = sphere_sample();
  sample.cell = echem::CellKind::full_cell;
  const auto result = analyse(echem::synthesize_gitt(linear_cell()), sample);
  CHECK(result.why_no_D.find("full cell") != std::string::npos);
  for (const auto& p : result.pulses) {
    CHECK(std::isnan(p.D_m2_s.value));
    CHECK(p.resistance_ohm.value == doctest::Approx(50).epsilon(0.05));
  }
}

TEST_CASE("without a diffusion length or a mass the result says what is missing") {
  echem::GittSample nothing;
  const auto result = analyse(echem::synthesize_gitt(linear_cell()), nothing);
  CHECK(result.why_no_D.find("bet_area") != std::string::npos);
  CHECK(std::isnan(result.pulses.front().x_before));
}

TEST_CASE("a discharge train is as good as a charge train, whether or not its starting lithium is known") {
  auto cell = linear_cell();
  cell.current_A = -82e-6;
  cell.x_start = 0.6;
  const auto table = echem::synthesize_gitt(cell);
  auto sample = sphere_sample();
  sample.extracted_at_start = 0.6;
  for (const auto& s : {sphere_sample(), sample}) {
    for (const auto& p : analyse(table, s).pulses) {
      CHECK(p.valid());
      CHECK(p.D_m2_s.value == doctest::Approx(1e-18).epsilon(0.02));
    }
  }
  sample.extracted_at_start = 0.0;  // discharging what is not there
  CHECK(std::ranges::any_of(analyse(table, sample).warnings, [](const std::string& w) {
    return w.find("outside what the formula holds") != std::string::npos;
  }));
}

TEST_CASE("a current with the wrong sign is told apart from one against-going step") {
  auto table = echem::synthesize_gitt(linear_cell());
  for (double& i : table.current_A) i = -i;
  table.capacity_Ah = echem::integrate_current_Ah(table);
  const auto result = analyse(table);
  for (const auto& p : result.pulses) {
    REQUIRE(has(p, PulseFlag::wrong_sign));
    CHECK(p.flags.front().reason.find("Is the current positive when charging?") != std::string::npos);
  }
}

TEST_CASE("the first pulse after an opposite current of any kind is flagged") {
  auto table = echem::synthesize_gitt(linear_cell());
  echem::CyclerTable before;
  test::append_step(before, 0, 600, 60, 3.7);
  test::append_step(before, -82e-6, 36000, 60, 3.65);  // long: no pulse itself
  test::append_step(before, 0, 7200, 60, 3.7);
  const double shift = before.time_s.back() + 1;
  for (double& t : table.time_s) t += shift;
  const auto joined = echem::join_tables({before, table}, echem::Join::time);
  const auto result = analyse(joined);
  REQUIRE(result.pulses.size() == 6);
  CHECK(has(result.pulses[0], PulseFlag::direction_changed));
  CHECK_FALSE(has(result.pulses[1], PulseFlag::direction_changed));
}

TEST_CASE("a step too large for one slope is not used") {
  auto cell = linear_cell();
  cell.ocv_V = [](double x) { return 3.0 + 30 * x; };
  for (const auto& p : analyse(echem::synthesize_gitt(cell)).pulses) CHECK(has(p, PulseFlag::step_too_large));
}

TEST_CASE("rows that start late widen the interval") {
  auto cell = linear_cell();
  cell.noise_V = 1e-5;
  for (int i = 0; i < 40; ++i) cell.pulse_times_s.push_back(25 + 575.0 * i / 39);
  auto table = echem::synthesize_gitt(cell);
  table.capacity_origin = echem::CapacityOrigin::integrated_current;  // no counter tells when the switch was
  for (const auto& p : analyse(table).pulses) {
    CHECK(has(p, PulseFlag::switch_not_recorded));
    CHECK(std::abs(p.log10_D.value + 18) < 2.5 * p.log10_D.sigma());
  }
}

TEST_CASE("a plain charge is not a titration") {
  echem::CyclerTable table;
  test::append_step(table, 0, 100, 10);
  test::append_step(table, 1e-3, 3600, 10);
  const auto result = analyse(table);
  CHECK(result.protocol == echem::Protocol::no_pulses);
  CHECK(result.pulses.empty());
}

TEST_CASE("interruptions far shorter than the pulses are ICI, not GITT") {
  auto cell = linear_cell();
  cell.rest_s = 10;
  CHECK(analyse(echem::synthesize_gitt(cell)).protocol == echem::Protocol::ici);
}
