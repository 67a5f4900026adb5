#include "lanczos.hpp"

#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/core/rng.hpp"

namespace lithoscope::multiplet {

using Eigen::Index;

template <class S>
Eigenpairs<S> all_eigenpairs(const Block<S>& block) {
  const Eigen::SelfAdjointEigenSolver<Dense<S>> solver{block.dense()};
  return {solver.eigenvalues(), solver.eigenvectors()};
}

namespace {

template <class S>
Column<S> random_vector(Index size, std::uint64_t stream) {
  core::RandomStream random{1, stream};
  Column<S> v(size);
  for (Index i = 0; i < size; ++i) v[i] = random.normal();
  return v;
}

// Twice is enough (Kahan and Parlett).
template <class S>
void orthogonalise(Column<S>& v, const Dense<S>& basis, Index columns) {
  for (int pass = 0; pass < 2; ++pass) v -= basis.leftCols(columns) * (basis.leftCols(columns).adjoint() * v).eval();
}

Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solve(const std::vector<double>& diagonal,
                                                     const std::vector<double>& off) {
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  const auto n = static_cast<Index>(diagonal.size());
  solver.computeFromTridiagonal(Eigen::Map<const Eigen::VectorXd>(diagonal.data(), n),
                                Eigen::Map<const Eigen::VectorXd>(off.data(), n - 1));
  return solver;
}

}  // namespace

template <class S>
LowestState<S> lowest_state(const Block<S>& block, const Dense<S>& known) {
  constexpr int most_restarts = 60;
  constexpr Index most_steps = 160;
  constexpr double converged = 1e-11;  // residual, share of the largest energy
  const Index size = block.size();
  Column<S> start = random_vector<S>(size, static_cast<std::uint64_t>(known.cols()));
  double energy = 0;
  for (int restart = 0; restart < most_restarts; ++restart) {
    core::throw_if_interrupted();
    orthogonalise(start, known, known.cols());
    const Index steps = std::min(most_steps, size - known.cols());
    Dense<S> basis(size, steps);
    std::vector<double> diagonal, off;
    Column<S> next;
    basis.col(0) = start.normalized();
    Index used = 0;
    double last = 0;
    for (Index k = 0; k < steps; ++k) {
      block.hamiltonian.adjoint_times(Column<S>{basis.col(k)}, next);
      diagonal.push_back(std::real(basis.col(k).dot(next)));
      orthogonalise(next, known, known.cols());
      orthogonalise(next, basis, k + 1);
      used = k + 1;
      last = next.norm();
      if (last < 1e-12 * (1 + std::abs(diagonal.front())) || used == steps) break;
      off.push_back(last);
      basis.col(k + 1) = next / last;
    }
    const auto ritz = solve(diagonal, off);
    energy = ritz.eigenvalues()[0];
    start = basis.leftCols(used) * ritz.eigenvectors().col(0).template cast<S>();
    const double scale = ritz.eigenvalues().cwiseAbs().maxCoeff() + 1;
    if (last * std::abs(ritz.eigenvectors()(used - 1, 0)) < converged * scale) {
      orthogonalise(start, known, known.cols());
      return {energy, start.normalized()};
    }
  }
  throw core::ComputationError(
      {.what = "the lowest states of a large block did not converge",
       .expected = fmt::format("a residual of {:.0e} after {} restarts", converged, most_restarts),
       .found = fmt::format("{} determinants, energy {:.6g} eV", size, energy),
       .advice = "raise the size that is solved densely"});
}

namespace {

// The continued fraction grown from above. With d_k = z - a_k - b_(k-1)^2/d_(k-1) and u_k = u_(k-1) b_(k-1)/d_k, the
// last row of the resolvent's first column is u_k, and each step adds u_k^2 d_k to its first element.
struct Resolvent {
  std::complex<double> z, d{1, 0}, u{1, 0}, sum{};

  void step(double a, double b_before) {
    d = z - a - (b_before == 0 ? 0.0 : b_before * b_before / d);
    u = (b_before == 0 ? 1.0 : u * b_before) / d;
    sum += u * u * d;
  }
};

}  // namespace

template <class S>
Chain spectral_chain(const Block<S>& block, const Column<S>& vector, const SpectralGoal& goal) {
  constexpr double exhausted = 1e-10;
  Chain chain;
  chain.norm_squared = vector.squaredNorm();
  std::vector<Resolvent> resolvents;
  for (const double e : goal.energies_eV) resolvents.push_back({.z = {e, goal.width_eV}});
  Column<S> now = vector / std::sqrt(chain.norm_squared);
  Column<S> before = Column<S>::Zero(now.size());
  Column<S> next;
  double b = 0;
  for (std::int64_t k = 0; k < goal.most_steps; ++k) {
    if (k % 64 == 0) core::throw_if_interrupted();
    block.hamiltonian.adjoint_times(now, next);
    const double a = std::real(now.dot(next));
    chain.diagonal.push_back(a);
    for (Resolvent& r : resolvents) r.step(a, b);
    next -= a * now + b * before;
    b = next.norm();
    // What the rest of the space can add is u^2 b^2 times a diagonal element of the resolvent, at most 1/width. The
    // vector lacks at most |u| b/width; its norm squared is -Im G/width.
    double largest = 0, missing = 0;
    for (const Resolvent& r : resolvents) {
      const double off = std::abs(r.u) * b;
      largest = std::max(largest, goal.of_vector ? std::sqrt(-r.sum.imag() / goal.width_eV) : -r.sum.imag());
      missing = std::max(missing, (goal.of_vector ? off : off * off) / goal.width_eV);
    }
    chain.residual = missing / largest;
    if (chain.residual <= goal.tolerance || b < exhausted) break;
    chain.off_diagonal.push_back(b);
    before.swap(now);
    now = next / b;
  }
  if (b < exhausted) chain.residual = 0;
  if (chain.off_diagonal.size() == chain.diagonal.size()) chain.off_diagonal.pop_back();
  return chain;
}

// Implicit QL with the first row of the eigenvectors only.
std::vector<Pole> poles(const Chain& chain) {
  std::vector<double> d = chain.diagonal;
  std::vector<double> e = chain.off_diagonal;
  const std::size_t n = d.size();
  e.resize(n, 0.0);
  std::vector<double> first(n, 0.0);
  first[0] = 1;
  for (std::size_t l = 0; l < n; ++l) {
    for (int iteration = 0;; ++iteration) {
      std::size_t m = l;
      for (; m + 1 < n; ++m) {
        const double scale = std::abs(d[m]) + std::abs(d[m + 1]);
        if (std::abs(e[m]) <= 1e-16 * scale) break;
      }
      if (m == l) break;
      if (iteration == 200) {
        throw core::ComputationError({.what = "a Krylov space could not be diagonalised",
                                      .expected = "convergence within 200 rotations",
                                      .found = fmt::format("{} steps", n)});
      }
      double g = (d[l + 1] - d[l]) / (2 * e[l]);
      double r = std::hypot(g, 1.0);
      g = d[m] - d[l] + e[l] / (g + std::copysign(r, g));
      double s = 1, c = 1, p = 0;
      bool split = false;
      for (std::size_t i = m; i-- > l;) {
        double f = s * e[i];
        const double h = c * e[i];
        r = std::hypot(f, g);
        e[i + 1] = r;
        if (r == 0) {
          d[i + 1] -= p;
          e[m] = 0;
          split = true;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * h;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - h;
        f = first[i + 1];
        first[i + 1] = s * first[i] + c * f;
        first[i] = c * first[i] - s * f;
      }
      if (split) continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
  constexpr double negligible = 1e-16;
  std::vector<Pole> out;
  for (std::size_t i = 0; i < n; ++i) {
    const double weight = first[i] * first[i];
    if (weight > negligible) out.push_back({d[i], chain.norm_squared * weight});
  }
  std::ranges::sort(out, {}, &Pole::energy_eV);
  return out;
}

template Eigenpairs<double> all_eigenpairs(const Block<double>&);
template Eigenpairs<std::complex<double>> all_eigenpairs(const Block<std::complex<double>>&);
template LowestState<double> lowest_state(const Block<double>&, const Dense<double>&);
template LowestState<std::complex<double>> lowest_state(const Block<std::complex<double>>&,
                                                        const Dense<std::complex<double>>&);
template Chain spectral_chain(const Block<double>&, const Column<double>&, const SpectralGoal&);
template Chain spectral_chain(const Block<std::complex<double>>&, const Column<std::complex<double>>&,
                              const SpectralGoal&);

}  // namespace lithoscope::multiplet
