// The instrument backwards: the record a cycler would have written of a model particle under a programme, and, as a
// yardstick, that of one sphere with constant D from the exact solution.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "lithoscope/echem/cycler_table.hpp"
#include "lithoscope/particle/simulate.hpp"

namespace lithoscope::echem {

struct Instrument {
  double active_mass_kg = 4.1e-6;
  double rest_before_s = 600;  ///< at open circuit, before the programme starts
  double noise_V = 0;          ///< standard deviation of a row, white
  double resolution_V = 1e-6;  ///< of the recorded potential; 0 keeps all digits
  std::uint64_t seed = 1;
};

/// One row a row of the leg's trace: run the programme with a Sampling. Current from the rate, the mass and the
/// formula; the charge counter as the particle has it.
CyclerTable synthesize_record(const particle::Model& model, const particle::Leg& leg, const Instrument& instrument);

struct SphereGitt {
  double radius_m = 150e-9;
  double D_m2_s = 1e-18;
  double active_mass_kg = 4.1e-6;
  double molar_mass_g_per_mol = 85.240;
  double current_A = 82e-6;  ///< 20 mA/g
  double pulse_s = 600;
  double rest_s = 7200;
  int pulses = 20;
  double x_start = 0;          ///< lithium extracted at the start
  double resistance_ohm = 50;  ///< in series: iR
  double noise_V = 1e-4;       ///< standard deviation
  double resolution_V = 1e-6;  ///< of the recorded potential
  std::uint64_t seed = 1;
  std::function<double(double x)> ocv_V;  ///< open-circuit potential against lithium extracted
  std::vector<double> pulse_times_s;      ///< since switching; empty: a logarithmic then even schedule
};

/// Superposition of constant fluxes is exact while D is constant, so any open-circuit curve is allowed.
CyclerTable synthesize_gitt(const SphereGitt& cell);

}  // namespace lithoscope::echem
