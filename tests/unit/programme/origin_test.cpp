// Where numbers are from, what files are based on, and what their assumptions do.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/particle/simulate.hpp"
#include "lithoscope/programme/assumptions.hpp"

using namespace lithoscope;
using programme::OriginKind;
using programme::ProgrammeFile;

namespace {

std::string file_with(const std::string& radius, const std::string& more = "") {
  return R"([programme]
title = "test"
one_c = 0.9
)" + more +
         R"(
[material]
formula = "Li1.2Ni0.15Co0.1Mn0.55O2"
[grain]
radius = )" +
         radius + R"(
[[couple]]
name = "Ni2/3"
element = "Ni"
valence = 2
level = { value = "4.2 V", paper = "Fig. 1" }
width = { value = "80 mV", derived = "twice another" }
[oxygen]
sites = 0.75
[transport]
log10_D_cm2_s = { value = [-14], assumed = "slow" }
[[step]]
kind = "charge"
rate = "C/10"
until_lithium = 0.3
)";
}

ProgrammeFile read(const std::string& text, const std::vector<io::Override>& set = {}) {
  return programme::parse_programme_file(text, "p.toml", set);
}
programme::Origin origin_of(const ProgrammeFile& file, const std::string& name) {
  const auto found = std::ranges::find(file.origins, name, &programme::Origin::parameter);
  REQUIRE(found != file.origins.end());
  return *found;
}
core::ErrorFacts refusal(const std::string& text) {
  try {
    read(text);
  } catch (const core::UsageError& error) {
    return error.facts();
  }
  FAIL("the file was accepted");
  return {};
}
const std::string ranged = R"({ value = "100 nm", assumed = "why", range = ["50 nm", "0.25 um"], scale = "log" })";

double deviation(const particle::Mark& m) { return m.seen.tey_lithium - m.seen.mean_lithium; }

}  // namespace

TEST_CASE("a number says where it is from, its range in any unit") {
  const ProgrammeFile file = read(file_with(ranged));
  const programme::Origin radius = origin_of(file, "grain.radius");
  CHECK(radius.kind == OriginKind::assumed);
  CHECK(radius.words == "why");
  CHECK(*radius.low == doctest::Approx(50));
  CHECK(*radius.high == doctest::Approx(250));
  CHECK(radius.logarithmic);
  CHECK(origin_of(file, "couple.Ni2/3.level").kind == OriginKind::paper);
  CHECK(origin_of(file, "couple.Ni2/3.width").kind == OriginKind::derived);
  CHECK(origin_of(file, "transport.log10_D_cm2_s.0").words == "slow");
  CHECK(origin_of(file, "oxygen.sites").kind == OriginKind::untold);
  CHECK(origin_of(file, "grain.density").words == "the program's default");
  CHECK(origin_of(read(file_with(ranged, "otherwise = \"a guess\"")), "oxygen.sites").words == "a guess");
  CHECK(origin_of(read(file_with(ranged), {{"grain.radius", "\"80 nm\""}}), "grain.radius").kind == OriginKind::given);
}

TEST_CASE("an origin that cannot be is refused with its line") {
  CHECK(refusal(file_with(R"({ value = "100 nm", assumed = "a", paper = "b" })")).what.find("two origins") !=
        std::string::npos);
  const auto outside = refusal(file_with(R"({ value = "300 nm", assumed = "a", range = ["50 nm", "250 nm"] })"));
  CHECK(outside.what.find("outside the range") != std::string::npos);
  CHECK(outside.where.line == 8);
  CHECK(refusal(file_with(R"({ value = "100 nm" })")).what.find("no origin") != std::string::npos);
  CHECK(refusal(file_with(R"({ value = "100 nm", assumed = "a", rnage = ["50 nm", "250 nm"] })")).found == "rnage");
  CHECK(refusal(file_with(R"({ value = "100 nm", assumed = "a", range = ["50 V", "250 V"] })")).found == "50 V");
  CHECK(refusal(file_with(R"({ value = "100 nm", assumed = "a", range = ["50 nm"] })")).what.find("two values") !=
        std::string::npos);
}

TEST_CASE("origins survive being written out with every default") {
  for (const char* preset : {"lmr-paper", "h3-h5", "golden-a"}) {
    const ProgrammeFile first = programme::read_programme_file(preset, {});
    const ProgrammeFile second = read(programme::resolved_text(first));
    for (const programme::Origin& o : first.origins) {
      CAPTURE(o.parameter);
      const programme::Origin again = origin_of(second, o.parameter);
      CHECK(again.kind == o.kind);
      CHECK(again.words == o.words);
      CHECK(again.low.value_or(0) == doctest::Approx(o.low.value_or(0)));
      CHECK(again.high.value_or(0) == doctest::Approx(o.high.value_or(0)));
      CHECK(again.logarithmic == o.logarithmic);
    }
  }
}

TEST_CASE("a file based on another says only what is different") {
  const ProgrammeFile base = programme::read_programme_file("golden-a", {});
  const ProgrammeFile own = read(R"([programme]
base = "golden-a"
drop = ["branch.control25", "couple.Mn3/4"]
[[couple]]
name = "Ni3/4"
level = "4.60 V"
[[branch]]
name = "heat"
[[branch.step]]
name = "heat"
duration = "30 min"
)");
  CHECK(own.programme.branches.size() == 1);
  CHECK(own.model.ladder.couples.size() == base.model.ladder.couples.size() - 1);
  CHECK(own.model.ladder.couples[1].level_V == doctest::Approx(4.60));
  CHECK(own.model.ladder.couples[1].width_V == base.model.ladder.couples[1].width_V);
  CHECK(own.programme.branches[0].steps[0].duration_s == doctest::Approx(1800));
  CHECK(own.programme.branches[0].steps[0].temperature_K == doctest::Approx(373.15));
  CHECK_THROWS_AS(read("[programme]\nbase = \"no-such\"\n"), core::UsageError);
  CHECK_THROWS_AS(read("[programme]\nbase = \"golden-a\"\ndrop = [\"step.nothing\"]\n"), core::UsageError);
  const auto folder = std::filesystem::temp_directory_path() / "lithoscope_base_of_itself";
  std::filesystem::create_directories(folder);
  std::ofstream{folder / "a.toml"} << "[programme]\nbase = \"a.toml\"\n";
  CHECK_THROWS_AS(programme::read_programme_file((folder / "a.toml").string(), {}), core::UsageError);
  std::filesystem::remove_all(folder);
}

TEST_CASE("a parameter has one name, for scans, on the command line, in the table" * doctest::test_suite("numerics")) {
  const auto with = [](const char* key, const char* value) {
    return programme::read_programme_file("golden-a", {{key, value}});
  };
  CHECK(with("couple.Ni3/4.level", "\"4.6 V\"").model.ladder.couples[1].level_V == doctest::Approx(4.6));
  CHECK(with("couple.1.level", "\"4.6 V\"").model.ladder.couples[1].level_V == doctest::Approx(4.6));
  CHECK(with("step.heat.duration", "\"1 h\"").programme.branches[0].steps[0].duration_s == doctest::Approx(3600));
  CHECK(with("step.charge.rate", "\"C/4\"").programme.trunk[0].rate_per_s == doctest::Approx(0.89 / 4 / 3600));
  for (const char* name : {"transport.log10_D_cm2_s.3", "diffusivity.3"}) {
    ProgrammeFile file = with(name, "-15.5");
    CHECK(file.model.transport.diffusivity.log10_cm2_s[3] == -15.5);
    CHECK(*particle::parameter(file.model, file.programme, name).number == -15.5);
    CHECK(origin_of(file, "transport.log10_D_cm2_s.3").kind == OriginKind::given);
  }
  // every parameter of every preset can be set by its name
  for (const programme::Preset& preset : programme::presets()) {
    ProgrammeFile file = programme::read_programme_file(preset.name, {});
    std::vector<particle::Parameter> all = particle::parameters(file.model);
    for (particle::Parameter& p : particle::parameters(file.programme)) all.push_back(p);
    for (const particle::Parameter& p : all) {
      const std::string value =
          p.unit == "1" ? std::to_string(*p.number) : "\"" + std::to_string(*p.number) + " " + p.unit + "\"";
      CAPTURE(preset.name);
      CAPTURE(p.name);
      CHECK_NOTHROW([&] {
        try {
          programme::read_programme_file(preset.name, {{p.name, value}});
        } catch (const core::UsageError& error) {
          // rounding of to_string may leave a range; the name itself must be known
          if (error.facts().what.find("unknown") != std::string::npos) throw;
          if (error.facts().what.find("no such") != std::string::npos) throw;
        }
      }());
    }
  }
}

TEST_CASE("a value from the command line that changes nothing is refused, one that does is not" *
          doctest::test_suite("numerics")) {
  CHECK_THROWS_WITH(programme::refuse_idle_overrides("lmr-paper-x105", {{"step.0.until_voltage", "\"4.8 V\""}}),
                    doctest::Contains("changes nothing"));
  CHECK_THROWS_WITH(programme::refuse_idle_overrides("golden-a", {{"grain.radius", "\"100 nm\""}}),
                    doctest::Contains("already"));
  CHECK_THROWS_AS(
      programme::refuse_idle_overrides("golden-a", {{"grain.radius", "\"90 nm\""}, {"dimers.brightness", "2"}}),
      core::UsageError);
  CHECK_NOTHROW(programme::refuse_idle_overrides("golden-a", {{"grain.radius", "\"90 nm\""}}));
  CHECK_NOTHROW(programme::refuse_idle_overrides("golden-a", {{"step.0.until_voltage", "\"4.6 V\""}}));
  CHECK_NOTHROW(programme::refuse_idle_overrides("golden-a", {{"mechanics.youngs_modulus", "\"200 GPa\""}}));
  CHECK_NOTHROW(programme::refuse_idle_overrides("golden-a", {{"probes.tey_depth", "\"5.01 nm\""}}));
}

TEST_CASE("what the page says of slow-down and wait is where the gradient crosses 0.05 Li" *
          doctest::test_suite("numerics")) {
  const ProgrammeFile file = programme::read_programme_file("golden-a", {});
  const particle::Run run = particle::simulate(file.model, file.programme, particle::Record::marks);
  const auto said = programme::without_assumptions(file, run);
  const auto number_after = [&](const std::string& words) {
    for (const std::string& text : said) {
      if (const auto at = text.find(words); at != std::string::npos) return std::stod(text.substr(at + words.size()));
    }
    FAIL("not said: " << words);
    return 0.0;
  };
  const auto left = [&](double slow_down, double wait_s) {
    particle::Model model = file.model;
    particle::Programme steps = file.programme;
    steps.branches.clear();
    model.transport.rest_slowdown = slow_down;
    steps.trunk[1].duration_s = wait_s;
    return deviation(particle::simulate(model, steps, particle::Record::marks).trunk.marks.back());
  };
  const double phi = number_after("D at rest must be at most ");
  CHECK(left(0.94 * phi, file.programme.trunk[1].duration_s) >= 0.05);
  CHECK(left(1.06 * phi, file.programme.trunk[1].duration_s) < 0.05);
  const double hours = number_after("0.05 Li are left for ");
  CHECK(left(1, 0.94 * hours * 3600) >= 0.05);
  CHECK(left(1, 1.06 * hours * 3600) < 0.05);
}

TEST_CASE("no one D leaves more than the page says, for any wait" * doctest::test_suite("numerics")) {
  for (const char* wait : {"\"1 h\"", "\"5 h\"", "\"1 day\""}) {
    const ProgrammeFile file = programme::read_programme_file("golden-a", {{"step.wait.duration", wait}});
    const particle::Run run = particle::simulate(file.model, file.programme, particle::Record::marks);
    double said = -1;
    for (const std::string& text : programme::without_assumptions(file, run)) {
      if (!text.starts_with("One D")) continue;
      const auto at = text.find("at most ");
      said = at == std::string::npos ? 5e-4 : std::stod(text.substr(at + 8));
    }
    REQUIRE(said >= 0);
    double worst = 0;
    particle::Programme steps = file.programme;
    steps.branches.clear();
    for (int i = 0; i <= 160; ++i) {
      particle::Model model = file.model;
      model.transport.rest_slowdown = 1;
      model.transport.diffusivity.log10_multiplier = 0.5 + 0.0125 * i;
      const particle::Run other = particle::simulate(model, steps, particle::Record::marks);
      if (other.trunk.marks[1].seen.mean_lithium < 0.9 * run.trunk.marks[1].seen.mean_lithium) continue;
      worst = std::max(worst, deviation(other.trunk.marks[2]));
    }
    CAPTURE(wait);
    CHECK(worst <= said + 6e-4);
    CHECK(worst >= 0.9 * said - 6e-4);
  }
}
