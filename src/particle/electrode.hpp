// Grains that share one potential, advanced by one implicit step at a time: RODAS, a stiffly accurate Rosenbrock method
// of order 4(3) for equations with an algebraic part (Hairer and Wanner, Solving ODEs II, section VI.4), or implicit
// Euler where the memory has a kink (docs/decisions/2026-11-22-particle-solver.md). Private to the room.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "grain_transport.hpp"
#include "lithoscope/core/constants.hpp"

namespace lithoscope::particle {

namespace rodas {
inline constexpr int stages = 6;
inline constexpr double gamma = 0.25;
inline constexpr double time[stages] = {0, 0.386, 0.21, 0.63, 1, 1};
inline constexpr double time_slope[stages] = {0.25, -0.1043, 0.1035, -0.0362, 0, 0};
inline constexpr double a[stages][stages] = {
    {},
    {1.544},
    {0.9466785280815826, 0.2557011698983284},
    {3.314825187068521, 2.896124015972201, 0.9986419139977817},
    {1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950},
    {1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1}};
inline constexpr double c[stages][stages] = {
    {},
    {-5.6688},
    {-2.430093356833875, -0.2063599157091915},
    {-0.1073529058151375, -9.594562251023355, -20.47028614809616},
    {7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160},
    {8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054}};
}  // namespace rodas

/// Who decides the flux into the grains: nobody; the current; a potential they share (see Load).
enum class Boundary { closed, one_grain, shared };

template <class T>
struct ElectrodeState {
  std::vector<GrainState<T>> grains;
  T shared_V{0};  ///< potential of all surfaces plus their overpotential, where the boundary is shared
};

template <class T>
struct Kinetics {
  T exchange{0};  ///< j0 / (F c) in nm/s; 0: reversible
  T transfer{0.5};
};

/// Surface flux over radius, dx/dt of the mean over the dimensions, at overpotential eta; and d/d(eta).
template <class T>
std::array<T, 2> butler_volmer(const Kinetics<T>& k, const T& radius_nm, const T& eta, const T& thermal_V) {
  using std::exp;
  const T forward = exp((1.0 - k.transfer) * eta / thermal_V);
  const T backward = exp(-k.transfer * eta / thermal_V);
  const T scale = k.exchange / radius_nm;
  return {scale * (forward - backward), scale * ((1.0 - k.transfer) * forward + k.transfer * backward) / thermal_V};
}

/// Overpotential of a given flux over radius: Newton steps inside a bracket, of the values; one more step carries the
/// derivatives.
template <class T>
T overpotential(const Kinetics<T>& k, const T& radius_nm, const T& flux, const T& thermal_V) {
  if (!(value_of(k.exchange) > 0)) return T(0);
  const double ratio = value_of(flux) * value_of(radius_nm) / value_of(k.exchange);
  const double side = ratio >= 0 ? 1 : -1;
  const double slope = ratio >= 0 ? 1 - value_of(k.transfer) : value_of(k.transfer);
  // exp(slope u) - exp(-(1 - slope) u) = |ratio| has its root between 0 and log(1 + |ratio|) / slope
  double low = 0;
  double high = std::log1p(std::abs(ratio)) / slope;
  double u = high;
  for (int i = 0; i < 200 && high > low; ++i) {
    const double up = std::exp(slope * u);
    const double down = std::exp(-(1 - slope) * u);
    const double excess = up - down - std::abs(ratio);
    (excess > 0 ? high : low) = u;
    const double move = -excess / (slope * up + (1 - slope) * down);
    if (std::abs(move) < 1e-14 * (1 + u)) break;
    u = u + move > low && u + move < high ? u + move : 0.5 * (low + high);
  }
  const T eta(side * u * value_of(thermal_V));
  const std::array<T, 2> there = butler_volmer<T>(k, radius_nm, eta, thermal_V);
  return eta + (flux - there[0]) / there[1];
}

/// What sets the potential the grains share: kappa times their mean rate + lambda times the potential = target. Under a
/// current kappa is 1; at a held voltage lambda is 1 and kappa the ohmic drop of a unit of mean rate.
template <class T>
struct Load {
  T target{0}, kappa{1}, lambda{0};
};

template <class T>
class Electrode {
 public:
  using State = ElectrodeState<T>;
  struct Trial {
    State state;
    double error = 0;  ///< of the step over its tolerance; NaN when the law could not be evaluated
  };

  Electrode(const GrainLaw<T>& law, const std::vector<GrainShape<T>>& shapes, double tolerance)
      : shapes_(shapes), dimensions_(law.mesh.dimensions), tolerance_(tolerance) {
    for (const GrainShape<T>& shape : shapes_) grains_.emplace_back(law, shape);
  }

  std::vector<GrainTransport<T>>& grains() { return grains_; }
  Kinetics<T> kinetics;
  Load<T> load;  ///< of a shared boundary

  /// One step of length h. `at(fraction)` gives the surroundings at that fraction of the step; `steady` says they do
  /// not change. `mean_rate`: lithium out per formula unit and second.
  template <class At>
  Trial step(const State& from, const T& h, Boundary boundary, const T& mean_rate, bool steady, const At& at) {
    if (grains_.front().turns()) return implicit_euler_step(from, h, boundary, mean_rate, at);
    return rosenbrock_step(from, h, boundary, mean_rate, steady, at);
  }

  /// The shared potential that meets the load.
  T balanced_potential(const State& state, const Surroundings<T>& at) {
    T V = state.shared_V;
    const std::vector<T> surface = surface_potentials(state, at);
    double low = 1e300;
    double high = -1e300;
    for (const T& s : surface) {
      low = std::min(low, value_of(s) - 5);
      high = std::max(high, value_of(s) + 5);
    }
    if (!(value_of(V) > low && value_of(V) < high)) V = T(0.5 * (low + high));
    for (int i = 0; i < 200; ++i) {
      T excess = load.lambda * V - load.target;
      T slope = load.lambda;
      for (std::size_t g = 0; g < grains_.size(); ++g) {
        const auto q = butler_volmer<T>(kinetics, shapes_[g].radius_nm, V - surface[g], at.thermal_V);
        excess += load.kappa * dimensions_ * shapes_[g].weight * q[0];
        slope += load.kappa * dimensions_ * shapes_[g].weight * q[1];
      }
      (value_of(excess) > 0 ? high : low) = value_of(V);
      T next = V - excess / slope;
      if (!(value_of(next) > low && value_of(next) < high)) next = T(0.5 * (low + high));
      const double moved = value_of(next) - value_of(V);
      V = next;
      if (std::abs(moved) < 1e-15) break;
    }
    return V;
  }

  std::vector<T> surface_potentials(const State& state, const Surroundings<T>& at) {
    std::vector<T> V;
    for (std::size_t g = 0; g < grains_.size(); ++g) {
      V.push_back(grains_[g].potential(state.grains[g], grains_[g].nodes() - 1, at));
    }
    return V;
  }

 private:
  struct Change {
    std::vector<T> x, memory;
  };
  // The row and column of the shared potential, folded into one number.
  struct Linear {
    std::vector<std::vector<T>> response;  // of x to the shared potential
    std::vector<std::array<T, 2>> row;     // d(kappa times mean rate)/dx and /dmemory of the surface node
    T pivot{0};
  };
  static constexpr double time_nudge = 1e-4;

  template <class At>
  Trial rosenbrock_step(const State& from, const T& h, Boundary boundary, const T& mean_rate, bool steady,
                        const At& at) {
    const std::size_t count = grains_.size();
    const T inverse_step = 1.0 / (rodas::gamma * h);
    const Surroundings<T> start = at(0.0);
    const Linear linear = factor(from, start, boundary, inverse_step);
    std::vector<Change> time_slope;
    if (!steady) time_slope = slope_in_time(from, start, at(time_nudge), h, boundary, mean_rate);
    std::vector<Change> u[rodas::stages];
    std::array<T, rodas::stages> u_V;
    State stage = from;
    for (int i = 0; i < rodas::stages; ++i) {
      if (i > 0) assemble(stage, from, u, u_V, i);
      const Surroundings<T> now = steady || i == 0 ? start : at(rodas::time[i]);
      u[i].resize(count);
      T balance(0);  // what the load still wants
      if (boundary == Boundary::shared) balance = load.target - load.lambda * stage.shared_V;
      for (std::size_t g = 0; g < count; ++g) {
        Change& k = u[i][g];
        k.x.assign(grains_[g].nodes(), T(0));
        if (grains_[g].remembers()) k.memory.assign(grains_[g].nodes(), T(0));
        const T inflow = inflow_of(stage, g, now, boundary, mean_rate);
        if (boundary == Boundary::shared) balance -= load.kappa * dimensions_ * shapes_[g].weight * inflow;
        grains_[g].rates(stage.grains[g], now, inflow, k.x, k.memory);
        for (int j = 0; j < i; ++j) add(k, rodas::c[i][j] / h, u[j][g]);
        if (!steady) add(k, rodas::time_slope[i] * h, time_slope[g]);
        grains_[g].solve(k.x, k.memory);
      }
      u_V[static_cast<std::size_t>(i)] = boundary == Boundary::shared ? close_balance(linear, u[i], balance) : T(0);
    }
    // The last stage is the error and completes the state.
    State end = stage;
    double sum = 0;
    double entries = 0;
    for (std::size_t g = 0; g < count; ++g) {
      const Change& last = u[rodas::stages - 1][g];
      add(end.grains[g].x, T(1), last.x);
      add(end.grains[g].memory, T(1), last.memory);
      for (const auto* part : {&last.x, &last.memory}) {
        for (const T& e : *part) sum += std::pow(value_of(e) / tolerance_, 2);
        entries += static_cast<double>(part->size());
      }
    }
    end.shared_V += u_V[rodas::stages - 1];
    return {std::move(end), std::sqrt(sum / entries)};
  }

  // The one-state memory has a kink where lithium turns. Implicit Euler on the monotone law never turns lithium by an
  // error of its own, and its Newton iteration ends after finitely many changes of side. Two half steps are kept, the
  // whole step gives their error. First order: tolerances are met with `euler_slack` times the local error, and linear
  // changes in time, most of a charge, are exact.
  static constexpr double euler_slack = 30;
  template <class At>
  Trial implicit_euler_step(const State& from, const T& h, Boundary boundary, const T& mean_rate, const At& at) {
    Trial out;
    out.error = std::numeric_limits<double>::quiet_NaN();
    State whole = from;
    State half = from;
    State end;
    if (!euler(from, whole, h, boundary, mean_rate, at(1.0))) return out;
    if (!euler(from, half, 0.5 * h, boundary, mean_rate, at(0.5))) return out;
    end = half;
    if (!euler(half, end, 0.5 * h, boundary, mean_rate, at(1.0))) return out;
    double sum = 0;
    double entries = 0;
    for (std::size_t g = 0; g < grains_.size(); ++g) {
      for (std::size_t i = 0; i < grains_[g].nodes(); ++i) {
        sum += std::pow(value_of(end.grains[g].x[i]) - value_of(whole.grains[g].x[i]), 2) +
               std::pow(value_of(end.grains[g].memory[i]) - value_of(whole.grains[g].memory[i]), 2);
        entries += 2;
      }
    }
    const double error = std::sqrt(sum / entries) / (euler_slack * tolerance_);
    out.error = error * error;  // the step control takes an error of order 4, this one is of order 2
    out.state = std::move(end);
    return out;
  }

  // One implicit Euler step from `from`; `to` holds the first guess. False when Newton's iteration fails.
  bool euler(const State& from, State& to, const T& h, Boundary boundary, const T& mean_rate,
             const Surroundings<T>& at) {
    const T inverse_step = 1.0 / h;
    bool close = false;
    for (int iteration = 0; iteration < 40; ++iteration) {
      for (std::size_t g = 0; g < grains_.size(); ++g) {
        std::vector<T> slope(grains_[g].nodes(), T(0));
        for (std::size_t i = 0; i < slope.size(); ++i) {
          const auto& before = from.grains[g];
          const auto after = grains_[g].offset_after(before.memory[i], before.x[i], to.grains[g].x[i], h, at);
          to.grains[g].memory[i] = after[0];
          slope[i] = after[1];
        }
        grains_[g].follow(std::move(slope));
      }
      if (close) return true;
      const Linear linear = factor(to, at, boundary, inverse_step);
      std::vector<Change> u(grains_.size());
      T balance(0);
      if (boundary == Boundary::shared) balance = load.target - load.lambda * to.shared_V;
      for (std::size_t g = 0; g < grains_.size(); ++g) {
        u[g].x.assign(grains_[g].nodes(), T(0));
        u[g].memory = u[g].x;
        const T inflow = inflow_of(to, g, at, boundary, mean_rate);
        if (boundary == Boundary::shared) balance -= load.kappa * dimensions_ * shapes_[g].weight * inflow;
        grains_[g].rates(to.grains[g], at, inflow, u[g].x, u[g].memory);
        for (std::size_t i = 0; i < u[g].x.size(); ++i) {
          u[g].x[i] -= (to.grains[g].x[i] - from.grains[g].x[i]) * inverse_step;
          u[g].memory[i] = T(0);
        }
        grains_[g].solve(u[g].x, u[g].memory);
      }
      T moved_V(0);
      if (boundary == Boundary::shared) moved_V = close_balance(linear, u, balance);
      double largest = std::abs(value_of(moved_V));
      for (std::size_t g = 0; g < grains_.size(); ++g) {
        for (std::size_t i = 0; i < u[g].x.size(); ++i) {
          largest = std::max(largest, std::abs(value_of(u[g].x[i])));
          if (!(std::abs(value_of(u[g].x[i])) < 1)) return false;
          to.grains[g].x[i] += u[g].x[i];
        }
      }
      to.shared_V += moved_V;
      close = largest < 1e-9;  // what is left is of the square of this
    }
    return false;
  }

  static void add(std::vector<T>& to, const T& factor, const std::vector<T>& what) {
    for (std::size_t i = 0; i < what.size(); ++i) to[i] += factor * what[i];
  }
  static void add(Change& to, const T& factor, const Change& what) {
    add(to.x, factor, what.x);
    add(to.memory, factor, what.memory);
  }

  T inflow_of(const State& s, std::size_t g, const Surroundings<T>& at, Boundary boundary, const T& mean_rate) {
    if (boundary == Boundary::closed) return T(0);
    if (boundary == Boundary::one_grain) return mean_rate * (1 / dimensions_);
    const T surface = grains_[g].potential(s.grains[g], grains_[g].nodes() - 1, at);
    return butler_volmer<T>(kinetics, shapes_[g].radius_nm, s.shared_V - surface, at.thermal_V)[0];
  }

  Linear factor(const State& s, const Surroundings<T>& at, Boundary boundary, const T& inverse_step) {
    Linear linear;
    linear.pivot = load.lambda;
    for (std::size_t g = 0; g < grains_.size(); ++g) {
      std::array<T, 2> slope{T(0), T(0)};
      T by_V(0);
      if (boundary == Boundary::shared) {
        const std::size_t n = grains_[g].nodes() - 1;
        const T V = grains_[g].potential(s.grains[g], n, at);
        const auto of_V = grains_[g].potential_slopes(s.grains[g], n, V, at);
        by_V = butler_volmer<T>(kinetics, shapes_[g].radius_nm, s.shared_V - V, at.thermal_V)[1];
        slope = {-by_V * of_V[0], -by_V * of_V[1]};
      }
      grains_[g].factor(s.grains[g], at, slope, inverse_step);
      if (boundary != Boundary::shared) continue;
      const T share = load.kappa * dimensions_ * shapes_[g].weight;
      linear.response.push_back(grains_[g].response_to_inflow());
      for (T& r : linear.response.back()) r *= by_V;
      linear.row.push_back({share * slope[0], share * slope[1]});
      T folded = linear.row.back()[0];
      if (grains_[g].remembers()) folded += linear.row.back()[1] * grains_[g].memory_slope().back();
      linear.pivot += share * by_V + folded * linear.response.back().back();
    }
    return linear;
  }

  // Adds the shared potential's part to the grains' solutions; returns its own change.
  T close_balance(const Linear& linear, std::vector<Change>& u, const T& balance) {
    T rest = balance;
    for (std::size_t g = 0; g < u.size(); ++g) {
      rest -= linear.row[g][0] * u[g].x.back();
      if (grains_[g].remembers()) rest -= linear.row[g][1] * u[g].memory.back();
    }
    const T dV = rest / linear.pivot;
    for (std::size_t g = 0; g < u.size(); ++g) {
      add(u[g].x, dV, linear.response[g]);
      if (!grains_[g].remembers()) continue;
      for (std::size_t i = 0; i < u[g].memory.size(); ++i) {
        u[g].memory[i] += dV * linear.response[g][i] * grains_[g].memory_slope()[i];
      }
    }
    return dV;
  }

  void assemble(State& stage, const State& from, const std::vector<Change>* u, const std::array<T, rodas::stages>& u_V,
                int i) const {
    stage.shared_V = from.shared_V;
    for (std::size_t g = 0; g < from.grains.size(); ++g) {
      stage.grains[g].x = from.grains[g].x;
      stage.grains[g].memory = from.grains[g].memory;
    }
    for (int j = 0; j < i; ++j) {
      const double weight = rodas::a[i][j];
      stage.shared_V += weight * u_V[static_cast<std::size_t>(j)];
      for (std::size_t g = 0; g < from.grains.size(); ++g) {
        add(stage.grains[g].x, T(weight), u[j][g].x);
        add(stage.grains[g].memory, T(weight), u[j][g].memory);
      }
    }
  }

  std::vector<Change> slope_in_time(const State& s, const Surroundings<T>& now, const Surroundings<T>& later,
                                    const T& h, Boundary boundary, const T& mean_rate) {
    std::vector<Change> slope(grains_.size());
    for (std::size_t g = 0; g < grains_.size(); ++g) {
      const std::size_t n = grains_[g].nodes();
      Change before{std::vector<T>(n, T(0)), std::vector<T>(grains_[g].remembers() ? n : 0, T(0))};
      slope[g] = before;
      grains_[g].rates(s.grains[g], now, inflow_of(s, g, now, boundary, mean_rate), before.x, before.memory);
      grains_[g].rates(s.grains[g], later, inflow_of(s, g, later, boundary, mean_rate), slope[g].x, slope[g].memory);
      const T per_time = 1.0 / (h * time_nudge);
      for (std::size_t i = 0; i < n; ++i) slope[g].x[i] = (slope[g].x[i] - before.x[i]) * per_time;
      for (std::size_t i = 0; i < before.memory.size(); ++i) {
        slope[g].memory[i] = (slope[g].memory[i] - before.memory[i]) * per_time;
      }
    }
    return slope;
  }

  const std::vector<GrainShape<T>>& shapes_;
  double dimensions_;
  std::vector<GrainTransport<T>> grains_;
  double tolerance_;
};

}  // namespace lithoscope::particle
