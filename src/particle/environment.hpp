// What surrounds the grains at any instant of a stretch: mobility, levels, rates of the memory. Private to the room.
#pragma once

#include <cmath>
#include <memory>

#include "grain_shapes.hpp"
#include "lithoscope/core/constants.hpp"
#include "moment.hpp"

namespace lithoscope::particle {

template <class T, class Take>
class Environment {
 public:
  using Moment = MomentOf<T>;
  using Segment = SegmentOf<T>;

  Environment(const Model& model, const Take& take, bool structure_moves)
      : model_(model), take_(take), structure_moves_(structure_moves) {}

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
    return 1.0 -
           distance * exp(-rate * arrhenius_time(take_(model_.transport.unlock_energy_eV), segment, T(0), elapsed));
  }

  // Integral of an Arrhenius factor, 1 at 25 C, over `span` from `elapsed` of a segment.
  T arrhenius_time(const T& energy_eV, const Segment& segment, const T& elapsed, const T& span) const {
    if (segment.heating_K_per_s == 0) return span * arrhenius(energy_eV, T(segment.temperature_K));
    const double span_K = std::abs(segment.heating_K_per_s * value_of(span));
    const int panels = 1 + static_cast<int>(span_K / 10);
    const T h = span * (1.0 / panels);
    constexpr double node[3] = {0.1127016653792583, 0.5, 0.8872983346207417};
    constexpr double weight[3] = {5.0 / 18, 8.0 / 18, 5.0 / 18};
    T exposure(0);
    for (int p = 0; p < panels; ++p) {
      for (int k = 0; k < 3; ++k) {
        const T at = elapsed + (p + node[k]) * h;
        exposure += weight[k] * h * arrhenius(energy_eV, segment.temperature_K + segment.heating_K_per_s * at);
      }
    }
    return exposure;
  }

  Surroundings<T> at(const Moment& start, const Segment& segment, const T& elapsed) const {
    using std::exp;
    const Hysteresis& h = model_.hysteresis;
    Surroundings<T> now;
    const T temperature = segment.temperature_K + segment.heating_K_per_s * elapsed;
    now.mobility =
        arrhenius(take_(model_.transport.activation_energy_eV), temperature) * slow_down_after(start, segment, elapsed);
    if (model_.transport.gap.to > model_.transport.gap.from) {
      now.table = std::make_shared<const KirchhoffTable<T>>(diffusivity_table<T>(model_, take_, value_of(temperature)));
    }
    now.thermal_V = core::boltzmann_eV_per_K * temperature;
    now.levels = levels_at<T>(model_.ladder, take_, temperature);
    now.level_values = plain(now.levels);
    if (structure_moves_) {
      const T speed = arrhenius(take_(h.structure_activation_eV), temperature);
      const T gap = now.levels.fresh_level - now.levels.stabilised_level;
      const T energy = h.structure_energy_V < 0 ? T(0.5 * gap) : T(take_(h.structure_energy_V));
      // Detailed balance, (k1/k-1)(k2/k-2) = exp(gap/w); with w = k_B T/e it is the specification's.
      now.square.stabilise = take_(h.stabilise_rate_per_s) * speed;
      now.square.recover = take_(h.recover_rate_per_s) * speed;
      now.square.destabilise = now.square.stabilise * exp((energy - gap) / now.levels.oxygen_width);
      now.square.unrecover = now.square.recover * exp(-energy / now.levels.oxygen_width);
    }
    now.offset_per_lithium = take_(h.offset_per_lithium_V);
    now.largest_offset = take_(h.largest_offset_V);
    now.relaxation = take_(h.relaxation_rate_per_s) * arrhenius(take_(h.relaxation_activation_eV), temperature);
    return now;
  }

 private:
  const Model& model_;
  const Take& take_;
  bool structure_moves_;
};

}  // namespace lithoscope::particle
