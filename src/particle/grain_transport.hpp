// Lithium in one grain: rates of change at the nodes, and the linear systems of an implicit step. Lengths in radii of
// the grain, time in seconds, x in lithium extracted per formula unit. Private to the room.
#pragma once

#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "kirchhoff.hpp"
#include "levels.hpp"
#include "lithoscope/particle/mesh.hpp"
#include "lithoscope/particle/model.hpp"

namespace lithoscope::particle {

template <class T>
struct GrainState {
  std::vector<T> x;          ///< lithium extracted at the nodes
  std::vector<T> memory;     ///< stabilised sites (square scheme) or offset in V (one state); empty without memory
  std::vector<T> bulk_lost;  ///< oxygen lost to spinel and rock salt
  std::vector<T> lost;       ///< and to the reconstructed shell
};

/// Mean over the grain of values at the nodes.
template <class T>
T volume_mean(const RadialMesh& mesh, const std::vector<T>& values) {
  T sum(0);
  for (std::size_t i = 0; i < values.size(); ++i) sum += mesh.dimensions * mesh.volume[i] * values[i];
  return sum;
}

/// Rates of the square scheme at one temperature: fresh and oxidised -> stabilised and oxidised (forward, backward),
/// stabilised and reduced -> fresh and reduced (forward, backward).
template <class T>
struct SquareRates {
  T stabilise{0}, destabilise{0}, recover{0}, unrecover{0};
};

/// Everything outside the grain at one instant.
template <class T>
struct Surroundings {
  T mobility{1};  ///< factor on D: Arrhenius and slow-down
  T thermal_V{0};
  Levels<T> levels;
  Levels<double> level_values;
  SquareRates<T> square;
  T offset_per_lithium{0}, largest_offset{1}, relaxation{0};
  std::shared_ptr<const KirchhoffTable<T>> table;  ///< where D depends on temperature otherwise than by a factor
};

/// What does not change during a run.
template <class T>
struct GrainLaw {
  RadialMesh mesh;
  KirchhoffTable<T> table;  ///< of D in nm2/s
  Drive drive;
  Memory memory;
  bool structure_moves;  ///< the square scheme has rates; otherwise its sites stay as they are
  double lithium;        ///< largest x
  double stress_V = 0;   ///< potential of the stress per lithium, where the potential drives
};

/// How one grain differs from the others: size and shifted levels.
template <class T>
struct GrainShape {
  T radius_nm{1};
  T weight{1};                              ///< share of the volume
  std::vector<std::vector<double>> shifts;  ///< a node: shifts of the couples; empty without
  std::vector<double> site_shift_V;         ///< a node; empty without
};

template <class T>
class GrainTransport {
 public:
  GrainTransport(const GrainLaw<T>& law, const GrainShape<T>& shape)
      : law_(law), shape_(shape), nodes_(law.mesh.radius.size()), guess_(nodes_, 4.2) {
    for (auto* v : {&psi_, &psi_x_, &psi_m_, &mobility_, &mobility_x_, &local_rate_, &local_x_, &local_m_, &lower_,
                    &diagonal_, &pivot_, &upper_, &left_m_, &right_m_, &slope_, &alpha_}) {
      v->assign(nodes_, T(0));
    }
    for (const double volume : law.mesh.volume) per_volume_.push_back(1 / volume);
  }

  std::size_t nodes() const { return nodes_; }
  bool turns() const { return law_.memory == Memory::one_state; }
  bool remembers() const { return law_.memory != Memory::none; }

  /// Equilibrium potential at a node (with the lithium site's shift; the one-state offset moves the oxygen's level). A
  /// reconstructed shell is passed by lithium and drives none: it and the cell feel the oxide under the shell.
  T potential(const GrainState<T>& s, std::size_t i, const Surroundings<T>& at) {
    return potential_with(s, i, at, s.bulk_lost[i]);
  }
  /// The potential of the metals there, in the shell too.
  T metal_potential(const GrainState<T>& s, std::size_t i, const Surroundings<T>& at) {
    return potential_with(s, i, at, s.lost[i]);
  }
  T potential_with(const GrainState<T>& s, std::size_t i, const Surroundings<T>& at, const T& lost) {
    const T stabilised = law_.memory == Memory::square_scheme ? s.memory[i] : T(0);
    T V = solve_potential<T>(at.levels, at.level_values, s.x[i], stabilised, lost, shifts(s, i), guess_[i]);
    if (value_of(V) == value_of(V)) guess_[i] = value_of(V);
    if (!shape_.site_shift_V.empty()) V += shape_.site_shift_V[i];
    return V;
  }
  /// dV/dx and dV/dmemory there.
  std::array<T, 2> potential_slopes(const GrainState<T>& s, std::size_t i, const T& V,
                                    const Surroundings<T>& at) const {
    T couple_V = V;
    if (!shape_.site_shift_V.empty()) couple_V -= shape_.site_shift_V[i];
    const T stabilised = law_.memory == Memory::square_scheme ? s.memory[i] : T(0);
    const Filling<T> there = filling<T>(at.levels, stabilised, couple_V, shifts(s, i));
    T by_memory(0);
    if (law_.memory == Memory::one_state) by_memory = there.oxygen_per_volt / there.per_volt;
    if (law_.memory == Memory::square_scheme) {
      by_memory = (fresh(at, couple_V) - kept(at, couple_V)) / there.per_volt;
    }
    return {1.0 / there.per_volt, by_memory};
  }

  /// dx/dt and dmemory/dt; `inflow` is the surface flux over the radius, the mean rate over the mesh's dimensions.
  void rates(const GrainState<T>& s, const Surroundings<T>& at, const T& inflow, std::vector<T>& dx,
             std::vector<T>& dmemory) {
    for (std::size_t i = 0; i < nodes_; ++i) drive_at(s, i, at, false);
    const T scale = at.mobility / (shape_.radius_nm * shape_.radius_nm);
    T before(0);
    for (std::size_t i = 0; i < nodes_; ++i) {
      const T after = i + 1 < nodes_ ? scale * face_mobility(i) * (psi_[i + 1] - psi_[i]) : inflow;
      dx[i] = (after - before) * per_volume_[i];
      before = after;
    }
    if (!remembers()) return;
    // the one-state offset follows lithium within a step, see offset_after
    for (std::size_t i = 0; i < nodes_; ++i) dmemory[i] = structure_moves() ? local_rate_[i] : T(0);
  }

  /// The one-state offset after a step that moved lithium from `before` to `x`: exact along a one-way path, then
  /// relaxed; its slope in x for `factor`. The kink where lithium turns is here, between the two sides of `before`.
  std::array<T, 2> offset_after(const T& offset, const T& before, const T& x, const T& h,
                                const Surroundings<T>& at) const {
    using std::exp;
    const T moved = x - before;
    const double side = value_of(moved) >= 0 ? 1 : -1;
    const T end = side * at.largest_offset;
    const T built = end + (offset - end) * exp(-side * at.offset_per_lithium * moved / at.largest_offset);
    const T kept = exp(-at.relaxation * h);
    return {built * kept, at.offset_per_lithium * (1.0 - side * built / at.largest_offset) * kept};
  }
  /// The slopes of the memory in x that the next `factor` folds in (one-state memory).
  void follow(std::vector<T> slope) { slope_ = std::move(slope); }

  /// Prepares the systems (1/(gamma h) - J) u = r of one step. `surface_slope`: d(inflow)/dx and d(inflow)/dmemory of
  /// the surface node, where the inflow depends on them.
  void factor(const GrainState<T>& s, const Surroundings<T>& at, const std::array<T, 2>& surface_slope,
              const T& inverse_step) {
    inverse_step_ = inverse_step;
    for (std::size_t i = 0; i < nodes_; ++i) drive_at(s, i, at, true);
    if (remembers()) {
      for (std::size_t i = 0; i < nodes_; ++i) condense(i);
    }
    // J_x and J_m of face fluxes F = scale a (psi_r - psi_l), folded with u_m = alpha + slope u_x.
    const T scale = at.mobility / (shape_.radius_nm * shape_.radius_nm);
    for (std::size_t i = 0; i < nodes_; ++i) {
      lower_[i] = upper_[i] = T(0);
      diagonal_[i] = inverse_step;
    }
    left_m_.assign(nodes_, T(0));
    right_m_.assign(nodes_, T(0));
    for (std::size_t i = 0; i + 1 < nodes_; ++i) {
      const T a = scale * face_mobility(i);
      T to_left = -a * psi_x_[i];
      T to_right = a * psi_x_[i + 1];
      if (law_.drive == Drive::potential) {
        const T half = scale * (0.5 * law_.mesh.conductance[i]) * (psi_[i + 1] - psi_[i]);
        to_left += half * mobility_x_[i];
        to_right += half * mobility_x_[i + 1];
      }
      if (remembers()) {
        left_m_[i] = -a * psi_m_[i];
        right_m_[i] = a * psi_m_[i + 1];
        to_left += left_m_[i] * slope_[i];
        to_right += right_m_[i] * slope_[i + 1];
      }
      const double v0 = per_volume_[i];
      const double v1 = per_volume_[i + 1];
      diagonal_[i] -= to_left * v0;
      upper_[i] -= to_right * v0;
      lower_[i + 1] += to_left * v1;
      diagonal_[i + 1] += to_right * v1;
    }
    const std::size_t n = nodes_ - 1;
    surface_slope_ = surface_slope;
    diagonal_[n] -= surface_slope[0] * per_volume_[n];
    if (remembers()) diagonal_[n] -= surface_slope[1] * slope_[n] * per_volume_[n];
    for (std::size_t i = 0; i < nodes_; ++i) {
      if (i > 0) {
        lower_[i] *= pivot_[i - 1];
        diagonal_[i] -= lower_[i] * upper_[i - 1];
      }
      pivot_[i] = 1.0 / diagonal_[i];
    }
  }

  /// Solves for both unknowns; r_x and r_m are overwritten by the solution. The sum of all rows, conservation of
  /// lithium, is then met to rounding: elimination alone leaves in it the rounding of its largest entries, the
  /// conductances of the thinnest shells.
  void solve(std::vector<T>& r_x, std::vector<T>& r_m) {
    const T wanted = volume_sum(r_x);
    if (remembers()) {
      for (std::size_t i = 0; i < nodes_; ++i) alpha_[i] = r_m[i] * local_m_[i];
      for (std::size_t i = 0; i + 1 < nodes_; ++i) {
        const T through = left_m_[i] * alpha_[i] + right_m_[i] * alpha_[i + 1];
        r_x[i] += through * per_volume_[i];
        r_x[i + 1] -= through * per_volume_[i + 1];
      }
      r_x.back() += surface_slope_[1] * alpha_.back() * per_volume_.back();
    }
    sweep(r_x);
    T inflow = surface_slope_[0] * r_x.back();
    T inflow_slope = surface_slope_[0];
    if (remembers()) {
      inflow += surface_slope_[1] * (alpha_.back() + slope_.back() * r_x.back());
      inflow_slope += surface_slope_[1] * slope_.back();
    }
    const double whole = 1 / law_.mesh.dimensions;
    const T missing = (wanted + inflow - inverse_step_ * volume_sum(r_x)) / (inverse_step_ * whole - inflow_slope);
    for (T& u : r_x) u += missing;
    if (!remembers()) return;
    for (std::size_t i = 0; i < nodes_; ++i) r_m[i] = alpha_[i] + slope_[i] * r_x[i];
  }

  /// Response of the surface node's x and memory to a unit of inflow.
  std::vector<T> response_to_inflow() {
    std::vector<T> r(nodes_, T(0));
    r.back() = T(per_volume_.back());
    sweep(r);
    return r;
  }
  const std::vector<T>& memory_slope() const { return slope_; }

 private:
  bool structure_moves() const { return law_.memory == Memory::square_scheme && law_.structure_moves; }
  // Metals see the potential; the one-state memory moves the oxygen's level alone.
  Shifts<T> shifts(const GrainState<T>& s, std::size_t i) const {
    return {.couples = shape_.shifts.empty() ? nullptr : shape_.shifts[i].data(),
            .oxygen_V = law_.memory == Memory::one_state ? s.memory[i] : T(0)};
  }
  T fresh(const Surroundings<T>& at, const T& V) const {
    return occupation<T>(V, at.levels.fresh_level, at.levels.oxygen_width);
  }
  T kept(const Surroundings<T>& at, const T& V) const {
    return occupation<T>(V, at.levels.stabilised_level, at.levels.oxygen_width);
  }
  T face_mobility(std::size_t i) const {
    if (law_.drive == Drive::composition) return T(law_.mesh.conductance[i]);
    return law_.mesh.conductance[i] * 0.5 * (mobility_[i] + mobility_[i + 1]);
  }

  // psi, whose differences drive lithium, its slopes and the mobility at a node.
  void drive_at(const GrainState<T>& s, std::size_t i, const Surroundings<T>& at, bool slopes) {
    const typename KirchhoffTable<T>::Point D = (at.table ? *at.table : law_.table).at(s.x[i]);
    const bool by_potential = law_.drive == Drive::potential;
    T V(0);
    std::array<T, 2> by{T(0), T(0)};
    if (by_potential || structure_moves()) {
      V = potential(s, i, at);
      if (slopes) by = potential_slopes(s, i, V, at);
    }
    if (structure_moves()) square_at(s, i, at, V, by, slopes);
    if (!by_potential) {
      psi_[i] = D.G;
      psi_x_[i] = D.D;
      psi_m_[i] = T(0);
      return;
    }
    psi_[i] = V + law_.stress_V * s.x[i];
    psi_x_[i] = by[0] + law_.stress_V;
    psi_m_[i] = by[1];
    const T x = s.x[i];
    const T vacant = x * (1.0 - x / law_.lithium);  // lattice gas: lithium times free sites
    mobility_[i] = D.D * vacant / at.thermal_V;
    mobility_x_[i] = (D.D_slope * vacant + D.D * (1.0 - 2.0 * x / law_.lithium)) / at.thermal_V;
  }

  // Net structural rate of the square scheme and its slopes; the local rate waits in local_rate_.
  void square_at(const GrainState<T>& s, std::size_t i, const Surroundings<T>& at, const T& V,
                 const std::array<T, 2>& by, bool slopes) {
    T couple_V = V;
    if (!shape_.site_shift_V.empty()) couple_V -= shape_.site_shift_V[i];
    const T f = fresh(at, couple_V);
    const T k = kept(at, couple_V);
    const T& stabilised = s.memory[i];
    const T free = at.levels.sites - stabilised;
    const SquareRates<T>& q = at.square;
    local_rate_[i] = q.stabilise * free * f - q.destabilise * stabilised * k - q.recover * stabilised * (1.0 - k) +
                     q.unrecover * free * (1.0 - f);
    if (!slopes) return;
    const T by_V = (q.stabilise - q.unrecover) * free * f * (1.0 - f) / at.levels.oxygen_width +
                   (q.recover - q.destabilise) * stabilised * k * (1.0 - k) / at.levels.oxygen_width;
    const T by_s = -q.stabilise * f - q.destabilise * k - q.recover * (1.0 - k) - q.unrecover * (1.0 - f);
    local_x_[i] = by_V * by[0];
    local_m_[i] = by_s + by_V * by[1];
  }

  // The memory's equation is local: u_m = alpha + slope u_x at every node.
  void condense(std::size_t i) {
    if (law_.memory == Memory::one_state) return;  // slope_ was given, alpha is 0
    const T by_x = structure_moves() ? local_x_[i] : T(0);
    const T by_m = structure_moves() ? local_m_[i] : T(0);
    local_m_[i] = 1.0 / (inverse_step_ - by_m);
    slope_[i] = by_x * local_m_[i];
  }

  T volume_sum(const std::vector<T>& values) const {
    T even(0), odd(0);  // two sums side by side: an addition waits for the one before it
    std::size_t i = 0;
    for (; i + 1 < nodes_; i += 2) {
      even += law_.mesh.volume[i] * values[i];
      odd += law_.mesh.volume[i + 1] * values[i + 1];
    }
    if (i < nodes_) even += law_.mesh.volume[i] * values[i];
    return even + odd;
  }

  void sweep(std::vector<T>& r) const {
    for (std::size_t i = 1; i < nodes_; ++i) r[i] -= lower_[i] * r[i - 1];
    r[nodes_ - 1] *= pivot_[nodes_ - 1];
    for (std::size_t i = nodes_ - 1; i-- > 0;) r[i] = (r[i] - upper_[i] * r[i + 1]) * pivot_[i];
  }

  const GrainLaw<T>& law_;
  const GrainShape<T>& shape_;
  std::size_t nodes_;
  std::vector<double> guess_;  ///< last potential at the nodes, where the next search starts
  std::vector<T> psi_, psi_x_, psi_m_, mobility_, mobility_x_, local_rate_, local_x_, local_m_;
  std::vector<double> per_volume_;
  std::vector<T> lower_, diagonal_, pivot_, upper_, left_m_, right_m_, slope_, alpha_;
  T inverse_step_{0};
  std::array<T, 2> surface_slope_{T(0), T(0)};
};

}  // namespace lithoscope::particle
