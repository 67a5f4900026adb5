// What every probe gets from its table, shown on one that the program does not have: command, study file, page, JSON,
// NeXus, csv, terminal, cache, resume, --help.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "run_program.hpp"

using namespace lithoscope;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

test::Said toy(const test::Scratch& scratch, const std::string& arguments) {
  return test::run_shell(std::string{TOY_PROGRAM} + " " + arguments, scratch.path());
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void write_files(const test::Scratch& scratch) {
  test::write_text(scratch / "a.txt", "1\n2\n3\n");
  test::write_text(scratch / "b.txt", "2\n3\n4\n");
  test::write_text(scratch / "s.toml",
                   "[[state]]\nname = \"charged\"\n[[state]]\nname = \"heated\"\nafter = \"charged\"\n"
                   "[[measurement]]\nprobe = \"toy\"\nstate = [\"charged\", \"heated\"]\n"
                   "files = { charged = [\"a.txt\"], heated = [\"b.txt\"] }\nscale = \"2 V\"\n");
}

void same_run(const fs::path& one, const fs::path& two) {
  for (const auto& entry : fs::recursive_directory_iterator(one)) {
    if (!entry.is_regular_file() || entry.path().filename() == "log.jsonl") continue;
    const auto relative = fs::relative(entry.path(), one);
    CAPTURE(relative.string());
    CHECK(test::read_text(entry.path()) == test::read_text(two / relative));
  }
}

}  // namespace

TEST_CASE("a probe's command, help, terminal table and JSON come from its table") {
  const test::Scratch scratch;
  write_files(scratch);
  const auto help = toy(scratch, "toy --help");
  CHECK(help.code == 0);
  CHECK(contains(help.out, "--scale"));
  CHECK(contains(help.out, "[1 V]"));
  CHECK(contains(help.out, "--squared"));
  CHECK(contains(help.out, "--after"));
  CHECK(contains(toy(scratch, "--help").out, "Mean of a column of numbers"));
  const auto said = toy(scratch, "toy a.txt --scale '2 V'");
  CHECK(said.code == 0);
  CHECK(contains(said.out, "The mean is 4.0(12) V."));
  CHECK(contains(said.out, "row  reading (V)"));
  const Json json = Json::parse(toy(scratch, "toy a.txt --json").out);
  CHECK(json.at("schema") == "lithoscope/run/2");
  const Json& mean = json.at("results").at(0).at("numbers").at("mean");
  CHECK(mean.at("value") == 2);
  CHECK(mean.at("units") == "V");
  CHECK(json.at("results").at(0).at("numbers").at("mean_errors").at("value").get<double>() == doctest::Approx(0.57735));
}

TEST_CASE("a probe's study, page, NeXus, csv, changes and report come from its table") {
  const test::Scratch scratch;
  write_files(scratch);
  const auto said = toy(scratch, "run s.toml --out r");
  CHECK(said.code == 0);
  for (const char* name :
       {"run.nxs", "run.json", "report.html", "log.jsonl", "figures/toy-1-readings.svg", "figures/toy-2-readings.csv"})
    CHECK(fs::file_size(scratch / ("r/" + std::string{name})) > 50);
  CHECK(contains(test::read_text(scratch / "r/report.html"), "toy, heated"));
  CHECK(contains(test::read_text(scratch / "r/run.json"), "change/mean"));
  const std::string page = test::read_text(scratch / "r/report.html");
  fs::remove(scratch / "r/report.html");
  CHECK(toy(scratch, "report r").code == 0);
  CHECK(test::read_text(scratch / "r/report.html") == page);
  CHECK(contains(toy(scratch, "toy a.txt --after b.txt --json").out, "change/mean"));
}

TEST_CASE("switches are yes or no") {
  const test::Scratch scratch;
  write_files(scratch);
  CHECK(contains(toy(scratch, "toy a.txt --squared").out, "The mean is 5(2) V"));
  CHECK(toy(scratch, "toy a.txt --squared=no").out == toy(scratch, "toy a.txt").out);
  CHECK(toy(scratch, "toy a.txt --squared=0.5").code == 2);
  CHECK(toy(scratch, "run s.toml --set measurement.0.squared=1 --out x").code == 2);
  CHECK(toy(scratch, "toy a.txt --scale '2 s'").code == 2);
}

TEST_CASE("plan lists steps and keys; steps run one by one give the bytes of the whole") {
  const test::Scratch scratch;
  write_files(scratch);
  const Json plan = Json::parse(toy(scratch, "plan s.toml --json").out);
  REQUIRE(plan.at("steps").size() == 2);
  CHECK(plan.at("steps").at(1).at("waits_for").at(0) == plan.at("steps").at(0).at("id"));
  CHECK(toy(scratch, "step s.toml toy-heated --cache kept").code == 2);  // it waits for the other
  CHECK(toy(scratch, "run s.toml --out whole").code == 0);
  fs::create_directories(scratch / "apart.part/steps");
  test::write_text(scratch / "apart.part/.lithoscope", "");
  for (const char* step : {"toy-charged", "toy-heated"})
    CHECK(toy(scratch, std::string{"step s.toml "} + step + " --cache apart.part/steps").code == 0);
  CHECK(toy(scratch, "run s.toml --out apart").code == 0);
  CHECK(contains(test::read_text(scratch / "apart/log.jsonl"), "kept toy, heated"));
  CHECK_FALSE(fs::exists(scratch / "apart/steps"));
  same_run(scratch / "whole", scratch / "apart");
}

TEST_CASE("running again makes only what changed") {
  const test::Scratch scratch;
  write_files(scratch);
  CHECK(toy(scratch, "run s.toml --out r").code == 0);
  CHECK(toy(scratch, "run s.toml --out r --force").code == 0);
  CHECK_FALSE(contains(test::read_text(scratch / "r/log.jsonl"), "start toy"));
  test::write_text(scratch / "a.txt", "1\n2\n4\n");
  CHECK(toy(scratch, "run s.toml --out r --force").code == 0);
  CHECK(contains(test::read_text(scratch / "r/log.jsonl"), "start toy, charged"));
}

TEST_CASE("two runs into one folder at once: the second is refused") {
  const test::Scratch scratch;
  write_files(scratch);
  const auto said = test::run_shell("mkdir r.part && ( flock -x 9; " TOY_PROGRAM
                                    " run s.toml --out r; echo code $? ) 9> r.part/.lithoscope",
                                    scratch.path());
  CHECK(contains(said.out, "code 5"));
  CHECK(contains(said.err, "being written by another run"));
}

TEST_CASE("SIGTERM is an interruption, and the run goes on from its last finished step") {
  const test::Scratch scratch;
  write_files(scratch);
  const auto said = test::run_shell(
      TOY_PROGRAM " run s.toml --out r --watch --watch-for '20 s' & sleep 1; kill -TERM $!; wait $!; echo code $?",
      scratch.path());
  CHECK(contains(said.out, "code 130"));
  CHECK(fs::exists(scratch / "r/report.html"));
}

TEST_CASE("a growing file gives reports while it grows") {
  const test::Scratch scratch;
  write_files(scratch);
  const auto said =
      test::run_shell("( for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo $i >> a.txt; sleep 0.25; done ) & " TOY_PROGRAM
                      " toy a.txt --out live --watch --watch-for '4 s'; wait",
                      scratch.path());
  CHECK(said.code == 0);
  std::size_t reports = 0;
  for (auto at = said.err.find("live is fresh"); at != std::string::npos; at = said.err.find("live is fresh", at + 1))
    ++reports;
  CHECK(reports >= 4);
  CHECK(contains(test::read_text(scratch / "live/run.json"), "15"));
}

TEST_CASE("an include that points up and a probe named outside the registry are refused by the lint") {
  const test::Scratch scratch;
  for (const char* folder : {"src", "include", "apps", "scripts"})
    fs::copy(fs::path{SOURCE_DIRECTORY} / folder, scratch / folder, fs::copy_options::recursive);
  const auto lint = [&] { return test::run_shell("scripts/layers .", scratch.path()); };
  CHECK(lint().code == 0);
  const std::string log = test::read_text(scratch / "src/core/log.cpp"),
                    page = test::read_text(scratch / "src/report/page.cpp");
  test::write_text(scratch / "src/core/log.cpp", log + "#include \"lithoscope/study/run.hpp\"\n");
  CHECK(contains(lint().err, "src/core/log.cpp includes study"));
  test::write_text(scratch / "src/core/log.cpp", log);
  test::write_text(scratch / "src/report/page.cpp", page + "const char* const named = \"gitt\";\n");
  const auto named = lint();
  CHECK(named.code == 1);
  CHECK(contains(named.err, "src/report/page.cpp names the probe gitt"));
}
