#include "excess_scan.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "lithoscope/core/rng.hpp"

namespace lithoscope::massspec {
namespace {

// Sums over stretches and their sigma, from sums over all cells up to one and up to a pair.
class Sums {
 public:
  Sums(const std::vector<double>& width, const std::vector<double>& covariance) : n_(width.size()), sigma_(n_ * n_) {
    std::vector<double> up_to((n_ + 1) * (n_ + 1), 0.0);
    const auto at = [&](std::size_t i, std::size_t j) -> double& { return up_to[i * (n_ + 1) + j]; };
    for (std::size_t i = 0; i < n_; ++i) {
      for (std::size_t j = 0; j < n_; ++j)
        at(i + 1, j + 1) = at(i, j + 1) + at(i + 1, j) - at(i, j) + width[i] * width[j] * covariance[i * n_ + j];
    }
    for (std::size_t a = 0; a < n_; ++a) {
      for (std::size_t b = a; b < n_; ++b) {
        const double variance = at(b + 1, b + 1) - at(a, b + 1) - at(b + 1, a) + at(a, a);
        sigma_[a * n_ + b] = std::sqrt(std::max(variance, 1e-300));
      }
    }
  }
  double sigma(std::size_t a, std::size_t b) const { return sigma_[a * n_ + b]; }

  struct Extremes {
    double largest = 0, largest_sum = 0, smallest = 0, smallest_sum = 0;
    std::size_t first = 0, last = 0;
  };
  // `up_to` has the sum of all cells before each.
  Extremes extremes(const std::vector<double>& up_to) const {
    Extremes out;
    for (std::size_t a = 0; a < n_; ++a) {
      for (std::size_t b = a + 1; b < n_; ++b) {
        const double sum = up_to[b + 1] - up_to[a], z = sum / sigma_[a * n_ + b];
        if (z > out.largest) {
          out.largest = z;
          out.largest_sum = sum;
          out.first = a;
          out.last = b;
        }
        if (z < out.smallest) {
          out.smallest = z;
          out.smallest_sum = sum;
        }
      }
    }
    return out;
  }

 private:
  std::size_t n_;
  std::vector<double> sigma_;
};

std::vector<double> sums_up_to(const std::vector<double>& width, const std::vector<double>& value) {
  std::vector<double> out(width.size() + 1, 0.0);
  for (std::size_t i = 0; i < width.size(); ++i) out[i + 1] = out[i] + width[i] * value[i];
  return out;
}

}  // namespace

ExcessScan scan_excess(const ExcessCurve& curve, std::uint64_t stream) {
  const std::size_t n = curve.value.size();
  if (n < 2) return {};
  const Sums sums{curve.width_s, curve.covariance};
  const Sums::Extremes found = sums.extremes(sums_up_to(curve.width_s, curve.value));
  ExcessScan out{.largest = found.largest,
                 .smallest = found.smallest,
                 .first = found.first,
                 .last = found.last,
                 .largest_sum = found.largest_sum,
                 .largest_sigma = sums.sigma(found.first, found.last),
                 .smallest_sum = found.smallest_sum,
                 .total_sigma = sums.sigma(0, n - 1)};
  const auto size = static_cast<Eigen::Index>(n);
  Eigen::MatrixXd C(size, size);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j)
      C(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = curve.covariance[i * n + j];
  }
  C.diagonal() *= 1 + 1e-9;
  const Eigen::MatrixXd root = C.llt().matrixL();
  // A few hundred curves of noise; their largest follow Gumbel's law, whose 99 % point comes from mean and scatter.
  constexpr int draws = 200;
  constexpr double chance = 0.01, euler = 0.5772156649015329;
  core::RandomStream random{20261128, stream};
  double mean = 0, square = 0;
  Eigen::VectorXd white(size);
  for (int d = 0; d < draws; ++d) {
    for (Eigen::Index i = 0; i < size; ++i) white(i) = random.normal();
    const Eigen::VectorXd noise = root * white;
    const double largest = sums.extremes(sums_up_to(curve.width_s, {noise.begin(), noise.end()})).largest;
    mean += largest / draws;
    square += largest * largest / draws;
  }
  const double scale = std::sqrt(std::max(square - mean * mean, 0.0) * 6) / std::numbers::pi;
  out.threshold = mean - euler * scale - scale * std::log(-std::log1p(-chance));
  return out;
}

}  // namespace lithoscope::massspec
