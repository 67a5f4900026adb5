#include "trace_noise.hpp"
#include "lithoscope/core/median.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace lithoscope::echem {
namespace {

// The Kalman filter of a slow process seen through white noise, one bin after the other: what was predicted of the slow
// part is forget * (what was known), and `gain` of the surprise is added to it.
struct Filter {
  double forget = 0, gain = 0, sigma = 1;
};

class SlowProcess {
 public:
  SlowProcess(const TraceData& data, const TraceNoise& noise)
      : data_(data),
        unrest_(noise.unrest),
        white_(noise.white_V * noise.white_V),
        slow_(noise.slow_V * noise.slow_V),
        time_(noise.slow_s) {}

  Filter next(std::size_t bin) {
    const double gap = bin > 0 ? std::abs(data_.bins[bin].time_s - data_.bins[bin - 1].time_s) : 0;
    const double forget = bin > 0 ? std::exp(-gap / time_) : 0;
    const double predicted = slow_ + forget * forget * (known_ - slow_);
    const double unrest = unrest_.empty() ? 1 : unrest_[bin];
    const double total = predicted + white_ * unrest / data_.bins[bin].rows();
    const double gain = predicted / total;
    known_ = (1 - gain) * predicted;
    return {forget, gain, std::sqrt(total)};
  }

 private:
  const TraceData& data_;
  const std::vector<double>& unrest_;
  double white_, slow_, time_;
  double known_ = 0;
};

double minus_log_likelihood(const TraceData& data, const Eigen::VectorXd& residual, double scatter, double dof,
                            const TraceNoise& noise) {
  SlowProcess process{data, noise};
  double slow = 0;
  double sum = 0;
  for (std::size_t i = 0; i < data.bins.size(); ++i) {
    const Filter f = process.next(i);
    const double surprise = residual[static_cast<Eigen::Index>(i)] - f.forget * slow;
    slow = f.forget * slow + f.gain * surprise;
    sum += std::log(f.sigma) + 0.5 * surprise * surprise / (f.sigma * f.sigma);
  }
  const double white = noise.white_V * noise.white_V;
  return sum + 0.5 * (dof * std::log(white) + scatter / white);
}

// As Huber does: beyond some distance from the fit a bin pulls with constant force.
std::vector<double> find_unrest(const TraceData& data, const Eigen::VectorXd& residual_V) {
  constexpr double far_off = 5;  // robust standard deviations
  constexpr double sigma_of_mad = 1.4826;
  std::vector<double> distances;
  for (const double r : residual_V) distances.push_back(std::abs(r));
  const double limit = far_off * sigma_of_mad * core::median(distances);
  std::vector<double> unrest(data.bins.size(), 1.0);
  for (std::size_t i = 0; i < data.bins.size() && limit > 0; ++i) {
    const double off = std::abs(residual_V[static_cast<Eigen::Index>(i)]) / limit;
    if (off > 1) unrest[i] = off * data.bins[i].rows();
  }
  return unrest;
}

// Squares about the means of bins that scatter as most do, and their number: elsewhere the potential changes too fast
// for the curves, which is no noise.
std::pair<double, double> usual_scatter(const TraceData& data, const Eigen::VectorXd& scatter_V2) {
  constexpr double much_more = 9;  // times the usual variance
  const auto variance = [&](std::size_t i) {
    return scatter_V2[static_cast<Eigen::Index>(i)] / (data.bins[i].rows() - 1);
  };
  std::vector<double> variances;
  for (std::size_t i = 0; i < data.bins.size(); ++i) {
    if (data.bins[i].rows() > 2) variances.push_back(variance(i));
  }
  const double most = much_more * core::median(variances);
  double sum = 0;
  double count = 0;
  for (std::size_t i = 0; i < data.bins.size(); ++i) {
    if (data.bins[i].rows() < 2 || variance(i) > most) continue;
    sum += scatter_V2[static_cast<Eigen::Index>(i)];
    count += data.bins[i].rows() - 1;
  }
  return {sum, count};
}

// Nelder and Mead (1965) in three dimensions.
template <class Function>
std::array<double, 3> minimise(std::array<double, 3> start, double size, const Function& f) {
  using Point = std::pair<double, std::array<double, 3>>;
  std::vector<Point> simplex{{f(start), start}};
  for (std::size_t k = 0; k < 3; ++k) {
    auto p = start;
    p[k] += size;
    simplex.emplace_back(f(p), p);
  }
  const auto towards = [&](const std::array<double, 3>& centre, const std::array<double, 3>& from, double factor) {
    std::array<double, 3> p{};
    for (std::size_t k = 0; k < 3; ++k) p[k] = centre[k] + factor * (from[k] - centre[k]);
    return Point{f(p), p};
  };
  for (int iteration = 0; iteration < 200; ++iteration) {
    std::ranges::sort(simplex);
    if (simplex.back().first - simplex.front().first < 1e-3) break;  // of a log-likelihood
    std::array<double, 3> centre{};
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t k = 0; k < 3; ++k) centre[k] += simplex[i].second[k] / 3;
    }
    const auto worst = simplex.back().second;
    Point moved = towards(centre, worst, -1);
    if (moved.first < simplex.front().first) moved = std::min(moved, towards(centre, worst, -2));
    if (moved.first >= simplex[2].first)
      moved = towards(centre, worst, moved.first < simplex.back().first ? -0.5 : 0.5);
    if (moved.first < simplex.back().first) {
      simplex.back() = moved;
      continue;
    }
    for (std::size_t i = 1; i < 4; ++i) simplex[i] = towards(simplex.front().second, simplex[i].second, 0.5);
  }
  return std::ranges::min(simplex).second;
}

}  // namespace

void whiten(const TraceData& data, const TraceNoise& noise, Eigen::VectorXd& values, RowMatrix& columns) {
  SlowProcess process{data, noise};
  Eigen::RowVectorXd slow = Eigen::RowVectorXd::Zero(columns.cols());
  double slow_value = 0;
  for (std::size_t bin = 0; bin < data.bins.size(); ++bin) {
    const auto i = static_cast<Eigen::Index>(bin);
    const Filter f = process.next(bin);
    slow *= f.forget;
    columns.row(i) -= slow;
    slow += f.gain * columns.row(i);
    columns.row(i) /= f.sigma;
    const double surprise = values[i] - f.forget * slow_value;
    slow_value = f.forget * slow_value + f.gain * surprise;
    values[i] = surprise / f.sigma;
  }
}

TraceNoise likeliest_noise(const TraceData& data, const Eigen::VectorXd& residual_V, const Eigen::VectorXd& scatter_V2,
                           const TraceNoise& start) {
  const std::vector<double> unrest = find_unrest(data, residual_V);
  const std::pair<double, double> usual = usual_scatter(data, scatter_V2);
  double slowest = 86400;
  for (const Drive& drive : data.drives) slowest = std::max(slowest, drive.duration_s);
  const auto noise_at = [&](const std::array<double, 3>& p) {
    // Neither below a microvolt, nor slower than a day or the longest step: that is the open-circuit curve's, or a
    // drift's.
    return TraceNoise{std::max(std::exp(p[0]), 1e-6), std::exp(std::clamp(p[1], std::log(1e-8), 0.0)),
                      std::clamp(std::exp(p[2]), 1.0, slowest), unrest};
  };
  const auto cost = [&](const std::array<double, 3>& p) {
    return minus_log_likelihood(data, residual_V, usual.first, usual.second, noise_at(p));
  };
  const auto best =
      minimise({std::log(start.white_V), std::log(std::max(start.slow_V, 1e-5)), std::log(start.slow_s)}, 0.7, cost);
  return noise_at(best);
}

}  // namespace lithoscope::echem
