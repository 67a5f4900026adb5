// Heatings with gas whose truth is planted: other fragments, drifts and a mixing of their own, which no fit links to.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lithoscope/massspec/ion_record.hpp"

namespace lithoscope::validation {

enum class PlantedDrift { none, linear, decay, power_law, slow_wave, walk };
constexpr int planted_drifts = 6;

struct PlantedHeating {
  std::vector<double> mz = {12, 14, 16, 18, 28, 32, 44};
  std::map<std::string, double> mol;  ///< released in all, a gas
  double begin_s = 1200;              ///< after heating begins
  double rise_s = 60, fade_s = 400;   ///< of the release
  double sensitivity_C_per_mol = 0.1;
  double fragments = 0.1;  ///< relative sigma by which this instrument's shares differ from the tables
  double delay_s = 0, mixing_s = 0;
  double background_A = 1e-11, drift = 0.2;
  PlantedDrift kind = PlantedDrift::power_law;
  double noise_A = 5e-14, counted_A = 1e-16;
  double cycle_s = 1.5, before_s = 2400, heating_s = 3600, rate_K_per_min = 10;
  std::uint64_t seed = 1;
};

struct Planted {
  massspec::IonRecord ions;
  massspec::BalanceRecord balance;
  double first_s;  ///< when gas first leaves the sample, on the spectrometer's clock
};
Planted plant(const PlantedHeating& heating);

}  // namespace lithoscope::validation
