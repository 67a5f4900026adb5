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
#include "extents.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/material/valence.hpp"
#include "lithoscope/particle/programme.hpp"
#include "lithoscope/particle/simulate.hpp"
#include "lithoscope/particle/sizes.hpp"
#include "observation.hpp"
#include "pchip.hpp"

namespace lithoscope::particle {

template <class T, class Take>
KirchhoffTable<T> diffusivity_table(const Model& model, const Take& take) {
  const Diffusivity& d = model.transport.diffusivity;
  std::vector<T> log10_D;
  for (const double& knot : d.log10_cm2_s) log10_D.push_back(take(knot) + take(d.log10_multiplier));
  const Pchip<T> curve{d.x, log10_D};
  constexpr double nm2_per_cm2 = 1e14;
  return KirchhoffTable<T>{0, model.ladder.lithium, [&](double x) -> T {
                             using std::exp;
                             return nm2_per_cm2 * exp(curve(x) * std::log(10.0));
                           }};
}

template <class T, class Take>
class Runner {
 public:
  Runner(const Model& model, const Programme& programme, const Take& take, Record record)
      : model_(model),
        programme_(programme),
        take_(take),
        record_(record),
        law_{graded_mesh(static_cast<int>(model.grain.cells), model.grain.surface_spacing),
             diffusivity_table<T>(model, take),
             model.transport.drive,
             memory_kind(model, programme),
             structure_moves(model),
             model.ladder.lithium},
        shapes_(make_shapes()),
        electrode_(law_, shapes_, model.numerics.tolerance),
        observer_(model, take_, law_, electrode_.shapes()) {
    constexpr double grams_per_kg = 1e3;
    sites_mol_per_m3_ = take_(model.grain.density_kg_per_m3) * (grams_per_kg / model.composition.molar_mass_g_per_mol);
    for (const Cation& c : model.ladder.cations) metals_ += c.amount;
    oxygen_ = model.composition.amount("O") + model.composition.amount("F");
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
  // Everything that goes on from one step to the next.
  struct Moment {
    ElectrodeState<T> state;
    T time_s{0};
    T slow_down{1};
    bool resting = false;
    ExtentsOf<T> extents;
    T delivered{0};
    T rate_per_s{0};
    double temperature_K = core::room_temperature_K;
    T cell_V{0};
  };
  // A stretch of constant current and steady heating.
  struct Segment {
    T duration_s{0};
    bool open_ended = false;  ///< a cut-off has to end it
    double temperature_K = core::room_temperature_K;
    double heating_K_per_s = 0;
    T mean_rate{0};  ///< signed
    bool in_cell = false;
    std::optional<double> surface_limit, voltage_limit;
    std::optional<T> held_V;
    std::size_t step = 0;
  };

  static Memory memory_kind(const Model& model, const Programme& programme) {
    bool stabilised = model.grain.stabilised > 0;
    const auto look = [&](const std::vector<Step>& steps) {
      for (const Step& s : steps) {
        if (s.kind != StepKind::stabilise) continue;
        stabilised = true;
        if (s.stabilised_sites <= model.ladder.oxygen.sites && model.ladder.oxygen.sites > 0) continue;
        throw core::UsageError({.what = "step \"" + s.name + "\" stabilises more oxygen than there is",
                                .expected = fmt::format("at most oxygen.sites = {}", model.ladder.oxygen.sites),
                                .found = fmt::format("{}", s.stabilised_sites)});
      }
    };
    look(programme.trunk);
    for (const Branch& b : programme.branches) look(b.steps);
    if (stabilised && model.hysteresis.memory == Memory::one_state) {
      throw core::UsageError({.what = "the one-state memory has no stabilised sites",
                              .expected = "the square scheme, or no stabilise step",
                              .found = "hysteresis = \"one-state\""});
    }
    return stabilised ? Memory::square_scheme : model.hysteresis.memory;
  }
  static bool structure_moves(const Model& model) {
    const Hysteresis& h = model.hysteresis;
    return h.memory == Memory::square_scheme && (h.stabilise_rate_per_s > 0 || h.recover_rate_per_s > 0);
  }

  std::vector<GrainShape<T>> make_shapes() const {
    using std::exp;
    std::vector<GrainShape<T>> shapes;
    for (const Size& size : log_normal_sizes(model_.grain.radius_spread, static_cast<int>(model_.grain.sizes))) {
      GrainShape<T> shape;
      shape.radius_nm = take_(model_.grain.radius_nm);
      if (size.radius_over_median != 1) {
        const double deviations = std::log(size.radius_over_median) / model_.grain.radius_spread;
        shape.radius_nm *= exp(take_(model_.grain.radius_spread) * deviations);
      }
      shape.weight = T(size.weight);
      shift_surface(shape);
      shapes.push_back(std::move(shape));
    }
    return shapes;
  }
  void shift_surface(GrainShape<T>& shape) const {
    const std::size_t nodes = law_.mesh.radius.size();
    for (const SurfaceShift& shift : model_.surface_shifts) {
      const std::vector<double> share = shell_share(value_of(shape.radius_nm), shift.depth_nm);
      if (shift.couple.empty()) {
        shape.site_shift_V.resize(nodes, 0.0);
        for (std::size_t i = 0; i < nodes; ++i) shape.site_shift_V[i] += share[i] * shift.shift_V;
        continue;
      }
      shape.shifts.resize(nodes, std::vector<double>(model_.ladder.couples.size(), 0.0));
      const auto couple = std::ranges::find(model_.ladder.couples, shift.couple, &Couple::name);
      const auto k = static_cast<std::size_t>(couple - model_.ladder.couples.begin());
      for (std::size_t i = 0; i < nodes; ++i) shape.shifts[i][k] += share[i] * shift.shift_V;
    }
  }
  // How much of a node's depth lies in the outermost `depth_nm`.
  std::vector<double> shell_share(double radius_nm, double depth_nm) const {
    const RadialMesh& mesh = law_.mesh;
    std::vector<double> share;
    const double inner = 1 - depth_nm / radius_nm;
    for (std::size_t i = 0; i < mesh.radius.size(); ++i) {
      const double from = i > 0 ? mesh.face[i - 1] : 0;
      const double to = i < mesh.face.size() ? mesh.face[i] : 1;
      share.push_back(std::clamp((to - inner) / (to - from), 0.0, 1.0));
    }
    return share;
  }

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

  T arrhenius(const T& energy_eV, const T& temperature_K) const {
    using std::exp;
    return exp(energy_eV / core::boltzmann_eV_per_K * (1 / core::room_temperature_K - 1.0 / temperature_K));
  }

  // The slow-down after `elapsed` of a segment: its distance from 1 decays with the unlocking rate.
  T slow_down_after(const Moment& start, const Segment& segment, const T& elapsed) const {
    using std::exp;
    if (segment.in_cell && start.resting == false) return T(1);
    const T distance = 1.0 - start.slow_down;
    if (!(model_.transport.unlock_rate_per_s > 0)) return start.slow_down;
    const T rate = take_(model_.transport.unlock_rate_per_s);
    const T energy = take_(model_.transport.unlock_energy_eV);
    const double span_K = std::abs(segment.heating_K_per_s * value_of(elapsed));
    const int panels = 1 + static_cast<int>(span_K / 10);
    const T h = elapsed * (1.0 / panels);
    constexpr double node[3] = {0.1127016653792583, 0.5, 0.8872983346207417};
    constexpr double weight[3] = {5.0 / 18, 8.0 / 18, 5.0 / 18};
    T exposure(0);
    for (int p = 0; p < panels; ++p) {
      for (int k = 0; k < 3; ++k) {
        exposure +=
            weight[k] * h * arrhenius(energy, segment.temperature_K + segment.heating_K_per_s * ((p + node[k]) * h));
      }
    }
    return 1.0 - distance * exp(-rate * exposure);
  }

  Surroundings<T> surroundings(const Moment& start, const Segment& segment, const T& elapsed) const {
    using std::exp;
    const Hysteresis& h = model_.hysteresis;
    Surroundings<T> at;
    const T temperature = segment.temperature_K + segment.heating_K_per_s * elapsed;
    at.mobility =
        arrhenius(take_(model_.transport.activation_energy_eV), temperature) * slow_down_after(start, segment, elapsed);
    at.thermal_V = core::boltzmann_eV_per_K * temperature;
    at.levels = levels_at<T>(model_.ladder, take_, temperature);
    at.level_values = plain(at.levels);
    if (law_.structure_moves) {
      const T speed = arrhenius(take_(h.structure_activation_eV), temperature);
      const T gap = at.levels.fresh_level - at.levels.stabilised_level;
      const T energy = h.structure_energy_V < 0 ? T(0.5 * gap) : T(take_(h.structure_energy_V));
      // Detailed balance, (k1/k-1)(k2/k-2) = exp(gap/w); with w = k_B T/e it is the specification's.
      at.square.stabilise = take_(h.stabilise_rate_per_s) * speed;
      at.square.recover = take_(h.recover_rate_per_s) * speed;
      at.square.destabilise = at.square.stabilise * exp((energy - gap) / at.levels.oxygen_width);
      at.square.unrecover = at.square.recover * exp(-energy / at.levels.oxygen_width);
    }
    at.offset_per_lithium = take_(h.offset_per_lithium_V);
    at.largest_offset = take_(h.largest_offset_V);
    at.relaxation = take_(h.relaxation_rate_per_s) * arrhenius(take_(h.relaxation_activation_eV), temperature);
    return at;
  }

  void set_kinetics(const T& temperature_K, bool held) {
    constexpr double nm_per_m = 1e9;
    constexpr double stand_in_A_per_m2 =
        1e5;  // a potential that is shared or held needs some; overpotentials below 10 nV
    const SurfaceKinetics& s = model_.surface;
    T exchange = take_(s.exchange_current_A_per_m2) * arrhenius(take_(s.activation_energy_eV), temperature_K);
    if (!(value_of(exchange) > 0) && (shapes_.size() > 1 || held)) exchange = T(stand_in_A_per_m2);
    electrode_.kinetics = {exchange * (nm_per_m / core::faraday_C_per_mol) / sites_mol_per_m3_,
                           T(take_(s.transfer_coefficient))};
  }

  T ohmic_V(const T& mean_rate_per_s) const {
    constexpr double m_per_nm = 1e-9;
    T area(0);  // of the grains, per volume, 1/nm
    for (const GrainShape<T>& shape : shapes_) area += 3.0 * shape.weight / shape.radius_nm;
    const T current_A_per_m2 = mean_rate_per_s / area * m_per_nm * core::faraday_C_per_mol * sites_mol_per_m3_;
    return current_A_per_m2 * take_(model_.surface.resistance_ohm_m2);
  }

  // Potential of the cell against lithium: surface, overpotential and ohmic drop.
  T cell_potential(const Moment& now, const Segment& segment, const Surroundings<T>& at) {
    const auto surface = electrode_.surface_potentials(now.state, at);
    T area(0), mean(0);  // per volume
    for (std::size_t g = 0; g < shapes_.size(); ++g) {
      const T share = 3.0 * shapes_[g].weight / shapes_[g].radius_nm;
      area += share;
      mean += share * surface[g];
    }
    if (segment.held_V) return *segment.held_V;
    if (value_of(segment.mean_rate) == 0)
      return segment.in_cell && shapes_.size() > 1 ? now.state.shared_V : T(mean / area);
    const T ohmic = ohmic_V(segment.mean_rate);
    if (shapes_.size() > 1) return now.state.shared_V + ohmic;
    return surface[0] +
           overpotential<T>(electrode_.kinetics, shapes_[0].radius_nm, segment.mean_rate * (1.0 / 3), at.thermal_V) +
           ohmic;
  }

  T grain_mean(const GrainState<T>& s) const {
    T sum(0);
    for (std::size_t i = 0; i < s.x.size(); ++i) sum += 3 * law_.mesh.volume[i] * s.x[i];
    return sum;
  }
  T mean_lithium(const ElectrodeState<T>& s) const {
    T mean(0);
    for (std::size_t g = 0; g < s.grains.size(); ++g) mean += shapes_[g].weight * grain_mean(s.grains[g]);
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
    if (steady && !steady_at_) steady_at_ = surroundings(start, segment, elapsed);
    const auto at = [&](double fraction) -> Surroundings<T> {
      return steady ? *steady_at_ : surroundings(start, segment, elapsed + fraction * h);
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
    out.after.slow_down = slow_down_after(start, segment, elapsed + h);
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

  // How much oxygen a phase gives up follows from the grain's mean lithium: where these phases form, lithium has long
  // evened out, and a place that gains lithium later cannot take oxygen back.
  void lose_oxygen(Moment& after, const Moment& before, double heating_K_per_s, const T& h) {
    const Degradation& d = model_.degradation;
    if (!(d.spinel_prefactor_per_s > 0) && !(d.rock_salt_prefactor_per_s > 0) && !(d.shell_rate_nm_per_s > 0)) return;
    after.extents = advance_extents<T>(d, take_, before.extents, T(before.temperature_K), heating_K_per_s, h);
    const T rock_salt = after.extents.rock_salt - before.extents.rock_salt;
    const T spinel = after.extents.spinel - before.extents.spinel - rock_salt;
    for (std::size_t g = 0; g < shapes_.size(); ++g) {
      GrainState<T>& s = after.state.grains[g];
      const std::vector<double> share = shell_share(value_of(shapes_[g].radius_nm), value_of(after.extents.shell_nm));
      const T x = 0.5 * (grain_mean(s) + grain_mean(before.state.grains[g]));
      const T to_rock_salt = lost_to(material::OxidePhase::rock_salt, x);
      const T gain = spinel * lost_to(material::OxidePhase::spinel, x) + rock_salt * to_rock_salt;
      for (std::size_t i = 0; i < s.x.size(); ++i) {
        if (value_of(gain) > 0) s.bulk_lost[i] += gain;
        T total = s.bulk_lost[i];
        if (share[i] > 0 && value_of(to_rock_salt) > value_of(total)) total += share[i] * (to_rock_salt - total);
        if (value_of(total) > value_of(s.lost[i])) s.lost[i] = total;
      }
    }
  }
  T lost_to(material::OxidePhase phase, const T& x) const {
    const double cations = metals_ + model_.ladder.lithium - value_of(x);
    const double lost = material::oxygen_lost_to(phase, cations, oxygen_);
    if constexpr (std::is_same_v<T, double>) {
      return lost;
    } else {
      T carried = lost > 0 ? T(x * (phase == material::OxidePhase::spinel ? 4.0 / 3 : 1.0)) : T(0);
      carried.a = lost;
      return carried;
    }
  }

  // Longest step that heating and reactions allow.
  double longest_step(const Moment& now, const Segment& segment) const {
    double longest = std::numeric_limits<double>::infinity();
    const Degradation& d = model_.degradation;
    const bool reacts = d.spinel_prefactor_per_s > 0 || d.rock_salt_prefactor_per_s > 0 || d.shell_rate_nm_per_s > 0;
    const double most_K = reacts ? 2 : 10;
    if (segment.heating_K_per_s != 0) longest = most_K / std::abs(segment.heating_K_per_s);
    if (reacts) {
      const auto k = degradation_rates<T>(d, take_, T(now.temperature_K));
      const double n = d.spinel_exponent;  // of 1 - exp(-(kt)^n)
      const double steep = n == 1 ? 1 : n * std::pow(std::max(value_of(now.extents.exposure), 1e-3), n - 1);
      const double left = (1 - value_of(now.extents.spinel)) * value_of(k.spinel) * steep +
                          (value_of(now.extents.spinel) - value_of(now.extents.rock_salt)) * value_of(k.rock_salt);
      if (left > 0) longest = std::min(longest, 0.02 / left);
      if (value_of(k.shell) > 0 && value_of(now.extents.shell_nm) < d.shell_limit_nm)
        longest = std::min(longest, 0.25 / value_of(k.shell));
    }
    return longest;
  }

  void advance(Moment& now, const Segment& segment, LegOf<T>& leg) {
    const Moment start = now;
    steady_at_.reset();
    set_kinetics(T(segment.temperature_K), segment.held_V.has_value());
    Boundary boundary = Boundary::closed;
    if (segment.in_cell && (shapes_.size() > 1 || segment.held_V)) boundary = Boundary::shared;
    if (boundary == Boundary::closed && value_of(segment.mean_rate) != 0) boundary = Boundary::one_grain;
    electrode_.load = {segment.mean_rate, T(1), T(0)};
    if (segment.held_V) electrode_.load = {*segment.held_V, ohmic_V(T(1)), T(1)};
    const Surroundings<T> first = surroundings(start, segment, T(0));
    if (boundary == Boundary::shared) now.state.shared_V = electrode_.balanced_potential(now.state, first);
    if (const auto excess = beyond(now, segment, first); excess && value_of(*excess) >= 0) {
      leg.remarks.push_back(fmt::format("Step \"{}\" ended {:.4g} s after the start: its cut-off was already met.",
                                        (*steps_)[segment.step].name, value_of(now.time_s)));
      return;
    }
    const double duration = segment.open_ended ? std::numeric_limits<double>::infinity() : value_of(segment.duration_s);
    double excess_before = 0;
    if (const auto excess = beyond(now, segment, first)) excess_before = value_of(*excess);
    T elapsed(0);
    double h = first_step(first, segment);
    while (value_of(elapsed) < duration) {
      core::throw_if_interrupted();
      h = std::min(h, longest_step(now, segment));
      const double left = duration - value_of(elapsed);
      const bool last = h >= left * (1 - 1e-9);
      T step = last ? T(segment.duration_s - elapsed) : T(std::min(h, 0.6 * left));
      if (!last && h < 0.6 * left) step = T(h);
      Attempt tried = attempt(now, start, segment, elapsed, step, boundary);
      if (!(tried.error <= 1)) {
        h = value_of(step) * (tried.error > 1 ? std::max(0.2, 0.9 * std::pow(tried.error, -0.25)) : 0.2);
        if (!(h > 1e-13 * std::max(1e-3, value_of(elapsed)))) stuck(now, segment, elapsed);
        continue;
      }
      h = value_of(step) * std::min(6.0, 0.9 * std::pow(std::max(tried.error, 1e-6), -0.25));
      bool ended = last;
      if (tried.beyond && value_of(*tried.beyond) >= 0) {
        step = step_to_cutoff(now, start, segment, elapsed, 0, excess_before, value_of(step), value_of(*tried.beyond),
                              boundary);
        tried = attempt(now, start, segment, elapsed, step, boundary);
        if (!(tried.error <= 1)) {  // branches of the memory changed under way: come closer first
          h = 0.5 * value_of(step);
          continue;
        }
        ended = true;
      }
      if (tried.beyond) excess_before = value_of(*tried.beyond);
      lose_oxygen(tried.after, now, segment.heating_K_per_s, step);
      now = std::move(tried.after);
      elapsed += step;
      check_range(now, segment);
      check_neutral(now, segment, steady_at_ ? *steady_at_ : surroundings(start, segment, elapsed));
      keep(now, start, segment, elapsed, leg);
      if (ended) break;
    }
  }

  double first_step(const Surroundings<T>& at, const Segment&) const {
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
    const Surroundings<T> at = steady_at_ ? *steady_at_ : surroundings(start, segment, elapsed);
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
    for (std::size_t g = 0; g < shapes_.size(); ++g) {
      for (std::size_t i = 0; i < law_.mesh.volume.size(); ++i)
        lost += shapes_[g].weight * (3 * law_.mesh.volume[i]) * now.state.grains[g].lost[i];
    }
    t.oxygen_lost.push_back(lost);
    t.delivered.push_back(now.delivered);
    if (record_ == Record::everything) {
      thin_snapshots(leg);
      leg.snapshot_time_s.push_back(value_of(now.time_s));
      leg.snapshots.push_back(
          observer_.profile(now.state.grains.back(), shapes_.size() - 1, electrode_.grains().back(), at));
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

  std::string place(const Moment& now, const Segment& segment) const {
    const auto& steps = *steps_;
    return fmt::format("step \"{}\", {:.4g} s after the start", steps[segment.step].name, value_of(now.time_s));
  }

  void check_range(const Moment& now, const Segment& segment) const {
    constexpr double slack = 1e-4;
    for (std::size_t g = 0; g < shapes_.size(); ++g) {
      const auto& x = now.state.grains[g].x;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double value = value_of(x[i]);
        if (value >= -slack && value <= law_.lithium + slack) continue;
        const double r = law_.mesh.radius[i] * value_of(shapes_[g].radius_nm);
        throw core::ComputationError(
            {.what = segment.open_ended ? "the cut-off is never reached: lithium runs out first" : "lithium runs out",
             .where = {.path = place(now, segment)},
             .expected = fmt::format("lithium extracted between 0 and {}", law_.lithium),
             .found = fmt::format("{:.4f} at r = {:.2f} nm", value, r),
             .advice = "lower the rate, raise diffusivity.log10_multiplier, or set a cut-off that is met before"});
      }
    }
  }

  // No step is small enough: says where and why.
  [[noreturn]] void stuck(const Moment& now, const Segment& segment, const T& elapsed) {
    const Surroundings<T> at = surroundings(now, segment, elapsed);
    double all = value_of(at.levels.sites);
    for (const auto& c : at.levels.couples) all += value_of(c.electrons);
    for (std::size_t g = 0; g < shapes_.size(); ++g) {
      const GrainState<T>& s = now.state.grains[g];
      for (std::size_t i = 0; i < s.x.size(); ++i) {
        const double holes = value_of(s.x[i]) + at.levels.offset - 2 * value_of(s.lost[i]);
        if (holes > 1e-6 * all && holes < (1 - 1e-6) * all) continue;
        no_root(now, segment, g, i, holes, all);
      }
    }
    throw core::ComputationError(
        {.what = "the time step shrinks to nothing",
         .where = {.path = place(now, segment)},
         .expected = fmt::format("a local error below numerics.tolerance = {}", model_.numerics.tolerance),
         .found = fmt::format("surface x = {:.4f}, slow-down {:.3g}, {:.1f} K",
                              value_of(now.state.grains.back().x.back()), value_of(now.slow_down), now.temperature_K),
         .advice = "raise numerics.tolerance, or look for levels with a width far below k_B T"});
  }
  [[noreturn]] void no_root(const Moment& now, const Segment& segment, std::size_t g, std::size_t i, double holes,
                            double all) const {
    throw core::ComputationError(
        {.what = segment.open_ended ? "the cut-off is never reached: the couples of the ladder are exhausted"
                                    : "no potential makes the grain neutral: the couples of the ladder are exhausted",
         .where = {.path = place(now, segment)},
         .expected =
             fmt::format("between 0 and {:.4g} holes per formula unit, the sum of couples and oxygen.sites", all),
         .found = fmt::format("{:.4g} at r = {:.2f} nm, x = {:.4f}, {:.4f} oxygen lost", holes,
                              law_.mesh.radius[i] * value_of(shapes_[g].radius_nm), value_of(now.state.grains[g].x[i]),
                              value_of(now.state.grains[g].lost[i])),
         .advice = "add a couple, raise oxygen.sites, or choose a cut-off the ladder can reach"});
  }

  // Every place must have a potential before its profile is kept.
  void check_neutral(const Moment& now, const Segment& segment, const Surroundings<T>& at) const {
    double all = value_of(at.levels.sites);
    for (const auto& c : at.levels.couples) all += value_of(c.electrons);
    for (std::size_t g = 0; g < shapes_.size(); ++g) {
      for (std::size_t i = 0; i < law_.mesh.radius.size(); ++i) {
        const GrainState<T>& s = now.state.grains[g];
        const double holes = value_of(s.x[i]) + at.levels.offset - 2 * value_of(s.lost[i]);
        if (!(holes > 0 && holes < all)) no_root(now, segment, g, i, holes, all);
      }
    }
    const auto wrong = [&](const std::string& name, double width) {
      if (width > 0) return;
      throw core::ComputationError({.what = "the width of " + name + " is not positive at this temperature",
                                    .where = {.path = place(now, segment)},
                                    .expected = "a width above 0 V",
                                    .found = fmt::format("{:.4g} V at {:.1f} K", width, now.temperature_K),
                                    .advice = "change its width_slope"});
    };
    for (std::size_t k = 0; k < at.levels.couples.size(); ++k)
      wrong(model_.ladder.couples[k].name, value_of(at.levels.couples[k].width));
    if (value_of(at.levels.sites) > 0) wrong("oxygen", value_of(at.levels.oxygen_width));
  }

  void mark(Moment& now, const Segment& segment, const std::string& name, LegOf<T>& leg) {
    Segment still = segment;
    still.temperature_K = now.temperature_K;
    still.heating_K_per_s = 0;
    const Surroundings<T> at = surroundings(now, still, T(0));
    check_neutral(now, segment, at);
    MarkOf<T> m;
    m.step = name;
    m.time_s = now.time_s;
    m.temperature_K = now.temperature_K;
    for (std::size_t g = 0; g < shapes_.size(); ++g)
      m.grains.push_back(observer_.profile(now.state.grains[g], g, electrode_.grains()[g], at));
    m.seen = observer_.observe(m.grains);
    leg.marks.push_back(std::move(m));
  }

  Segment rest_segment(const Step& step, std::size_t index) const {
    Segment s;
    s.step = index;
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
      if (s.open_ended || value_of(needed) < value_of(s.duration_s))
        s.duration_s = value_of(needed) > 0 ? needed : T(0);
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
      if (!(value_of(on.duration_s) > 0)) break;  // the lithium asked for is out
      const bool last = value_of(on.duration_s) < step.duration_s * (1 - 1e-9);
      const double before = value_of(now.time_s);
      advance(now, on, leg);
      if (value_of(now.time_s) - before < value_of(on.duration_s) * (1 - 1e-9)) break;
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
      const std::vector<double> share = shell_share(value_of(shapes_[g].radius_nm), depth);
      auto& sites = now.state.grains[g].memory;
      for (std::size_t i = 0; i < sites.size(); ++i) sites[i] += share[i] * (take_(step.stabilised_sites) - sites[i]);
    }
  }

  void run_leg(Moment& now, const std::vector<Step>& steps, LegOf<T>& leg, std::vector<Moment>* ends) {
    steps_ = &steps;
    Segment none;
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
        case StepKind::wait:
        case StepKind::hold:
          begin_rest(now);
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
      }
      mark(now, segment, step.name, leg);
      if (ends != nullptr) ends->push_back(now);
    }
  }

  const Model& model_;
  const Programme& programme_;
  Take take_;
  Record record_;
  GrainLaw<T> law_;
  std::vector<GrainShape<T>> shapes_;
  Electrode<T> electrode_;
  Observer<T, Take> observer_;
  T sites_mol_per_m3_{0};
  double metals_ = 0, oxygen_ = 2;
  std::optional<Surroundings<T>> steady_at_;
  const std::vector<Step>* steps_ = nullptr;
};

}  // namespace lithoscope::particle
