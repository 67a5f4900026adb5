// Systems with the covariance matrix of stationary noise. Private to the room.
#pragma once

#include <span>
#include <vector>

namespace lithoscope::tes {

/// Solves R x = b for R_ij = autocorrelation[|i - j|] and every b given, by Levinson's recursion: n^2 steps where a
/// factorisation takes n^3. An estimate of R from a few records may be slightly indefinite at its longest lags, which
/// does no harm. Throws ComputationError when R is singular.
std::vector<std::vector<double>> solve_toeplitz(std::span<const double> autocorrelation,
                                                std::span<const std::vector<double>> right);

/// q' R q.
double quadratic_form(std::span<const double> autocorrelation, std::span<const double> q);

}  // namespace lithoscope::tes
