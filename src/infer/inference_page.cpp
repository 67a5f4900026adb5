// What the joint state says in words.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "inference_parts.hpp"
#include "lithoscope/core/statistics.hpp"

namespace lithoscope::infer {
namespace {

using result::DepthLaw;

constexpr double poor_fit = 0.05;

bool is_surface(const MeasuredChange& m) { return m.meaning == Meaning::valence && m.law == DepthLaw::surface; }
bool is_bulk(const MeasuredChange& m) { return m.meaning == Meaning::valence && m.law == DepthLaw::fluorescence; }

std::string value_text(const core::Value& v, const std::string& unit) {
  return fmt::format("{} \u00b1 {}{}", rounded(v.value, v.sigma()), rounded(v.sigma(), v.sigma()),
                     unit.empty() ? "" : " " + unit);
}

// "Near the surface Ni changed by ... and Mn by ... . No change of Co is seen there; one beyond 0.05 e (Co) is
// excluded."
std::string changes_of(const InferenceOutcome& o, bool (*which)(const MeasuredChange&), const std::string& where) {
  std::vector<std::string> changed, same, bounds;
  for (const MeasuredChange& m : o.changes) {
    if (!which(m)) continue;
    const double half = core::two_sided_95 * m.value.sigma();
    if (std::abs(m.value.value) > half) {
      changed.push_back(fmt::format("{} changed by {}", m.element, value_text(m.value, "e")));
    } else {
      same.push_back(m.element);
      bounds.push_back(fmt::format("{} e ({})", rounded(std::abs(m.value.value) + half, half), m.element));
    }
  }
  std::string out;
  if (!changed.empty()) out = fmt::format("{} {}.", where, listed(changed));
  if (same.empty()) return out;
  const std::string place = changed.empty() ? where + " no" : " No";
  return out + fmt::format("{} change of {} is seen{}; a change beyond {} is excluded at 95 %.", place, listed(same),
                           changed.empty() ? "" : " there", listed(bounds));
}

std::string change_of(const InferenceOutcome& o, Meaning meaning, const std::string& what) {
  for (const MeasuredChange& m : o.changes) {
    if (m.meaning != meaning) continue;
    const double half = core::two_sided_95 * m.value.sigma();
    if (std::abs(m.value.value) > half)
      return fmt::format("{} {} by {}.", what, m.value.value > 0 ? "rises" : "falls",
                         value_text({std::abs(m.value.value), m.value.variance}, "%"));
    return fmt::format("No change of {} is seen: any larger than {} % is excluded at 95 %.", what,
                       rounded(std::abs(m.value.value) + half, m.value.sigma()));
  }
  return {};
}

std::string gas_of(const InferenceOutcome& o) {
  for (const MeasuredChange& m : o.changes) {
    if (m.meaning != Meaning::oxygen_gas) continue;
    const double half = core::two_sided_95 * m.value.sigma();
    if (m.value.value > half) return fmt::format("{} of O2 was released.", value_text(m.value, "umol/g"));
    return fmt::format("No release of O2 is seen: more than {} umol/g is excluded at 95 %.",
                       rounded(std::max(m.value.value, 0.0) + half, m.value.sigma()));
  }
  return {};
}

const Implication* implication(const InferenceOutcome& o, const std::string& quantity) {
  const auto found = std::ranges::find(o.implications, quantity, &Implication::quantity);
  return found == o.implications.end() ? nullptr : &*found;
}

// Whether instruments that resolve `smallest` would have seen it.
std::string could_be_seen(const InferenceOutcome& o, const Implication& i) {
  if (!i.smallest) return {};
  const std::size_t q = o.quantity(i.quantity);
  double seen = 0, total = 0;
  for (std::size_t k = 0; k < o.posterior.draws.size(); ++k) {
    if (!is_closed(o.posterior.draws[k].on)) continue;
    total += o.posterior.weight[k];
    if (std::abs(o.posterior.views[k].quantities[q]) > *i.smallest) seen += o.posterior.weight[k];
  }
  const double share = total > 0 ? seen / total : 0;
  const std::string limit =
      fmt::format("data that resolve {:.3g} {} ({})", *i.smallest, i.unit.empty() ? "e" : i.unit, i.because);
  constexpr double few = 0.025;
  if (share < few) return ": " + limit + " could not have seen it";
  if (share > 1 - few) return ": " + limit + " would have seen it";
  return fmt::format(": {} would have seen it in {:.0f} % of these cases", limit, 100 * share);
}

// What a grain that nothing enters or leaves implies of the oxygen feature.
std::string closed_grain(const InferenceOutcome& o) {
  const Implication* feature = implication(o, "feature");
  if (feature == nullptr || !(o.closed_probability > 0)) return {};
  std::vector<std::string> probes;
  if (std::ranges::any_of(o.changes, is_surface)) probes.emplace_back("electrons");
  if (std::ranges::any_of(o.changes, is_bulk)) probes.emplace_back("fluorescence");
  const std::string from = feature->measured ? "With everything that was measured"
                           : probes.empty()  ? "Within the priors"
                                             : "With what " + listed(probes) + " saw";
  std::string out =
      fmt::format("{}, a grain that nothing enters or leaves implies a change of the oxygen feature by {}", from,
                  with_interval(feature->closed, "%"));
  if (feature->measured) {
    const double sd = std::hypot(feature->measured->sigma(), feature->closed.sd);
    const double z = (feature->measured->value - feature->closed.mean) / sd;
    out += fmt::format("; the map gives {}", value_text(*feature->measured, "%"));
    if (std::abs(z) > core::two_sided_95)
      out += fmt::format(", {:.1f} standard deviations {}", std::abs(z), z > 0 ? "more" : "less");
    return out + ".";
  }
  return out + could_be_seen(o, *feature) + ".";
}

std::string ledger_sentence(const Ledger& l) {
  const Interval& s = l.sum.value;
  const bool open = s.low > 0 || s.high < 0;
  std::string out = fmt::format(
      "Electrons: the metals give {} and oxygen {} per formula unit; with {} for the depths of the two probes the sum "
      "is {}",
      rounded(l.metals.value.mean, l.metals.value.sd), rounded(l.oxygen.value.mean, l.oxygen.value.sd),
      rounded(l.depth.value.mean, l.depth.value.sd), with_interval(s, ""));
  if (open) return out + ": the ledger of a closed grain does not close, or oxygen answers light differently.";
  const double half = std::max(std::abs(s.low), std::abs(s.high));
  return out + fmt::format(": it closes, and a sum beyond {} is excluded at 95 %.", rounded(half, s.sd));
}

// Surface above bulk before the treatment, for each element that both probes saw.
std::string voltmeter(const InferenceOutcome& o) {
  const auto& observables = o.evidence.likelihood.observables();
  struct Offset {
    std::string element;
    core::Value value;
  };
  std::vector<Offset> offsets;
  for (const particle::Cation& c : o.library.cations) {
    const result::Observable *surface = nullptr, *bulk = nullptr;
    for (const result::Observable& x : observables) {
      if (x.state != o.before || !x.against.empty()) continue;
      if (x.name == "valence/" + c.element + "/electrons") surface = &x;
      if (x.name == "valence/" + c.element + "/fluorescence") bulk = &x;
    }
    if (surface == nullptr || bulk == nullptr) continue;
    result::Observable one = *bulk;
    one.name = surface->name;
    const result::Observable offset = result::change_of(one, *surface);
    const core::Value v{offset.values[0], offset.total_variance(0)};
    offsets.push_back({c.element, v});
  }
  if (offsets.empty()) return {};
  // any of several elements may speak: each at its part of the error rate
  const double sure = core::score_of_tail(0.025 / static_cast<double>(offsets.size()));
  std::vector<std::string> said;
  bool above = false, below = false;
  for (const Offset& offset : offsets) {
    said.push_back(fmt::format("{} {}", offset.element, value_text(offset.value, "e")));
    above = above || offset.value.value > sure * offset.value.sigma();
    below = below || offset.value.value < -sure * offset.value.sigma();
  }
  const char* reading =
      above && !below ? "That is the order in which lithium flows outwards"
      : below && !above
          ? "That is not the order in which lithium flows outwards, unless the surface differs for another reason, too"
      : above ? "The elements disagree on whether lithium could flow outwards"
              : "Whether lithium could flow outwards is not decided by it";
  return fmt::format(
      "Voltmeter: before, the surface differs from the bulk by {}. Lithium flows outwards only where the metals near "
      "the surface are more oxidised than in the bulk. {}.",
      listed(said), reading);
}

// What a gradient that lithium alone removes needs of the wait.
std::string memory(const InferenceOutcome& o) {
  const auto prior = std::ranges::find(o.library.priors, std::string{"transport.rest_slowdown"}, &Prior::parameter);
  if (prior == o.library.priors.end()) return {};
  const auto column = static_cast<std::size_t>(prior - o.library.priors.begin());
  const std::string element = o.library.cations.front().element;
  const std::size_t q = o.quantity("surface_" + element);
  constexpr double drop = 0.05;
  std::vector<double> slow;
  for (std::size_t i = 0; i < o.prior.draws.size(); ++i) {
    const StateDraw& d = o.prior.draws[i];
    if (d.on == bit_of(Process::lithium) && o.prior.views[i].quantities[q] < -drop)
      slow.push_back(o.library.runs[static_cast<std::size_t>(d.run)].values[column]);
  }
  constexpr std::size_t enough = 40;
  if (slow.size() < enough) return {};
  std::ranges::sort(slow);
  const double most = slow[static_cast<std::size_t>(0.95 * static_cast<double>(slow.size()))];
  constexpr double hardly = 0.5;
  if (most > hardly)
    return fmt::format(
        "Memory: within the priors, lithium can lower {} near the surface by {} e or more though its diffusion does "
        "not "
        "slow down at rest.",
        element, drop);
  return fmt::format(
      "Memory: of the runs within the priors in which lithium lowers {} near the surface by {} e or more, 95 % have a "
      "diffusion that slows down at rest to {:.2g} or less of that during the charge.",
      element, drop, most);
}

std::string verdict_sentence(const InferenceOutcome& o) {
  const Verdict v = verdict_of(o.posterior, o.allowed);
  const auto names = [&](const std::vector<Process>& which) {
    std::vector<std::string> out;
    for (const Process p : which) out.push_back(fmt::format("{} ({:.2f})", name_of(p), o.posterior.probability_of(p)));
    return listed(out);
  };
  std::string out;
  const auto add = [&](const std::string& sentence) { out += (out.empty() ? "" : " ") + sentence; };
  if (!v.shown.empty()) add(fmt::format("Shown (odds above 100): {}.", names(v.shown)));
  if (!v.favoured.empty()) add(fmt::format("Favoured (odds above 10): {}.", names(v.favoured)));
  for (const auto& [a, b] : v.either)
    add(fmt::format("One of {} and {} is favoured, and these probes do not tell which.", name_of(a), name_of(b)));
  if (!v.not_needed.empty()) add(fmt::format("Not needed (odds below 0.1): {}.", names(v.not_needed)));
  if (out.empty()) return "No process is favoured and none is excluded: these data do not decide what happened.";
  if (!v.undecided.empty()) add(fmt::format("Not decided: {}.", names(v.undecided)));
  return out;
}

std::string confidence_of(const InferenceOutcome& o) {
  return fmt::format(
      "{} values were weighed against {} states of {} runs of the particle; {:.0f} states count, and four independent "
      "parts of them agree to an R-hat of {:.3f}. The best state has a chi squared of {:.1f}; the chance of a larger "
      "one is {:.2f}.",
      o.evidence.likelihood.size(), o.posterior.draws.size(), o.library.runs.size(), o.posterior.effective,
      o.worst_r_hat, o.posterior.least_chi_squared, o.p_of_all);
}

void add_warnings(const InferenceOutcome& o, result::Result& out) {
  if (o.evidence.likelihood.size() > 0 && o.p_of_all < poor_fit) {
    const auto worst = std::ranges::min_element(o.adequacy, {}, &Adequacy::p);
    out.warnings.push_back(
        fmt::format("No state within the priors describes what was measured well (chance of a larger chi squared "
                    "{:.2g}); the worst value is {} (chance {:.2g}). Intervals are of a model that does not fit.",
                    o.p_of_all, worst->name, worst->p));
  } else if (o.p_of_closed < poor_fit && o.closed_probability < poor_fit) {
    out.warnings.push_back(
        fmt::format("A grain that nothing enters or leaves, whose oxygen answers light as before, does not describe "
                    "what was measured (probability {:.2g}): what it implies is printed for comparison.",
                    o.closed_probability));
  }
  constexpr double few_states = 100, few_runs = 30, loose = 1.05;
  if (o.posterior.effective < few_states)
    out.warnings.push_back(
        fmt::format("Only {:.0f} of the drawn states count: intervals and probabilities are rough. More draws "
                    "(`draws`) or more runs (`runs`) of [inference] help.",
                    o.posterior.effective));
  if (o.posterior.probability_of(Process::lithium) > poor_fit && o.posterior.effective_runs < few_runs)
    out.warnings.push_back(
        fmt::format("Only {:.0f} runs of the particle count among states in which lithium moves; more runs (`runs` of "
                    "[inference]) help.",
                    o.posterior.effective_runs));
  if (o.worst_r_hat > loose)
    out.warnings.push_back(
        fmt::format("Independent parts of the draws disagree (R-hat {:.2f}, above {}).", o.worst_r_hat, loose));
  constexpr double still_layered_K = 273.15 + 150;
  if (o.library.temperature_K > still_layered_K)
    out.warnings.push_back(
        fmt::format("At {:.0f} \u00b0C the oxide itself changes: new phases are described by the process "
                    "\"reconstruction\" at the surface alone.",
                    o.library.temperature_K - 273.15));
  for (const std::string& failed : o.failed_steps)
    out.warnings.push_back(fmt::format("\"{}\" has no result and did not enter.", failed));
}

void add_gate(const InferenceOutcome& o, result::Result& out) {
  constexpr std::string_view undefined = "What it means in the particle";
  std::vector<std::string> unusable;
  for (const Excluded& e : o.evidence.excluded) {
    if (!e.why.starts_with(undefined) && !e.why.starts_with("It was not measured"))
      unusable.push_back(fmt::format("{} ({}): {}", e.observable, e.state, e.why));
  }
  for (const std::string& one : unusable) out.gate += (out.gate.empty() ? "Excluded: " : " ") + one;
}

void add_sections(const InferenceOutcome& o, result::Result& out) {
  const auto put = [&](std::string title, std::vector<std::string> words, std::vector<std::string> figures,
                       std::vector<std::string> tables) {
    std::erase_if(tables, [&](const std::string& t) { return out.find_table(t) == nullptr; });
    std::erase_if(figures, [&](const std::string& f) {
      return std::ranges::find(out.figures, f, &result::Figure::name) == out.figures.end();
    });
    std::erase(words, std::string{});
    out.sections.push_back({.title = std::move(title),
                            .paragraphs = std::move(words),
                            .figures = std::move(figures),
                            .tables = std::move(tables)});
  };
  put("What changed", {}, {"inferred-surface", "inferred-bulk"}, {"changes"});
  if (o.ledger) {
    const Ledger& l = *o.ledger;
    std::string rests = fmt::format(
        "The oxygen line rests on {} holes per formula unit before, of the capacity and the particle's levels; it "
        "assumes that a hole answers light as before.",
        with_interval(l.holes, ""));
    if (std::ranges::none_of(o.changes, is_bulk))
      rests += " No metal was measured by fluorescence: the metals' line is what the other probes leave.";
    const std::string scale =
        l.scale_share > 0
            ? fmt::format("The scale between the two states makes {:.0f} % of the sum's variance.", 100 * l.scale_share)
            : std::string{};
    put("The ledger", {std::move(rests), scale}, {"ledger"}, {"ledger"});
  }
  put("Voltmeter and memory", {voltmeter(o), memory(o)}, {}, {});
  put("What may have happened",
      {"Each process was given a probability of 0.5, in every combination with the others. Energy scales, "
       "normalisation, references and scatter between pieces are allowed for in every one of them.",
       "The probabilities depend on the priors: how wide each amount was drawn. A process that no probe of this study "
       "sees stays near 0.5."},
      {"processes"}, {"processes"});
  put("What this implies for every probe",
      {"A bound is as good as the priors where the data say nothing: compare the columns."}, {"posterior"},
      {"implications"});
  put("What to distrust", {}, {"adequacy"}, {"observed_data", "excluded", "correlations", "priors"});
}

}  // namespace

void add_page(const InferenceOutcome& o, result::Result& out) {
  out.asked =
      fmt::format("Asked: what happened to the particle between \"{}\" and \"{}\", and do its electrons add up?",
                  o.before, o.after);
  const auto answer = [&](std::string text) {
    if (!text.empty()) out.answers.push_back(std::move(text));
  };
  answer(changes_of(o, is_surface, "Near the surface"));
  answer(changes_of(o, is_bulk, "In the bulk"));
  answer(change_of(o, Meaning::feature_change, "the oxygen feature"));
  answer(change_of(o, Meaning::pre_edge_change, "the oxygen pre-edge"));
  answer(gas_of(o));
  if (!out.answers.empty())
    for (std::string& a : out.answers) a[0] = static_cast<char>(a[0] >= 'a' && a[0] <= 'z' ? a[0] - 32 : a[0]);
  if (out.answers.empty())
    answer(
        "Nothing was measured in both states that a state of the particle explains: what follows is the priors alone.");
  answer(closed_grain(o));
  if (o.ledger) answer(ledger_sentence(*o.ledger));
  if (!o.changes.empty()) answer(verdict_sentence(o));
  out.confidence.push_back(confidence_of(o));
  add_warnings(o, out);
  add_gate(o, out);
  out.remarks = o.library.remarks;
  add_sections(o, out);
}

}  // namespace lithoscope::infer
