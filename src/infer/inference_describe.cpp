#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "inference_parts.hpp"
#include "lithoscope/core/statistics.hpp"

namespace lithoscope::infer {
namespace {

using result::Column;
using result::integer_column;
using result::not_a_number;
using result::number_column;
using result::Table;
using result::value_column;
using result::word_column;

Column interval_column(std::string name, std::string unit, std::string help, const std::vector<Interval>& values) {
  Column out = number_column(std::move(name), std::move(unit), std::move(help), {});
  std::vector<double> median;
  for (const Interval& i : values) {
    median.push_back(i.median);
    out.low.push_back(i.low);
    out.high.push_back(i.high);
  }
  out.values = std::move(median);
  return out;
}

std::string range_text(const Interval& i) {
  constexpr double nothing = 1e-4;  // below what any probe sees, in whatever unit
  const double width = (i.high - i.low) / 4;
  if (width < nothing && std::max(std::abs(i.low), std::abs(i.high)) < nothing) return "0";
  return fmt::format("{} to {}", rounded(i.low, width), rounded(i.high, width));
}

// "0.012 to 0.25", for a reader; files have the bounds of the column beside it.
Column bounds_column(std::string name, std::string help, const std::vector<Interval>& values) {
  std::vector<std::string> out;
  for (const Interval& i : values) {
    out.push_back(std::isnan(i.low) ? "\u2013" : range_text(i));
  }
  return word_column(std::move(name), std::move(help), std::move(out));
}

std::vector<double> sigmas_squared(const std::vector<double>& sigma) {
  std::vector<double> out;
  for (const double s : sigma) out.push_back(s * s);
  return out;
}

Table change_table(const InferenceOutcome& o) {
  std::vector<std::string> what, unit, verdict;
  std::vector<core::Value> value;
  std::vector<double> excluded;
  for (const MeasuredChange& m : o.changes) {
    what.push_back(m.name);
    unit.push_back(m.unit.empty() ? "e" : m.unit);
    value.push_back(m.value);
    const double half = core::two_sided_95 * m.value.sigma();
    const bool changed = std::abs(m.value.value) > half;
    verdict.emplace_back(changed ? "changed" : "no change is seen");
    excluded.push_back(std::abs(m.value.value) + half);
  }
  Table out{
      .name = "changes",
      .title = "What was measured of the change",
      .columns = {
          word_column("what", "Probe and element", what),
          value_column("change", "", "Change with its error, artefacts and scatter between pieces included", value),
          word_column("unit", "Unit of the change", unit),
          word_column("verdict", "Whether zero lies outside the 95 % interval", verdict),
          number_column("excluded", "", "Smallest change, of either sign, that is excluded at 95 %", excluded)}};
  out.columns.back().shown.digits = 2;
  out.brief = {"what", "change", "unit", "verdict", "excluded"};
  return out;
}

const char* short_name_of(Process process) {
  static constexpr std::array names{"lithium", "stabilised", "reduced", "rebuilt", "brighter"};
  return names[static_cast<std::size_t>(process)];
}

Table process_table(const InferenceOutcome& o) {
  std::vector<std::string> name, brief, words, unit;
  std::vector<double> prior, probability;
  std::vector<Interval> amount;
  std::vector<std::int64_t> place;
  for (const Process p : o.allowed) {
    const std::size_t q = o.quantity(amount_quantity(p));
    place.push_back(static_cast<std::int64_t>(place.size()) + 1);
    name.emplace_back(name_of(p));
    brief.emplace_back(short_name_of(p));
    words.emplace_back(words_of(p));
    unit.push_back(o.quantities[q].unit == "1" ? "per f.u." : o.quantities[q].unit);
    prior.push_back(0.5);
    probability.push_back(o.posterior.probability_of(p));
    amount.push_back(o.posterior.interval([q](const Viewer::View& v) { return v.quantities[q]; },
                                          [p](const StateDraw& d) { return (d.on & bit_of(p)) != 0; }));
  }
  Column amounts = interval_column("amount", "", "How much, if it happened: median, in the unit beside it", amount);
  amounts.gaps = "A process without weight has no amount.";
  Table out{.name = "processes",
            .title = "What may have happened",
            .columns = {integer_column("place", "Where the figure draws it", place),
                        word_column("process", "Name, as [inference] has it", name),
                        number_column("prior", "", "Probability before the data", prior),
                        number_column("probability", "", "Probability after them", probability), std::move(amounts),
                        bounds_column("amount_95", "95 % interval of the amount", amount),
                        word_column("unit", "Unit of the amount", unit), word_column("means", "What it means", words),
                        word_column("short_name", "As the figure has it", brief)}};
  out.columns.back().shown.hidden = true;
  out.columns[0].shown.hidden = true;
  for (Column& c : out.columns) c.shown.digits = 2;
  out.columns[5].shown.name = "95 %";
  out.brief = {"process", "probability", "amount", "amount_95", "unit"};
  return out;
}

// Groups that share an axis.
std::string group_of(const Implication& i) {
  return i.quantity.starts_with("surface_") && i.quantity != "surface_lithium" ? "surface"
         : i.quantity.starts_with("bulk_")                                     ? "bulk"
                                                                               : "other";
}

// What a reader looks for first: metals near the surface, in the bulk, oxygen, then the rest.
std::vector<const Implication*> in_reading_order(const InferenceOutcome& o) {
  std::vector<const Implication*> out;
  for (const Implication& i : o.implications) {
    if (i.quantity != "residual") out.push_back(&i);
  }
  const auto rank = [](const Implication* i) {
    const std::string group = group_of(*i);
    if (group == "surface") return 0;
    if (group == "bulk") return 1;
    return i->quantity == "feature" || i->quantity == "pre_edge" ? 2 : 3;
  };
  std::ranges::stable_sort(out, [&](const Implication* a, const Implication* b) { return rank(a) < rank(b); });
  return out;
}

Table implication_table(const InferenceOutcome& o) {
  std::vector<std::string> name, unit, help, group, flags;
  std::vector<Interval> prior, posterior, closed;
  std::vector<double> measured, variance, smallest, left, middle, right;
  for (const Implication* i : in_reading_order(o)) {
    name.push_back(i->quantity);
    unit.push_back(!i->unit.empty()                                                 ? i->unit
                   : group_of(*i) == "other" && !i->quantity.starts_with("before_") ? "per f.u."
                                                                                    : "e");
    help.push_back(i->help);
    group.push_back(group_of(*i));
    prior.push_back(i->prior);
    posterior.push_back(i->posterior);
    closed.push_back(i->closed);
    measured.push_back(i->measured ? i->measured->value : not_a_number);
    variance.push_back(i->measured ? i->measured->variance : 0);
    flags.emplace_back(i->measured ? "ok" : "not measured");
    smallest.push_back(i->smallest.value_or(not_a_number));
    constexpr double beside = 0.12;  // so that the three of one element do not cover each other
    middle.push_back(static_cast<double>(std::ranges::count(group, group.back())));
    left.push_back(middle.back() - beside);
    right.push_back(middle.back() + beside);
  }
  Table out{
      .name = "implications",
      .title = "What every probe would see",
      .columns = {word_column("quantity", "Which number", name),
                  number_column("measured", "", "As it was measured, with everything in its error", measured, variance),
                  interval_column("posterior", "", "After the data: median", posterior),
                  bounds_column("posterior_95", "95 % interval of it", posterior),
                  bounds_column("closed_95", "95 % interval after the data if nothing enters or leaves the grain",
                                closed),
                  bounds_column("prior_95", "95 % interval before the data", prior),
                  number_column("smallest", "", "Smallest change that instruments of the kind resolve", smallest),
                  word_column("unit", "Unit of all of them", unit), word_column("means", "What it is", help),
                  interval_column("closed", "", "After the data if nothing enters or leaves the grain: median", closed),
                  interval_column("prior", "", "Before the data: median", prior),
                  word_column("group", "surface, bulk or other", group),
                  number_column("place", "", "Where the figure draws the posterior", middle),
                  number_column("place_prior", "", "Where it draws the prior", left),
                  number_column("place_measured", "", "Where it draws the measurement", right),
                  word_column("flags", "\"ok\", or not measured", flags)},
      .flags = "flags"};
  for (Column& c : out.columns) {
    const bool file_only = c.name == "closed" || c.name == "prior" || c.name == "group" || c.name.starts_with("place");
    c.shown.hidden = file_only;
    if (c.name.ends_with("_95")) c.shown.name = c.name.substr(0, c.name.size() - 3) + ", 95 %";
    c.shown.digits = 2;
    if (c.name.starts_with("closed")) c.gaps = "No closed grain has weight.";
    if (c.name == "smallest") c.gaps = "The particle's file does not say what instruments resolve of it.";
  }
  out.brief = {"quantity", "measured", "posterior_95", "closed_95", "smallest", "unit"};
  return out;
}

Table ledger_table(const Ledger& l) {
  std::vector<std::string> name, words;
  std::vector<Interval> value;
  for (const LedgerLine* line : {&l.metals, &l.oxygen, &l.depth, &l.sum}) {
    name.push_back(line->name);
    words.push_back(line->words);
    value.push_back(line->value);
  }
  Table out{
      .name = "ledger",
      .title = "Electrons given and taken",
      .columns = {integer_column("place", "Where the figure draws it", {1, 2, 3, 4}), word_column("line", "Name", name),
                  interval_column("electrons", "", "Electrons per formula unit: median", value),
                  bounds_column("electrons_95", "95 % interval of it", value),
                  word_column("means", "What it is", words)}};
  out.columns[0].shown.hidden = true;
  out.columns[2].shown.digits = 2;
  out.columns[3].shown.name = "95 %";
  out.brief = {"means", "electrons", "electrons_95"};
  return out;
}

Table adequacy_table(const InferenceOutcome& o) {
  std::vector<std::string> name, unit;
  std::vector<double> measured, sigma, z, p;
  std::vector<Interval> predicted;
  std::vector<std::int64_t> place;
  for (const Adequacy& a : o.adequacy) {
    place.push_back(static_cast<std::int64_t>(place.size()) + 1);
    name.push_back(a.name);
    unit.push_back(a.unit.empty() ? "e" : a.unit);
    measured.push_back(a.measured);
    sigma.push_back(a.sigma);
    predicted.push_back(a.predicted);
    z.push_back((a.measured - a.predicted.mean) / std::hypot(a.sigma, a.predicted.sd));
    p.push_back(a.p);
  }
  Table out{.name = "observed_data",
            .title = "What was measured, and what the joint state gives",
            .columns = {integer_column("place", "Where the figure draws it", place),
                        word_column("value", "Which value", name), word_column("unit", "Its unit", unit),
                        number_column("measured", "", "Measured, with artefacts and scatter in its error", measured,
                                      sigmas_squared(sigma)),
                        interval_column("predicted", "", "Of the posterior, without noise", predicted),
                        number_column("deviation", "", "Measured less predicted over both errors", z),
                        number_column("p", "", "Chance of a larger deviation", p)}};
  out.columns.front().shown.hidden = true;
  out.columns[4].shown.digits = 4;
  out.columns[5].shown.digits = 2;
  out.columns[6].shown.digits = 2;
  return out;
}

Table excluded_table(const InferenceOutcome& o) {
  std::vector<std::string> name, state, why;
  for (const Excluded& e : o.evidence.excluded) {
    name.push_back(e.observable);
    state.push_back(e.state);
    why.push_back(e.why);
  }
  return {.name = "excluded",
          .title = "What did not enter",
          .columns = {word_column("observable", "Name", name), word_column("state", "State", state),
                      word_column("why", "Why", why)}};
}

Table correlation_table(const InferenceOutcome& o) {
  std::vector<std::string> one, other;
  std::vector<double> r;
  for (const auto& c : o.correlated) {
    one.push_back(c.one);
    other.push_back(c.other);
    r.push_back(c.r);
  }
  Table out{.name = "correlations",
            .title = "Numbers that the data tie together",
            .columns = {word_column("one", "Quantity", one), word_column("other", "Quantity", other),
                        number_column("correlation", "", "Correlation over the posterior, above 0.9 in size", r)}};
  out.columns[2].shown.digits = 2;
  return out;
}

// Draws in proportion to their weight, as tables: quantities, and what of them is on.
Table draw_table(const InferenceOutcome& o, bool posterior) {
  constexpr std::size_t count = 1000;
  const auto& draws = posterior ? o.posterior.draws : o.prior.draws;
  const auto& views = posterior ? o.posterior.views : o.prior.views;
  const auto& weight = posterior ? o.posterior.weight : o.prior.weight;
  std::vector<std::size_t> picked;
  double sum = 0;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    sum += weight[i];
    while (picked.size() < count && (static_cast<double>(picked.size()) + 0.5) / count <= sum) picked.push_back(i);
  }
  std::vector<std::int64_t> on, run;
  std::vector<double> log_likelihood;
  for (const std::size_t i : picked) {
    on.push_back(static_cast<std::int64_t>(draws[i].on));
    run.push_back(draws[i].run);
    if (posterior) log_likelihood.push_back(o.posterior.log_likelihood[i]);
  }
  Table out{.name = posterior ? "posterior" : "prior",
            .title = posterior ? "Draws of the posterior" : "Draws of the prior",
            .columns = {integer_column("processes", "Which are on, as bits in the order of the table of processes", on),
                        integer_column("run", "Number of the particle's run in the library", run)},
            .bulk = true};
  if (posterior)
    out.columns.push_back(number_column("log_joint", "", "Logarithm of the joint likelihood", log_likelihood));
  for (std::size_t i = 0; i < o.evidence.names.size(); ++i) {
    std::vector<double> values;
    for (const std::size_t k : picked) values.push_back(views[k].seen[i]);
    out.columns.push_back(number_column(fmt::format("value_{}", i + 1), o.evidence.units[i],
                                        "What the state shows of: " + o.evidence.names[i], std::move(values)));
  }
  for (std::size_t q = 0; q < o.quantities.size(); ++q) {
    std::vector<double> values;
    for (const std::size_t i : picked) values.push_back(views[i].quantities[q]);
    out.columns.push_back(number_column(o.quantities[q].name, o.quantities[q].unit == "1" ? "" : o.quantities[q].unit,
                                        o.quantities[q].help, std::move(values)));
  }
  return out;
}

// Of every value alone at every draw of the posterior: what tools that compare models take.
Table likelihood_table(const InferenceOutcome& o, const Table& posterior) {
  Table out{.name = "log_likelihood", .title = "Logarithm of each value's own likelihood", .bulk = true};
  const JointLikelihood& l = o.evidence.likelihood;
  const std::vector<double> values = l.values(), covariance = l.covariance();
  const std::size_t n = l.size();
  std::vector<double> all;
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> of;
    const double variance = covariance[i * n + i];
    for (std::size_t k = 0; k < posterior.rows(); ++k) {
      const double r = values[i] - posterior.columns[3 + i].number(k);
      of.push_back(-0.5 * (r * r / variance + std::log(2 * std::numbers::pi * variance)));
    }
    out.columns.push_back(
        number_column(fmt::format("value_{}", i + 1), "", "Of " + o.evidence.names[i], std::move(of)));
  }
  return out;
}

void add_numbers(const InferenceOutcome& o, result::Result& out) {
  const auto number = [&](const char* name, const char* unit, const char* help, double value) {
    out.numbers.push_back({.name = name, .unit = unit, .help = help, .value = core::Value::exact(value)});
    out.numbers.back().shown.digits = 3;
  };
  number("values", "", "Values that entered", static_cast<double>(o.evidence.likelihood.size()));
  number("states", "", "States that were weighed", static_cast<double>(o.posterior.draws.size()));
  number("effective_states", "", "States that count: one over the sum of squared weights", o.posterior.effective);
  number("effective_runs", "", "Runs of the particle that count, among states in which lithium moves",
         o.posterior.effective_runs);
  number("r_hat", "", "Worst ratio of widths between and within four independent parts of the draws", o.worst_r_hat);
  number("least_chi_squared", "", "Chi squared of the best state", o.posterior.least_chi_squared);
  number("p_of_all", "", "Chance of a larger chi squared, mean over the posterior", o.p_of_all);
  number("p_of_closed", "", "The same over states in which nothing enters or leaves the grain", o.p_of_closed);
  number("probability_of_closed", "", "Probability of those states", o.closed_probability);
  for (const Process p : o.allowed) {
    std::string name = std::string{"probability_"} + name_of(p);
    std::ranges::replace(name, ' ', '_');
    number(name.c_str(), "", words_of(p), o.posterior.probability_of(p));
  }
  if (o.ledger) {
    const Interval& s = o.ledger->sum.value;
    out.numbers.push_back({.name = "ledger_sum",
                           .unit = "",
                           .help = "Electrons per formula unit without a taker; a closed grain: 0",
                           .value = core::Value::with_sigma(s.mean, s.sd),
                           .low = s.low,
                           .high = s.high});
  }
}

}  // namespace

std::string rounded(double v, double sd) {
  const int digits =
      sd > 0 && std::isfinite(sd) ? std::clamp(1 - static_cast<int>(std::floor(std::log10(sd))), 0, 4) : 3;
  if (std::abs(v) < 0.5 * std::pow(10.0, -digits)) v = 0;
  std::string out = fmt::format("{:.{}f}", v, digits);
  if (out.starts_with('-')) out.replace(0, 1, "\u2212");
  return out;
}

std::string with_interval(const Interval& i, const std::string& unit) {
  const double width = std::max((i.high - i.low) / 4, 1e-6);
  const std::string after = unit.empty() ? "" : " " + unit;
  return fmt::format("{}{} (95 %: {} to {}{})", rounded(i.median, width), after, rounded(i.low, width),
                     rounded(i.high, width), after);
}

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i)
    out += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return out;
}

std::string amount_quantity(Process process) {
  static constexpr std::array names{"surface_lithium", "stabilised", "reservoir", "shell", "brightness"};
  return names[static_cast<std::size_t>(process)];
}

result::Result describe(const InferenceOutcome& outcome) {
  result::Result out;
  add_numbers(outcome, out);
  if (!outcome.changes.empty()) out.tables.push_back(change_table(outcome));
  if (outcome.ledger) out.tables.push_back(ledger_table(*outcome.ledger));
  out.tables.push_back(process_table(outcome));
  out.tables.push_back(implication_table(outcome));
  if (!outcome.adequacy.empty()) out.tables.push_back(adequacy_table(outcome));
  if (!outcome.evidence.excluded.empty()) out.tables.push_back(excluded_table(outcome));
  if (!outcome.correlated.empty()) out.tables.push_back(correlation_table(outcome));
  out.tables.push_back(prior_table(outcome.library));
  out.tables.push_back(draw_table(outcome, false));
  out.tables.push_back(draw_table(outcome, true));
  if (outcome.evidence.likelihood.size() > 0) out.tables.push_back(likelihood_table(outcome, out.tables.back()));
  add_figures(outcome, out);
  add_page(outcome, out);
  return out;
}

}  // namespace lithoscope::infer
