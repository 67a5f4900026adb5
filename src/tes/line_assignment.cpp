#include "line_assignment.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "lithoscope/core/median.hpp"

namespace lithoscope::tes {
namespace {

constexpr double bin = 0.002, kernel_bins = 3;  // of ln(height): finer than any pixel resolves below 1 keV
constexpr double smoothness = 0.005;            // how far from a parabola the logarithms of true lines lie
constexpr std::size_t spare_peaks = 6;
constexpr double no_choice = 1e9;
constexpr double usual_power = 0.93, power_spread = 0.07;  // of heights over energies, between two lines

// Least squares of y over powers of x up to `degree`; residuals.
Eigen::VectorXd residuals(const Eigen::VectorXd& x, const Eigen::VectorXd& y, int degree) {
  Eigen::MatrixXd powers(x.size(), degree + 1);
  for (int d = 0; d <= degree; ++d) powers.col(d) = (x.array() - x.mean()).pow(d);
  return y - powers * powers.colPivHouseholderQr().solve(y);
}

double cost_of(std::span<const HeightPeak> chosen, const Eigen::VectorXd& log_energy, double most_counts) {
  Eigen::VectorXd y(log_energy.size());
  double cost = 0;
  for (Eigen::Index k = 0; k < y.size(); ++k) {
    const HeightPeak& peak = chosen[static_cast<std::size_t>(k)];
    y(k) = std::log(peak.height);
    cost -= std::log(peak.counts / most_counts);
  }
  if (y.size() == 1) return cost;  // the tallest
  // Heights rise a little slower than energies: pulses saturate, none grows faster or stands still.
  const double power = (y(y.size() - 1) - y(0)) / (log_energy(log_energy.size() - 1) - log_energy(0));
  if (power < 0.5 || power > 1.1) return no_choice;
  if (y.size() == 2) cost += 0.5 * std::pow((power - usual_power) / power_spread, 2);
  const int degree = y.size() > 3 ? 2 : 1;
  return cost + 0.5 * residuals(log_energy, y, degree).squaredNorm() / (smoothness * smoothness);
}

struct Pattern {
  std::vector<double> log_height;  // of the lines, median over the pixels, free of factor and power
};

// y = a + b pattern + c pattern^2 over all lines but one: where that one belongs. Pixels saturate differently, so that
// a factor and a power are not enough; with fewer than six lines nothing would be left to check a parabola with.
double expected_log_height(const std::vector<double>& y, const Pattern& pattern, std::size_t without) {
  constexpr std::size_t enough_for_a_parabola = 6;
  const Eigen::Index terms = y.size() >= enough_for_a_parabola ? 3 : 2;
  Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(terms, terms);
  Eigen::VectorXd right = Eigen::VectorXd::Zero(terms);
  const auto powers = [&](std::size_t k) {
    const double p = pattern.log_height[k];
    return Eigen::VectorXd{Eigen::Vector3d{1, p, p * p}.head(terms)};
  };
  for (std::size_t k = 0; k < y.size(); ++k) {
    if (k == without) continue;
    const Eigen::VectorXd at = powers(k);
    normal += at * at.transpose();
    right += y[k] * at;
  }
  return powers(without).dot(normal.ldlt().solve(right));
}

std::vector<double> logs(const std::vector<double>& heights) {
  std::vector<double> out;
  for (const double h : heights) out.push_back(std::log(h));
  return out;
}

std::vector<double> without_scale(const std::vector<double>& y) {
  double mean = 0, square = 0;
  for (const double v : y) mean += v / static_cast<double>(y.size());
  for (const double v : y) square += (v - mean) * (v - mean) / static_cast<double>(y.size());
  std::vector<double> out;
  for (const double v : y) out.push_back((v - mean) / std::sqrt(square));
  return out;
}

Pattern common_pattern(std::span<const Assignment> pixels, std::size_t lines) {
  Pattern out;
  for (std::size_t k = 0; k < lines; ++k) {
    std::vector<double> at;
    for (const Assignment& pixel : pixels) {
      if (pixel.heights) at.push_back(without_scale(logs(*pixel.heights))[k]);
    }
    out.log_height.push_back(core::median(std::move(at)));
  }
  return out;
}

// The line that strays most from where the others of the pixel put it.
struct Stray {
  std::size_t line = 0;
  double by = 0, expected = 0;
};
Stray worst_stray(const std::vector<double>& y, const Pattern& pattern) {
  // The one whose leaving makes the rest fit best is the stray; each line's own leave-one-out residual is biased by it.
  Stray worst;
  double best_rest = 1e300;
  for (std::size_t k = 0; k < y.size(); ++k) {
    double rest = 0;
    for (std::size_t j = 0; j < y.size(); ++j) {
      if (j == k) continue;
      std::vector<double> reduced = y;
      reduced[k] = expected_log_height(y, pattern, k);
      rest = std::max(rest, std::abs(reduced[j] - expected_log_height(reduced, pattern, j)));
    }
    if (rest < best_rest) {
      best_rest = rest;
      const double expected = expected_log_height(y, pattern, k);
      worst = {k, y[k] - expected, expected};
    }
  }
  return worst;
}

void verify(Assignment& pixel, std::span<const HeightPeak> peaks, const Pattern& pattern,
            std::span<const std::string> lines, double limit) {
  std::vector<double> y = logs(*pixel.heights);
  for (std::size_t round = 0; round < lines.size(); ++round) {
    const Stray stray = worst_stray(y, pattern);
    if (std::abs(stray.by) <= limit) {
      for (std::size_t k = 0; k < y.size(); ++k) (*pixel.heights)[k] = std::exp(y[k]);
      return;
    }
    const HeightPeak* best = nullptr;
    for (const HeightPeak& peak : peaks) {
      if (std::abs(std::log(peak.height) - stray.expected) < limit && (best == nullptr || peak.counts > best->counts))
        best = &peak;
    }
    if (best == nullptr) {
      pixel.refused = fmt::format("{} lies {:+.1f} % off where the other lines and pixels put it, and nothing is there",
                                  lines[stray.line], 100 * stray.by);
      pixel.heights.reset();
      return;
    }
    pixel.repaired.push_back(fmt::format(
        "{} was taken for the peak at {:.0f}, {:+.1f} % off where the other lines and pixels put it; moved to {:.0f}.",
        lines[stray.line], std::exp(y[stray.line]), 100 * stray.by, best->height));
    y[stray.line] = std::log(best->height);
  }
  pixel.refused = "its lines do not fit the pattern of the other pixels";
  pixel.heights.reset();
}

}  // namespace

std::vector<HeightPeak> find_peaks(std::span<const double> height) {
  std::vector<HeightPeak> out;
  constexpr std::size_t least_events = 50;
  if (height.size() < least_events) return out;
  std::vector<double> x;
  for (const double h : height) x.push_back(std::log(h));
  std::vector<double> sorted = x;
  std::ranges::sort(sorted);
  constexpr double outliers = 0.005;
  const double low = sorted[static_cast<std::size_t>(outliers * static_cast<double>(sorted.size()))] - 0.1;
  const double high = sorted[static_cast<std::size_t>((1 - outliers) * static_cast<double>(sorted.size() - 1))] + 0.1;
  const auto n = static_cast<std::size_t>((high - low) / bin) + 1;
  std::vector<double> counts(n, 0.0), smooth(n, 0.0);
  for (const double v : x) {
    if (v >= low && v < high) counts[std::min(n - 1, static_cast<std::size_t>((v - low) / bin))] += 1;
  }
  const auto reach = static_cast<std::ptrdiff_t>(4 * kernel_bins);
  for (std::ptrdiff_t i = 0; i < static_cast<std::ptrdiff_t>(n); ++i) {
    for (std::ptrdiff_t j = std::max<std::ptrdiff_t>(0, i - reach);
         j <= std::min(static_cast<std::ptrdiff_t>(n) - 1, i + reach); ++j) {
      const double d = static_cast<double>(i - j) / kernel_bins;
      smooth[static_cast<std::size_t>(i)] += counts[static_cast<std::size_t>(j)] * std::exp(-0.5 * d * d);
    }
  }
  constexpr double least_counts = 4;
  for (std::size_t i = 1; i + 1 < n; ++i) {
    const double a = smooth[i - 1], b = smooth[i], c = smooth[i + 1];
    if (b < least_counts || b < a || b <= c) continue;
    const double bend = a - 2 * b + c;
    const double at = static_cast<double>(i) + 0.5 + (bend < 0 ? 0.5 * (a - c) / bend : 0);
    out.push_back({std::exp(low + bin * at), b});
  }
  std::ranges::stable_sort(out, std::greater{}, &HeightPeak::counts);
  return out;
}

std::optional<std::vector<double>> assign_lines(std::span<const HeightPeak> peaks, std::span<const double> energy_eV) {
  const std::size_t wanted = energy_eV.size();
  std::vector<HeightPeak> tallest(
      peaks.begin(), peaks.begin() + static_cast<std::ptrdiff_t>(std::min(peaks.size(), wanted + spare_peaks)));
  if (tallest.size() < wanted) return std::nullopt;
  const double most = tallest.front().counts;
  std::ranges::sort(tallest, {}, &HeightPeak::height);
  Eigen::VectorXd log_energy(static_cast<Eigen::Index>(wanted));
  for (std::size_t k = 0; k < wanted; ++k) log_energy(static_cast<Eigen::Index>(k)) = std::log(energy_eV[k]);
  std::vector<std::size_t> choice(wanted);
  for (std::size_t k = 0; k < wanted; ++k) choice[k] = k;
  double least = 1e300, second = 1e300;
  std::vector<double> best;
  std::vector<HeightPeak> chosen(wanted);
  while (true) {
    for (std::size_t k = 0; k < wanted; ++k) chosen[k] = tallest[choice[k]];
    const double cost = cost_of(chosen, log_energy, most);
    if (cost < least) {
      second = least;
      least = cost;
      best.clear();
      for (const HeightPeak& peak : chosen) best.push_back(peak.height);
    } else {
      second = std::min(second, cost);
    }
    std::size_t k = wanted;  // the next combination in order
    while (k > 0 && choice[k - 1] == tallest.size() - wanted + k - 1) --k;
    if (k == 0) break;
    ++choice[k - 1];
    for (std::size_t j = k; j < wanted; ++j) choice[j] = choice[j - 1] + 1;
  }
  if (least >= no_choice) return std::nullopt;
  // Two lines have nothing to be checked by: another pair nearly as likely leaves the choice open.
  constexpr double clear = 3;
  if (wanted == 2 && second < least + clear) return std::nullopt;
  return best;
}

std::vector<Assignment> assign_array(std::span<const std::vector<HeightPeak>> peaks, std::span<const double> energy_eV,
                                     std::span<const std::string> lines, double pattern) {
  std::vector<Assignment> out;
  for (const std::vector<HeightPeak>& of_pixel : peaks) {
    Assignment one{.heights = assign_lines(of_pixel, energy_eV), .repaired = {}, .refused = {}};
    if (!one.heights)
      one.refused =
          of_pixel.empty() ? std::string{"too few photons"}
          : lines.size() == 2 && of_pixel.size() > 2
              ? fmt::format("{} peaks could be these two lines in more than one way; name more lines of the sample",
                            of_pixel.size())
              : fmt::format("{} peaks for {} lines", of_pixel.size(), lines.size());
    out.push_back(std::move(one));
  }
  const auto assigned = std::ranges::count_if(out, [](const Assignment& a) { return a.heights.has_value(); });
  constexpr std::ptrdiff_t least_to_vote = 3;
  constexpr std::size_t least_lines = 4;  // with three the others always fit, and none can be told to stray
  if (assigned < least_to_vote || lines.size() < least_lines) return out;
  const Pattern common = common_pattern(out, lines.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i].heights) verify(out[i], peaks[i], common, lines, pattern);
  }
  return out;
}

}  // namespace lithoscope::tes
