#include "lithoscope/particle/driven_transport.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

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

// One size of grain through one step. The inflow is the surface flux over the radius: the grain's mean rate times its
// volume in radii.
class Grain {
 public:
  Grain(const DrivenGrain& driven, const RadialMesh& mesh, double radius_m, bool with_derivatives)
      : radius(radius_m),
        mesh_(mesh),
        law_(driven.diffusivity, 1 / (radius_m * radius_m)),
        nodes_(mesh.radius.size()),
        knots_(with_derivatives ? driven.diffusivity.x.size() : 0),
        x(nodes_, driven.x_start),
        points_(nodes_),
        lower_(nodes_),
        diagonal_(nodes_),
        upper_(nodes_),
        change_(nodes_),
        response_(nodes_),
        base_(nodes_),
        low_(knots_) {
    for (auto& k : slope_) k.assign(nodes_, 0.0);
    by_.assign(nodes_ * knots_, 0.0);
    base_by_ = start_by_ = by_;
    for (auto& k : slope_by_) k.assign(nodes_ * knots_, 0.0);
  }

  double surface() const { return x.back(); }
  double surface_rate() const { return slope_.back().back(); }
  std::span<const double> surface_by() const { return std::span{by_}.last(knots_); }
  std::span<const double> surface_rate_by() const { return std::span{slope_by_.back()}.last(knots_); }

  void begin_step() {
    start_ = x;
    start_by_.swap(by_);
  }

  void begin_stage(std::size_t s, double h) {
    base_ = start_;
    for (std::size_t j = 0; j < s; ++j) {
      for (std::size_t i = 0; i < nodes_; ++i) base_[i] += h * earlier[s][j] * slope_[j][i];
    }
  }

  /// The Newton step of x = base + gamma h f(x) at the present inflow; how the surface answers to more inflow.
  void linearise(double gamma_h) {
    for (std::size_t i = 0; i < nodes_; ++i) points_[i] = law_.at(x[i]);
    rates(change_);
    for (std::size_t i = 0; i < nodes_; ++i) change_[i] = base_[i] + gamma_h * change_[i] - x[i];
    factor(gamma_h);
    solve(change_);
    std::ranges::fill(response_, 0.0);
    response_.back() = gamma_h / mesh_.volume.back();
    solve(response_);
  }
  double surface_after() const { return x.back() + change_.back(); }
  double surface_response() const { return response_.back(); }

  /// Takes the Newton step with this much more inflow; the largest change of x.
  double move(double more_inflow) {
    inflow += more_inflow;
    double largest = 0;
    for (std::size_t i = 0; i < nodes_; ++i) {
      const double change = change_[i] + more_inflow * response_[i];
      x[i] += change;
      largest = std::max(largest, std::abs(change));
    }
    return largest;
  }

  void end_stage(std::size_t s, double gamma_h) {
    for (std::size_t i = 0; i < nodes_; ++i) slope_[s][i] = (x[i] - base_[i]) / gamma_h;
  }

  /// Derivatives of the stage at fixed inflow; `share_inflow` then adds those through the inflow.
  void differentiate(std::size_t s, double h) {
    begin_derivatives(s, h);
    const double gamma_h = gamma * h;
    for (std::size_t i = 0; i < nodes_; ++i) points_[i] = law_.at(x[i]);
    factor(gamma_h);
    for (std::size_t i = 0; i < nodes_; ++i) {
      low_ = std::min(low_, static_cast<std::size_t>(std::max<std::ptrdiff_t>(points_[i].interval, 0)));
      high_ = std::max(high_, std::min(static_cast<std::size_t>(points_[i].interval + 2), knots_));
    }
    for (std::size_t i = 0; i + 1 < nodes_; ++i) {
      const double inner = gamma_h * mesh_.conductance[i] / mesh_.volume[i];
      const double outer = gamma_h * mesh_.conductance[i] / mesh_.volume[i + 1];
      law_.by_knots(points_[i], points_[i + 1], [&](std::size_t k, double dG) {
        by_[i * knots_ + k] += inner * dG;
        by_[(i + 1) * knots_ + k] -= outer * dG;
      });
    }
    solve_by(by_);
  }

  void prepare_response(double gamma_h) {
    std::ranges::fill(response_, 0.0);
    response_.back() = gamma_h / mesh_.volume.back();
    solve(response_);
  }
  void share_inflow(const std::vector<double>& more_by) {
    for (std::size_t i = 0; i < nodes_; ++i) {
      for (std::size_t k = low_; k < high_; ++k) by_[i * knots_ + k] += response_[i] * more_by[k];
    }
  }
  /// Knots met so far; through the common potential those that any size has met.
  std::pair<std::size_t, std::size_t> met() const { return {low_, high_}; }
  void meet(std::size_t low, std::size_t high) {
    low_ = low;
    high_ = high;
  }

  void end_derivatives(std::size_t s, double gamma_h) {
    // Later stages need the slopes everywhere, whoever reads the last one only those of the surface.
    std::vector<double>& slope = slope_by_[s];
    for (std::size_t i = s + 1 < stages ? 0 : nodes_ - 1; i < nodes_; ++i) {
      for (std::size_t k = low_; k < high_; ++k) {
        slope[i * knots_ + k] = (by_[i * knots_ + k] - base_by_[i * knots_ + k]) / gamma_h;
      }
    }
  }

  double radius;
  double inflow = 0;

 private:
  void rates(std::vector<double>& out) const {
    double before = 0;
    for (std::size_t i = 0; i < nodes_; ++i) {
      const double after = i + 1 < nodes_ ? mesh_.conductance[i] * (points_[i + 1].G - points_[i].G) : inflow;
      out[i] = (after - before) / mesh_.volume[i];
      before = after;
    }
  }

  // 1 - gamma h J, eliminated; `lower_` keeps the factors.
  void factor(double gamma_h) {
    for (std::size_t i = 0; i < nodes_; ++i) diagonal_[i] = 1;
    for (std::size_t i = 0; i + 1 < nodes_; ++i) {
      const double left = gamma_h * mesh_.conductance[i] * points_[i].D;
      const double here = gamma_h * mesh_.conductance[i] * points_[i + 1].D;
      diagonal_[i] += left / mesh_.volume[i];
      upper_[i] = -here / mesh_.volume[i];
      lower_[i + 1] = -left / mesh_.volume[i + 1];
      diagonal_[i + 1] += here / mesh_.volume[i + 1];
    }
    for (std::size_t i = 1; i < nodes_; ++i) {
      lower_[i] /= diagonal_[i - 1];
      diagonal_[i] -= lower_[i] * upper_[i - 1];
    }
  }

  void solve(std::vector<double>& r) const {
    for (std::size_t i = 1; i < nodes_; ++i) r[i] -= lower_[i] * r[i - 1];
    r[nodes_ - 1] /= diagonal_[nodes_ - 1];
    for (std::size_t i = nodes_ - 1; i-- > 0;) r[i] = (r[i] - upper_[i] * r[i + 1]) / diagonal_[i];
  }

  // The same for all knots at once: rows are nodes, columns are the knots touched so far.
  void solve_by(std::vector<double>& r) const {
    for (std::size_t i = 1; i < nodes_; ++i) {
      const double factor_here = lower_[i];
      for (std::size_t k = low_; k < high_; ++k) r[i * knots_ + k] -= factor_here * r[(i - 1) * knots_ + k];
    }
    const double last = 1 / diagonal_[nodes_ - 1];
    for (std::size_t k = low_; k < high_; ++k) r[(nodes_ - 1) * knots_ + k] *= last;
    for (std::size_t i = nodes_ - 1; i-- > 0;) {
      const double up = upper_[i];
      const double inverse = 1 / diagonal_[i];
      for (std::size_t k = low_; k < high_; ++k) {
        r[i * knots_ + k] = (r[i * knots_ + k] - up * r[(i + 1) * knots_ + k]) * inverse;
      }
    }
  }

  void begin_derivatives(std::size_t s, double h) {
    // Slopes of stages not yet reached are multiplied by zero: a loop without branches is worth more.
    const double first = h * earlier[s][0];
    const double second = h * earlier[s][1];
    for (std::size_t i = 0; i < nodes_; ++i) {
      const double* start = &start_by_[i * knots_];
      const double* slope_1 = &slope_by_[0][i * knots_];
      const double* slope_2 = &slope_by_[1][i * knots_];
      double* base = &base_by_[i * knots_];
      for (std::size_t k = low_; k < high_; ++k) base[k] = start[k] + first * slope_1[k] + second * slope_2[k];
      std::copy(base + low_, base + std::max(low_, high_), &by_[i * knots_ + low_]);
    }
  }

  const RadialMesh& mesh_;
  KirchhoffKnots law_;
  std::size_t nodes_, knots_;

 public:
  std::vector<double> x;  ///< at the nodes

 private:
  std::vector<KirchhoffKnots::Point> points_;
  std::vector<double> lower_, diagonal_, upper_, change_, response_, base_, start_;
  std::array<std::vector<double>, stages> slope_;  ///< of the last step
  // Derivatives to ln D at the knots: nodes x knots; knots outside [low, high) have not been met yet.
  std::vector<double> by_, base_by_, start_by_;
  std::array<std::vector<double>, stages> slope_by_;
  std::size_t low_ = 0, high_ = 0;
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
      : about(driven),
        mesh(graded_mesh(driven.cells, driven.surface_spacing, driven.geometry)),
        knots(with_derivatives ? driven.diffusivity.x.size() : 0),
        total(1 / radius_per_length(driven.geometry)) {
    double inverse_radius = 0;
    for (std::size_t g = 0; g < about.sizes.size(); ++g) {
      const double radius = about.radius_m * about.sizes[g].radius_over_median;
      grains.emplace_back(about, mesh, radius, with_derivatives);
      inverse_radius += about.sizes[g].weight / radius;
      if (about.sizes[g].weight > about.sizes[usual].weight) usual = g;
    }
    length_m = total / inverse_radius;
    surface_by.assign(knots, 0.0);
  }

  bool alone() const { return grains.size() == 1; }
  // What the lithium at a surface stands behind the common potential's, for its flux.
  double lag(const Grain& grain) const { return polarisation * grain.radius; }

  // The common potential, as the lithium that would have it, at which the inflows add up.
  double common_surface(double mean_inflow) const {
    double flows = mean_inflow;
    double slopes = 0;
    for (std::size_t g = 0; g < grains.size(); ++g) {
      const double weight = about.sizes[g].weight;
      const double answer = grains[g].surface_response() + lag(grains[g]);
      const double stands = grains[g].surface_after() + lag(grains[g]) * grains[g].inflow;
      flows += weight * (stands / answer - grains[g].inflow);
      slopes += weight / answer;
    }
    return flows / slopes;
  }

  bool solve_stage(double gamma_h, double mean_inflow) {
    constexpr int most = 12;
    for (int iteration = 0; iteration < most; ++iteration) {
      for (Grain& grain : grains) grain.linearise(gamma_h);
      double largest = 0;
      if (alone()) {
        largest = grains[0].move(0);
        common = grains[0].surface();
      } else {
        common = common_surface(mean_inflow);
        for (Grain& grain : grains) {
          const double stands = grain.surface_after() + lag(grain) * grain.inflow;
          largest = std::max(largest, grain.move((common - stands) / (grain.surface_response() + lag(grain))));
        }
      }
      if (!std::isfinite(largest) || largest > 1e3) return false;
      if (largest < 1e-7) return true;  // what is left is of the square of this
    }
    return false;
  }

  void differentiate_stage(std::size_t s, double h) {
    for (Grain& grain : grains) grain.differentiate(s, h);
    if (alone()) {
      std::ranges::copy(grains[0].surface_by(), surface_by.begin());
    } else {
      share_derivatives(gamma * h);
    }
    for (Grain& grain : grains) grain.end_derivatives(s, gamma * h);
  }

  // As common_surface, for the derivatives: the changes of the inflows add up to nothing.
  void share_derivatives(double gamma_h) {
    std::size_t low = knots;
    std::size_t high = 0;
    for (const Grain& grain : grains) {
      low = std::min(low, grain.met().first);
      high = std::max(high, grain.met().second);
    }
    std::vector<double> flows(knots, 0.0);
    double slopes = 0;
    for (std::size_t g = 0; g < grains.size(); ++g) {
      grains[g].meet(low, high);
      grains[g].prepare_response(gamma_h);
      const double share = about.sizes[g].weight / (grains[g].surface_response() + lag(grains[g]));
      const auto by = grains[g].surface_by();
      for (std::size_t k = low; k < high; ++k) flows[k] += share * by[k];
      slopes += share;
    }
    std::vector<double> more(knots);
    for (std::size_t k = low; k < high; ++k) surface_by[k] = flows[k] / slopes;
    for (Grain& grain : grains) {
      const auto by = grain.surface_by();
      const double answer = grain.surface_response() + lag(grain);
      for (std::size_t k = low; k < high; ++k) more[k] = (surface_by[k] - by[k]) / answer;
      grain.share_inflow(more);
    }
  }

  bool step(double mean_rate, double h) {
    for (Grain& grain : grains) {
      grain.begin_step();
      grain.inflow += (mean_rate - last_rate) * length_m / grain.radius;  // at first every surface takes as much
    }
    last_rate = mean_rate;
    for (std::size_t s = 0; s < stages; ++s) {
      for (Grain& grain : grains) grain.begin_stage(s, h);
      if (!solve_stage(gamma * h, mean_rate * total)) return false;
      for (Grain& grain : grains) grain.end_stage(s, gamma * h);
      if (knots > 0) differentiate_stage(s, h);
    }
    return true;
  }

  DrivenGrain about;
  RadialMesh mesh;
  std::vector<Grain> grains;
  std::size_t knots;
  std::size_t usual = 0;  ///< the size with the largest share
  double total;           ///< volume of a grain in radii
  double length_m = 0;    ///< diffusion length of all
  double last_rate = 0;
  double polarisation = 0;
  double common = 0;
  std::vector<double> surface_by;
};

DrivenTransport::DrivenTransport(const DrivenGrain& grain, bool with_derivatives)
    : state_(std::make_unique<State>(grain, with_derivatives)) {}
DrivenTransport::~DrivenTransport() = default;
DrivenTransport::DrivenTransport(DrivenTransport&&) noexcept = default;
DrivenTransport& DrivenTransport::operator=(DrivenTransport&&) noexcept = default;

void DrivenTransport::polarise(double lithium_s_per_m) { state_->polarisation = lithium_s_per_m; }
bool DrivenTransport::step(double mean_rate_per_s, double seconds) { return state_->step(mean_rate_per_s, seconds); }

double DrivenTransport::surface() const {
  if (state_->alone()) return state_->grains[0].surface();
  return state_->common - state_->polarisation * state_->last_rate * state_->length_m;
}
double DrivenTransport::surface_rate_per_s() const { return state_->grains[state_->usual].surface_rate(); }
std::span<const double> DrivenTransport::surface_by_ln_D() const { return state_->surface_by; }
std::span<const double> DrivenTransport::surface_rate_by_ln_D_per_s() const {
  return state_->grains[state_->usual].surface_rate_by();
}

double DrivenTransport::mean() const {
  double sum = 0;
  for (std::size_t g = 0; g < state_->grains.size(); ++g) {
    const std::vector<double>& x = state_->grains[g].x;
    double mean = 0;
    for (std::size_t i = 0; i < x.size(); ++i) mean += state_->mesh.volume[i] * x[i];
    sum += state_->about.sizes[g].weight * mean / state_->total;
  }
  return sum;
}

}  // namespace lithoscope::particle
