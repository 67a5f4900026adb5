// From ions with their backgrounds to gases: rates, amounts, whether anything came at all, and when first.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "excess_scan.hpp"
#include "ion_analysis.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/core/statistics.hpp"
#include "straight_lines.hpp"

namespace lithoscope::massspec {
namespace {

double width_of(const Cells& cells, std::size_t i) { return cells.to_s[i] - cells.from_s[i]; }

// Variance of a cell's own mean, correlated noise included.
double own_variance(const IonAnalysis& ion, std::size_t i) {
  return ion.cells.variance[i] * ion.background.noise_factor;
}

// Integrals of the ions above their backgrounds over the cells with gas.
IonSums sums_of(const GasOutcome& out, const std::vector<std::size_t>& inside) {
  IonSums sums;
  const std::size_t n = out.ions.size();
  sums.covariance.assign(n * n, 0.0);
  for (std::size_t m = 0; m < n; ++m) {
    const IonAnalysis& ion = out.ions[m];
    const std::size_t cells = ion.cells.size();
    double sum = 0, variance = 0;
    for (const std::size_t i : inside) {
      const double w = width_of(ion.cells, i);
      sum += w * (ion.cells.value[i] - ion.background.mean[i]);
      variance += w * w * own_variance(ion, i);
      for (const std::size_t j : inside)
        variance += w * width_of(ion.cells, j) * ion.background.covariance[i * cells + j];
    }
    sums.mz.push_back(ion.readings.mz);
    sums.sum.push_back(sum);
    sums.covariance[m * n + m] = variance;
  }
  return sums;
}

const IonAnalysis* ion_at(const GasOutcome& out, double mz) {
  const auto found = std::ranges::find_if(out.ions, [&](const IonAnalysis& i) { return same_mass(i.readings.mz, mz); });
  return found == out.ions.end() ? nullptr : &*found;
}

// A gas's share of each measured mass in the record: rate = sum over ions of weight times excess.
struct Mixture {
  std::vector<const IonAnalysis*> ions;
  std::vector<double> weight;
};
Mixture mixture_of(const GasOutcome& out, std::size_t gas) {
  Mixture mix;
  const std::size_t n = out.overlap.used_mz.size();
  for (std::size_t m = 0; m < n; ++m) {
    mix.ions.push_back(ion_at(out, out.overlap.used_mz[m]));
    mix.weight.push_back(out.overlap.weights[gas * n + m]);
  }
  return mix;
}

ExcessCurve excess_of(const Mixture& mix, const std::vector<std::size_t>& cells) {
  ExcessCurve curve;
  const std::size_t n = cells.size();
  curve.covariance.assign(n * n, 0.0);
  for (std::size_t a = 0; a < n; ++a) {
    const std::size_t i = cells[a];
    double value = 0;
    for (std::size_t m = 0; m < mix.ions.size(); ++m)
      value += mix.weight[m] * (mix.ions[m]->cells.value[i] - mix.ions[m]->background.mean[i]);
    curve.width_s.push_back(width_of(mix.ions.front()->cells, i));
    curve.value.push_back(value);
  }
  for (std::size_t m = 0; m < mix.ions.size(); ++m) {
    const double square = mix.weight[m] * mix.weight[m];
    const std::size_t all = mix.ions[m]->cells.size();
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b < n; ++b)
        curve.covariance[a * n + b] += square * mix.ions[m]->background.covariance[cells[a] * all + cells[b]];
      curve.covariance[a * n + a] += square * own_variance(*mix.ions[m], cells[a]);
    }
  }
  return curve;
}

// Part of the total's variance that the fragments' shares make: it grows with the amounts.
double share_variance(const GasOutcome& out, std::size_t gas, double without_shares) {
  const std::size_t n = out.overlap.gases.size();
  return std::max(out.overlap.covariance[gas * n + gas] - without_shares, 0.0);
}

void add_cumulative(const GasOutcome& out, std::size_t k, const std::vector<std::size_t>& inside,
                    const ExcessCurve& curve, GasAnalysis& gas) {
  const std::size_t n = inside.size(), cells = out.time_s.size();
  std::vector<double> sum(n), variance(n);
  double running = 0, square = 0;
  for (std::size_t a = 0; a < n; ++a) {
    running += curve.width_s[a] * curve.value[a];
    double cross = 0;
    for (std::size_t b = 0; b < a; ++b) cross += curve.width_s[b] * curve.covariance[a * n + b];
    square += curve.width_s[a] * (2 * cross + curve.width_s[a] * curve.covariance[a * n + a]);
    sum[a] = running;
    variance[a] = square;
  }
  const double shares = share_variance(out, k, square);
  const double total = running != 0 ? running : 1;
  gas.cumulative.assign(cells, 0.0);
  gas.cumulative_variance.assign(cells, 0.0);
  std::size_t a = 0;
  double value = 0, var = 0;
  for (std::size_t i = 0; i < cells; ++i) {
    if (a < n && inside[a] == i) {
      value = sum[a];
      var = variance[a] + shares * std::pow(sum[a] / total, 2);
      ++a;
    }
    gas.cumulative[i] = value;
    gas.cumulative_variance[i] = var;
  }
}

void add_rates(const GasOutcome& out, const Mixture& mix, GasAnalysis& gas) {
  std::vector<std::size_t> all(out.time_s.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  const ExcessCurve curve = excess_of(mix, all);
  gas.rate = curve.value;
  std::vector<double> own;
  for (std::size_t i = 0; i < all.size(); ++i) {
    gas.rate_variance.push_back(curve.covariance[i * all.size() + i]);
    double noise = 0;
    for (std::size_t m = 0; m < mix.ions.size(); ++m)
      noise += mix.weight[m] * mix.weight[m] * own_variance(*mix.ions[m], i);
    own.push_back(noise);
  }
  if (!out.settings.mixing_s || !(out.settings.mixing_s->value > 0)) return;
  // Mixing is undone within the noise; what the background leaves open passes as it is.
  const Transport transport{out.settings.delay_s.value_or(core::Value{}), *out.settings.mixing_s};
  const Released back = released(out.time_s, gas.rate, own, transport);
  gas.released = back.rate;
  for (std::size_t i = 0; i < all.size(); ++i)
    gas.released_variance.push_back(back.variance[i] + gas.rate_variance[i] - own[i]);
}

// The first of three readings in a row above three sigma of background and noise, other gases' fragments taken off.
std::optional<core::Value> first_deviation(const GasOutcome& out, std::size_t k) {
  const double mz = gas_named(out.gases[k].gases.front()).base_mz();
  const IonAnalysis* ion = ion_at(out, mz);
  if (ion == nullptr) return std::nullopt;
  std::vector<double> background_sigma(out.time_s.size());
  for (std::size_t i = 0; i < background_sigma.size(); ++i) background_sigma[i] = ion->background.sigma(i);
  constexpr double sigmas = 3;
  constexpr int in_a_row = 3;
  int run = 0;
  std::size_t begin = 0;
  const Series& s = ion->readings;
  for (std::size_t i = 0; i < s.time_s.size(); ++i) {
    const double t = s.time_s[i];
    if (t < out.analysed.from_s || t > out.analysed.to_s) continue;
    const bool free = std::ranges::any_of(out.free, [&](const Stretch& f) { return t > f.from_s && t < f.to_s; });
    double excess = s.value[i] - on_lines(out.time_s, ion->background.mean, t);
    for (std::size_t g = 0; g < out.gases.size(); ++g) {
      // gases of the same base mass are in the sum already
      const bool apart = out.gases[g].gases.size() == 1 && gas_named(out.gases[g].gases.front()).base_mz() != mz;
      if (g == k || !apart) continue;
      const double share = gas_named(out.gases[g].gases.front()).share_at(mz);
      if (share > 0) excess -= share * on_lines(out.time_s, out.gases[g].rate, t);
    }
    const double sigma =
        std::sqrt(ion->noise.variance_at(s.value[i]) + std::pow(on_lines(out.time_s, background_sigma, t), 2));
    run = !free && excess > sigmas * sigma ? run + 1 : 0;
    if (run == 1) begin = i;
    if (run < in_a_row) continue;
    const double spacing = begin > 0 ? s.time_s[begin] - s.time_s[begin - 1] : 0;
    const core::Value delay = out.settings.delay_s.value_or(core::Value{});
    // It happened between the reading before and this one.
    return core::Value{s.time_s[begin] - 0.5 * spacing - delay.value, spacing * spacing / 12 + delay.variance};
  }
  return std::nullopt;
}

void add_first(const GasOutcome& out, std::size_t k, GasAnalysis& gas) {
  gas.first_s = first_deviation(out, k);
  if (!gas.first_s || !out.temperature.known()) return;
  const double t = gas.first_s->value, T = out.temperature.at_K(t);
  if (!std::isfinite(T)) return;
  constexpr double step_s = 10;
  const double later = out.temperature.at_K(t + step_s);
  const double rate = std::isfinite(later) ? (later - T) / step_s : 0;
  const double clock = out.clocks ? out.clocks->balance_start_s.variance : 0;
  gas.first_K = core::Value{T, rate * rate * (gas.first_s->variance + clock)};
}

// In moles, where the sensitivity is known: of a sum only where all its gases' are.
void add_amount(const std::vector<Sensitivity>& known, GasAnalysis& gas) {
  std::vector<const Sensitivity*> own;
  for (const std::string& name : gas.gases) {
    const auto found = std::ranges::find(known, name, &Sensitivity::gas);
    if (found != known.end()) own.push_back(&*found);
  }
  if (own.empty() || own.size() != gas.gases.size()) return;
  Sensitivity mean = *own.front();
  double low = mean.per_mol.value, high = low;
  for (const Sensitivity* s : own) {
    low = std::min(low, s->per_mol.value);
    high = std::max(high, s->per_mol.value);
  }
  if (own.size() > 1) mean.per_mol = {0.5 * (low + high), mean.per_mol.variance + std::pow(0.5 * (high - low), 2) / 3};
  gas.sensitivity = mean;
  const double F = mean.per_mol.value, relative = mean.per_mol.relative_sigma();
  const GasSum& total = gas.total;
  gas.amount_mol = core::Value{total.at_base.value / F,
                               total.at_base.variance / (F * F) + std::pow(total.at_base.value / F * relative, 2)};
  const auto end = [&](double at) {
    const double own_half = at - total.at_base.value, scale_half = core::two_sided_95 * relative * total.at_base.value;
    return (total.at_base.value + std::copysign(std::hypot(own_half, scale_half), own_half)) / F;
  };
  gas.amount_low_mol = total.low > 0 ? std::max(end(total.low), 0.0) : 0;
  gas.amount_high_mol = end(total.high);
  gas.limit_mol = gas.detection_limit / F;
}

// Whether the last tenth of the stretch lies above the background and adds to the total.
bool comes_at_the_end(const GasOutcome& out, const GasAnalysis& gas) {
  const std::size_t n = out.time_s.size(), last = std::min(std::max<std::size_t>(n / 10, 2), n);
  double rate = 0, variance = 0, all = 0;
  for (std::size_t i = 0; i < n; ++i) {
    all += gas.rate[i];
    if (i + last < n) continue;
    rate += gas.rate[i];
    variance += gas.rate_variance[i];
  }
  // Cells share their background: their errors may all have one sign.
  variance *= static_cast<double>(last);
  constexpr double sigmas = 3, matters = 0.01;
  return rate > sigmas * std::sqrt(variance) && rate > matters * all;
}

void judge(const GasOutcome& out, const std::vector<std::size_t>& inside, const ExcessCurve& curve,
           std::uint64_t stream, GasAnalysis& gas) {
  const ExcessScan scan = scan_excess(curve, stream);
  constexpr double one_sided_95 = 1.6448536269514722;
  const Cells& cells = out.ions.front().cells;
  gas.highest = {cells.from_s[inside[scan.first]], cells.to_s[inside[scan.last]]};
  gas.highest_sum = {scan.largest_sum, scan.largest_sigma * scan.largest_sigma};
  gas.score = scan.largest;
  gas.threshold = scan.threshold;
  gas.deficit = -scan.smallest;
  gas.unforeseen = gas.deficit > scan.threshold ? std::abs(scan.smallest_sum) : 0;
  // As much is found with a chance of 95 % however it comes: a burst stands out more than the sum over the stretch.
  gas.detection_limit = (scan.threshold + one_sided_95) * scan.total_sigma + gas.unforeseen;
  // An excess counts only where it goes beyond what the background misses in the other direction.
  gas.found = gas.score > scan.threshold && gas.score > gas.deficit;
  gas.still_coming = gas.found && comes_at_the_end(out, gas);
}

// What would have been found of a sum would have been found of each part, where nothing was: of a sum that was found
// either part may be all.
void bound_parts(std::vector<GasAnalysis>& gases) {
  for (const GasAnalysis& sum : gases) {
    if (sum.gases.size() < 2 || sum.found) continue;
    for (GasAnalysis& part : gases) {
      if (part.gases.size() > 1 || std::ranges::find(sum.gases, part.gases.front()) == sum.gases.end()) continue;
      if (!(sum.detection_limit < part.detection_limit)) continue;
      part.detection_limit = sum.detection_limit;
      if (part.sensitivity) part.limit_mol = part.detection_limit / part.sensitivity->per_mol.value;
    }
  }
}

// ---- sensitivities --------------------------------------------------------------------------------------------------

const Series& base_ion(const IonRecord& record, const std::string& gas) {
  const double mz = gas_named(gas).base_mz();
  for (const Series& s : record.ions) {
    if (same_mass(s.mz, mz)) return s;
  }
  throw core::UsageError({.what = fmt::format("the ion of {} was not measured", gas),
                          .expected = fmt::format("m/z {:g}", mz),
                          .found = "none",
                          .advice = "a sensitivity is that at the gas's base mass"});
}

std::vector<Sensitivity> sensitivities_in(GasOutcome& out) {
  const GasSettings& s = out.settings;
  std::vector<Sensitivity> known;
  for (const std::string& text : s.sensitivity) {
    const auto end = text.find_first_of("=:");
    const std::string gas =
        gas_named(text.substr(0, text.find_last_not_of(' ', end == std::string::npos ? end : end - 1) + 1)).name;
    known.push_back(parse_sensitivity(text, base_ion(out.record, gas).unit));
  }
  std::vector<GasStep> steps;
  for (const std::string& text : s.gas_steps) steps.push_back(parse_gas_step(text));
  for (const Gas& gas : known_gases()) {
    std::vector<GasStep> own;
    std::ranges::copy_if(steps, std::back_inserter(own), [&](const GasStep& g) { return g.gas == gas.name; });
    if (!own.empty()) known.push_back(sensitivity_by_steps(base_ion(out.record, gas.name), own));
  }
  for (const std::string& text : s.electrolysis) {
    if (!out.record.cell)
      throw core::UsageError({.what = "an electrolysis needs the cell's current and potential",
                              .where = {.path = out.record.path},
                              .expected = "a potentiostat's record in the spectrometer's file",
                              .found = "none"});
    CalibrationRuns c{.rule = parse_electrolysis(text)};
    c.runs = electrolysis_runs(base_ion(out.record, c.rule.gas), *out.record.cell, c.rule);
    if (c.runs.empty())
      throw core::UsageError(
          {.what = fmt::format("no whole run of the electrolysis of {} lies in the record", c.rule.gas),
           .expected = fmt::format("a potential {} {:g} V with a charge, 25 s after the start and 60 s "
                                   "before the end",
                                   c.rule.above ? "above" : "below", c.rule.potential_V),
           .found = "none"});
    const auto given = std::ranges::find(known, c.rule.gas, &Sensitivity::gas);
    const Sensitivity own = sensitivity_by_runs(c.runs, c.rule);
    if (given != known.end())
      c.efficiency = own.per_mol / given->per_mol;
    else
      known.push_back(own);
    out.calibrations.push_back(std::move(c));
  }
  return known;
}

void warn_of(GasOutcome& out) {
  for (const std::string& gas : out.overlap.unmeasured)
    out.warnings.push_back(fmt::format("{} was not looked for: its base mass, m/z {:g}, was not measured.", gas,
                                       gas_named(gas).base_mz()));
  for (const IonAnalysis& ion : out.ions) {
    const bool explained = std::ranges::any_of(out.gases, [&](const GasAnalysis& g) {
      return std::ranges::any_of(g.gases,
                                 [&](const std::string& n) { return gas_named(n).share_at(ion.readings.mz) > 0; });
    });
    const bool inert = gas_named("He").share_at(ion.readings.mz) > 0 || gas_named("Ar").share_at(ion.readings.mz) > 0;
    if (!explained && !inert)
      out.remarks.push_back(fmt::format("None of the gases makes ions at m/z {:g}, which was measured and is not used.",
                                        ion.readings.mz));
  }
  if (out.overlap.condition > 1e3)
    out.warnings.push_back(
        fmt::format("The gases are told apart by little: their equations have a condition number of "
                    "{:.0f}.",
                    out.overlap.condition));
}

}  // namespace

GasOutcome analyse_gas(IonRecord record, std::optional<BalanceRecord> balance, const GasSettings& settings,
                       core::Progress& progress) {
  GasOutcome out{.settings = settings, .record = std::move(record), .balance = std::move(balance)};
  if (out.record.ions.empty()) out.record.ions = peaks_of_scans(out.record.scans);
  // fewer hold no stretch without gas beside one that is analysed
  constexpr std::size_t fewest = 30;
  std::erase_if(out.record.ions, [](const Series& s) { return s.time_s.size() < fewest; });
  if (out.record.ions.empty()) return out;  // scans alone
  if (out.balance) {
    out.clocks = joined_clocks(out.record, *out.balance,
                               {.offset_s = settings.clock_offset_s, .zone = settings.zone, .align = settings.align});
    out.warnings = out.clocks->warnings;
    if (!out.balance->temperature_K.empty())
      out.temperature = Temperature{*out.balance, out.clocks->balance_start_s.value};
    else
      out.warnings.emplace_back("The thermobalance's file has no temperature.");
  } else if (out.record.temperature_K) {
    out.temperature = Temperature{*out.record.temperature_K};
  }
  find_stretches(out);
  analyse_ions(out, progress);
  std::vector<double> mz;
  for (const IonAnalysis& ion : out.ions) mz.push_back(ion.readings.mz);
  std::vector<std::string> gases = settings.gases.empty() ? visible_gases(mz) : settings.gases;
  if (!settings.carrier.empty())
    std::erase_if(gases, [&](const std::string& g) { return gas_named(g).name == gas_named(settings.carrier).name; });
  const std::vector<std::size_t> inside = cells_with_gas(out);
  out.overlap = unmix(sums_of(out, inside), gases, {.fragment_uncertainty = settings.fragment_uncertainty});
  const std::vector<Sensitivity> known = sensitivities_in(out);
  for (std::size_t k = 0; k < out.overlap.gases.size(); ++k) {
    GasAnalysis gas{.gases = out.overlap.gases[k].gases, .total = out.overlap.gases[k]};
    const Mixture mix = mixture_of(out, k);
    const IonAnalysis* base = ion_at(out, gas_named(gas.gases.front()).base_mz());
    gas.unit = base->readings.unit;
    gas.background_level = core::median(base->background.mean);
    add_rates(out, mix, gas);
    const ExcessCurve curve = excess_of(mix, inside);
    add_cumulative(out, k, inside, curve, gas);
    judge(out, inside, curve, k, gas);
    add_amount(known, gas);
    out.gases.push_back(std::move(gas));
  }
  bound_parts(out.gases);
  for (std::size_t k = 0; k < out.gases.size(); ++k) {
    if (out.gases[k].found) add_first(out, k, out.gases[k]);
  }
  warn_of(out);
  return out;
}

std::vector<Series> peaks_of_scans(const std::vector<MassScan>& scans) {
  std::vector<Series> out;
  if (scans.empty()) return out;
  constexpr double half = 0.4;
  const double last = scans.front().mz.empty() ? 0 : scans.front().mz.back();
  for (int mass = 1; mass <= static_cast<int>(last); ++mass) {
    Series s{.name = fmt::format("m/z {}", mass), .unit = scans.front().unit, .mz = static_cast<double>(mass)};
    for (const MassScan& scan : scans) {
      const auto from = std::ranges::lower_bound(scan.mz, mass - half) - scan.mz.begin(),
                 to = std::ranges::upper_bound(scan.mz, mass + half) - scan.mz.begin();
      if (to <= from || (!s.time_s.empty() && scan.time_s <= s.time_s.back())) continue;
      s.time_s.push_back(scan.time_s);
      s.value.push_back(*std::max_element(scan.value.begin() + from, scan.value.begin() + to));
    }
    if (!s.time_s.empty()) out.push_back(std::move(s));
  }
  return out;
}

}  // namespace lithoscope::massspec
