#include <doctest/doctest.h>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/material/composition.hpp"

using namespace lithoscope;

TEST_CASE("the paper's material has its molar mass and its lithium") {
  const auto lmr = material::parse_formula("Li1.2Ni0.15Co0.1Mn0.55O2");
  CHECK(lmr.molar_mass_g_per_mol == doctest::Approx(85.240).epsilon(5e-5));  // tables of atomic weights differ by 2e-5
  CHECK(lmr.amount("Li") == doctest::Approx(1.2));
  CHECK(lmr.amount("O") == doctest::Approx(2));
  CHECK(lmr.amount("Fe") == 0);
}

TEST_CASE("what is not a formula is refused") {
  for (const char* text : {"", "lithium", "Li1.2Xx", "Li(", "2"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(material::parse_formula(text), core::UsageError);
  }
}
