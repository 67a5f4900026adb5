#include "lithoscope/core/settings.hpp"

#include <doctest/doctest.h>

#include "lithoscope/core/errors.hpp"

using namespace lithoscope;
using namespace lithoscope::core;

namespace {

enum class Way { edge, maximum };
constexpr std::array<std::string_view, 2> way_words{"edge", "maximum"};

struct Everything {
  double width = 0.5;
  bool on = true;
  int count = 3;
  std::string name;
  std::optional<double> e0;
  std::optional<Value> mass;
  std::vector<std::string> lines{"C Ka", "O Ka"};
  Way way = Way::maximum;
};

std::span<const Setting<Everything>> table() {
  using E = Everything;
  static const std::array all{Setting<E>{"width", "eV", &E::width, "Width", 0, 10},
                              Setting<E>{"on", "", &E::on, "Switch"},
                              Setting<E>{"count", "1", &E::count, "Count", 1, 5},
                              Setting<E>{"name", "", &E::name, "Name"},
                              Setting<E>{"e0", "eV", &E::e0, "Edge", 0, 1e5, "steepest rise"},
                              Setting<E>{"mass", "kg", &E::mass, "Mass"},
                              Setting<E>{"lines", "", &E::lines, "Lines"},
                              Setting<E>{"way", "", choice_of<&E::way, E>(way_words), "Way"}};
  return all;
}

SettingInfo info(const std::string& name) {
  for (const SettingInfo& i : setting_infos<Everything>(table(), "All")) {
    if (i.name == name) return i;
  }
  return {};
}

}  // namespace

TEST_CASE("one table fills a struct and gives it back, for every kind") {
  Everything given;
  given.width = 1.25;
  given.on = false;
  given.count = 4;
  given.name = "x";
  given.e0 = 8333;
  given.mass = Value::with_sigma(4.1e-6, 1e-7);
  given.lines = {"Ni La"};
  given.way = Way::edge;
  Everything back;
  fill_settings(table(), settings_of(table(), given), back);
  CHECK(settings_of(table(), back) == settings_of(table(), given));
  CHECK(back.way == Way::edge);
  CHECK(back.e0 == 8333);
}

TEST_CASE("a switch is yes or no, nothing else") {
  CHECK(std::get<bool>(parse_setting(info("on"), "no")) == false);
  CHECK(std::get<bool>(parse_setting(info("on"), "true")) == true);
  for (const char* wrong : {"0.5", "1", "maybe", ""}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(parse_setting(info("on"), wrong), UsageError);
  }
  CHECK_THROWS_AS(checked_setting(info("on"), 0.5, "on"), UsageError);
}

TEST_CASE("numbers are taken with and without their unit, and refused outside their range") {
  CHECK(std::get<double>(parse_setting(info("width"), "250 meV")) == doctest::Approx(0.25));
  CHECK(std::get<double>(parse_setting(info("width"), "2")) == 2);
  for (const char* wrong : {"11", "-1", "2 V", "wide", "nan", "inf"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(parse_setting(info("width"), wrong), UsageError);
  }
  CHECK(std::get<std::int64_t>(parse_setting(info("count"), "4")) == 4);
  CHECK_THROWS_AS(parse_setting(info("count"), "2.5"), UsageError);
  CHECK(std::get<Value>(parse_setting(info("mass"), "4.1 +- 0.1 mg")).sigma() == doctest::Approx(1e-7));
}

TEST_CASE("a choice that is none names the nearest") {
  try {
    parse_setting(info("way"), "maximun");
    FAIL("taken");
  } catch (const UsageError& error) {
    CHECK(error.facts().advice == "did you mean maximum?");
  }
}

TEST_CASE("a default says what it is, or what its absence means") {
  CHECK(info("width").default_text() == "0.5 eV");
  CHECK(info("on").default_text() == "yes");
  CHECK(info("e0").default_text() == "steepest rise");
  CHECK(info("name").default_text() == "none");
  CHECK(info("lines").default_text() == "C Ka, O Ka");
  CHECK(info("way").default_text() == "maximum");
}
