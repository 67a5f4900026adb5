// Whether a curve is above its background anywhere: every stretch is tried, and how high chance alone gets is counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lithoscope::massspec {

struct ExcessCurve {
  std::vector<double> width_s, value;  ///< a cell
  std::vector<double> covariance;      ///< n by n: noise and background
};

struct ExcessScan {
  double largest = 0, smallest = 0;  ///< sum over a stretch in its sigma, over all stretches of two cells and more
  std::size_t first = 0, last = 0;   ///< cells of the stretch of `largest`
  double largest_sum = 0, largest_sigma = 0;  ///< of that stretch, value times s
  double smallest_sum = 0;                    ///< value times s, of the stretch of `smallest`
  double threshold = 0;                       ///< what the largest of a curve of noise exceeds with a chance of 1 %
  double total_sigma = 0;                     ///< of the sum over all cells
};
/// `stream` numbers the draws of noise, which are the same in every run.
ExcessScan scan_excess(const ExcessCurve& curve, std::uint64_t stream);

}  // namespace lithoscope::massspec
