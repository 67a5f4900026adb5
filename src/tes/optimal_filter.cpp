#include "lithoscope/tes/optimal_filter.hpp"

#include <array>
#include <cmath>
#include <numbers>

#include "fourier.hpp"
#include "lithoscope/core/errors.hpp"
#include "toeplitz.hpp"

namespace lithoscope::tes {
namespace {

constexpr std::size_t lags = 5, shorten = 2;

struct Parabola {
  double height, at;
};
// Least squares through five even points; the coefficients are those of orthogonal polynomials on -2..2.
Parabola vertex(const std::array<double, lags>& y) {
  const double c = (-6 * y[0] + 24 * y[1] + 34 * y[2] + 24 * y[3] - 6 * y[4]) / 70;
  const double b = (-14 * y[0] - 7 * y[1] + 7 * y[3] + 14 * y[4]) / 70;
  const double a = (10 * y[0] - 5 * y[1] - 10 * y[2] - 5 * y[3] + 10 * y[4]) / 70;
  return {c - 0.25 * b * b / a, -0.5 * b / a};
}

// Eight running sums whatever the machine's width: the same digits everywhere.
constexpr std::size_t lanes = 8;
template <class Sample>
double dot(const double* filter, const Sample* sample, std::size_t n) {
  std::array<double, lanes> sum{};
  const std::size_t whole = n - n % lanes;
  for (std::size_t k = 0; k < whole; k += lanes) {
    for (std::size_t j = 0; j < lanes; ++j) sum[j] += filter[k + j] * static_cast<double>(sample[k + j]);
  }
  for (std::size_t k = whole; k < n; ++k) sum[k - whole] += filter[k] * static_cast<double>(sample[k]);
  return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

template <class Sample>
Parabola five_lags(const std::vector<double>& filter, const Sample* sample) {
  std::array<double, lags> y{};
  for (std::size_t lag = 0; lag < lags; ++lag) y[lag] = dot(filter.data(), sample + lag, filter.size());
  return vertex(y);
}

void require_lags(const Noise& noise, std::size_t n) {
  if (noise.autocorrelation.size() >= n) return;
  throw core::ComputationError({.what = "the noise records are shorter than the pulses",
                                .expected = std::to_string(n) + " lags of the autocorrelation",
                                .found = std::to_string(noise.autocorrelation.size())});
}

}  // namespace

double OptimalFilter::resolving_power() const {
  return variance > 0 ? peak / std::sqrt(8 * std::numbers::ln2 * variance) : 0;
}

OptimalFilter make_five_lag(const PulseShape& shape, const Noise& noise, double sample_s,
                            const FilterSettings& settings) {
  const std::size_t n = shape.pulse.size() - 2 * shorten;
  require_lags(noise, n);
  const std::vector<double> middle(shape.pulse.begin() + shorten, shape.pulse.end() - shorten);
  const std::vector<std::vector<double>> right{middle, std::vector<double>(n, 1.0)};
  const auto solved = solve_toeplitz(std::span{noise.autocorrelation}.first(n), right);
  double sum_signal = 0, sum_one = 0;
  for (std::size_t k = 0; k < n; ++k) {
    sum_signal += solved[0][k];
    sum_one += solved[1][k];
  }
  OptimalFilter out{.kind = FilterKind::five_lag, .peak = shape.peak};
  for (std::size_t k = 0; k < n; ++k) out.height.push_back(sum_one * solved[0][k] - sum_signal * solved[1][k]);
  roll_off(out.height, sample_s, settings.roll_off_Hz);
  const double response = five_lags(out.height, shape.pulse.data()).height;
  for (double& f : out.height) f /= response;
  out.variance = quadratic_form(noise.autocorrelation, out.height);
  return out;
}

OptimalFilter make_arrival_time_safe(const PulseShape& shape, const Noise& noise, double sample_s,
                                     const FilterSettings& settings) {
  const std::size_t n = shape.pulse.size();
  require_lags(noise, n);
  const std::array<std::vector<double>, 3> model{shape.pulse, shape.derivative, std::vector<double>(n, 1.0)};
  const auto solved = solve_toeplitz(std::span{noise.autocorrelation}.first(n), model);
  std::array<std::array<double, 3>, 3> a{};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) a[i][j] = dot(model[i].data(), solved[j].data(), n);
  }
  // Rows 0 and 1 of the inverse of a symmetric 3 x 3 matrix, by cofactors.
  const auto minor = [&](std::size_t i, std::size_t j) {
    const std::size_t r = i == 0 ? 1 : 0, s = i == 2 ? 1 : 2, c = j == 0 ? 1 : 0, d = j == 2 ? 1 : 2;
    return a[r][c] * a[s][d] - a[r][d] * a[s][c];
  };
  const double det = a[0][0] * minor(0, 0) - a[0][1] * minor(0, 1) + a[0][2] * minor(0, 2);
  const auto inverse = [&](std::size_t i, std::size_t j) { return ((i + j) % 2 == 0 ? 1 : -1) * minor(j, i) / det; };
  OptimalFilter out{.kind = FilterKind::arrival_time_safe, .peak = shape.peak, .slid = shape.slid};
  for (std::size_t k = 0; k < n; ++k) {
    double height = 0, arrival = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      height += inverse(0, j) * solved[j][k];
      arrival += inverse(1, j) * solved[j][k];
    }
    out.height.push_back(height);
    out.arrival.push_back(arrival);
  }
  roll_off(out.height, sample_s, settings.roll_off_Hz);
  roll_off(out.arrival, sample_s, settings.roll_off_Hz);
  out.variance = quadratic_form(noise.autocorrelation, out.height);
  return out;
}

Filtered apply(const OptimalFilter& filter, std::span<const std::uint16_t> record, bool early) {
  if (filter.kind == FilterKind::five_lag) {
    const Parabola p = five_lags(filter.height, record.data());
    return {p.height, p.at};
  }
  const std::uint16_t* from = record.data() + (filter.slid && !early ? 1 : 0);
  const std::size_t n = filter.height.size();
  const double height = dot(filter.height.data(), from, n);
  return {height, dot(filter.arrival.data(), from, n) / height};
}

}  // namespace lithoscope::tes
