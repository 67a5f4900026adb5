#include "lithoscope/particle/driven_transport.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace lithoscope::particle {
namespace {

// Alexander (SIAM J. Numer. Anal. 14, 1006 (1977)): third order, L-stable, the last stage is the solution.
constexpr double gamma = 0.43586652150845899942;
constexpr double b1 = -(6 * gamma * gamma - 16 * gamma + 1) / 4;
constexpr double b2 = (6 * gamma * gamma - 20 * gamma + 5) / 4;
constexpr std::size_t stages = 3;
constexpr std::array<std::array<double, 2>, stages> earlier{{{0, 0}, {(1 - gamma) / 2, 0}, {b1, b2}}};

// (e^z - 1)/z and (z e^z - e^z + 1)/z^2, the integrals of e^(zs) and s e^(zs) over s from 0 to 1.
double mean_of_exponential(double z) { return std::abs(z) < 1e-5 ? 1 + z * (0.5 + z / 6) : std::expm1(z) / z; }
double first_moment_of_exponential(double z) {
  if (std::abs(z) < 1e-2) return 0.5 + z * (1.0 / 3 + z * (1.0 / 8 + z * (1.0 / 30 + z / 144)));
  return (z * std::exp(z) - std::expm1(z)) / (z * z);
}

// G(x), the integral of D, exact for straight lines of ln D; and its derivatives to ln D at the knots.
class KirchhoffKnots {
 public:
  KirchhoffKnots(const LogLinearDiffusivity& law, double per_radius_squared) : law_(law) {
    const std::size_t n = law.x.size();
    D_.resize(n);
    for (std::size_t k = 0; k < n; ++k) D_[k] = std::exp(law.ln_m2_s[k]) * per_radius_squared;
    G_.assign(n, 0.0);
    for (std::size_t k = 0; k + 1 < n; ++k) {
      const auto whole = parts(k, law.x[k + 1] - law.x[k]);
      G_[k + 1] = G_[k] + whole[0] + whole[1];
    }
  }

  struct Point {
    double G, D;
    std::ptrdiff_t interval;      ///< -1: below the first knot
    std::array<double, 2> share;  ///< of the integral from the interval's lower knot, by its two knots
  };

  Point at(double x) const {
    const auto last = static_cast<std::ptrdiff_t>(law_.x.size()) - 1;
    const std::ptrdiff_t k = std::upper_bound(law_.x.begin(), law_.x.end(), x) - law_.x.begin() - 1;
    if (k < 0) return {(x - law_.x[0]) * D_[0], D_[0], -1, {0, (x - law_.x[0]) * D_[0]}};
    const auto i = static_cast<std::size_t>(k);
    const double beyond = x - law_.x[i];
    if (k >= last) return {G_[i] + beyond * D_[i], D_[i], last, {beyond * D_[i], 0}};
    const auto share = parts(i, beyond);
    const double slope = (law_.ln_m2_s[i + 1] - law_.ln_m2_s[i]) / (law_.x[i + 1] - law_.x[i]);
    return {G_[i] + share[0] + share[1], D_[i] * std::exp(slope * beyond), k, share};
  }

  // Calls add(knot, d(G(to) - G(from))/d ln D_knot) for the knots concerned.
  template <class Add>
  void by_knots(const Point& from, const Point& to, const Add& add) const {
    const double sign = from.interval <= to.interval ? 1 : -1;
    const Point& low = sign > 0 ? from : to;
    const Point& high = sign > 0 ? to : from;
    put(low.interval, {-sign * low.share[0], -sign * low.share[1]}, add);
    for (std::ptrdiff_t k = low.interval; k < high.interval; ++k) {
      if (k < 0) continue;  // the share below the first knot counts from that knot
      const auto i = static_cast<std::size_t>(k);
      const auto whole = parts(i, law_.x[i + 1] - law_.x[i]);
      put(k, {sign * whole[0], sign * whole[1]}, add);
    }
    put(high.interval, {sign * high.share[0], sign * high.share[1]}, add);
  }

 private:
  // The integral of D over `length` from knot k upwards, split by the weights of its two knots.
  std::array<double, 2> parts(std::size_t k, double length) const {
    const double width = law_.x[k + 1] - law_.x[k];
    const double z = (law_.ln_m2_s[k + 1] - law_.ln_m2_s[k]) * length / width;
    const double upper = D_[k] * length * length / width * first_moment_of_exponential(z);
    return {D_[k] * length * mean_of_exponential(z) - upper, upper};
  }

  template <class Add>
  static void put(std::ptrdiff_t interval, std::array<double, 2> share, const Add& add) {
    if (share[0] != 0) add(static_cast<std::size_t>(interval), share[0]);
    if (share[1] != 0) add(static_cast<std::size_t>(interval + 1), share[1]);
  }

  const LogLinearDiffusivity& law_;
  std::vector<double> D_, G_;
};

}  // namespace

std::vector<double> switching_times(double duration_s, double growth) {
  constexpr double first = 1e-5;  // what happens earlier is a three-hundredth of the whole excursion
  const auto count = static_cast<int>(std::ceil(-std::log(first) / std::log(growth)));
  std::vector<double> times;
  for (int i = count; i >= 0; --i) times.push_back(duration_s * std::pow(first, static_cast<double>(i) / count));
  return times;
}

struct DrivenTransport::State {
  State(const DrivenGrain& driven, bool with_derivatives)
      : grain(driven),
        mesh(graded_mesh(driven.cells, driven.surface_spacing, driven.geometry)),
        law(grain.diffusivity, 1 / (driven.radius_m * driven.radius_m)),
        nodes(mesh.radius.size()),
        knots(with_derivatives ? driven.diffusivity.x.size() : 0),
        x(nodes, driven.x_start),
        points(nodes),
        lower(nodes),
        diagonal(nodes),
        upper(nodes),
        right(nodes),
        total(1 / radius_per_length(driven.geometry)) {
    for (auto& k : slope) k.assign(nodes, 0.0);
    by.assign(nodes * knots, 0.0);
    base_by = start_by = by;
    for (auto& k : slope_by) k.assign(nodes * knots, 0.0);
    low = knots;
  }

  // Rates of change at the nodes into `out`, for x as it stands in `points`.
  void rates(double mean_rate, std::vector<double>& out) const {
    double before = 0;
    for (std::size_t i = 0; i < nodes; ++i) {
      const double after = i + 1 < nodes ? mesh.conductance[i] * (points[i + 1].G - points[i].G) : mean_rate * total;
      out[i] = (after - before) / mesh.volume[i];
      before = after;
    }
  }

  // 1 - gamma h J, eliminated; `lower` keeps the factors.
  void factor(double gamma_h) {
    for (std::size_t i = 0; i < nodes; ++i) diagonal[i] = 1;
    for (std::size_t i = 0; i + 1 < nodes; ++i) {
      const double left = gamma_h * mesh.conductance[i] * points[i].D;
      const double here = gamma_h * mesh.conductance[i] * points[i + 1].D;
      diagonal[i] += left / mesh.volume[i];
      upper[i] = -here / mesh.volume[i];
      lower[i + 1] = -left / mesh.volume[i + 1];
      diagonal[i + 1] += here / mesh.volume[i + 1];
    }
    for (std::size_t i = 1; i < nodes; ++i) {
      lower[i] /= diagonal[i - 1];
      diagonal[i] -= lower[i] * upper[i - 1];
    }
  }

  void solve(std::vector<double>& r) const {
    for (std::size_t i = 1; i < nodes; ++i) r[i] -= lower[i] * r[i - 1];
    r[nodes - 1] /= diagonal[nodes - 1];
    for (std::size_t i = nodes - 1; i-- > 0;) r[i] = (r[i] - upper[i] * r[i + 1]) / diagonal[i];
  }

  // The same for all knots at once: rows are nodes, columns are the knots touched so far.
  void solve_by(std::vector<double>& r) const {
    for (std::size_t i = 1; i < nodes; ++i) {
      const double factor_here = lower[i];
      for (std::size_t k = low; k < high; ++k) r[i * knots + k] -= factor_here * r[(i - 1) * knots + k];
    }
    const double last = 1 / diagonal[nodes - 1];
    for (std::size_t k = low; k < high; ++k) r[(nodes - 1) * knots + k] *= last;
    for (std::size_t i = nodes - 1; i-- > 0;) {
      const double up = upper[i];
      const double inverse = 1 / diagonal[i];
      for (std::size_t k = low; k < high; ++k) {
        r[i * knots + k] = (r[i * knots + k] - up * r[(i + 1) * knots + k]) * inverse;
      }
    }
  }

  // Solves x = base + gamma h f(x) from the x that stands.
  bool solve_stage(const std::vector<double>& base, double gamma_h, double mean_rate) {
    constexpr int most = 12;
    for (int iteration = 0; iteration < most; ++iteration) {
      for (std::size_t i = 0; i < nodes; ++i) points[i] = law.at(x[i]);
      rates(mean_rate, right);
      for (std::size_t i = 0; i < nodes; ++i) right[i] = base[i] + gamma_h * right[i] - x[i];
      factor(gamma_h);
      solve(right);
      double largest = 0;
      for (std::size_t i = 0; i < nodes; ++i) {
        x[i] += right[i];
        largest = std::max(largest, std::abs(right[i]));
      }
      if (!std::isfinite(largest) || largest > 1e3) return false;
      if (largest < 1e-7) return true;  // what is left is of the square of this
    }
    return false;
  }

  void differentiate_stage(std::size_t stage, double gamma_h) {
    for (std::size_t i = 0; i < nodes; ++i) points[i] = law.at(x[i]);
    for (std::size_t i = 0; i < nodes; ++i) {
      low = std::min(low, static_cast<std::size_t>(std::max<std::ptrdiff_t>(points[i].interval, 0)));
      high = std::max(high, std::min(static_cast<std::size_t>(points[i].interval + 2), knots));
    }
    for (std::size_t i = 0; i + 1 < nodes; ++i) {
      const double inner = gamma_h * mesh.conductance[i] / mesh.volume[i];
      const double outer = gamma_h * mesh.conductance[i] / mesh.volume[i + 1];
      law.by_knots(points[i], points[i + 1], [&](std::size_t k, double dG) {
        by[i * knots + k] += inner * dG;
        by[(i + 1) * knots + k] -= outer * dG;
      });
    }
    solve_by(by);
    // Later stages need the slopes everywhere, whoever reads the last one only those of the surface.
    std::vector<double>& k_by = slope_by[stage];
    for (std::size_t i = stage + 1 < stages ? 0 : nodes - 1; i < nodes; ++i) {
      for (std::size_t k = low; k < high; ++k) {
        k_by[i * knots + k] = (by[i * knots + k] - base_by[i * knots + k]) / gamma_h;
      }
    }
  }

  bool step(double mean_rate, double h) {
    const std::vector<double> start = x;
    start_by.swap(by);
    std::vector<double> base(nodes);
    for (std::size_t s = 0; s < stages; ++s) {
      base = start;
      for (std::size_t j = 0; j < s; ++j) {
        for (std::size_t i = 0; i < nodes; ++i) base[i] += h * earlier[s][j] * slope[j][i];
      }
      if (!solve_stage(base, gamma * h, mean_rate)) return false;
      for (std::size_t i = 0; i < nodes; ++i) slope[s][i] = (x[i] - base[i]) / (gamma * h);
      if (knots > 0) step_derivatives(s, h);
    }
    return true;
  }

  void step_derivatives(std::size_t s, double h) {
    // Slopes of stages not yet reached are multiplied by zero: a loop without branches is worth more.
    const double first = h * earlier[s][0];
    const double second = h * earlier[s][1];
    for (std::size_t i = 0; i < nodes; ++i) {
      const double* start = &start_by[i * knots];
      const double* slope_1 = &slope_by[0][i * knots];
      const double* slope_2 = &slope_by[1][i * knots];
      double* base = &base_by[i * knots];
      for (std::size_t k = low; k < high; ++k) base[k] = start[k] + first * slope_1[k] + second * slope_2[k];
      std::copy(base + low, base + std::max(low, high), &by[i * knots + low]);
    }
    factor(gamma * h);
    differentiate_stage(s, gamma * h);
  }

  DrivenGrain grain;
  RadialMesh mesh;
  KirchhoffKnots law;
  std::size_t nodes, knots;
  std::vector<double> x;
  std::array<std::vector<double>, stages> slope;  ///< of the last step
  std::vector<KirchhoffKnots::Point> points;
  std::vector<double> lower, diagonal, upper, right;
  double total;  ///< volume of the grain in radii
  // Derivatives to ln D at the knots: nodes x knots; knots outside [low, high) have not been met yet.
  std::vector<double> by, base_by, start_by;
  std::array<std::vector<double>, stages> slope_by;
  std::size_t low = 0, high = 0;
};

DrivenTransport::DrivenTransport(const DrivenGrain& grain, bool with_derivatives)
    : state_(std::make_unique<State>(grain, with_derivatives)) {}
DrivenTransport::~DrivenTransport() = default;
DrivenTransport::DrivenTransport(DrivenTransport&&) noexcept = default;
DrivenTransport& DrivenTransport::operator=(DrivenTransport&&) noexcept = default;

bool DrivenTransport::step(double mean_rate_per_s, double seconds) { return state_->step(mean_rate_per_s, seconds); }
double DrivenTransport::surface() const { return state_->x.back(); }
double DrivenTransport::surface_rate_per_s() const { return state_->slope.back().back(); }
const std::vector<double>& DrivenTransport::profile() const { return state_->x; }

double DrivenTransport::mean() const {
  double sum = 0;
  for (std::size_t i = 0; i < state_->nodes; ++i) sum += state_->mesh.volume[i] * state_->x[i];
  return sum / state_->total;
}

std::span<const double> DrivenTransport::surface_by_ln_D() const { return std::span{state_->by}.last(state_->knots); }
std::span<const double> DrivenTransport::surface_rate_by_ln_D_per_s() const {
  return std::span{state_->slope_by.back()}.last(state_->knots);
}

}  // namespace lithoscope::particle
