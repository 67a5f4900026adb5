// Steps are a partition of the rows, whatever the current does.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>

#include "lithoscope/echem/gitt.hpp"

using namespace lithoscope;

namespace {

echem::CyclerTable table_of(const std::vector<double>& currents) {
  echem::CyclerTable table;
  for (const double c : currents) {
    table.time_s.push_back(static_cast<double>(table.time_s.size()));
    table.current_A.push_back(c);
    table.potential_V.push_back(3.5 + 0.01 * c);
    table.stamp.push_back(echem::TimeStamp::stamped);
  }
  table.capacity_Ah = echem::integrate_current_Ah(table);
  return table;
}

rc::Gen<std::vector<double>> currents() {
  return rc::gen::container<std::vector<double>>(rc::gen::element(0.0, 0.0, 1e-3, 1e-3, -1e-3, 1e-9, 5e-4));
}

}  // namespace

TEST_CASE("steps cover all rows once, in order") {
  CHECK(rc::check("partition", [] {
    const auto table = table_of(*currents());
    std::int64_t next = 0;
    for (const auto& step : echem::find_steps(table, {})) {
      RC_ASSERT(step.first_row == next);
      RC_ASSERT(step.last_row >= step.first_row);
      RC_ASSERT(step.duration_s() >= 0);
      next = step.last_row + 1;
    }
    RC_ASSERT(next == table.rows());
  }));
}

TEST_CASE("scaling the current or starting the clock elsewhere changes no step") {
  CHECK(rc::check("invariance", [] {
    const auto table = table_of(*currents());
    auto scaled = table;
    for (double& c : scaled.current_A) c *= 1024;  // a power of two: no rounding
    auto shifted = table;
    for (double& t : shifted.time_s) t += 65536;
    const auto a = echem::find_steps(table, {});
    for (const auto& other : {echem::find_steps(scaled, {}), echem::find_steps(shifted, {})}) {
      RC_ASSERT(other.size() == a.size());
      for (std::size_t i = 0; i < a.size(); ++i) {
        RC_ASSERT(other[i].first_row == a[i].first_row);
        RC_ASSERT(other[i].direction == a[i].direction);
      }
    }
  }));
}

TEST_CASE("the analysis never throws on finite input, and every unusable D has a reason") {
  CHECK(rc::check("gitt", [] {
    echem::GittSample sample;
    sample.diffusion_length = echem::DiffusionLength{core::Value::exact(50e-9), echem::Geometry::sphere, ""};
    sample.active_mass_kg = 1e-6;
    sample.molar_mass_g_per_mol = 85;
    const auto result = echem::analyse_gitt(table_of(*currents()), sample, {}, {}, {});
    for (const auto& pulse : result.pulses) RC_ASSERT(std::isfinite(pulse.D_m2_s.value) || !pulse.flags.empty());
  }));
}
