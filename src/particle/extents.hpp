// Degradation in the solver's scalar. Private to the room.
#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/particle/degradation.hpp"
#include "scalar.hpp"

namespace lithoscope::particle {

template <class T>
struct DegradationRates {
  T spinel, rock_salt, shell;
};

template <class T, class Take>
DegradationRates<T> degradation_rates(const Degradation& d, const Take& take, const T& temperature_K) {
  using std::exp;
  constexpr double R = core::gas_constant_J_per_mol_K * 1e-3;
  constexpr double shell_reference_K = 373.15;
  const T spinel = d.spinel_prefactor_per_s > 0
                       ? take(d.spinel_prefactor_per_s) * exp(-take(d.spinel_energy_kJ_per_mol) / (R * temperature_K))
                       : T(0);
  const T rock_salt =
      d.rock_salt_prefactor_per_s > 0
          ? take(d.rock_salt_prefactor_per_s) * exp(-take(d.rock_salt_energy_kJ_per_mol) / (R * temperature_K))
          : T(0);
  const T shell = d.shell_rate_nm_per_s > 0
                      ? take(d.shell_rate_nm_per_s) *
                            exp(-take(d.shell_energy_kJ_per_mol) / R * (1.0 / temperature_K - 1 / shell_reference_K))
                      : T(0);
  return {spinel, rock_salt, shell};
}

template <class T, class Take>
ExtentsOf<T> advance_extents(const Degradation& d, const Take& take, ExtentsOf<T> e, const T& temperature_K,
                             double rate_K_per_s, const T& duration_s) {
  using std::exp;
  using std::expm1;
  using std::pow;
  const T shell_before = e.shell_nm;
  const double span_K = rate_K_per_s * value_of(duration_s);
  const DegradationRates<T> last = degradation_rates<T>(d, take, temperature_K + rate_K_per_s * duration_s);
  const DegradationRates<T> first = degradation_rates<T>(d, take, temperature_K);
  const double conversion = std::max(value_of(first.spinel), value_of(last.spinel)) * value_of(duration_s);
  const int pieces = std::clamp(
      static_cast<int>(std::ceil(std::max(std::abs(span_K) / 0.5, 20 * std::min(conversion, 20.0)))), 1, 2000);
  const T h = duration_s * (1.0 / pieces);
  constexpr double gauss = 0.2113248654051871;
  for (int i = 0; i < pieces; ++i) {
    const T start = temperature_K + rate_K_per_s * (h * static_cast<double>(i));
    const DegradationRates<T> a = degradation_rates<T>(d, take, start + rate_K_per_s * gauss * h);
    const DegradationRates<T> b = degradation_rates<T>(d, take, start + rate_K_per_s * (1 - gauss) * h);
    e.exposure += 0.5 * h * (a.spinel + b.spinel);
    const T before = e.spinel;
    if (value_of(e.exposure) > 0) {
      const T amount = std::is_same_v<T, double> && d.spinel_exponent == 1
                           ? e.exposure
                           : T(pow(e.exposure, T(take(d.spinel_exponent))));
      e.spinel = -expm1(-amount);
    }
    // exact for a spinel extent that is linear over the piece
    const T K = 0.5 * h * (a.rock_salt + b.rock_salt);
    const T reacted = -expm1(-K);
    const T lag = value_of(K) < 1e-6 ? K * 0.5 : 1.0 - reacted / K;
    e.rock_salt += (before - e.rock_salt) * reacted + (e.spinel - before) * lag;
    e.shell_nm += 0.5 * h * (a.shell + b.shell);
  }
  if (value_of(e.shell_nm) > d.shell_limit_nm) {
    e.shell_nm = value_of(shell_before) > d.shell_limit_nm ? shell_before : T(d.shell_limit_nm);
  }
  return e;
}

}  // namespace lithoscope::particle
