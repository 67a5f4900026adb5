#include "lithoscope/particle/degradation.hpp"

#include <fmt/format.h>

#include "extents.hpp"
#include "lithoscope/core/errors.hpp"

namespace lithoscope::particle {

Extents advance_degradation(const Degradation& kinetics, const Extents& from, double temperature_K, double rate_K_per_s,
                            double duration_s) {
  return advance_extents<double>(kinetics, PlainNumbers{}, from, temperature_K, rate_K_per_s, duration_s);
}

double kissinger_energy_kJ_per_mol(const std::vector<double>& rate_K_per_s, const std::vector<double>& peak_K) {
  const std::size_t n = rate_K_per_s.size();
  if (n < 2 || peak_K.size() != n) {
    throw core::UsageError({.what = "no Kissinger line can be drawn",
                            .expected = "a peak temperature for each of at least two heating rates",
                            .found = fmt::format("{} rates, {} peaks", n, peak_K.size())});
  }
  double mean_x = 0;
  double mean_y = 0;
  for (std::size_t i = 0; i < n; ++i) {
    mean_x += 1 / peak_K[i] / static_cast<double>(n);
    mean_y += std::log(rate_K_per_s[i] / (peak_K[i] * peak_K[i])) / static_cast<double>(n);
  }
  double sxy = 0;
  double sxx = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double dx = 1 / peak_K[i] - mean_x;
    sxy += dx * (std::log(rate_K_per_s[i] / (peak_K[i] * peak_K[i])) - mean_y);
    sxx += dx * dx;
  }
  return -sxy / sxx * core::gas_constant_J_per_mol_K * 1e-3;
}

}  // namespace lithoscope::particle
