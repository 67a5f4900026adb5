// An analysis of ion currents as numbers, tables and observables.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gas_parts.hpp"
#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/units.hpp"

namespace lithoscope::massspec {

using result::number_column;
using result::Table;

namespace {

constexpr auto missing = result::not_a_number;

std::vector<double> times(const std::vector<double>& v, double factor) {
  std::vector<double> out = v;
  for (double& x : out) x *= factor;
  return out;
}

// Currents in the prefix that suits their size.
std::string shown_unit(const std::string& unit, const std::vector<double>& values) {
  if (unit != "A") return {};
  double largest = 0;
  for (const double v : values) largest = std::max(largest, std::abs(v));
  for (const auto& [least, name] : {std::pair{1e-6, "uA"}, std::pair{1e-9, "nA"}, std::pair{1e-12, "pA"}}) {
    if (largest >= least) return name;
  }
  return "fA";
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& w : words) out += (out.empty() ? "" : between) + w;
  return out;
}

// Temperature where it was recorded, with the reason where it was not.
void add_axes(const GasOutcome& o, const std::vector<double>& time_s, Table& t) {
  t.columns.push_back(number_column("time", "s", "Time on the spectrometer's clock", time_s));
  if (!o.temperature.known()) return;
  std::vector<double> T;
  for (const double s : time_s) T.push_back(o.temperature.at_K(s));
  result::Column c = number_column("temperature", "K", "Temperature of the sample", T);
  c.shown.unit = "degC";
  if (std::ranges::any_of(T, [](double v) { return std::isnan(v); }))
    c.gaps = "The temperature was not recorded there.";
  t.columns.push_back(std::move(c));
}

void add_gas_table(const GasOutcome& o, result::Result& out) {
  const AmountScale scale = amount_scale(o);
  std::vector<std::string> gas, found, flags;
  std::vector<double> amount, variance, low, high, limit, ions, ions_variance, first_s, first_s_variance, first_K,
      first_K_variance, score;
  for (const GasAnalysis& g : o.gases) {
    gas.push_back(label_of(g));
    found.emplace_back(g.found ? "yes" : "no");
    flags.emplace_back(!g.amount_mol ? "no sensitivity" : "ok");
    amount.push_back(g.amount_mol ? scale.factor * g.amount_mol->value : missing);
    variance.push_back(g.amount_mol ? scale.factor * scale.factor * g.amount_mol->variance : missing);
    low.push_back(g.amount_mol ? scale.factor * g.amount_low_mol : missing);
    high.push_back(g.amount_mol ? scale.factor * g.amount_high_mol : missing);
    limit.push_back(g.amount_mol ? scale.factor * g.limit_mol : missing);
    ions.push_back(g.total.at_base.value);
    ions_variance.push_back(g.total.at_base.variance);
    first_s.push_back(g.first_s ? g.first_s->value : missing);
    first_s_variance.push_back(g.first_s ? g.first_s->variance : missing);
    first_K.push_back(g.first_K ? g.first_K->value : missing);
    first_K_variance.push_back(g.first_K ? g.first_K->variance : missing);
    score.push_back(g.score);
  }
  const bool moles = std::ranges::any_of(o.gases, [](const GasAnalysis& g) { return g.amount_mol.has_value(); });
  Table t{.name = "gases", .title = "Gases released"};
  t.columns.push_back(result::word_column("gas", "Gas, or gases that the measured masses cannot tell apart", gas));
  t.columns.push_back(result::word_column("found", "Whether a release was found", found));
  t.brief = {"gas", "found"};
  const std::string none = "The flag of the row says why.";
  if (moles) {
    result::Column a = number_column("amount", scale.unit, "Amount released in the analysed stretch", amount, variance);
    a.low = low;
    a.high = high;
    result::Column l = number_column("limit", scale.unit, "Amount that would have been found in 95 %", limit);
    if (std::ranges::any_of(amount, [](double v) { return std::isnan(v); })) a.gaps = l.gaps = none;
    l.shown.digits = 2;
    t.columns.push_back(std::move(a));
    t.columns.push_back(std::move(l));
    t.brief.insert(t.brief.end(), {"amount", "limit"});
  }
  const std::string unit = integral_unit(o.gases.front().unit);
  result::Column sum =
      number_column("ions", unit, "Readings at the base mass that the gas made, times time", ions, ions_variance);
  std::vector<double> ion_limit;
  for (const GasAnalysis& g : o.gases) ion_limit.push_back(g.detection_limit);
  result::Column sum_limit =
      number_column("ions_limit", unit, "The same that would have been found in 95 %", ion_limit);
  sum_limit.shown.digits = 2;
  sum.shown.hidden = sum_limit.shown.hidden = moles;
  t.columns.push_back(std::move(sum));
  t.columns.push_back(std::move(sum_limit));
  if (!moles) t.brief.insert(t.brief.end(), {"ions", "ions_limit"});
  const std::string not_found = "No release was found, or no temperature is known.";
  result::Column at =
      number_column("first_time", "s", "First deviation from the background, at the sample", first_s, first_s_variance);
  if (std::ranges::any_of(first_s, [](double v) { return std::isnan(v); })) at.gaps = not_found;
  at.shown.hidden = o.temperature.known();
  t.columns.push_back(std::move(at));
  if (o.temperature.known()) {
    result::Column T = number_column("first_temperature", "K", "The same as a temperature", first_K, first_K_variance);
    T.shown.unit = "degC";
    if (std::ranges::any_of(first_K, [](double v) { return std::isnan(v); })) T.gaps = not_found;
    t.columns.push_back(std::move(T));
    t.brief.emplace_back("first_temperature");
  } else {
    t.brief.emplace_back("first_time");
  }
  result::Column sigmas = number_column("excess", "", "Largest excess over any stretch, in its sigma", score);
  sigmas.shown.hidden = true;
  t.columns.push_back(std::move(sigmas));
  t.columns.push_back(result::word_column("flags", "Why there is no amount", flags));
  t.flags = "flags";
  out.tables.push_back(std::move(t));
}

void add_curves(const GasOutcome& o, result::Result& out) {
  const std::string unit = o.gases.front().unit;
  Table rates{.name = "rates", .title = "What each gas adds to its base mass, over time"};
  Table sums{.name = "cumulative", .title = "Gas released up to each moment"};
  add_axes(o, o.time_s, rates);
  add_axes(o, o.time_s, sums);
  const AmountScale scale = amount_scale(o);
  for (const GasAnalysis& g : o.gases) {
    rates.columns.push_back(number_column("arrived_" + plain_label(g), unit,
                                          fmt::format("Readings at m/z {:g} made by {}, as they arrived",
                                                      gas_named(g.gases.front()).base_mz(), label_of(g)),
                                          g.rate, g.rate_variance));
    if (!g.released.empty())
      rates.columns.push_back(number_column("released_" + plain_label(g), unit,
                                            "The same with mixing undone: of gas that left the sample " +
                                                std::string{o.settings.delay_s ? "the delay earlier" : "then"},
                                            g.released, g.released_variance));
    const bool moles = g.sensitivity.has_value();
    const double factor = moles ? scale.factor / g.sensitivity->per_mol.value : 1;
    std::vector<double> variance = times(g.cumulative_variance, factor * factor);
    if (moles) {
      const double relative = g.sensitivity->per_mol.relative_sigma();
      for (std::size_t i = 0; i < variance.size(); ++i) variance[i] += std::pow(relative * factor * g.cumulative[i], 2);
    }
    sums.columns.push_back(number_column(plain_label(g), moles ? scale.unit : integral_unit(unit),
                                         label_of(g) + " released up to then", times(g.cumulative, factor),
                                         std::move(variance)));
  }
  double highest = 0;
  for (const GasAnalysis& g : o.gases) {
    for (const double r : g.rate) highest = std::max(highest, r);
  }
  for (result::Column& c : rates.columns) {
    if (c.unit == unit) c.shown.unit = shown_unit(unit, {highest});
  }
  rates.axis = sums.axis = over_temperature(o) ? "temperature" : "time";
  rates.signal = (o.gases.front().released.empty() ? "arrived_" : "released_") + plain_label(o.gases.front());
  sums.signal = plain_label(o.gases.front());
  out.tables.push_back(std::move(rates));
  out.tables.push_back(std::move(sums));
}

// Means over cells from the stretches without gas on, beside the background; and every reading.
void add_ions(const GasOutcome& o, result::Result& out) {
  for (const IonAnalysis& ion : o.ions) {
    struct Row {
      double time, value, variance, background, background_variance;
      bool free;
    };
    std::vector<Row> rows;
    for (std::size_t i = 0; i < ion.free.size(); ++i)
      rows.push_back({ion.free.centre_s[i], ion.free.value[i], ion.free.variance[i] * ion.background.noise_factor,
                      ion.background.free_mean[i], ion.background.free_variance[i], true});
    for (std::size_t i = 0; i < ion.cells.size(); ++i) {
      const bool free = std::ranges::any_of(
          o.free, [&](const Stretch& s) { return ion.cells.centre_s[i] > s.from_s && ion.cells.centre_s[i] < s.to_s; });
      if (!free)
        rows.push_back({ion.cells.centre_s[i], ion.cells.value[i], ion.cells.variance[i] * ion.background.noise_factor,
                        ion.background.mean[i], std::pow(ion.background.sigma(i), 2), false});
    }
    std::ranges::sort(rows, {}, &Row::time);
    std::vector<double> time, value, variance, background, background_variance;
    std::vector<std::string> use;
    for (const Row& r : rows) {
      time.push_back(r.time);
      value.push_back(r.value);
      variance.push_back(r.variance);
      background.push_back(r.background);
      background_variance.push_back(r.background_variance);
      use.emplace_back(r.free ? "without gas" : "analysed");
    }
    Table t{.name = "ion_" + plain_mz(ion.readings.mz),
            .title = fmt::format("m/z {:g} ({}) and its background", ion.readings.mz, ion.readings.name)};
    add_axes(o, time, t);
    t.columns.push_back(
        number_column("reading", ion.readings.unit, "Mean of the readings in a cell of time", value, variance));
    t.columns.push_back(number_column("background", ion.readings.unit, "What it would have been without gas",
                                      background, background_variance));
    t.columns.push_back(result::word_column("use", "Stretch: without gas, or analysed", use));
    for (result::Column& c : t.columns) {
      if (c.unit == ion.readings.unit) c.shown.unit = shown_unit(ion.readings.unit, value);
    }
    t.axis = "time";
    t.signal = "reading";
    out.tables.push_back(std::move(t));
    Table all{.name = "readings_" + plain_mz(ion.readings.mz),
              .title = fmt::format("m/z {:g} ({}), every reading", ion.readings.mz, ion.readings.name),
              .columns = {number_column("time", "s", "Time on the spectrometer's clock", ion.readings.time_s),
                          number_column("reading", ion.readings.unit, "Reading", ion.readings.value)},
              .axis = "time",
              .signal = "reading",
              .bulk = true};
    out.tables.push_back(std::move(all));
  }
}

void add_scan(const GasOutcome& o, result::Result& out) {
  if (o.record.scans.empty()) return;
  const MassScan& first = o.record.scans.front();
  std::vector<double> sum(first.mz.size(), 0.0);
  double count = 0;
  for (const MassScan& scan : o.record.scans) {
    if (scan.mz != first.mz) continue;
    count += 1;
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += scan.value[i];
  }
  const std::string unit = core::is_unit(first.unit) ? first.unit : std::string{};
  out.tables.push_back({.name = "scan",
                        .title = fmt::format("Mean of {:g} scan{} over the masses", count, count == 1 ? "" : "s"),
                        .columns = {number_column("mz", "", "Mass over charge", first.mz),
                                    number_column("reading", unit, "Mean reading", times(sum, 1 / count))},
                        .axis = "mz",
                        .signal = "reading"});
}

void add_runs(const GasOutcome& o, result::Result& out) {
  if (o.calibrations.empty()) return;
  std::vector<std::string> gas;
  std::vector<double> from, to, charge, ions, sensitivity, variance;
  for (const CalibrationRuns& c : o.calibrations) {
    for (const ElectrolysisRun& run : c.runs) {
      gas.push_back(c.rule.gas);
      from.push_back(run.stretch.from_s);
      to.push_back(run.stretch.to_s);
      charge.push_back(run.charge_C);
      ions.push_back(run.ions);
      sensitivity.push_back(run.per_mol.value);
      variance.push_back(run.per_mol.variance);
    }
  }
  out.tables.push_back({.name = "electrolysis",
                        .title = "Ions a mole of gas that the cell's charge made",
                        .columns = {result::word_column("gas", "Gas", gas),
                                    number_column("from", "s", "Begin of the potential's stretch", from),
                                    number_column("to", "s", "End of the potential's stretch", to),
                                    number_column("charge", "C", "Charge of the cell", charge),
                                    number_column("ions", "C", "Ion charge above its base", ions),
                                    number_column("sensitivity", "C/mol", "Ion charge a mole, were all charge gas",
                                                  sensitivity, variance)},
                        .brief = {"gas", "from", "charge", "sensitivity"}});
  for (const CalibrationRuns& c : o.calibrations) {
    if (c.efficiency)
      out.numbers.push_back({.name = "faradaic_efficiency_" + c.rule.gas,
                             .unit = {},
                             .help = "Share of the charge that made " + c.rule.gas + ", by the sensitivity given",
                             .value = *c.efficiency});
    else
      out.numbers.push_back({.name = "sensitivity_" + c.rule.gas,
                             .unit = "C/mol",
                             .help = "Ion charge a mole of " + c.rule.gas + " at its base mass, were all charge gas",
                             .value = sensitivity_by_runs(c.runs, c.rule).per_mol});
  }
}

void add_numbers(const GasOutcome& o, result::Result& out) {
  const AmountScale scale = amount_scale(o);
  for (const GasAnalysis& g : o.gases) {
    if (g.amount_mol)
      out.numbers.push_back(
          {.name = plain_label(g) + "_amount",
           .unit = scale.unit,
           .help = label_of(g) + " released in the analysed stretch",
           .value = {scale.factor * g.amount_mol->value, scale.factor * scale.factor * g.amount_mol->variance},
           .low = scale.factor * g.amount_low_mol,
           .high = scale.factor * g.amount_high_mol,
           .flag = g.found ? "" : "no release was found"});
    if (g.first_K)
      out.numbers.push_back({.name = plain_label(g) + "_first_deviation",
                             .unit = "K",
                             .help = "Temperature at which " + label_of(g) +
                                     " is first above its background by three sigma in three readings",
                             .value = *g.first_K,
                             .shown = {.unit = "degC"}});
  }
  if (o.gases.empty()) return;
  out.numbers.push_back({.name = "condition",
                         .unit = {},
                         .help = "Condition number of the gases' equations, 1 where no fragment overlaps",
                         .value = {o.overlap.condition, missing},
                         .shown = {.digits = 3}});
  if (o.overlap.explained_16)
    out.numbers.push_back({.name = "explained_16",
                           .unit = {},
                           .help = "Ions at m/z 16 over what the gases found make there: 1 when nothing is missing",
                           .value = {*o.overlap.explained_16, missing},
                           .shown = {.digits = 3}});
}

void add_observables(const GasOutcome& o, const std::string& state, result::Result& out) {
  const AmountScale scale = amount_scale(o);
  if (scale.unit != "umol/g") return;
  for (const GasAnalysis& g : o.gases) {
    if (!g.amount_mol || g.gases.size() > 1) continue;
    const double value = scale.factor * g.amount_mol->value;
    const double F = g.sensitivity->per_mol.value;
    result::Observable x{.name = fmt::format("gas/{}/released", g.gases.front()),
                         .state = state,
                         .unit = "umol/g",
                         .help = g.gases.front() + " released on the way to this state, a gram of what was weighed",
                         .values = {value},
                         .variance = {std::pow(scale.factor / F, 2) * g.total.at_base.variance},
                         .flags = {"ok"}};
    x.common.push_back({"sensitivity to " + g.gases.front(), {value * g.sensitivity->per_mol.relative_sigma()}});
    if (o.active_mass_kg && o.active_mass_kg->variance > 0)
      x.common.push_back({"active mass", {-value * o.active_mass_kg->relative_sigma()}});
    if (g.unforeseen > 0)
      x.unusable = "The current falls below its background: the stretches without gas do not foretell it.";
    const auto* base = &*std::ranges::find_if(
        o.ions, [&](const IonAnalysis& i) { return same_mass(i.readings.mz, gas_named(g.gases.front()).base_mz()); });
    if (base->saturated) x.unusable = "The detector was saturated: the amount is a lower bound.";
    out.observables.push_back(std::move(x));
  }
}

}  // namespace

std::string label_of(const GasAnalysis& gas) { return joined(gas.gases, " + "); }
std::string plain_label(const GasAnalysis& gas) { return joined(gas.gases, "_and_"); }

std::string plain_mz(double mz) {
  std::string out = fmt::format("m{:g}", mz);
  std::ranges::replace(out, '.', '_');
  return out;
}

AmountScale amount_scale(const GasOutcome& o) {
  constexpr double umol_per_mol = 1e6, g_per_kg = 1e3;
  if (!o.active_mass_kg) return {umol_per_mol, "umol"};
  return {umol_per_mol / (o.active_mass_kg->value * g_per_kg), "umol/g"};
}

std::string integral_unit(const std::string& reading_unit) {
  if (reading_unit == "A") return "C";
  const std::string unit = reading_unit + " s";
  return core::is_unit(unit) ? unit : std::string{};
}

bool over_temperature(const GasOutcome& o) {
  return o.temperature.known() && std::ranges::is_sorted(o.temperature_K) &&
         std::ranges::none_of(o.temperature_K, [](double T) { return std::isnan(T); });
}

result::Result describe(const GasOutcome& o, const std::string& state) {
  result::Result out;
  out.warnings = o.warnings;
  out.remarks = o.record.remarks;
  if (o.clocks) out.remarks.push_back(o.clocks->how);
  out.remarks.insert(out.remarks.end(), o.remarks.begin(), o.remarks.end());
  if (!o.gases.empty()) {
    add_gas_table(o, out);
    add_curves(o, out);
    add_ions(o, out);
    add_numbers(o, out);
    add_observables(o, state, out);
  }
  add_runs(o, out);
  add_scan(o, out);
  for (const IonAnalysis& ion : o.ions) {
    const bool used = ion.saturated && std::ranges::any_of(o.gases, [&](const GasAnalysis& g) {
                        return g.found && gas_named(g.gases.front()).share_at(ion.readings.mz) > 0;
                      });
    if (used) out.gate = fmt::format("The detector was saturated at m/z {:g}.", ion.readings.mz);
  }
  add_figures(o, out);
  add_page(o, out);
  return out;
}

}  // namespace lithoscope::massspec
