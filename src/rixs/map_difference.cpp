#include "map_difference.hpp"

#include <algorithm>
#include <cmath>

namespace lithoscope::rixs {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

double MapPair::rate(std::size_t r, std::size_t c) const {
  const double all = exposure[c] + exposure_after[c];
  const auto row = static_cast<std::int64_t>(r);
  return all > 0 ? (std::max(0.0, before.at(row, c)) + std::max(0.0, after.at(row, c))) / all : 0;
}

namespace {

// Gaussian weights of the neighbours of each place.
std::vector<std::vector<std::pair<std::size_t, double>>> neighbours(const std::vector<double>& at, double sigma) {
  std::vector<std::vector<std::pair<std::size_t, double>>> out(at.size());
  constexpr double reach = 3;
  for (std::size_t i = 0; i < at.size(); ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < at.size(); ++k) {
      const double z = (at[k] - at[i]) / sigma;
      if (std::abs(z) > reach) continue;
      out[i].emplace_back(k, std::exp(-0.5 * z * z));
      sum += out[i].back().second;
    }
    for (auto& [k, w] : out[i]) w /= sum;
  }
  return out;
}

std::vector<double> row_centres(const RixsMap& map) {
  std::vector<double> out;
  for (std::int64_t r = 0; r < map.emission.count; ++r) out.push_back(map.emission.centre(r));
  return out;
}

// Weights that follow the noise of a bin would favour bins that happen to be low.
MatrixXd smoothed_rate(const MapPair& maps) {
  constexpr double incident_eV = 0.3, emission_eV = 0.5;
  const auto across = neighbours(maps.before.incident_eV, incident_eV);
  const auto along = neighbours(row_centres(maps.before), emission_eV);
  const std::size_t rows = along.size(), columns = across.size();
  MatrixXd half(rows, columns), out(rows, columns);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      // Columns without exposure tell nothing of their neighbours.
      double sum = 0, weights = 0;
      for (const auto& [k, w] : across[c]) {
        if (!(maps.exposure[k] + maps.exposure_after[k] > 0)) continue;
        sum += w * maps.rate(r, k);
        weights += w;
      }
      half(static_cast<Index>(r), static_cast<Index>(c)) = weights > 0 ? sum / weights : 0;
    }
  }
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      double sum = 0;
      for (const auto& [k, w] : along[r]) sum += w * half(static_cast<Index>(k), static_cast<Index>(c));
      out(static_cast<Index>(r), static_cast<Index>(c)) = sum;
    }
  }
  return out;
}

}  // namespace

MapDifference difference_of(const MapPair& maps) {
  constexpr double elastic_eV = 2;
  const MatrixXd rate = smoothed_rate(maps);
  const auto rows = static_cast<std::size_t>(maps.before.emission.count);
  // A bin that expects next to nothing would be infinitely sure of it.
  const double least = 0.02 * rate.mean();
  MapDifference out;
  std::vector<double> difference, expected, counted, level, slope;
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < maps.before.columns(); ++c) {
      const double a = maps.exposure[c], b = maps.exposure_after[c];
      const double other = maps.before.is_loss ? 0 : maps.before.incident_eV[c];
      const auto row = static_cast<std::int64_t>(r);
      if (!(a > 0 && b > 0) || std::abs(maps.before.emission.centre(row) - other) < elastic_eV) continue;
      const auto ri = static_cast<Index>(r), ci = static_cast<Index>(c);
      out.row.push_back(r);
      out.column.push_back(c);
      difference.push_back(maps.after.at(row, c) / b - maps.before.at(row, c) / a);
      counted.push_back(maps.after.variance_at(row, c) / (b * b) + maps.before.variance_at(row, c) / (a * a));
      expected.push_back(std::max(rate(ri, ci), least) * (1 / a + 1 / b));
      level.push_back(rate(ri, ci));
      const Index down = std::max<Index>(0, ri - 1), up = std::min<Index>(ri + 1, rate.rows() - 1);
      const double step = maps.before.emission.width_eV * static_cast<double>(std::max<Index>(1, up - down));
      slope.push_back((rate(up, ci) - rate(down, ci)) / step);
    }
  }
  const auto vector = [](const std::vector<double>& v) -> VectorXd {
    return Eigen::Map<const VectorXd>{v.data(), static_cast<Index>(v.size())};
  };
  out.difference = vector(difference);
  out.expected_variance = vector(expected);
  out.counted_variance = vector(counted);
  out.level = vector(level);
  out.slope = vector(slope);
  return out;
}

}  // namespace lithoscope::rixs
