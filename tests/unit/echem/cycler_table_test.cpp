#include <doctest/doctest.h>

#include "cycler_cases.hpp"
#include "lithoscope/core/errors.hpp"

using namespace lithoscope;
using echem::CyclerTable;
using echem::Join;

namespace {

CyclerTable piece(double start_s, const char* path) {
  CyclerTable table;
  table.sources.push_back({.path = path, .format = "test"});
  test::append_step(table, 1.0, 30, 10);
  for (double& t : table.time_s) t += start_s;
  return table;
}

}  // namespace

TEST_CASE("files on one clock are joined in order of time, and charge runs on") {
  const auto joined = echem::join_tables({piece(1000, "b"), piece(0, "a")}, Join::time);
  REQUIRE(joined.rows() == 6);
  CHECK(joined.time_s.front() == 10);
  CHECK(joined.time_s[3] == 1010);
  CHECK(joined.sources.front().path == "a");
  CHECK(joined.capacity_Ah.back() == doctest::Approx(2 * 20 / 3600.0));
}

TEST_CASE("files that overlap in time are refused, unless they start their own clocks") {
  CHECK_THROWS_AS(echem::join_tables({piece(0, "a"), piece(5, "b")}, Join::time), core::UnreadableFile);
  const auto joined = echem::join_tables({piece(0, "a"), piece(0, "b")}, Join::sequence);
  CHECK(joined.time_s[3] == 40);
  CHECK(joined.stamp[3] == echem::TimeStamp::interpolated);
  CHECK(joined.stamp[2] == echem::TimeStamp::stamped);
}

TEST_CASE("a current per mass becomes that of the mass given") {
  CyclerTable table = piece(0, "a");
  table.current_per_mass = true;
  echem::scale_to_mass(table, 4e-6);
  CHECK(table.current_A[0] == doctest::Approx(4e-6));
  CHECK_FALSE(table.current_per_mass);
}

TEST_CASE("files whose charge was counted differently are integrated together") {
  CyclerTable counted = piece(0, "a");
  counted.capacity_origin = echem::CapacityOrigin::file_net_counter;
  const auto joined = echem::join_tables({counted, piece(1000, "b")}, Join::time);
  CHECK(joined.capacity_origin == echem::CapacityOrigin::integrated_current);
  CHECK(joined.remarks.size() == 1);
}

TEST_CASE("an averaged current counts for the interval that ends at its row") {
  CyclerTable table;
  table.time_s = {0, 10, 20};
  table.current_A = {0, 1, 2};
  CHECK(echem::integrate_current_Ah(table).back() == doctest::Approx((5 + 15) / 3600.0));
  table.current_origin = echem::CurrentOrigin::interval_average;
  CHECK(echem::integrate_current_Ah(table).back() == doctest::Approx(30 / 3600.0));
}
