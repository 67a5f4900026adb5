// How much oxygen leaves where, as phases and shell grow. Private to the room.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "extents.hpp"
#include "grain_shapes.hpp"
#include "lithoscope/material/valence.hpp"
#include "moment.hpp"

namespace lithoscope::particle {

template <class T, class Take>
class OxygenLoss {
 public:
  using Moment = MomentOf<T>;
  using Segment = SegmentOf<T>;

  OxygenLoss(const Model& model, const Take& take, const RadialMesh& mesh, const std::vector<GrainShape<T>>& shapes)
      : model_(model), take_(take), mesh_(mesh), shapes_(shapes), anions_(material::anion_sites(model.composition)) {
    for (const Cation& c : model.ladder.cations) metals_ += c.amount;
  }

  // How much oxygen a phase gives up follows from the grain's mean lithium: where these phases form, lithium has long
  // evened out, and a place that gains lithium later cannot take oxygen back.
  void advance(Moment& after, const Moment& before, double heating_K_per_s, const T& h) {
    const Degradation& d = model_.degradation;
    const bool reacts = d.spinel_prefactor_per_s > 0 || d.rock_salt_prefactor_per_s > 0 || d.shell_rate_nm_per_s > 0;
    if (!reacts && !(value_of(before.extents.shell_nm) > 0)) return;
    after.extents = advance_extents<T>(d, take_, before.extents, T(before.temperature_K), heating_K_per_s, h);
    lose(after, before);
  }

  // A shell of rock salt, at once.
  void reconstruct(Moment& now, const T& depth_nm) {
    const Moment before = now;
    if (value_of(depth_nm) > value_of(now.extents.shell_nm)) now.extents.shell_nm = depth_nm;
    lose(now, before);
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

 private:
  void lose(Moment& after, const Moment& before) const {
    const T rock_salt = after.extents.rock_salt - before.extents.rock_salt;
    const T spinel = after.extents.spinel - before.extents.spinel - rock_salt;
    for (std::size_t g = 0; g < shapes_.size(); ++g) {
      GrainState<T>& s = after.state.grains[g];
      const std::vector<double> share =
          shell_share(mesh_, value_of(shapes_[g].radius_nm), value_of(after.extents.shell_nm));
      const T x = 0.5 * (volume_mean(mesh_, s.x) + volume_mean(mesh_, before.state.grains[g].x));
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
    const double lost = material::oxygen_lost_to(phase, cations, anions_);
    if constexpr (std::is_same_v<T, double>) {
      return lost;
    } else {
      T carried = lost > 0 ? T(x * (phase == material::OxidePhase::spinel ? 4.0 / 3 : 1.0)) : T(0);
      carried.a = lost;
      return carried;
    }
  }

  const Model& model_;
  const Take& take_;
  const RadialMesh& mesh_;
  const std::vector<GrainShape<T>>& shapes_;
  double metals_ = 0, anions_ = 2;
};

}  // namespace lithoscope::particle
