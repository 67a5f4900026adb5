#include "lithoscope/multiplet/fit.hpp"

#include <ceres/ceres.h>
#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <optional>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/text.hpp"

namespace lithoscope::multiplet {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// One free parameter: where it lives and how far it may go.
struct Free {
  std::string name, unit;
  double least = 0, most = 0;
  double step = 0;  // of derivatives
  double IonSettings::* of_ion = nullptr;
  double SpectrumSettings::* of_spectrum = nullptr;
};

struct Point {
  IonSettings ion;
  SpectrumSettings spectrum;

  double& at(const Free& p) { return p.of_ion != nullptr ? ion.*p.of_ion : spectrum.*p.of_spectrum; }
};

template <class Struct>
void find_in(std::span<const core::Setting<Struct>> table, const std::string& name, double Struct::* Free::* member,
             std::optional<Free>& found, std::vector<std::string>& known) {
  for (const core::Setting<Struct>& entry : table) {
    known.emplace_back(entry.name);
    if (entry.name != name) continue;
    constexpr double step = 1e-3;  // eV or share: far above rounding, far below any feature
    Free parameter{
        .name = name, .unit = std::string{entry.unit}, .least = entry.least, .most = entry.most, .step = step};
    parameter.*member = std::get<double Struct::*>(entry.member);
    found = parameter;
  }
}

std::vector<Free> free_parameters(const std::vector<std::string>& names) {
  std::vector<Free> out;
  for (const std::string& name : names) {
    std::optional<Free> found;
    std::vector<std::string> known;
    find_in(ion_settings_table(), name, &Free::of_ion, found, known);
    find_in(spectrum_settings_table(), name, &Free::of_spectrum, found, known);
    if (!found || name == "from" || name == "to" || name == "step") {
      std::erase_if(known, [](const std::string& k) { return k == "from" || k == "to" || k == "step"; });
      const std::string near = core::nearest_name(name, known);
      throw core::UsageError({.what = "nothing to fit is called \"" + name + "\"",
                              .expected = "such as 10dq, slater_scale, delta, v_e_g, energy_offset, width_l3",
                              .found = name,
                              .advice = near.empty() ? "" : "did you mean " + near + "?"});
    }
    if (std::ranges::find(out, name, &Free::name) != out.end()) {
      throw core::UsageError(
          {.what = "\"" + name + "\" is to be fitted twice", .expected = "each name once", .found = name});
    }
    out.push_back(*found);
  }
  if (out.empty()) {
    throw core::UsageError({.what = "nothing to fit", .expected = "at least one name", .found = "none"});
  }
  return out;
}

void check(const MeasuredSpectrum& m, std::size_t parameters) {
  const auto fail = [](const std::string& what, const std::string& expected, const std::string& found) {
    throw core::ComputationError({.what = what, .expected = expected, .found = found});
  };
  constexpr std::size_t linear = 3;
  if (m.energy_eV.size() < parameters + linear + 1) {
    fail("too few points to fit", fmt::format("more than {}", parameters + linear), std::to_string(m.energy_eV.size()));
  }
  const auto [first, last] = std::ranges::minmax(m.energy_eV);
  constexpr double widest_eV = 1000;
  if (last - first > widest_eV) {
    fail("a spectrum far wider than two edges", fmt::format("energies in eV, within {:g} eV", widest_eV),
         fmt::format("{:g} to {:g}", first, last));
  }
  for (std::size_t i = 0; i < m.energy_eV.size(); ++i) {
    const bool sigma_fine = m.sigma.empty() || (m.sigma[i] > 0 && std::isfinite(m.sigma[i]));
    if (!std::isfinite(m.energy_eV[i]) || !std::isfinite(m.intensity[i]) || !sigma_fine) {
      fail("a point that is no number, or has no uncertainty", "finite energies and intensities, sigmas above 0",
           fmt::format("point {}", i + 1));
    }
  }
}

// The misfit as a function of the free parameters; amplitude and a straight background are solved for each time
// (variable projection, Golub and Pereyra 1973), so that Ceres sees only what is not linear.
class Misfit {
 public:
  Misfit(material::Ion ion, const FieldChoice& field, const MeasuredSpectrum& measured)
      : ion_(std::move(ion)), field_(field), measured_(measured) {
    double sum = 0;
    for (const double e : measured.energy_eV) sum += e;
    middle_eV_ = sum / static_cast<double>(measured.energy_eV.size());
  }

  struct Linear {
    VectorXd residual;      // in sigmas
    Eigen::Vector3d terms;  // amplitude, background, slope
    VectorXd model;
    double amplitude_sigma = 0;
  };

  /// May run side by side: a Hamiltonian other than the kept one is solved for itself.
  Linear at(const Point& point) const {
    const bool kept = key_of(point) == key_;
    const Absorption own = kept ? Absorption{} : absorption_of(point);
    const auto shape = spectrum_at(kept ? absorption_ : own, point.spectrum, measured_.energy_eV);
    const auto n = static_cast<Index>(shape.size());
    MatrixXd basis(n, 3);
    VectorXd data(n);
    for (Index i = 0; i < n; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const double w = 1 / sigma(k);
      basis.row(i) << w * shape[k], w, w * (measured_.energy_eV[k] - middle_eV_);
      data[i] = w * measured_.intensity[k];
    }
    Linear out;
    out.terms = basis.colPivHouseholderQr().solve(data);
    out.residual = data - basis * out.terms;
    // Of the amplitude, where sigmas are given; else in units of the misfit.
    out.amplitude_sigma = std::sqrt(std::max(0.0, (basis.transpose() * basis).inverse()(0, 0)));
    out.model.resize(n);
    for (Index i = 0; i < n; ++i)
      out.model[i] = (basis.row(i) * out.terms).value() * sigma(static_cast<std::size_t>(i));
    return out;
  }

  /// Keeps this point's Hamiltonian: steps in widths and offsets come again and again for the same one.
  void keep(const Point& point) {
    auto key = key_of(point);
    if (key == key_) return;
    absorption_ = absorption_of(point);
    key_ = std::move(key);
  }

  double cost(const Point& point) {
    keep(point);
    const Linear l = at(point);
    constexpr double none = std::numeric_limits<double>::infinity();  // a spectrum does not absorb negatively
    return l.terms[0] > 0 ? l.residual.squaredNorm() : none;
  }

  int solved() const { return solved_; }
  Index points() const { return static_cast<Index>(measured_.energy_eV.size()); }

 private:
  double sigma(std::size_t i) const { return measured_.sigma.empty() ? 1 : measured_.sigma[i]; }

  static std::vector<double> key_of(const Point& point) {
    std::vector<double> key;
    for (const auto& entry : ion_settings_table()) key.push_back(entry.number(point.ion));
    return key;
  }

  Absorption absorption_of(const Point& point) const {
    const Multiplet solved{model_of(ion_, point.ion, field_), {.temperature_K = point.ion.temperature}};
    core::NoProgress quiet;
    ++solved_;
    return solved.absorption(lifetimes_of(point.spectrum), quiet);
  }

  material::Ion ion_;
  FieldChoice field_;
  const MeasuredSpectrum& measured_;
  double middle_eV_ = 0;
  std::vector<double> key_;
  Absorption absorption_;
  mutable std::atomic<int> solved_ = 0;
};

class Residuals : public ceres::CostFunction {
 public:
  Residuals(Misfit& misfit, const Point& start, const std::vector<Free>& free)
      : misfit_(misfit), start_(start), free_(free) {
    set_num_residuals(static_cast<int>(misfit.points()));
    mutable_parameter_block_sizes()->push_back(static_cast<int>(free.size()));
  }

  bool Evaluate(double const* const* parameters, double* residuals, double** jacobians) const override {
    const auto n = misfit_.points();
    const Point here = point(parameters[0]);
    misfit_.keep(here);
    Eigen::Map<VectorXd>{residuals, n} = misfit_.at(here).residual;
    if (jacobians == nullptr || jacobians[0] == nullptr) return true;
    const auto p = static_cast<Index>(free_.size());
    Eigen::Map<Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> jacobian{jacobians[0], n, p};
    std::vector<VectorXd> moved(2 * free_.size());
    const auto end_of = [&](std::size_t k, bool up) {
      const Free& f = free_[k];
      const double x = parameters[0][k];
      return up ? std::min(x + f.step, f.most) : std::max(x - f.step, f.least);
    };
    core::parallel_for(2 * p, [&](std::int64_t i) {
      const auto k = static_cast<std::size_t>(i / 2);
      Point there = here;
      there.at(free_[k]) = end_of(k, i % 2 == 1);
      moved[static_cast<std::size_t>(i)] = misfit_.at(there).residual;
    });
    for (std::size_t k = 0; k < free_.size(); ++k) {
      jacobian.col(static_cast<Index>(k)) = (moved[2 * k + 1] - moved[2 * k]) / (end_of(k, true) - end_of(k, false));
    }
    return true;
  }

  Point point(const double* values) const {
    Point p = start_;
    for (std::size_t k = 0; k < free_.size(); ++k) p.at(free_[k]) = values[k];
    return p;
  }

 private:
  Misfit& misfit_;
  const Point& start_;
  const std::vector<Free>& free_;
};

// The offset with the least misfit, by shifting the calculated spectrum over the measured one.
void shift(Misfit& misfit, const MeasuredSpectrum& measured, const Free& offset, Point& point) {
  const auto [first, last] = std::ranges::minmax(measured.energy_eV);
  point.at(offset) = 0;
  Point best = point;
  double least = std::numeric_limits<double>::infinity();
  const auto look = [&](double from, double to, double step) {
    from = std::max(from, offset.least);
    to = std::min(to, offset.most);
    const auto count = static_cast<int>((to - from) / step);
    for (int i = 0; i <= count; ++i) {
      point.at(offset) = from + i * step;
      const double cost = misfit.cost(point);
      if (cost < least) {
        least = cost;
        best = point;
      }
    }
  };
  constexpr double reach_eV = 30;  // an L2,3 edge about its zero
  look(first - reach_eV, last + reach_eV, 0.25);
  look(best.at(offset) - 0.25, best.at(offset) + 0.25, 0.05);
  point = best;
}

struct Solution {
  std::vector<double> values;
  double cost = std::numeric_limits<double>::infinity();
  bool converged = false;
};

Solution solve(Misfit& misfit, const Point& start, const std::vector<Free>& free) {
  Solution out;
  Point from = start;
  for (const Free& f : free) out.values.push_back(from.at(f));
  ceres::Problem problem;
  problem.AddResidualBlock(new Residuals{misfit, start, free}, nullptr, out.values.data());
  for (std::size_t k = 0; k < free.size(); ++k) {
    problem.SetParameterLowerBound(out.values.data(), static_cast<int>(k), free[k].least);
    problem.SetParameterUpperBound(out.values.data(), static_cast<int>(k), free[k].most);
  }
  ceres::Solver::Options options;
  options.linear_solver_type = ceres::DENSE_QR;
  options.logging_type = ceres::SILENT;
  options.num_threads = 1;
  options.max_num_iterations = 60;
  options.function_tolerance = 1e-10;
  options.parameter_tolerance = 1e-9;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &problem, &summary);
  for (std::size_t k = 0; k < free.size(); ++k) from.at(free[k]) = out.values[k];
  out.cost = misfit.cost(from);
  out.converged = summary.termination_type == ceres::CONVERGENCE;
  return out;
}

// Of the linearised problem; what the data do not determine has an infinite variance.
VectorXd variances(Misfit& misfit, const Point& start, const std::vector<Free>& free, const Solution& solution) {
  const Residuals residuals{misfit, start, free};
  const auto n = misfit.points();
  const auto p = static_cast<Index>(free.size());
  VectorXd r(n);
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> J(n, p);
  const double* values = solution.values.data();
  double* jacobian = J.data();
  residuals.Evaluate(&values, r.data(), &jacobian);
  const Eigen::JacobiSVD<MatrixXd> svd{MatrixXd{J}, Eigen::ComputeThinV};
  VectorXd out = VectorXd::Zero(p);
  for (Index k = 0; k < p; ++k) {
    for (Index i = 0; i < p; ++i) {
      const double part = svd.matrixV()(k, i);
      const double s = svd.singularValues()[i];
      constexpr double undetermined = 1e-10;
      if (s > undetermined * svd.singularValues()[0]) {
        out[k] += part * part / (s * s);
      } else if (std::abs(part) > 1e-6) {
        out[k] = std::numeric_limits<double>::infinity();
      }
    }
  }
  return out;
}

}  // namespace

SpectrumFit fit_spectrum(const material::Ion& ion, const FieldChoice& field, const IonSettings& start,
                         const SpectrumSettings& spectrum, const std::vector<std::string>& free_names,
                         const MeasuredSpectrum& measured, core::Progress& progress) {
  const std::vector<Free> free = free_parameters(free_names);
  check(measured, free.size());
  Misfit misfit{ion, field, measured};
  // A spectrum often fits in a weak field and, less well, in a strong one or that of a tetrahedron: start in all.
  std::vector<Point> starts{{start, spectrum}};
  if (std::ranges::find(free_names, "10dq") != free_names.end()) {
    for (const double factor : {0.6, 1.5, -1.0}) {
      starts.push_back(starts.front());
      starts.back().ion.ten_dq *= factor;
    }
  }
  const auto offset = std::ranges::find(free, "energy_offset", &Free::name);
  Solution best;
  progress.start("fit", static_cast<std::int64_t>(starts.size()));
  Point origin = starts.front();
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (offset != free.end()) shift(misfit, measured, *offset, starts[i]);
    const Solution found = solve(misfit, starts[i], free);
    if (found.cost < best.cost * (1 - 1e-9)) {
      best = found;
      origin = starts[i];
    }
    progress.advance(static_cast<std::int64_t>(i) + 1);
  }
  progress.finish();
  if (!std::isfinite(best.cost)) {
    throw core::ComputationError({.what = "no spectrum of " + ion.name() + " fits",
                                  .expected = "absorption that rises where the calculated one does",
                                  .found = "a negative amplitude everywhere",
                                  .advice = "give the energy in eV and absorption, not transmission"});
  }
  SpectrumFit fit;
  Point solution = origin;
  for (std::size_t k = 0; k < free.size(); ++k) solution.at(free[k]) = best.values[k];
  misfit.keep(solution);
  const Misfit::Linear linear = misfit.at(solution);
  const double freedom = static_cast<double>(misfit.points()) - 3 - static_cast<double>(free.size());
  const double scatter = linear.residual.squaredNorm() / freedom;
  fit.reduced_chi_squared = measured.sigma.empty() ? 1 : scatter;
  const double factor = measured.sigma.empty() ? scatter : std::max(1.0, scatter);
  const VectorXd variance = variances(misfit, origin, free, best);
  for (std::size_t k = 0; k < free.size(); ++k) {
    const double value = best.values[k];
    const double near = 1e-6 * (free[k].most - free[k].least);
    fit.parameters.push_back({free[k].name,
                              free[k].unit,
                              {value, factor * variance[static_cast<Index>(k)]},
                              value - free[k].least < near || free[k].most - value < near});
    if (fit.parameters.back().at_bound)
      fit.warnings.push_back(
          fmt::format("{} ended at its bound, {:.4g}: its interval means little", free[k].name, value));
    if (!std::isfinite(fit.parameters.back().value.variance))
      fit.warnings.push_back(fmt::format("the spectrum does not determine {}: fix it", free[k].name));
  }
  fit.ion = solution.ion;
  fit.spectrum = solution.spectrum;
  fit.amplitude = linear.terms[0];
  fit.background = linear.terms[1];
  fit.background_slope = linear.terms[2];
  fit.model.assign(linear.model.begin(), linear.model.end());
  fit.solved = misfit.solved();
  fit.converged = best.converged;
  const double amplitude_sigma = std::sqrt(factor) * linear.amplitude_sigma;
  if (fit.amplitude < 3 * amplitude_sigma) {
    fit.warnings.push_back(
        fmt::format("the spectrum hardly shows the ion: amplitude {:.2g} with an uncertainty of {:.2g}", fit.amplitude,
                    amplitude_sigma));
  }
  if (measured.sigma.empty()) {
    // Without uncertainties only the size of the misfit tells a wrong solution.
    const auto [low, high] = std::ranges::minmax(measured.intensity);
    const double share = std::sqrt(scatter) / (high - low);
    constexpr double poor = 0.03;
    if (share > poor) {
      fit.warnings.push_back(
          fmt::format("the misfit is {:.2g} % of the spectrum's height: another solution, or the model "
                      "leaves something out",
                      100 * share));
    }
  }
  if (!fit.converged) fit.warnings.push_back("the fit did not converge: its values are the best found");
  if (!measured.sigma.empty() && scatter > 1.5) {
    fit.warnings.push_back(
        fmt::format("the misfit is {:.2g} times the given uncertainties (chi squared {:.2g} per degree "
                    "of freedom): the model leaves something out. Intervals are widened by that factor",
                    std::sqrt(scatter), scatter));
  }
  return fit;
}

}  // namespace lithoscope::multiplet
