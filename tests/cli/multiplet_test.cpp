// litho multiplet by hand: answers, files, refusals.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "run_program.hpp"

using namespace lithoscope;
using Json = nlohmann::json;

namespace {

test::Said say(const test::Scratch& scratch, const std::string& arguments) {
  return test::run_shell(std::string{LITHO_PROGRAM} + " multiplet " + arguments, scratch.path());
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("an ion answers in one line: ground level, L3 and where the numbers are") {
  const test::Scratch scratch;
  const auto said = say(scratch, "Ni2+ --10dq '1100 meV'");
  CHECK(said.code == 0);
  CHECK(contains(said.out, "Ni2+, d8: the ground level is 3-fold with spin 1"));
  CHECK(said.out == say(scratch, "Ni2+ --10dq 1.1").out);
  const Json json = Json::parse(say(scratch, "Ni2+ --json").out);
  CHECK(json.at("schema") == "lithoscope/run/2");
  const Json& result = json.at("results").at(0);
  CHECK(std::abs(result.at("numbers").at("total_strength").at("value").get<double>() - 2.0 / 3) < 1e-10);
  CHECK(result.at("tables").at("levels").at("degeneracy").at("values").at(0) == 3);
}

TEST_CASE("a run with scattering leaves a whole directory, drawn again from its record") {
  const test::Scratch scratch;
  CHECK(say(scratch, "Ni2+ --scattering --incident-step 0.5 --out run").code == 0);
  for (const char* file :
       {"run.nxs", "run.json", "report.html", "figures/absorption.svg", "figures/scattering-cut.csv"})
    CHECK(test::read_text(scratch / (std::string{"run/"} + file)).size() > 100);
  CHECK(say(scratch, "Ni2+ --out run").code == 5);
  const std::string page = test::read_text(scratch / "run/report.html");
  CHECK(test::run_shell(std::string{LITHO_PROGRAM} + " report run", scratch.path()).code == 0);
  CHECK(page == test::read_text(scratch / "run/report.html"));
  CHECK(say(scratch, "Ni2+ --scattering --incident-step 0.5 --out one --threads 1").code == 0);
  CHECK(test::read_text(scratch / "run/run.nxs") == test::read_text(scratch / "one/run.nxs"));
}

TEST_CASE("a crystal scatters in four polarisations") {
  const test::Scratch scratch;
  const Json json = Json::parse(
      say(scratch, "Ni2+ --scattering --crystal --incidence 20 --exit 110 --incident-step 1 --loss-step 0.2 --json")
          .out);
  const Json& maps = json.at("results").at(0).at("grids");
  CHECK(maps.at("scattering_pi-sigma") != maps.at("scattering_sigma-sigma"));
  CHECK(maps.contains("scattering_sigma-pi"));
}

TEST_CASE("a mixture is a spectrum that can be fitted") {
  const test::Scratch scratch;
  const auto mixture = say(scratch, "--mixture 'Ni2+ 1'");
  REQUIRE(mixture.code == 0);
  test::write_text(scratch / "ni.csv", mixture.out);
  const auto said = say(scratch, "Ni2+ --fit ni.csv --10dq 0.9 --json");
  REQUIRE(said.code == 0);
  const Json fit = Json::parse(said.out).at("results").at(0).at("tables").at("fit").at("value");
  CHECK(std::abs(fit.at("values").at(0).get<double>() - 1.1) < 1e-3);
  CHECK(std::abs(fit.at("values").at(1).get<double>() - 0.8) < 1e-3);
}

TEST_CASE("what cannot be understood is refused with what would be") {
  const test::Scratch scratch;
  test::write_text(scratch / "words.csv", "energy,intensity\n850,1\n851,x\n");
  test::write_text(scratch / "empty.csv", "energy,intensity\n");
  test::write_text(scratch / "field.txt", "1 2 3\n");
  const auto refused = [&](const std::string& arguments, int code, const std::string& words) {
    const auto said = say(scratch, arguments);
    CAPTURE(arguments);
    CAPTURE(said.err);
    CHECK(said.code == code);
    CHECK(contains(said.err, words));
    CHECK(said.out.empty());
  };
  refused("", 2, "--references");
  refused("Fe9+", 2, "Ni2+");
  refused("Ni2+ --10dq 50", 2, "-10 to 10 eV");
  refused("Ni2+ --10dq '1 kg'", 2, "eV");
  refused("Ni2+ --axis sideways", 2, "one of fourfold, threefold");
  refused("Ni2+ --v-e-g 2", 2, "u_dd");
  refused("Ni2+ --from 10 --to 5", 2, "the first below the last");
  refused("Ni2+ --free 10dq", 2, "--fit");
  refused("Ni2+ --fit words.csv", 3, "words.csv:3");
  refused("Ni2+ --fit empty.csv", 3, "no spectrum");
  refused("Ni2+ --field-matrix field.txt", 3, "field.txt:1");
  refused("Ni2+ --loss-step 1", 2, "--scattering");
  refused("Ni2+ --crystal", 2, "--scattering");
  refused("Ni2+ --scattering --exit 30", 2, "--crystal");
  refused("Ni2+ --delta 3", 2, "ligands");
  refused("Ni2+ --scattering --incident-step 0.001 --loss-step 0.001", 2, "points");
  refused("--mixture 'Ni2+ 1' --resolution 2", 2, "no effect");
  refused("Ni2+ --mixture 'Ni2+ 1'", 2, "nothing else");
  refused("--mixture 'Ni2+'", 2, "shares");
  refused("--mixture 'Ni2+ -1'", 2, "below zero");
}
