// Titrations with a known D(x) and open-circuit curve, on a mesh and time steps far finer than those of the fit.
#pragma once

#include <cmath>
#include <functional>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/echem/gitt.hpp"
#include "lithoscope/particle/driven_transport.hpp"

namespace lithoscope::test {

struct TitrationTwin {
  echem::Geometry geometry = echem::Geometry::sphere;
  double radius_m = 100e-9;
  double x_start = 0.05;
  double rate_per_s = 1.3e-5;  ///< lithium per formula unit and second; negative: discharge
  double every_other = 1;      ///< times the rate, of the second, fourth ... pulse
  int pulses = 24;
  double pulse_s = 1200;
  double rest_s = 7200;
  double row_every_s = 20;  ///< after a dense start
  double first_row_s = 0.5;
  double noise_V = 2e-4;
  double drift_V_per_s = 0;
  double overpotential_V = 0.01;  ///< at the pulses' current
  std::uint64_t seed = 1;
  std::function<double(double)> log10_D = [](double x) {
    return -18 - 1.2 * std::exp(-std::pow((x - 0.25) / 0.08, 2));
  };
  std::function<double(double)> ocv_V = [](double x) { return 3.7 + 1.3 * x - 0.6 * x * x; };
};

inline constexpr double twin_mass_kg = 1e-3;
inline constexpr double twin_molar_mass = 85.24;

inline echem::GittSample sample_of(const TitrationTwin& twin) {
  echem::GittSample sample;
  sample.cell = echem::CellKind::half_cell;
  const double length = twin.radius_m / echem::radius_per_length(twin.geometry);
  sample.diffusion_length = echem::DiffusionLength{core::Value::exact(length), twin.geometry, "test"};
  sample.active_mass_kg = twin_mass_kg;
  sample.molar_mass_g_per_mol = twin_molar_mass;
  sample.lithium_per_formula_unit = 1.2;
  sample.extracted_at_start = twin.x_start;
  return sample;
}

inline double ampere_per_rate() { return core::faraday_C_per_mol * twin_mass_kg / (twin_molar_mass * 1e-3); }

inline echem::CyclerTable record_of(const TitrationTwin& twin) {
  particle::DrivenGrain grain;
  grain.geometry = twin.geometry;
  grain.radius_m = twin.radius_m;
  grain.cells = 120;
  grain.surface_spacing = 2e-4;
  grain.x_start = twin.x_start;
  for (int k = 0; k <= 400; ++k) {
    const double x = -0.2 + 1.6 * k / 400;
    grain.diffusivity.x.push_back(x);
    grain.diffusivity.ln_m2_s.push_back(std::log(10.0) * twin.log10_D(x));
  }
  particle::DrivenTransport transport{grain, false};
  core::RandomStream noise{twin.seed, 0};
  echem::CyclerTable table;
  table.capacity_origin = echem::CapacityOrigin::file_net_counter;
  double delivered = 0;
  const auto write = [&](double time_s, double rate) {
    const double eta = rate == 0 ? 0 : std::copysign(twin.overpotential_V, rate);
    table.time_s.push_back(time_s);
    table.potential_V.push_back(twin.ocv_V(transport.surface()) + eta + twin.drift_V_per_s * time_s +
                                twin.noise_V * noise.normal());
    table.current_A.push_back(rate * ampere_per_rate());
    table.capacity_Ah.push_back(delivered * ampere_per_rate() / core::seconds_per_hour);
    table.stamp.push_back(echem::TimeStamp::stamped);
  };
  double now = 0;
  const auto stretch = [&](double duration_s, double rate) {
    double at = 0;
    double row = std::min(twin.first_row_s, twin.row_every_s);
    const double before = delivered;
    for (double next = 1e-6 * duration_s; at < duration_s; next = std::min(at * 1.15, at + twin.row_every_s)) {
      const double stop = std::min({next, row, duration_s});
      transport.step(rate, stop - at);
      at = stop;
      delivered = before + rate * at;
      if (at < row && at < duration_s) continue;
      write(now + at, rate);
      row = std::min(row * 1.5, row + twin.row_every_s);
    }
    now += duration_s;
  };
  write(0, 0);
  stretch(600, 0);
  for (int pulse = 0; pulse < twin.pulses; ++pulse) {
    stretch(twin.pulse_s, twin.rate_per_s * (pulse % 2 == 0 ? 1 : twin.every_other));
    stretch(twin.rest_s, 0);
  }
  return table;
}

}  // namespace lithoscope::test
