#include "lithoscope/massspec/sensitivity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/massspec/overlap.hpp"
#include "lithoscope/probe/sample.hpp"

namespace lithoscope::massspec {
namespace {

// What stands before and behind the first of some marks.
std::pair<std::string, std::string> divided(const std::string& text, std::string_view marks, const char* expected) {
  const auto at = text.find_first_of(marks);
  if (at == std::string::npos || at == 0)
    throw core::UsageError(
        {.what = "a gas and what belongs to it are not told apart", .expected = expected, .found = text});
  return {gas_named(std::string{core::trimmed(text.substr(0, at))}).name,
          std::string{core::trimmed(text.substr(at + 1))}};
}

constexpr const char* sensitivity_example = "such as \"O2 = 0.083 +- 0.004 C/mol\"";
constexpr const char* step_example = "such as \"O2: 100 s to 300 s, 1.2 nmol/s\"";
constexpr const char* electrolysis_example = "such as \"O2: 4 e, above 1.55 V\"";

// Mean of the readings in a stretch, with their scatter over the root of their number.
core::Value mean_over(const Series& ion, Stretch stretch) {
  double n = 0, sum = 0, squares = 0;
  for (std::size_t i = 0; i < ion.time_s.size(); ++i) {
    if (ion.time_s[i] < stretch.from_s || ion.time_s[i] > stretch.to_s) continue;
    n += 1;
    sum += ion.value[i];
    squares += ion.value[i] * ion.value[i];
  }
  if (n < 3) return {std::numeric_limits<double>::quiet_NaN(), 0};
  const double mean = sum / n;
  return {mean, std::max(squares / n - mean * mean, 0.0) / (n - 1)};
}

double integral(const std::vector<double>& time, const std::vector<double>& value, double from, double to,
                double base) {
  double sum = 0;
  for (std::size_t i = 1; i < time.size(); ++i) {
    if (time[i - 1] < from || time[i] > to) continue;
    sum += (time[i] - time[i - 1]) * (0.5 * (value[i] + value[i - 1]) - base);
  }
  return sum;
}

std::vector<Stretch> stretches_beyond(const CellRecord& cell, const Electrolysis& rule) {
  constexpr double bridged_s = 2;  // a potential that crosses the limit back and forth within this time
  std::vector<Stretch> out;
  for (std::size_t i = 0; i < cell.time_s.size(); ++i) {
    const bool beyond = rule.above ? cell.potential_V[i] > rule.potential_V : cell.potential_V[i] < rule.potential_V;
    if (!beyond) continue;
    if (!out.empty() && cell.time_s[i] - out.back().to_s < bridged_s)
      out.back().to_s = cell.time_s[i];
    else
      out.push_back({cell.time_s[i], cell.time_s[i]});
  }
  return out;
}

}  // namespace

Sensitivity parse_sensitivity(const std::string& text, const std::string& reading_unit) {
  const auto [gas, value] = divided(text, "=:", sensitivity_example);
  const std::string unit = reading_unit == "A" ? "C/mol" : reading_unit + " s/mol";
  Sensitivity out{.gas = gas, .origin = "given"};
  try {
    out.per_mol = core::parse_quantity(value, core::is_unit(unit) ? unit : std::string{"C/mol"});
  } catch (const core::UsageError& error) {
    throw core::UsageError({.what = fmt::format("the sensitivity of {} does not fit the record", gas),
                            .expected = fmt::format("{}, since the readings are in {}", unit, reading_unit),
                            .found = value,
                            .advice = error.facts().what});
  }
  if (!(out.per_mol.value > 0))
    throw core::UsageError({.what = fmt::format("the sensitivity of {} is not positive", gas),
                            .expected = sensitivity_example,
                            .found = text});
  return out;
}

GasStep parse_gas_step(const std::string& text) {
  const auto [gas, rest] = divided(text, ":=", step_example);
  const auto comma = rest.rfind(',');
  if (comma == std::string::npos)
    throw core::UsageError({.what = "a step of gas has no flow", .expected = step_example, .found = text});
  const probe::Quantity when = probe::parse_range(rest.substr(0, comma), "s");
  if (!when.low || !when.high || !(*when.high > *when.low))
    throw core::UsageError({.what = "a step of gas has no beginning and end", .expected = step_example, .found = text});
  return {gas, {*when.low, *when.high}, core::parse_quantity(core::trimmed(rest.substr(comma + 1)), "mol/s")};
}

Sensitivity sensitivity_by_steps(const Series& ion, const std::vector<GasStep>& steps) {
  const std::string gas = steps.empty() ? "" : steps.front().gas;
  std::vector<double> flow, mean, weight;
  for (const GasStep& step : steps) {
    const core::Value m = mean_over(ion, step.stretch);
    if (std::isnan(m.value))
      throw core::UsageError(
          {.what = fmt::format("a step of {} holds fewer than three readings", gas),
           .expected = fmt::format("times within {:.0f} to {:.0f} s", ion.time_s.front(), ion.time_s.back()),
           .found = fmt::format("{:g} to {:g} s", step.stretch.from_s, step.stretch.to_s)});
    flow.push_back(step.flow_mol_per_s.value);
    mean.push_back(m.value);
    weight.push_back(1);
  }
  const auto n = static_cast<double>(flow.size());
  double x = 0, y = 0;
  for (std::size_t i = 0; i < flow.size(); ++i) {
    x += flow[i] / n;
    y += mean[i] / n;
  }
  double sxx = 0, sxy = 0, syy = 0;
  for (std::size_t i = 0; i < flow.size(); ++i) {
    sxx += (flow[i] - x) * (flow[i] - x);
    sxy += (flow[i] - x) * (mean[i] - y);
    syy += (mean[i] - y) * (mean[i] - y);
  }
  if (flow.size() < 2 || !(sxx > 0))
    throw core::UsageError(
        {.what = fmt::format("the sensitivity of {} needs two flows or more", gas),
         .expected = std::string{"steps of different flow, one of which may be 0; each "} + step_example,
         .found = fmt::format("{} steps", flow.size())});
  const double slope = sxy / sxx;
  // Two steps leave nothing to judge the line by: then the readings' own scatter stands in.
  const double rest = std::max(syy - slope * sxy, 0.0);
  double own = 0, relative_flow = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    own = std::max(own, mean_over(ion, steps[i].stretch).variance);
    const core::Value& f = steps[i].flow_mol_per_s;
    if (f.value > 0) relative_flow = std::max(relative_flow, f.relative_sigma());
  }
  const double variance = flow.size() > 2 ? std::max(rest / (n - 2), own) : own;
  return {.gas = gas,
          .per_mol = {slope, variance / sxx + std::pow(slope * relative_flow, 2)},
          .origin = fmt::format("{} steps of gas", flow.size())};
}

Electrolysis parse_electrolysis(const std::string& text) {
  const auto [gas, rest] = divided(text, ":=", electrolysis_example);
  const auto comma = rest.find(',');
  const std::string first{core::trimmed(rest.substr(0, comma))};
  std::string second{comma == std::string::npos ? "" : core::trimmed(rest.substr(comma + 1))};
  const auto blank = first.find(' ');
  const auto electrons = io::to_number(first.substr(0, blank));
  const bool above = second.starts_with("above "), below = second.starts_with("below ");
  if (!electrons || !(*electrons > 0) || (!above && !below))
    throw core::UsageError(
        {.what = "an electrolysis is not described", .expected = electrolysis_example, .found = text});
  return {gas, *electrons, core::parse_quantity(core::trimmed(second.substr(6)), "V").value, above};
}

std::vector<ElectrolysisRun> electrolysis_runs(const Series& ion, const CellRecord& cell, const Electrolysis& rule) {
  constexpr double base_from_s = 25, base_to_s = 5, before_s = 5, after_s = 60;
  std::vector<ElectrolysisRun> out;
  const ReadingNoise noise = noise_of(ion);
  for (const Stretch& s : stretches_beyond(cell, rule)) {
    if (s.from_s - base_from_s < ion.time_s.front() || s.to_s + after_s > ion.time_s.back()) continue;  // not whole
    ElectrolysisRun run{.stretch = s};
    run.charge_C = std::abs(integral(cell.time_s, cell.current_A, s.from_s, s.to_s, 0));
    std::vector<double> before;
    for (std::size_t i = 0; i < ion.time_s.size(); ++i) {
      if (ion.time_s[i] >= s.from_s - base_from_s && ion.time_s[i] <= s.from_s - base_to_s)
        before.push_back(ion.value[i]);
    }
    if (before.size() < 3 || !(run.charge_C > 0)) continue;
    run.base = core::median(before);
    run.ions = integral(ion.time_s, ion.value, s.from_s - before_s, s.to_s + after_s, run.base);
    const double moles = run.charge_C / (rule.electrons * core::faraday_C_per_mol);
    const double length = s.to_s - s.from_s + before_s + after_s;
    // A median of n readings has 1.57 times the variance of their mean.
    const double base_variance = 1.57 * noise.variance_at(run.base) / static_cast<double>(before.size());
    run.per_mol = {run.ions / moles, length * length * base_variance / (moles * moles)};
    out.push_back(run);
  }
  return out;
}

Sensitivity sensitivity_by_runs(const std::vector<ElectrolysisRun>& runs, const Electrolysis& rule) {
  Sensitivity out{.gas = rule.gas,
                  .origin = fmt::format("electrolysis, {} run{}", runs.size(), runs.size() == 1 ? "" : "s")};
  const auto n = static_cast<double>(runs.size());
  for (const ElectrolysisRun& run : runs) {
    out.per_mol.value += run.per_mol.value / n;
    out.per_mol.variance += run.per_mol.variance / (n * n);
  }
  if (runs.size() < 2) return out;
  double scatter = 0;
  for (const ElectrolysisRun& run : runs) scatter += std::pow(run.per_mol.value - out.per_mol.value, 2) / (n - 1);
  out.per_mol.variance = std::max(out.per_mol.variance, scatter / n);
  return out;
}

}  // namespace lithoscope::massspec
