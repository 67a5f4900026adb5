#include "lithoscope/echem/synthesize.hpp"

#include <cmath>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/echem/diffusion.hpp"
#include "lithoscope/material/valence.hpp"

namespace lithoscope::echem {
namespace {

// Dense at first, as an instrument that records on dE writes: 1.3 times the time before until even steps take over.
std::vector<double> recording_schedule(double duration_s, double even_step_s) {
  std::vector<double> times;
  double t = 0.1;
  while (t < duration_s) {
    times.push_back(t);
    t = std::min(t * 1.3, t + even_step_s);
  }
  times.push_back(duration_s);
  return times;
}

double rounded(double V, double resolution_V) {
  return resolution_V > 0 ? std::round(V / resolution_V) * resolution_V : V;
}

class Recorder {
 public:
  Recorder(const SphereGitt& cell, CyclerTable& table) : cell_(cell), table_(table), noise_(cell.seed, 0) {}

  void record(double time_s, double current_A, double charge_C) {
    const double per_formula = cell_.molar_mass_g_per_mol * 1e-3 / (core::faraday_C_per_mol * cell_.active_mass_kg);
    const double x_mean = cell_.x_start + charge_C * per_formula;
    // Surface minus mean, one constant flux switched on or off at a time.
    const double flux_unit = cell_.current_A * per_formula * cell_.radius_m * cell_.radius_m / (3 * cell_.D_m2_s);
    double offset = 0;
    for (const auto& [at_s, sign] : switches_) {
      const double theta = cell_.D_m2_s * (time_s - at_s) / (cell_.radius_m * cell_.radius_m);
      if (theta <= 0) continue;
      offset += sign * (surface_rise(Geometry::sphere, theta) - mean_rise(Geometry::sphere, theta));
    }
    double potential = cell_.ocv_V(x_mean + flux_unit * offset) + current_A * cell_.resistance_ohm;
    potential += cell_.noise_V * noise_.normal();
    table_.time_s.push_back(time_s);
    table_.potential_V.push_back(rounded(potential, cell_.resolution_V));
    table_.current_A.push_back(current_A);
    table_.capacity_Ah.push_back(charge_C / core::seconds_per_hour);
    table_.stamp.push_back(TimeStamp::stamped);
  }

  void switch_current(double time_s, double sign) { switches_.emplace_back(time_s, sign); }

 private:
  const SphereGitt& cell_;
  CyclerTable& table_;
  core::RandomStream noise_;
  std::vector<std::pair<double, double>> switches_;
};

}  // namespace

CyclerTable synthesize_record(const particle::Model& model, const particle::Leg& leg, const Instrument& instrument) {
  CyclerTable table;
  table.capacity_origin = CapacityOrigin::file_net_counter;
  table.sample.active_mass_kg = instrument.active_mass_kg;
  table.sample.molar_mass_g_per_mol = model.composition.molar_mass_g_per_mol;
  // mAh/g is Ah/kg.
  const double Ah_per_lithium = material::capacity_mAh_per_g_per_lithium(model.composition) * instrument.active_mass_kg;
  const particle::Mark& start = leg.marks.front();
  core::RandomStream noise{instrument.seed, 0};
  const auto add = [&](double time_s, double V, double rate_per_s, double lithium, double temperature_K) {
    table.time_s.push_back(time_s + instrument.rest_before_s - start.time_s);
    table.potential_V.push_back(rounded(V + instrument.noise_V * noise.normal(), instrument.resolution_V));
    table.current_A.push_back(rate_per_s * core::seconds_per_hour * Ah_per_lithium);
    table.capacity_Ah.push_back((lithium - start.seen.mean_lithium) * Ah_per_lithium);
    table.temperature_K.push_back(temperature_K);
    table.stamp.push_back(TimeStamp::stamped);
  };
  constexpr int rows_before = 11;
  for (int i = 0; i < rows_before; ++i) {
    const double before_s = instrument.rest_before_s * (1 - static_cast<double>(i) / (rows_before - 1));
    add(start.time_s - before_s, start.seen.surface_V, 0, start.seen.mean_lithium, start.temperature_K);
  }
  const particle::Trace& t = leg.trace;
  for (std::size_t i = 0; i < t.time_s.size(); ++i) {
    add(t.time_s[i], t.cell_V[i], t.rate_per_s[i], t.mean_lithium[i], t.temperature_K[i]);
  }
  return table;
}

CyclerTable synthesize_gitt(const SphereGitt& cell) {
  CyclerTable table;
  table.capacity_origin = CapacityOrigin::file_net_counter;
  table.sample.active_mass_kg = cell.active_mass_kg;
  table.sample.molar_mass_g_per_mol = cell.molar_mass_g_per_mol;
  const auto pulse_times = cell.pulse_times_s.empty() ? recording_schedule(cell.pulse_s, 10) : cell.pulse_times_s;
  const auto rest_times = recording_schedule(cell.rest_s, 60);
  Recorder recorder{cell, table};
  double now = 0;
  double charge = 0;
  recorder.record(now, 0, charge);
  for (const double t : recording_schedule(600, 60)) recorder.record(now + t, 0, charge);
  now += 600;
  for (int pulse = 0; pulse < cell.pulses; ++pulse) {
    recorder.switch_current(now, 1);
    for (const double t : pulse_times) recorder.record(now + t, cell.current_A, charge + cell.current_A * t);
    now += cell.pulse_s;
    charge += cell.current_A * cell.pulse_s;
    recorder.switch_current(now, -1);
    for (const double t : rest_times) recorder.record(now + t, 0, charge);
    now += cell.rest_s;
  }
  return table;
}

}  // namespace lithoscope::echem
