#include "lithoscope/massspec/transport.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

namespace lithoscope::massspec {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

// One step of dy/dt = (n - y) / tau for an n that goes straight from a to b: y becomes keep y + of_a a + of_b b.
struct Step {
  double keep, of_a, of_b;
};
Step step_over(double dt, double tau) {
  const double x = dt / tau, keep = std::exp(-x);
  // (1 - keep) / x is the mean of the kernel over the step.
  const double mean = x > 1e-8 ? -std::expm1(-x) / x : 1 - 0.5 * x;
  return {keep, mean - keep, 1 - mean};
}

// Rows: what arrives at each time; columns: the rate at each.
Matrix mixing_matrix(std::span<const double> time_s, double tau) {
  const auto n = static_cast<int>(time_s.size());
  Matrix H = Matrix::Zero(n, n);
  H(0, 0) = 1;  // steady before
  for (int i = 1; i < n; ++i) {
    const Step s = step_over(time_s[static_cast<std::size_t>(i)] - time_s[static_cast<std::size_t>(i - 1)], tau);
    H.row(i) = s.keep * H.row(i - 1);
    H(i, i - 1) += s.of_a;
    H(i, i) += s.of_b;
  }
  return H;
}

// Changes of slope between neighbours: n - 2 rows.
Matrix curvature(std::span<const double> time_s) {
  const auto n = static_cast<int>(time_s.size());
  Matrix D = Matrix::Zero(n - 2, n);
  for (int i = 0; i + 2 < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    const double a = time_s[k + 1] - time_s[k], b = time_s[k + 2] - time_s[k + 1];
    // A random walk of the slope makes its change have a variance of the mean of the two steps.
    const double scale = 1 / std::sqrt(0.5 * (a + b));
    D(i, i) = scale / a;
    D(i, i + 1) = -scale * (1 / a + 1 / b);
    D(i, i + 2) = scale / b;
  }
  return D;
}

struct Solved {
  Vector x, variance;
  double roughness = 0;
};

Solved solve(const Matrix& H, const Matrix& D, const Vector& y, const Vector& v) {
  const Matrix HtW = H.transpose() * v.cwiseInverse().asDiagonal();
  const Matrix normal = HtW * H, penalty = D.transpose() * D;
  const Vector right = HtW * y;
  const double misfit0 = y.dot(v.cwiseInverse().asDiagonal() * y);
  const auto free = static_cast<double>(D.rows());
  Solved best;
  double best_evidence = -1e300;
  // From a prior far stiffer than the data to one far looser.
  const double start = normal.diagonal().mean() / std::max(penalty.diagonal().mean(), 1e-300);
  constexpr int steps = 22;
  for (int k = 0; k < steps; ++k) {
    const double lambda = start * std::pow(10.0, 6 - 0.5 * k);
    const Eigen::LLT<Matrix> root(normal + lambda * penalty);
    const Vector x = root.solve(right);
    const double fit = misfit0 - right.dot(x);  // chi squared and penalty together
    const double evidence =
        0.5 * free * std::log(lambda) - Matrix(root.matrixL()).diagonal().array().log().sum() - 0.5 * fit;
    if (evidence <= best_evidence) continue;
    best_evidence = evidence;
    best.x = x;
    best.roughness = 1 / std::sqrt(lambda);
    best.variance = root.solve(Matrix::Identity(H.cols(), H.cols())).diagonal();
  }
  return best;
}

}  // namespace

std::vector<double> arrived(std::span<const double> time_s, std::span<const double> rate, const Transport& transport) {
  std::vector<double> mixed(rate.begin(), rate.end());
  if (transport.mixing_s.value > 0) {
    for (std::size_t i = 1; i < mixed.size(); ++i) {
      const Step s = step_over(time_s[i] - time_s[i - 1], transport.mixing_s.value);
      mixed[i] = s.keep * mixed[i - 1] + s.of_a * rate[i - 1] + s.of_b * rate[i];
    }
  }
  if (!(transport.delay_s.value > 0)) return mixed;
  // What was there a delay ago, between the times by a straight line, before the first as at the first.
  std::vector<double> out(mixed.size());
  std::size_t k = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double then = time_s[i] - transport.delay_s.value;
    while (k + 1 < mixed.size() && time_s[k + 1] <= then) ++k;
    if (then <= time_s.front() || k + 1 >= mixed.size()) {
      out[i] = then <= time_s.front() ? mixed.front() : mixed.back();
      continue;
    }
    const double part = (then - time_s[k]) / (time_s[k + 1] - time_s[k]);
    out[i] = mixed[k] + part * (mixed[k + 1] - mixed[k]);
  }
  return out;
}

Released released(std::span<const double> time_s, std::span<const double> value, std::span<const double> variance,
                  const Transport& transport) {
  Released out{.rate = {value.begin(), value.end()}, .variance = {variance.begin(), variance.end()}};
  constexpr std::size_t fewest = 4;
  const double tau = transport.mixing_s.value;
  if (!(tau > 0) || time_s.size() < fewest) return out;
  const auto n = static_cast<int>(time_s.size());
  Vector y(n), v(n);
  for (int i = 0; i < n; ++i) {
    y(i) = value[static_cast<std::size_t>(i)];
    v(i) = std::max(variance[static_cast<std::size_t>(i)], 1e-300);
  }
  const double scale = std::sqrt(v.mean());
  y /= scale;
  v /= scale * scale;
  const Matrix D = curvature(time_s);
  const Solved best = solve(mixing_matrix(time_s, tau), D, y, v);
  Vector with_tau = best.variance;
  if (transport.mixing_s.variance > 0) {
    const Solved other = solve(mixing_matrix(time_s, tau + transport.mixing_s.sigma()), D, y, v);
    with_tau += (other.x - best.x).cwiseAbs2();
  }
  for (int i = 0; i < n; ++i) {
    out.rate[static_cast<std::size_t>(i)] = scale * best.x(i);
    out.variance[static_cast<std::size_t>(i)] = scale * scale * with_tau(i);
  }
  out.roughness = scale * best.roughness;
  return out;
}

}  // namespace lithoscope::massspec
