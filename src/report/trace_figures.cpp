#include "trace_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gitt_figures.hpp"
#include "lithoscope/core/constants.hpp"
#include "lithoscope/report/gitt_section.hpp"

namespace lithoscope::report {
namespace {

using echem::ConstantCurrent;
using study::GittOutcome;

constexpr double confidence_95 = 1.959963984540054;  // sigmas

std::string current_text(const GittOutcome& outcome) {
  const ConstantCurrent& c = *outcome.constant_current;
  if (!outcome.sample.active_mass_kg) return fmt::format("{:.3g} mA", 1e3 * c.current_A);
  return fmt::format("{:.3g} mA/g", c.current_A / *outcome.sample.active_mass_kg);  // A/kg
}

}  // namespace

Figure residual_figure(const GittOutcome& outcome) {
  Figure f{.id = "residuals", .x_axis = {"time", "h"}, .y_axis = {"measured less fitted", "mV"}};
  Series s{.name = "measured less fitted", .role = Role::primary, .mark = Mark::open_dots};
  double squares = 0;
  const double start = outcome.table.time_s.front();
  for (const echem::WholeTrace& trace : outcome.result.traces) {
    for (std::size_t i = 0; i < trace.time_s.size(); ++i) {
      s.x.push_back((trace.time_s[i] - start) / core::seconds_per_hour);
      s.y.push_back(1e3 * trace.residual_V[i]);
      squares += s.y.back() * s.y.back();
    }
  }
  f.title = fmt::format("What the fit of the whole trace leaves: {:.2g} mV (rms).",
                        std::sqrt(squares / static_cast<double>(std::max<std::size_t>(1, s.x.size()))));
  f.caption =
      "Rows close in time since the switch are averaged. Structure that repeats with the pulses is what one "
      "particle with these curves does not describe; the intervals allow for it as slow noise.";
  constexpr std::size_t most = 3000;
  const std::size_t stride = s.x.size() / most + 1;
  if (stride > 1) {
    Series thin{.name = s.name, .role = s.role, .mark = s.mark};
    for (std::size_t i = 0; i < s.x.size(); i += stride) {
      thin.x.push_back(s.x[i]);
      thin.y.push_back(s.y[i]);
    }
    s = std::move(thin);
  }
  f.series.push_back(std::move(s));
  return f;
}

Figure rest_length_figure(const GittOutcome& outcome) {
  const double tolerance_mV = 1e3 * outcome.measurement.gitt.rest_tolerance_V;
  Figure f{.id = "rests", .x_axis = x_axis(outcome), .y_axis = {"log\u2081\u2080 of the time", "h"}};
  Series taken{.name = "rest as taken", .role = Role::muted, .mark = Mark::line};
  Series wanted{
      .name = fmt::format("rest to within {:.3g} mV", tolerance_mV), .role = Role::primary, .mark = Mark::dots};
  Series mode{.name = "relaxation time of the grain", .role = Role::second, .mark = Mark::open_dots};
  int short_rests = 0;
  for (const echem::GittPulse& p : outcome.result.pulses) {
    if (!std::isfinite(p.relaxation_s) || !p.valid()) continue;
    const double x = x_at(outcome, p.capacity_after_Ah);
    const auto add = [&](Series& s, double seconds) {
      s.x.push_back(x);
      s.y.push_back(std::log10(std::max(seconds, 1.0) / core::seconds_per_hour));
    };
    add(taken, p.rest_s);
    add(wanted, p.rest_wanted_s);
    add(mode, p.relaxation_s);
    short_rests += p.rest_wanted_s > p.rest_s ? 1 : 0;
  }
  f.title = fmt::format("How long the rests should have been: {} of {} were too short.", short_rests, taken.x.size());
  f.caption =
      "From the fitted D: what is left of the gradient dies away with the slowest mode of the grain. The relaxation "
      "time is that mode's: in it, what is left falls to 37 %.";
  f.series = {std::move(taken), std::move(mode), std::move(wanted)};
  return f;
}

Figure constant_current_figure(const GittOutcome& outcome) {
  const ConstantCurrent& c = *outcome.constant_current;
  Figure f{.id = "constant-current", .x_axis = x_axis(outcome), .y_axis = potential_axis(outcome)};
  f.title = fmt::format("{} against the open-circuit curve.", current_text(outcome));
  Series measured{.name = "measured at " + current_text(outcome), .role = Role::primary, .mark = Mark::line};
  Series predicted{.name = "predicted by the titration", .role = Role::second, .mark = Mark::dashed};
  Series open{.name = "open circuit", .role = Role::third, .mark = Mark::line};
  for (std::size_t i = 0; i < c.capacity_Ah.size(); ++i) {
    const double x = x_at(outcome, c.capacity_Ah[i]);
    const auto add = [&](Series& s, double V) {
      if (!std::isfinite(V)) return;
      s.x.push_back(x);
      s.y.push_back(V);
    };
    add(measured, c.potential_V[i]);
    add(predicted, c.predicted_V[i]);
    add(open, c.ocv_V[i].value);
  }
  f.series = {std::move(open), std::move(measured), std::move(predicted)};
  f.caption =
      "The prediction runs the fitted particle at this current from the same start; nothing is adjusted to the "
      "measured curve.";
  return f;
}

Figure polarisation_figure(const GittOutcome& outcome) {
  const ConstantCurrent& c = *outcome.constant_current;
  Figure f{.id = "polarisation", .x_axis = x_axis(outcome), .y_axis = {"polarisation", "mV"}};
  Series s{.name = "potential less open circuit, 95 % interval", .role = Role::primary, .mark = Mark::dots};
  double largest = 0, at = 0;
  for (std::size_t i = 0; i < c.capacity_Ah.size(); i += 4) {
    const core::Value eta = 1e3 * c.polarisation_V[i];
    if (!std::isfinite(eta.value)) continue;
    s.x.push_back(x_at(outcome, c.capacity_Ah[i]));
    s.y.push_back(eta.value);
    s.y_low.push_back(eta.value - confidence_95 * eta.sigma());
    s.y_high.push_back(eta.value + confidence_95 * eta.sigma());
    if (std::abs(eta.value) <= std::abs(largest)) continue;
    largest = eta.value;
    at = s.x.back();
  }
  f.title = fmt::format("What the current costs: {:.0f} mV at most, at {} {:.2f}.", largest,
                        x_is_known(outcome) ? "x =" : "mAh", at);
  f.caption =
      "The constant current's potential less the open-circuit potential at the same mean lithium. Its intervals are "
      "those of the open-circuit curve.";
  f.series.push_back(std::move(s));
  return f;
}

Figure differential_capacity_figure(const GittOutcome& outcome) {
  const ConstantCurrent& c = *outcome.constant_current;
  const bool per_mass = outcome.sample.active_mass_kg.has_value();
  const double factor = per_mass ? 1 / *outcome.sample.active_mass_kg : 1e3;
  Figure f{.id = "dq-dv", .x_axis = potential_axis(outcome), .y_axis = {"dQ/dV", per_mass ? "mAh/(g V)" : "mAh/V"}};
  const auto series = [&](const echem::CapacityPeaks& peaks, const char* name, Role role) {
    Series s{.name = name, .role = role, .mark = Mark::line};
    s.x = peaks.potential_V;
    for (const double v : peaks.Ah_per_V) s.y.push_back(factor * v);
    return s;
  };
  f.series = {series(c.peaks_open_circuit, "open circuit", Role::third),
              series(c.peaks, "constant current", Role::primary)};
  f.title = c.peaks.onset_V ? fmt::format("dQ/dV: the plateau begins at {:.2f} V under current.", *c.peaks.onset_V)
                            : std::string{"dQ/dV: no plateau above 4.2 V."};
  f.caption =
      "Charge that passes in steps of 10 mV. A plateau begins half-way up from the valley before it to its peak, "
      "above 4.2 V.";
  if (c.peaks.onset_V && c.peaks_open_circuit.onset_V) {
    f.caption += fmt::format(" At open circuit it begins at {:.2f} V.", *c.peaks_open_circuit.onset_V);
  }
  return f;
}

std::vector<std::string> constant_current_words(const GittOutcome& outcome) {
  if (!outcome.constant_current) return {};
  const ConstantCurrent& c = *outcome.constant_current;
  if (!c.why_not.empty()) return {"The constant current was not compared: " + c.why_not + "."};
  std::vector<std::string> words{echem::capacity_verdict(c, outcome.sample.active_mass_kg)};
  if (c.peaks.onset_V) {
    words.push_back(
        fmt::format("The plateau above 4.2 V begins at {:.2f} V under {}", *c.peaks.onset_V, current_text(outcome)));
    if (c.peaks_open_circuit.onset_V)
      words.back() += fmt::format(", at {:.2f} V at open circuit", *c.peaks_open_circuit.onset_V);
    words.back() += ".";
  }
  return words;
}

}  // namespace lithoscope::report
