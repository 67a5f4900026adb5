// The ladder at one temperature, in the solver's scalar. Private to the room.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "lithoscope/particle/ladder.hpp"
#include "scalar.hpp"

namespace lithoscope::particle {

template <class T>
struct Levels {
  struct Couple {
    T electrons, level, width;
  };
  std::vector<Couple> couples;
  T sites{0}, fresh_level{0}, stabilised_level{0}, oxygen_width{1};
  double offset = 0;
};

/// What moves levels at one node: the couples' by the place, the oxygen's by its memory (nothing: the bulk's levels).
template <class T>
struct Shifts {
  const double* couples = nullptr;
  T oxygen_V{0};

  Shifts<double> values() const { return {couples, value_of(oxygen_V)}; }
};

template <class T, class Take>
Levels<T> levels_at(const Ladder& ladder, const Take& take, const T& temperature_K) {
  const T dT = temperature_K - ladder.reference_temperature_K;
  Levels<T> levels;
  levels.couples.reserve(ladder.couples.size());
  for (const particle::Couple& c : ladder.couples) {
    levels.couples.push_back({T(take(c.electrons)), take(c.level_V) + take(c.level_slope_V_per_K) * dT,
                              take(c.width_V) + take(c.width_slope_V_per_K) * dT});
  }
  const OxygenRedox& o = ladder.oxygen;
  levels.sites = take(o.sites);
  levels.fresh_level = take(o.level_V) + take(o.level_slope_V_per_K) * dT;
  levels.stabilised_level = take(o.stabilised_level_V) + take(o.stabilised_level_slope_V_per_K) * dT;
  levels.oxygen_width = take(o.width_V) + take(o.width_slope_V_per_K) * dT;
  levels.offset = ladder.offset;
  return levels;
}

template <class T>
T occupation(const T& V, const T& level, const T& width) {
  using std::exp;
  return 1.0 / (1.0 + exp((level - V) / width));
}

template <class T>
struct Filling {
  T holes;            ///< sum of n theta
  T per_volt;         ///< its derivative
  T oxygen_per_volt;  ///< the oxygen's part of it
};

template <class T>
Filling<T> filling(const Levels<T>& levels, const T& stabilised, const T& V, const Shifts<T>& shifts) {
  Filling<T> sum{T(0), T(0), T(0)};
  const auto add = [&](const T& n, const T& level, const T& width) {
    const T theta = occupation<T>(V, level, width);
    sum.holes += n * theta;
    sum.per_volt += n * theta * (1.0 - theta) / width;
  };
  for (std::size_t k = 0; k < levels.couples.size(); ++k) {
    const auto& c = levels.couples[k];
    add(c.electrons, shifts.couples == nullptr ? c.level : c.level + shifts.couples[k], c.width);
  }
  const T metals = sum.per_volt;
  if (value_of(levels.sites) > 0) {
    add(levels.sites - stabilised, levels.fresh_level + shifts.oxygen_V, levels.oxygen_width);
    if (value_of(stabilised) != 0) add(stabilised, levels.stabilised_level + shifts.oxygen_V, levels.oxygen_width);
  }
  sum.oxygen_per_volt = sum.per_volt - metals;
  return sum;
}

inline Levels<double> plain(const Levels<double>& levels) { return levels; }
template <class T>
Levels<double> plain(const Levels<T>& levels) {
  Levels<double> out;
  for (const auto& c : levels.couples) {
    out.couples.push_back({value_of(c.electrons), value_of(c.level), value_of(c.width)});
  }
  out.sites = value_of(levels.sites);
  out.fresh_level = value_of(levels.fresh_level);
  out.stabilised_level = value_of(levels.stabilised_level);
  out.oxygen_width = value_of(levels.oxygen_width);
  out.offset = levels.offset;
  return out;
}

/// Root of sum n theta(V) = holes by Newton steps inside a shrinking bracket; NaN when there is none.
inline double neutral_potential(const Levels<double>& levels, double stabilised, double holes,
                                const Shifts<double>& shifts, double guess) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  double all = levels.sites;
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  double narrowest = low;
  const auto widen = [&](double level, double width) {
    narrowest = std::min(narrowest, width);
    low = std::min(low, level - 80 * width);
    high = std::max(high, level + 80 * width);
  };
  for (std::size_t k = 0; k < levels.couples.size(); ++k) {
    const auto& c = levels.couples[k];
    all += c.electrons;
    widen(shifts.couples == nullptr ? c.level : c.level + shifts.couples[k], c.width);
  }
  if (levels.sites > 0) {
    widen(levels.fresh_level + shifts.oxygen_V, levels.oxygen_width);
    widen(levels.stabilised_level + shifts.oxygen_V, levels.oxygen_width);
  }
  if (!(holes > 0) || !(holes < all)) return nan;
  double V = guess > low && guess < high ? guess : 0.5 * (low + high);
  for (int i = 0; i < 200; ++i) {
    const Filling<double> now = filling(levels, stabilised, V, shifts);
    const double excess = now.holes - holes;
    if (excess == 0) return V;
    (excess > 0 ? high : low) = V;
    const double move = -excess / now.per_volt;
    // quadratic convergence: after a move this small the next one would be below rounding
    if (std::abs(move) <= 1e-9 * narrowest) return V + move;
    double next = V + move;
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    if (high - low <= 4e-16 * std::abs(V)) return next;
    V = next;
  }
  return V;
}

/// The neutral potential with its derivatives: one more Newton step carries them (implicit function theorem).
template <class T>
T solve_potential(const Levels<T>& levels, const Levels<double>& values, const T& x, const T& stabilised,
                  const T& oxygen_lost, const Shifts<T>& shifts, double guess) {
  const T holes = x + levels.offset - 2.0 * oxygen_lost;
  const double V = neutral_potential(values, value_of(stabilised), value_of(holes), shifts.values(), guess);
  if constexpr (std::is_same_v<T, double>) {
    return V;
  } else {
    const Filling<T> there = filling<T>(levels, stabilised, T(V), shifts);
    T carried = (holes - there.holes) / there.per_volt;
    carried.a = V;
    return carried;
  }
}

}  // namespace lithoscope::particle
