// From states to profiles to what probes see, in the solver's scalar. Private to the room.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "grain_transport.hpp"
#include "lithoscope/particle/history.hpp"
#include "lithoscope/result/escape_weights.hpp"

namespace lithoscope::particle {

template <class T, class Take>
class Observer {
 public:
  Observer(const Model& model, const Take& take, const GrainLaw<T>& law, const std::vector<GrainShape<T>>& shapes)
      : model_(model), take_(take), law_(law), shapes_(shapes) {}

  /// `taken`: electrons per formula unit that the reduced layer has from outside.
  ProfileOf<T> profile(const GrainState<T>& s, std::size_t g, GrainTransport<T>& grain, const Surroundings<T>& at,
                       const T& taken = T(0)) const {
    ProfileOf<T> p;
    const std::size_t n = grain.nodes();
    for (std::size_t i = 0; i < n; ++i) {
      p.radius_nm.push_back(law_.mesh.radius[i] * value_of(shapes_[g].radius_nm));
      p.volume.push_back(law_.mesh.dimensions * law_.mesh.volume[i]);
    }
    p.dimensions = static_cast<int>(law_.mesh.dimensions);
    p.height = model_.grain.height;
    p.lithium = s.x;
    p.oxygen_lost = s.lost;
    if (law_.memory == Memory::square_scheme) p.stabilised = s.memory;
    if (law_.memory == Memory::one_state) p.offset_V = s.memory;
    p.valence.resize(model_.ladder.cations.size());
    for (std::size_t i = 0; i < n; ++i) {
      p.V.push_back(grain.metal_potential(s, i, at));
      fill_valences(p, i, g, at);
    }
    if (model_.reservoir.depth_nm > 0) reduce_layer(p, g, taken);
    return p;
  }

  ObservablesOf<T> observe(const std::vector<ProfileOf<T>>& grains, const T& paired = T(0)) const {
    const std::size_t cations = model_.ladder.cations.size();
    ObservablesOf<T> o;
    o.tey_valence.assign(cations, T(0));
    o.pfy_valence.assign(cations, T(0));
    o.mean_valence.assign(cations, T(0));
    std::vector<T> fluorescing(cations, T(0));
    T area(0), emitting(0);
    for (std::size_t g = 0; g < grains.size(); ++g) {
      const ProfileOf<T>& p = grains[g];
      const T& radius = shapes_[g].radius_nm;
      const T share = shapes_[g].weight / radius;  // electrons come from the surface
      area += share;
      for (std::size_t k = 0; k < cations; ++k) {
        const std::string& element = model_.ladder.cations[k].element;
        o.tey_valence[k] += share * weighted(escape_from(radius, tey_depth(element)), p.valence[k]);
        const std::vector<T> pfy = fluorescence(length(element), radius);
        o.pfy_valence[k] += shapes_[g].weight * weighted(pfy, p.valence[k]);
        for (const T& w : pfy) fluorescing[k] += shapes_[g].weight * w;
        o.mean_valence[k] += shapes_[g].weight * volume_mean(law_.mesh, p.valence[k]);
      }
      o.tey_lithium += share * weighted(escape_from(radius, tey_depth("")), p.lithium);
      const std::vector<T> at_oxygen = escape_from(radius, tey_depth("O"));
      o.tey_holes += share * weighted(at_oxygen, p.fresh_holes);
      o.tey_holes += share * weighted(at_oxygen, p.stabilised_holes);
      const auto mean = [&](const std::vector<T>& values) {
        return shapes_[g].weight * volume_mean(law_.mesh, values);
      };
      o.mean_lithium += mean(p.lithium);
      o.mean_holes += mean(p.fresh_holes);
      o.mean_holes += mean(p.stabilised_holes);
      o.mean_oxygen_lost += mean(p.oxygen_lost);
      if (!p.reservoir.empty()) o.mean_reservoir += mean(p.reservoir);
      const std::vector<T> rixs = fluorescence(length("O"), radius);
      for (std::size_t i = 0; i < rixs.size(); ++i) {
        emitting += shapes_[g].weight * rixs[i];
        o.rixs += shapes_[g].weight * rixs[i] * response(p.fresh_holes[i], p.stabilised_holes[i], paired);
      }
    }
    for (std::size_t k = 0; k < cations; ++k) {
      o.tey_valence[k] = o.tey_valence[k] / area;
      o.pfy_valence[k] = o.pfy_valence[k] / fluorescing[k];
    }
    o.tey_lithium = o.tey_lithium / area;
    o.tey_holes = o.tey_holes / area;
    o.rixs = o.rixs / emitting;
    using std::exp;
    o.tey_transmission = exp(-take_(model_.probes.overlayer_nm) / T(take_(model_.probes.tey_depth_nm)));
    const ProfileOf<T>& largest = grains.back();
    o.surface_V = largest.V.back();
    o.core_V = largest.V.front();
    o.surface_lithium = largest.lithium.back();
    o.core_lithium = largest.lithium.front();
    o.paired = paired;
    return o;
  }

 private:
  void fill_valences(ProfileOf<T>& p, std::size_t i, std::size_t g, const Surroundings<T>& at) const {
    T V = p.V[i];
    if (!shapes_[g].site_shift_V.empty()) V -= shapes_[g].site_shift_V[i];
    const Ladder& ladder = model_.ladder;
    for (std::size_t k = 0; k < ladder.cations.size(); ++k) p.valence[k].push_back(T(ladder.cations[k].base_valence));
    for (std::size_t k = 0; k < ladder.couples.size(); ++k) {
      const auto& c = at.levels.couples[k];
      const double shift = shapes_[g].shifts.empty() ? 0 : shapes_[g].shifts[i][k];
      const auto cation = std::ranges::find(ladder.cations, ladder.couples[k].element, &Cation::element);
      auto& valence = p.valence[static_cast<std::size_t>(cation - ladder.cations.begin())].back();
      valence += c.electrons / cation->amount * occupation<T>(V, c.level + shift, c.width);
    }
    const T stabilised = law_.memory == Memory::square_scheme ? p.stabilised[i] : T(0);
    const T offset = law_.memory == Memory::one_state ? p.offset_V[i] : T(0);
    const bool holes = value_of(at.levels.sites) > 0;
    p.fresh_holes.push_back(holes ? (at.levels.sites - stabilised) *
                                        occupation<T>(V, at.levels.fresh_level + offset, at.levels.oxygen_width)
                                  : T(0));
    p.stabilised_holes.push_back(
        holes ? stabilised * occupation<T>(V, at.levels.stabilised_level, at.levels.oxygen_width) : T(0));
  }

  // Electrons from outside, on the metals of the layer by number and preference.
  void reduce_layer(ProfileOf<T>& p, std::size_t g, const T& taken) const {
    const Ladder& ladder = model_.ladder;
    std::vector<double> factor;
    double drawn = 0;
    for (const Cation& c : ladder.cations) {
      factor.push_back(model_.reservoir.preference(c.element));
      drawn += c.amount * factor.back();
    }
    for (const double share : shell_share(law_.mesh, value_of(shapes_[g].radius_nm), model_.reservoir.depth_nm)) {
      p.reservoir.push_back(share * taken);
    }
    for (std::size_t k = 0; k < ladder.cations.size(); ++k) {
      for (std::size_t i = 0; i < p.reservoir.size(); ++i) p.valence[k][i] -= p.reservoir[i] * (factor[k] / drawn);
    }
  }

  // A share `paired` of the holes answers with the dimers' brightness.
  T response(const T& fresh, const T& stabilised, const T& paired) const {
    using std::expm1;
    const T unpaired =
        take_(model_.probes.fresh_response) * fresh + take_(model_.probes.stabilised_response) * stabilised;
    const T linear = unpaired * (1.0 + (take_(model_.dimers.brightness) - 1.0) * paired);
    const double saturation = model_.probes.saturation_holes;
    return saturation > 0 ? -expm1(-linear * (1 / saturation)) : linear;
  }

  static T weighted(const std::vector<T>& weights, const std::vector<T>& values) {
    T sum(0);
    for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * values[i];
    return sum;
  }
  // By node from the centre, as the profiles.
  T tey_depth(const std::string& element) const {
    for (const EdgeDepth& e : model_.probes.edges) {
      if (e.element == element && e.tey_depth_nm > 0) return T(take_(e.tey_depth_nm));
    }
    return T(take_(model_.probes.tey_depth_nm));
  }
  T length(const std::string& element) const {
    for (const EdgeDepth& e : model_.probes.edges) {
      if (e.element == element && e.fluorescence_length_nm >= 0) return T(take_(e.fluorescence_length_nm));
    }
    return T(take_(element == "O" ? model_.probes.rixs_length_nm : model_.probes.pfy_length_nm));
  }
  std::vector<T> escape_from(const T& radius, const T& depth_nm) const {
    std::vector<T> depth;
    for (std::size_t i = law_.mesh.radius.size(); i-- > 0;) depth.push_back(radius * (1 - law_.mesh.radius[i]));
    std::vector<T> w = result::escape_weights<T>(depth, depth_nm);
    std::reverse(w.begin(), w.end());
    const RadialMesh& mesh = law_.mesh;
    const double basal = result::basal_share(static_cast<int>(mesh.dimensions), model_.grain.height);
    if (!(basal > 0)) return w;
    for (std::size_t i = 0; i < w.size(); ++i) w[i] += basal * (mesh.dimensions * mesh.volume[i] - w[i]);
    return w;
  }
  std::vector<T> fluorescence(const T& length, const T& radius) const {
    std::vector<T> w;
    for (std::size_t i = 0; i < law_.mesh.radius.size(); ++i) {
      const RadialMesh& mesh = law_.mesh;
      T weight(mesh.dimensions * mesh.volume[i]);
      if (value_of(length) > 0) {
        weight *= result::escape_from_grain<T>(static_cast<int>(mesh.dimensions), model_.grain.height, mesh.radius[i],
                                               radius / length);
      }
      w.push_back(weight);
    }
    return w;
  }

  const Model& model_;
  const Take& take_;
  const GrainLaw<T>& law_;
  const std::vector<GrainShape<T>>& shapes_;
};

}  // namespace lithoscope::particle
