// States a run must not come to, and the errors that say where and why. Private to the room.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "lithoscope/core/errors.hpp"
#include "moment.hpp"

namespace lithoscope::particle {

template <class T>
class Watch {
 public:
  using Moment = MomentOf<T>;
  using Segment = SegmentOf<T>;

  Watch(const Model& model, const GrainLaw<T>& law, const std::vector<GrainShape<T>>& shapes)
      : model_(model), law_(law), shapes_(shapes) {}

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
             .advice = "lower the rate, raise transport.log10_multiplier, or set a cut-off that is met before"});
      }
    }
  }

  // Every place must have a potential before its profile is kept.
  void check_neutral(const Moment& now, const Segment& segment, const Surroundings<T>& at) const {
    const double all = all_holes(at);
    for (std::size_t g = 0; g < shapes_.size(); ++g) {
      for (std::size_t i = 0; i < law_.mesh.radius.size(); ++i) {
        const GrainState<T>& s = now.state.grains[g];
        const double holes = holes_at(s, i, at);
        constexpr double exhausted = 1e-9;  // of all holes: below that a potential is the logarithm of rounding
        if (!(holes > 0 && holes < (1 - exhausted) * all)) no_root(now, segment, g, i, holes, all);
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

  // No step is small enough: says where and why.
  [[noreturn]] void stuck(const Moment& now, const Segment& segment, const Surroundings<T>& at) const {
    const double all = all_holes(at);
    for (std::size_t g = 0; g < shapes_.size(); ++g) {
      const GrainState<T>& s = now.state.grains[g];
      for (std::size_t i = 0; i < s.x.size(); ++i) {
        const double holes = holes_at(s, i, at);
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

 private:
  static double all_holes(const Surroundings<T>& at) {
    double all = value_of(at.levels.sites);
    for (const auto& c : at.levels.couples) all += value_of(c.electrons);
    return all;
  }
  static double holes_at(const GrainState<T>& s, std::size_t i, const Surroundings<T>& at) {
    return value_of(s.x[i]) + at.levels.offset - 2 * value_of(s.lost[i]);
  }
  std::string place(const Moment& now, const Segment& segment) const {
    return fmt::format("step \"{}\", {:.4g} s after the start", segment.name, value_of(now.time_s));
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

  const Model& model_;
  const GrainLaw<T>& law_;
  const std::vector<GrainShape<T>>& shapes_;
};

}  // namespace lithoscope::particle
