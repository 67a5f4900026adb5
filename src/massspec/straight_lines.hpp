// A value between readings: on the straight line between two of them, beyond both ends as at the end.
#pragma once

#include <algorithm>
#include <vector>

namespace lithoscope::massspec {

/// `x` ascends, as many as `y`, two or more.
inline double on_lines(const std::vector<double>& x, const std::vector<double>& y, double at) {
  const auto k = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(std::ranges::upper_bound(x, at) - x.begin(), 1,
                                                                     static_cast<std::ptrdiff_t>(x.size()) - 1));
  const double part = std::clamp((at - x[k - 1]) / (x[k] - x[k - 1]), 0.0, 1.0);
  return y[k - 1] + part * (y[k] - y[k - 1]);
}

}  // namespace lithoscope::massspec
