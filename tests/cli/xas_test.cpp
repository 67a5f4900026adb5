// litho xas, valence and selfabs by hand: answers, files, refusals.
#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "run_program.hpp"
#include "xas_cases.hpp"

using namespace lithoscope;
using Json = nlohmann::json;

namespace {

test::Said litho(const test::Scratch& scratch, const std::string& arguments) {
  return test::run_shell(std::string{LITHO_PROGRAM} + " " + arguments, scratch.path());
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void write(const std::string& path, const xas::Spectrum& s) { std::ofstream{path} << xas::xdi_text(s); }

// The last result of a run that was printed as JSON.
Json last_result(const test::Said& said) {
  const Json json = Json::parse(said.out);
  CHECK(json.at("schema") == "lithoscope/run/2");
  return json.at("results").back();
}
double number(const Json& result, const char* name) { return result.at("numbers").at(name).at("value").get<double>(); }
double cell(const Json& result, const char* table, const char* column) {
  return result.at("tables").at(table).at(column).at("values").at(0).get<double>();
}

}  // namespace

TEST_CASE("before and after: a change is told in words, as JSON and as a report") {
  const test::Scratch scratch;
  write(scratch / "before.xdi", test::edge_spectrum(100, 0.5, 0.003, 1));
  write(scratch / "after.xdi", test::edge_spectrum(100, 0.4, 0.003, 2));
  const auto said = litho(scratch, "xas before.xdi --after after.xdi --out run");
  CHECK(said.code == 0);
  CHECK(contains(said.out, "a clear change"));
  for (const char* file :
       {"run.nxs", "run.json", "report.html", "figures/xas-2-spectra-1.svg", "figures/xas-2-difference-1.csv"})
    CHECK(test::read_text(scratch / (std::string{"run/"} + file)).size() > 100);
  const Json after = last_result(litho(scratch, "xas before.xdi --after after.xdi --json"));
  CHECK(cell(after, "comparison", "significance") > 5);
  CHECK(litho(scratch, "report run").code == 0);
  CHECK(litho(scratch, "xas before.xdi after.xdi --after after.xdi --after before.xdi").code == 0);
  CHECK(litho(scratch, "xas before.xdi after.xdi --after after.xdi").code != 0);
}

TEST_CASE("files that cannot be are refused with the row, and choices that do not exist with those that do") {
  const test::Scratch scratch;
  std::ofstream{scratch / "falls.dat"} << "energy mu\n1 1\n2 1\n1.5 1\n3 1\n4 1\n5 1\n";
  const auto falls = litho(scratch, "xas falls.dat");
  CHECK(falls.code == 3);
  CHECK(contains(falls.err, "falls.dat:4"));
  CHECK(contains(falls.err, "--merge-repeats"));
  write(scratch / "a.xdi", test::edge_spectrum(100, 0.5, 0.003, 1));
  CHECK(contains(litho(scratch, "xas a.xdi --signal nothing").err, "one of energy, mu"));
  CHECK(litho(scratch, "xas a.xdi:7").code == 2);
  CHECK(litho(scratch, "xas a.xdi --e0 4000").code == 2);
  CHECK(litho(scratch, "xas missing.xdi").code == 2);
  CHECK(litho(scratch, "xas a.xdi --normalise sideways").code == 2);
}

TEST_CASE("valence by references, and the spectrum written again") {
  const test::Scratch scratch;
  write(scratch / "two.xdi", test::edge_spectrum(100, 0.2, 0.001, 1));
  write(scratch / "four.xdi", test::edge_spectrum(103, 1.0, 0.001, 2));
  xas::Spectrum mixed = test::edge_spectrum(100, 0.2, 0.001, 3);
  for (std::size_t i = 0; i < mixed.intensity.size(); ++i)
    mixed.intensity[i] = 0.5 * (mixed.intensity[i] + test::edge_curve(mixed.energy_eV[i], 103, 1.0));
  write(scratch / "mixed.xdi", mixed);
  const auto said =
      litho(scratch, "valence mixed.xdi --normalise none --reference two.xdi=2 --reference four.xdi=4 --json");
  REQUIRE(said.code == 0);
  CHECK(number(last_result(said), "valence_electrons") == doctest::Approx(3).epsilon(0.02));
  CHECK(litho(scratch, "valence mixed.xdi").code == 2);
  CHECK(litho(scratch, "xas mixed.xdi --write again.nxs").code == 0);
  CHECK(contains(litho(scratch, "identify again.nxs").out, "NeXus"));
  CHECK(litho(scratch, "xas again.nxs --normalise none").code == 0);
}

TEST_CASE("a self-absorption that cannot be undone ends with 4 and its reason, and writes nothing") {
  const test::Scratch scratch;
  xas::Spectrum s = test::edge_spectrum(100, 0.5, 0.001, 1);
  for (double& e : s.energy_eV) e += 7024;
  for (std::size_t i = 0; i < s.intensity.size(); ++i)
    s.intensity[i] *= 1 + 0.02 * std::max(0.0, s.energy_eV[i] - 7130);
  write(scratch / "bad.xdi", s);
  const std::string how =
      " --element Fe --edge K --formula Fe2O3 --thick --pre-from -60 --pre-to -20 --post-from 20 --post-to 90 ";
  const auto said = litho(scratch, "selfabs bad.xdi" + how + "--write out.xdi");
  CHECK(said.code == 4);
  CHECK(contains(said.out, "Refused"));
  CHECK(test::read_text(scratch / "out.xdi").empty());
  CHECK(litho(scratch, "selfabs bad.xdi --element Fe --edge K --formula Fe2O3 --thick --incidence 0").code == 2);
  CHECK(litho(scratch, "selfabs bad.xdi --formula Fe2O3 --thick").code == 4);  // the edge is told from the range
}

TEST_CASE("the twin writes a beamline's table of the particle, and its valence comes back") {
  const test::Scratch scratch;
  CHECK(litho(scratch, "synthesize lmr-paper --edge Ni --at charge --out ni.dat").code == 0);
  CHECK(litho(scratch, "synthesize lmr-paper --edge Ni --at never").code == 2);
  CHECK(litho(scratch, "synthesize lmr-paper --edge Fe").code == 2);
  const auto said = litho(
      scratch, "valence ni.dat --counts --element Ni --edge L2,3 --ions Ni2+,Ni3+,Ni4+ --normalise maximum --json");
  REQUIRE(said.code == 0);
  CHECK(number(last_result(said), "valence_electrons") == doctest::Approx(3.848).epsilon(0.01));
}
