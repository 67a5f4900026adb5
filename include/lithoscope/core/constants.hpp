// Physical constants, SI 2019, exact where nothing else is said.
#pragma once

namespace lithoscope::core {

inline constexpr double faraday_C_per_mol = 96485.33212331001;
inline constexpr double boltzmann_eV_per_K = 8.617333262e-5;
inline constexpr double bohr_magneton_eV_per_T = 5.7883818060e-5;  // CODATA 2018
inline constexpr double gas_constant_J_per_mol_K = 8.31446261815324;
inline constexpr double room_temperature_K = 298.15;
inline constexpr double zero_celsius_K = 273.15;
inline constexpr double coulomb_per_kg_of_mAh_per_g = 3600;
inline constexpr double seconds_per_hour = 3600.0;

}  // namespace lithoscope::core
