// The program as a user meets it: commands, messages, exit codes.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "mpr_writer.hpp"
#include "run_program.hpp"

using namespace lithoscope;
namespace fs = std::filesystem;

namespace {

const std::string litho = LITHO_PROGRAM;
const std::string example = SOURCE_DIRECTORY "/examples/exact_sphere";

test::Said say(const test::Scratch& scratch, const std::string& arguments) {
  return test::run_shell(litho + " " + arguments, scratch.path());
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("run writes a whole run folder and says where the report is") {
  const test::Scratch scratch;
  const auto said = say(scratch, "run " + example + "/study.toml");
  CHECK(said.code == 0);
  CHECK(contains(said.out, "report: study_run/report.html\n"));
  CHECK(said.err.empty());
  for (const char* name :
       {"run.nxs", "run.json", "report.html", "log.jsonl", "figures/diffusion.svg", "figures/diffusion.csv"}) {
    CAPTURE(name);
    CHECK(fs::file_size(scratch / ("study_run/" + std::string{name})) > 100);
  }
}

TEST_CASE("the same run gives the same bytes for any number of threads") {
  const test::Scratch scratch;
  CHECK(say(scratch, "run " + example + "/study.toml --out one --threads 1").code == 0);
  CHECK(say(scratch, "run " + example + "/study.toml --out two --threads 2").code == 0);
  for (const auto& entry : fs::recursive_directory_iterator(scratch / "one")) {
    if (!entry.is_regular_file() || entry.path().filename() == "log.jsonl") continue;
    const auto relative = fs::relative(entry.path(), scratch / "one");
    CAPTURE(relative.string());
    CHECK(test::read_text(entry.path()) == test::read_text(scratch.path() / "two" / relative));
  }
}

TEST_CASE("nothing is overwritten without --force, and --force spares what is not a run") {
  const test::Scratch scratch;
  CHECK(say(scratch, "run " + example + "/study.toml --out r").code == 0);
  const auto again = say(scratch, "run " + example + "/study.toml --out r");
  CHECK(again.code == 5);
  CHECK(contains(again.err, "--force"));
  CHECK(say(scratch, "run " + example + "/study.toml --out r --force").code == 0);
  fs::create_directory(scratch / "mine");
  test::write_text(scratch / "mine/a.txt", "precious");
  CHECK(say(scratch, "run " + example + "/study.toml --out mine --force").code == 5);
  CHECK(test::read_text(scratch / "mine/a.txt") == "precious");
  CHECK_FALSE(fs::exists(scratch / "mine.part"));
}

TEST_CASE("--dry-run reads nothing and writes nothing") {
  const test::Scratch scratch;
  const auto said = say(scratch, "run " + example + "/study.toml --dry-run");
  CHECK(said.code == 0);
  CHECK(contains(said.out, "gitt.mpt"));
  CHECK(fs::is_empty(scratch.path()));
}

TEST_CASE("gitt answers in one screen, with --json in one object") {
  const test::Scratch scratch;
  const std::string options = " --particle-radius '150 nm' --formula Li1.2Ni0.15Co0.1Mn0.55O2 --cell half";
  const auto text = say(scratch, "gitt " + example + "/gitt.mpt" + options);
  CHECK(text.code == 0);
  CHECK(std::count(text.out.begin(), text.out.end(), '\n') <= 24);
  CHECK(contains(text.out, "D (cm2/s)"));
  const auto json = say(scratch, "gitt " + example + "/gitt.mpt --json" + options);
  CHECK(json.out.starts_with("{\n \"schema\": \"lithoscope/run/2\""));
  CHECK_FALSE(contains(json.out, "nan"));
}

TEST_CASE("settings of the analysis are flags, with units") {
  const test::Scratch scratch;
  CHECK(say(scratch, "gitt " + example + "/gitt.mpt --particle-radius '150 nm' --skip '5 s' --theta-max 0.1").code ==
        0);
  const auto wrong = say(scratch, "gitt " + example + "/gitt.mpt --skip '5 V'");
  CHECK(wrong.code == 2);
  CHECK(contains(wrong.err, "skip"));
}

TEST_CASE("identify tells what a file is and what is wrong with one") {
  const test::Scratch scratch;
  test::write_text(scratch / "a.dat", test::mpr_file(test::simple_charge(11, 10)));
  test::write_text(scratch / "b.mpr", "this is not an mpr file");
  const auto good = say(scratch, "identify a.dat");
  CHECK(good.code == 0);
  CHECK(contains(good.out, "a.dat: BioLogic .mpr\n  rows: 10\n"));
  const auto bad = say(scratch, "identify a.dat b.mpr --json");
  CHECK(bad.code == 3);
  CHECK(contains(bad.out, "\"schema\": \"lithoscope/identify/2\""));
  CHECK(contains(bad.out, "\"problem\": \"b.mpr: is no file that a probe of this program recognises"));
}

TEST_CASE("convert writes BDF that converts to itself") {
  const test::Scratch scratch;
  test::write_text(scratch / "a.mpr", test::mpr_file(test::simple_charge(3, 10)));
  CHECK(say(scratch, "convert a.mpr --out a.bdf.csv").code == 0);
  CHECK(say(scratch, "convert a.bdf.csv").out == test::read_text(scratch / "a.bdf.csv"));
  CHECK(say(scratch, "convert a.mpr --out a.bdf.csv").code == 5);
  CHECK(say(scratch, "convert a.mpr --to mpt --out a.mpt").code == 0);
  CHECK(contains(say(scratch, "identify a.mpt").out, "BioLogic text"));
}

TEST_CASE("report draws a finished run again, to the same bytes") {
  const test::Scratch scratch;
  REQUIRE(say(scratch, "run " + example + "/study.toml --out r").code == 0);
  const std::string page = test::read_text(scratch / "r/report.html");
  fs::remove(scratch / "r/report.html");
  const auto said = say(scratch, "report r");
  CHECK(said.code == 0);
  CHECK(said.out == "report: r/report.html\n");
  CHECK(test::read_text(scratch / "r/report.html") == page);
  CHECK(say(scratch, "report nothing-here").code == 3);
}

TEST_CASE("damaged inputs end with code 3 and leave nothing") {
  const test::Scratch scratch;
  const std::string whole = test::mpr_file(test::simple_charge(11, 50));
  test::write_text(scratch / "cut.mpr", whole.substr(0, whole.size() / 2));
  std::string flipped = whole;
  flipped[98] = static_cast<char>(flipped[98] ^ 0x40);  // the length of the first module
  test::write_text(scratch / "flipped.mpr", flipped);
  test::write_text(scratch / "empty.mpr", "");
  test::write_text(scratch / "wrong.mpr", std::string(100, 'z'));
  for (const std::string name : {"cut.mpr", "flipped.mpr", "empty.mpr", "wrong.mpr"}) {
    CAPTURE(name);
    const auto said = say(scratch, "convert " + name + " --out out.csv");
    CHECK(said.code == 3);
    CHECK(contains(said.err, name));
    CHECK(contains(said.err, "to do:"));
    CHECK_FALSE(fs::exists(scratch / "out.csv"));
    CHECK_FALSE(fs::exists(scratch / "out.csv.part"));
  }
}

TEST_CASE("a study that is wrong says so with file, line and column, and code 2") {
  const test::Scratch scratch;
  test::write_text(scratch / "s.toml",
                   "[sample]\nactive_mas = \"4 mg\"\n[[measurement]]\nprobe = \"gitt\"\nfiles = [\"x\"]\n");
  const auto unknown = say(scratch, "run s.toml");
  CHECK(unknown.code == 2);
  CHECK(contains(unknown.err, "s.toml:2:1"));
  CHECK(contains(unknown.err, "did you mean \"active_mass\"?"));
  test::write_text(scratch / "s.toml", "[[measurement]]\nprobe = \"gitt\"\nfiles = [\"gone.mpr\"]\n");
  const auto missing = say(scratch, "run s.toml");
  CHECK(missing.code == 2);
  CHECK(contains(missing.err, "s.toml:1: the file \"gone.mpr\""));
}

TEST_CASE("usage errors are code 2, help and version code 0") {
  const test::Scratch scratch;
  CHECK(say(scratch, "").code == 2);
  CHECK(say(scratch, "gitt").code == 2);
  CHECK(say(scratch, "run x.toml --no-such-flag").code == 2);
  CHECK(say(scratch, "--help").code == 0);
  CHECK(say(scratch, "--version").out == "lithoscope " + test::read_text(SOURCE_DIRECTORY "/VERSION"));
}

TEST_CASE("a titration without one usable pulse fails the quality gate with code 4, its report written") {
  const test::Scratch scratch;
  std::string text = "time/s\tEwe/V\tI/mA\n";
  double t = 0;
  for (int pulse = 0; pulse < 4; ++pulse) {
    for (int i = 0; i < 60; ++i) text += std::to_string(t++) + "\t3.5\t0\n";
    for (int i = 0; i < 30; ++i) text += std::to_string(t++) + "\t3.5\t1\n";
  }
  for (int i = 0; i < 60; ++i) text += std::to_string(t++) + "\t3.5\t0\n";
  test::write_text(scratch / "flat.mpt", text);
  const auto said = say(scratch, "gitt flat.mpt --particle-radius '100 nm' --out r");
  CHECK(said.code == 4);
  CHECK(fs::exists(scratch / "r/report.html"));
  CHECK(contains(said.out, "None of the 4 pulses"));
}

TEST_CASE("output that cannot be written is code 5") {
  const test::Scratch scratch;
  CHECK(say(scratch, "run " + example + "/study.toml --out /proc/nope").code == 5);
  CHECK(say(scratch, "convert " + example + "/gitt.mpt > /dev/full").code == 5);
}

TEST_CASE("the committed example is what its generator writes") {
  const test::Scratch scratch;
  CHECK(test::run_shell(std::string{MAKE_EXAMPLE} + " made.mpt", scratch.path()).code == 0);
  CHECK(test::read_text(scratch / "made.mpt") == test::read_text(example + "/gitt.mpt"));
}
