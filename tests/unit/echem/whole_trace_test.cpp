// The fit of a whole titration on twins with known curves, and on records that are not what they should be.
#include "lithoscope/echem/whole_trace.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/parallel.hpp"
#include "lithoscope/echem/constant_current.hpp"
#include "titration_twin.hpp"

using namespace lithoscope;
using echem::PulseFlag;
using test::record_of;
using test::sample_of;
using test::TitrationTwin;

namespace {

echem::GittResult analyse(const TitrationTwin& twin, const echem::CyclerTable& table) {
  return echem::analyse_gitt(table, sample_of(twin), {}, {}, {});
}
echem::GittResult analyse(const TitrationTwin& twin) { return analyse(twin, record_of(twin)); }

struct Score {
  double squares = 0, pulses = 0, covered = 0, ocv_covered = 0, worst_ocv_V = 0;
};
void score(const TitrationTwin& twin, const echem::GittResult& result, Score& s) {
  for (const echem::GittPulse& p : result.pulses) {
    REQUIRE(p.in_trace);
    const double off = p.log10_D.value - twin.log10_D(0.5 * (p.x_before + p.x_after));
    const double ocv_off = p.ocv_after_V.value - twin.ocv_V(p.x_after);
    s.squares += off * off;
    s.pulses += 1;
    s.covered += std::abs(off) < 1.96 * p.log10_D.sigma();
    s.ocv_covered += std::abs(ocv_off) < 1.96 * p.ocv_after_V.sigma();
    s.worst_ocv_V = std::max(s.worst_ocv_V, std::abs(ocv_off));
  }
}

bool has(const echem::GittPulse& pulse, PulseFlag kind) {
  return std::ranges::any_of(pulse.flags, [&](const echem::Flag& f) { return f.kind == kind; });
}
bool warns(const echem::GittResult& result, const char* words) {
  return std::ranges::any_of(result.warnings, [&](const std::string& w) { return w.find(words) != std::string::npos; });
}

}  // namespace

TEST_CASE(
    "D and the open-circuit potential come back in every shape, charging and discharging, with intervals that hold") {
  Score s;
  std::uint64_t seed = 0;
  for (const echem::Geometry geometry : {echem::Geometry::slab, echem::Geometry::cylinder, echem::Geometry::sphere}) {
    for (const double sign : {1.0, -1.0}) {
      TitrationTwin twin;
      twin.geometry = geometry;
      twin.radius_m = 33e-9 * echem::radius_per_length(geometry);
      twin.rate_per_s *= sign;
      if (sign < 0) twin.x_start = 0.45;
      twin.seed = ++seed;
      score(twin, analyse(twin), s);
    }
  }
  CHECK(std::sqrt(s.squares / s.pulses) < 0.02);
  CHECK(s.worst_ocv_V < 5e-4);
  CHECK(s.covered / s.pulses > 0.90);  // 144 pulses that share their curves
  CHECK(s.ocv_covered / s.pulses > 0.90);
}

TEST_CASE("what the rests left undone is known to a fraction of a millivolt") {
  TitrationTwin twin;
  twin.rest_s = 1800;
  const auto result = analyse(twin);
  double furthest = 0;
  for (const auto& p : result.pulses) {
    const double left = p.rest_after_V.value - twin.ocv_V(p.x_after);
    furthest = std::max(furthest, left);
    CHECK(std::abs(p.residual_V - left) < 5e-4);
    if (left > 2e-3) CHECK(has(p, PulseFlag::rest_incomplete));
    if (left > 2e-3) CHECK(p.rest_wanted_s > p.rest_s);
  }
  CHECK(furthest > 5e-3);
}

TEST_CASE("the same bytes for any number of threads") {
  const auto table = record_of({.pulses = 8});
  core::set_threads(1);
  const auto one = analyse({.pulses = 8}, table);
  core::set_threads(2);
  const auto two = analyse({.pulses = 8}, table);
  core::set_threads(0);
  for (std::size_t i = 0; i < one.pulses.size(); ++i) {
    CHECK(one.pulses[i].log10_D.value == two.pulses[i].log10_D.value);
    CHECK(one.pulses[i].log10_D.variance == two.pulses[i].log10_D.variance);
  }
}

TEST_SUITE_BEGIN("numerics");  // left out under the thread sanitizer, to which they say nothing new

TEST_CASE("a drift of the potential is found where the rests show it, and none where there is none") {
  TitrationTwin twin;
  CHECK(analyse(twin).traces.at(0).drift_V_per_s.value == 0);
  twin.drift_V_per_s = 2e-3 / 3600;
  const auto result = analyse(twin);
  const core::Value drift = result.traces.at(0).drift_V_per_s;
  CHECK(std::abs(drift.value - twin.drift_V_per_s) < 4 * drift.sigma());
  CHECK(drift.sigma() < 0.2 * twin.drift_V_per_s);
  CHECK(warns(result, "drifts by"));
}

TEST_CASE("D too fast to leave a gradient, and a flat open-circuit curve, are not identifiable, with the reason") {
  TitrationTwin fast;
  fast.log10_D = [](double) { return -13.5; };
  for (const auto& p : analyse(fast).pulses) {
    CHECK(has(p, PulseFlag::diffusion_not_identifiable));
    CHECK_FALSE(p.valid());
  }
  TitrationTwin flat;
  flat.ocv_V = [](double) { return 3.45; };
  for (const auto& p : analyse(flat).pulses) CHECK(has(p, PulseFlag::diffusion_not_identifiable));
}

TEST_CASE("the uncertainty of the diffusion length counts twice, relatively") {
  TitrationTwin twin;
  auto sample = sample_of(twin);
  sample.diffusion_length->length_m = core::Value::with_sigma(twin.radius_m / 3, 0.1 * twin.radius_m / 3);
  for (const auto& p : echem::analyse_gitt(record_of(twin), sample, {}, {}, {}).pulses) {
    CHECK(p.D_m2_s.relative_sigma() == doctest::Approx(0.2).epsilon(0.1));
  }
}

TEST_CASE("pulses of alternating sign are refused as a whole, and each says why it is not used") {
  TitrationTwin twin{.pulses = 8};
  auto table = record_of(twin);
  const auto steps = echem::find_steps(table, {});
  for (std::size_t i = 3; i < steps.size(); i += 4) {
    for (std::int64_t row = steps[i].first_row; row <= steps[i].last_row; ++row)
      table.current_A[static_cast<std::size_t>(row)] *= -1;
  }
  const auto result = analyse(twin, table);
  CHECK(result.traces.empty());
  CHECK(warns(result, "cannot be fitted as a whole"));
  for (std::size_t i = 1; i < result.pulses.size(); ++i) CHECK(has(result.pulses[i], PulseFlag::direction_changed));
}

TEST_CASE("a rippling pulse and a temperature step are left out of the fit, which stays right") {
  TitrationTwin twin;
  auto table = record_of(twin);
  const auto steps = echem::find_steps(table, {});
  const auto rows = [&](std::size_t i, auto what) {
    for (std::int64_t row = steps[i].first_row; row <= steps[i].last_row; ++row) what(static_cast<std::size_t>(row));
  };
  rows(11, [&](std::size_t row) {
    table.current_A[row] *= row % 2 == 0 ? 1.2 : 0.8;
    table.potential_V[row] += row % 2 == 0 ? 2e-2 : -1e-2;
  });
  table.temperature_K.assign(table.time_s.size(), 298.15);
  rows(31, [&](std::size_t row) {
    table.temperature_K[row] = 305;
    table.potential_V[row] += 5e-3;
  });
  const auto result = analyse(twin, table);
  CHECK(has(result.pulses[5], PulseFlag::current_ripple));
  CHECK(has(result.pulses[15], PulseFlag::temperature_step));
  CHECK_FALSE(result.pulses[5].valid());
  CHECK_FALSE(result.pulses[15].valid());
  Score s;
  score(twin, result, s);
  CHECK(std::sqrt(s.squares / s.pulses) < 0.03);
}

TEST_CASE("spikes in the potential do not move the fit") {
  TitrationTwin twin;
  auto table = record_of(twin);
  for (std::size_t i = 57; i < table.time_s.size(); i += 211) table.potential_V[i] += 0.05;
  Score s;
  score(twin, analyse(twin, table), s);
  CHECK(std::sqrt(s.squares / s.pulses) < 0.04);
}

TEST_CASE("rests and pulses with hardly a row are survived and said") {
  TitrationTwin twin{.pulses = 8, .row_every_s = 500, .first_row_s = 500};
  const auto result = analyse(twin);
  REQUIRE(result.pulses.size() == 8);
  for (const auto& p : result.pulses) CHECK(has(p, PulseFlag::too_few_points));
  TitrationTwin brief{.pulses = 8, .pulse_s = 1200, .rest_s = 300, .row_every_s = 400, .first_row_s = 400};
  CHECK_NOTHROW(analyse(brief));
}

namespace {

// Twins have an overpotential that does not depend on the current: charge transfer and resistance are put in its place.
constexpr double series_ohm = 0.2;
constexpr double exchange_A = 2e-3;

double overpotential_of(double current_A) {
  const double thermal = 2 * core::gas_constant_J_per_mol_K * core::room_temperature_K / core::faraday_C_per_mol;
  return series_ohm * current_A + thermal * std::asinh(current_A / (2 * exchange_A));
}

echem::CyclerTable with_overpotential(TitrationTwin twin) {
  twin.overpotential_V = 0;
  auto table = record_of(twin);
  for (std::size_t i = 0; i < table.time_s.size(); ++i) {
    if (table.current_A[i] != 0) table.potential_V[i] += overpotential_of(table.current_A[i]);
  }
  return table;
}

}  // namespace

TEST_CASE("pulses of one current give the sum of charge transfer and series resistance, and say that it is a sum") {
  const TitrationTwin twin;
  const auto result = analyse(twin, with_overpotential(twin));
  CHECK_FALSE(result.traces.at(0).resistance_separable);
  const auto& points = result.traces[0].overpotential_V;
  CHECK(std::abs(points[points.size() / 2].value.value - overpotential_of(result.traces[0].current_A)) < 1e-3);
}

TEST_CASE("pulses of two currents tell series resistance from charge transfer") {
  const TitrationTwin twin{.every_other = 0.25, .pulses = 30};
  const auto result = analyse(twin, with_overpotential(twin));
  REQUIRE(result.traces.size() == 1);
  REQUIRE(result.traces[0].resistance_separable);
  const core::Value ohm = result.traces[0].resistance_ohm;
  CAPTURE(ohm.value);
  CAPTURE(ohm.sigma());
  CHECK(std::abs(ohm.value - series_ohm) < 4 * ohm.sigma());
  CHECK(ohm.sigma() < 0.5 * series_ohm);
}

TEST_CASE("a constant current is predicted from the titration, and a capacity that cannot be is called so") {
  TitrationTwin twin{.pulses = 28, .noise_V = 1e-4};
  const auto result = analyse(twin);
  REQUIRE(result.traces.size() == 1);
  TitrationTwin charge = twin;
  charge.pulses = 1;
  charge.rate_per_s = 2e-5;
  charge.pulse_s = 0.35 / charge.rate_per_s;
  charge.row_every_s = 60;
  const auto table = record_of(charge);
  const auto curve = echem::compare_constant_current(table, echem::find_steps(table, {}), result.traces[0], {});
  REQUIRE(curve.why_not.empty());
  double worst = 0;
  int compared = 0;
  for (std::size_t i = 10; i < curve.predicted_V.size(); ++i) {
    if (!std::isfinite(curve.predicted_V[i])) continue;
    // The twin's overpotential does not grow with the current; the fit's does.
    worst = std::max(worst, std::abs(curve.predicted_V[i] - curve.potential_V[i]));
    ++compared;
  }
  CHECK(compared > 200);
  CHECK(worst < 0.012);
  CHECK(curve.reachable_Ah.value == doctest::Approx(curve.reached_Ah).epsilon(0.05));
  auto stretched = table;
  for (double& q : stretched.capacity_Ah) q *= 1.2;
  const auto impossible =
      echem::compare_constant_current(stretched, echem::find_steps(stretched, {}), result.traces[0], {});
  CHECK(echem::capacity_verdict(impossible, test::twin_mass_kg).find("the two agree") == std::string::npos);
}

TEST_SUITE_END();
