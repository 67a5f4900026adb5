// What a run answers, with what its assumptions leave open: tables of the answer, of the assumptions and of where every
// number is from.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "particle_parts.hpp"

namespace lithoscope::programme {

using result::number_column;
using result::Table;
using result::word_column;

namespace {

const particle::Quantity* quantity_of(const ParticleOutcome& outcome, const std::string& name) {
  const auto found = std::ranges::find(outcome.summary, name, &particle::Quantity::name);
  return found == outcome.summary.end() ? nullptr : &*found;
}

const Spread* spread_of(const ParticleOutcome& outcome, const std::string& name) {
  const auto& spreads = outcome.assumptions.spreads;
  const auto found = std::ranges::find(spreads, name, &Spread::quantity);
  return found == spreads.end() ? nullptr : &*found;
}

// What the answer is about: what the paper reports, or else every change of the branches.
std::vector<Reported> asked_of(const ParticleOutcome& outcome) {
  std::vector<Reported> out;
  for (const Reported& r : outcome.file.reported) {
    if (quantity_of(outcome, r.quantity) != nullptr) out.push_back(r);
  }
  if (!out.empty()) return out;
  for (const Spread& s : outcome.assumptions.spreads) {
    const bool told = s.quantity.find(".delta_tey_valence") != std::string::npos ||
                      s.quantity.find(".delta_pfy_valence") != std::string::npos ||
                      s.quantity.ends_with(".rixs_change");
    if (told) out.push_back({.quantity = s.quantity});
  }
  return out;
}

// Whether a change is larger than what data resolve: over the whole interval of the assumptions, nowhere in it, or in
// part of it.
std::string verdict_on(const particle::Quantity& q, const Spread* s, double resolves) {
  const double low = s != nullptr ? s->low : q.value, high = s != nullptr ? s->high : q.value;
  const double least = low <= 0 && high >= 0 ? 0 : std::min(std::abs(low), std::abs(high));
  const double most = std::max({std::abs(low), std::abs(high), std::abs(q.value)});
  if (most < resolves) return "not seen";
  return least >= resolves && std::abs(q.value) >= resolves ? "seen" : "assumptions decide";
}

// "heat.delta_tey_valence.Ni" for a person.
std::string spoken(const std::string& quantity) {
  const auto dot = quantity.find('.');
  const std::string leg = quantity.substr(0, dot), what = quantity.substr(dot + 1);
  const auto element = what.rfind('.') == std::string::npos ? std::string{} : what.substr(what.rfind('.') + 1);
  if (what.starts_with("delta_tey_valence")) return element + " at the surface (electron yield), " + leg;
  if (what.starts_with("delta_pfy_valence")) return element + " in the bulk (fluorescence), " + leg;
  if (what == "rixs_change") return "oxygen feature (RIXS), " + leg;
  return what + ", " + leg;
}

}  // namespace

Table answer_table(const ParticleOutcome& outcome) {
  std::vector<std::string> seen, unit, words, verdict, why;
  std::vector<double> value, low, high, resolves;
  for (const Reported& r : asked_of(outcome)) {
    const particle::Quantity& q = *quantity_of(outcome, r.quantity);
    const Spread* s = spread_of(outcome, r.quantity);
    seen.push_back(spoken(r.quantity) + (q.unit == "%" ? ", %" : ""));
    unit.push_back(q.unit == "%" ? "%" : "e");
    // what the solver's tolerance allows is nothing
    const auto settled = [&](double v) { return std::abs(v) < outcome.file.model.numerics.tolerance ? 0 : v; };
    value.push_back(settled(q.value));
    low.push_back(s != nullptr ? settled(s->low) : result::not_a_number);
    high.push_back(s != nullptr ? settled(s->high) : result::not_a_number);
    resolves.push_back(r.resolves.value_or(result::not_a_number));
    words.push_back(r.words);
    why.push_back(r.why);
    verdict.push_back(r.resolves ? verdict_on(q, s, *r.resolves) : "");
  }
  const std::string assumed = fmt::format("of the central 95 % of {} draws of the assumed parameters",
                                          outcome.assumptions.draws - outcome.assumptions.failed);
  Table out{
      .name = "answer",
      .title = "What this particle would show",
      .columns = {word_column("observable", "What changes, where it is seen, and in which branch", seen),
                  word_column("unit", "Unit of the row", unit),
                  number_column("change", "", "Change from the start of the branch to its end, this particle", value),
                  number_column("low", "", "Lower end " + assumed, low),
                  number_column("high", "", "Upper end " + assumed, high),
                  number_column("resolves", "", "Smallest change that data of the paper's kind resolve", resolves),
                  word_column("verdict",
                              "Whether the change is larger than that: over all assumptions, over none, or they decide",
                              verdict),
                  word_column("reported", "What the paper reports", words),
                  word_column("because", "Where the smallest resolved change is from", why)}};
  for (std::size_t i = 2; i <= 5; ++i) out.columns[i].shown.digits = 3;
  out.columns[2].shown.name = "this particle";
  out.columns[5].shown.name = "resolved from";
  out.columns[1].shown.hidden = out.columns[8].shown.hidden = true;
  for (std::size_t i = 3; i <= 5; ++i) out.columns[i].gaps = "Nothing is told or assumed of it.";
  return out;
}

std::string answer_sentence(const ParticleOutcome& outcome) {
  std::string seen, unseen, open;
  for (const Reported& r : asked_of(outcome)) {
    if (!r.resolves) continue;
    const particle::Quantity& q = *quantity_of(outcome, r.quantity);
    const Spread* s = spread_of(outcome, r.quantity);
    const bool per_cent = q.unit == "%";
    const auto number = [&](double v) { return signed_text(v, per_cent ? 1 : 3); };
    std::string text = fmt::format("{} {}{}", spoken(r.quantity).substr(0, spoken(r.quantity).find(" (")),
                                   number(q.value), per_cent ? " %" : "");
    if (s != nullptr && outcome.assumptions.draws > 0)
      text += fmt::format(" ({} to {})", number(s->low), number(s->high));
    const std::string verdict = verdict_on(q, s, *r.resolves);
    std::string& list = verdict == "seen" ? seen : verdict == "not seen" ? unseen : open;
    list += (list.empty() ? "" : ", ") + text;
  }
  std::string out;
  const auto add = [&](const char* words, const std::string& list) {
    if (!list.empty()) out += fmt::format("{}{} {}", out.empty() ? "" : "; ", words, list);
  };
  add("data of the paper's kind would see", seen);
  add("data of the paper's kind would not see", unseen);
  add("the assumptions decide whether they would see", open);
  if (out.empty()) return out;
  out.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(out.front())));
  return out + (outcome.assumptions.draws > 0 ? ". In brackets: over the ranges of the assumed numbers." : ".");
}

Table parameters_table(const ProgrammeFile& file) {
  particle::Model model = file.model;
  particle::Programme programme = file.programme;
  std::vector<particle::Parameter> all = particle::parameters(model);
  for (particle::Parameter& p : particle::parameters(programme)) all.push_back(std::move(p));
  std::vector<std::string> name, unit, origin, words;
  std::vector<double> value, low, high;
  for (const OriginKind kind : {OriginKind::untold, OriginKind::given, OriginKind::assumed, OriginKind::derived,
                                OriginKind::paper, OriginKind::numeric}) {
    for (const Origin& o : file.origins) {
      if (o.kind != kind) continue;
      const auto p = std::ranges::find(all, o.parameter, &particle::Parameter::name);
      name.push_back(o.parameter);
      value.push_back(p != all.end() ? *p->number : result::not_a_number);
      unit.push_back(p != all.end() && p->unit != "1" ? p->unit : "");
      origin.push_back(name_of(o.kind));
      words.push_back(o.words);
      low.push_back(o.low.value_or(result::not_a_number));
      high.push_back(o.high.value_or(result::not_a_number));
    }
  }
  Table out{.name = "parameters",
            .title = "Every number and where it is from",
            .columns = {word_column("parameter", "Name, as a scan and --set call it", name),
                        number_column("value", "", "Its value in the unit beside it", value),
                        word_column("unit", "Unit of the row", unit),
                        word_column("origin", "The paper, an assumption, a derivation, the command line", origin),
                        number_column("low", "", "Least value that the assumption allows", low),
                        number_column("high", "", "Largest value that the assumption allows", high),
                        word_column("words", "Where in the paper, or why", words)}};
  out.columns[1].gaps = "It is no number.";
  for (std::size_t i = 4; i <= 5; ++i) out.columns[i].gaps = "No range is assumed.";
  return out;
}

Table levers_table(const ParticleOutcome& outcome) {
  const Assumptions& a = outcome.assumptions;
  std::vector<std::string> quantity, parameter, unit, note;
  std::vector<double> low, high, at_low, at_high, slope, value;
  std::vector<std::int64_t> place;
  for (const Reported& r : asked_of(outcome)) {
    const Spread* s = spread_of(outcome, r.quantity);
    if (s == nullptr) continue;
    const auto q = static_cast<std::size_t>(s - a.spreads.data());
    std::vector<const Lever*> order;
    for (const Lever& l : a.levers) order.push_back(&l);
    const auto width = [&](const Lever* l) {
      const double w = std::max(std::abs(l->at_low[q] - s->value), std::abs(l->at_high[q] - s->value));
      return std::isfinite(w) ? w : 0;
    };
    std::ranges::stable_sort(order, std::greater{}, width);
    for (std::size_t i = 0; i < order.size(); ++i) {
      const Lever& l = *order[i];
      quantity.push_back(r.quantity);
      place.push_back(static_cast<std::int64_t>(i));
      parameter.push_back(l.parameter);
      unit.push_back(l.unit == "1" ? "" : l.unit);
      value.push_back(s->value);
      low.push_back(l.low);
      high.push_back(l.high);
      at_low.push_back(l.at_low[q]);
      at_high.push_back(l.at_high[q]);
      slope.push_back(l.slope[q]);
      note.push_back(fmt::format("{}: {:.4g} at {:.3g}, {:.4g} at {:.3g} {}", l.parameter, l.at_low[q], l.low,
                                 l.at_high[q], l.high, unit.back()));
    }
  }
  Table out{.name = "levers",
            .title = "One assumption at a time",
            .columns = {word_column("quantity", "Number of the run", quantity),
                        result::integer_column("place", "Place among the assumptions, the strongest first", place),
                        word_column("parameter", "The assumption that is moved, the others stay", parameter),
                        word_column("unit", "Unit of the parameter", unit),
                        number_column("value", "", "The number as this run has it", value),
                        number_column("low", "", "Low end of the parameter's range", low),
                        number_column("high", "", "High end of the parameter's range", high),
                        number_column("at_low", "", "The number when the parameter is there", at_low),
                        number_column("at_high", "", "The number when the parameter is there", at_high),
                        number_column("slope", "", "Derivative of the number to the parameter, at this run", slope),
                        word_column("note", "The row in words", note)}};
  for (const std::size_t i : {std::size_t{7}, std::size_t{8}}) out.columns[i].gaps = "The programme cannot run there.";
  out.columns[9].gaps = "Runs carry no derivative to this parameter.";
  for (const std::size_t i : {std::size_t{1}, std::size_t{10}}) out.columns[i].shown.hidden = true;
  return out;
}

// The strongest assumptions behind one number, as bars from the run's value.
void add_tornado(const ParticleOutcome& outcome, result::Result& result) {
  const Table* levers = result.find_table("levers");
  if (levers == nullptr || levers->rows() == 0) return;
  constexpr std::size_t most_figures = 2, most_bars = 6;
  const auto& quantity = std::get<std::vector<std::string>>(levers->columns[0].values);
  const auto& parameter = std::get<std::vector<std::string>>(levers->columns[2].values);
  std::vector<std::string> drawn;
  for (const Reported& r : asked_of(outcome)) {
    // the first number of the surface, and the feature
    const bool wanted = drawn.empty() || r.quantity.ends_with("rixs_change");
    if (!wanted || drawn.size() == most_figures || std::ranges::find(quantity, r.quantity) == quantity.end()) continue;
    const Spread& s = *spread_of(outcome, r.quantity);
    result::Figure figure{
        .name = fmt::format("assumptions-{}", drawn.size() + 1),
        .title = fmt::format("What moves it most: {}", spoken(r.quantity)),
        .caption =
            fmt::format("Each assumed parameter at the low and the high end of its range, the others as in this run "
                        "(line at {:.3g}). Table \"levers\" has all of them, with derivatives.",
                        s.value),
        .x_axis = {"", ""},
        .y_axis = {s.unit == "%" ? "change" : "change of valence", s.unit == "%" ? "%" : "e"}};
    std::vector<std::string> top;
    std::vector<double> place, low, high, value;
    for (std::size_t i = 0; i < quantity.size() && top.size() < most_bars; ++i) {
      if (quantity[i] != r.quantity) continue;
      const auto dot = parameter[i].rfind('.');
      const bool step_or_couple = parameter[i].starts_with("step.") || parameter[i].starts_with("couple.");
      figure.x_ticks.push_back({static_cast<double>(top.size()), step_or_couple
                                                                     ? parameter[i].substr(parameter[i].find('.') + 1)
                                                                     : parameter[i].substr(dot + 1)});
      place.push_back(static_cast<double>(top.size()));
      low.push_back(std::get<std::vector<double>>(levers->columns[7].values)[i]);
      high.push_back(std::get<std::vector<double>>(levers->columns[8].values)[i]);
      value.push_back(s.value);
      top.push_back(parameter[i]);
    }
    drawn.push_back(r.quantity);
    Table bars{.name = fmt::format("assumptions_{}", drawn.size()),
               .title = figure.title,
               .columns = {word_column("parameter", "The assumption that is moved", top),
                           number_column("place", "", "Place in the figure", place),
                           number_column("at_low", "", "The number at the low end of the range", low),
                           number_column("at_high", "", "The number at the high end of the range", high),
                           number_column("value", "", "The number of this run", value)}};
    bars.columns[2].gaps = bars.columns[3].gaps = "The programme cannot run there.";
    const auto plot = [&](const char* name, result::Role role, result::Mark mark, const char* column) {
      figure.plots.push_back({.name = name,
                              .role = role,
                              .mark = mark,
                              .table = bars.name,
                              .x = "place",
                              .y = column,
                              .notes = "parameter"});
    };
    plot("low end", result::Role::primary, result::Mark::dots, "at_low");
    plot("high end", result::Role::second, result::Mark::dots, "at_high");
    plot("this run", result::Role::muted, result::Mark::dashed, "value");
    result.tables.push_back(std::move(bars));
    result.figures.push_back(std::move(figure));
  }
}

}  // namespace lithoscope::programme
