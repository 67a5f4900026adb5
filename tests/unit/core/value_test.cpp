#include <doctest/doctest.h>

#include <cmath>

#include "lithoscope/core/rng.hpp"
#include "lithoscope/core/value.hpp"

using namespace lithoscope::core;

TEST_CASE("a value is printed rounded to its uncertainty") {
  CHECK(format_value(Value::with_sigma(1.2384e-15, 0.031e-15)) == "1.24(3)e-15");
  CHECK(format_value(Value::with_sigma(3.7216, 0.123)) == "3.72(12)");
  CHECK(format_value(Value::with_sigma(26.88, 0.05)) == "26.88(5)");
  CHECK(format_value(Value::with_sigma(3e-4, 0.04)) == "0.00(4)");  // as large as its uncertainty, not smaller
  CHECK(format_value(Value::with_sigma(3.0e-12, 1.5e-12)) == "3.0(15)e-12");
  CHECK(format_value(Value::with_sigma(0.0, 0.25)) == "0.0(3)");
  CHECK(format_value(Value::exact(85.24)) == "85.24");
  CHECK(format_value(Value::with_sigma(-17.752, 0.131)) == "-17.75(13)");
}

TEST_CASE("an uncertainty that rounds up to the next power of ten keeps its size") {
  CHECK(format_value(Value::with_sigma(5.0, 0.0961)) == "5.00(10)");
}

TEST_CASE("what is not a number is not printed as one") { CHECK(format_value({std::nan(""), 1}) == "not known"); }

TEST_CASE("propagation agrees with simulation") {
  const Value a = Value::with_sigma(3.0, 0.03);
  const Value b = Value::with_sigma(2.0, 0.02);
  RandomStream random{7, 0};
  double sum[3] = {};
  double squares[3] = {};
  constexpr int draws = 200'000;
  for (int i = 0; i < draws; ++i) {
    const double x = a.value + a.sigma() * random.normal();
    const double y = b.value + b.sigma() * random.normal();
    const double results[3] = {x / y, std::pow(x, 2) * y, std::log10(x - y)};
    for (int k = 0; k < 3; ++k) {
      sum[k] += results[k];
      squares[k] += results[k] * results[k];
    }
  }
  const Value expected[3] = {a / b, power(a, 2) * b, log10(a - b)};
  for (int k = 0; k < 3; ++k) {
    const double mean = sum[k] / draws;
    const double sigma = std::sqrt(squares[k] / draws - mean * mean);
    CHECK(std::abs(expected[k].sigma() / sigma - 1) <
          0.01);  // 200,000 draws know sigma to 0.16 %, first order is 0.1 % off
  }
}
