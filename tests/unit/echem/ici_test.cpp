#include <doctest/doctest.h>

#include <cmath>

#include "cycler_cases.hpp"
#include "lithoscope/echem/ici.hpp"

using namespace lithoscope;

namespace {

// Interruptions with known R and k on a line of open-circuit potential.
echem::CyclerTable interruptions(double R, double k, double current, double ocv_per_s) {
  echem::CyclerTable table;
  double on_time = 0;
  test::append_step(table, 0, 20, 1, 3.0);
  for (int i = 0; i < 5; ++i) {
    const double t0 = table.time_s.back();
    test::append_step(table, current, 300, 1);
    for (std::size_t r = 0; r < table.time_s.size(); ++r) {
      if (table.time_s[r] > t0) table.potential_V[r] = 3.0 + ocv_per_s * (on_time + table.time_s[r] - t0) + R * current;
    }
    on_time += 300;
    const double t1 = table.time_s.back();
    const double ocv = 3.0 + ocv_per_s * on_time;
    test::append_step(table, 0, 10, 0.1);
    for (std::size_t r = 0; r < table.time_s.size(); ++r) {
      if (table.time_s[r] > t1) table.potential_V[r] = ocv - k * current * std::sqrt(table.time_s[r] - t1 - 0.1);
    }
  }
  return table;
}

}  // namespace

TEST_CASE("resistance, k and D of a made interruption come back") {
  const auto table = interruptions(50, 2.5, 1e-3, 1e-5);
  const auto steps = echem::find_steps(table, {});
  const auto found = echem::find_interruptions(table, steps, {});
  REQUIRE(found.size() == 5);
  CHECK(found[2].resistance_ohm.value == doctest::Approx(50).epsilon(1e-9));
  CHECK(found[2].k_ohm_per_sqrt_s.value == doctest::Approx(2.5).epsilon(1e-9));
  const auto D = echem::ici_diffusion(found, steps, core::Value::exact(50e-9));
  CHECK(std::isnan(D.front().value));
  CHECK(D[2].value == doctest::Approx(4 / M_PI * std::pow(50e-9 * 1e-5 / 2.5e-3, 2)).epsilon(1e-6));
}

TEST_CASE("a half-switched last row and a skipped rest change nothing") {
  auto table = interruptions(50, 2.5, 1e-3, 1e-5);
  const auto steps = echem::find_steps(table, {});
  auto half = table;
  const auto last = static_cast<std::size_t>(steps[5].last_row);
  half.current_A[last] *= 0.5;
  const auto found = echem::find_interruptions(half, echem::find_steps(half, {}), {});
  CHECK(found[2].current_A == doctest::Approx(1e-3));
  CHECK(found[2].resistance_ohm.value == doctest::Approx(50).epsilon(2e-3));  // one second earlier on the slope
  // Without the second interruption its neighbours are further apart, in time and in potential alike.
  auto fewer = echem::find_interruptions(table, steps, {});
  const auto all = echem::ici_diffusion(fewer, steps, core::Value::exact(50e-9));
  fewer.erase(fewer.begin() + 1);
  const auto D = echem::ici_diffusion(fewer, steps, core::Value::exact(50e-9));
  CHECK(D[1].value == doctest::Approx(all[2].value).epsilon(1e-6));
}

TEST_CASE("signs that are not those of diffusion give no D") {
  auto table = interruptions(50, 2.5, 1e-3, -1e-5);
  const auto steps = echem::find_steps(table, {});
  for (const auto& D :
       echem::ici_diffusion(echem::find_interruptions(table, steps, {}), steps, core::Value::exact(50e-9)))
    CHECK(std::isnan(D.value));
}

TEST_CASE("a rest with fewer than three rows in the window is left out") {
  const auto table = interruptions(50, 2.5, 1e-3, 1e-5);
  CHECK(echem::find_interruptions(table, echem::find_steps(table, {}), {.from_s = 9.8, .to_s = 10}).empty());
}
