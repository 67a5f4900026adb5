// Runs a programme: steps become segments of constant current and steady heating, segments become error-controlled
// steps of the electrode. Private to the room.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "electrode.hpp"
#include "environment.hpp"
#include "grain_shapes.hpp"
#include "impossible.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/particle/programme.hpp"
#include "lithoscope/particle/simulate.hpp"
#include "moment.hpp"
#include "observation.hpp"
#include "oxygen_loss.hpp"
#include "side_processes.hpp"

namespace lithoscope::particle {

template <class T, class Take>
class Runner {
 public:
  Runner(const Model& model, const Programme& programme, const Take& take, Record record,
         const std::optional<Sampling>& sampling = std::nullopt)
      : model_(model),
        programme_(programme),
        take_(take),
        record_(record),
        sampling_(sampling),
        law_{graded_mesh(static_cast<int>(model.grain.cells), model.grain.surface_spacing, model.grain.shape),
             diffusivity_table<T>(model, take),
             model.transport.drive,
             memory_kind(model, programme),
             structure_moves(model),
             model.ladder.lithium,
             model.transport.elastic ? stress_V_per_lithium(model) : 0},
        shapes_(make_shapes<T>(model, take, law_.mesh)),
        electrode_(law_, shapes_, model.numerics.tolerance),
        observer_(model, take_, law_, shapes_),
        environment_(model, take_, law_.structure_moves),
        side_(model, take_, environment_),
        oxygen_loss_(model, take_, law_.mesh, shapes_),
        watch_(model, law_, shapes_) {
    constexpr double grams_per_kg = 1e3;
    check_steps(model, programme);
    sites_mol_per_m3_ = take_(model.grain.density_kg_per_m3) * (grams_per_kg / model.composition.molar_mass_g_per_mol);
  }

  RunOf<T> run() {
    RunOf<T> out;
    for (const GrainShape<T>& s : shapes_) {
      out.radius_nm.push_back(value_of(s.radius_nm));
      out.weight.push_back(value_of(s.weight));
    }
    Moment now = initial();
    out.trunk.name = "trunk";
    std::vector<Moment> ends;
    run_leg(now, programme_.trunk, out.trunk, &ends);
    for (const Branch& branch : programme_.branches) {
      Moment start = now;
      for (std::size_t i = 0; i < programme_.trunk.size(); ++i) {
        if (!branch.after.empty() && programme_.trunk[i].name == branch.after) start = ends[i];
      }
      LegOf<T> leg;
      leg.name = branch.name;
      leg.after = branch.after;
      run_leg(start, branch.steps, leg, nullptr);
      out.branches.push_back(std::move(leg));
    }
    return out;
  }

 private:
  using Moment = MomentOf<T>;
  using Segment = SegmentOf<T>;

  Moment initial() {
    Moment m;
    const std::size_t nodes = law_.mesh.radius.size();
    for (std::size_t g = 0; g < shapes_.size(); ++g) {
      GrainState<T> s;
      s.x.assign(nodes, T(take_(model_.grain.lithium_extracted)));
      if (law_.memory == Memory::square_scheme) s.memory.assign(nodes, T(take_(model_.grain.stabilised)));
      if (law_.memory == Memory::one_state) s.memory.assign(nodes, T(0));
      s.bulk_lost.assign(nodes, T(0));
      s.lost = s.bulk_lost;
      m.state.grains.push_back(std::move(s));
    }
    if (!programme_.trunk.empty()) m.temperature_K = programme_.trunk.front().temperature_K;
    return m;
  }

  void set_kinetics(const T& temperature_K, bool held) {
    constexpr double nm_per_m = 1e9;
    constexpr double stand_in_A_per_m2 =
        1e5;  // a potential that is shared or held needs some; overpotentials below 10 nV
    const SurfaceKinetics& s = model_.surface;
    T exchange =
        take_(s.exchange_current_A_per_m2) * environment_.arrhenius(take_(s.activation_energy_eV), temperature_K);
    if (!(value_of(exchange) > 0) && (shapes_.size() > 1 || held)) exchange = T(stand_in_A_per_m2);
    electrode_.kinetics = {exchange * (nm_per_m / core::faraday_C_per_mol) / sites_mol_per_m3_,
                           T(take_(s.transfer_coefficient))};
  }

  T ohmic_V(const T& mean_rate_per_s) const {
    constexpr double m_per_nm = 1e-9;
    T area(0);  // of the grains, per volume, 1/nm
    for (const GrainShape<T>& shape : shapes_) area += law_.mesh.dimensions * shape.weight / shape.radius_nm;
    const T current_A_per_m2 = mean_rate_per_s / area * m_per_nm * core::faraday_C_per_mol * sites_mol_per_m3_;
    return current_A_per_m2 * take_(model_.surface.resistance_ohm_m2);
  }

  // Potential of the cell against lithium: surface, overpotential and ohmic drop.
  T cell_potential(const Moment& now, const Segment& segment, const Surroundings<T>& at) {
    if (segment.held_V) return *segment.held_V;
    const T ohmic = ohmic_V(segment.mean_rate);
    if (segment.in_cell && shapes_.size() > 1) return now.state.shared_V + ohmic;
    const auto surface = electrode_.surface_potentials(now.state, at);
    if (value_of(segment.mean_rate) != 0) {
      return surface[0] + ohmic +
             overpotential<T>(electrode_.kinetics, shapes_[0].radius_nm, segment.mean_rate * (1 / law_.mesh.dimensions),
                              at.thermal_V);
    }
    T area(0), sum(0);  // at rest: the mean over the surface
    for (std::size_t g = 0; g < shapes_.size(); ++g) {
      area += shapes_[g].weight / shapes_[g].radius_nm;
      sum += shapes_[g].weight / shapes_[g].radius_nm * surface[g];
    }
    return sum / area;
  }

  T mean_lithium(const ElectrodeState<T>& s) const {
    T mean(0);
    for (std::size_t g = 0; g < s.grains.size(); ++g) mean += shapes_[g].weight * volume_mean(law_.mesh, s.grains[g].x);
    return mean;
  }

  // How far past its cut-off a segment is: negative before, positive after; nothing without a cut-off.
  std::optional<T> beyond(const Moment& now, const Segment& segment, const Surroundings<T>& at) {
    std::optional<T> most;
    const double sign = value_of(segment.mean_rate) >= 0 ? 1 : -1;
    const auto take = [&](const T& excess) {
      if (!most || value_of(excess) > value_of(*most)) most = excess;
    };
    if (segment.surface_limit) {
      for (const GrainState<T>& g : now.state.grains) take(sign * (g.x.back() - take_(*segment.surface_limit)));
    }
    if (segment.voltage_limit) take(sign * (cell_potential(now, segment, at) - take_(*segment.voltage_limit)));
    return most;
  }

  // What a step of length h makes of the moment before the slow parts (oxygen, traces).
  struct Attempt {
    Moment after;
    double error = 0;
    std::optional<T> beyond;
  };
  Attempt attempt(const Moment& now, const Moment& start, const Segment& segment, const T& elapsed, const T& h,
                  Boundary boundary) {
    const bool unlocking = model_.transport.unlock_rate_per_s > 0 && start.resting &&
                           !(std::is_same_v<T, double> && value_of(start.slow_down) == 1);
    const bool steady = segment.heating_K_per_s == 0 && !unlocking;
    Attempt out;
    if (steady && !steady_at_) steady_at_ = environment_.at(start, segment, elapsed);
    const auto at = [&](double fraction) -> Surroundings<T> {
      return steady ? *steady_at_ : environment_.at(start, segment, elapsed + fraction * h);
    };
    auto trial = electrode_.step(now.state, h, boundary, segment.mean_rate, steady, at);
    out.error = trial.error;
    if (!(out.error <= 1)) return out;
    out.after = now;
    out.after.state = std::move(trial.state);
    out.after.time_s = now.time_s + h;
    out.after.rate_per_s =
        segment.held_V ? T((mean_lithium(out.after.state) - mean_lithium(now.state)) / h) : segment.mean_rate;
    out.after.delivered = now.delivered + out.after.rate_per_s * h;
    out.after.temperature_K = segment.temperature_K + segment.heating_K_per_s * value_of(elapsed + h);
    out.after.slow_down = environment_.slow_down_after(start, segment, elapsed + h);
    if (segment.surface_limit || segment.voltage_limit) {
      out.beyond = beyond(out.after, segment, at(1.0));
      if (!(std::abs(value_of(*out.beyond)) < 1e6)) out.error = std::numeric_limits<double>::quiet_NaN();
    }
    return out;
  }

  // The length of the step that just meets the cut-off, with its derivatives.
  T step_to_cutoff(const Moment& now, const Moment& start, const Segment& segment, const T& elapsed, double low_h,
                   double low_excess, double high_h, double high_excess, Boundary boundary) {
    double h = high_h;
    for (int i = 0; i < 60 && high_h - low_h > 1e-13 * high_h; ++i) {
      h = low_h - low_excess * (high_h - low_h) / (high_excess - low_excess);
      if (i % 3 == 2 || !(h > low_h && h < high_h)) h = 0.5 * (low_h + high_h);
      const Attempt tried = attempt(now, start, segment, elapsed, T(h), boundary);
      if (!(tried.error <= 1)) break;
      const double excess = value_of(*tried.beyond);
      if (std::abs(excess) < 1e-11) break;
      (excess > 0 ? high_h : low_h) = h;
      (excess > 0 ? high_excess : low_excess) = excess;
    }
    if constexpr (std::is_same_v<T, double>) {
      return h;
    } else {
      const double nudge = 1e-4 * h;
      const Attempt before = attempt(now, start, segment, elapsed, T(h - nudge), boundary);
      const Attempt after = attempt(now, start, segment, elapsed, T(h + nudge), boundary);
      const Attempt there = attempt(now, start, segment, elapsed, T(h), boundary);
      const bool both = after.error <= 1 && before.error <= 1;
      const double slope = both ? (value_of(*after.beyond) - value_of(*before.beyond)) / (2 * nudge)
                                : (high_excess - low_excess) / (high_h - low_h);
      if (!(there.error <= 1)) return T(h);  // the caller comes closer first
      T exact = -*there.beyond / slope;
      exact.a = h;
      return exact;
    }
  }

  void tell_met(const Moment& now, const Segment& segment, LegOf<T>& leg) const {
    leg.remarks.push_back(fmt::format("Step \"{}\" ended {:.4g} s after the start: its cut-off was already met.",
                                      segment.name, value_of(now.time_s)));
  }

  // Whether a cut-off ended the segment before its time.
  bool advance(Moment& now, const Segment& segment, LegOf<T>& leg) {
    const Moment start = now;
    steady_at_.reset();
    set_kinetics(T(segment.temperature_K), segment.held_V.has_value());
    Boundary boundary = Boundary::closed;
    if (segment.in_cell && (shapes_.size() > 1 || segment.held_V)) boundary = Boundary::shared;
    if (boundary == Boundary::closed && value_of(segment.mean_rate) != 0) boundary = Boundary::one_grain;
    electrode_.load = {segment.mean_rate, T(1), T(0)};
    if (segment.held_V) electrode_.load = {*segment.held_V, ohmic_V(T(1)), T(1)};
    const Surroundings<T> first = environment_.at(start, segment, T(0));
    if (boundary == Boundary::shared) now.state.shared_V = electrode_.balanced_potential(now.state, first);
    const double duration = segment.open_ended ? std::numeric_limits<double>::infinity() : value_of(segment.duration_s);
    const std::optional<T> at_start = beyond(now, segment, first);
    if ((at_start && value_of(*at_start) >= 0) || !(duration > 0)) {
      tell_met(now, segment, leg);
      return true;
    }
    double excess_before = at_start ? value_of(*at_start) : 0;
    const bool drawn = record_ == Record::everything && value_of(segment.mean_rate) != 0;
    double V_before = drawn ? value_of(cell_potential(now, segment, first)) : 0;
    T elapsed(0);
    double h = first_step(first);
    double sample = next_sample(0, duration);
    while (value_of(elapsed) < duration) {
      core::throw_if_interrupted();
      h = std::min(h, oxygen_loss_.longest_step(now, segment));
      const double left = std::min(sample, duration) - value_of(elapsed);
      const bool arrives = h >= left * (1 - 1e-9);
      const bool last = arrives && sample >= duration;
      T step = T(arrives ? left : std::min(h, 0.6 * left));
      if (last) step = T(segment.duration_s - elapsed);
      Attempt tried = attempt(now, start, segment, elapsed, step, boundary);
      if (!(tried.error <= 1)) {
        h = value_of(step) * (tried.error > 1 ? std::max(0.2, 0.9 * std::pow(tried.error, -0.25)) : 0.2);
        if (!(h > 1e-13 * std::max(1e-3, value_of(elapsed))))
          watch_.stuck(now, segment, environment_.at(now, segment, elapsed));
        continue;
      }
      h = value_of(step) * std::min(6.0, 0.9 * std::pow(std::max(tried.error, 1e-6), -0.25));
      const bool cut = tried.beyond && value_of(*tried.beyond) >= 0;
      if (cut) {
        step = step_to_cutoff(now, start, segment, elapsed, 0, excess_before, value_of(step), value_of(*tried.beyond),
                              boundary);
        tried = attempt(now, start, segment, elapsed, step, boundary);
        if (!(tried.error <= 1)) {  // the step of that length does not succeed: come closer first
          h = 0.5 * value_of(step);
          continue;
        }
      }
      if (drawn) {
        const double V_after =
            value_of(cell_potential(tried.after, segment, environment_.at(start, segment, elapsed + step)));
        if (!straight(now, start, segment, elapsed, step, boundary, V_before, V_after)) {
          h = 0.5 * value_of(step);
          continue;
        }
        V_before = V_after;
      }
      if (tried.beyond) excess_before = value_of(*tried.beyond);
      side_.advance(tried.after, segment, elapsed, step);
      oxygen_loss_.advance(tried.after, now, segment.heating_K_per_s, step);
      now = std::move(tried.after);
      elapsed += step;
      watch_.check_range(now, segment);
      watch_.check_neutral(now, segment, steady_at_ ? *steady_at_ : environment_.at(start, segment, elapsed));
      if (!sampling_ || arrives || cut) keep(now, start, segment, elapsed, leg);
      if (cut) return true;
      if (last) return false;
      if (arrives) sample = next_sample(sample, duration);
    }
    return false;
  }

  // Whether a line between the ends of a step is the potential on the way: a curve drawn through the rows then is the
  // solver's to 0.1 mV.
  bool straight(const Moment& now, const Moment& start, const Segment& segment, const T& elapsed, const T& step,
                Boundary boundary, double V_before, double V_after) {
    constexpr double drawn_V = 1e-4, shortest_s = 1e-3;
    if (value_of(step) < shortest_s) return true;
    for (const double part : {0.3, 0.65}) {  // two, for a bend that turns in the middle
      const Attempt there = attempt(now, start, segment, elapsed, part * step, boundary);
      if (!(there.error <= 1)) return true;
      const Surroundings<T> at = environment_.at(start, segment, elapsed + part * step);
      const double off = value_of(cell_potential(there.after, segment, at)) - V_before - part * (V_after - V_before);
      if (std::abs(off) > drawn_V) return false;
    }
    return true;
  }

  // The time in the segment at which the next row is due; infinite when there is none before its end.
  double next_sample(double after_s, double duration_s) const {
    constexpr double never = std::numeric_limits<double>::infinity();
    if (!sampling_) return never;
    const double next = after_s > 0 ? std::min(after_s * sampling_->growth, after_s + sampling_->even_s)
                                    : std::min(sampling_->first_s, sampling_->even_s);
    return next < duration_s * (1 - 1e-6) ? next : never;
  }

  double first_step(const Surroundings<T>& at) const {
    // the time in which lithium crosses the outermost cell
    double shortest = std::numeric_limits<double>::infinity();
    const RadialMesh& mesh = law_.mesh;
    const double outermost = mesh.radius.back() - mesh.radius[mesh.radius.size() - 2];
    for (const GrainShape<T>& shape : shapes_) {
      const double D = value_of(law_.table.at(T(0.5 * law_.lithium)).D) * value_of(at.mobility);
      shortest = std::min(shortest, std::pow(outermost * value_of(shape.radius_nm), 2) / D);
    }
    return 0.1 * shortest;
  }

  void keep(Moment& now, const Moment& start, const Segment& segment, const T& elapsed, LegOf<T>& leg) {
    if (record_ == Record::marks) return;
    const Surroundings<T> at = steady_at_ ? *steady_at_ : environment_.at(start, segment, elapsed);
    now.cell_V = cell_potential(now, segment, at);
    TraceOf<T>& t = leg.trace;
    t.time_s.push_back(value_of(now.time_s));
    t.step.push_back(segment.step);
    t.temperature_K.push_back(now.temperature_K);
    t.rate_per_s.push_back(value_of(now.rate_per_s));
    t.cell_V.push_back(now.cell_V);
    t.mean_lithium.push_back(mean_lithium(now.state));
    t.surface_lithium.push_back(now.state.grains.back().x.back());
    t.core_lithium.push_back(now.state.grains.back().x.front());
    t.slow_down.push_back(now.slow_down);
    t.spinel_extent.push_back(now.extents.spinel);
    t.rock_salt_extent.push_back(now.extents.rock_salt);
    t.shell_nm.push_back(now.extents.shell_nm);
    T lost(0);
    for (std::size_t g = 0; g < shapes_.size(); ++g)
      lost += shapes_[g].weight * volume_mean(law_.mesh, now.state.grains[g].lost);
    t.oxygen_lost.push_back(lost);
    t.delivered.push_back(now.delivered);
    if (record_ == Record::everything) {
      thin_snapshots(leg);
      leg.snapshot_time_s.push_back(value_of(now.time_s));
      leg.snapshots.push_back(observer_.profile(now.state.grains.back(), shapes_.size() - 1, electrode_.grains().back(),
                                                at, side_.taken(now)));
    }
  }

  // More would not show on a map, and would fill the memory: every second one goes.
  static void thin_snapshots(LegOf<T>& leg) {
    constexpr std::size_t most = 6000;
    if (leg.snapshots.size() < most) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < leg.snapshots.size(); i += 2, ++kept) {
      leg.snapshot_time_s[kept] = leg.snapshot_time_s[i];
      leg.snapshots[kept] = std::move(leg.snapshots[i]);
    }
    leg.snapshot_time_s.resize(kept);
    leg.snapshots.resize(kept);
  }

  void mark(Moment& now, const Segment& segment, const std::string& name, LegOf<T>& leg) {
    Segment still = segment;
    still.temperature_K = now.temperature_K;
    still.heating_K_per_s = 0;
    const Surroundings<T> at = environment_.at(now, still, T(0));
    watch_.check_neutral(now, segment, at);
    MarkOf<T> m;
    m.step = name;
    m.time_s = now.time_s;
    m.temperature_K = now.temperature_K;
    for (std::size_t g = 0; g < shapes_.size(); ++g)
      m.grains.push_back(observer_.profile(now.state.grains[g], g, electrode_.grains()[g], at, side_.taken(now)));
    m.seen = observer_.observe(m.grains, side_.paired(now));
    leg.marks.push_back(std::move(m));
  }

  Segment rest_segment(const Step& step, std::size_t index) const {
    Segment s;
    s.step = index;
    s.name = step.name;
    s.temperature_K = step.temperature_K;
    s.duration_s = T(take_(step.duration_s));
    return s;
  }
  Segment current_segment(const Step& step, std::size_t index, const Moment& now) const {
    Segment s = rest_segment(step, index);
    s.in_cell = true;
    const bool out = step.kind == StepKind::discharge || (step.kind == StepKind::gitt && step.discharging);
    const double sign = out ? -1 : 1;
    s.mean_rate = sign * take_(step.rate_per_s);
    s.open_ended = !(step.duration_s > 0);
    if (step.until_surface_lithium) s.surface_limit = *step.until_surface_lithium;
    if (step.until_voltage_V) s.voltage_limit = *step.until_voltage_V;
    if (step.until_lithium) {
      const T needed = (take_(*step.until_lithium) - mean_lithium(now.state)) / s.mean_rate;
      constexpr double rounding = 1e-12;  // of lithium
      const bool met = value_of(needed) * step.rate_per_s < rounding;
      if (s.open_ended || value_of(needed) < value_of(s.duration_s)) s.duration_s = met ? T(0) : needed;
      s.open_ended = false;
    }
    return s;
  }

  void begin_rest(Moment& now) const {
    if (!now.resting) now.slow_down = take_(model_.transport.rest_slowdown);
    now.resting = true;
  }
  void begin_current(Moment& now) const {
    now.resting = false;
    now.slow_down = T(1);
  }

  // Ends early when a pulse meets the cut-off.
  void titrate(Moment& now, const Step& step, std::size_t index, LegOf<T>& leg) {
    for (int pulse = 0; pulse < step.pulses; ++pulse) {
      begin_current(now);
      const Segment on = current_segment(step, index, now);
      if (pulse > 0 && !(value_of(on.duration_s) > 0)) break;  // the lithium asked for is out
      const bool last = value_of(on.duration_s) < step.duration_s * (1 - 1e-9);
      if (advance(now, on, leg)) break;
      begin_rest(now);
      Segment off = rest_segment(step, index);
      off.duration_s = T(take_(step.rest_s));
      off.in_cell = true;
      advance(now, off, leg);
      if (last) break;
    }
  }

  void stabilise(Moment& now, const Step& step) const {
    for (std::size_t g = 0; g < shapes_.size(); ++g) {
      const double depth = step.depth_nm > 0 ? step.depth_nm : 2 * value_of(shapes_[g].radius_nm);
      const std::vector<double> share = shell_share(law_.mesh, value_of(shapes_[g].radius_nm), depth);
      auto& sites = now.state.grains[g].memory;
      for (std::size_t i = 0; i < sites.size(); ++i) sites[i] += share[i] * (take_(step.stabilised_sites) - sites[i]);
    }
  }

  void run_leg(Moment& now, const std::vector<Step>& steps, LegOf<T>& leg, std::vector<Moment>* ends) {
    Segment none;
    none.name = "start";
    if (steps.empty()) return;
    mark(now, none, "start", leg);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const Step& step = steps[i];
      Segment segment = rest_segment(step, i);
      now.temperature_K = step.temperature_K;
      switch (step.kind) {
        case StepKind::charge:
        case StepKind::discharge:
          begin_current(now);
          segment = current_segment(step, i, now);
          advance(now, segment, leg);
          break;
        case StepKind::hold_voltage:
          begin_current(now);
          segment.in_cell = true;
          segment.held_V = take_(step.voltage_V);
          advance(now, segment, leg);
          break;
        case StepKind::open_circuit:
        case StepKind::wait:
        case StepKind::hold:
          begin_rest(now);
          segment.in_cell = step.kind == StepKind::open_circuit;
          advance(now, segment, leg);
          break;
        case StepKind::ramp: {
          begin_rest(now);
          const double span = step.to_temperature_K - step.temperature_K;
          segment.heating_K_per_s = span > 0 ? step.rate_K_per_s : -step.rate_K_per_s;
          segment.duration_s = T(std::abs(span) / step.rate_K_per_s);
          advance(now, segment, leg);
          break;
        }
        case StepKind::gitt:
          titrate(now, step, i, leg);
          break;
        case StepKind::stabilise:
          stabilise(now, step);
          break;
        case StepKind::reconstruct:
          oxygen_loss_.reconstruct(now, T(take_(step.depth_nm)));
          break;
        case StepKind::expose:
          side_.expose(now, T(take_(step.dose_MGy)));
          break;
      }
      mark(now, segment, step.name, leg);
      if (ends != nullptr) ends->push_back(now);
    }
  }

  const Model& model_;
  const Programme& programme_;
  Take take_;
  Record record_;
  std::optional<Sampling> sampling_;
  GrainLaw<T> law_;
  std::vector<GrainShape<T>> shapes_;
  Electrode<T> electrode_;
  Observer<T, Take> observer_;
  Environment<T, Take> environment_;
  SideProcesses<T, Take> side_;
  OxygenLoss<T, Take> oxygen_loss_;
  Watch<T> watch_;
  T sites_mol_per_m3_{0};
  std::optional<Surroundings<T>> steady_at_;
};

}  // namespace lithoscope::particle
