#include <doctest/doctest.h>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/programme/programme_file.hpp"

using namespace lithoscope;
using programme::parse_programme_file;

namespace {

const std::string good = R"([programme]
title = "test"
one_c = 0.9
temperature = "30 degC"
[material]
formula = "Li1.2Ni0.15Co0.1Mn0.55O2"
[grain]
radius = "0.1 um"
[[couple]]
name = "Ni2/3"
element = "Ni"
valence = 2
level = "4.2 V"
width = "80 mV"
[oxygen]
sites = 0.75
[transport]
log10_D_cm2_s = [-14]
[[step]]
kind = "charge"
rate = "C/10"
until_lithium = 0.3
[[step]]
kind = "hold"
name = "warm"
temperature = "60 degC"
duration = "2 h"
)";

core::ErrorFacts refusal(std::string text, const std::vector<io::Override>& set = {}) {
  try {
    parse_programme_file(text, "p.toml", set);
  } catch (const core::UsageError& error) {
    return error.facts();
  }
  FAIL("the programme was accepted");
  return {};
}
std::string changed(const std::string& from, const std::string& to) {
  std::string text = good;
  text.replace(text.find(from), from.size(), to);
  return text;
}

}  // namespace

TEST_CASE("units are converted once and rates are per second of the mean") {
  const auto s = parse_programme_file(good, "p.toml", {});
  CHECK(s.model.grain.radius_nm == doctest::Approx(100));
  CHECK(s.model.ladder.couples[0].width_V == doctest::Approx(0.08));
  CHECK(s.programme.trunk[0].rate_per_s == doctest::Approx(0.09 / 3600));
  CHECK(s.programme.trunk[0].temperature_K == doctest::Approx(303.15));
  CHECK(s.programme.trunk[1].temperature_K == doctest::Approx(333.15));
  CHECK(s.programme.trunk[1].duration_s == doctest::Approx(7200));
}

TEST_CASE("a current stands for a rate, a bare C-rate needs its 1C") {
  const auto s = parse_programme_file(changed("C/10", "31.44 mA/g"), "p.toml", {});
  CHECK(s.programme.trunk[0].rate_per_s * 36000 == doctest::Approx(1).epsilon(1e-3));
  CHECK(parse_programme_file(changed("C/10", "0.5 C"), "p.toml", {}).programme.trunk[0].rate_per_s ==
        doctest::Approx(0.45 / 3600));
  CHECK(refusal(changed("one_c = 0.9\n", "")).expected.find("one_c") != std::string::npos);
  CHECK(refusal(changed("C/10", "fast")).found == "fast");
  CHECK(refusal(changed("C/10", "C/0")).found == "C/0");
}

TEST_CASE("mistakes are named with their line") {
  CHECK(refusal(changed("width = \"80 mV\"", "width = \"-80 mV\"")).what.find("not positive") != std::string::npos);
  CHECK(refusal(changed("radius = \"0.1 um\"", "radius = 100")).where.line == 8);
  CHECK(refusal(changed("radius", "raduis")).advice.find("radius") != std::string::npos);
  CHECK(refusal(changed("element = \"Ni\"", "element = \"Fe\"")).what.find("lacks") != std::string::npos);
  CHECK(refusal(changed("kind = \"hold\"", "kind = \"heat\"")).expected.find("hold") != std::string::npos);
  CHECK(refusal(changed("temperature = \"60 degC\"\n", "")).what.find("temperature") != std::string::npos);
  CHECK(refusal(changed("log10_D_cm2_s = [-14]", "log10_D_cm2_s = [-14, -15]")).what.find("does not fit") !=
        std::string::npos);
  CHECK(refusal(good + "[scan]\n[[scan.parameter]]\nname = \"grain.radios\"\nfrom = 1\nto = 2\ncount = 2\n")
            .advice.find("grain.radius") != std::string::npos);
  CHECK(refusal(good + "[scan]\nsamples = 1e30\n").what.find("count") != std::string::npos);
  CHECK(refusal(good, {{"grain.cells", "3"}}).what.find("out of range") != std::string::npos);
}

TEST_CASE("a rest can be looked at on the way") {
  const auto s = parse_programme_file(
      changed("duration = \"2 h\"", "duration = \"2 h\"\nprofiles = [\"10 min\", \"1 h\"]"), "p.toml", {});
  REQUIRE(s.programme.trunk.size() == 4);
  CHECK(s.programme.trunk[1].name == "warm, 10 min");
  CHECK(s.programme.trunk[2].duration_s == doctest::Approx(3000));
  CHECK(s.programme.trunk[3].name == "warm");
  CHECK(s.programme.trunk[3].duration_s == doctest::Approx(3600));
  CHECK(refusal(changed("duration = \"2 h\"", "duration = \"2 h\"\nprofiles = [\"3 h\"]")).found == "3 h");
  CHECK(refusal(changed("duration = \"2 h\"", "duration = \"2 h\"\nprofiles = [\"3 nm\"]")).what.find("profiles") !=
        std::string::npos);
}

TEST_CASE("every preset reads, and what it resolves to reads back to the same") {
  const auto all = programme::presets();
  CHECK(all.size() >= 10);
  for (const auto& preset : all) {
    CAPTURE(preset.name);
    const auto first = programme::read_programme_file(preset.name, {});
    const std::string text = programme::resolved_text(first);
    const auto second = parse_programme_file(text, "resolved.toml", {});
    CHECK(programme::resolved_text(second) == text);
    CHECK(second.programme.trunk.size() == first.programme.trunk.size());
  }
  CHECK_THROWS_WITH(programme::read_programme_file("lmr-papre", {}), doctest::Contains("lmr-paper"));
}
