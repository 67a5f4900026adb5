#include <doctest/doctest.h>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/study/study_file.hpp"

using namespace lithoscope;
using study::parse_study;

namespace {

const std::string good = R"([study]
title = "Charged cathode"
[sample]
formula = "Li1.2Ni0.15Co0.1Mn0.55O2"
active_mass = "4.1 mg"
density = "4.2 g/cm3"
bet_area = "3.7 +- 0.3 m2/g"
[[state]]
name = "pristine"
lithium_extracted = 0.02
[[measurement]]
probe = "gitt"
state = "pristine"
cell = "half"
files = ["a.mpr", "b_*.mpr"]
[measurement.settings]
skip = "2 s"
theta_max = 0.2
)";

core::ErrorFacts refusal(const std::string& text, const std::vector<study::Override>& set = {}) {
  try {
    parse_study(text, "s.toml", set);
  } catch (const core::UsageError& error) {
    return error.facts();
  }
  FAIL("the study was accepted");
  return {};
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

}  // namespace

TEST_CASE("a study is read with its units and defaults") {
  const auto s = parse_study(good, "dir/s.toml", {});
  CHECK(s.title == "Charged cathode");
  CHECK(s.directory == "dir");
  CHECK(s.sample.active_mass_kg->value == doctest::Approx(4.1e-6));
  CHECK(s.sample.bet_area_m2_per_kg->sigma() == doctest::Approx(300));
  CHECK(s.sample.molar_mass_g_per_mol->value == doctest::Approx(85.24).epsilon(1e-4));
  REQUIRE(s.measurements.size() == 1);
  CHECK(s.measurements[0].gitt.skip_s == 2);
  CHECK(s.measurements[0].gitt.theta_max == 0.2);
  CHECK(s.measurements[0].gitt.rest_fit_share == echem::GittSettings{}.rest_fit_share);
  CHECK(s.measurements[0].cell == echem::CellKind::half_cell);
}

TEST_CASE("an unknown key names its line and the nearest known key") {
  const auto facts = refusal(with(good, "bet_area", "bet_aera"));
  CHECK(facts.where.line == 7);
  CHECK(facts.advice == "did you mean \"bet_area\"?");
  CHECK(refusal(with(good, "theta_max", "theta_mx")).where.line == 18);
}

TEST_CASE("a wrong unit, a bare number and a negative mass name their line") {
  const auto unit = refusal(with(good, "4.1 mg", "4.1 s"));
  CHECK(unit.where.line == 5);
  CHECK(unit.expected.find("kg") != std::string::npos);
  CHECK(refusal(with(good, "\"4.1 mg\"", "4.1")).what.find("has no unit") != std::string::npos);
  CHECK(refusal(with(good, "4.1 mg", "-4.1 mg")).where.line == 5);
  CHECK(refusal(with(good, "\"2 s\"", "\"2 V\"")).where.line == 17);
}

TEST_CASE("what is not finite or out of range is refused") {
  for (const char* bad : {"nan", "inf", "0", "-1"}) {
    CAPTURE(bad);
    CHECK(refusal(with(good, "theta_max = 0.2", "theta_max = " + std::string{bad})).where.line == 18);
  }
  CHECK(refusal(with(good, "4.1 mg", "inf mg")).where.line == 5);
  CHECK(refusal(with(good, "0.02", "nan")).where.line == 10);
  CHECK(refusal(good + "window_points = 1e300\n").where.line == 19);
  CHECK(refusal(good + "[[state]]\nname = \"pristine\"\n").what.find("another state") != std::string::npos);
}

TEST_CASE("a wrong choice, formula or state is refused with what would be right") {
  CHECK(refusal(with(good, "\"half\"", "\"haf\"")).advice == "did you mean \"half\"?");
  CHECK(refusal(with(good, "Mn0.55O2", "Mq0.55O2")).where.line == 4);
  CHECK(refusal(with(good, "state = \"pristine\"", "state = \"heated\"")).where.line == 13);
}

TEST_CASE("broken TOML and stray characters are refused with line and column") {
  CHECK(refusal("[study\n").where.line == 1);
  const auto stray = refusal("[study]\ntitle = “pasted”\n");
  CHECK(stray.where.line == 2);
  CHECK(stray.where.column == 9);
  CHECK_NOTHROW(parse_study("# Größe in µm\n" + with(good, "Charged cathode", "Kathode bei 100 °C"), "s.toml", {}));
}

TEST_CASE("a study without measurements is refused") {
  CHECK(refusal("[study]\ntitle = \"x\"\n").what.find("measurement") != std::string::npos);
}

TEST_CASE("--set changes and adds keys, and is checked like the file") {
  const auto s = parse_study(
      good, "s.toml",
      {{"sample.active_mass", "5 mg"}, {"measurement.0.settings.skip", "\"3 s\""}, {"measurement.0.name", "first"}});
  CHECK(s.sample.active_mass_kg->value == doctest::Approx(5e-6));
  CHECK(s.measurements[0].gitt.skip_s == 3);
  CHECK(s.measurements[0].name == "first");
  CHECK(refusal(good, {{"sample.activ_mass", "5 mg"}}).advice == "did you mean \"active_mass\"?");
  CHECK_THROWS_AS(parse_study(good, "s.toml", {{"sample.geometry", "[é]"}}), core::UsageError);
  CHECK(refusal(good, {{"measurement.7.cell", "half"}}).what.find("no such element") != std::string::npos);
}

TEST_CASE("the resolved study reads back to itself") {
  const auto odd =
      parse_study(with(good, "Charged cathode", "two\\nlines, \\u0007, \\u007f, \\\"quotes\\\""), "s.toml", {});
  CHECK(parse_study(study::resolved_study(odd), "s.toml", {}).title == odd.title);
  const std::string once = study::resolved_study(parse_study(good, "s.toml", {}));
  CHECK(study::resolved_study(parse_study(once, "s.toml", {})) == once);
  CHECK(once.find("stray_rows = 1") != std::string::npos);
}

TEST_CASE("columns are names, or names with units") {
  const auto s = parse_study(
      good +
          "[[measurement]]\nprobe = \"gitt\"\nfiles = [\"x.csv\"]\njoin = \"sequence\"\n"
          "columns = { time = \"t [s]\", potential = \"E\", current = { column = \"I\", unit = \"mA/g\" } }\n",
      "s.toml", {});
  REQUIRE(s.measurements.size() == 2);
  CHECK(s.measurements[1].columns->current.unit == "mA/g");
  CHECK(s.measurements[1].join == echem::Join::sequence);
}
