#include <doctest/doctest.h>

#include <cmath>

#include "lithoscope/core/rng.hpp"

using namespace lithoscope::core;

TEST_CASE("Philox4x32-10 gives its published test vectors") {
  // Random123 known-answer tests (kat_vectors).
  CHECK(philox4x32_10({0, 0, 0, 0}, {0, 0}) ==
        std::array<std::uint32_t, 4>{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});
  CHECK(philox4x32_10({0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu}, {0xffffffffu, 0xffffffffu}) ==
        std::array<std::uint32_t, 4>{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu});
  CHECK(philox4x32_10({0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}, {0xa4093822u, 0x299f31d0u}) ==
        std::array<std::uint32_t, 4>{0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u});
}

TEST_CASE("a stream depends on its seed and number only") {
  RandomStream a{1, 2};
  RandomStream b{1, 2};
  RandomStream c{1, 3};
  const double first = a.normal();
  CHECK(first == b.normal());
  CHECK(first != c.normal());
}

TEST_CASE("normal numbers have mean 0, variance 1 and the right tails") {
  RandomStream random{3, 0};
  constexpr int n = 400'000;
  double sum = 0, squares = 0;
  int beyond = 0;
  for (int i = 0; i < n; ++i) {
    const double x = random.normal();
    sum += x;
    squares += x * x;
    beyond += std::abs(x) > 1.959963984540054;
  }
  CHECK(std::abs(sum / n) < 5 / std::sqrt(n));
  CHECK(std::abs(squares / n - 1) < 5 * std::sqrt(2.0 / n));
  CHECK(std::abs(beyond / double{n} - 0.05) < 5 * std::sqrt(0.05 * 0.95 / n));
}
