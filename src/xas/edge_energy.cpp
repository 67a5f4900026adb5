// The edge's energy by Larch's conventions (larch/xafs/pre_edge.py, find_e0): its published numbers must come out.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "line_algebra.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/xas/normalise.hpp"

namespace lithoscope::xas {
namespace {

constexpr double least_distance_eV = 5e-4;

// Repeated energies are moved apart; points that are then out of order are passed over.
struct Ordered {
  std::vector<double> energy, mu;
};
Ordered ordered(std::span<const double> energy, std::span<const double> mu) {
  std::vector<double> apart(energy.begin(), energy.end());
  double least_step = std::numeric_limits<double>::infinity();
  for (std::size_t i = 1; i < energy.size(); ++i) least_step = std::min(least_step, energy[i] - energy[i - 1]);
  if (!(least_step > 10 * least_distance_eV)) {
    double added = 0;
    for (std::size_t i = 1; i < energy.size(); ++i) {
      added = std::abs(energy[i] - energy[i - 1]) < least_distance_eV ? added + least_distance_eV : 0;
      apart[i] += added;
    }
  }
  // A point is in order when the next larger energy is the next point of the file.
  std::vector<std::size_t> by_energy(apart.size());
  std::iota(by_energy.begin(), by_energy.end(), std::size_t{0});
  std::ranges::stable_sort(by_energy, {}, [&](std::size_t i) { return apart[i]; });
  Ordered out;
  for (std::size_t rank = 0; rank + 1 < by_energy.size(); ++rank) {
    if (by_energy[rank + 1] != by_energy[rank] + 1) continue;
    out.energy.push_back(apart[rank]);
    out.mu.push_back(mu[rank]);
  }
  return out;
}

// Change from the point before to the point after, and one-sided at the ends, over that of the energies.
std::vector<double> derivative(const Ordered& data) {
  const std::size_t n = data.energy.size();
  const auto change = [&](const std::vector<double>& v, std::size_t i) {
    if (i == 0) return v[1] - v[0];
    if (i + 1 == n) return v[n - 1] - v[n - 2];
    return 0.5 * (v[i + 1] - v[i - 1]);
  };
  std::vector<double> out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = change(data.mu, i) / change(data.energy, i);
  return out;
}

// The typical smallest step: the lowest hundredth left out, the ten next ones averaged.
double energy_step(const std::vector<double>& energy) {
  const auto skip = static_cast<std::size_t>(0.01 * static_cast<double>(energy.size()));
  if (skip == 0) return std::numeric_limits<double>::quiet_NaN();  // too few to tell
  std::vector<double> steps;
  for (std::size_t i = skip + 1; i + 1 + skip < energy.size(); ++i) steps.push_back(energy[i] - energy[i - 1]);
  std::ranges::sort(steps);
  constexpr std::size_t averaged = 10;
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = skip; i < std::min(skip + averaged, steps.size()); ++i, ++count) sum += steps[i];
  return sum / static_cast<double>(count);
}

double linear(const std::vector<double>& x, const std::vector<double>& y, double at) {
  if (at <= x.front()) return y.front();
  if (at >= x.back()) return y.back();
  const auto above = std::ranges::upper_bound(x, at);
  const auto i = static_cast<std::size_t>(above - x.begin()) - 1;
  return y[i] + (y[i + 1] - y[i]) * (at - x[i]) / (x[i + 1] - x[i]);
}

// Convolution with a Lorentzian of half width `step`, mirrored at both ends, on an even mesh.
std::vector<double> smoothed(const std::vector<double>& energy, const std::vector<double>& values, double step) {
  constexpr double margin = 5;
  const auto [low, high] = std::ranges::minmax(energy);
  const double first = step * std::trunc((low - margin * step) / step);
  const double last = step * std::trunc((high + margin * step) / step);
  const auto wanted = static_cast<std::size_t>(1 + std::trunc(std::abs(last - first + 0.1 * step) / step));
  const std::size_t n = std::min(wanted, 50 * energy.size());
  std::vector<double> mesh(n), even(n);
  for (std::size_t i = 0; i < n; ++i) {
    mesh[i] = first + (last - first) * static_cast<double>(i) / static_cast<double>(n - 1);
    even[i] = linear(energy, values, mesh[i]);
  }
  std::vector<double> window(n + 1);  // by distance; the far side has one member more than the near one
  double total = 0;
  for (std::size_t d = 0; d <= n; ++d) {
    window[d] = 1 / (1 + static_cast<double>(d) * static_cast<double>(d));
    total += d == 0 || d == n ? window[d] : 2 * window[d];
  }
  // The mirrored signal: n - 1 values before the mesh, n after.
  std::vector<double> mirrored;
  mirrored.reserve(3 * n);
  for (std::size_t i = n - 1; i > 0; --i) mirrored.push_back(even[i]);
  mirrored.insert(mirrored.end(), even.begin(), even.end());
  mirrored.insert(mirrored.end(), even.rbegin(), even.rend());
  // Weights along the mirrored signal from n - 1 before to n after each point.
  std::vector<double> weights(2 * n);
  for (std::size_t j = 0; j < 2 * n; ++j) weights[j] = window[j < n - 1 ? n - 1 - j : j - (n - 1)] / total;
  std::vector<double> even_smooth(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double* from = mirrored.data() + i;
    double sums[4] = {0, 0, 0, 0};
    std::size_t j = 0;
    for (; j + 4 <= 2 * n; j += 4) {
      for (std::size_t k = 0; k < 4; ++k) sums[k] += weights[j + k] * from[j + k];
    }
    for (; j < 2 * n; ++j) sums[0] += weights[j] * from[j];
    even_smooth[i] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  }
  std::vector<double> out(energy.size());
  for (std::size_t i = 0; i < energy.size(); ++i) out[i] = linear(mesh, even_smooth, energy[i]);
  return out;
}

struct Steepest {
  double energy = 0;
  std::size_t index = 0;
  double step = 0;
};

Steepest steepest(std::span<const double> energy, std::span<const double> mu, std::optional<double> smoothing) {
  const Ordered data = ordered(energy, mu);
  const std::size_t n = data.energy.size();
  if (n < 8) {
    throw core::UsageError({.what = "too few points in ascending order to find an edge",
                            .expected = "15 or more",
                            .found = std::to_string(energy.size())});
  }
  Steepest out{.energy = data.energy.front(), .index = 0, .step = smoothing ? *smoothing : energy_step(data.energy)};
  std::vector<double> rise = derivative(data);
  if (smoothing) rise = smoothed(data.energy, rise, *smoothing);
  for (double& r : rise) {
    if (!std::isfinite(r)) r = -1;
  }
  const std::size_t margin = std::max<std::size_t>(3, static_cast<std::size_t>(0.02 * static_cast<double>(n)));
  const auto [low, high] = std::minmax_element(rise.begin() + static_cast<std::ptrdiff_t>(margin),
                                               rise.end() - static_cast<std::ptrdiff_t>(margin));
  const double base = *low;
  const double range = std::max(1e-10, *high - *low);
  for (double& r : rise) r = (r - base) / range;
  double steep = n > 20 ? 0.6 : 0.3;
  const auto count = [&] { return std::ranges::count_if(rise, [&](double r) { return r > steep; }); };
  if (count() < 3) {
    for (int lowered = 0; lowered < 2 && count() <= 3; ++lowered) steep *= 0.5;
  }
  if (count() < 3) steep = -std::numeric_limits<double>::infinity();
  double top = 0;
  for (std::size_t i = margin; i <= n - margin && i + 1 < n; ++i) {
    if (rise[i] > steep && rise[i] > top && rise[i + 1] > steep && rise[i - 1] > steep) {
      top = rise[i];
      out.index = i;
      out.energy = data.energy[i];
    }
  }
  return out;
}

// Half of 0.2 eV per 5 keV: the peer smooths over this much beside the typical step.
double natural_step_eV(double energy_eV) { return std::clamp(energy_eV / 25000, 0.01, 1.0); }

// ---- quick scans ----------------------------------------------------------------------------------------------------

// Energies closer than what is resolved: the derivative from point to point is noise, and the peer's edge with it.
bool is_dense(std::span<const double> energy) {
  constexpr std::size_t least = 200;
  if (energy.size() < least || !std::ranges::is_sorted(energy)) return false;
  std::vector<double> steps;
  for (std::size_t i = 1; i < energy.size(); ++i) steps.push_back(energy[i] - energy[i - 1]);
  return core::median(std::move(steps)) < 0.5 * natural_step_eV(energy[energy.size() / 2]);
}

Ordered averaged(std::span<const double> energy, std::span<const double> mu, double width_eV) {
  Ordered out;
  for (std::size_t i = 0; i < energy.size();) {
    double e = 0, m = 0, count = 0;
    const double end = energy[i] + width_eV;
    for (; i < energy.size() && energy[i] < end; ++i, ++count) {
      e += energy[i];
      m += mu[i];
    }
    out.energy.push_back(e / count);
    out.mu.push_back(m / count);
  }
  return out;
}

// Where a polynomial through all points about the edge is steepest. Of the fifth order: an edge with a white line is
// not symmetric, and a cubic would be drawn up by it.
double steepest_near(std::span<const double> energy, std::span<const double> mu, double near_eV, double half_width_eV) {
  constexpr int order = 5, steps = 10, mesh = 400;
  constexpr double inner = 0.8;  // at its ends a polynomial swings
  double at = near_eV;
  for (int step = 0; step < steps; ++step) {
    const auto first = static_cast<std::size_t>(std::ranges::lower_bound(energy, at - half_width_eV) - energy.begin());
    const auto last = static_cast<std::size_t>(std::ranges::upper_bound(energy, at + half_width_eV) - energy.begin());
    constexpr std::size_t least = 12;
    if (last < first + least) return at;
    const Polynomial curve{energy.subspan(first, last - first), mu.subspan(first, last - first), order};
    double best = at;
    for (int k = -mesh; k <= mesh; ++k) {
      const double e = at + inner * half_width_eV * k / mesh;
      if (curve.slope(e) > curve.slope(best)) best = e;
    }
    const bool same = std::abs(best - at) < 2 * half_width_eV / mesh;
    at = best;
    if (same) break;
  }
  return at;
}

double dense_edge_energy_eV(std::span<const double> energy, std::span<const double> mu) {
  const double width = natural_step_eV(energy[energy.size() / 2]);
  const Ordered coarse = averaged(energy, mu, 2 * width);
  const double rough = edge_energy_eV(coarse.energy, coarse.mu);
  return steepest_near(energy, mu, rough, 6 * width);
}

}  // namespace

double edge_energy_eV(std::span<const double> energy_eV, std::span<const double> mu) {
  if (mu.size() == energy_eV.size() && is_dense(energy_eV)) return dense_edge_energy_eV(energy_eV, mu);
  const std::size_t n = energy_eV.size();
  constexpr std::size_t least = 15;
  if (n < least || mu.size() != n) {
    throw core::UsageError(
        {.what = "too few points to find an edge", .expected = "15 or more", .found = std::to_string(n)});
  }
  const Steepest rough = steepest(energy_eV, mu, std::nullopt);
  std::size_t first = std::max<std::size_t>(3, rough.index > 75 ? rough.index - 75 : 0);
  std::size_t last = std::min(rough.index + 75, n - 3);
  double e1 = rough.energy;
  if (static_cast<double>(rough.index) < 0.05 * static_cast<double>(n)) {  // a glitch at the beginning
    e1 = std::accumulate(energy_eV.begin(), energy_eV.end(), 0.0) / static_cast<double>(n);
    first = std::max<std::size_t>(3, rough.index > 20 ? rough.index - 20 : 0);
    last = n - 3;
  }
  // Half of the typical step and half of 0.2 eV per 5 keV.
  const double typical = std::isnan(rough.step) ? 1.0 : rough.step;
  const double smoothing = 0.5 * (std::clamp(typical, 0.01, 1.0) + natural_step_eV(e1));
  const Steepest fine = steepest(energy_eV.subspan(first, last - first), mu.subspan(first, last - first), smoothing);
  return fine.index < 1 ? energy_eV[first + 2] : fine.energy;
}

}  // namespace lithoscope::xas
