#include <doctest/doctest.h>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/study/run.hpp"
#include "run_program.hpp"

using namespace lithoscope;

namespace {

study::Study study_of(const test::Scratch& scratch, const std::string& pattern) {
  return study::parse_study("[[measurement]]\nprobe = \"gitt\"\nfiles = [\"" + pattern + "\"]\n", scratch / "s.toml",
                            {});
}

}  // namespace

TEST_CASE("patterns expand in natural order: pulse_2 comes before pulse_10") {
  const test::Scratch scratch;
  for (const char* name : {"pulse_10.csv", "pulse_2.csv", "pulse_1.csv"}) test::write_text(scratch / name, "x");
  const auto plan = study::make_plan(study_of(scratch, "pulse_*.csv"));
  const auto& paths = plan.measurements.front().paths;
  REQUIRE(paths.size() == 3);
  CHECK(paths[0].ends_with("pulse_1.csv"));
  CHECK(paths[1].ends_with("pulse_2.csv"));
  CHECK(paths[2].ends_with("pulse_10.csv"));
}

TEST_CASE("a missing file is named with the study's line before anything is read") {
  const test::Scratch scratch;
  try {
    study::make_plan(study_of(scratch, "missing.mpr"));
    FAIL("planned");
  } catch (const core::UsageError& error) {
    CHECK(error.facts().where.line == 1);
    CHECK(std::string{error.what()}.find("missing.mpr") != std::string::npos);
  }
}
