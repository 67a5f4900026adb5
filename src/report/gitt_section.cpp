#include "lithoscope/report/gitt_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "gitt_figures.hpp"
#include "lithoscope/core/constants.hpp"
#include "trace_figures.hpp"

namespace lithoscope::report {
namespace {

using echem::GittPulse;
using study::GittOutcome;

std::string in_cm2(const GittPulse& p) { return diffusion_text(p) + " cm\u00b2/s"; }

std::string place(const GittOutcome& outcome, const GittPulse& p) {
  if (x_is_known(outcome)) return fmt::format("x = {:.2f}", pulse_x(outcome, p));
  return fmt::format("{:.3g} {}", pulse_x(outcome, p), x_axis(outcome).unit);
}

std::vector<const GittPulse*> usable(const GittOutcome& outcome) {
  std::vector<const GittPulse*> pulses;
  for (const GittPulse& p : outcome.result.pulses) {
    if (p.valid() && std::isfinite(p.D_m2_s.value)) pulses.push_back(&p);
  }
  return pulses;
}

std::string resistance_range(const GittOutcome& outcome) {
  double low = std::numeric_limits<double>::infinity();
  double high = 0;
  for (const echem::Interruption& i : outcome.result.interruptions) {
    if (!(i.resistance_ohm.value > 0)) continue;
    low = std::min(low, i.resistance_ohm.value);
    high = std::max(high, i.resistance_ohm.value);
  }
  if (!(low <= high)) return {};
  return fmt::format("The resistance from {} interruptions lies between {:.3g} and {:.3g} \u03a9.",
                     outcome.result.interruptions.size(), low, high);
}

std::string ici_answer(const GittOutcome& outcome) {
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
  for (const echem::WholeTrace& trace : outcome.result.traces) {
    all += trace.pulses.size();
    for (const echem::TracePulse& p : trace.pulses) {
      if (p.log10_D.sigma() <= outcome.measurement.gitt.log10_D_sigma_max)
        fitted.push_back(std::pow(10.0, p.log10_D.value + 4));
    }
  }
  if (fitted.empty()) return text + ".";
  std::ranges::sort(fitted);
  return text + fmt::format(
                    "; the fit of the whole trace knows D at {} of {}, from {:.2g} to {:.2g} cm\u00b2/s, median "
                    "{:.2g} cm\u00b2/s.",
                    fitted.size(), all, fitted.front(), fitted.back(), fitted[fitted.size() / 2]);
}

std::string diffusion_answer(const GittOutcome& outcome) {
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

// Why pulses were dropped, most frequent reason first.
std::string dropped_pulses(const GittOutcome& outcome) {
  std::map<std::string, int> counts;
  int dropped = 0;
  for (const GittPulse& p : outcome.result.pulses) {
    if (p.valid()) continue;
    ++dropped;
    for (const echem::Flag& flag : p.flags) {
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

std::string row_note(const GittPulse& p) {
  std::string note;
  for (const echem::Flag& flag : p.flags) note += (note.empty() ? "" : ", ") + spaced(name_of(flag.kind));
  return (p.valid() ? "" : "not used: ") + note;
}

// One line a flag that occurs: how often, and what it said where it was worst (first).
Table flag_table(const GittOutcome& outcome) {
  struct Count {
    int all = 0, dropped = 0;
    std::string example;
  };
  std::map<echem::PulseFlag, Count> counts;
  int number = 0;
  for (const GittPulse& p : outcome.result.pulses) {
    ++number;
    for (const echem::Flag& flag : p.flags) {
      Count& count = counts[flag.kind];
      ++count.all;
      if (flag.invalidates && count.dropped++ == 0) count.example.clear();
      if (count.example.empty()) count.example = fmt::format("pulse {}: {}", number, flag.reason);
    }
  }
  Table table{.title = "What the flags say", .header = {"flag", "pulses", "of these not used"}};
  for (const auto& [kind, count] : counts) {
    table.rows.push_back({spaced(name_of(kind)), std::to_string(count.all), std::to_string(count.dropped)});
    table.row_notes.push_back(count.example);
  }
  return table;
}

Table pulse_table(const GittOutcome& outcome) {
  const bool with_D = outcome.result.why_no_D.empty();
  Table table;
  table.title = "The pulses";
  table.header = {"#", x_header(outcome), "\u03c4 (s)", "rest (h)", "\u0394E\u209b (mV)", "R (\u03a9)"};
  if (with_D) {
    for (const char* name :
         {"D (cm\u00b2/s)", "D, Eq. (2) (cm\u00b2/s)", "D\u03c4/L\u00b2", "open circuit after (V)", "rest wanted (h)"})
      table.header.emplace_back(name);
  }
  int number = 0;
  for (const GittPulse& p : outcome.result.pulses) {
    const auto or_dash = [](double v, const char* format) {
      return std::isfinite(v) ? fmt::format(fmt::runtime(format), v) : std::string{"\u2013"};
    };
    std::vector<std::string> row{
        std::to_string(++number),
        or_dash(pulse_x(outcome, p), "{:.4g}"),
        or_dash(p.duration_s, "{:.4g}"),
        or_dash(p.rest_s / core::seconds_per_hour, "{:.3g}"),
        core::format_value(1e3 * (p.rest_after_V - p.rest_before_V)),
        std::isfinite(p.resistance_ohm.value) ? core::format_value(p.resistance_ohm) : "\u2013"};
    if (with_D) {
      const bool known = std::isfinite(p.D_m2_s.value);
      row.push_back(known ? diffusion_text(p) : "\u2013");
      row.push_back(or_dash(1e4 * p.D_equation_2_m2_s, "{:.2g}"));
      row.push_back(or_dash(p.theta_pulse, "{:.2g}"));
      row.push_back(std::isfinite(p.ocv_after_V.value) ? core::format_value(p.ocv_after_V) : "\u2013");
      row.push_back(or_dash(p.rest_wanted_s / core::seconds_per_hour, "{:.2g}"));
    }
    table.rows.push_back(std::move(row));
    table.row_notes.push_back(row_note(p));
  }
  return table;
}

Table step_table(const GittOutcome& outcome) {
  Table table;
  table.title = "The steps found in the current";
  table.header = {"#", "kind", "start (h)", "duration (s)", "current (mA)", "rows"};
  int number = 0;
  for (const echem::Step& s : outcome.result.steps) {
    table.rows.push_back(
        {std::to_string(++number), name_of(s.kind), fmt::format("{:.4g}", s.start_s / core::seconds_per_hour),
         fmt::format("{:.5g}", s.duration_s()), fmt::format("{:.4g}", s.direction == 0 ? 0.0 : 1e3 * s.mean_current_A),
         std::to_string(s.rows())});
  }
  return table;
}

std::string trace_words(const echem::WholeTrace& trace) {
  std::string text = fmt::format("Fit of the whole trace, steps {} to {}: rows scatter by {:.2g} mV",
                                 trace.first_step + 1, trace.last_step + 1, 1e3 * trace.white_noise_V);
  if (trace.slow_noise_V > 0.05 * trace.white_noise_V) {
    text += fmt::format(", and {:.2g} mV wander within about {:.0f} s", 1e3 * trace.slow_noise_V, trace.slow_noise_s);
  }
  text += trace.resistance_separable
              ? fmt::format("; the series resistance is {} \u03a9.", core::format_value(trace.resistance_ohm))
              : "; at one current, series resistance and charge transfer cannot be told apart.";
  return text;
}

void add_words(const GittOutcome& outcome, Section& section) {
  const echem::CyclerTable& table = outcome.table;
  const std::string format = table.sources.empty() ? "" : table.sources.front().format;
  section.paragraphs.push_back(fmt::format(
      "{} rows from {} {} ({}), {} steps, {} titration pulses, {} interruptions. Current: {}. Capacity: {}.",
      table.rows(), table.sources.size(), table.sources.size() == 1 ? "file" : "files", format,
      outcome.result.steps.size(), outcome.result.pulses.size(), outcome.result.interruptions.size(),
      echem::describe(table.current_origin), echem::describe(table.capacity_origin)));
  for (const std::string& remark : outcome.remarks) section.paragraphs.push_back(remark);
  for (const echem::WholeTrace& trace : outcome.result.traces) {
    if (trace.why_not.empty()) section.paragraphs.push_back(trace_words(trace));
  }
  for (const std::string& words : constant_current_words(outcome)) section.paragraphs.push_back(words);
}

}  // namespace

std::string diffusion_text(const GittPulse& pulse) {
  const double sigma = pulse.log10_D.sigma();
  constexpr double mostly_a_factor = 0.25;  // decades: beyond that an uncertainty is a factor, not a digit
  if (sigma < mostly_a_factor) return core::format_value(1e4 * pulse.D_m2_s);
  return fmt::format("{:.1g} (\u00d7\u00f7{:.2g})", 1e4 * pulse.D_m2_s.value, std::pow(10.0, std::min(sigma, 9.0)));
}

std::string gitt_answer(const GittOutcome& outcome) {
  const echem::GittResult& result = outcome.result;
  std::string text = outcome.measurement.name + ": ";
  if (!result.why_no_D.empty()) {
    text += result.why_no_D;
    if (const std::string range = resistance_range(outcome); !range.empty()) text += " " + range;
    return text;
  }
  switch (result.protocol) {
    case echem::Protocol::gitt:
      return text + diffusion_answer(outcome);
    case echem::Protocol::ici:
      return text + ici_answer(outcome);
    case echem::Protocol::no_pulses:
      break;
  }
  return text + fmt::format("no titration was found in {} steps.", result.steps.size());
}

Figure gitt_headline(const GittOutcome& outcome) {
  const bool with_D = outcome.result.why_no_D.empty();
  if (with_D && outcome.result.protocol == echem::Protocol::gitt) return diffusion_figure(outcome);
  if (with_D && outcome.result.protocol == echem::Protocol::ici) return ici_diffusion_figure(outcome);
  return outcome.result.interruptions.empty() ? profile_figure(outcome) : resistance_figure(outcome);
}

std::string gitt_confidence(const GittOutcome& outcome) {
  if (!outcome.result.why_no_D.empty() || outcome.result.protocol != echem::Protocol::gitt) {
    return "Intervals are 95 % and hold the scatter of each fit; they do not hold what the model leaves out.";
  }
  const bool whole = std::ranges::any_of(outcome.result.traces, [](const auto& t) { return t.why_not.empty(); });
  if (whole) {
    return "D, the open-circuit curve and the overpotential are fitted to all pulses and rests at once, by the "
           "diffusion "
           "equation in one particle shape. The 95 % intervals hold noise, slow wander, incomplete rests, the "
           "trade-off "
           "between the curves, and the diffusion length's uncertainty; the prior is that log D walks at random along "
           "x, "
           "as roughly as the data ask for. They do not hold a spread of particle sizes.";
  }
  return "D is Weppner and Huggins' with the exact response of the particle's shape in place of the square root, "
         "fitted in a "
         "window that ends where the surface has moved too far. Its 95 % interval holds the scatter of the fit, the "
         "uncertainty of the potential step, of the diffusion length and of the moment of switching, an estimate of "
         "what incomplete rests leave, "
         "and "
         "how fast the open-circuit slope changes. It does not hold a spread of particle sizes.";
}

std::vector<std::string> gitt_warnings(const GittOutcome& outcome) {
  std::vector<std::string> warnings = outcome.result.warnings;
  if (!outcome.result.why_no_D.empty()) return warnings;
  if (const std::string dropped = dropped_pulses(outcome); !dropped.empty()) warnings.push_back(dropped);
  return warnings;
}

Section gitt_section(const GittOutcome& outcome) {
  Section section;
  section.title = outcome.measurement.name;
  add_words(outcome, section);
  const bool headline_is_profile = outcome.result.interruptions.empty() && outcome.result.pulses.empty();
  if (!headline_is_profile) section.figures.push_back(profile_figure(outcome));
  if (const GittPulse* example = example_pulse(outcome)) {
    section.figures.push_back(one_pulse_figure(outcome, *example));
    section.figures.push_back(square_root_figure(outcome, *example));
  }
  if (!outcome.result.pulses.empty()) section.figures.push_back(open_circuit_figure(outcome));
  const bool whole = std::ranges::any_of(outcome.result.traces, [](const auto& t) { return t.why_not.empty(); });
  if (whole && !outcome.result.pulses.empty()) section.figures.push_back(rest_length_figure(outcome));
  if (outcome.constant_current && outcome.constant_current->why_not.empty()) {
    section.figures.push_back(constant_current_figure(outcome));
    section.figures.push_back(polarisation_figure(outcome));
    section.figures.push_back(differential_capacity_figure(outcome));
  }
  if (whole) section.figures.push_back(residual_figure(outcome));
  const bool headline_is_D = outcome.result.why_no_D.empty() && outcome.result.protocol != echem::Protocol::no_pulses;
  if (headline_is_D && !outcome.result.interruptions.empty()) section.figures.push_back(resistance_figure(outcome));
  section.tables.push_back(outcome.result.pulses.empty() ? step_table(outcome) : pulse_table(outcome));
  if (!outcome.result.pulses.empty()) section.tables.push_back(flag_table(outcome));
  return section;
}

}  // namespace lithoscope::report
