#include "pulse_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace lithoscope::echem {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct PulseRows {
  std::vector<double> time_s;  // since switching
  std::vector<double> potential_V;
};

PulseRows rows_of(const CyclerTable& table, const Step& step, double skip_s) {
  PulseRows rows;
  for (std::int64_t row = step.first_settled_row; row <= step.last_settled_row; ++row) {
    const auto i = static_cast<std::size_t>(row);
    const double t = table.time_s[i] - step.start_s;
    if (t < skip_s) continue;
    rows.time_s.push_back(t);
    rows.potential_V.push_back(table.potential_V[i]);
  }
  return rows;
}

std::size_t rows_until(const PulseRows& rows, double to_s, std::size_t at_least) {
  const auto inside = std::ranges::upper_bound(rows.time_s, to_s) - rows.time_s.begin();
  return std::min(rows.time_s.size(), std::max(static_cast<std::size_t>(inside), at_least));
}

// E against sqrt(t) bent by the geometry's exact response, over the first `count` rows; D = 0 gives the straight line.
LineFit fit_bent(const PulseRows& rows, std::size_t count, Geometry geometry, double D_over_radius_squared) {
  std::vector<double> u(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double t = rows.time_s[i];
    u[i] = std::sqrt(t) * (D_over_radius_squared > 0 ? curvature(geometry, D_over_radius_squared * t) : 1.0);
  }
  return fit_line_correlated(u, std::span{rows.potential_V}.first(count));
}

// Weppner-Huggins with a known potential step: D = (4/pi) [L dE / (tau slope)]^2.
core::Value weppner_huggins(core::Value length, core::Value step_V, core::Value slope, double tau_s) {
  return (4 / std::numbers::pi / (tau_s * tau_s)) * core::power(length * step_V / slope, 2);
}

struct BentSolution {
  double D = nan;
  LineFit fit;
  double feedback = 0;  // d ln D_out / d ln D_in at the solution; 1 means the pulse does not know D
};

// D enters both sides (the curvature needs it), so ln D is found where what goes in comes out.
class SelfConsistentD {
 public:
  SelfConsistentD(const PulseRows& rows, std::size_t count, const DiffusionLength& length, double step_V, double tau_s)
      : rows_(rows),
        count_(count),
        geometry_(length.geometry),
        length_m_(length.length_m.value),
        step_V_(step_V),
        tau_s_(tau_s) {
    const double radius = radius_per_length(geometry_) * length_m_;
    radius_squared_ = radius * radius;
  }

  BentSolution solve(double first_guess) const {
    double low = std::log(first_guess) - std::log(10.0);
    double high = std::log(first_guess) + 4 * std::log(10.0);
    double f_low = excess(low);
    double f_high = excess(high);
    BentSolution solution;
    if (!(f_low > 0) || !(f_high < 0)) return solution;
    for (int i = 0; i < 80 && high - low > 1e-10; ++i) {
      // Regula falsi guarded by bisection: the function is smooth and monotone near the root.
      double middle = i % 3 == 2 ? 0.5 * (low + high) : low + (high - low) * f_low / (f_low - f_high);
      middle = std::clamp(middle, low + 1e-3 * (high - low), high - 1e-3 * (high - low));
      const double f = excess(middle);
      (f > 0 ? low : high) = middle;
      (f > 0 ? f_low : f_high) = f;
    }
    const double root = 0.5 * (low + high);
    solution.D = std::exp(root);
    solution.fit = fit_bent(rows_, count_, geometry_, solution.D / radius_squared_);
    constexpr double h = 1e-3;
    solution.feedback = 1 + (excess(root + h) - excess(root - h)) / (2 * h);
    return solution;
  }

 private:
  // ln D_out - ln D_in
  double excess(double ln_D) const {
    const LineFit fit = fit_bent(rows_, count_, geometry_, std::exp(ln_D) / radius_squared_);
    const core::Value out =
        weppner_huggins(core::Value::exact(length_m_), core::Value::exact(step_V_), fit.slope, tau_s_);
    return std::log(out.value) - ln_D;
  }

  const PulseRows& rows_;
  std::size_t count_;
  Geometry geometry_;
  double length_m_;
  double step_V_;
  double tau_s_;
  double radius_squared_ = 0;
};

// The fit ends where the square-root law does: at a given theta, or where the surface has moved so far that D and the
// slope of the open-circuit curve may have changed.
double window_end(double D, const GittPulse& pulse, const DiffusionLength& length, const GittSettings& settings) {
  const double tau = pulse.duration_s;
  const double L = length.length_m.value;
  double end = std::min(tau, settings.theta_max * L * L / D);
  const double moved = std::abs(pulse.x_after - pulse.x_before);
  if (!std::isfinite(moved) || moved == 0) return end;
  // Short-time law for the surface: (2/sqrt(pi)) L sqrt(t/D) (dx/dt); echem spec section 0 (i).
  const double rate = moved / tau;
  const double root = settings.excursion_max * std::sqrt(std::numbers::pi * D) / (2 * L * rate);
  return std::min(end, std::max(root * root, settings.skip_s));
}

// A switch that lies up to u earlier shifts all times: a relative error u/(2 sqrt(t1 t2)) of the slope between t1 and
// t2.
double switch_share(const Step& step, const GittPulse& pulse) {
  const double sigma_s = step.start_uncertainty_s / std::sqrt(12.0);  // anywhere in the gap between two rows
  const double on_slope = sigma_s / (2 * std::sqrt(pulse.window_from_s * pulse.window_to_s));
  return std::hypot(on_slope, sigma_s / pulse.duration_s);
}

void solve_for_D(const PulseRows& rows, const Step& pulse_step, const GittSample& sample, const GittSettings& settings,
                 GittPulse& pulse) {
  const DiffusionLength& length = *sample.diffusion_length;
  const core::Value step = pulse.rest_after_V - pulse.rest_before_V;
  const auto fewest = static_cast<std::size_t>(settings.window_points);
  double window_to = 0.1 * pulse.duration_s;
  double D = nan;
  BentSolution solution;
  std::size_t count = 0;
  for (int pass = 0; pass < 4; ++pass) {
    count = rows_until(rows, window_to, fewest);
    const LineFit straight = fit_bent(rows, count, length.geometry, 0);
    const core::Value guess = weppner_huggins(length.length_m, step, straight.slope, pulse.duration_s);
    if (!(guess.value > 0) || !std::isfinite(guess.value)) return;
    pulse.D_straight_m2_s = guess.value;
    solution = SelfConsistentD{rows, count, length, step.value, pulse.duration_s}.solve(guess.value);
    D = std::isfinite(solution.D) ? solution.D : guess.value;
    const double next = window_end(D, pulse, length, settings);
    if (std::abs(next - window_to) < 0.02 * window_to) break;
    window_to = next;
  }
  pulse.window_to_s = rows.time_s[count - 1];
  if (!std::isfinite(solution.D)) return;
  pulse.window = solution.fit;
  const core::Value relative = weppner_huggins(length.length_m, step, solution.fit.slope, pulse.duration_s);
  // The curvature feeds D back into itself; near feedback 1 (the pulse reaches the centre) the uncertainty explodes.
  const double loop = std::max(1e-3, 1 - solution.feedback);
  // The rest before still drifts under the pulse: a drift v adds about v sqrt(t) to the slope against sqrt(t).
  const double drift_share =
      pulse.drift_before_V_per_s * std::sqrt(pulse.window_to_s) / std::abs(solution.fit.slope.value);
  const double relative_sigma =
      std::hypot(relative.relative_sigma(), 2 * drift_share, 2 * switch_share(pulse_step, pulse)) / loop;
  pulse.D_m2_s = core::Value::with_sigma(solution.D, relative_sigma * solution.D);
  pulse.log10_D = core::log10(pulse.D_m2_s);
}

}  // namespace

RestEnd rest_end(const CyclerTable& table, const Step& rest, double share) {
  const double end = table.time_s[static_cast<std::size_t>(rest.last_row)];
  const double from = end - share * (end - table.time_s[static_cast<std::size_t>(rest.first_row)]);
  std::vector<double> t;
  std::vector<double> potential;
  for (std::int64_t row = rest.first_row; row <= rest.last_row; ++row) {
    const auto i = static_cast<std::size_t>(row);
    if (table.time_s[i] < from) continue;
    t.push_back(table.time_s[i] - end);
    potential.push_back(table.potential_V[i]);
  }
  const LineFit line = fit_line_correlated(t, potential);
  const double last = table.potential_V[static_cast<std::size_t>(rest.last_row)];
  // Too few rows for a scatter: half a millivolt is what cyclers of this class resolve and repeat.
  constexpr double assumed_sigma_V = 5e-4;
  if (!std::isfinite(line.intercept.value)) return {core::Value::with_sigma(last, assumed_sigma_V), 0};
  // Noise looks like drift: only what exceeds it counts.
  const double drift_squared = line.slope.value * line.slope.value - line.slope.variance;
  return {line.intercept, std::sqrt(std::max(0.0, drift_squared))};
}

void fit_pulse(const CyclerTable& table, const Step& step, const GittSample& sample, const GittSettings& settings,
               GittPulse& pulse) {
  pulse.D_m2_s = pulse.D_window_m2_s = pulse.log10_D = {nan, nan};
  pulse.D_equation_1_m2_s = pulse.D_equation_2_m2_s = pulse.D_straight_m2_s = nan;
  pulse.jump_V = pulse.resistance_ohm = {nan, nan};
  pulse.theta_pulse = pulse.theta_rest = pulse.surface_excursion = pulse.lithium_left = pulse.residual_V = nan;
  pulse.relaxation_s = pulse.rest_wanted_s = nan;
  const PulseRows rows = rows_of(table, step, settings.skip_s);
  const auto fewest = static_cast<std::size_t>(settings.window_points);
  if (rows.time_s.size() < std::max<std::size_t>(fewest, 3)) {
    pulse.straight = pulse.window = fit_line({}, {});
    pulse.straight.points = static_cast<std::int64_t>(rows.time_s.size());
    return;
  }
  pulse.window_from_s = rows.time_s.front();
  pulse.straight = fit_bent(rows, rows.time_s.size(), Geometry::sphere, 0);
  const std::size_t early = rows_until(rows, 0.1 * pulse.duration_s, fewest);
  pulse.window = fit_bent(rows, early, Geometry::sphere, 0);
  pulse.window_to_s = rows.time_s[early - 1];
  if (sample.diffusion_length) solve_for_D(rows, step, sample, settings, pulse);
  pulse.D_window_m2_s = pulse.D_m2_s;
  pulse.jump_V = pulse.window.intercept - pulse.rest_before_V;
  pulse.resistance_ohm = pulse.jump_V / pulse.current_A;
  if (!sample.diffusion_length) return;
  const core::Value L = sample.diffusion_length->length_m;
  const core::Value dE = pulse.rest_after_V - pulse.rest_before_V;
  pulse.D_equation_1_m2_s = weppner_huggins(L, dE, pulse.straight.slope, pulse.duration_s).value;
  const double rise = pulse.end_V - pulse.window.intercept.value;  // dE_tau, free of iR
  pulse.D_equation_2_m2_s = 4 / (std::numbers::pi * pulse.duration_s) * std::pow(L.value * dE.value / rise, 2);
}

}  // namespace lithoscope::echem
