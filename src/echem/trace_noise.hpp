// Noise of a potential record: white noise of every row, and a slow part (drift, temperature of the room) that forgets
// itself exponentially. Whitening by the Kalman filter of that model costs one pass. Private to the room.
#pragma once

#include <Eigen/Dense>
#include <vector>

#include "trace_model.hpp"

namespace lithoscope::echem {

struct TraceNoise {
  double white_V = 1e-3;  ///< standard deviation of one row
  double slow_V = 0;      ///< standard deviation of the slow part
  double slow_s = 3600;   ///< its correlation time
  /// A bin: factor on the white variance where it lies far off: spikes, and
  /// moments that change too fast for the curves. Empty: 1 everywhere.
  std::vector<double> unrest;
};

/// Divides by the noise: the rows of `columns` and of `values` become independent with unit variance, in place.
void whiten(const TraceData& data, const TraceNoise& noise, Eigen::VectorXd& values, RowMatrix& columns);

/// The noise that makes the residuals likeliest. `residual_V` and `scatter_V2` as in TracePrediction.
TraceNoise likeliest_noise(const TraceData& data, const Eigen::VectorXd& residual_V, const Eigen::VectorXd& scatter_V2,
                           const TraceNoise& start);

}  // namespace lithoscope::echem
