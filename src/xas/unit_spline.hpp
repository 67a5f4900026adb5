// What one point counts in the natural cubic spline through many. Private to the room.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "lithoscope/core/cubic_spline.hpp"

namespace lithoscope::xas {

/// The spline that is 1 at knot `j` and 0 at the others, as far as it matters: it falls by 0.27 from knot to knot.
struct UnitSpline {
  static constexpr int reach = 8;  ///< knots on either side
  UnitSpline(std::span<const double> knots, std::size_t j) {
    const std::size_t from = j > reach ? j - reach : 0, to = std::min(knots.size(), j + reach + 1);
    std::vector<double> unit(to - from, 0.0);
    unit[j - from] = 1;
    curve = {knots.subspan(from, to - from), unit};
    from_eV = from == 0 ? -1e300 : knots[from];
    to_eV = to == knots.size() ? 1e300 : knots[to - 1];
  }
  core::CubicSpline curve;
  double from_eV = 0, to_eV = 0;  ///< nothing beyond; the ends of all knots are open
};

}  // namespace lithoscope::xas
