// litho particle as a user meets it.
#include <doctest/doctest.h>

#include <filesystem>

#include "run_program.hpp"

using namespace lithoscope;
namespace fs = std::filesystem;

namespace {

test::Said say(const test::Scratch& scratch, const std::string& arguments) {
  return test::run_shell(std::string{LITHO_PROGRAM} + " particle " + arguments, scratch.path());
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a preset runs in one line and answers in sentences") {
  const test::Scratch scratch;
  const auto said = say(scratch, "golden-a");
  CHECK(said.code == 0);
  CHECK(contains(said.out, "261 mAh/g"));
  CHECK(contains(said.out, "Ni \u22120.074"));
  CHECK(said.err.empty());
  CHECK(contains(say(scratch, "--list").out, "lmr-paper"));
  CHECK(contains(say(scratch, "golden-a --json").out, "lithoscope/run/2"));
}

TEST_CASE("a preset is a file to start from") {
  const test::Scratch scratch;
  CHECK(say(scratch, "--show golden-a > mine.toml").code == 0);
  CHECK(say(scratch, "mine.toml --set grain.cells=40").code == 0);
  CHECK(contains(say(scratch, "mine.toml --resolved").out, "activation_energy = \"0.65 eV\""));
}

TEST_CASE("a report folder holds the page, the numbers and a scan; the same bytes for any number of threads") {
  const test::Scratch scratch;
  const std::string small =
      "lmr-paper --scan --set scan.parameter.0.count=1 --set scan.parameter.1.count=2 --set scan.parameter.2.count=3 ";
  CHECK(say(scratch, small + "--out one --threads 1").code == 0);
  CHECK(say(scratch, small + "--out two --threads 2").code == 0);
  for (const char* name : {"run.nxs", "run.json", "report.html", "log.jsonl", "figures/map-lithium.svg",
                           "figures/scan-1.csv", "figures/ledger-mild.svg"}) {
    CAPTURE(name);
    CHECK(fs::file_size(scratch / ("one/" + std::string{name})) > 100);
  }
  for (const auto& entry : fs::recursive_directory_iterator(scratch / "one")) {
    if (!entry.is_regular_file() || entry.path().filename() == "log.jsonl") continue;
    const auto relative = fs::relative(entry.path(), scratch / "one");
    CAPTURE(relative.string());
    CHECK(test::read_text(entry.path()) == test::read_text(scratch.path() / "two" / relative));
  }
  CHECK(!contains(test::read_text(scratch / "one/run.json"), "nan"));
  CHECK(say(scratch, small + "--out one").code == 5);
  const auto again = test::run_shell(std::string{LITHO_PROGRAM} + " report one", scratch.path());
  CHECK(again.code == 0);
}

TEST_CASE("mistakes end with the right code and say what to do") {
  const test::Scratch scratch;
  CHECK(say(scratch, "").code == 2);
  const auto unknown = say(scratch, "lmr-papre");
  CHECK(unknown.code == 2);
  CHECK(contains(unknown.err, "did you mean lmr-paper"));
  CHECK(say(scratch, "absent.toml").code == 2);
  CHECK(say(scratch, "golden-a --scan").code == 2);
  const auto unreachable = say(scratch, "nmc811 --set 'step.0.until_voltage=\"9 V\"'");
  CHECK(unreachable.code == 1);
  CHECK(contains(unreachable.err, "never reached"));
  CHECK(contains(unreachable.err, "nm"));
  CHECK(say(scratch, "golden-a --set 'transport.activation_energy=\"0.65 V\"'").code == 2);
}
