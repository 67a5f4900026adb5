#include "massspec_worlds.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "lithoscope/core/rng.hpp"

namespace lithoscope::validation {
namespace {

// Shares as in the NIST Chemistry WebBook, typed again: the program's table must not be its own witness.
const std::map<std::string, std::map<int, double>>& shares() {
  static const std::map<std::string, std::map<int, double>> all{
      {"O2", {{32, 100}, {16, 21.8}}},
      {"CO2", {{44, 100}, {28, 9.81}, {16, 9.61}, {12, 8.71}, {22, 1.9}, {45, 1.2}}},
      {"CO", {{28, 100}, {12, 4.7}, {29, 1.2}, {16, 1.7}}},
      {"N2", {{28, 100}, {14, 13.79}, {29, 0.74}}},
      {"H2O", {{18, 100}, {17, 21.2}, {16, 0.9}}}};
  return all;
}

// Of one at the end of the record; `t` from 0 to 1.
double drift_at(PlantedDrift kind, double t, double phase) {
  switch (kind) {
    case PlantedDrift::linear:
      return t;
    case PlantedDrift::decay:
      return -1.2 * (1 - std::exp(-t / 0.35));
    case PlantedDrift::power_law:
      return -1.5 * (1 - 1 / std::sqrt(1 + 8 * t));
    case PlantedDrift::slow_wave:
      return std::sin(2 * std::numbers::pi * (0.6 * t + phase)) - std::sin(2 * std::numbers::pi * phase);
    case PlantedDrift::none:
    case PlantedDrift::walk:
      return 0;
  }
  return 0;
}

}  // namespace

Planted plant(const PlantedHeating& h) {
  constexpr double step_s = 0.1;
  const double span = h.before_s + h.heating_s;
  const auto steps = static_cast<std::size_t>(span / step_s) + 1;
  Planted out{.first_s = h.before_s + h.begin_s};
  out.ions.path = out.balance.path = "planted";
  out.ions.start = massspec::Moment{.seconds = 1.7e9};
  out.balance.start = massspec::Moment{.seconds = 1.7e9 + h.before_s};

  // One shape for all gases, of sum one: what leaves the sample, then what arrives.
  std::vector<double> arrives(steps, 0.0);
  double sum = 0, mixed = 0;
  std::vector<double> leaves(steps, 0.0);
  for (std::size_t i = 0; i < steps; ++i) {
    const double t = static_cast<double>(i) * step_s - out.first_s;
    if (t > 0) leaves[i] = (1 - std::exp(-t / h.rise_s)) * std::exp(-t / h.fade_s);
    sum += leaves[i] * step_s;
  }
  const auto late = static_cast<std::size_t>(h.delay_s / step_s);
  for (std::size_t i = 0; i < steps; ++i) {
    const double now = i >= late ? leaves[i - late] / sum : 0;
    mixed = h.mixing_s > 0 ? now + (mixed - now) * std::exp(-step_s / h.mixing_s) : now;
    arrives[i] = mixed;
  }
  core::RandomStream of_instrument{h.seed, 0};
  std::map<std::string, std::map<int, double>> own = shares();
  for (auto& [gas, fragments] : own) {
    for (auto& [mz, share] : fragments) {
      if (share < 100) share *= 1 + h.fragments * of_instrument.normal();
    }
  }
  const double phase = of_instrument.uniform();
  for (std::size_t m = 0; m < h.mz.size(); ++m) {
    core::RandomStream random{h.seed, m + 1};
    massspec::Series s{.name = fmt::format("M{:g}", h.mz[m]), .unit = "A", .mz = h.mz[m]};
    const double first = h.cycle_s * static_cast<double>(m) / static_cast<double>(h.mz.size());
    double walked = 0;
    for (double t = first; t < span - step_s; t += h.cycle_s) {
      walked += std::sqrt(h.cycle_s / span) * random.normal();
      const double drift = h.kind == PlantedDrift::walk ? walked : drift_at(h.kind, t / span, phase);
      double current = h.background_A * (1 + h.drift * drift);
      for (const auto& [gas, mol] : h.mol) {
        const auto share = own[gas].find(static_cast<int>(h.mz[m]));
        if (share == own[gas].end()) continue;
        const double at = t / step_s;
        const auto k = static_cast<std::size_t>(at);
        const double rate = arrives[k] + (at - std::floor(at)) * (arrives[k + 1] - arrives[k]);
        current += share->second / 100 * h.sensitivity_C_per_mol * mol * rate;
      }
      const double sigma = std::sqrt(h.noise_A * h.noise_A + h.counted_A * std::abs(current));
      s.time_s.push_back(t);
      s.value.push_back(current + sigma * random.normal());
    }
    out.ions.ions.push_back(std::move(s));
  }
  for (double t = 0; t <= h.heating_s; t += 5) {
    out.balance.time_s.push_back(t);
    out.balance.temperature_K.push_back(298.15 + h.rate_K_per_min / 60 * t);
    out.balance.mass_kg.push_back(2e-5);
  }
  return out;
}

}  // namespace lithoscope::validation
