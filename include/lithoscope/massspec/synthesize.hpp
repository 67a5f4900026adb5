// Runs backwards: the files a spectrometer and a thermobalance would have written of gas that is released.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lithoscope/massspec/ion_record.hpp"
#include "lithoscope/massspec/transport.hpp"

namespace lithoscope::massspec {

/// Gas that leaves a sample, moment by moment.
struct GasSource {
  std::vector<double> time_s, temperature_K, mass_kg;
  std::vector<std::pair<std::string, std::vector<double>>> rate_mol_per_s;  ///< a gas, over time_s
};

struct Spectrometer {
  std::vector<double> mz = {16, 18, 28, 32, 40, 44};
  double sensitivity_C_per_mol = 0.1;  ///< at the base mass of every gas
  double cycle_s = 1.5;                ///< from one reading of an ion to its next
  double before_s = 1800;              ///< recorded before the heating
  Transport transport = {{8, 0}, {20, 0}};
  double background_A = 1e-11;
  double drift = -0.2;       ///< of the background over the record, relative: outgassing that fades
  double floor_A = 5e-14;    ///< sigma of a reading without current
  double counted_A = 1e-16;  ///< variance a unit of current: sigma^2 = floor^2 + counted * current
  std::uint64_t seed = 1;
};

IonRecord synthesize_ions(const GasSource& source, const Spectrometer& spectrometer);
BalanceRecord synthesize_balance(const GasSource& source, double noise_kg, std::uint64_t seed);

/// As Zilien (version 2) and Quadera write it, as STARe exports it. `start` must be set.
std::string zilien_text(const IonRecord& record);
std::string quadera_text(const IonRecord& record);
std::string mettler_text(const BalanceRecord& record, const std::string& sample);

}  // namespace lithoscope::massspec
