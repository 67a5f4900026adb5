#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/units.hpp"

using namespace lithoscope::core;

TEST_CASE("quantities people write arrive in native units") {
  CHECK(parse_quantity("4.1 mg", "kg").value == doctest::Approx(4.1e-6));
  CHECK(parse_quantity("100 degC", "K").value == doctest::Approx(373.15));
  CHECK(parse_quantity("100 °C", "K").value == doctest::Approx(373.15));
  CHECK(parse_quantity("280 mAh/g", "Ah/kg").value == doctest::Approx(280));
  CHECK(parse_quantity("1 Ah", "C").value == doctest::Approx(3600));
  CHECK(parse_quantity("3.7 m2/g", "m2/kg").value == doctest::Approx(3700));
  CHECK(parse_quantity("1e-14 cm2/s", "m2/s").value == doctest::Approx(1e-18));
  CHECK(parse_quantity(" 5 h ", "s").value == doctest::Approx(18000));
  CHECK(parse_quantity("0.5", "1").value == doctest::Approx(0.5));
}

TEST_CASE("an uncertainty travels with the quantity") {
  for (const char* text : {"3.7 +- 0.2 m2/g", "3.7 ± 0.2 m2/g", "3.7 +/- 0.2 m2/g"}) {
    const Value v = parse_quantity(text, "m2/kg");
    CHECK(v.value == doctest::Approx(3700));
    CHECK(v.sigma() == doctest::Approx(200));
  }
}

TEST_CASE("a quantity without number, without unit, of another dimension or of no unit is refused") {
  for (const char* text : {"", "mg", "4.1", "4.1 s", "4.1 mgg", "4.1 +- mg", "4.1 +- -1 mg", "4.1 Mg2"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_quantity(text, "kg"), UsageError);
  }
}

TEST_CASE("a frequency is not a time, although one is the reciprocal of the other") {
  CHECK_FALSE(conversion("s", "Hz").has_value());
  CHECK_THROWS_AS(parse_quantity("5 Hz", "s"), UsageError);
}

TEST_CASE("units are parsed from many threads at once") {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 200; ++i) CHECK(parse_quantity("1 mAh/g", "Ah/kg").value == doctest::Approx(1));
    });
  }
  for (std::thread& thread : threads) thread.join();
}
