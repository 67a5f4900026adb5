#include "lithoscope/xas/linear_combination.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/statistics.hpp"

namespace lithoscope::xas {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// Where each kind of parameter stands in the vector: amplitudes, shifts, scales, common shift, offset, slope, bend.
struct Layout {
  Index references = 0;
  Index shifts = -1, scales = -1, common = -1, offset = -1, slope = -1, bend = -1;
  Index size = 0;
  bool sum_to_one = true;

  Layout(std::size_t count, const MixtureSettings& s) : references(static_cast<Index>(count)), size(references) {
    const auto take = [&](Index n) {
      const Index at = size;
      size += n;
      return at;
    };
    if (s.reference_shift > 0) shifts = take(references);
    if (s.reference_scale > 0) scales = take(references);
    if (s.shift > 0) common = take(1);
    if (s.offset) offset = take(1);
    if (s.slope) slope = take(1);
    if (s.bend > 0) bend = take(1);
    sum_to_one = !s.free_scale;
  }
  Index free_parameters() const {
    return references - (sum_to_one ? 1 : 0) + (offset >= 0 ? 1 : 0) + (slope >= 0 ? 1 : 0);
  }
};

// The model and its derivatives at one set of parameters.
struct Linearised {
  VectorXd model;
  MatrixXd jacobian;
};

struct Problem {
  const Layout& layout;
  std::span<const core::CubicSpline> curves;
  std::span<const double> energy;
  Eigen::Map<const VectorXd> measured;
  VectorXd weight;    // 1 / variance
  VectorXd prior;     // 1 / variance of the priors, whose means are 0
  double centre = 0;  // of the slope

  void linearise(const VectorXd& p, Linearised& out) const {
    const Index n = measured.size();
    const Index m = layout.references;
    out.jacobian.setZero(n, layout.size);
    out.model.setZero(n);
    std::vector<double> value(static_cast<std::size_t>(n)), slope(static_cast<std::size_t>(n));
    const double common = layout.common >= 0 ? p[layout.common] : 0;
    for (Index j = 0; j < m; ++j) {
      const double shift = common + (layout.shifts >= 0 ? p[layout.shifts + j] : 0);
      const double scale = 1 + (layout.scales >= 0 ? p[layout.scales + j] : 0);
      curves[static_cast<std::size_t>(j)].along(energy, -shift, value, slope);
      const Eigen::Map<const VectorXd> r{value.data(), n}, d{slope.data(), n};
      out.model += p[j] * scale * r;
      out.jacobian.col(j) = scale * r;
      if (layout.shifts >= 0) out.jacobian.col(layout.shifts + j) = -p[j] * scale * d;
      if (layout.scales >= 0) out.jacobian.col(layout.scales + j) = p[j] * r;
      if (layout.common >= 0) out.jacobian.col(layout.common) -= p[j] * scale * d;
    }
    if (layout.bend >= 0) {
      // m / (1 + b m): what saturation of electrons and self-absorption of a thick sample both come to.
      const VectorXd unbent = out.model;
      const VectorXd share = (1 + p[layout.bend] * unbent.array()).cwiseMax(0.05).inverse().matrix();
      out.model = unbent.cwiseProduct(share);
      for (Index c = 0; c < layout.size; ++c) out.jacobian.col(c).array() *= share.array().square();
      out.jacobian.col(layout.bend) = -out.model.cwiseAbs2();
    }
    if (layout.offset >= 0) {
      out.model.array() += p[layout.offset];
      out.jacobian.col(layout.offset).setOnes();
    }
    if (layout.slope >= 0) {
      for (Index i = 0; i < n; ++i) out.jacobian(i, layout.slope) = energy[static_cast<std::size_t>(i)] - centre;
      out.model += p[layout.slope] * out.jacobian.col(layout.slope);
    }
  }
  double objective(const VectorXd& p, const VectorXd& model) const {
    return (measured - model).cwiseAbs2().dot(weight) + p.cwiseAbs2().dot(prior);
  }
};

// Minimum of 1/2 p'Np - g'p with the sum of the first m equal to 1 (where wanted) and the fixed ones at 0.
struct Equalities {
  VectorXd solution;
  VectorXd multipliers;  // of the fixed ones: negative where release would lower the objective
};
Equalities solve_fixed(const MatrixXd& N, const VectorXd& g, const Layout& layout, const std::vector<Index>& fixed) {
  const Index size = layout.size;
  const Index rows = (layout.sum_to_one ? 1 : 0) + static_cast<Index>(fixed.size());
  MatrixXd system = MatrixXd::Zero(size + rows, size + rows);
  VectorXd right = VectorXd::Zero(size + rows);
  // Scaled to unit diagonal: amplitudes, eV and slopes differ by orders of magnitude.
  const VectorXd scale = N.diagonal().cwiseMax(1e-300).cwiseSqrt().cwiseInverse();
  system.topLeftCorner(size, size) = scale.asDiagonal() * N * scale.asDiagonal();
  right.head(size) = scale.cwiseProduct(g);
  Index row = size;
  if (layout.sum_to_one) {
    for (Index j = 0; j < layout.references; ++j) system(row, j) = system(j, row) = scale[j];
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

// The amplitudes that stay at zero, found by dropping the most negative and taking back those that would help.
VectorXd solve_bounded(const MatrixXd& N, const VectorXd& g, const Layout& layout, std::vector<Index>& fixed) {
  const Index most_rounds = 4 * layout.references + 4;
  Equalities now = solve_fixed(N, g, layout, fixed);
  for (Index round = 0; round < most_rounds; ++round) {
    Index lowest = -1;
    for (Index j = 0; j < layout.references; ++j) {
      const bool held = std::ranges::find(fixed, j) != fixed.end();
      if (!held && now.solution[j] < 0 && (lowest < 0 || now.solution[j] < now.solution[lowest])) lowest = j;
    }
    if (lowest >= 0 && static_cast<Index>(fixed.size()) + 1 < layout.references) {
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

struct Solved {
  VectorXd parameters;
  Linearised at;
  MatrixXd normal;
  bool converged = false;
};

Solved iterate(const Problem& problem, VectorXd start) {
  Solved out{.parameters = std::move(start), .at = {}, .normal = {}};
  problem.linearise(out.parameters, out.at);
  double now = problem.objective(out.parameters, out.at.model);
  constexpr int most = 30;
  const Index size = problem.layout.size;
  Linearised trial;
  const auto normal_at = [&] {
    const MatrixXd weighted = problem.weight.cwiseSqrt().asDiagonal() * out.at.jacobian;
    out.normal = MatrixXd::Zero(size, size);
    out.normal.selfadjointView<Eigen::Lower>().rankUpdate(weighted.transpose());
    out.normal.triangularView<Eigen::StrictlyUpper>() = out.normal.transpose();
    out.normal.diagonal() += problem.prior;
  };
  std::vector<Index> fixed;
  for (int step = 0; step < most && !out.converged; ++step) {
    normal_at();
    const VectorXd target =
        problem.measured - out.at.model + out.at.jacobian * out.parameters;  // linear problem in the parameters
    const VectorXd g = out.at.jacobian.transpose() * problem.weight.cwiseProduct(target);
    const VectorXd wanted = solve_bounded(out.normal, g, problem.layout, fixed);
    double length = 1;
    bool better = false;
    for (int halving = 0; halving < 8; ++halving, length *= 0.5) {
      const VectorXd next = out.parameters + length * (wanted - out.parameters);
      problem.linearise(next, trial);
      const double value = problem.objective(next, trial.model);
      if (!(value <= now * (1 + 1e-12) + 1e-300) && step > 0) continue;
      out.converged = std::abs(now - value) <= 1e-8 * (1 + value) && step > 0;
      out.parameters = next;
      std::swap(out.at, trial);
      now = value;
      better = true;
      break;
    }
    if (!better) out.converged = true;  // no smaller step lowers it: rounding
  }
  normal_at();
  return out;
}

// Two names for one curve leave their shares undetermined.
void require_different(const ReferenceCurve& a, const ReferenceCurve& b) {
  const bool same = a.spectrum.energy_eV == b.spectrum.energy_eV && a.spectrum.intensity == b.spectrum.intensity;
  if (!same) return;
  throw core::UsageError({.what = fmt::format("the references \"{}\" and \"{}\" are the same spectrum", a.name, b.name),
                          .expected = "different references",
                          .found = "equal values at equal energies"});
}

// Covariance of the parameters on the sum-to-one plane.
MatrixXd covariance_of(const MatrixXd& normal, const Layout& layout) {
  const VectorXd scale = normal.diagonal().cwiseMax(1e-300).cwiseSqrt().cwiseInverse();
  const MatrixXd scaled = scale.asDiagonal() * normal * scale.asDiagonal();
  MatrixXd inverse = scaled.completeOrthogonalDecomposition().pseudoInverse();
  inverse = (scale.asDiagonal() * inverse * scale.asDiagonal()).eval();
  if (!layout.sum_to_one) return inverse;
  VectorXd ones = VectorXd::Zero(layout.size);
  ones.head(layout.references).setOnes();
  const VectorXd moved = inverse * ones;
  return inverse - moved * moved.transpose() / ones.dot(moved);
}

// How the mean valence follows what the priors are about. The estimate has the sensitivity -C P to the mean of a prior
// (C the covariance, P the prior's information), so that the effects of one standard deviation each, squared, and what
// the noise does add up to its variance.
ValenceEffects effects_on(const VectorXd& gradient, const MatrixXd& covariance, const Layout& layout,
                          const MixtureSettings& settings, double widened) {
  const VectorXd shared = covariance.topRows(layout.references).transpose() * gradient;
  const auto effect = [&](Index at, double sigma) { return -shared[at] / (sigma * std::sqrt(widened)); };
  ValenceEffects out;
  if (layout.common >= 0) out.shift = effect(layout.common, settings.shift);
  for (Index j = 0; j < layout.references; ++j) {
    out.reference_shift.push_back(layout.shifts < 0 ? 0 : effect(layout.shifts + j, settings.reference_shift));
    out.reference_scale.push_back(layout.scales < 0 ? 0 : effect(layout.scales + j, settings.reference_scale));
  }
  return out;
}

// Shares are amplitudes over their sum: derivatives of the former by the latter.
MatrixXd share_derivatives(const VectorXd& amplitudes) {
  const double sum = amplitudes.sum();
  const Index m = amplitudes.size();
  return (MatrixXd::Identity(m, m) - amplitudes * VectorXd::Ones(m).transpose() / sum) / sum;
}

}  // namespace

std::span<const core::Setting<MixtureSettings>> mixture_settings_table() {
  using S = MixtureSettings;
  static constexpr std::array table{
      core::Setting<S>{"from", "eV", &S::from, "First energy of the fit; 0: where all references have begun"},
      core::Setting<S>{"to", "eV", &S::to, "Last energy of the fit; 0: where the first reference ends"},
      core::Setting<S>{"reference_shift", "eV", &S::reference_shift,
                       "Standard deviation of the energy shift of each reference by itself; 0 fixes it", 0, 10},
      core::Setting<S>{"reference_scale", "1", &S::reference_scale,
                       "Standard deviation of the normalisation of each reference; 0 fixes it", 0, 1},
      core::Setting<S>{"shift", "eV", &S::shift,
                       "Standard deviation of the shift that all references share; 0 fixes it", 0, 10},
      core::Setting<S>{"free_scale", "", &S::free_scale,
                       "Amplitudes are free and shares are their ratios; otherwise amplitudes add up to 1"},
      core::Setting<S>{"offset", "", &S::offset, "A constant is fitted beside the references"},
      core::Setting<S>{"slope", "", &S::slope, "A straight line about the middle is fitted beside the references"},
      core::Setting<S>{"bend", "1", &S::bend,
                       "Standard deviation of a saturation m/(1 + bend m), as of electron yields; 0: none", 0, 10}};
  return table;
}

MixtureModel::MixtureModel(std::vector<ReferenceCurve> references, const MixtureSettings& settings)
    : references_(std::move(references)), settings_(settings) {
  if (references_.empty())
    throw core::UsageError({.what = "a mixture needs references", .expected = "one or more", .found = "none"});
  for (std::size_t a = 0; a < references_.size(); ++a) {
    for (std::size_t b = a + 1; b < references_.size(); ++b) require_different(references_[a], references_[b]);
  }
  // References that carry no noise lend each other theirs through the fit; one that does counts against each point.
  for (const ReferenceCurve& r : references_) {
    curves_.emplace_back(r.spectrum.energy_eV, r.spectrum.intensity);
    variances_.emplace_back(r.spectrum.energy_eV, r.spectrum.variance);
    any_variance_ = any_variance_ || std::ranges::any_of(r.spectrum.variance, [](double v) { return v > 0; });
  }
}

MixtureFit MixtureModel::fit(const Spectrum& spectrum) const {
  const double reach = 3 * std::hypot(settings_.reference_shift, settings_.shift);
  double low = spectrum.energy_eV.front(), high = spectrum.energy_eV.back();
  for (std::size_t j = 0; j < references_.size(); ++j) {
    const double first = curves_[j].low() + reach;
    const double last = curves_[j].high() - reach;
    if (first < last &&
        ((settings_.from != 0 && first > settings_.from) || (settings_.to != 0 && last < settings_.to))) {
      throw core::UsageError(
          {.what = fmt::format("reference \"{}\" does not cover the range of the fit", references_[j].name),
           .expected =
               fmt::format("{:g} to {:g} eV and {:.2g} eV beyond, for its shift", settings_.from, settings_.to, reach),
           .found = fmt::format("{:g} to {:g} eV", curves_[j].low(), curves_[j].high()),
           .advice = "narrow --from and --to: nothing is extrapolated"});
    }
    low = std::max(low, first);
    high = std::min(high, last);
  }
  const double step = (spectrum.energy_eV.back() - spectrum.energy_eV.front()) / static_cast<double>(spectrum.size());
  if ((settings_.from != 0 && settings_.from < spectrum.energy_eV.front() - step) ||
      (settings_.to != 0 && settings_.to > spectrum.energy_eV.back() + step)) {
    throw core::UsageError(
        {.what = "the spectrum does not cover the range of the fit",
         .expected = fmt::format("{:g} to {:g} eV", settings_.from, settings_.to),
         .found = fmt::format("{:g} to {:g} eV", spectrum.energy_eV.front(), spectrum.energy_eV.back())});
  }
  if (settings_.from != 0) low = settings_.from;
  if (settings_.to != 0) high = settings_.to;
  if (!(low < high)) {
    throw core::UsageError({.what = "the references and the spectrum do not overlap",
                            .expected = "energies they share",
                            .found = fmt::format("the last begins at {:g}, the first ends at {:g} eV", low, high)});
  }
  const Layout layout{references_.size(), settings_};
  const Spectrum data = cut(spectrum, low, high, layout.free_parameters() + 2);
  const auto n = static_cast<Index>(data.size());
  Problem problem{.layout = layout,
                  .curves = curves_,
                  .energy = data.energy_eV,
                  .measured = {data.intensity.data(), n},
                  .weight = VectorXd::Ones(n),
                  .prior = VectorXd::Zero(layout.size),
                  .centre = 0};
  double sum = 0;
  for (const double e : data.energy_eV) sum += e;
  problem.centre = sum / static_cast<double>(n);
  const auto set_prior = [&](Index at, Index count, double sigma) {
    if (at >= 0) problem.prior.segment(at, count).setConstant(1 / (sigma * sigma));
  };
  set_prior(layout.shifts, layout.references, settings_.reference_shift);
  set_prior(layout.scales, layout.references, settings_.reference_scale);
  set_prior(layout.common, 1, settings_.shift);
  set_prior(layout.bend, 1, settings_.bend);

  const bool weighted = std::ranges::any_of(data.variance, [](double v) { return v > 0; });
  VectorXd variance = VectorXd::Ones(n);
  if (weighted) {
    // A point said to be exact among noisy ones may not count without bound.
    double least = std::numeric_limits<double>::infinity();
    for (const double v : data.variance) {
      if (v > 0) least = std::min(least, v);
    }
    for (Index i = 0; i < n; ++i) variance[i] = std::max(data.variance[static_cast<std::size_t>(i)], 0.01 * least);
  }
  problem.weight = variance.cwiseInverse();

  VectorXd start = VectorXd::Zero(layout.size);
  start.head(layout.references).setConstant(1 / static_cast<double>(layout.references));
  Solved solved = iterate(problem, start);
  if (any_variance_ && weighted) {  // with the references' own noise, by the shares found
    for (Index i = 0; i < n; ++i) {
      double added = 0;
      for (Index j = 0; j < layout.references; ++j) {
        const double v = variances_[static_cast<std::size_t>(j)].value(data.energy_eV[static_cast<std::size_t>(i)]);
        added += solved.parameters[j] * solved.parameters[j] * std::max(v, 0.0);
      }
      problem.weight[i] = 1 / (variance[i] + added);
    }
    solved = iterate(problem, solved.parameters);
  }

  // Priors count against the noise as it is: where points scatter more than was stated (or nothing was), the fit is
  // repeated with what they scatter.
  const double freedom = static_cast<double>(n - layout.free_parameters());
  const VectorXd stated = problem.weight;
  const auto misfits = [&] { return (problem.measured - solved.at.model).cwiseAbs2().dot(stated) / freedom; };
  double widened = weighted ? std::max(1.0, misfits()) : misfits();
  constexpr double worth_another = 1.2;
  constexpr int most_rounds = 3;
  for (int round = 0; round < most_rounds && widened > 0; ++round) {
    const double used = problem.weight[0] > 0 ? stated[0] / problem.weight[0] : 1;
    if (widened < worth_another * used && used < worth_another * widened) break;
    problem.weight = stated / widened;
    solved = iterate(problem, solved.parameters);
    widened = weighted ? std::max(1.0, misfits()) : misfits();
  }

  MixtureFit out;
  out.energy_eV = data.energy_eV;
  out.measured = data.intensity;
  out.variance = data.variance;
  out.model.assign(solved.at.model.begin(), solved.at.model.end());
  out.points = n;
  out.free_parameters = layout.free_parameters();
  out.converged = solved.converged;
  const VectorXd misfit = problem.measured - solved.at.model;
  out.reduced_chi_squared = misfits();
  out.chi_squared = out.reduced_chi_squared * freedom;
  out.r_factor = misfit.squaredNorm() / problem.measured.squaredNorm();
  const double nn = static_cast<double>(n);
  const double log_likelihood = nn * std::log(out.chi_squared / nn);
  out.akaike = log_likelihood + 2 * static_cast<double>(out.free_parameters);
  out.bayes = log_likelihood + std::log(nn) * static_cast<double>(out.free_parameters);

  // What is left between the noise the fit used and what the points scatter widens the errors.
  const double left = std::max(widened * (problem.weight[0] / stated[0]), weighted ? 1.0 : 0.0);
  const VectorXd amplitudes = solved.parameters.head(layout.references);
  const MatrixXd covariance = left * covariance_of(solved.normal, layout);
  const MatrixXd derivatives = share_derivatives(amplitudes);
  const MatrixXd shares =
      derivatives * covariance.topLeftCorner(layout.references, layout.references) * derivatives.transpose();
  out.covariance.assign(shares.data(), shares.data() + shares.size());
  const auto value_at = [&](Index at) {
    return at < 0 ? core::Value::exact(0) : core::Value{solved.parameters[at], covariance(at, at)};
  };
  double valence = 0;
  VectorXd valences = VectorXd::Zero(layout.references);
  bool all_valences = true;
  for (Index j = 0; j < layout.references; ++j) {
    const ReferenceCurve& r = references_[static_cast<std::size_t>(j)];
    const double share = amplitudes[j] / amplitudes.sum();
    out.shares.push_back(
        {.name = r.name,
         .share = {share, shares(j, j)},
         .low = std::clamp(share - core::two_sided_95 * std::sqrt(std::max(shares(j, j), 0.0)), 0.0, 1.0),
         .high = std::clamp(share + core::two_sided_95 * std::sqrt(std::max(shares(j, j), 0.0)), 0.0, 1.0),
         .shift_eV = value_at(layout.shifts < 0 ? -1 : layout.shifts + j),
         .scale = layout.scales < 0 ? 1 : 1 + solved.parameters[layout.scales + j]});
    all_valences = all_valences && r.valence.has_value();
    valences[j] = r.valence.value_or(0);
    valence += share * valences[j];
  }
  if (all_valences) {
    out.valence = core::Value{valence, std::max(valences.dot(shares * valences), 0.0)};
    const auto inside = [&](double v) { return std::clamp(v, valences.minCoeff(), valences.maxCoeff()); };
    out.valence_low = inside(valence - core::two_sided_95 * out.valence->sigma());
    out.valence_high = inside(valence + core::two_sided_95 * out.valence->sigma());
    out.on_valence = effects_on(derivatives.transpose() * valences, covariance, layout, settings_, left);
  }
  out.shift_eV = value_at(layout.common);
  out.amplitude = amplitudes.sum();
  out.bend = value_at(layout.bend);
  out.offset = layout.offset < 0 ? 0 : solved.parameters[layout.offset];
  out.slope_per_eV = layout.slope < 0 ? 0 : solved.parameters[layout.slope];
  return out;
}

std::vector<Combination> rank_combinations(const std::vector<ReferenceCurve>& references, const Spectrum& spectrum,
                                           const MixtureSettings& settings, std::size_t most) {
  constexpr std::size_t most_references = 16;
  if (references.size() > most_references) {
    throw core::UsageError({.what = "too many references to try all combinations",
                            .expected = fmt::format("{} or fewer", most_references),
                            .found = std::to_string(references.size())});
  }
  // One range for all: criteria of different points cannot be compared.
  MixtureSettings common = settings;
  const double reach = 3 * std::hypot(settings.reference_shift, settings.shift);
  double low = spectrum.energy_eV.front(), high = spectrum.energy_eV.back();
  for (const ReferenceCurve& r : references) {
    low = std::max(low, r.spectrum.energy_eV.front() + reach);
    high = std::min(high, r.spectrum.energy_eV.back() - reach);
  }
  if (common.from == 0) common.from = low;
  if (common.to == 0) common.to = high;
  std::vector<Combination> out;
  for (std::size_t mask = 1; mask < std::size_t{1} << references.size(); ++mask) {
    Combination combination;
    std::vector<ReferenceCurve> chosen;
    for (std::size_t j = 0; j < references.size(); ++j) {
      if ((mask >> j & 1) == 0) continue;
      combination.members.push_back(j);
      chosen.push_back(references[j]);
    }
    if (chosen.size() > most) continue;
    combination.fit = MixtureModel{std::move(chosen), common}.fit(spectrum);
    out.push_back(std::move(combination));
  }
  std::ranges::stable_sort(out, {}, [](const Combination& c) { return c.fit.bayes; });
  return out;
}

}  // namespace lithoscope::xas
