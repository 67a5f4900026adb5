#include <doctest/doctest.h>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/study/study_file.hpp"

using namespace lithoscope;

namespace {

study::Study parse_study(const std::string& text, const std::string& path, const std::vector<io::Override>& set) {
  return study::parse_study(text, path, set, study::registry());
}

}  // namespace

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

core::ErrorFacts refusal(const std::string& text, const std::vector<io::Override>& set = {}) {
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
  REQUIRE(s.entries.size() == 1);
  CHECK(std::get<double>(*s.entries[0].settings.find("skip")) == 2);
  CHECK(std::get<double>(*s.entries[0].settings.find("theta_max")) == 0.2);
  CHECK(s.entries[0].settings.find("rest_fit_share") == nullptr);
  CHECK(std::get<std::string>(*s.entries[0].settings.find("cell")) == "half");
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
  CHECK(refusal(good + "[[state]]\nname = \"pristine\"\n").what.find("another state has") != std::string::npos);
}

TEST_CASE("a wrong choice, formula or state is refused with what would be right") {
  CHECK(refusal(with(good, "\"half\"", "\"haf\"")).advice == "did you mean half?");
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
  CHECK(std::get<double>(*s.entries[0].settings.find("skip")) == 3);
  CHECK(s.entries[0].name == "first");
  CHECK(refusal(good, {{"sample.activ_mass", "5 mg"}}).advice == "did you mean \"active_mass\"?");
  CHECK_THROWS_AS(parse_study(good, "s.toml", {{"sample.geometry", "[é]"}}), core::UsageError);
  CHECK(refusal(good, {{"measurement.7.cell", "half"}}).what.find("no such element") != std::string::npos);
}

TEST_CASE("columns are names, or names with units") {
  const auto s = parse_study(
      good +
          "[[measurement]]\nprobe = \"gitt\"\nfiles = [\"x.csv\"]\njoin = \"sequence\"\n"
          "columns = { time = \"t [s]\", potential = \"E\", current = { column = \"I\", unit = \"mA/g\" } }\n",
      "s.toml", {});
  REQUIRE(s.entries.size() == 2);
  CHECK(std::get<std::string>(*s.entries[1].settings.find("columns.current.unit")) == "mA/g");
  CHECK(std::get<std::string>(*s.entries[1].settings.find("columns.time")) == "t [s]");
  CHECK(std::get<std::string>(*s.entries[1].settings.find("join")) == "sequence");
}

TEST_CASE("states say how they were made, with units, uncertainties and ranges") {
  const auto s = parse_study(good + R"([[state]]
name = "charged"
after = "pristine"
charge = { rate = "C/8", to = "4.8 V", capacity = "280 +- 5 mAh/g" }
wait = { temperature = "25 degC", time = "1 day to 30 day" }
[[state]]
name = "heated"
after = "charged"
hold = { temperature = "100 +- 3 degC", time = "5 +- 0.2 h" }
piece = "another"
[[state]]
name = "ramped"
after = "charged"
ramp = { to = "600 degC", rate = "5 +- 1 K/min" }
[[state]]
name = "blank"
empty = true
)",
                             "s.toml", {});
  REQUIRE(s.states.size() == 5);
  CHECK(*s.states[1].charge->c_rate_per_h == doctest::Approx(0.125));
  CHECK(s.states[1].charge->capacity_C_per_kg->value == doctest::Approx(280 * 3600.0));
  CHECK(*s.states[1].wait->time_s->high == doctest::Approx(30 * 86400.0));
  CHECK(s.states[2].hold->temperature_K->value.value == doctest::Approx(373.15));
  CHECK(s.states[2].hold->temperature_K->value.sigma() == doctest::Approx(3));
  CHECK(s.states[3].ramp->rate_K_per_s->value.value == doctest::Approx(5.0 / 60));
  CHECK(s.states[4].empty);
  CHECK(refusal(good + "[[state]]\nname = \"a\"\nhold = { temperatur = \"1 K\" }\n").advice ==
        "did you mean \"temperature\"?");
  CHECK(refusal(good + "[[state]]\nname = \"a\"\ncharge = { rate = \"fast\" }\n").what.find("is no rate") !=
        std::string::npos);
}

TEST_CASE("a setting may stand in the measurement or in its settings, not in both") {
  CHECK(refusal(good + "skip = \"1 s\"\n[[measurement]]\nprobe = \"gitt\"\nfiles = [\"x\"]\nskip = \"1 s\"\nsettings = "
                       "{ skip = \"2 s\" }\n")
            .where.line > 1);
  CHECK(refusal("[[measurement]]\nprobe = \"gitt\"\nfiles = [\"x\"]\nskip = \"1 s\"\nsettings = { skip = \"2 s\" }\n")
            .what.find("given twice") != std::string::npos);
}
