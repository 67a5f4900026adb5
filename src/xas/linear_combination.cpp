#include "lithoscope/xas/linear_combination.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/statistics.hpp"
#include "mixture_problem.hpp"

namespace lithoscope::xas {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// Two names for one curve leave their shares undetermined.
void require_different(const ReferenceCurve& a, const ReferenceCurve& b) {
  const bool same = a.spectrum.energy_eV == b.spectrum.energy_eV && a.spectrum.intensity == b.spectrum.intensity;
  if (!same) return;
  throw core::UsageError({.what = fmt::format("the references \"{}\" and \"{}\" are the same spectrum", a.name, b.name),
                          .expected = "different references",
                          .found = "equal values at equal energies"});
}

// How the mean valence follows what the priors are about. The estimate has the sensitivity -C P to the mean of a prior
// (C the covariance, P the prior's information), so that the effects of one standard deviation each, squared, and what
// the noise does add up to its variance.
ValenceEffects effects_on(const VectorXd& gradient, const MatrixXd& covariance, const MixtureLayout& layout,
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
                       "Standard deviation of a saturation m/(1 + bend m), as of electron yields; 0: none", 0, 10},
      core::Setting<S>{"tilt", "1/eV", &S::tilt,
                       "Standard deviation of a factor 1 + tilt (E - middle) on the mixture, as between the L3 and L2 "
                       "lines of computed references; 0: none",
                       0, 1}};
  return table;
}

MixtureSettings mixture_of_computed() {
  constexpr double some_percent = 0.1, per_eV = 0.003;
  return {.free_scale = true, .offset = true, .slope = true, .bend = some_percent, .tilt = per_eV};
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

namespace {

// The points that all references cover with their shifts, and the settings' range inside them.
Spectrum in_range(const Spectrum& spectrum, std::span<const ReferenceCurve> references,
                  std::span<const core::CubicSpline> curves, const MixtureSettings& settings, Index least) {
  const double reach = 3 * std::hypot(settings.reference_shift, settings.shift);
  double low = spectrum.energy_eV.front(), high = spectrum.energy_eV.back();
  for (std::size_t j = 0; j < references.size(); ++j) {
    const double first = curves[j].low() + reach;
    const double last = curves[j].high() - reach;
    if (first < last && ((settings.from != 0 && first > settings.from) || (settings.to != 0 && last < settings.to))) {
      throw core::UsageError(
          {.what = fmt::format("reference \"{}\" does not cover the range of the fit", references[j].name),
           .expected =
               fmt::format("{:g} to {:g} eV and {:.2g} eV beyond, for its shift", settings.from, settings.to, reach),
           .found = fmt::format("{:g} to {:g} eV", curves[j].low(), curves[j].high()),
           .advice = "narrow --from and --to: nothing is extrapolated"});
    }
    low = std::max(low, first);
    high = std::min(high, last);
  }
  const double step = (spectrum.energy_eV.back() - spectrum.energy_eV.front()) / static_cast<double>(spectrum.size());
  if ((settings.from != 0 && settings.from < spectrum.energy_eV.front() - step) ||
      (settings.to != 0 && settings.to > spectrum.energy_eV.back() + step)) {
    throw core::UsageError(
        {.what = "the spectrum does not cover the range of the fit",
         .expected = fmt::format("{:g} to {:g} eV", settings.from, settings.to),
         .found = fmt::format("{:g} to {:g} eV", spectrum.energy_eV.front(), spectrum.energy_eV.back())});
  }
  if (settings.from != 0) low = settings.from;
  if (settings.to != 0) high = settings.to;
  if (!(low < high)) {
    throw core::UsageError({.what = "the references and the spectrum do not overlap",
                            .expected = "energies they share",
                            .found = fmt::format("the last begins at {:g}, the first ends at {:g} eV", low, high)});
  }
  return cut(spectrum, low, high, least);
}

VectorXd priors_of(const MixtureLayout& layout, const MixtureSettings& settings) {
  VectorXd out = VectorXd::Zero(layout.size);
  const auto set = [&](Index at, Index count, double sigma) {
    if (at >= 0) out.segment(at, count).setConstant(1 / (sigma * sigma));
  };
  set(layout.shifts, layout.references, settings.reference_shift);
  set(layout.scales, layout.references, settings.reference_scale);
  set(layout.common, layout.spectra, settings.shift);
  set(layout.bend, layout.spectra, settings.bend);
  set(layout.tilt, layout.spectra, settings.tilt);
  return out;
}

// As stated; a point said to be exact among noisy ones may not count without bound. Ones where nothing is stated.
VectorXd usable_variance(const Spectrum& data) {
  double least = std::numeric_limits<double>::infinity();
  for (const double v : data.variance) {
    if (v > 0) least = std::min(least, v);
  }
  VectorXd out = VectorXd::Ones(static_cast<Index>(data.size()));
  if (std::isinf(least)) return out;
  for (Index i = 0; i < out.size(); ++i) out[i] = std::max(data.variance[static_cast<std::size_t>(i)], 0.01 * least);
  return out;
}

bool has_variance(const Spectrum& data) {
  return std::ranges::any_of(data.variance, [](double v) { return v > 0; });
}

core::Value value_at(const VectorXd& parameters, const MatrixXd& covariance, Index at) {
  return at < 0 ? core::Value::exact(0) : core::Value{parameters[at], covariance(at, at)};
}

}  // namespace

struct MixtureModel::Solved {
  MixtureLayout layout;
  std::vector<Spectrum> data;
  std::vector<MixturePart> parts;
  MixtureSolution at;
  VectorXd measured, stated;  // 1 / variance with the references' own noise
  MatrixXd covariance;
  double left = 1;  // what the covariance was widened by

  VectorXd amplitudes(Index k) const { return at.parameters.segment(k * layout.references, layout.references); }
  // Of the shares of one spectrum by all parameters.
  MatrixXd share_gradient(Index k) const {
    MatrixXd out = MatrixXd::Zero(layout.references, layout.size);
    out.middleCols(k * layout.references, layout.references) = share_derivatives(amplitudes(k));
    return out;
  }
};

MixtureModel::Solved MixtureModel::solve(std::span<const Spectrum> spectra) const {
  Solved out{.layout = {references_.size(), spectra.size(), settings_}};
  const MixtureLayout& layout = out.layout;
  bool weighted = true;
  Index n = 0;
  for (const Spectrum& s : spectra) {
    out.data.push_back(in_range(s, references_, curves_, settings_, layout.free_parameters() + 2));
    n += static_cast<Index>(out.data.back().size());
    weighted = weighted && has_variance(s);
  }
  MixtureProblem problem{.layout = layout,
                         .curves = curves_,
                         .parts = {},
                         .measured = VectorXd(n),
                         .weight = VectorXd::Ones(n),
                         .prior = priors_of(layout, settings_)};
  Index first = 0;
  for (const Spectrum& s : out.data) {
    const double sum = std::accumulate(s.energy_eV.begin(), s.energy_eV.end(), 0.0);
    problem.parts.push_back({.energy = s.energy_eV, .first = first, .centre = sum / static_cast<double>(s.size())});
    const Index size = problem.parts.back().size();
    problem.measured.segment(first, size) = Eigen::Map<const VectorXd>(s.intensity.data(), size);
    if (weighted) problem.weight.segment(first, size) = usable_variance(s).cwiseInverse();
    first += size;
  }
  VectorXd start = VectorXd::Zero(layout.size);
  start.head(layout.amplitudes()).setConstant(1 / static_cast<double>(layout.references));
  out.at = solve_mixture(problem, start);
  if (any_variance_ && weighted) {  // with the references' own noise, by the shares found
    for (std::size_t k = 0; k < problem.parts.size(); ++k) {
      const MixturePart& part = problem.parts[k];
      const VectorXd amplitudes = out.amplitudes(static_cast<Index>(k));
      for (Index i = 0; i < part.size(); ++i) {
        double added = 0;
        for (Index j = 0; j < layout.references; ++j) {
          const double v = variances_[static_cast<std::size_t>(j)].value(part.energy[static_cast<std::size_t>(i)]);
          added += amplitudes[j] * amplitudes[j] * std::max(v, 0.0);
        }
        double& weight = problem.weight[part.first + i];
        weight = 1 / (1 / weight + added);
      }
    }
    out.at = solve_mixture(problem, out.at.parameters);
  }

  // Priors count against the noise as it is: where points scatter more than was stated (or nothing was), the fit is
  // repeated with what they scatter.
  const double freedom = static_cast<double>(n - layout.free_parameters());
  out.stated = problem.weight;
  const auto misfits = [&] {
    const double found = (problem.measured - out.at.model).cwiseAbs2().dot(out.stated) / freedom;
    return weighted ? std::max(1.0, found) : found;
  };
  double widened = misfits(), used = 1;
  constexpr double worth_another = 1.2;
  constexpr int most_rounds = 3;
  for (int round = 0; round < most_rounds && widened > 0; ++round) {
    if (widened < worth_another * used && used < worth_another * widened) break;
    problem.weight = out.stated / widened;
    used = widened;
    out.at = solve_mixture(problem, out.at.parameters);
    widened = misfits();
  }
  // What is left between the noise the fit used and what the points scatter widens the errors.
  out.left = std::max(widened / used, weighted ? 1.0 : 0.0);
  out.covariance = out.left * mixture_covariance(out.at.normal, layout);
  out.measured = std::move(problem.measured);
  out.parts = std::move(problem.parts);
  return out;
}

std::optional<std::vector<double>> MixtureModel::valences() const {
  std::vector<double> out;
  for (const ReferenceCurve& r : references_) {
    if (!r.valence) return std::nullopt;
    out.push_back(*r.valence);
  }
  return out;
}

MixtureFit MixtureModel::described(const Solved& solved, std::size_t spectrum) const {
  const auto k = static_cast<Index>(spectrum);
  const MixtureLayout& layout = solved.layout;
  const Spectrum& data = solved.data[spectrum];
  const MixturePart& part = solved.parts[spectrum];
  const VectorXd model = solved.at.model.segment(part.first, part.size());
  const VectorXd measured = solved.measured.segment(part.first, part.size());
  MixtureFit out;
  out.energy_eV = data.energy_eV;
  out.measured = data.intensity;
  out.variance = data.variance;
  out.model.assign(model.begin(), model.end());
  out.points = part.size();
  out.free_parameters = layout.free_parameters() / layout.spectra;
  out.converged = solved.at.converged;
  const VectorXd misfit = measured - model;
  out.chi_squared = misfit.cwiseAbs2().dot(solved.stated.segment(part.first, part.size()));
  out.reduced_chi_squared = out.chi_squared / static_cast<double>(out.points - out.free_parameters);
  out.r_factor = misfit.squaredNorm() / measured.squaredNorm();
  const auto nn = static_cast<double>(out.points);
  const double log_likelihood = nn * std::log(out.chi_squared / nn);
  out.akaike = log_likelihood + 2 * static_cast<double>(out.free_parameters);
  out.bayes = log_likelihood + std::log(nn) * static_cast<double>(out.free_parameters);

  const VectorXd amplitudes = solved.amplitudes(k);
  const MatrixXd gradient = solved.share_gradient(k);
  const MatrixXd shares = gradient * solved.covariance * gradient.transpose();
  out.covariance.assign(shares.data(), shares.data() + shares.size());
  const auto value = [&](Index at) { return value_at(solved.at.parameters, solved.covariance, at); };
  const auto of_spectrum = [&](Index at) { return at < 0 ? at : at + k; };
  for (Index j = 0; j < layout.references; ++j) {
    const double share = amplitudes[j] / amplitudes.sum();
    const double reach = core::two_sided_95 * std::sqrt(std::max(shares(j, j), 0.0));
    out.shares.push_back({.name = references_[static_cast<std::size_t>(j)].name,
                          .share = {share, shares(j, j)},
                          .low = std::clamp(share - reach, 0.0, 1.0),
                          .high = std::clamp(share + reach, 0.0, 1.0),
                          .shift_eV = value(layout.shifts < 0 ? -1 : layout.shifts + j),
                          .scale = layout.scales < 0 ? 1 : 1 + solved.at.parameters[layout.scales + j]});
  }
  if (const auto all = valences()) {
    const Eigen::Map<const VectorXd> v{all->data(), layout.references};
    const double valence = v.dot(amplitudes) / amplitudes.sum();
    out.valence = core::Value{valence, std::max(v.dot(shares * v), 0.0)};
    const auto inside = [&](double x) { return std::clamp(x, v.minCoeff(), v.maxCoeff()); };
    out.valence_low = inside(valence - core::two_sided_95 * out.valence->sigma());
    out.valence_high = inside(valence + core::two_sided_95 * out.valence->sigma());
    if (layout.spectra == 1)
      out.on_valence =
          effects_on(share_derivatives(amplitudes).transpose() * v, solved.covariance, layout, settings_, solved.left);
  }
  out.shift_eV = value(of_spectrum(layout.common));
  out.amplitude = amplitudes.sum();
  out.bend = value(of_spectrum(layout.bend));
  out.offset = layout.offset < 0 ? 0 : solved.at.parameters[layout.offset + k];
  out.slope_per_eV = layout.slope < 0 ? 0 : solved.at.parameters[layout.slope + k];
  return out;
}

MixtureFit MixtureModel::fit(const Spectrum& spectrum) const { return described(solve({&spectrum, 1}), 0); }

MixtureChange MixtureModel::change(const Spectrum& before, const Spectrum& after) const {
  const auto all = valences();
  if (!all) {
    throw core::UsageError({.what = "a change of valence needs the valence of every reference",
                            .expected = "--reference FILE=VALENCE",
                            .found = "a reference without one"});
  }
  const std::array both{before, after};
  const Solved solved = solve(both);
  const Eigen::Map<const VectorXd> v{all->data(), solved.layout.references};
  const VectorXd gradient = (solved.share_gradient(1) - solved.share_gradient(0)).transpose() * v;
  MixtureChange out{.before = described(solved, 0), .after = described(solved, 1), .change = {}};
  out.change = {out.after.valence->value - out.before.valence->value,
                std::max(gradient.dot(solved.covariance * gradient), 0.0)};
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
