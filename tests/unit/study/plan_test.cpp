#include "lithoscope/study/plan.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "lithoscope/core/errors.hpp"
#include "run_program.hpp"
#include "toy_probe.hpp"

using namespace lithoscope;

namespace {

study::Registry with_toy() {
  study::Registry out = study::registry();
  for (auto& p : toy::probes()) out.push_back(std::move(p));
  return out;
}

study::Plan plan_of(const test::Scratch& scratch, const std::string& text) {
  static const study::Registry registry = with_toy();
  return study::make_plan(study::parse_study(text, scratch / "s.toml", {}, registry), registry);
}

core::ErrorFacts refusal(const test::Scratch& scratch, const std::string& text) {
  try {
    plan_of(scratch, text);
  } catch (const core::UsageError& error) {
    return error.facts();
  }
  FAIL("it was planned");
  return {};
}

std::string measurement(const std::string& more) {
  return "[[measurement]]\nprobe = \"toy\"\nfiles = [\"a.txt\"]\n" + more;
}

const std::string two_states = "[[state]]\nname = \"charged\"\n[[state]]\nname = \"heated\"\nafter = \"charged\"\n";

}  // namespace

TEST_CASE("patterns expand in natural order: pulse_2 comes before pulse_10") {
  const test::Scratch scratch;
  for (const char* name : {"pulse_10.csv", "pulse_2.csv", "pulse_1.csv"}) test::write_text(scratch / name, "1\n");
  const auto plan = plan_of(scratch, "[[measurement]]\nprobe = \"toy\"\nfiles = [\"pulse_*.csv\"]\n");
  const auto& files = plan.steps.front().measurement.of("files");
  REQUIRE(files.size() == 3);
  CHECK(files[0].path.ends_with("pulse_1.csv"));
  CHECK(files[2].path.ends_with("pulse_10.csv"));
}

TEST_CASE("a missing file is named with the study's line before anything is read") {
  const test::Scratch scratch;
  const auto facts = refusal(scratch, "[[measurement]]\nprobe = \"toy\"\nfiles = [\"missing.mpr\"]\n");
  CHECK(facts.where.line == 1);
  CHECK(facts.what.find("missing.mpr") != std::string::npos);
}

TEST_CASE("a block over states and edges becomes a measurement each, and finds its partner in the parent state") {
  const test::Scratch scratch;
  for (const char* name : {"charged_Ni_L3.dat", "heated_Ni_L3.dat", "charged_O_K.dat", "heated_O_K.dat"})
    test::write_text(scratch / name, "x\n");
  const auto plan = plan_of(
      scratch, two_states +
                   "[[measurement]]\nprobe = \"xas\"\nstate = [\"heated\", \"charged\"]\nedges = [\"Ni L3\", \"O K\"]\n"
                   "files = [\"{state}_{edge}.dat\"]\n");
  REQUIRE(plan.steps.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    const study::Step& step = plan.steps[i];
    CHECK(step.measurement.of("files").size() == 1);
    if (step.measurement.state == "charged") {
      CHECK_FALSE(step.partner.has_value());
      continue;
    }
    REQUIRE(step.partner.has_value());
    CHECK(*step.partner < i);  // it comes first, wherever it stands in the file
    CHECK(*plan.steps[*step.partner].measurement.settings.find("edge") == *step.measurement.settings.find("edge"));
  }
}

TEST_CASE("a key does not change when the folder moves, and does when a byte, a setting or the state does") {
  const test::Scratch here, there;
  for (const test::Scratch* s : {&here, &there}) test::write_text(*s / "a.txt", "1\n2\n");
  const std::string key = plan_of(here, measurement("")).steps[0].key;
  CHECK(plan_of(there, measurement("")).steps[0].key == key);
  CHECK(plan_of(here, measurement("scale = \"2 V\"\n")).steps[0].key != key);
  CHECK(plan_of(here, measurement("scale = \"1 V\"\n")).steps[0].key == key);  // the default, written out
  CHECK(plan_of(here, two_states + measurement("state = \"heated\"\n")).steps[0].key != key);
  test::write_text(there / "a.txt", "1\n3\n");
  CHECK(plan_of(there, measurement("")).steps[0].key != key);
}

TEST_CASE("a probe that is not there names the nearest") {
  const test::Scratch scratch;
  const auto facts = refusal(scratch, "[[measurement]]\nprobe = \"git\"\nfiles = [\"a.txt\"]\n");
  CHECK(facts.advice == "did you mean \"gitt\"?");
  CHECK(facts.where.line == 2);
}

TEST_CASE("a role that is missing, a setting of another probe and a takes nobody makes are refused") {
  const test::Scratch scratch;
  test::write_text(scratch / "a.txt", "1\n");
  CHECK(refusal(scratch, "[[measurement]]\nprobe = \"toy\"\n").what.find("files") != std::string::npos);
  CHECK(refusal(scratch, measurement("theta_max = 0.2\n")).what.find("belongs to the probe gitt") != std::string::npos);
  CHECK(refusal(scratch, "[[measurement]]\nprobe = \"rixs\"\ntakes = [\"tes\"]\n").what.find("which nothing makes") !=
        std::string::npos);
  CHECK(refusal(scratch, measurement("takes = [\"gitt\"]\n")).what.find("takes gitt") != std::string::npos);
  CHECK(refusal(scratch, measurement("takes = [\"nobody\"]\n")).what.find("not there") != std::string::npos);
}

TEST_CASE("states in a circle, and a state after one that is not defined, are refused") {
  const test::Scratch scratch;
  const auto circle =
      refusal(scratch, "[[state]]\nname = \"a\"\nafter = \"b\"\n[[state]]\nname = \"b\"\nafter = \"a\"\n");
  CHECK(circle.what.find("made from itself") != std::string::npos);
  CHECK(refusal(scratch, "[[state]]\nname = \"a\"\nafter = \"gone\"\n").found == "\"gone\"");
}

TEST_CASE("the resolved study reads back to the same plan") {
  const test::Scratch scratch;
  test::write_text(scratch / "a.txt", "1\n");
  const std::string text =
      "[study]\ntitle = \"two\\nlines, \\u0007, \\\"quotes\\\"\"\n[sample]\nformula = \"LiCoO2\"\nbet_area = \"3.7 +- "
      "0.3 m2/g\"\n"
      "electrode = { active = 0.8, thickness = \"40 um\" }\n" +
      two_states + "hold = { temperature = \"100 +- 3 degC\", time = \"5 h\" }\npiece = \"another\"\n" +
      measurement("state = [\"charged\", \"heated\"]\nsettings = { scale = \"2 V\", squared = true }\n");
  const auto plan = plan_of(scratch, text);
  const std::string once = study::resolved_study(plan);
  const auto again = plan_of(scratch, once);
  CHECK(study::resolved_study(again) == once);
  REQUIRE(again.steps.size() == plan.steps.size());
  for (std::size_t i = 0; i < plan.steps.size(); ++i) CHECK(again.steps[i].key == plan.steps[i].key);
  CHECK(once.find("squared = true") != std::string::npos);
}
