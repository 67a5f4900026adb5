#include "lithoscope/echem/constant_current.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "fitted_trace.hpp"
#include "lithoscope/core/constants.hpp"

namespace lithoscope::echem {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Of the titration's charge: how far its curves may be continued, with the uncertainty that the fit gives them there.
constexpr double may_extrapolate = 0.03;

const Step* longest_current(const CyclerTable& table, const std::vector<Step>& steps, double direction) {
  const auto passed = [&](const Step& s) {
    return std::abs(table.capacity_Ah[static_cast<std::size_t>(s.last_settled_row)] -
                    table.capacity_Ah[static_cast<std::size_t>(s.first_settled_row)]);
  };
  const Step* longest = nullptr;
  for (const Step& s : steps) {
    if (s.kind != StepKind::constant_current || s.direction * direction <= 0) continue;
    if (longest == nullptr || passed(s) > passed(*longest)) longest = &s;
  }
  return longest;
}

struct Curve {
  std::vector<double> capacity_Ah, potential_V;
};

Curve rows_of(const CyclerTable& table, const Step& step, const CapacityScale& scale) {
  Curve curve;
  const double first = table.capacity_Ah.front();
  for (std::int64_t row = step.first_settled_row; row <= step.last_settled_row; ++row) {
    const auto i = static_cast<std::size_t>(row);
    curve.capacity_Ah.push_back(scale.start_Ah + scale.ratio * (table.capacity_Ah[i] - first));
    curve.potential_V.push_back(table.potential_V[i]);
  }
  return curve;
}

// Means over equal parts of the capacity; parts without a row are left out.
Curve evenly(const Curve& rows, int parts) {
  Curve out;
  const double from = rows.capacity_Ah.front();
  const double width = (rows.capacity_Ah.back() - from) / parts;
  std::size_t i = 0;
  for (int part = 0; part < parts; ++part) {
    double q = 0, V = 0;
    double count = 0;
    const auto inside = [&](double capacity) { return (capacity - from) / width < part + 1 || part + 1 == parts; };
    for (; i < rows.capacity_Ah.size() && inside(rows.capacity_Ah[i]); ++i, ++count) {
      q += rows.capacity_Ah[i];
      V += rows.potential_V[i];
    }
    if (count == 0) continue;
    out.capacity_Ah.push_back(q / count);
    out.potential_V.push_back(V / count);
  }
  return out;
}

// Charge that passes in equal steps of potential.
CapacityPeaks capacity_peaks(const Curve& curve) {
  CapacityPeaks peaks;
  constexpr double step_V = 0.01;
  constexpr double plateau_above_V = 4.2;
  const auto [low, high] = std::ranges::minmax(curve.potential_V);
  const auto bins = static_cast<std::size_t>((high - low) / step_V);
  if (bins < 3) return peaks;
  peaks.Ah_per_V.assign(bins, 0.0);
  for (std::size_t b = 0; b < bins; ++b) peaks.potential_V.push_back(low + step_V * (static_cast<double>(b) + 0.5));
  for (std::size_t i = 1; i < curve.capacity_Ah.size(); ++i) {
    // The charge between two points is spread over the potentials between them.
    const double passed = std::abs(curve.capacity_Ah[i] - curve.capacity_Ah[i - 1]);
    const double from = (std::min(curve.potential_V[i], curve.potential_V[i - 1]) - low) / step_V;
    const double to = std::max((std::max(curve.potential_V[i], curve.potential_V[i - 1]) - low) / step_V, from + 1e-9);
    for (auto b = static_cast<std::size_t>(from); b < bins && static_cast<double>(b) < to; ++b) {
      const double share = std::min(to, static_cast<double>(b + 1)) - std::max(from, static_cast<double>(b));
      peaks.Ah_per_V[b] += passed * share / (to - from) / step_V;
    }
  }
  const auto first = static_cast<std::size_t>(std::ranges::lower_bound(peaks.potential_V, plateau_above_V) -
                                              peaks.potential_V.begin());
  if (first + 2 >= bins) return peaks;
  const auto begin = peaks.Ah_per_V.begin();
  const auto peak = std::max_element(begin + static_cast<std::ptrdiff_t>(first), peaks.Ah_per_V.end());
  const auto valley = std::min_element(begin + static_cast<std::ptrdiff_t>(first), peak + 1);
  constexpr double prominent = 1.5;
  if (*peak < prominent * *valley) return peaks;
  const double half = 0.5 * (*peak + *valley);
  const auto onset = std::find_if(valley, peak + 1, [&](double v) { return v >= half; });
  peaks.onset_V = peaks.potential_V[static_cast<std::size_t>(onset - begin)];
  return peaks;
}

Curve open_circuit_of(const FittedTrace& fitted, const Curve& measured) {
  Curve curve;
  constexpr int points = 600;
  for (int i = 0; i <= points; ++i) {
    const double q =
        measured.capacity_Ah.front() + (measured.capacity_Ah.back() - measured.capacity_Ah.front()) * i / points;
    const double progress = fitted.progress(q);
    if (progress < 0 || progress > fitted.highest_surface) continue;
    curve.capacity_Ah.push_back(q);
    curve.potential_V.push_back(fitted.potential(progress));
  }
  return curve;
}

struct Prediction {
  std::vector<double> progress, potential_V;  ///< of the mean, along the curve
  double reachable = 0;                       ///< progress of the mean when the end potential is met
  bool beyond = false;                        ///< the surface left what the titration had seen before that
};

// The particle under the constant current until its potential passes `end_V`.
Prediction predict(const FittedTrace& fitted, const TraceCurves& with, double current_A, double from, double end_V) {
  const double sign = current_A > 0 ? 1 : -1;
  const double rate = current_A / (fitted.charge_Ah * core::seconds_per_hour);
  particle::DrivenTransport transport = transport_of(fitted.grain, with, from, false);
  const CellScale cell{fitted.temperature_K, fitted.charge_Ah};
  Prediction out;
  out.reachable = from;
  const double whole_s = 1.5 / rate;
  double now = 0;
  double before_V = nan;
  constexpr double growth = 1.3;
  constexpr double longest_share = 1.0 / 400;
  double h = 1e-6 * whole_s;
  while (now < whole_s) {
    if (!step_transport(transport, fitted.grain, with, cell, current_A, h)) {
      out.beyond = true;  // no solution: what was reached so far is the least
      return out;
    }
    now += h;
    h = std::min(h * growth, longest_share * whole_s);
    const double surface = transport.surface();
    const double V = open_circuit_V(with, surface) + overpotential(with, fitted.temperature_K, surface, current_A).V;
    const double mean = from + rate * now;
    if (surface > fitted.highest_surface + may_extrapolate) {
      out.beyond = true;
      return out;
    }
    if (sign * (V - end_V) > 0) {
      const double share = std::isfinite(before_V) ? (end_V - before_V) / (V - before_V) : 0;
      out.reachable += share * (mean - out.reachable);
      return out;
    }
    out.reachable = mean;
    before_V = V;
    out.progress.push_back(mean);
    out.potential_V.push_back(V);
  }
  return out;
}

double interpolated(const std::vector<double>& x, const std::vector<double>& y, double at) {
  const auto above = static_cast<std::size_t>(std::ranges::upper_bound(x, at) - x.begin());
  if (above == 0 || above == x.size()) return nan;
  const double u = (at - x[above - 1]) / (x[above] - x[above - 1]);
  return y[above - 1] + u * (y[above] - y[above - 1]);
}

void predict_capacity(const FittedTrace& fitted, double start_Ah, ConstantCurrent& out) {
  const double from = fitted.progress(start_Ah);
  const Prediction best = predict(fitted, fitted.curves, out.current_A, from, out.end_V);
  for (const double q : out.capacity_Ah) {
    out.predicted_V.push_back(interpolated(best.progress, best.potential_V, fitted.progress(q)));
  }
  out.beyond_titration = best.beyond;
  constexpr int draws = 32;
  std::vector<double> others;
  for (const TraceCurves& drawn : draw(fitted, draws, 1)) {
    others.push_back(predict(fitted, drawn, out.current_A, from, out.end_V).reachable);
  }
  double variance = 0;
  for (const double r : others) variance += std::pow(r - best.reachable, 2) / draws;
  const double charge = std::abs(fitted.charge_Ah);
  out.reachable_Ah = {(best.reachable - from) * charge, variance * charge * charge};
}

}  // namespace

ConstantCurrent compare_constant_current(const CyclerTable& table, const std::vector<Step>& steps,
                                         const WholeTrace& trace, const CapacityScale& scale) {
  ConstantCurrent out;
  if (!trace.fitted) {
    out.why_not = "the titration was not fitted as a whole";
    return out;
  }
  const FittedTrace& fitted = *trace.fitted;
  const Step* step = longest_current(table, steps, fitted.charge_Ah);
  if (step == nullptr) {
    out.why_not = "no constant current of the titration's direction is in the record";
    return out;
  }
  const Curve rows = rows_of(table, *step, scale);
  const Curve even = evenly(rows, 400);
  if (even.capacity_Ah.size() < 20) {
    out.why_not =
        fmt::format("its constant current has only {} rows apart in capacity; 20 are needed", even.capacity_Ah.size());
    return out;
  }
  out.current_A = scale.ratio * step->mean_current_A;
  out.capacity_Ah = even.capacity_Ah;
  out.potential_V = even.potential_V;
  for (std::size_t i = 0; i < out.capacity_Ah.size(); ++i) {
    const double progress = fitted.progress(out.capacity_Ah[i]);
    const bool seen = progress >= 0 && progress <= fitted.highest_surface;
    out.ocv_V.push_back(seen ? fitted.ocv_V(progress, progress) : core::Value{nan, nan});
    out.polarisation_V.push_back(core::Value::exact(out.potential_V[i]) - out.ocv_V.back());
  }
  out.end_V = rows.potential_V.back();
  out.reached_Ah = std::abs(rows.capacity_Ah.back() - rows.capacity_Ah.front());
  out.peaks = capacity_peaks(even);
  out.peaks_open_circuit = capacity_peaks(open_circuit_of(fitted, even));
  predict_capacity(fitted, rows.capacity_Ah.front(), out);
  return out;
}

std::string capacity_verdict(const ConstantCurrent& curve, std::optional<double> active_mass_kg) {
  const double factor = active_mass_kg ? 1 / *active_mass_kg : 1e3;  // Ah/kg is mAh/g
  const char* unit = active_mass_kg ? "mAh/g" : "mAh";
  const core::Value reachable = factor * curve.reachable_Ah;
  const double reached = factor * curve.reached_Ah;
  const double sigmas = (reached - reachable.value) / std::max(reachable.sigma(), 1e-3 * reachable.value);
  const std::string start = fmt::format(
      "With the fitted D and this diffusion length, {:.3g} mA until {:.3f} V gives {}{} {}; "
      "{:.4g} were measured: ",
      1e3 * curve.current_A, curve.end_V, curve.beyond_titration ? "at least " : "", core::format_value(reachable),
      unit, reached);
  constexpr double sure = 2;
  if (sigmas > sure && curve.beyond_titration) {
    return start + "the titration does not reach far enough to say whether that is possible.";
  }
  if (sigmas > sure) {
    return start +
           "that could not have been reached. D is larger, or the diffusion length shorter, than the titration says, "
           "or the electrodes differ.";
  }
  if (sigmas < -sure) {
    return start + "that could have been reached, and more; something beside diffusion limits this electrode.";
  }
  return start + "the two agree.";
}

}  // namespace lithoscope::echem
