// A table of the study that asks for a probe which reads all others: [inference].
#include <doctest/doctest.h>

#include <algorithm>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/study/run.hpp"
#include "run_program.hpp"

using namespace lithoscope;

namespace {

const std::string states =
    "[[state]]\nname = \"charged\"\n[[state]]\nname = \"heated\"\nafter = \"charged\"\n"
    "[[state]]\nname = \"control\"\nafter = \"charged\"\n";

std::string numbers(const std::string& state, const std::string& file) {
  return "[[measurement]]\nprobe = \"digitised\"\nstate = \"" + state + "\"\nfiles = [\"" + file +
         "\"]\nsource = \"here\"\n";
}

std::string study_text(const std::string& section) {
  return states + numbers("charged", "charged.csv") + numbers("heated", "heated.csv") + section;
}

void write_numbers(const test::Scratch& scratch) {
  test::write_text(scratch / "charged.csv", "observable,value,error\nvalence/Ni/electrons,3.6,0.01\n");
  test::write_text(scratch / "heated.csv", "observable,value,error\nvalence/Ni/electrons,3.5,0.01\n");
}

study::Plan plan_of(const test::Scratch& scratch, const std::string& text, const std::vector<std::string>& asked = {}) {
  return study::make_plan(study::parse_study(text, scratch / "s.toml", {}, study::registry(), asked),
                          study::registry());
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

const study::Step& step_of(const study::Plan& plan, const std::string& probe) {
  return *std::ranges::find_if(plan.steps, [&](const study::Step& s) { return s.probe->name == probe; });
}

}  // namespace

TEST_CASE("the section becomes a step that waits for everything in its two states, and for what is made for it") {
  const test::Scratch scratch;
  write_numbers(scratch);
  const study::Plan plan = plan_of(
      scratch,
      study_text("[inference]\nruns = 40\n[inference.prior]\n\"transport.rest_slowdown\" = \"1e-3 to 1, log\"\n"));
  REQUIRE(plan.steps.size() == 4);
  CHECK(step_of(plan, "inference").takes.size() == 3);
  CHECK(step_of(plan, "inference").measurement.state == "heated");
  const core::SettingValue* prior = step_of(plan, "library").measurement.settings.find("prior");
  REQUIRE(prior != nullptr);
  CHECK(std::get<std::vector<std::string>>(*prior).front() == "transport.rest_slowdown=1e-3 to 1, log");
}

TEST_CASE("without the section nothing is weighed unless it is asked for") {
  const test::Scratch scratch;
  write_numbers(scratch);
  CHECK(plan_of(scratch, study_text("")).steps.size() == 2);
  CHECK(plan_of(scratch, study_text(""), {"inference"}).steps.size() == 4);
}

TEST_CASE("a weight is refused with the reason") {
  const test::Scratch scratch;
  write_numbers(scratch);
  for (const std::string& text :
       {study_text("[inference]\nweights = [1, 2]\n"), states + numbers("heated", "heated.csv") + "weight = 2\n"}) {
    const auto facts = refusal(scratch, text);
    CHECK(facts.expected.find("no weights") != std::string::npos);
    CHECK(facts.where.line > 0);
  }
}

TEST_CASE("two states that no step links are refused") {
  const test::Scratch scratch;
  write_numbers(scratch);
  const auto facts = refusal(
      scratch, "[study]\nquestion = { before = \"control\", after = \"heated\" }\n" + study_text("[inference]\n"));
  CHECK(facts.what.find("no step links") != std::string::npos);
}

TEST_CASE("the resolved study makes the same steps again") {
  const test::Scratch scratch;
  write_numbers(scratch);
  const study::Plan plan = plan_of(scratch, study_text("[inference]\nparticle = \"h0\"\nruns = 40\nscatter = { valence "
                                                       "= 0.05 }\nprocesses = [\"reconstruction\"]\n"));
  const study::Plan again = plan_of(scratch, study::resolved_study(plan));
  REQUIRE(again.steps.size() == plan.steps.size());
  for (const study::Step& s : plan.steps) {
    const bool kept = std::ranges::any_of(again.steps, [&](const study::Step& t) { return t.key == s.key; });
    CHECK_MESSAGE(kept, s.id);
  }
}

TEST_CASE("how a state was made is part of the key") {
  const test::Scratch scratch;
  write_numbers(scratch);
  const auto key = [&](const std::string& hold) {
    const std::string made =
        "[[state]]\nname = \"charged\"\n[[state]]\nname = \"heated\"\nafter = \"charged\"\nhold = { temperature = \"" +
        hold + "\", time = \"5 h\" }\n";
    return step_of(plan_of(scratch, made + numbers("charged", "charged.csv") + numbers("heated", "heated.csv") +
                                        "[inference]\n"),
                   "library")
        .key;
  };
  CHECK(key("100 degC") != key("60 degC"));
  CHECK(key("100 degC") == key("100 degC"));
}

TEST_CASE("a step that failed is named and the rest is weighed") {
  const test::Scratch scratch;
  write_numbers(scratch);
  test::write_text(scratch / "broken.csv", "observable,value\nvalence/Mn/electrons,3.9\n");
  const study::Plan plan =
      plan_of(scratch, study_text("") + numbers("heated", "broken.csv") + "[inference]\nruns = 40\ndraws = 100\n");
  core::NoProgress progress;
  core::Log log;
  const study::RunOutcome out = study::run_plan(plan, study::StepCache{}, progress, log);
  const auto joint = std::ranges::find(out.results, std::string{"inference"}, &result::Result::probe);
  REQUIRE(joint != out.results.end());
  CHECK(joint->failure.empty());
  CHECK(std::ranges::any_of(joint->warnings,
                            [](const std::string& w) { return w.find("has no result") != std::string::npos; }));
}
