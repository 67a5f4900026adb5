#include "lithoscope/study/run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "lithoscope/core/errors.hpp"
#include "run_program.hpp"
#include "toy_probe.hpp"

using namespace lithoscope;
namespace fs = std::filesystem;

namespace {

const study::Registry& toys() {
  static const study::Registry all = toy::probes();
  return all;
}

study::Plan plan_of(const test::Scratch& scratch) {
  test::write_text(scratch / "a.txt", "1\n2\n3\n");
  test::write_text(scratch / "b.txt", "2\n3\n4\n");
  const std::string text =
      "[[state]]\nname = \"charged\"\n[[state]]\nname = \"heated\"\nafter = \"charged\"\n"
      "[[measurement]]\nprobe = \"toy\"\nstate = \"heated\"\nfiles = [\"b.txt\"]\n"
      "[[measurement]]\nprobe = \"toy\"\nstate = \"charged\"\nfiles = [\"a.txt\"]\n";
  return study::make_plan(study::parse_study(text, scratch / "s.toml", {}, toys()), toys());
}

study::RunOutcome run(const study::Plan& plan, const study::StepCache& cache = study::StepCache{}) {
  core::NoProgress progress;
  core::Log log;
  return study::run_plan(plan, cache, progress, log);
}

std::string bytes_of(const study::Plan& plan, const study::RunOutcome& outcome) {
  return result::nexus_file(outcome.results, study::facts_of(plan));
}

}  // namespace

TEST_CASE("a run carries hashes, complete settings, keys and the change between two states") {
  const test::Scratch scratch;
  const auto plan = plan_of(scratch);
  const auto outcome = run(plan);
  REQUIRE(outcome.results.size() == 2);
  const result::Result& heated = outcome.results[1];
  CHECK(heated.state == "heated");
  CHECK(heated.key == plan.steps[1].key);
  REQUIRE(heated.sources.size() == 1);
  CHECK(heated.sources[0].sha256.size() == 64);
  CHECK(heated.sources[0].format == "one number a line");
  CHECK(heated.settings.size() == 2);
  const auto change = std::ranges::find(heated.observables, "change/mean", &result::Observable::name);
  REQUIRE(change != heated.observables.end());
  CHECK(change->values[0] == doctest::Approx(1));
  CHECK(change->against == "charged");
}

TEST_CASE("a second run takes its steps from the cache, also in a folder that moved; a changed one is made anew") {
  const test::Scratch here, there;
  const study::StepCache cache{here / "steps"};
  const auto plan = plan_of(here);
  const auto first = run(plan, cache);
  CHECK(first.made == 2);
  const auto second = run(plan, cache);
  CHECK(second.made == 0);
  CHECK(bytes_of(plan, first) == bytes_of(plan, second));
  const auto moved = plan_of(there);
  const auto third = run(moved, cache);
  CHECK(third.made == 0);
  CHECK(third.results[0].sources[0].path == there / "a.txt");  // where it lies today
  test::write_text(there / "b.txt", "9\n9\n9\n");
  auto changed = study::make_plan(moved.study, toys());
  CHECK(run(changed, cache).made == 1);
}

TEST_CASE("a kept step cut short or of an older version is made anew, and the log says so") {
  const test::Scratch scratch;
  const auto plan = plan_of(scratch);
  const study::StepCache cache{scratch / "steps"};
  const auto whole = run(plan, cache);
  const std::string kept = scratch / ("steps/" + plan.steps[0].key + ".nxs");
  const std::string bytes = test::read_text(kept);
  core::NoProgress progress;
  for (const std::string& damaged : {bytes.substr(0, bytes.size() / 2), std::string{"nothing of ours"}}) {
    test::write_text(kept, damaged);
    core::Log log;
    const auto again = study::run_plan(plan, cache, progress, log);
    CHECK(again.made == 1);
    CHECK(bytes_of(plan, again) == bytes_of(plan, whole));
    CHECK(log.as_json_lines().find("made anew") != std::string::npos);
  }
  study::Registry newer = toys();
  newer[0].version = "2";
  const auto plan_2 = study::make_plan(plan.study, newer);
  CHECK(run(plan_2, cache).made == 2);
}

TEST_CASE("steps run one by one give the bytes of the whole") {
  const test::Scratch scratch;
  const auto plan = plan_of(scratch);
  const auto whole = run(plan);
  const study::StepCache cache{scratch / "steps"};
  core::NoProgress progress;
  core::Log log;
  CHECK_THROWS_AS(study::run_step(plan, 1, cache, progress, log), core::UsageError);  // it waits for the first
  for (std::size_t i = 0; i < plan.steps.size(); ++i) study::run_step(plan, i, cache, progress, log);
  const auto collected = run(plan, cache);
  CHECK(collected.made == 0);
  CHECK(bytes_of(plan, collected) == bytes_of(plan, whole));
}

TEST_CASE("a step that fails does not take the others with it") {
  const test::Scratch scratch;
  study::Registry registry = toys();
  registry.push_back(registry[0]);
  registry[1].name = "broken";
  registry[1].reduce = [](const probe::Measurement&, probe::Context&) -> result::Result {
    throw core::ComputationError({.what = "no answer"});
  };
  registry.push_back(registry[0]);
  registry[2].name = "taker";
  registry[2].takes = {{.probe = "broken"}};
  test::write_text(scratch / "a.txt", "1\n2\n");
  const auto block = [](const char* probe) {
    return std::string{"[[measurement]]\nprobe = \""} + probe + "\"\nfiles = [\"a.txt\"]\n";
  };
  const auto plan = study::make_plan(
      study::parse_study(block("broken") + block("taker") + block("toy"), scratch / "s.toml", {}, registry), registry);
  const auto outcome = run(plan);
  CHECK(outcome.results[0].failure.find("no answer") != std::string::npos);
  CHECK(outcome.results[1].failure.find("which failed") != std::string::npos);
  CHECK(outcome.results[2].failure.empty());
}
