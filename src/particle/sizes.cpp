#include "lithoscope/particle/sizes.hpp"

#include <algorithm>
#include <cmath>

namespace lithoscope::particle {
namespace {

// He_n(z) and its neighbour below, normalised, for the zeros and weights of the normal distribution.
std::pair<double, double> hermite(int n, double z) {
  double previous = 0;
  double current = 1;
  for (int k = 0; k < n; ++k) {
    const double next = (z * current - std::sqrt(static_cast<double>(k)) * previous) / std::sqrt(k + 1.0);
    previous = current;
    current = next;
  }
  return {current, previous};
}

}  // namespace

std::vector<Size> log_normal_sizes(double spread, int count) {
  if (count <= 1 || !(spread > 0)) return {Size{}};
  // Zeros lie between sign changes on a fine grid; their largest is below 2 sqrt(n).
  std::vector<Size> sizes;
  const double end = 2 * std::sqrt(static_cast<double>(count)) + 1;
  const int cells = 400 * count;
  const double width = 2 * end / cells;
  for (int i = 0; i < cells; ++i) {
    double low = -end + width * (i - 0.25);  // off centre, so that the zero at 0 of odd orders is inside a cell
    double high = low + width;
    if ((hermite(count, low).first > 0) == (hermite(count, high).first > 0)) continue;
    const bool rising = hermite(count, high).first > 0;
    for (int k = 0; k < 80; ++k) {
      const double middle = 0.5 * (low + high);
      ((hermite(count, middle).first > 0) == rising ? high : low) = middle;
    }
    const double z = 0.5 * (low + high);
    const double below = hermite(count, z).second;
    sizes.push_back({std::exp(spread * z), 1 / (count * below * below)});
  }
  return sizes;
}

double smallest_radius_nm(double median_nm, double spread, int count) {
  return median_nm * log_normal_sizes(spread, count).front().radius_over_median;
}

}  // namespace lithoscope::particle
