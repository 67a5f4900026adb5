#include "lithoscope/infer/evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace lithoscope::infer {
namespace {

using result::DepthLaw;
using result::Observable;

// How far a valence moves when the energy scale does, e/eV (detectability of L3 edges; others lie between).
double valence_per_eV(const std::string& element) {
  if (element == "Ni") return 0.65;
  if (element == "Co") return 1.2;
  if (element == "Mn") return 0.45;
  return 0.8;
}

bool is_feature(const std::vector<std::string>& parts) {
  return parts.size() == 3 && parts[0] == "feature" && parts[1] == "O" &&
         parts[2].find_first_not_of("0123456789-") == std::string::npos;
}
bool is_pre_edge(const std::vector<std::string>& parts) {
  return parts.size() == 3 && parts[0] == "feature" && parts[1] == "O" &&
         parts[2].find("pre-edge") != std::string::npos;
}

// The mean of the values that may be used, with what they share.
Observable averaged(const Observable& o) {
  std::vector<std::size_t> good;
  for (std::size_t i = 0; i < o.size(); ++i) {
    if ((o.flags.empty() || o.flags[i] == "ok") && std::isfinite(o.values[i])) good.push_back(i);
  }
  Observable out = o;
  const auto n = static_cast<double>(good.size());
  const auto covariance = [&](std::size_t i, std::size_t j) {
    if (!o.covariance.empty()) return o.covariance[i * o.size() + j];
    return i == j && !o.variance.empty() ? o.variance[i] : 0.0;
  };
  double value = 0, variance = 0;
  for (const std::size_t i : good) {
    value += o.values[i] / n;
    for (const std::size_t j : good) variance += covariance(i, j) / (n * n);
  }
  for (result::CommonMode& mode : out.common) {
    double shift = 0;
    for (const std::size_t i : good) shift += mode.shift[i] / n;
    mode.shift = {shift};
  }
  out.axis.clear();
  out.axis_name.clear();
  out.axis_unit.clear();
  out.values = {good.empty() ? result::not_a_number : value};
  out.variance = {variance};
  out.covariance.clear();
  out.flags = {"ok"};
  return out;
}

// After over before less one, in per cent: errors and causes relative, those that both share cancel.
Observable relative_change(const Observable& first, const Observable& second) {
  const Observable a = averaged(first), b = averaged(second);
  const double ratio = b.values[0] / a.values[0];
  Observable out = b;
  out.name = fmt::format("change/{}", b.name);
  out.against = a.state;
  out.unit = "%";
  out.help = "Relative change of " + b.name;
  out.values = {100 * (ratio - 1)};
  const auto relative = [&](const Observable& o) { return o.variance[0] / (o.values[0] * o.values[0]); };
  out.variance = {1e4 * ratio * ratio * (relative(a) + relative(b))};
  out.common.clear();
  const auto add = [&](const Observable& o, double sign) {
    for (const result::CommonMode& mode : o.common) {
      const double shift = sign * 100 * ratio * mode.shift[0] / o.values[0];
      const auto known = std::ranges::find(out.common, mode.cause, &result::CommonMode::cause);
      if (known == out.common.end())
        out.common.push_back({mode.cause, {shift}});
      else
        known->shift[0] += shift;
    }
  };
  add(b, 1);
  add(a, -1);
  return out;
}

class Collector {
 public:
  Collector(const std::vector<Observable>& all, std::string before, std::string after,
            const std::vector<particle::Cation>& cations)
      : all_(all), before_(std::move(before)), after_(std::move(after)), cations_(cations) {}

  void collect() {
    for (const Observable& o : all_) {
      const bool ours = o.state == after_ || o.state == before_;
      if (!ours || !o.against.empty()) continue;
      const std::vector<std::string> parts = result::parts_of_name(o.name);
      if (parts.front() == "valence" && parts.size() == 3)
        add_valence(o, parts[1]);
      else if (is_feature(parts) || is_pre_edge(parts))
        add_relative(o, is_feature(parts) ? Meaning::feature_change : Meaning::pre_edge_change);
      else if (o.name == "gas/O2/released" && o.unit == "umol/g")
        add_gas(o);
      else
        exclude(o, "What it means in the particle is not defined.");
    }
    for (const Observable& o : all_) {
      if (o.against == before_ && o.state == after_) add_lone_change(o);
    }
  }

  std::vector<Observable> used;
  std::vector<Seen> seen;  // one an observable
  std::vector<Excluded> excluded;

 private:
  void exclude(const Observable& o, std::string why) { excluded.push_back({o.name, o.state, std::move(why)}); }

  bool usable(const Observable& o) {
    if (o.unusable.empty() && o.size() > 0) return true;
    exclude(o, o.unusable.empty() ? "It has no value." : o.unusable);
    return false;
  }

  bool is_cation(const Observable& o, const std::string& element) {
    if (std::ranges::find(cations_, element, &particle::Cation::element) != cations_.end()) return true;
    exclude(o, "The particle has no " + element + ".");
    return false;
  }

  void add_valence(const Observable& o, const std::string& element) {
    if (!usable(o) || !is_cation(o, element)) return;
    used.push_back(o);
    seen.push_back({.meaning = Meaning::valence, .element = element, .after = o.state == after_, .kernel = o.depth});
  }

  // Gas belongs to the way to a state: that to the state before tells nothing of the change.
  void add_gas(const Observable& o) {
    if (o.state != after_) {
      exclude(o, "It was released on the way to the state \"" + before_ + "\".");
      return;
    }
    if (!usable(o)) return;
    used.push_back(o);
    seen.push_back(
        {.meaning = Meaning::oxygen_gas, .element = "O", .after = true, .is_change = true, .kernel = o.depth});
  }

  const Observable* find(const std::string& name, const std::string& state) const {
    const auto found = std::ranges::find_if(
        all_, [&](const Observable& o) { return o.name == name && o.state == state && o.against.empty(); });
    return found == all_.end() ? nullptr : &*found;
  }

  void add_relative(const Observable& o, Meaning meaning) {
    if (o.state != after_) {
      if (find(o.name, after_) == nullptr) exclude(o, "It was not measured in the state \"" + after_ + "\".");
      return;
    }
    const Observable* first = find(o.name, before_);
    if (first == nullptr) {
      exclude(o, "It was not measured in the state \"" + before_ + "\".");
      return;
    }
    if (!usable(*first) || !usable(o)) return;
    const Observable a = averaged(*first);
    constexpr double seen_at = 3;
    if (!(a.values[0] > seen_at * std::sqrt(a.total_variance(0)))) {
      exclude(o, fmt::format("It was below {} standard deviations in the state \"{}\".", seen_at, before_));
      return;
    }
    if (!std::isfinite(averaged(o).values[0])) {
      exclude(o, "It has no value that may be used.");
      return;
    }
    used.push_back(relative_change(*first, o));
    seen.push_back({.meaning = meaning, .element = "O", .after = true, .is_change = true, .kernel = o.depth});
  }

  // A change that was measured or typed as such, in %, or in electrons a metal.
  void add_lone_change(const Observable& o) {
    constexpr std::string_view mark = "change/";
    if (!o.name.starts_with(mark)) return;
    const std::string name = o.name.substr(mark.size());
    if (find(name, before_) != nullptr && find(name, after_) != nullptr) return;  // made of the two
    const std::vector<std::string> parts = result::parts_of_name(name);
    if (!usable(o)) return;
    Seen what{.element = parts.size() > 1 ? parts[1] : "", .after = true, .is_change = true, .kernel = o.depth};
    if (parts.front() == "valence" && parts.size() == 3) {
      if (!is_cation(o, what.element)) return;
    } else if ((is_feature(parts) || is_pre_edge(parts)) && o.unit == "%") {
      what.meaning = is_feature(parts) ? Meaning::feature_change : Meaning::pre_edge_change;
    } else {
      exclude(o, "What it means in the particle is not defined.");
      return;
    }
    used.push_back(o);
    seen.push_back(std::move(what));
  }

  const std::vector<Observable>& all_;
  std::string before_, after_;
  const std::vector<particle::Cation>& cations_;
};

bool has_cause(const Observable& o, std::string_view beginning) {
  return std::ranges::any_of(o.common, [&](const auto& m) { return m.cause.starts_with(beginning); });
}

// Causes of changes that no observable brings, over all places.
class Artefacts {
 public:
  Artefacts(Evidence& evidence, const ArtefactSettings& s) : evidence_(evidence), s_(s) {}

  void add(bool one_piece) {
    const auto n = evidence_.likelihood.size();
    std::vector<std::string> elements;
    for (const Seen& w : evidence_.seen) {
      if (w.meaning == Meaning::valence && std::ranges::find(elements, w.element) == elements.end())
        elements.push_back(w.element);
    }
    for (const std::string& element : elements) {
      const auto of = [&](const Seen& w) {
        return w.meaning == Meaning::valence && w.element == element && !w.is_change;
      };
      put("references of " + element, [&](std::size_t i) { return of(at(i)) ? s_.reference_valence : 0; });
      put("surface of " + element + " before",
          [&](std::size_t i) { return of(at(i)) && at(i).kernel.law == DepthLaw::surface ? s_.surface_before : 0; });
    }
    for (const DepthLaw law : {DepthLaw::surface, DepthLaw::fluorescence}) {
      put(fmt::format("energy scale of {} between the states", law == DepthLaw::surface ? "electrons" : "fluorescence"),
          [&](std::size_t i) {
            const Seen& w = at(i);
            const bool own = has_cause(observable(i), "energy scale");
            return w.meaning == Meaning::valence && w.after && w.kernel.law == law && !own
                       ? s_.energy_scale_eV * valence_per_eV(w.element)
                       : 0;
          });
    }
    if (one_piece) return;
    std::vector<double> variance(n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      if (!at(i).after) continue;
      const double sigma = at(i).meaning == Meaning::valence          ? s_.piece_valence
                           : at(i).meaning == Meaning::feature_change ? s_.piece_feature
                           : at(i).meaning == Meaning::oxygen_gas     ? 0
                                                                      : s_.piece_pre_edge;
      variance[i] = sigma * sigma;
    }
    evidence_.likelihood.add_variance(variance);
  }

 private:
  const Seen& at(std::size_t i) const { return evidence_.seen[i]; }
  const Observable& observable(std::size_t i) const {
    return evidence_.likelihood.observables()[evidence_.likelihood.places()[i].observable];
  }
  template <class Shift>
  void put(std::string cause, const Shift& shift) {
    Artefact a{.cause = std::move(cause), .shift = {}};
    for (std::size_t i = 0; i < evidence_.likelihood.size(); ++i) a.shift.push_back(shift(i));
    if (std::ranges::any_of(a.shift, [](double v) { return v != 0; })) evidence_.likelihood.add(a);
  }

  Evidence& evidence_;
  const ArtefactSettings& s_;
};

std::string shown_name(const Seen& what, const Observable& o) {
  const char* yield = what.kernel.law == DepthLaw::surface ? "electrons" : "fluorescence";
  switch (what.meaning) {
    case Meaning::feature_change:
      return "oxygen feature, change";
    case Meaning::pre_edge_change:
      return "oxygen pre-edge, change";
    case Meaning::oxygen_gas:
      return "oxygen released";
    case Meaning::valence:
      return fmt::format("{} by {}, {}", what.element, yield, what.is_change ? "change" : o.state);
  }
  return o.name;
}

}  // namespace

std::span<const core::Setting<ArtefactSettings>> artefact_settings_table() {
  using A = ArtefactSettings;
  using T = core::Setting<A>;
  static constexpr std::array table{
      T{"scatter.valence", "1", &A::piece_valence,
        "Standard deviation of a metal's valence between two pieces or spots of one electrode", 0, 2},
      T{"scatter.feature", "%", &A::piece_feature,
        "Standard deviation of the oxygen feature between two pieces or spots", 0, 100},
      T{"scatter.pre_edge", "%", &A::piece_pre_edge,
        "Standard deviation of oxygen's pre-edge between two pieces or spots", 0, 100},
      T{"scatter.energy", "eV", &A::energy_scale_eV,
        "Standard deviation of the energy scale between the states, where an observable does not bring its own", 0, 5},
      T{"scatter.reference", "1", &A::reference_valence,
        "Standard deviation of an element's valence in all yields and states: what its references leave open", 0, 2},
      T{"scatter.surface", "1", &A::surface_before,
        "Standard deviation of a metal's valence near the surface above the bulk before, of other causes than lithium",
        0, 2}};
  return table;
}

bool Evidence::has(Meaning meaning) const { return std::ranges::find(seen, meaning, &Seen::meaning) != seen.end(); }

Evidence evidence_of(const std::vector<Observable>& observables, const std::string& before, const std::string& after,
                     const std::vector<particle::Cation>& cations, bool one_piece, const ArtefactSettings& artefacts) {
  Collector collector{observables, before, after, cations};
  collector.collect();
  Evidence out{.before = before,
               .after = after,
               .likelihood = JointLikelihood{collector.used},
               .excluded = std::move(collector.excluded)};
  for (const Place& place : out.likelihood.places()) {
    out.seen.push_back(collector.seen[place.observable]);
    const Observable& o = out.likelihood.observables()[place.observable];
    out.names.push_back(shown_name(out.seen.back(), o));
    out.units.push_back(o.unit);
  }
  Artefacts{out, artefacts}.add(one_piece);
  return out;
}

}  // namespace lithoscope::infer
