// Numbers read off a figure: what they become, and what is refused.
#include <doctest/doctest.h>

#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/digitised/digitised_table.hpp"

using namespace lithoscope;

namespace {

std::vector<result::Observable> read(const std::string& text) {
  return digitised::read_digitised(io::InputFile::from_bytes("figure.csv", text), "charged");
}

core::ErrorFacts refusal(const std::string& text) {
  try {
    read(text);
  } catch (const core::UnreadableFile& error) {
    return error.facts();
  }
  FAIL("it was read");
  return {};
}

}  // namespace

TEST_CASE("a row is an observable, whose yield says how deep it sees") {
  const auto all = read(
      "# by hand\nobservable,value,error,unit,depth,depth_nm\nvalence/Ni/electrons,3.62,0.02,e,,4\n"
      "change/feature/O/531-523,12,5,%,,\n");
  REQUIRE(all.size() == 2);
  CHECK(all[0].depth.law == result::DepthLaw::surface);
  CHECK(all[0].depth.length_nm == 4);
  CHECK(all[0].variance[0] == doctest::Approx(4e-4));
  CHECK(all[0].against.empty());
  CHECK(all[1].against == "charged");
  CHECK(all[1].depth.law == result::DepthLaw::fluorescence);
}

TEST_CASE("an error of the place becomes one of the value through the slope") {
  const auto all =
      read("observable,along,along_error,value,error\ncurve,0,0.1,0,1\ncurve,1,0.1,20,1\ncurve,2,0.1,40,1\n");
  REQUIRE(all.size() == 1);
  REQUIRE(all[0].size() == 3);
  CHECK(all[0].variance[1] == doctest::Approx(1 + 4));
}

TEST_CASE("what is missing or wrong is named with its line") {
  CHECK(refusal("observable,value\nvalence/Ni/electrons,3.6\n").what.find("error") != std::string::npos);
  CHECK(refusal("observable,value,error\nvalence/Ni/electrons,3.6,0\n").where.line == 2);
  CHECK(refusal("observable,value,error\nvalence/Ni/electrons,,0.1\n").what.find("no value") != std::string::npos);
  CHECK(refusal("observable,valeu,error\na,1,1\n").expected.find("value") != std::string::npos);
  CHECK(refusal("observable,value,error,depth\na,1,1,deep\n").expected.find("electrons") != std::string::npos);
}

TEST_CASE("every template is read back once it is filled in") {
  for (const char* figure : {"2", "3", "4", "5"})
    CHECK(digitised::template_of(figure).find("observable") != std::string::npos);
  CHECK_THROWS_AS(digitised::template_of("9"), core::UsageError);
}
