// The solver against exact solutions and its own order of convergence.
#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "particle_exact.hpp"

using namespace lithoscope::particle;

TEST_CASE("exact solutions are met to one part in ten thousand") {
  for (const ExactCase& c : exact_cases()) {
    CAPTURE(c.name);
    CHECK(c.worst_relative_error() <= 1e-4);
  }
}

TEST_CASE("the surface under a flux is right to a thousandth from theta 1e-6 to 1 with 60 cells") {
  for (double log10_theta = -6; log10_theta <= 0; log10_theta += 0.5) {
    CAPTURE(log10_theta);
    CHECK(std::abs(surface_error_at(std::pow(10.0, log10_theta), 60, 5e-5)) <= 1e-3);
  }
}

TEST_CASE("errors fall with the square of the cells, with D over three decades") {
  const auto heated = [](int cells) {
    Model m = lmr_model();
    m.grain.cells = cells;
    m.grain.surface_spacing = 0.16 / cells;
    m.numerics.tolerance = 1e-9;
    const Run run = simulate(m, charge_wait_heat(), Record::marks);
    return run.branches[0].marks.back().seen;
  };
  const Observables fine = heated(1280);
  const auto errors = [&](const Observables& o) {
    return std::array{o.mean_lithium - fine.mean_lithium, o.core_lithium - fine.core_lithium,
                      o.mean_holes - fine.mean_holes};
  };
  const auto coarse = errors(heated(80));
  const auto twice = errors(heated(160));
  for (std::size_t i = 0; i < coarse.size(); ++i) {
    CAPTURE(i);
    CHECK(coarse[i] / twice[i] > 3.2);
    CHECK(coarse[i] / twice[i] < 5.0);
  }
}

TEST_CASE("conservation holds to rounding and the free energy never rises") {
  for (const NamedCase& c : closed_cases()) {
    CAPTURE(c.name);
    const Run run = simulate(c.model, c.programme, Record::everything);
    const auto [rise, fall] = free_energy_changes(c.model, run);
    CHECK(fall > 1e-4);
    CHECK(rise <= 1e-12 * fall);
    for (std::size_t i = 0; i < run.trunk.trace.time_s.size(); ++i) {
      REQUIRE(std::abs(run.trunk.trace.mean_lithium[i] - c.model.grain.lithium_extracted -
                       run.trunk.trace.delivered[i]) < 1e-12);
    }
  }
}
