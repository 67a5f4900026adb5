#include "mixture_problem.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

namespace lithoscope::xas {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Layout = MixtureLayout;

MixtureLayout::MixtureLayout(std::size_t reference_count, std::size_t spectrum_count, const MixtureSettings& s)
    : references(static_cast<Index>(reference_count)), spectra(static_cast<Index>(spectrum_count)), size(amplitudes()) {
  const auto take = [&](Index n) {
    const Index at = size;
    size += n;
    return at;
  };
  if (s.reference_shift > 0) shifts = take(references);
  if (s.reference_scale > 0) scales = take(references);
  if (s.shift > 0) common = take(spectra);
  if (s.offset) offset = take(spectra);
  if (s.slope) slope = take(spectra);
  if (s.bend > 0) bend = take(spectra);
  if (s.tilt > 0) tilt = take(spectra);
  sum_to_one = !s.free_scale;
}

Index MixtureLayout::free_parameters() const {
  return spectra * (references - (sum_to_one ? 1 : 0) + (offset >= 0 ? 1 : 0) + (slope >= 0 ? 1 : 0));
}

namespace {

// The model and its derivatives at one set of parameters.
struct Linearised {
  VectorXd model;
  MatrixXd jacobian;
};

void linearise_part(const MixtureProblem& problem, Index k, const VectorXd& p, Linearised& out) {
  const Layout& layout = problem.layout;
  const MixturePart& part = problem.parts[static_cast<std::size_t>(k)];
  const Index n = part.size(), m = layout.references;
  auto jacobian = out.jacobian.middleRows(part.first, n);
  auto model = out.model.segment(part.first, n);
  std::vector<double> value(part.energy.size()), slope(part.energy.size());
  const double common = layout.common >= 0 ? p[layout.common + k] : 0;
  for (Index j = 0; j < m; ++j) {
    const double shift = common + (layout.shifts >= 0 ? p[layout.shifts + j] : 0);
    const double scale = 1 + (layout.scales >= 0 ? p[layout.scales + j] : 0);
    const double amplitude = p[k * m + j];
    problem.curves[static_cast<std::size_t>(j)].along(part.energy, -shift, value, slope);
    const Eigen::Map<const VectorXd> r{value.data(), n}, d{slope.data(), n};
    model += amplitude * scale * r;
    jacobian.col(k * m + j) = scale * r;
    if (layout.shifts >= 0) jacobian.col(layout.shifts + j) = -amplitude * scale * d;
    if (layout.scales >= 0) jacobian.col(layout.scales + j) = amplitude * r;
    if (layout.common >= 0) jacobian.col(layout.common + k) -= amplitude * scale * d;
  }
  if (layout.tilt >= 0) {
    const Eigen::Map<const VectorXd> energy{part.energy.data(), n};
    const VectorXd off = energy.array() - part.centre;
    const VectorXd factor = 1 + p[layout.tilt + k] * off.array();
    const VectorXd level = model;
    model = level.cwiseProduct(factor);
    for (Index c = 0; c < layout.size; ++c) jacobian.col(c).array() *= factor.array();
    jacobian.col(layout.tilt + k) = level.cwiseProduct(off);
  }
  if (layout.bend >= 0) {
    // m / (1 + b m): what saturation of electrons and self-absorption of a thick sample both come to.
    const VectorXd unbent = model;
    const VectorXd share = (1 + p[layout.bend + k] * unbent.array()).cwiseMax(0.05).inverse().matrix();
    model = unbent.cwiseProduct(share);
    for (Index c = 0; c < layout.size; ++c) jacobian.col(c).array() *= share.array().square();
    jacobian.col(layout.bend + k) = -model.cwiseAbs2();
  }
  if (layout.offset >= 0) {
    model.array() += p[layout.offset + k];
    jacobian.col(layout.offset + k).setOnes();
  }
  if (layout.slope >= 0) {
    for (Index i = 0; i < n; ++i)
      jacobian(i, layout.slope + k) = part.energy[static_cast<std::size_t>(i)] - part.centre;
    model += p[layout.slope + k] * jacobian.col(layout.slope + k);
  }
}

void linearise(const MixtureProblem& problem, const VectorXd& p, Linearised& out) {
  out.jacobian.setZero(problem.measured.size(), problem.layout.size);
  out.model.setZero(problem.measured.size());
  for (Index k = 0; k < problem.layout.spectra; ++k) linearise_part(problem, k, p, out);
}

double objective(const MixtureProblem& problem, const VectorXd& p, const VectorXd& model) {
  return (problem.measured - model).cwiseAbs2().dot(problem.weight) + p.cwiseAbs2().dot(problem.prior);
}

// Minimum of 1/2 p'Np - g'p with the amplitudes of each spectrum adding up to 1 (where wanted) and the fixed ones at 0.
struct Equalities {
  VectorXd solution;
  VectorXd multipliers;  // of the fixed ones: negative where release would lower the objective
};
Equalities solve_fixed(const MatrixXd& N, const VectorXd& g, const Layout& layout, const std::vector<Index>& fixed) {
  const Index size = layout.size;
  const Index rows = (layout.sum_to_one ? layout.spectra : 0) + static_cast<Index>(fixed.size());
  MatrixXd system = MatrixXd::Zero(size + rows, size + rows);
  VectorXd right = VectorXd::Zero(size + rows);
  // Scaled to unit diagonal: amplitudes, eV and slopes differ by orders of magnitude.
  const VectorXd scale = N.diagonal().cwiseMax(1e-300).cwiseSqrt().cwiseInverse();
  system.topLeftCorner(size, size) = scale.asDiagonal() * N * scale.asDiagonal();
  right.head(size) = scale.cwiseProduct(g);
  Index row = size;
  for (Index k = 0; layout.sum_to_one && k < layout.spectra; ++k) {
    for (Index j = k * layout.references; j < (k + 1) * layout.references; ++j)
      system(row, j) = system(j, row) = scale[j];
    right[row++] = 1;
  }
  for (const Index j : fixed) {
    system(row, j) = system(j, row) = scale[j];
    ++row;
  }
  // Two equal references make the system singular: then the careful, slower way.
  VectorXd all = system.partialPivLu().solve(right);
  if (!all.allFinite() || (system * all - right).norm() > 1e-6 * right.norm()) all = system.fullPivLu().solve(right);
  return {scale.cwiseProduct(all.head(size)), all.tail(static_cast<Index>(fixed.size()))};
}

// The amplitudes that stay at zero, found by dropping the most negative and taking back those that would help. One of
// each spectrum is always free.
VectorXd solve_bounded(const MatrixXd& N, const VectorXd& g, const Layout& layout, std::vector<Index>& fixed) {
  const Index most_rounds = 4 * layout.amplitudes() + 4;
  Equalities now = solve_fixed(N, g, layout, fixed);
  const auto last_of_its_spectrum = [&](Index j) {
    const auto same =
        std::ranges::count_if(fixed, [&](Index other) { return other / layout.references == j / layout.references; });
    return same + 1 >= layout.references;
  };
  for (Index round = 0; round < most_rounds; ++round) {
    Index lowest = -1;
    for (Index j = 0; j < layout.amplitudes(); ++j) {
      const bool held = std::ranges::find(fixed, j) != fixed.end() || last_of_its_spectrum(j);
      if (!held && now.solution[j] < 0 && (lowest < 0 || now.solution[j] < now.solution[lowest])) lowest = j;
    }
    if (lowest >= 0) {
      fixed.push_back(lowest);
    } else {
      // The Lagrangian is 1/2 p'Np - g'p + l p_j: with l > 0 the objective falls as p_j grows from 0.
      Index worst = -1;
      for (Index k = 0; k < now.multipliers.size(); ++k) {
        if (now.multipliers[k] > 1e-9 && (worst < 0 || now.multipliers[k] > now.multipliers[worst])) worst = k;
      }
      if (worst < 0) break;
      fixed.erase(fixed.begin() + worst);
    }
    now = solve_fixed(N, g, layout, fixed);
  }
  for (const Index j : fixed) now.solution[j] = 0;
  return now.solution;
}

}  // namespace

MixtureSolution solve_mixture(const MixtureProblem& problem, VectorXd start) {
  MixtureSolution out{.parameters = std::move(start), .model = {}, .normal = {}};
  Linearised at, trial;
  linearise(problem, out.parameters, at);
  double now = objective(problem, out.parameters, at.model);
  constexpr int most = 30;
  const Index size = problem.layout.size;
  const auto normal_at = [&] {
    const MatrixXd weighted = problem.weight.cwiseSqrt().asDiagonal() * at.jacobian;
    out.normal = MatrixXd::Zero(size, size);
    out.normal.selfadjointView<Eigen::Lower>().rankUpdate(weighted.transpose());
    out.normal.triangularView<Eigen::StrictlyUpper>() = out.normal.transpose();
    out.normal.diagonal() += problem.prior;
  };
  std::vector<Index> fixed;
  for (int step = 0; step < most && !out.converged; ++step) {
    normal_at();
    const VectorXd target =
        problem.measured - at.model + at.jacobian * out.parameters;  // linear problem in the parameters
    const VectorXd g = at.jacobian.transpose() * problem.weight.cwiseProduct(target);
    const VectorXd wanted = solve_bounded(out.normal, g, problem.layout, fixed);
    double length = 1;
    bool better = false;
    for (int halving = 0; halving < 8; ++halving, length *= 0.5) {
      const VectorXd next = out.parameters + length * (wanted - out.parameters);
      linearise(problem, next, trial);
      const double value = objective(problem, next, trial.model);
      if (!(value <= now * (1 + 1e-12) + 1e-300) && step > 0) continue;
      out.converged = std::abs(now - value) <= 1e-8 * (1 + value) && step > 0;
      out.parameters = next;
      std::swap(at, trial);
      now = value;
      better = true;
      break;
    }
    if (!better) out.converged = true;  // no smaller step lowers it: rounding
  }
  normal_at();
  out.model = std::move(at.model);
  return out;
}

MatrixXd mixture_covariance(const MatrixXd& normal, const Layout& layout) {
  const VectorXd scale = normal.diagonal().cwiseMax(1e-300).cwiseSqrt().cwiseInverse();
  const MatrixXd scaled = scale.asDiagonal() * normal * scale.asDiagonal();
  MatrixXd inverse = scaled.completeOrthogonalDecomposition().pseudoInverse();
  inverse = (scale.asDiagonal() * inverse * scale.asDiagonal()).eval();
  if (!layout.sum_to_one) return inverse;
  for (Index k = 0; k < layout.spectra; ++k) {
    VectorXd ones = VectorXd::Zero(layout.size);
    ones.segment(k * layout.references, layout.references).setOnes();
    const VectorXd moved = inverse * ones;
    inverse -= (moved * moved.transpose() / ones.dot(moved)).eval();
  }
  return inverse;
}

}  // namespace lithoscope::xas
