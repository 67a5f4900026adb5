// The middle of some numbers.
#pragma once

#include <algorithm>
#include <vector>

namespace lithoscope::core {

/// The upper one of two middles; 0 of none.
inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace lithoscope::core
