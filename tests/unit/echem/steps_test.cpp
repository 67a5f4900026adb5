#include <doctest/doctest.h>

#include <cmath>

#include "cycler_cases.hpp"
#include "lithoscope/echem/steps.hpp"

using namespace lithoscope;
using echem::CyclerTable;
using echem::StepKind;
using test::append_step;

namespace {

std::vector<echem::Step> steps_of(const CyclerTable& table) { return echem::find_steps(table, {}); }

CyclerTable train() {
  CyclerTable table;
  append_step(table, 0, 100, 10);
  for (int i = 0; i < 3; ++i) {
    append_step(table, 1e-3, 60, 1);
    append_step(table, 0, 600, 10);
  }
  return table;
}

}  // namespace

TEST_CASE("rests and pulses are found in the current, with their durations") {
  const auto steps = steps_of(train());
  REQUIRE(steps.size() == 7);
  CHECK(steps[1].kind == StepKind::constant_current);
  CHECK(steps[1].direction == 1);
  CHECK(steps[1].duration_s() == doctest::Approx(60));
  CHECK(steps[2].kind == StepKind::rest);
  CHECK(steps[2].duration_s() == doctest::Approx(600));
  CHECK(steps[1].mean_current_A == doctest::Approx(1e-3));
}

TEST_CASE("rests need not be exactly zero") {
  CyclerTable table = train();
  for (std::size_t i = 0; i < table.current_A.size(); ++i) table.current_A[i] += (i % 3 == 0 ? 1 : -1) * 6e-10;
  CHECK(steps_of(table).size() == 7);
}

TEST_CASE("one stray sample splits nothing, whatever its value") {
  for (const double stray : {0.0, 5e-10, -1e-3, 2e-3, 0.4e-3}) {
    CAPTURE(stray);
    CyclerTable table = train();
    table.current_A[40] = stray;   // inside the first pulse
    table.current_A[90] = -stray;  // inside the first rest
    CHECK(steps_of(table).size() == 7);
  }
}

TEST_CASE("a sample caught half-way through the switch belongs to the pulse") {
  CyclerTable table = train();
  table.current_A[9] = 1.2e-4;  // the last row of the first rest
  const auto steps = steps_of(table);
  REQUIRE(steps.size() == 7);
  CHECK(steps[1].first_row == 9);
  CHECK(steps[1].first_settled_row == 10);
  CHECK(steps[1].mean_current_A == doctest::Approx(1e-3).epsilon(1e-3));
}

TEST_CASE("charge and discharge without a rest between are two steps") {
  CyclerTable table;
  append_step(table, 1e-3, 60, 1);
  append_step(table, -1e-3, 60, 1);
  const auto steps = steps_of(table);
  REQUIRE(steps.size() == 2);
  CHECK(steps[0].direction == 1);
  CHECK(steps[1].direction == -1);
}

TEST_CASE("a lasting change of the level starts a new step, ripple does not") {
  CyclerTable table;
  append_step(table, 0, 50, 1);
  append_step(table, 1e-3, 60, 1);
  append_step(table, 2e-3, 60, 1);
  CHECK(steps_of(table).size() == 3);
  CyclerTable rippled;
  append_step(rippled, 0, 50, 1);
  append_step(rippled, 1e-3, 120, 1);
  for (std::size_t i = 50; i < rippled.current_A.size(); ++i) rippled.current_A[i] *= i % 2 == 0 ? 0.96 : 1.04;
  const auto steps = steps_of(rippled);
  REQUIRE(steps.size() == 2);
  CHECK(steps[1].current_ripple == doctest::Approx(0.04).epsilon(0.05));
}

TEST_CASE("a constant current that turns into a potential hold is two steps") {
  CyclerTable table;
  append_step(table, 0, 50, 1);
  for (int i = 1; i <= 100; ++i) append_step(table, 1e-3, 1, 1, 3.5 + 0.007 * i);
  for (int i = 1; i <= 100; ++i) append_step(table, 1e-3 * std::exp(-i / 30.0), 1, 1, 4.2);
  const auto steps = steps_of(table);
  REQUIRE(steps.size() == 3);
  CHECK(steps[1].kind == StepKind::constant_current);
  CHECK(steps[2].kind == StepKind::constant_potential);
}

TEST_CASE("a charge counter tells when between two rows the current was switched") {
  CyclerTable table;
  append_step(table, 0, 100, 10);
  append_step(table, 1e-3, 60, 1);
  table.capacity_origin = echem::CapacityOrigin::file_net_counter;
  table.time_s[10] = 110;  // the first row of the pulse comes late ...
  for (std::size_t i = 10; i < table.capacity_Ah.size(); ++i)
    table.capacity_Ah[i] = 1e-3 * (3.0 + static_cast<double>(i - 10)) / 3600;
  for (std::size_t i = 11; i < table.time_s.size(); ++i) table.time_s[i] = table.time_s[i - 1] + 1;
  CHECK(steps_of(table)[1].start_s == doctest::Approx(107));  // ... and has counted three seconds of charge
}

TEST_CASE("a clock that goes back cuts a step") {
  CyclerTable table = train();
  for (std::size_t i = 30; i < table.time_s.size(); ++i) table.time_s[i] -= 25;
  CHECK(steps_of(table).size() == 8);
}

TEST_CASE("steps cover all rows without gaps") {
  const CyclerTable table = train();
  std::int64_t next = 0;
  for (const auto& step : steps_of(table)) {
    CHECK(step.first_row == next);
    next = step.last_row + 1;
  }
  CHECK(next == table.rows());
}

TEST_CASE("a record without any current is one rest") {
  CyclerTable table;
  append_step(table, 0, 100, 10);
  REQUIRE(steps_of(table).size() == 1);
  CHECK(steps_of(table).front().kind == StepKind::rest);
}
