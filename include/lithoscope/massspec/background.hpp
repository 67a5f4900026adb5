// What an ion current would have been without gas, from the stretches that are known to be free of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/massspec/ion_record.hpp"

namespace lithoscope::massspec {

/// Kinds of drift. `automatic` weighs all of them by how well each foretells the stretches without gas.
enum class BackgroundKind { automatic, constant, linear, exponential, spline };

struct Stretch {
  double from_s = 0, to_s = 0;
};

/// Noise of one reading: a part of its own, and one that grows with the current (ions are counted).
struct ReadingNoise {
  double floor = 0;      ///< variance at no current, unit squared
  double per_value = 0;  ///< variance a unit of current
  double variance_at(double value) const { return floor + per_value * (value > 0 ? value : 0); }
};
/// From fourth differences of neighbours: the lower half of the record gives the floor, what lies well above it the
/// rest.
ReadingNoise noise_of(const Series& series);

/// Means over cells of time, of straight lines between the readings, so that algebra stays small.
struct Cells {
  std::vector<double> from_s, to_s, centre_s, value, variance;
  std::vector<std::int64_t> readings;
  std::size_t size() const { return value.size(); }
};
/// At most `most` cells of even length over `stretch`, of two readings or more in the mean; cells without a reading are
/// left out.
Cells cells_over(const Series& series, const ReadingNoise& noise, Stretch stretch, std::size_t most);

/// A weighted set of Gaussian processes: mean and covariance of the background at some times.
struct Background {
  std::vector<double> at_s;
  std::vector<double> mean;
  std::vector<double> covariance;                ///< n by n: how little the stretches without gas say there
  std::vector<double> free_mean, free_variance;  ///< at the cells it was made from
  double noise_factor = 1;  ///< variance of a mean over readings against that of independent readings
  std::vector<std::pair<std::string, double>> kinds;  ///< probability of each kind of drift
  double sigma(std::size_t i) const;
};

/// `free` are cells in stretches without gas, in ascending order; `at_s` times that are wanted. Drifts are Gaussian
/// processes: level, slope, a decay of unknown time, a random walk and its integral (a cubic smoothing spline), each
/// with its size; correlated noise as a factor on the variance of means. Sizes and kinds are weighed by their marginal
/// likelihood and averaged, so that what is not known of the drift is in the covariance. Throws UnusableData with fewer
/// than six cells.
Background background_of(const Cells& free, std::span<const double> at_s, BackgroundKind kind);

}  // namespace lithoscope::massspec
