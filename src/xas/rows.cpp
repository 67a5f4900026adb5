#include "rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "lithoscope/core/median.hpp"
#include "lithoscope/core/statistics.hpp"
#include "lithoscope/xas/normalise.hpp"

namespace lithoscope::xas {
namespace {

// What the polynomial through `reach` neighbours on each side makes of a point, and the weight of each in it.
template <std::size_t reach>
struct Neighbours {
  std::array<std::size_t, 2 * reach> at{};
  std::array<double, 2 * reach> weight{};
};
template <std::size_t reach>
Neighbours<reach> neighbours(std::span<const double> x, std::size_t i) {
  const std::size_t first = std::clamp(i, reach, x.size() - reach - 1) - reach;
  Neighbours<reach> out;
  std::size_t k = 0;
  for (std::size_t j = first; j <= first + 2 * reach; ++j) {
    if (j != i) out.at[k++] = j;
  }
  for (std::size_t a = 0; a < out.at.size(); ++a) {
    double w = 1;
    for (std::size_t b = 0; b < out.at.size(); ++b) {
      if (b != a) w *= (x[i] - x[out.at[b]]) / (x[out.at[a]] - x[out.at[b]]);
    }
    out.weight[a] = w;
  }
  return out;
}

struct Roughness {
  double residual = 0;  // of the point, in units of a point's own scatter
  double smooth = 0;    // the curve there
};
template <std::size_t reach = 2>
Roughness roughness(std::span<const double> x, std::span<const double> y, std::size_t i) {
  const Neighbours<reach> n = neighbours<reach>(x, i);
  double curve = 0, squares = 1;
  for (std::size_t k = 0; k < n.at.size(); ++k) {
    curve += n.weight[k] * y[n.at[k]];
    squares += n.weight[k] * n.weight[k];
  }
  return {(y[i] - curve) / std::sqrt(squares), curve};
}

// Squares of residuals beyond three standard deviations count as those: glitches and sharp lines.
constexpr double clipped_at = 9, mean_of_clipped = 0.9733;

// The factor on `shape` that the squares of residuals have.
double scale_of(std::span<const double> squares, std::span<const double> shape, double start) {
  double scale = start;
  constexpr int steps = 20;
  for (int step = 0; step < steps && scale > 0; ++step) {
    double sum = 0;
    for (std::size_t i = 0; i < squares.size(); ++i) sum += std::min(squares[i] / (scale * shape[i]), clipped_at);
    scale *= sum / static_cast<double>(squares.size()) / mean_of_clipped;
  }
  return scale;
}

}  // namespace

double scatter_of(std::span<const double> energy_eV, std::span<const double> intensity) {
  if (energy_eV.size() < 5) return 0;
  std::vector<double> off;
  for (std::size_t i = 0; i < energy_eV.size(); ++i)
    off.push_back(std::abs(roughness(energy_eV, intensity, i).residual));
  return core::sigma_per_deviation * core::median(std::move(off));
}

std::vector<double> scatter_variance(std::span<const double> energy_eV, std::span<const double> intensity) {
  const double even = std::pow(scatter_of(energy_eV, intensity), 2);
  const std::size_t n = energy_eV.size();
  std::vector<double> out(n, even);
  constexpr std::size_t least = 40, reach = 3;
  if (n < least || !(even > 0)) return out;
  std::vector<double> level, squares;
  for (std::size_t i = 0; i < n; ++i) {
    level.push_back(std::max(roughness(energy_eV, intensity, i).smooth, 0.0));
    squares.push_back(std::pow(roughness<reach>(energy_eV, intensity, i).residual, 2));
  }
  const double mean = std::accumulate(level.begin(), level.end(), 0.0) / static_cast<double>(n);
  if (!(mean > 0)) return out;
  double best = std::numeric_limits<double>::infinity();
  constexpr int parts = 20;
  for (int part = 0; part <= parts; ++part) {
    const double counted = static_cast<double>(part) / parts;
    constexpr double floor = 1e-3;  // no point is exact for being low
    std::vector<double> shape(n);
    std::ranges::transform(level, shape.begin(),
                           [&](double l) { return std::max((1 - counted) + counted * l / mean, floor); });
    const double scale = scale_of(squares, shape, even);
    if (!(scale > 0)) continue;
    double unlikely = 0;
    for (std::size_t i = 0; i < n; ++i)
      unlikely += std::log(scale * shape[i]) + std::min(squares[i] / (scale * shape[i]), clipped_at);
    if (unlikely >= best) continue;
    best = unlikely;
    std::ranges::transform(shape, out.begin(), [&](double v) { return scale * v; });
  }
  return out;
}

// Rows in ascending order of energy, equal ones averaged.
void merge_repeats(Spectrum& spectrum) {
  std::vector<std::size_t> order(spectrum.energy_eV.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return spectrum.energy_eV[i]; });
  Spectrum merged = spectrum;
  merged.energy_eV.clear();
  merged.intensity.clear();
  merged.variance.clear();
  constexpr double same_eV = 1e-6;
  std::int64_t repeats = 0;
  for (std::size_t k = 0; k < order.size();) {
    std::size_t end = k;
    double sum = 0, variance = 0;
    for (; end < order.size() && spectrum.energy_eV[order[end]] - spectrum.energy_eV[order[k]] < same_eV; ++end) {
      sum += spectrum.intensity[order[end]];
      variance += spectrum.variance[order[end]];
    }
    const auto count = static_cast<double>(end - k);
    merged.energy_eV.push_back(spectrum.energy_eV[order[k]]);
    merged.intensity.push_back(sum / count);
    merged.variance.push_back(variance / (count * count));
    repeats += static_cast<std::int64_t>(end - k) - 1;
    k = end;
  }
  const bool in_order = std::ranges::is_sorted(order);
  spectrum = std::move(merged);
  if (!in_order) spectrum.remarks.emplace_back("Rows were put in ascending order of energy.");
  if (repeats > 0)
    spectrum.remarks.push_back(fmt::format("{} rows repeat an energy and were averaged with it.", repeats));
}

namespace {

// Borders of the intervals of a rebinned scan: coarse before the edge, even near it, even in k above.
double next_border(double from_eV, const Rebin& rebin) {
  constexpr double near_eV = 30, coarse = 10, k_step_per_A = 0.05;
  constexpr double eV_A2 = 3.809982;  // hbar squared over twice the electron's mass
  const double relative = from_eV - rebin.edge_eV;
  if (relative < -near_eV) return from_eV + std::min(coarse * rebin.step_eV, -near_eV - relative);
  if (relative < near_eV) return from_eV + rebin.step_eV;
  const double k = std::sqrt(relative / eV_A2) + k_step_per_A;
  return rebin.edge_eV + std::max(eV_A2 * k * k, relative + rebin.step_eV);
}

}  // namespace

// Means over intervals of energy, of the energies too; the noise falls with the number of rows.
void rebin_rows(Spectrum& spectrum, const Rebin& rebin) {
  Spectrum out = spectrum;
  out.energy_eV.clear();
  out.intensity.clear();
  out.variance.clear();
  const std::size_t n = spectrum.energy_eV.size();
  constexpr std::size_t enough_for_an_edge = 15;
  if (n >= enough_for_an_edge) out.steepest_eV = edge_energy_eV(spectrum.energy_eV, spectrum.intensity);
  double border = next_border(spectrum.energy_eV.front(), rebin);
  for (std::size_t i = 0; i < n;) {
    while (spectrum.energy_eV[i] >= border) border = next_border(border, rebin);
    double energy = 0, sum = 0, variance = 0, count = 0;
    for (; i < n && spectrum.energy_eV[i] < border; ++i, ++count) {
      energy += spectrum.energy_eV[i];
      sum += spectrum.intensity[i];
      variance += spectrum.variance[i];
    }
    out.energy_eV.push_back(energy / count);
    out.intensity.push_back(sum / count);
    out.variance.push_back(variance / (count * count));
  }
  spectrum = std::move(out);
  spectrum.remarks.push_back(fmt::format("{} rows were averaged to {} points, {:g} eV apart near the edge.", n,
                                         spectrum.size(), rebin.step_eV));
}

namespace {

// Residuals of single points off the cubic through their neighbours, and how large they usually are thereabouts.
class Residuals {
 public:
  explicit Residuals(const Spectrum& spectrum) : s_(spectrum), off_(spectrum.intensity.size(), 0.0) {
    for (std::size_t i = margin; i + margin < off_.size(); ++i) off_[i] = residual(i);
    for (std::size_t i = 0; i < off_.size(); ++i) usual_.push_back(usual_about(i));
  }
  std::size_t size() const { return off_.size(); }
  double at(std::size_t i) const { return off_[i]; }
  double usual(std::size_t i) const { return usual_[i]; }
  /// After the spectrum changed at a point.
  void refresh(std::size_t i) {
    const auto [first, last] = range(i, 4);
    for (std::size_t k = first; k < last; ++k) off_[k] = residual(k);
  }
  /// The largest of the points about one, beside itself.
  double largest_beside(std::size_t i) const {
    constexpr std::size_t reach = 8;
    double out = 0;
    const auto [first, last] = range(i, reach);
    for (std::size_t k = first; k < last; ++k) out = k == i ? out : std::max(out, off_[k]);
    return out;
  }

 private:
  static constexpr std::size_t margin = 2;
  std::pair<std::size_t, std::size_t> range(std::size_t i, std::size_t reach) const {
    const std::size_t first = i > reach + margin ? i - reach : margin;
    return {first, std::max(first, std::min(i + reach + 1, off_.size() - margin))};
  }
  double residual(std::size_t i) const { return std::abs(roughness(s_.energy_eV, s_.intensity, i).residual); }
  // The median of eighty points; counted signals scatter as their root where one stands far above the others.
  double usual_about(std::size_t i) const {
    constexpr std::size_t reach = 40;
    const auto [first, last] = range(i, reach);
    if (first == last) return 0;
    std::vector<double> level, off;
    for (std::size_t k = first; k < last; ++k) {
      level.push_back(s_.intensity[k]);
      off.push_back(off_[k]);
    }
    const double usual = core::median(std::move(level));
    const double above = usual > 0 ? std::sqrt(std::max(1.0, s_.intensity[i] / usual)) : 1;
    return core::sigma_per_deviation * core::median(std::move(off)) * above;
  }
  const Spectrum& s_;
  std::vector<double> off_, usual_;
};

}  // namespace

void deglitch(Spectrum& spectrum) {
  constexpr double far = 6, far_of_neighbours = 2.8;
  constexpr std::size_t least = 5;
  if (spectrum.intensity.size() < least) return;
  Residuals residuals{spectrum};
  std::vector<std::size_t> replaced;
  std::vector<char> seen(spectrum.intensity.size(), 0);
  const std::size_t most = spectrum.energy_eV.size() / 20;
  while (replaced.size() < most) {
    // The worst first: its neighbours only look bad because of it.
    std::size_t worst = 0;
    double height = far;
    for (std::size_t i = 0; i < residuals.size(); ++i) {
      const double r = residuals.usual(i) > 0 ? residuals.at(i) / residuals.usual(i) : 0;
      if (r <= height || seen[i] != 0) continue;
      height = r;
      worst = i;
    }
    if (worst == 0) break;
    seen[worst] = 1;
    const double before = spectrum.intensity[worst], residual = residuals.at(worst);
    spectrum.intensity[worst] = roughness(spectrum.energy_eV, spectrum.intensity, worst).smooth;
    residuals.refresh(worst);
    if (residual < far_of_neighbours * residuals.largest_beside(worst)) {
      spectrum.intensity[worst] = before;
      residuals.refresh(worst);
      continue;
    }
    replaced.push_back(worst);
    double variance = 0;
    const Neighbours<2> n = neighbours<2>(spectrum.energy_eV, worst);
    for (std::size_t k = 0; k < n.at.size(); ++k) variance += n.weight[k] * n.weight[k] * spectrum.variance[n.at[k]];
    spectrum.variance[worst] = variance + residuals.usual(worst) * residuals.usual(worst);
  }
  for (const std::size_t i : replaced)
    spectrum.remarks.push_back(
        fmt::format("The point at {:.3f} eV is a glitch and was replaced.", spectrum.energy_eV[i]));
}

}  // namespace lithoscope::xas
