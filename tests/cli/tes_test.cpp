// litho tes and rixs by hand, on a run the twin wrote: answers, files, refusals.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "run_program.hpp"

using namespace lithoscope;
using Json = nlohmann::json;

namespace {

test::Said litho(const test::Scratch& scratch, const std::string& arguments) {
  return test::run_shell(std::string{LITHO_PROGRAM} + " " + arguments, scratch.path());
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Photons in the map of the last result.
double photons_of(const Json& json) {
  return json.at("results").back().at("numbers").at("photons").at("value").get<double>();
}

const std::string small_run =
    "synthesize --run run --pixels 6 --rate 60 --calibration \"30 s\" --incident 529..533:0.4 --dwell \"1 s\" ";

}  // namespace

TEST_CASE("a run of the twin becomes photons, a map and a report; the same bytes on one thread and on two") {
  const test::Scratch scratch;
  REQUIRE(litho(scratch, small_run + "--kind both").code == 0);
  const auto tes = litho(scratch, "tes 'run/twin_chan*.off' --log 'run/*_log' --out photons");
  CHECK(tes.code == 0);
  CHECK(contains(tes.out, "6 pixels are good"));
  for (const char* file : {"run.nxs", "run.json", "report.html", "figures/pixels.svg", "figures/drop-one.csv"})
    CHECK(test::read_text(scratch / (std::string{"photons/"} + file)).size() > 100);
  CHECK(litho(scratch, "report photons").code == 0);

  const auto map =
      litho(scratch, "rixs 'run/twin_chan*.off' --log 'run/*_log' --region 'O K: 515..530' --cut-at 531 --json");
  CHECK(map.code == 0);
  const Json json = Json::parse(map.out);
  CHECK(json.at("schema") == "lithoscope/run/2");
  CHECK(photons_of(json) > 1000);
  // From the written events the same map comes.
  const auto again = litho(scratch, "rixs photons --log run/SCAN1_log --region 'O K: 515..530' --cut-at 531 --json");
  CHECK(again.code == 0);
  CHECK(photons_of(Json::parse(again.out)) == photons_of(json));

  for (const char* threads : {"1", "2"})
    CHECK(litho(scratch,
                std::string{"rixs 'run/twin_chan*.ljh' --noise 'run/noise_chan*.ljh' --log 'run/*_log' --threads "} +
                    threads + " --out map" + threads)
              .code == 0);
  for (const char* file : {"run.nxs", "run.json", "report.html"})
    CHECK(test::read_text(scratch / (std::string{"map1/"} + file)) ==
          test::read_text(scratch / (std::string{"map2/"} + file)));
}

TEST_CASE("before and after of nothing changed is called unchanged") {
  const test::Scratch scratch;
  REQUIRE(litho(scratch, small_run).code == 0);
  REQUIRE(litho(scratch,
                "synthesize --run later --pixels 6 --rate 60 --calibration \"30 s\" --incident 529..533:0.4 --dwell "
                "\"1 s\" --seed 9")
              .code == 0);
  const auto said = litho(scratch,
                          "rixs 'run/twin_chan*.off' --log 'run/*_log' --after 'later/twin_chan*.off' --after-log "
                          "'later/*_log' --region 'O K: 515..530' --out both");
  CHECK(said.code == 0);
  CHECK(contains(said.out, "PFY O K did not change beyond counting"));
  CHECK(test::read_text(scratch / "both/figures/rixs-2-map-change.svg").size() > 100);
}

TEST_CASE("maps that were made elsewhere are read in place of photons, and compared") {
  const test::Scratch scratch;
  std::string before = "# incident emission counts\n", after = before, halves = before;
  for (int i = 0; i < 12; ++i) {
    for (int k = 0; k < 16; ++k) {
      const int counts = 20 + 5 * i + (k > 6 && k < 12 ? 60 : 0), more = counts + (k % 2 == 0 ? 3 : -3);
      before += std::to_string(528 + i) + " " + std::to_string(515 + k) + " " + std::to_string(counts) + "\n";
      after += std::to_string(528 + i) + " " + std::to_string(515 + k) + " " + std::to_string(more) + "\n";
      halves += std::to_string(528 + i) + " " + std::to_string(515 + k) + " " + std::to_string(counts) + ".5\n";
    }
  }
  test::write_text(scratch / "before.txt", before);
  test::write_text(scratch / "after.txt", after);
  test::write_text(scratch / "halves.txt", halves);
  const auto one = litho(scratch, "rixs before.txt --out one");
  CHECK(one.code == 0);
  CHECK(contains(one.out, "at 12 incident energies"));
  CHECK_FALSE(contains(one.out, "pixels"));
  const auto both = litho(scratch, "rixs before.txt --after after.txt --no-feature");
  CHECK(both.code == 0);
  CHECK(contains(both.out, "did not change beyond counting"));
  const auto again = litho(scratch, "rixs one --after one/run.nxs --no-feature");
  CHECK(again.code == 0);
  CHECK(contains(again.out, "did not change beyond counting"));
  const auto refused = litho(scratch, "rixs halves.txt");
  CHECK(refused.code == 3);
  CHECK(contains(refused.err, "--photons-per-unit"));
  CHECK(litho(scratch, "rixs halves.txt --photons-per-unit 2").code == 0);
}

TEST_CASE("what a map cannot be made of is said with what to do") {
  const test::Scratch scratch;
  REQUIRE(litho(scratch, small_run).code == 0);
  const auto without = litho(scratch, "rixs 'run/twin_chan*.off'");
  CHECK(without.code == 2);
  CHECK(contains(without.err, "--log"));
  CHECK(litho(scratch, "rixs 'run/twin_chan*.off' --log run/CAL0_log").code == 1);
  CHECK(litho(scratch, "tes run/twin_chan1.off run/twin_chan1.off").code == 2);
  CHECK(litho(scratch, "tes 'run/twin_chan*.off' --lines 'O Ka, Fe La, Fe La, Cu La'").code == 2);
  CHECK(litho(scratch, "rixs 'run/twin_chan*.off' --log 'run/*_log' --region nonsense").code == 2);
  CHECK(litho(scratch, "rixs 'run/twin_chan*.off' --log 'run/*_log' --bin \"0 eV\"").code == 2);
  CHECK(litho(scratch, "rixs 'run/twin_chan*.off' --log 'run/*_log' --watch").code == 2);
  CHECK(litho(scratch, "tes missing.off").code == 2);
  CHECK(litho(scratch, "tes run/SCAN1_log").code == 3);
  CHECK(litho(scratch, "tes 'run/twin_chan*.off' --lines 'O Ka, Unobtainium Ka, C Ka'").code == 2);
  CHECK(litho(scratch, "tes 'run/twin_chan*.off' --filter nothing").code == 2);
  CHECK(litho(scratch, "synthesize --run run --pixels 2").code == 5);
  CHECK(litho(scratch, "synthesize --run other --emission '1 2 3'").code == 2);
}

TEST_CASE("a damaged pixel is left out and told, the others go on") {
  const test::Scratch scratch;
  REQUIRE(litho(scratch, small_run).code == 0);
  const auto path = scratch / "run/twin_chan5.off";
  test::write_text(path, test::read_text(path).substr(0, 400));
  const auto cut = scratch / "run/twin_chan7.off";
  test::write_text(cut, test::read_text(cut).substr(0, test::read_text(cut).size() - 10));
  const auto said = litho(scratch, "tes 'run/twin_chan*.off' --log 'run/*_log'");
  CHECK(said.code == 0);
  CHECK(contains(said.out, "5 pixels are good"));
  CHECK(contains(said.out, "twin_chan5.off"));
}

TEST_CASE("a growing run is watched until its time is over") {
  const test::Scratch scratch;
  REQUIRE(litho(scratch, small_run).code == 0);
  const auto said =
      litho(scratch, "rixs 'run/twin_chan*.off' --log 'run/*_log' --watch --watch-for \"5 s\" --out live");
  CHECK(said.code == 0);
  CHECK(contains(said.err, "live is fresh"));
  CHECK(test::read_text(scratch / "live/report.html").size() > 1000);
}

TEST_CASE("identify tells the files of a run apart") {
  const test::Scratch scratch;
  REQUIRE(litho(scratch, small_run + "--kind both").code == 0);
  const auto said = litho(scratch, "identify run/twin_chan1.off run/twin_chan1.ljh run/SCAN1_log run/CAL0_log");
  CHECK(said.code == 0);
  CHECK(contains(said.out, "OFF 0.3.0"));
  CHECK(contains(said.out, "LJH 2.2.1"));
  CHECK(contains(said.out, "SSRL YAML"));
}
