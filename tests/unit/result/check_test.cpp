#include <doctest/doctest.h>

#include <functional>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/result/result.hpp"
#include "result_cases.hpp"

using namespace lithoscope;
using namespace lithoscope::result;

namespace {

Result sound() {
  Result r = test::random_result(2);
  return r;
}

void one_fault(const char* what, const std::function<void(Result&)>& spoil) {
  CAPTURE(what);
  Result r = sound();
  spoil(r);
  CHECK_FALSE(faults_of(r).empty());
  CHECK_THROWS_AS(check(r), core::ComputationError);
}

}  // namespace

TEST_CASE("a sound result has no faults") {
  const auto faults = faults_of(sound());
  for (const std::string& fault : faults) MESSAGE(fault);
  CHECK(faults.empty());
}

TEST_CASE("each promise of a result is checked") {
  one_fault("a column of another length", [](Result& r) {
    r.tables[1].columns[0].values = std::vector<double>{1};
    r.tables[1].columns[2].values = std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9};
  });
  one_fault("a unit that is none", [](Result& r) { r.numbers[0].unit = "volts per banana"; });
  one_fault("a NaN without a reason", [](Result& r) { r.numbers[2].flag.clear(); });
  one_fault("a NaN in a column without a reason",
            [](Result& r) { r.tables[1].columns[0].values = std::vector<double>(r.tables[1].rows(), not_a_number); });
  one_fault("a negative variance", [](Result& r) { r.numbers[0].value.variance = -1; });
  one_fault("two tables of one name", [](Result& r) { r.tables[0].name = "second"; });
  one_fault("a name that leaves the folder", [](Result& r) { r.figures[0].name = "../etc"; });
  one_fault("a figure of a table that is not there", [](Result& r) { r.figures[0].plots[0].table = "gone"; });
  one_fault("a figure of words", [](Result& r) { r.figures[0].plots[0].y = "note"; });
  one_fault("a section of a figure that is not there", [](Result& r) { r.sections[0].figures = {"gone"}; });
  one_fault("a column without help", [](Result& r) { r.tables[0].columns[0].help.clear(); });
  one_fault("a covariance that is none", [](Result& r) {
    r.observables[0].values = {1, 2};
    r.observables[0] = {
        .name = "v", .unit = "", .axis_name = "x", .axis = {1, 2}, .values = {1, 2}, .covariance = {1, 2, 2, 1}};
  });
  one_fault("a common mode of another length",
            [](Result& r) { r.observables[0].common = {{"scale", {1, 2, 3, 4, 5, 6, 7}}}; });
}
