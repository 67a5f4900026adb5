// What goes on beside the ladder: electrons from outside the grain, and holes that pair. Private to the room.
#pragma once

#include <algorithm>
#include <cmath>

#include "environment.hpp"
#include "moment.hpp"

namespace lithoscope::particle {

template <class T, class Take>
class SideProcesses {
 public:
  using Moment = MomentOf<T>;
  using Segment = SegmentOf<T>;

  SideProcesses(const Model& model, const Take& take, const Environment<T, Take>& environment)
      : model_(model), take_(take), environment_(environment) {}

  void advance(Moment& after, const Segment& segment, const T& elapsed, const T& h) const {
    const Reservoir& r = model_.reservoir;
    if (r.rate_per_s > 0) {
      after.side.offered +=
          take_(r.rate_per_s) * environment_.arrhenius_time(take_(r.activation_energy_eV), segment, elapsed, h);
    }
    const Dimers& d = model_.dimers;
    if (d.rate_per_s > 0) {
      after.side.pairing +=
          take_(d.rate_per_s) * environment_.arrhenius_time(take_(d.activation_energy_eV), segment, elapsed, h);
    }
  }

  void expose(Moment& now, const T& dose_MGy) const { now.side.offered += take_(model_.reservoir.per_dose) * dose_MGy; }

  /// Electrons per formula unit of the layer that the metals have taken: what is offered wears off as the reservoir
  /// empties.
  T taken(const Moment& now) const {
    using std::expm1;
    if (!(value_of(now.side.offered) > 0)) return T(0);
    const T capacity = take_(model_.reservoir.capacity);
    return -capacity * expm1(-now.side.offered / capacity);
  }
  T paired(const Moment& now) const {
    using std::expm1;
    return value_of(now.side.pairing) > 0 ? T(-expm1(-now.side.pairing)) : T(0);
  }

 private:
  const Model& model_;
  const Take& take_;
  const Environment<T, Take>& environment_;
};

}  // namespace lithoscope::particle
