// litho synthesize, and the way back through litho gitt.
#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "run_program.hpp"

using namespace lithoscope;
using Json = nlohmann::json;

namespace {

test::Said say(const test::Scratch& scratch, const std::string& arguments) {
  return test::run_shell(std::string{LITHO_PROGRAM} + " " + arguments, scratch.path());
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string analyse =
    " --particle-radius '100 nm' --lithium-extracted 0.02 --cell half --formula Li1.2Ni0.15Co0.1Mn0.55O2 ";

}  // namespace

TEST_CASE("a titration and a C/8 charge of one particle are written, read back, and agree with each other") {
  const test::Scratch scratch;
  CHECK(say(scratch, "synthesize lmr-titration --out gitt.mpt --noise '0.2 mV' --set step.1.pulses=24").code == 0);
  CHECK(say(scratch,
            "synthesize lmr-titration --branch c8 --to bdf --out c8.bdf.csv --set step.1.pulses=1 "
            "--set branch.0.step.0.until_voltage='4.4 V'")
            .code == 0);
  CHECK(test::read_text(scratch / "gitt.mpt").starts_with("EC-Lab ASCII FILE\r\n"));
  const auto said = say(scratch, "gitt gitt.mpt --constant-current c8.bdf.csv --out run --json" + analyse);
  REQUIRE(said.code == 0);
  const Json json = Json::parse(said.out);
  int known = 0;
  const Json& titration = json.at("results").at(0).at("tables");
  const Json& pulses = titration.at("pulses");
  const auto cell = [&](const char* column, std::size_t i) { return pulses.at(column).at("values").at(i); };
  for (std::size_t i = 0; i < pulses.at("pulse").at("values").size(); ++i) {
    const double x =
        0.5 * (cell("lithium_extracted_before", i).get<double>() + cell("lithium_extracted_after", i).get<double>());
    if (cell("valid", i).get<int>() == 0 || x > 0.29) continue;
    ++known;
    CHECK(std::abs(cell("log10_D", i).get<double>() - (-18 + 1.35)) < 4 * cell("log10_D_errors", i).get<double>());
  }
  CHECK(known > 8);
  const Json& c = titration.at("constant_current");
  CHECK(contains(json.at("results").at(0).at("answers").dump(), "the two agree"));
  const auto potential = [&](const char* column) { return c.at(column).at("values").at(200).get<double>(); };
  CHECK(std::abs(potential("predicted") - potential("potential")) < 2e-3);
  const std::string page = test::read_text(scratch / "run/report.html");
  for (const char* figure : {"constant-current", "polarisation", "dq-dv", "rests", "residuals"}) {
    CAPTURE(figure);
    CHECK(contains(page, figure));
  }
  CHECK(!contains(test::read_text(scratch / "run/run.json"), "nan"));
}

TEST_CASE("the same seed gives the same file, another one another") {
  const test::Scratch scratch;
  const std::string brief = "synthesize lmr-titration --set step.1.pulses=2 --noise '1 mV' ";
  const auto one = say(scratch, brief + "--seed 3");
  CHECK(one.code == 0);
  CHECK(one.out == say(scratch, brief + "--seed 3").out);
  CHECK(one.out != say(scratch, brief + "--seed 4").out);
}

TEST_CASE("what cannot be synthesized is refused with the reason, and nothing is overwritten") {
  const test::Scratch scratch;
  CHECK(contains(say(scratch, "synthesize lmr-titration --branch c9").err, "one of c8"));
  CHECK(contains(say(scratch, "synthesize lmr-titration --active-mass '0 mg'").err, "1e-12 to 10 kg"));
  CHECK(contains(say(scratch, "synthesize lmr-titration --noise '1 mA'").err, "1 mA"));
  CHECK(say(scratch, "synthesize lmr-titration --to csv").code == 2);
  CHECK(say(scratch, "synthesize nothing").code == 2);
  test::write_text(scratch / "there.mpt", "mine");
  CHECK(say(scratch, "synthesize lmr-titration --set step.1.pulses=1 --out there.mpt").code == 5);
  CHECK(test::read_text(scratch / "there.mpt") == "mine");
}

TEST_CASE("a constant current that is none is said, and the titration stands") {
  const test::Scratch scratch;
  CHECK(say(scratch, "synthesize lmr-titration --out gitt.mpt --set step.1.pulses=6").code == 0);
  test::write_text(scratch / "rest.csv",
                   "Test Time / s,Voltage / V,Current / A\n0,3.7,0\n10,3.7,0\n20,3.7,0\n30,3.7,0\n");
  const auto said = say(scratch, "gitt gitt.mpt --constant-current rest.csv" + analyse);
  CHECK(said.code == 0);
  CHECK(contains(said.out, "The constant current was not compared"));
  CHECK(say(scratch, "gitt gitt.mpt --constant-current missing.csv" + analyse).code == 2);
}
