// Log-normal grain sizes as a few radii with weights.
#pragma once

#include <vector>

namespace lithoscope::particle {

struct Size {
  double radius_over_median = 1;
  double weight = 1;  ///< share of the volume
};

/// Gauss-Hermite radii of a log-normal distribution whose volume-weighted ln R has standard deviation `spread`; exact
/// for polynomials in ln R up to degree 2 count - 1. By increasing radius. `count` 1 or `spread` 0 gives the median.
std::vector<Size> log_normal_sizes(double spread, int count);

/// Of the sizes that stand for a distribution about this median.
double smallest_radius_nm(double median_nm, double spread, int count);

}  // namespace lithoscope::particle
