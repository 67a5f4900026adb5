// What the page of gas released says.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gas_parts.hpp"
#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/statistics.hpp"

namespace lithoscope::massspec {
namespace {

std::string in_words(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i)
    out += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return out;
}

// "3.1(2) umol/g", with the interval behind it; in the ions' own unit without a sensitivity.
std::string amount_words(const GasOutcome& o, const GasAnalysis& g) {
  const AmountScale scale = amount_scale(o);
  if (!g.amount_mol)
    return fmt::format("{} {} of ions at m/z {:g} (95 %: {:.4g} to {:.4g})", core::format_value(g.total.at_base),
                       integral_unit(g.unit), gas_named(g.gases.front()).base_mz(), g.total.low, g.total.high);
  return fmt::format("{} {} (95 %: {:.4g} to {:.4g})", core::format_value(scale.factor * *g.amount_mol), scale.unit,
                     scale.factor * g.amount_low_mol, scale.factor * g.amount_high_mol);
}

std::string bound_words(const GasOutcome& o, const GasAnalysis& g) {
  if (g.amount_mol) return fmt::format("{:.2g} {}", amount_scale(o).factor * g.amount_high_mol, amount_scale(o).unit);
  return fmt::format("{:.2g} {} of ions", g.total.high, integral_unit(g.unit));
}

std::string limit_words(const GasOutcome& o, const GasAnalysis& g) {
  const AmountScale scale = amount_scale(o);
  if (g.amount_mol) return fmt::format("{:.2g} {}", scale.factor * g.limit_mol, scale.unit);
  std::string out = fmt::format("{:.2g} {} of ions", g.detection_limit, integral_unit(g.unit));
  const double share = g.detection_limit / (g.background_level * (o.analysed.to_s - o.analysed.from_s));
  if (share > 0 && share < 1) out += fmt::format(", {:.2g} % of the background", 100 * share);
  return out;
}

std::string first_words(const GasAnalysis& g) {
  if (g.first_K)
    return fmt::format(", first above its background at {} degC",
                       core::format_value(*g.first_K - core::Value::exact(core::zero_celsius_K)));
  if (g.first_s) return fmt::format(", first above its background at {} s", core::format_value(*g.first_s));
  return {};
}

std::string between(const GasOutcome& o, Stretch s) {
  const double from = o.temperature.at_K(s.from_s), to = o.temperature.at_K(s.to_s);
  if (std::isfinite(from) && std::isfinite(to))
    return fmt::format("between {:.0f} and {:.0f} degC", from - core::zero_celsius_K, to - core::zero_celsius_K);
  return fmt::format("between {:.0f} and {:.0f} s", s.from_s, s.to_s);
}

// A peak can be sure where the sum over the whole stretch is not: the background then is known less well.
std::string found_sentence(const GasOutcome& o, const GasAnalysis& g) {
  std::string out;
  if (g.total.low > 0) {
    out = fmt::format("{} was released {}: {}{}.", label_of(g), between(o, o.analysed), amount_words(o, g),
                      first_words(g));
  } else {
    GasAnalysis peak = g;
    peak.total = {.gases = g.gases,
                  .at_base = g.highest_sum,
                  .low = g.highest_sum.value - core::two_sided_95 * g.highest_sum.sigma(),
                  .high = g.highest_sum.value + core::two_sided_95 * g.highest_sum.sigma()};
    peak.amount_mol.reset();
    out = fmt::format(
        "{} was released {}: {} there{}. Over the whole stretch the background leaves the amount open: at "
        "most {}.",
        label_of(g), between(o, g.highest), amount_words(o, peak), first_words(g), bound_words(o, g));
  }
  if (g.gases.size() > 1 && !g.total.told_apart)
    out += fmt::format(" The measured masses cannot tell {} apart: this is their sum.", in_words(g.gases));
  return out;
}

// Whether a silent sum says the same of this part of it.
bool speaks_for(const GasOutcome& o, const GasAnalysis& part) {
  return part.gases.size() == 1 && std::ranges::any_of(o.gases, [&](const GasAnalysis& sum) {
           return sum.gases.size() > 1 && !sum.found &&
                  std::ranges::find(sum.gases, part.gases.front()) != sum.gases.end();
         });
}

void add_answers(const GasOutcome& o, result::Result& out) {
  std::vector<std::string> silent;
  for (const GasAnalysis& g : o.gases) {
    if (g.found)
      out.answers.push_back(found_sentence(o, g));
    else if (!speaks_for(o, g))
      silent.push_back(fmt::format("{} (limit {})", label_of(g), limit_words(o, g)));
  }
  if (!silent.empty())
    out.answers.push_back(
        fmt::format("No release was found {} of {}. As much as the limit would have been found "
                    "in 95 of 100 such records.",
                    between(o, o.analysed), in_words(silent)));
  for (const CalibrationRuns& c : o.calibrations) {
    if (c.efficiency)
      out.answers.push_back(fmt::format("{} of the cell's charge made {}, by the sensitivity given.",
                                        core::format_value(*c.efficiency), c.rule.gas));
    else
      out.answers.push_back(
          fmt::format("Were all charge {} V gas, {} would give {} C/mol of ions at m/z {:g} ({} runs).",
                      fmt::format("{} {:g}", c.rule.above ? "above" : "below", c.rule.potential_V), c.rule.gas,
                      core::format_value(sensitivity_by_runs(c.runs, c.rule).per_mol), gas_named(c.rule.gas).base_mz(),
                      c.runs.size()));
  }
  if (!o.record.scans.empty() && o.gases.empty())
    out.answers.push_back(fmt::format("{} scan{} over m/z {:g} to {:g}: too few over time to follow a release.",
                                      o.record.scans.size(), o.record.scans.size() == 1 ? "" : "s",
                                      o.record.scans.front().mz.front(), o.record.scans.front().mz.back()));
}

void add_confidence(const GasOutcome& o, result::Result& out) {
  if (o.gases.empty()) return;
  std::string kinds;
  for (const GasAnalysis& g : o.gases) {
    const auto ion = std::ranges::find_if(
        o.ions, [&](const IonAnalysis& i) { return same_mass(i.readings.mz, gas_named(g.gases.front()).base_mz()); });
    const auto best = std::ranges::max_element(ion->background.kinds, {}, &std::pair<std::string, double>::second);
    if (best != ion->background.kinds.end())
      kinds +=
          fmt::format("{}{} {} ({:.0f} %)", kinds.empty() ? "" : ", ", label_of(g), best->first, 100 * best->second);
  }
  out.confidence.push_back(
      "Amounts include noise, what the stretches without gas leave open of the background, the "
      "fragments' shares and the sensitivity. Likeliest drift: " +
      kinds + ".");
  const auto [low, high] = std::ranges::minmax(o.gases, {}, &GasAnalysis::threshold);
  out.confidence.push_back(
      fmt::format("A release counts as found when a stretch lies {:.1f} to {:.1f} sigma (by gas) above "
                  "its background, which noise and drift alone reach in 1 % of records a gas.",
                  low.threshold, high.threshold));
}

void add_distrust(const GasOutcome& o, result::Result& out) {
  std::vector<std::string> below;
  double worst = 0;
  for (const GasAnalysis& g : o.gases) {
    if (g.unforeseen > 0) {
      below.push_back(label_of(g));
      worst = std::max(worst, g.deficit);
    }
    if (g.still_coming)
      out.warnings.push_back(
          fmt::format("{} is still above its background where the record ends: the amount is that up "
                      "to there.",
                      label_of(g)));
    if (g.found && g.first_s && o.free_assumed &&
        g.first_s->value < o.analysed.from_s + 0.05 * (o.analysed.to_s - o.analysed.from_s))
      out.warnings.push_back(
          fmt::format("{} is above its background from the beginning: the stretch that was taken as "
                      "without gas may hold gas, or the background drifts. Give --gas-free.",
                      label_of(g)));
  }
  if (!below.empty())
    out.warnings.push_back(
        fmt::format("The currents of {} fall below what the stretch without gas foretells, by up to "
                    "{:.1f} sigma: their background changed in a way it did not show. Their limits are "
                    "widened by as much; an amount from them is not certain.",
                    in_words(below), worst));
  for (const GasAnalysis& g : o.gases) {
    if (g.gases.size() > 1 && !g.total.told_apart)
      out.remarks.push_back(
          fmt::format("{} cannot be told apart by the measured masses; m/z 12, 14 or 29 would do.", in_words(g.gases)));
  }
  if (o.overlap.explained_16 && std::isfinite(*o.overlap.explained_16)) {
    const bool any = std::ranges::any_of(o.gases, [](const GasAnalysis& g) { return g.found; });
    if (any && std::abs(std::log(std::max(*o.overlap.explained_16, 1e-9))) > std::log(1.5))
      out.warnings.push_back(
          fmt::format("m/z 16 shows {:.2g} times what the gases found make there: a gas is missing, or "
                      "fragments differ from the tables.",
                      *o.overlap.explained_16));
  }
  if (std::ranges::none_of(o.gases, [](const GasAnalysis& g) { return g.sensitivity.has_value(); }) && !o.gases.empty())
    out.remarks.emplace_back(
        "No sensitivity is known (--sensitivity, --gas-steps, --electrolysis): amounts are those of "
        "the ions.");
}

}  // namespace

void add_page(const GasOutcome& o, result::Result& out) {
  out.asked = "Asked: which gases were released, how much of each, and from when on?";
  add_answers(o, out);
  add_confidence(o, out);
  add_distrust(o, out);
  result::Section first{.title = {}};
  result::Section ions{.title = "Ion currents and backgrounds"};
  for (const result::Figure& f : out.figures) {
    if (f.name.starts_with("ion-"))
      ions.figures.push_back(f.name);
    else
      first.figures.push_back(f.name);
  }
  for (const char* table : {"gases", "electrolysis"}) {
    if (out.find_table(table) != nullptr) first.tables.emplace_back(table);
  }
  out.sections.push_back(std::move(first));
  if (!ions.figures.empty()) out.sections.push_back(std::move(ions));
}

}  // namespace lithoscope::massspec
