#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "titration_parts.hpp"

namespace lithoscope::echem {
namespace {

std::string diffusion_text(const GittPulse& pulse) {
  const double sigma = pulse.log10_D.sigma();
  constexpr double mostly_a_factor = 0.25;  // decades: beyond that an uncertainty is a factor, not a digit
  if (sigma < mostly_a_factor) return core::format_value(1e4 * pulse.D_m2_s);
  return fmt::format("{:.1g} (\u00d7\u00f7{:.2g})", 1e4 * pulse.D_m2_s.value, std::pow(10.0, std::min(sigma, 9.0)));
}

std::string in_cm2(const GittPulse& p) { return diffusion_text(p) + " cm\u00b2/s"; }

std::string place(const TitrationOutcome& outcome, const GittPulse& p) {
  if (outcome.x_is_known()) return fmt::format("x = {:.2f}", 0.5 * (p.x_before + p.x_after));
  return fmt::format("{:.3g} mAh", 0.5e3 * (p.capacity_before_Ah + p.capacity_after_Ah));
}

std::vector<const GittPulse*> usable(const TitrationOutcome& outcome) {
  std::vector<const GittPulse*> pulses;
  for (const GittPulse& p : outcome.result.pulses) {
    if (p.valid() && std::isfinite(p.D_m2_s.value)) pulses.push_back(&p);
  }
  return pulses;
}

std::string resistance_range(const TitrationOutcome& outcome) {
  double low = std::numeric_limits<double>::infinity();
  double high = 0;
  for (const Interruption& i : outcome.result.interruptions) {
    if (!(i.resistance_ohm.value > 0)) continue;
    low = std::min(low, i.resistance_ohm.value);
    high = std::max(high, i.resistance_ohm.value);
  }
  if (!(low <= high)) return {};
  return fmt::format("The resistance from {} interruptions lies between {:.3g} and {:.3g} \u03a9.",
                     outcome.result.interruptions.size(), low, high);
}

std::string ici_answer(const TitrationOutcome& outcome) {
  std::vector<double> D;
  for (const core::Value& d : outcome.result.interruption_D_m2_s) {
    if (std::isfinite(d.value)) D.push_back(d.value * 1e4);
  }
  if (D.empty()) {
    const std::string range = resistance_range(outcome);
    return "none of the interruptions gives a diffusion coefficient." + (range.empty() ? "" : " " + range);
  }
  std::ranges::sort(D);
  std::string text = fmt::format("{} interruptions give D from {:.2g} to {:.2g} cm\u00b2/s, median {:.2g} cm\u00b2/s",
                                 D.size(), D.front(), D.back(), D[D.size() / 2]);
  std::vector<double> fitted;
  std::size_t all = 0;
  for (const WholeTrace& trace : outcome.result.traces) {
    all += trace.pulses.size();
    for (const TracePulse& p : trace.pulses) {
      if (p.log10_D.sigma() <= outcome.gitt.log10_D_sigma_max) fitted.push_back(std::pow(10.0, p.log10_D.value + 4));
    }
  }
  if (fitted.empty()) return text + ".";
  std::ranges::sort(fitted);
  return text + fmt::format(
                    "; the fit of the whole trace determines D at {} of {}, from {:.2g} to {:.2g} cm\u00b2/s, median "
                    "{:.2g} cm\u00b2/s.",
                    fitted.size(), all, fitted.front(), fitted.back(), fitted[fitted.size() / 2]);
}

std::string diffusion_answer(const TitrationOutcome& outcome) {
  const auto pulses = usable(outcome);
  const std::size_t all = outcome.result.pulses.size();
  if (pulses.empty()) {
    return fmt::format("None of the {} pulses gives a diffusion coefficient that can be used; the reasons are below.",
                       all);
  }
  const auto by_D = [](const GittPulse* p) { return p->log10_D.value; };
  const GittPulse& slowest = **std::ranges::min_element(pulses, {}, by_D);
  const GittPulse& fastest = **std::ranges::max_element(pulses, {}, by_D);
  const double span = fastest.log10_D.value - slowest.log10_D.value;
  if (span < 0.5) {
    std::vector<double> logs;
    for (const GittPulse* p : pulses) logs.push_back(p->log10_D.value);
    std::ranges::nth_element(logs, logs.begin() + static_cast<std::ptrdiff_t>(logs.size() / 2));
    return fmt::format(
        "D is {:.2g} cm\u00b2/s (median) and changes by less than {:.1f} decades; {} of {} pulses can be used.",
        std::pow(10.0, logs[logs.size() / 2] + 4), std::max(0.1, std::ceil(10 * span) / 10), pulses.size(), all);
  }
  return fmt::format("D is {} at its largest ({}) and {} at its smallest ({}); {} of {} pulses can be used.",
                     in_cm2(fastest), place(outcome, fastest), in_cm2(slowest), place(outcome, slowest), pulses.size(),
                     all);
}

std::string spaced(std::string name) {
  std::ranges::replace(name, '_', ' ');
  return name;
}

std::string dropped_pulses(const TitrationOutcome& outcome) {
  std::map<std::string, int> counts;
  int dropped = 0;
  for (const GittPulse& p : outcome.result.pulses) {
    if (p.valid()) continue;
    ++dropped;
    for (const Flag& flag : p.flags) {
      if (flag.invalidates) ++counts[spaced(name_of(flag.kind))];
    }
  }
  if (dropped == 0) return {};
  std::vector<std::pair<std::string, int>> sorted(counts.begin(), counts.end());
  std::ranges::stable_sort(sorted, std::greater{}, &std::pair<std::string, int>::second);
  std::string list;
  for (auto& [name, count] : sorted) {
    list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", name, count);
  }
  return fmt::format("{} of {} pulses are not used: {}. Each says why in the table and on hover.", dropped,
                     outcome.result.pulses.size(), list);
}

std::string trace_words(const WholeTrace& trace) {
  std::string text = fmt::format("Fit of the whole trace, steps {} to {}: rows scatter by {:.2g} mV",
                                 trace.first_step + 1, trace.last_step + 1, 1e3 * trace.white_noise_V);
  if (trace.slow_noise_V > 0.05 * trace.white_noise_V) {
    text += fmt::format(", and {:.2g} mV drift within about {:.0f} s", 1e3 * trace.slow_noise_V, trace.slow_noise_s);
  }
  text += trace.resistance_separable
              ? fmt::format("; the series resistance is {} \u03a9.", core::format_value(trace.resistance_ohm))
              : "; at one current, series resistance and charge transfer cannot be told apart.";
  return text;
}

std::string current_text(const TitrationOutcome& outcome) {
  const ConstantCurrent& c = *outcome.constant_current;
  if (!outcome.sample.active_mass_kg) return fmt::format("{:.3g} mA", 1e3 * c.current_A);
  return fmt::format("{:.3g} mA/g", c.current_A / *outcome.sample.active_mass_kg);  // A/kg
}

std::string answer(const TitrationOutcome& outcome) {
  const GittResult& result = outcome.result;
  std::string text;
  if (!result.why_no_D.empty()) {
    text += result.why_no_D;
    if (const std::string range = resistance_range(outcome); !range.empty()) text += " " + range;
    return text;
  }
  switch (result.protocol) {
    case Protocol::gitt:
      return text + diffusion_answer(outcome);
    case Protocol::ici:
      return text + ici_answer(outcome);
    case Protocol::no_pulses:
      break;
  }
  return text + fmt::format("No titration was found in {} steps.", result.steps.size());
}

std::string confidence(const TitrationOutcome& outcome) {
  if (!outcome.result.why_no_D.empty() || outcome.result.protocol != Protocol::gitt) {
    return "Intervals are 95 % and include the scatter of each fit; they do not include what the model leaves out.";
  }
  const bool whole = std::ranges::any_of(outcome.result.traces, [](const auto& t) { return t.why_not.empty(); });
  if (whole) {
    return "D, the open-circuit curve and the overpotential are fitted to all pulses and rests at once, by the "
           "diffusion "
           "equation in one particle shape. The 95 % intervals include noise, slow drift, incomplete rests, the "
           "trade-off "
           "between the curves, and the diffusion length's uncertainty; the prior is that log D walks at random along "
           "x, "
           "as roughly as the data ask for. They do not include a spread of particle sizes.";
  }
  return "D is Weppner and Huggins' with the exact response of the particle's shape in place of the square root, "
         "fitted in a "
         "window that ends where the surface has moved too far. Its 95 % interval includes the scatter of the fit, the "
         "uncertainty of the potential step, of the diffusion length and of the moment of switching, an estimate of "
         "what incomplete rests leave, "
         "and "
         "how fast the open-circuit slope changes. It does not include a spread of particle sizes.";
}

std::vector<std::string> constant_current_words(const TitrationOutcome& outcome) {
  if (!outcome.constant_current) return {};
  const ConstantCurrent& c = *outcome.constant_current;
  if (!c.why_not.empty()) return {"The constant current was not compared: " + c.why_not + "."};
  std::vector<std::string> words{capacity_verdict(c, outcome.sample.active_mass_kg)};
  if (c.peaks.onset_V) {
    words.push_back(
        fmt::format("The plateau above 4.2 V begins at {:.2f} V under {}", *c.peaks.onset_V, current_text(outcome)));
    if (c.peaks_open_circuit.onset_V)
      words.back() += fmt::format(", at {:.2f} V at open circuit", *c.peaks_open_circuit.onset_V);
    words.back() += ".";
  }
  return words;
}

// 4 when a measurement that should give D has no usable pulse.
std::string gate_of(const TitrationOutcome& outcome) {
  const GittResult& r = outcome.result;
  const bool has_ici_D =
      std::ranges::any_of(r.interruption_D_m2_s, [](const core::Value& D) { return std::isfinite(D.value); });
  if (!r.why_no_D.empty() || r.valid_pulses() > 0 || has_ici_D) return {};
  return "No pulse or interruption gives a diffusion coefficient that can be used.";
}

std::string record_words(const TitrationOutcome& outcome) {
  const CyclerTable& table = outcome.table;
  const std::string format = table.sources.empty() ? "" : table.sources.front().format;
  return fmt::format(
      "{} rows from {} {} ({}), {} steps, {} titration pulses, {} interruptions. Current: {}. Capacity: {}.",
      table.rows(), table.sources.size(), table.sources.size() == 1 ? "file" : "files", format,
      outcome.result.steps.size(), outcome.result.pulses.size(), outcome.result.interruptions.size(),
      describe(table.current_origin), describe(table.capacity_origin));
}

}  // namespace

void add_words(const TitrationOutcome& outcome, result::Result& out) {
  out.asked =
      "Asked: how fast does lithium move in this electrode, what is its open-circuit potential, and which pulses can "
      "be trusted?";
  std::string first = answer(outcome);
  if (!first.empty()) first.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(first.front())));
  out.answers = {first};
  for (const std::string& words : constant_current_words(outcome)) out.answers.push_back(words);
  out.confidence = {confidence(outcome)};
  out.warnings = outcome.result.warnings;
  if (outcome.result.why_no_D.empty()) {
    if (const std::string dropped = dropped_pulses(outcome); !dropped.empty()) out.warnings.push_back(dropped);
  }
  out.remarks = outcome.remarks;
  out.gate = gate_of(outcome);
  std::vector<std::string> paragraphs{record_words(outcome)};
  for (const WholeTrace& trace : outcome.result.traces) {
    if (trace.why_not.empty()) paragraphs.push_back(trace_words(trace));
  }
  result::Section section{.title = {}, .paragraphs = std::move(paragraphs)};
  for (const result::Figure& figure : out.figures) section.figures.push_back(figure.name);
  if (outcome.result.pulses.empty()) {
    section.tables = {"steps"};
    if (!outcome.result.interruptions.empty()) section.tables.insert(section.tables.begin(), "interruptions");
  } else {
    section.tables = {"pulses", "flag_counts"};
  }
  out.sections = {std::move(section)};
}

}  // namespace lithoscope::echem
