// One fit of a whole titration: which rows, first guesses, and what the solution says of every pulse.
#include "lithoscope/echem/whole_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>

#include "fitted_trace.hpp"
#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/echem/line_fit.hpp"
#include "trace_fit.hpp"

namespace lithoscope::echem {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

// How far ahead of the mean the surface may run, in units of the whole run.
constexpr double reach = 1.35;

// A curve through points of increasing abscissa: straight between them; beyond, straight on or level.
struct Points {
  std::vector<double> x, y;
  void add(double at, double value) {
    x.push_back(at);
    y.push_back(value);
  }
  double operator()(double at, bool level_beyond) const {
    if (x.size() == 1) return y[0];
    const auto above = static_cast<std::size_t>(std::ranges::upper_bound(x, at) - x.begin());
    const std::size_t i = std::clamp<std::size_t>(above, 1, x.size() - 1) - 1;
    double u = (at - x[i]) / (x[i + 1] - x[i]);
    if (level_beyond) u = std::clamp(u, 0.0, 1.0);
    return y[i] + u * (y[i + 1] - y[i]);
  }
};

void smooth_by_median(std::vector<double>& values, std::ptrdiff_t half) {
  const std::vector<double> raw = values;
  const auto size = static_cast<std::ptrdiff_t>(raw.size());
  for (std::ptrdiff_t i = 0; i < size; ++i) {
    values[static_cast<std::size_t>(i)] =
        core::median({raw.begin() + std::max<std::ptrdiff_t>(0, i - half), raw.begin() + std::min(size, i + half + 1)});
  }
}

struct PulsePlace {
  std::size_t drive;
  double begin, end;  ///< progress of the mean
};

PulsePlace place_of(const TraceData& data, std::int64_t step) {
  const auto drive = std::ranges::find(data.drives, step, &Drive::step);
  const double end = drive->progress_end;
  return {static_cast<std::size_t>(drive - data.drives.begin()), end - drive->rate_per_s * drive->duration_s, end};
}

// Diffusion has not reached the centre in the pulse, most likely, and has gone further than a hundredth of it.
double plausible_D(const TraceGrain& grain, double pulse_s) { return 1e-3 * grain.radius_m * grain.radius_m / pulse_s; }

TraceCurves first_guess(const TraceData& data, const TraceGrain& grain, const std::vector<TraceStart>& pulses) {
  Points ln_D, rests;
  std::vector<double> jumps;
  for (const TraceStart& p : pulses) {
    const PulsePlace place = place_of(data, p.step);
    if (rests.x.empty()) rests.add(place.begin, p.rest_before_V);
    rests.add(place.end, p.rest_after_V);
    if (p.D_m2_s > 0 && std::isfinite(p.D_m2_s)) ln_D.add(0.5 * (place.begin + place.end), std::log(p.D_m2_s));
    if (std::isfinite(p.jump_V)) jumps.push_back(std::abs(p.jump_V));
  }
  if (ln_D.x.empty())
    ln_D.add(0.5, std::log(plausible_D(grain, data.drives[place_of(data, pulses.front().step).drive].duration_s)));
  smooth_by_median(ln_D.y, 4);
  const double per_run = 2 * static_cast<double>(pulses.size());
  TraceCurves curves;
  const double spacing = 1 / std::clamp(per_run, 40.0, 88.0);
  const auto knots = static_cast<std::size_t>(std::ceil(reach / spacing));
  for (std::size_t k = 0; k < knots; ++k) curves.knot.push_back(spacing * static_cast<double>(k));
  curves.ln_D_m2_s.resize(static_cast<Index>(curves.knot.size()));
  for (std::size_t k = 0; k < curves.knot.size(); ++k) {
    curves.ln_D_m2_s[static_cast<Index>(k)] = ln_D(curves.knot[k], true);
  }
  curves.ocv =
      UniformSpline{-0.01, reach, static_cast<std::size_t>(std::ceil(reach * std::clamp(per_run, 20.0, 160.0)))};
  curves.ocv_V.resize(static_cast<Index>(curves.ocv.coefficients()));
  for (std::size_t k = 0; k < curves.ocv.coefficients(); ++k) {
    curves.ocv_V[static_cast<Index>(k)] = rests(curves.ocv.centre(k), false);
  }
  curves.exchange = UniformSpline{0, reach, 12};
  const double thermal = 2 * core::gas_constant_J_per_mol_K * data.temperature_K / core::faraday_C_per_mol;
  const double jump = jumps.empty() ? 0.01 : std::max(1e-4, core::median(jumps));
  curves.ln_exchange_A = VectorXd::Constant(static_cast<Index>(curves.exchange.coefficients()),
                                            std::log(0.5 * data.largest_current_A / std::sinh(jump / thermal)));
  return curves;
}

// Cells at the surface that see the shortest diffusion of interest: a hundredth of a pulse at the smallest D.
double surface_spacing(const TraceData& data, const TraceCurves& curves, double radius_m) {
  double shortest = std::numeric_limits<double>::infinity();
  for (const Drive& drive : data.drives) {
    if (drive.current_A != 0) shortest = std::min(shortest, drive.duration_s);
  }
  const double depth = std::sqrt(std::exp(curves.ln_D_m2_s.minCoeff()) * 0.01 * shortest) / radius_m;
  return std::clamp(0.3 * depth, 2e-5, 5e-3);
}

// With several currents, charge transfer (which saturates) and series resistance (which does not) can be told apart.
double resistance_scale(const TraceData& data, const std::vector<TraceStart>& pulses) {
  double least = data.largest_current_A;
  for (const Drive& drive : data.drives) {
    if (drive.current_A != 0) least = std::min(least, std::abs(drive.current_A));
  }
  constexpr double different = 0.8;
  if (least > different * data.largest_current_A) return 0;
  double largest_jump = 1e-3;
  for (const TraceStart& p : pulses) {
    if (std::isfinite(p.jump_V)) largest_jump = std::max(largest_jump, std::abs(p.jump_V));
  }
  return largest_jump / data.largest_current_A;
}

// log10 of what paper Eq. (1) makes of the fitted curve, in which there is no noise: the slope against the root of time
// over the whole pulse, and the step from rest to rest.
double log10_equation_1(const TraceFit& fit, const FittedTrace& fitted, const TraceData& data, std::size_t pulse) {
  const Drive& drive = data.drives[pulse];
  const TracePrediction& prediction = fit.prediction();
  std::vector<double> root_time, potential;
  for (std::size_t b = drive.first_bin; b < drive.end_bin; ++b) {
    const double surface = prediction.surface[static_cast<Index>(b)];
    const double V =
        fitted.potential(surface) + overpotential(fitted.curves, fitted.temperature_K, surface, drive.current_A).V;
    // Every row counts in the formula's fit.
    const std::size_t rows = data.bins[b].end_row - data.bins[b].first_row;
    root_time.insert(root_time.end(), rows, std::sqrt(data.bins[b].since_switch_s));
    potential.insert(potential.end(), rows, V);
  }
  const double slope = fit_line(root_time, potential).slope.value;
  const double step =
      fitted.potential(prediction.surface_end[pulse + 1]) - fitted.potential(prediction.surface_end[pulse - 1]);
  return std::log10(4 / std::numbers::pi * std::pow(fitted.length_m.value * step / (drive.duration_s * slope), 2));
}

TracePulse describe_pulse(const TraceFit& fit, const FittedTrace& fitted, const TraceData& data, std::int64_t step) {
  const PulsePlace place = place_of(data, step);
  const Drive& drive = data.drives[place.drive];
  const double middle = 0.5 * (place.begin + place.end);
  const std::vector<double>& surface_end = fit.prediction().surface_end;
  const double rested = surface_end[place.drive + 1];
  TracePulse out;
  out.step = step;
  out.capacity_middle_Ah = data.capacity_Ah(middle);
  out.log10_D = fitted.log10_D(middle);
  // A pulse that is longer by some share than thought has moved more lithium, faster: D goes with its inverse square.
  const double off_s = std::hypot(drive.start_uncertainty_s, data.drives[place.drive + 1].start_uncertainty_s);
  out.log10_D.variance += std::pow(2 * off_s / drive.duration_s / std::numbers::ln10, 2);
  out.ocv_before_V = fitted.ocv_V(place.begin, surface_end[place.drive - 1]);
  out.ocv_after_V = fitted.ocv_V(place.end, rested);
  out.lead_end_V = fitted.potential(surface_end[place.drive]) - out.ocv_after_V.value;
  double rows = 0;
  for (std::size_t b = drive.first_bin; b < drive.end_bin; ++b) rows += data.bins[b].rows();
  out.lead_noise_V = fit.noise().white_V / std::sqrt(std::max(rows, 1.0));
  out.lead_rested_V = fitted.potential(rested) - out.ocv_after_V.value;
  out.surface_end_Ah = data.capacity_Ah(surface_end[place.drive]);
  out.log10_equation_1 = log10_equation_1(fit, fitted, data, place.drive);
  return out;
}

void draw_curves(const FittedTrace& fitted, WholeTrace& result) {
  constexpr int points = 200;
  for (int i = 0; i <= points; ++i) {
    const double progress = static_cast<double>(i) / points;
    const double capacity = fitted.capacity_start_Ah + progress * fitted.charge_Ah;
    result.log10_D.push_back({capacity, fitted.log10_D(progress)});
    result.ocv_V.push_back({capacity, fitted.ocv_V(progress, progress)});
    result.overpotential_V.push_back({capacity, fitted.overpotential_V(progress, result.current_A)});
  }
}

void describe_residuals(const TraceFit& fit, const FittedTrace& fitted, const TraceData& data, WholeTrace& result) {
  result.white_noise_V = fit.noise().white_V;
  result.slow_noise_V = fit.noise().slow_V;
  result.slow_noise_s = fit.noise().slow_s;
  for (std::size_t i = 0; i < data.bins.size(); ++i) {
    const double surface = fit.prediction().surface[static_cast<Index>(i)];
    const double current = data.drives[data.bins[i].drive].current_A;
    result.time_s.push_back(data.bins[i].time_s);
    result.fitted_V.push_back(fitted.potential(surface) +
                              overpotential(fitted.curves, fitted.temperature_K, surface, current).V +
                              fitted.curves.drift_V_per_s * data.since_start_s(data.bins[i]));
    result.residual_V.push_back(fit.prediction().residual_V[static_cast<Index>(i)]);
  }
  const auto bins = static_cast<double>(data.bins.size());
  result.rms_residual_V = std::sqrt(fit.prediction().residual_V.squaredNorm() / bins);
}

void describe(const TraceFit& fit, const TraceData& data, const std::vector<TraceStart>& pulses,
              const std::shared_ptr<const FittedTrace>& fitted, WholeTrace& result) {
  result.fitted = fitted;
  result.current_A = data.charge_Ah > 0 ? data.largest_current_A : -data.largest_current_A;
  for (const TraceStart& p : pulses) result.pulses.push_back(describe_pulse(fit, *fitted, data, p.step));
  draw_curves(*fitted, result);
  describe_residuals(fit, *fitted, data, result);
  if (fit.drift_found()) result.drift_V_per_s = fitted->parameter(fit.layout().drift, fitted->curves.drift_V_per_s);
  result.resistance_separable = fit.resistance_free();
  if (result.resistance_separable) {
    result.resistance_ohm = fitted->parameter(fit.layout().resistance, fitted->curves.resistance_ohm);
  }
  result.gradient_V = fit.typical_gradient_V();
  result.spikes = data.spikes;
  result.evaluations = fit.evaluations();
  result.converged = fit.converged();
}

std::string why_no_fit(const TraceData& data, std::size_t pulses) {
  if (data.bins.size() < 4 * pulses) {
    return fmt::format("only {} times are recorded in {} pulses and their rests", data.bins.size(), pulses);
  }
  for (const Drive& drive : data.drives) {
    if (drive.rate_per_s < 0 || !std::isfinite(drive.rate_per_s)) {
      return fmt::format("the charge counter contradicts the current in step {}", drive.step + 1);
    }
  }
  return {};
}

}  // namespace

WholeTrace fit_whole_trace(const CyclerTable& table, const std::vector<Step>& steps, const TraceSteps& which,
                           const std::vector<TraceStart>& pulses, const DiffusionLength& length, double skip_s) {
  WholeTrace result;
  result.first_step = which.first;
  result.last_step = which.last;
  const TraceData data = gather_trace(table, steps, which, skip_s);
  result.why_not = why_no_fit(data, pulses.size());
  if (!result.why_not.empty()) return result;
  TraceGrain grain = grain_of(length);
  TraceCurves guess = first_guess(data, grain, pulses);
  grain.surface_spacing = surface_spacing(data, guess, grain.radius_m);
  TracePrior prior;
  prior.sigma_resistance_ohm = resistance_scale(data, pulses);
  TraceFit fit{data, grain, std::move(guess), prior};
  if (!fit.run()) {
    result.why_not = "no solution of the transport equation was found at the first guess of D";
    return result;
  }
  const auto fitted = std::make_shared<const FittedTrace>(
      FittedTrace{fit.curves(), fit.covariance(), grain, length.length_m, data.temperature_K, data.charge_Ah,
                  data.capacity_start_Ah, fit.prediction().highest_surface});
  describe(fit, data, pulses, fitted, result);
  return result;
}

}  // namespace lithoscope::echem
