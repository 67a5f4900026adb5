#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/programme/particle_run.hpp"
#include "lithoscope/programme/probes.hpp"
#include "lithoscope/result/files.hpp"

using namespace lithoscope;

namespace {

result::Result result_of(const std::string& preset, std::vector<std::string> set = {}, bool scan = false) {
  const probe::Probe probe = programme::probes().front();
  core::NoProgress progress;
  core::Log log{false};
  probe::Context context{.progress = progress, .log = log};
  probe::Measurement m{.probe = "particle", .files = {{"files", {{.path = preset, .builtin = true}}}}};
  m.settings.set("set", std::move(set));
  m.settings.set("scan", scan);
  return probe.reduce(m, context);
}

void check_sound(const result::Result& r) {
  for (const std::string& fault : result::faults_of(r)) FAIL_CHECK(fault);
  CHECK(!r.answers.empty());
  CHECK(!r.figures.empty());
}

}  // namespace

TEST_CASE("every preset's result is sound" * doctest::test_suite("numerics")) {
  for (const auto& preset : programme::presets()) {
    CAPTURE(preset.name);
    check_sound(result_of(preset.name));
  }
}

TEST_CASE("numbers are those of the summary, under plain names") {
  const auto outcome = [] {
    core::NoProgress progress;
    core::Log log{false};
    return programme::run_particle(programme::read_programme_file("golden-a", {}), false, progress, log);
  }();
  const result::Result r = programme::describe(outcome);
  REQUIRE(r.numbers.size() == outcome.summary.size());
  for (std::size_t i = 0; i < r.numbers.size(); ++i) {
    CHECK(r.numbers[i].value.value == outcome.summary[i].value);
    CHECK(std::isnan(r.numbers[i].value.variance));
  }
  CHECK(r.number("heat_delta_tey_valence_Ni").value.value < -0.05);
  CHECK(r.number("charge_capacity").unit == "mAh/g");
  CHECK(r.number("heat_ledger").help.find("ledger") != std::string::npos);
}

TEST_CASE("traces, profiles and maps are tables that figures name") {
  const result::Result r = result_of("golden-a");
  CHECK(r.table("trace_trunk").at("potential").numbers().size() > 50);
  CHECK(r.table("profile_heat_01_grain_0").at("radius").unit == "nm");
  CHECK(r.table("ends").at("after").words().front() == "start");
  CHECK(r.grid("map_lithium").z.size() == r.grid("map_lithium").x.size() * r.grid("map_lithium").y.size());
  CHECK(r.figures.front().name == "changes");
  CHECK(r.table("programme").at("line").words().front() == "[programme]");
}

TEST_CASE("what probes would see is an observable with its depth, and never enters an inference") {
  const result::Result r = result_of("golden-a");
  const auto found = std::ranges::find_if(
      r.observables, [](const result::Observable& o) { return o.name == "valence/Ni/electrons" && o.state == "heat"; });
  REQUIRE(found != r.observables.end());
  CHECK(found->depth.law == result::DepthLaw::surface);
  CHECK(found->depth.length_nm == 5);
  CHECK(!found->unusable.empty());
}

TEST_CASE("an edge's own depth is the one its observable has") {
  const programme::ProgrammeFile file = [] {
    programme::ProgrammeFile f = programme::read_programme_file("golden-a", {});
    f.model.probes.edges.push_back({.element = "Ni", .tey_depth_nm = 2});
    return f;
  }();
  core::NoProgress progress;
  core::Log log{false};
  const result::Result r = programme::describe(programme::run_particle(file, false, progress, log));
  for (const result::Observable& o : r.observables) {
    if (o.name == "valence/Ni/electrons") CHECK(o.depth.length_nm == 2);
    if (o.name == "valence/Mn/electrons") CHECK(o.depth.length_nm == 5);
  }
}

TEST_CASE("a scan is a table with a flag for what failed, and a map") {
  const result::Result r = result_of(
      "lmr-paper",
      {"scan.parameter.0.count=1", "scan.parameter.1.count=2", "scan.parameter.2.count=3", "grain.cells=40"}, true);
  check_sound(r);
  CHECK(r.table("scan").rows() == 6);
  CHECK(r.table("scan").flags == "flags");
  CHECK(r.grid("scan_1").x.size() == 3);
  CHECK(r.grid("scan_1").y.size() == 2);
  CHECK_THROWS_AS(result_of("golden-a", {}, true), core::UsageError);
}

TEST_CASE("what is put into the programme has a key and a value") {
  const auto overrides = programme::overrides_of({"transport.x=[0, 0.5]", "grain.cells=40"});
  REQUIRE(overrides.size() == 2);
  CHECK(overrides[0].second == "[0, 0.5]");
  CHECK(overrides[1].first == "grain.cells");
  CHECK_THROWS_AS(programme::overrides_of({"nothing"}), core::UsageError);
  const std::vector<core::SettingInfo> settings = programme::probes().front().settings;
  CHECK(!std::ranges::find(settings, std::string{"set"}, &core::SettingInfo::name)->commas);
}

TEST_CASE("a result written as NeXus and as JSON comes back the same") {
  result::Result r = result_of("golden-a");
  r.probe = "particle";
  result::make_canonical(r);
  const std::string bytes = result::nexus_file(std::vector{r}, {.title = "t", .program = "p"});
  const auto back = result::read_nexus(io::InputFile::from_bytes("run.nxs", bytes));
  REQUIRE(back.size() == 1);
  CHECK(back.front() == r);
  const auto read = result::read_json(result::json_text(r, "p"), "run.json");
  REQUIRE(read.size() == 1);
  CHECK(read.front() == r);
}

TEST_CASE("the room's probe has help for every setting and lists its presets") {
  const probe::Probe probe = programme::probes().front();
  for (const core::SettingInfo& info : probe.settings) CHECK(!info.help.empty());
  CHECK(probe.roles.front().builtin.size() == programme::presets().size());
  CHECK(probe.printouts.size() == 3);
}
