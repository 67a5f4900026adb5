// Gases from ions: groups that can be told apart, weighted nonnegative least squares, intervals by profile likelihood.
#include "lithoscope/massspec/overlap.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/statistics.hpp"

namespace lithoscope::massspec {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr double crowded_mz = 16;     // nearly every gas adds to it
constexpr double least_distance = 2;  // sigmas of the fragments between two gases that are told apart
constexpr double smallest_share = 1e-4;

bool is_crowded(double mz) { return same_mass(mz, crowded_mz); }

// How far two gases' patterns lie apart over the measured masses, in sigmas of the shares.
double distance(const Gas& a, const Gas& b, std::span<const double> mz, double uncertainty) {
  double sum = 0;
  for (const double m : mz) {
    const bool only_mass = same_mass(m, a.base_mz()) || same_mass(m, b.base_mz());
    if (is_crowded(m) && !only_mass) continue;
    const double pa = a.share_at(m), pb = b.share_at(m);
    const double sigma = uncertainty * std::hypot(pa == 1 ? 0 : pa, pb == 1 ? 0 : pb);
    if (pa != pb) sum += std::pow((pa - pb) / std::max(sigma, smallest_share), 2);
  }
  return std::sqrt(sum);
}

struct Group {
  std::vector<const Gas*> gases;
  double share_at(double mz) const {
    double sum = 0;
    for (const Gas* g : gases) sum += g->share_at(mz);
    return sum / static_cast<double>(gases.size());
  }
  // Members differ there, so that a sum has no share of its own.
  bool disagrees_at(double mz) const {
    return std::ranges::any_of(
        gases, [&](const Gas* g) { return std::abs(g->share_at(mz) - gases.front()->share_at(mz)) > smallest_share; });
  }
  double base_mz() const { return gases.front()->base_mz(); }
};

std::vector<Group> groups_of(const std::vector<const Gas*>& gases, std::span<const double> mz, double uncertainty) {
  std::vector<Group> out;
  for (const Gas* gas : gases) {
    const auto alike = std::ranges::find_if(out, [&](const Group& group) {
      return std::ranges::any_of(group.gases,
                                 [&](const Gas* g) { return distance(*g, *gas, mz, uncertainty) < least_distance; });
    });
    if (alike == out.end())
      out.push_back({{gas}});
    else
      alike->gases.push_back(gas);
  }
  return out;
}

// The masses that enter: those some gas adds to, without m/z 16 unless a gas has no other, and without masses at which
// a sum has no share.
std::vector<std::size_t> useful_masses(const std::vector<Group>& groups, std::span<const double> mz) {
  std::vector<std::size_t> out;
  for (std::size_t m = 0; m < mz.size(); ++m) {
    const bool base = std::ranges::any_of(groups, [&](const Group& g) { return same_mass(g.base_mz(), mz[m]); });
    if (is_crowded(mz[m]) && !base) continue;
    const bool open =
        std::ranges::any_of(groups, [&](const Group& g) { return g.gases.size() > 1 && g.disagrees_at(mz[m]); });
    const bool made = std::ranges::any_of(groups, [&](const Group& g) { return g.share_at(mz[m]) > 0; });
    if (made && !open) out.push_back(m);
  }
  return out;
}

// Least squares with correlated errors and none of the unknowns below 0: all sets of unknowns that may be 0 are tried,
// of which there are few.
struct Fit {
  Vector x;
  double chi_squared = std::numeric_limits<double>::infinity();
};
class Problem {
 public:
  Problem(const Matrix& A, const Vector& b, const Matrix& V) {
    const Eigen::LLT<Matrix> root(V);
    A_ = root.matrixL().solve(A);
    b_ = root.matrixL().solve(b);
  }
  Fit free() const { return of(all(), {}); }
  // No unknown below 0; one of them may be held.
  Fit bounded(std::optional<std::pair<int, double>> held = std::nullopt) const {
    const auto n = static_cast<int>(A_.cols());
    Fit best;
    for (int set = 0; set < (1 << n); ++set) {
      if (held && ((set >> held->first) & 1) != 0) continue;
      std::vector<int> open;
      for (int k = 0; k < n; ++k) {
        if (((set >> k) & 1) != 0) open.push_back(k);
      }
      const Fit fit = of(open, held);
      const bool allowed = std::ranges::all_of(open, [&](int k) { return fit.x(k) >= 0; });
      if (allowed && fit.chi_squared < best.chi_squared) best = fit;
    }
    return best;
  }
  Matrix covariance() const { return (A_.transpose() * A_).inverse(); }
  Matrix weights(const Matrix& A, const Matrix& V) const {
    const Matrix W = V.inverse();
    return (A.transpose() * W * A).inverse() * A.transpose() * W;
  }
  double condition() const {
    Matrix scaled = A_;
    for (int k = 0; k < scaled.cols(); ++k) scaled.col(k) /= scaled.col(k).norm();
    const auto s = Eigen::JacobiSVD<Matrix>(scaled).singularValues();
    return s(s.size() - 1) > 0 ? s(0) / s(s.size() - 1) : std::numeric_limits<double>::infinity();
  }

 private:
  std::vector<int> all() const {
    std::vector<int> out(static_cast<std::size_t>(A_.cols()));
    for (std::size_t k = 0; k < out.size(); ++k) out[k] = static_cast<int>(k);
    return out;
  }
  Fit of(const std::vector<int>& open, const std::optional<std::pair<int, double>>& held) const {
    Fit out{.x = Vector::Zero(A_.cols())};
    Vector rest = b_;
    if (held) {
      out.x(held->first) = held->second;
      rest -= A_.col(held->first) * held->second;
    }
    if (!open.empty()) {
      Matrix part(A_.rows(), static_cast<int>(open.size()));
      for (std::size_t k = 0; k < open.size(); ++k) part.col(static_cast<int>(k)) = A_.col(open[k]);
      const Vector x = part.colPivHouseholderQr().solve(rest);
      for (std::size_t k = 0; k < open.size(); ++k) out.x(open[k]) = x(static_cast<int>(k));
      rest -= part * x;
    }
    out.chi_squared = rest.squaredNorm();
    return out;
  }
  Matrix A_;
  Vector b_;
};

// The value up or down from the best at which the profile has risen by the 95 % point of one degree.
double bound(const Problem& problem, int k, double best, double chi_squared, double sigma, double direction) {
  const double rise = core::two_sided_95 * core::two_sided_95;
  const auto risen = [&](double at) { return problem.bounded(std::pair{k, at}).chi_squared - chi_squared > rise; };
  double inside = best, outside = best;
  constexpr int doublings = 60, halvings = 50;
  double step = std::max(sigma, std::numeric_limits<double>::min());
  for (int i = 0; i < doublings; ++i, step *= 2) {
    outside = best + direction * step;
    if (outside <= 0) {
      if (!risen(0)) return 0;
      outside = 0;
      break;
    }
    if (risen(outside)) break;
    inside = outside;
  }
  for (int i = 0; i < halvings; ++i) {
    const double middle = 0.5 * (inside + outside);
    (risen(middle) ? outside : inside) = middle;
  }
  return 0.5 * (inside + outside);
}

// What the shares' own errors do to the sums, at these amounts.
Matrix with_shares(const Matrix& measured, const std::vector<Group>& groups, std::span<const double> mz,
                   const Vector& amount, double uncertainty) {
  Matrix V = measured;
  for (std::size_t m = 0; m < mz.size(); ++m) {
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const double share = groups[g].share_at(mz[m]);
      if (same_mass(groups[g].base_mz(), mz[m])) continue;
      V(static_cast<int>(m), static_cast<int>(m)) +=
          std::pow(uncertainty * share * std::max(amount(static_cast<int>(g)), 0.0), 2);
    }
  }
  return V;
}

// Gases that share their base mass: their sum is known better than each of them, and bounds each. Rows that make gases
// and sums of the gases.
Matrix with_sums(const std::vector<Group>& groups, const Vector& amount, const Matrix& covariance,
                 std::vector<GasSum>& gases) {
  const auto n = static_cast<int>(groups.size());
  Matrix T = Matrix::Identity(n, n);
  for (int g = 0; g < n; ++g) {
    Vector row = Vector::Zero(n);
    GasSum sum{.gases = {}, .told_apart = true};
    const double mz = groups[static_cast<std::size_t>(g)].base_mz();
    for (int h = 0; h < n; ++h) {
      const Group& other = groups[static_cast<std::size_t>(h)];
      if (!same_mass(other.base_mz(), mz)) continue;
      if (h < g) break;  // its first member made it
      row(h) = 1;
      for (const Gas* gas : other.gases) sum.gases.push_back(gas->name);
    }
    if (row.sum() < 2) continue;
    const double value = row.dot(amount), sigma = std::sqrt(row.dot(covariance * row));
    sum.at_base = {value, sigma * sigma};
    sum.low = std::max(value - core::two_sided_95 * sigma, 0.0);
    sum.high = value + core::two_sided_95 * sigma;
    // None of the parts is more than the whole.
    for (int h = 0; h < n; ++h) {
      if (row(h) == 1)
        gases[static_cast<std::size_t>(h)].high = std::min(gases[static_cast<std::size_t>(h)].high, sum.high);
    }
    gases.push_back(std::move(sum));
    T.conservativeResize(T.rows() + 1, n);
    T.row(T.rows() - 1) = row.transpose();
  }
  return T;
}

std::vector<const Gas*> measured_gases(const std::vector<std::string>& names, std::span<const double> mz,
                                       std::vector<std::string>& unmeasured) {
  std::vector<const Gas*> out;
  for (const std::string& name : names) {
    const Gas& gas = gas_named(name);
    if (std::ranges::find(out, &gas) != out.end()) continue;
    const bool seen = std::ranges::any_of(mz, [&](double m) { return same_mass(m, gas.base_mz()); });
    if (seen)
      out.push_back(&gas);
    else
      unmeasured.push_back(gas.name);
  }
  return out;
}

std::optional<double> explained_at_16(const IonSums& ions, const std::vector<Group>& groups, const Vector& x) {
  for (std::size_t m = 0; m < ions.mz.size(); ++m) {
    if (!is_crowded(ions.mz[m])) continue;
    double made = 0;
    for (std::size_t g = 0; g < groups.size(); ++g) made += groups[g].share_at(ions.mz[m]) * x(static_cast<int>(g));
    if (made > 0) return ions.sum[m] / made;
  }
  return std::nullopt;
}

}  // namespace

Overlap unmix(const IonSums& ions, const std::vector<std::string>& names, const OverlapSettings& settings) {
  Overlap out;
  const std::vector<const Gas*> gases = measured_gases(names, ions.mz, out.unmeasured);
  const std::vector<Group> groups = groups_of(gases, ions.mz, settings.fragment_uncertainty);
  const std::vector<std::size_t> used = useful_masses(groups, ions.mz);
  if (groups.empty() || used.size() < groups.size()) {
    std::string masses;
    for (const double m : ions.mz) masses += fmt::format("{}{:g}", masses.empty() ? "" : ", ", m);
    throw core::UsageError({.what = "the measured masses cannot show these gases",
                            .expected = "the base mass of each gas that is asked for",
                            .found = "m/z " + masses,
                            .advice = "list fewer gases"});
  }
  const auto rows = static_cast<int>(used.size()), columns = static_cast<int>(groups.size());
  Matrix A(rows, columns), measured(rows, rows);
  Vector b(rows);
  for (int i = 0; i < rows; ++i) {
    const std::size_t m = used[static_cast<std::size_t>(i)];
    out.used_mz.push_back(ions.mz[m]);
    b(i) = ions.sum[m];
    for (int g = 0; g < columns; ++g) A(i, g) = groups[static_cast<std::size_t>(g)].share_at(ions.mz[m]);
    for (int j = 0; j < rows; ++j)
      measured(i, j) = ions.covariance[m * ions.mz.size() + used[static_cast<std::size_t>(j)]];
  }
  Matrix V = measured;
  Vector amount = Problem{A, b, V}.bounded().x;
  constexpr int rounds = 5;  // the shares' errors grow with the amounts
  for (int round = 0; round < rounds; ++round) {
    V = with_shares(measured, groups, out.used_mz, amount, settings.fragment_uncertainty);
    amount = Problem{A, b, V}.bounded().x;
  }
  const Problem problem{A, b, V};
  const Fit best = problem.bounded();
  const Matrix C = problem.covariance(), W = problem.weights(A, V);
  for (int g = 0; g < columns; ++g) {
    const double sigma = std::sqrt(C(g, g));
    GasSum sum{.at_base = {best.x(g), C(g, g)}};
    for (const Gas* gas : groups[static_cast<std::size_t>(g)].gases) sum.gases.push_back(gas->name);
    sum.told_apart = sum.gases.size() == 1;
    sum.low = bound(problem, g, best.x(g), best.chi_squared, sigma, -1);
    sum.high = bound(problem, g, best.x(g), best.chi_squared, sigma, 1);
    out.gases.push_back(std::move(sum));
  }
  const Matrix T = with_sums(groups, best.x, C, out.gases);
  const Matrix all = T * C * T.transpose(), weights = T * W;
  for (int g = 0; g < T.rows(); ++g) {
    for (int h = 0; h < T.rows(); ++h) out.covariance.push_back(all(g, h));
    for (int i = 0; i < rows; ++i) out.weights.push_back(weights(g, i));
  }
  out.condition = problem.condition();
  out.explained_16 = explained_at_16(ions, groups, best.x);
  return out;
}

}  // namespace lithoscope::massspec
