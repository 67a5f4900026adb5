// The committed example, end to end through the public functions: its truth is in make_raw_file.cpp.
#include <doctest/doctest.h>

#include <cmath>

#include "lithoscope/echem/cycler_files.hpp"
#include "lithoscope/echem/gitt.hpp"

using namespace lithoscope;

TEST_CASE("the example's D lies in its intervals and its open-circuit curve is found") {
  const auto table = echem::read_cycler_file(io::InputFile::open("examples/exact_sphere/gitt.mpt"));
  echem::GittSample sample;
  sample.cell = echem::CellKind::half_cell;
  sample.diffusion_length = echem::DiffusionLength{core::Value::exact(50e-9), echem::Geometry::sphere, ""};
  sample.active_mass_kg = table.sample.active_mass_kg;
  sample.molar_mass_g_per_mol = 85.24;
  sample.extracted_at_start = 0.02;
  sample.lithium_per_formula_unit = 1.2;
  const auto result = echem::analyse_gitt(table, sample, {}, {}, {});
  REQUIRE(result.pulses.size() == 48);
  int covered = 0;
  double squares = 0;
  for (const auto& p : result.pulses) {
    const double off = p.log10_D.value - std::log10(4e-19);
    squares += off * off / 48;
    covered += std::abs(off) < 1.96 * p.log10_D.sigma();
    // What still has to relax is estimated to a few millivolts, and its sign is right.
    const double truth = 3.70 + 1.45 * p.x_after - 1.05 * 0.05 * std::log1p(std::exp((p.x_after - 0.45) / 0.05));
    CHECK(std::abs(p.rest_after_V.value - p.residual_V - truth) < std::abs(p.rest_after_V.value - truth) + 1e-4);
  }
  CHECK(std::sqrt(squares) < 0.05);
  CHECK(covered >= 40);
}
