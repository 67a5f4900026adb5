// Absorption spectra as tables and observables, and what a comparison needs of them back.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>

#include "xas_parts.hpp"

namespace lithoscope::xas {

using result::Column;
using result::integer_column;
using result::number_column;
using result::Table;
using result::value_column;
using result::word_column;

std::string plain_name(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool keep = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
    if (keep) out += c;
    if (c == ' ' && !out.empty() && !out.ends_with('-')) out += '-';
  }
  while (out.ends_with('-')) out.pop_back();
  return out;
}

Table curve_table(std::string name, std::string title, const Spectrum& spectrum, const std::string& what,
                  const std::string& help) {
  return {.name = std::move(name),
          .title = std::move(title),
          .columns = {number_column("energy", "eV", "Photon energy", spectrum.energy_eV),
                      number_column(what, "", help, spectrum.intensity, spectrum.variance)},
          .axis = "energy",
          .signal = what};
}

Spectrum spectrum_in(const Table& table, const std::string& what) {
  Spectrum out{.energy_eV = table.at("energy").numbers(), .intensity = table.at(what).numbers()};
  out.variance = table.at(what).variance;
  if (out.variance.empty()) out.variance.assign(out.energy_eV.size(), 0.0);
  return out;
}

result::Role role_of(std::size_t i) {
  constexpr std::array roles{result::Role::primary, result::Role::second, result::Role::third, result::Role::muted};
  return roles[std::min(i, roles.size() - 1)];
}

bool has_noise(const Spectrum& spectrum) {
  return std::ranges::any_of(spectrum.variance, [](double v) { return v > 0; });
}

std::string observable_name(const FeatureWindow& window, const std::string& element, Yield yield) {
  std::string name = window.name;
  if (!element.empty() && name.starts_with(element + " ")) name = name.substr(element.size() + 1);
  return fmt::format("feature/{}/{}{}", element.empty() ? "unknown" : element, plain_name(name),
                     yield == Yield::fluorescence ? "/fluorescence" : "");
}

namespace {

constexpr auto not_stated = result::not_a_number;

std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

// A column over the spectra of an outcome.
class OverSpectra {
 public:
  explicit OverSpectra(const XasOutcome& outcome) : outcome_(outcome) {}
  template <class Get>
  Column words(const char* name, const char* help, const Get& get) const {
    std::vector<std::string> v;
    for (const XasSpectrum& one : outcome_.spectra) v.push_back(std::string{get(one)});
    return word_column(name, help, std::move(v));
  }
  template <class Get>
  Column integers(const char* name, const char* help, const Get& get) const {
    std::vector<std::int64_t> v;
    for (const XasSpectrum& one : outcome_.spectra) v.push_back(get(one));
    return integer_column(name, help, std::move(v));
  }
  template <class Get>
  Column numbers(const char* name, const char* unit, const char* help, const Get& get) const {
    std::vector<double> v;
    for (const XasSpectrum& one : outcome_.spectra) v.push_back(get(one));
    return number_column(name, unit, help, std::move(v));
  }
  template <class Get>
  Column values(const char* name, const char* unit, const char* help, const Get& get) const {
    std::vector<core::Value> v;
    for (const XasSpectrum& one : outcome_.spectra) v.push_back(get(one));
    return value_column(name, unit, help, v);
  }
  // Of the edge's fit, where there is one.
  template <class Get>
  Column of_edge(const char* name, const char* unit, const char* help, const Get& get) const {
    Column out = numbers(name, unit, help, [&](const XasSpectrum& one) {
      const auto& edge = one.read.normalised.edge;
      return edge ? static_cast<double>(get(*edge)) : not_stated;
    });
    out.gaps = no_edge;
    return out;
  }
  static constexpr const char* no_edge = "Spectra that are not normalised by an edge have no fit of one.";

 private:
  const XasOutcome& outcome_;
};

Table spectra_table(const XasOutcome& outcome) {
  const OverSpectra over{outcome};
  const auto spectrum = [](const XasSpectrum& one) -> const Spectrum& { return one.read.normalised.spectrum; };
  std::vector<std::int64_t> number, points;
  for (const XasSpectrum& one : outcome.spectra) {
    number.push_back(static_cast<std::int64_t>(number.size()) + 1);
    points.push_back(spectrum(one).size());
  }
  Table t{.name = "spectra", .title = "Normalisation"};
  t.columns = {
      integer_column("spectrum", "Number of the spectrum, as in the names of its tables", number),
      over.words("source", "File and scan", [](const auto& one) { return one.read.source; }),
      over.words("name", "What the file calls it", [&](const auto& one) { return one_line(spectrum(one).name); }),
      over.words("element", "Element of the edge", [&](const auto& one) { return spectrum(one).element; }),
      over.words("edge", "Edge", [&](const auto& one) { return spectrum(one).edge; }),
      over.words("yield", "What was detected, by the name of its column",
                 [](const auto& one) { return yield_words(one.read.yield); }),
      over.words("energy_column", "Column of the photon energy",
                 [](const auto& one) { return one.read.channels.energy; }),
      over.words("read_as", "What was made of the file's columns",
                 [](const auto& one) { return formula_of(one.read.channels); }),
      over.words("logarithm", "yes: the signal is a beam behind the sample, and its logarithm was taken",
                 [](const auto& one) { return one.read.channels.transmission ? "yes" : "no"; }),
      integer_column("points", "Number of energies", points),
      over.numbers("from", "eV", "First energy", [&](const auto& one) { return spectrum(one).energy_eV.front(); }),
      over.numbers("to", "eV", "Last energy", [&](const auto& one) { return spectrum(one).energy_eV.back(); }),
      over.of_edge("e0", "eV", "Energy of the edge", [](const EdgeFit& e) { return e.e0_eV; }),
      over.values("divided_by", "", "What the spectrum was divided by, with the variance that all points share",
                  [](const auto& one) { return one.read.normalised.scale; }),
      over.words("noise", "Where the variances come from",
                 [&](const auto& one) { return noise_words(spectrum(one).noise); }),
      over.values("edge_step", "", "Height of the edge as measured",
                  [](const auto& one) {
                    const auto& edge = one.read.normalised.edge;
                    return edge ? edge->step : core::Value{not_stated, not_stated};
                  }),
      over.of_edge("pre_from", "eV", "Start of the pre-edge range, relative to the edge",
                   [](const EdgeFit& e) { return e.pre_from; }),
      over.of_edge("pre_to", "eV", "End of the pre-edge range, relative to the edge",
                   [](const EdgeFit& e) { return e.pre_to; }),
      over.of_edge("post_from", "eV", "Start of the range above the edge, relative to the edge",
                   [](const EdgeFit& e) { return e.post_from; }),
      over.of_edge("post_to", "eV", "End of the range above the edge, relative to the edge",
                   [](const EdgeFit& e) { return e.post_to; }),
      over.of_edge("order", "", "Order of the polynomial above the edge", [](const EdgeFit& e) { return e.order; }),
      over.integers("background_terms", "Terms of the polynomial below the edge that was taken off; 0: none",
                    [&](const auto& one) { return spectrum(one).fitted.background_terms; }),
      over.integers("divided_by_itself", "1: divided by a height or area of its own, else 0",
                    [&](const auto& one) { return spectrum(one).fitted.divided ? 1 : 0; }),
      over.integers("curve_terms", "Terms of the curve above the edge that was made level; 0: none",
                    [&](const auto& one) { return spectrum(one).fitted.curve_terms; }),
      over.words("no_white_lines", "Why white lines were not measured; empty: they were, or it is no L edge",
                 [](const auto& one) { return one.why_no_white_lines; })};
  for (Column& column : t.columns) {
    if (column.name == "edge_step") column.gaps = OverSpectra::no_edge;
    if (column.name == "e0") column.shown = {.name = "edge energy", .digits = 7};
    if (column.name == "from" || column.name == "to") column.shown.digits = 7;
    if (column.name == "noise") column.shown.name = "noise from";
    const bool detail = column.name.starts_with("pre_") || column.name.starts_with("post_") || column.name == "order" ||
                        column.name.ends_with("_terms") || column.name == "divided_by_itself" ||
                        column.name == "edge_step" || column.name == "energy_column" || column.name == "logarithm" ||
                        column.name == "no_white_lines" || column.name == "source";
    column.shown.hidden = detail;
  }
  t.brief = {"name", "read_as", "points", "from", "to", "e0", "divided_by", "noise"};
  return t;
}

std::vector<std::string> names_of(const XasOutcome& outcome) {
  std::vector<std::string> out;
  for (const XasSpectrum& one : outcome.spectra) out.push_back(short_name(one.read.normalised.spectrum));
  return out;
}

Table feature_table(const XasOutcome& outcome) {
  const std::vector<std::string> names = names_of(outcome);
  std::vector<std::int64_t> number;
  std::vector<std::string> spectrum, feature;
  std::vector<double> from, to, other_from, other_to, by_shift;
  std::vector<core::Value> ratio;
  for (std::size_t i = 0; i < outcome.spectra.size(); ++i) {
    for (const auto& [w, r] : outcome.spectra[i].features) {
      number.push_back(static_cast<std::int64_t>(i) + 1);
      spectrum.push_back(names[i]);
      feature.push_back(w.name);
      from.push_back(w.from_eV);
      to.push_back(w.to_eV);
      other_from.push_back(w.other_from_eV);
      other_to.push_back(w.other_to_eV);
      ratio.push_back(r.ratio);
      by_shift.push_back(r.by_shift);
    }
  }
  Table t{.name = "features",
          .title = "Features: mean intensity in one window over another",
          .columns = {integer_column("spectrum", "Number of the spectrum", number),
                      word_column("name", "Name of the spectrum", spectrum),
                      word_column("feature", "Name of the feature", feature),
                      number_column("from", "eV", "Start of the window", from),
                      number_column("to", "eV", "End of the window", to),
                      number_column("over_from", "eV", "Start of the window it is compared with", other_from),
                      number_column("over_to", "eV", "End of the window it is compared with", other_to),
                      value_column("ratio", "", "Mean intensity in the window over that in the other one", ratio),
                      number_column("by_energy_scale", "",
                                    "Change of the ratio for one standard deviation of the energy scale, which is "
                                    "part of its variance",
                                    by_shift)},
          .signal = "ratio",
          .brief = {"name", "feature", "ratio"}};
  t.columns.back().shown.hidden = true;
  t.columns.front().shown.hidden = true;
  return t;
}

Table white_line_table(const XasOutcome& outcome) {
  const std::vector<std::string> names = names_of(outcome);
  std::vector<std::int64_t> number;
  std::vector<std::string> spectrum;
  std::vector<double> L3, L2, L3_width, L2_width;
  std::vector<core::Value> L3_area, L2_area, branching, step;
  for (std::size_t i = 0; i < outcome.spectra.size(); ++i) {
    if (!outcome.spectra[i].white_lines) continue;
    const WhiteLines& w = *outcome.spectra[i].white_lines;
    number.push_back(static_cast<std::int64_t>(i) + 1);
    spectrum.push_back(names[i]);
    L3.push_back(w.L3_eV);
    L2.push_back(w.L2_eV);
    L3_width.push_back(w.L3_half_width_eV);
    L2_width.push_back(w.L2_half_width_eV);
    L3_area.push_back(w.L3_area);
    L2_area.push_back(w.L2_area);
    branching.push_back(w.branching);
    step.push_back(w.step);
  }
  Table t{.name = "white_lines",
          .title = "White lines above line and double step",
          .columns =
              {integer_column("spectrum", "Number of the spectrum", number),
               word_column("name", "Name of the spectrum", spectrum),
               number_column("L3", "eV", "Energy of the L3 maximum", L3),
               number_column("L2", "eV", "Energy of the L2 maximum", L2),
               value_column("L3_area", "eV", "Area of the L3 white line, in heights of the double step", L3_area),
               value_column("L2_area", "eV", "Area of the L2 white line, in heights of the double step", L2_area),
               value_column("branching_ratio", "", "Share of L3 in both areas", branching),
               number_column("L3_half_width", "eV", "Half width at half maximum of the L3 line and its step", L3_width),
               number_column("L2_half_width", "eV", "Half width at half maximum of the L2 line and its step", L2_width),
               value_column("step", "", "Height of both steps, in the spectrum's unit", step)},
          .signal = "branching_ratio"};
  t.columns[0].shown.hidden = true;
  t.columns[2].shown.digits = t.columns[3].shown.digits = 7;
  t.columns[4].shown.name = "L3 area (steps)";
  t.columns[5].shown.name = "L2 area (steps)";
  t.columns[6].shown.name = "L3/(L3+L2)";
  return t;
}

void add_curves(const XasOutcome& outcome, result::Result& out) {
  for (std::size_t i = 0; i < outcome.spectra.size(); ++i) {
    const XasSpectrum& one = outcome.spectra[i];
    const Normalised& n = one.read.normalised;
    const std::string name = short_name(n.spectrum);
    Table table = curve_table(fmt::format("spectrum_{}", i + 1), name + ", normalised", n.spectrum, "normalised",
                              "Normalised absorption");
    if (one.white_lines)
      table.columns.push_back(
          number_column("double_step", "", "Line and double step under the white lines", one.white_lines->baseline));
    out.tables.push_back(std::move(table));
    Table measured = curve_table(fmt::format("measured_{}", i + 1), name + ", as measured", one.read.measured, "mu",
                                 "Absorption or yield as measured, calibrated in energy");
    if (n.edge) {
      measured.columns.push_back(number_column("below_edge", "", "Line fitted below the edge", n.edge->pre));
      measured.columns.push_back(number_column("above_edge", "", "Polynomial fitted above the edge", n.edge->post));
    }
    out.tables.push_back(std::move(measured));
  }
}

Table difference_table(const XasOutcome& outcome, std::size_t k) {
  const XasPair& pair = outcome.pairs[k];
  const Difference& d = pair.difference;
  std::vector<double> variance;
  for (const double s : d.sigma) variance.push_back(s * s);
  return {
      .name = fmt::format("difference_{}", k + 1),
      .title = edge_title(outcome.spectra[pair.after].read.normalised.spectrum) + ", after less before",
      .columns = {number_column("energy", "eV", "Photon energy, of the spectrum after", d.energy_eV),
                  number_column("difference", "", "After less before, beyond shift, scale and offset", d.difference,
                                variance),
                  number_column("before", "", "Before, moved and scaled to lie on after", d.before, d.before_variance),
                  number_column("after", "", "After, normalised", d.after, d.after_variance),
                  number_column("no_change", "", "Zero, with the variance of the difference by noise alone",
                                std::vector<double>(d.energy_eV.size(), 0.0), variance)},
      .axis = "energy",
      .signal = "difference"};
}

Table comparison_table(const XasOutcome& outcome) {
  std::vector<std::int64_t> number, points;
  std::vector<std::string> before, after;
  std::vector<core::Value> shift, scale, offset;
  std::vector<double> chi_squared, degrees, chance, significance, noise_ratio, largest, at, smooth;
  std::vector<std::string> spoke;
  for (const XasPair& pair : outcome.pairs) {
    const Difference& d = pair.difference;
    number.push_back(static_cast<std::int64_t>(pair.after) + 1);
    before.push_back(pair.before.source);
    after.push_back(outcome.spectra[pair.after].read.source);
    shift.push_back(d.shift_eV);
    scale.push_back(d.scale);
    offset.push_back(d.offset);
    chi_squared.push_back(d.chi_squared);
    points.push_back(d.points);
    degrees.push_back(d.degrees);
    chance.push_back(d.chance);
    significance.push_back(d.significance);
    spoke.push_back(d.spoke);
    noise_ratio.push_back(d.noise_ratio);
    largest.push_back(d.largest);
    at.push_back(d.largest_eV);
    smooth.push_back(d.smooth_eV);
  }
  return {
      .name = "comparison",
      .title = "Before against after",
      .columns =
          {integer_column("spectrum", "Number of the spectrum", number),
           word_column("before", "File and scan before", before), word_column("after", "File and scan after", after),
           value_column("shift", "eV", "Shift that puts before onto after", shift),
           value_column("scale", "", "Factor that puts before onto after", scale),
           value_column("offset", "", "Offset that puts before onto after", offset),
           number_column("chi_squared", "", "Chi squared against no change, nuisances marginalised", chi_squared),
           integer_column("points", "Number of energies compared", points),
           number_column("degrees", "", "Degrees of freedom of this chi squared", degrees),
           number_column("chance", "", "Chance that noise alone changes as much, in any of the tests", chance),
           number_column("significance", "", "This chance as standard deviations of a normal number, two-sided",
                         significance),
           word_column("spoke", "Which test decides", spoke),
           number_column("noise_ratio", "", "Scatter of neighbouring points over their stated noise", noise_ratio),
           number_column("largest", "", "Largest difference over its sigma, smoothed", largest),
           number_column("largest_at", "eV", "Energy of the largest difference", at),
           number_column("smoothed_over", "eV", "Width over which the largest difference is smoothed", smooth)},
      .signal = "significance",
      .brief = {"after", "shift", "scale", "offset", "significance", "spoke"}};
}

Table test_table(const XasOutcome& outcome) {
  std::vector<std::int64_t> number;
  std::vector<std::string> of;
  std::vector<double> score, chance;
  for (const XasPair& pair : outcome.pairs) {
    for (const ChangeTest& t : pair.difference.tests) {
      number.push_back(static_cast<std::int64_t>(pair.after) + 1);
      of.push_back(t.of);
      score.push_back(t.score);
      chance.push_back(t.chance);
    }
  }
  return {.name = "tests",
          .title = "What was asked of the difference",
          .columns = {integer_column("spectrum", "Number of the spectrum", number),
                      word_column("question", "What was asked", of),
                      number_column("score", "", "Standard deviations from no change", score),
                      number_column("chance", "", "Chance of noise alone in this one test", chance)},
          .signal = "score"};
}

Table change_table(const XasOutcome& outcome) {
  std::vector<std::int64_t> number;
  std::vector<std::string> feature;
  std::vector<core::Value> before, after, change;
  for (const XasPair& pair : outcome.pairs) {
    for (const FeatureChange& c : pair.changes) {
      number.push_back(static_cast<std::int64_t>(pair.after) + 1);
      feature.push_back(c.window.name);
      before.push_back(c.before);
      after.push_back(c.after);
      change.push_back(c.change);
    }
  }
  return {
      .name = "feature_changes",
      .title = "Features before and after",
      .columns = {integer_column("spectrum", "Number of the spectrum", number),
                  word_column("feature", "Name of the feature", feature),
                  value_column("before", "", "Ratio before", before), value_column("after", "", "Ratio after", after),
                  value_column("change", "", "After less before", change)},
      .signal = "change"};
}

void add_components(const Components& c, const XasOutcome& outcome, result::Result& out) {
  Table curves{.name = "components", .title = "Components, of unit length", .axis = "energy", .signal = "component_1"};
  curves.columns.push_back(number_column("energy", "eV", "Photon energy", c.energy_eV));
  Table weights{.name = "component_weights", .title = "How much of each component is in each spectrum"};
  weights.columns.push_back(word_column("source", "File and scan", [&] {
    std::vector<std::string> sources;
    for (std::size_t i = 0; i < c.weights.size(); ++i) sources.push_back(outcome.spectra[i].read.source);
    return sources;
  }()));
  for (std::size_t k = 0; k < c.curves.size(); ++k) {
    const std::string name = fmt::format("component_{}", k + 1);
    curves.columns.push_back(number_column(name, "", "Curve of unit length, strongest first", c.curves[k]));
    std::vector<double> of;
    for (const auto& spectrum : c.weights) of.push_back(spectrum.at(k));
    weights.columns.push_back(number_column(name, "", "Weight of this component", of));
  }
  std::vector<std::int64_t> kept;
  std::vector<double> singular, rest;
  for (std::size_t i = 0; i < c.indicator.size(); ++i) {
    kept.push_back(static_cast<std::int64_t>(i) + 1);
    singular.push_back(c.singular.at(i));
    rest.push_back(i < c.reduced_chi_squared.size() ? c.reduced_chi_squared[i] : not_stated);
  }
  Table numbers{
      .name = "component_numbers",
      .title = "What speaks for how many components",
      .columns = {integer_column("components", "Number of components that are kept", kept),
                  number_column("singular_value", "", "Singular value of the last one kept", singular),
                  number_column("indicator", "", "Malinowski's indicator, lowest at the likely number", c.indicator),
                  number_column("reduced_chi_squared", "", "Chi squared a point of what is left", rest)},
      .axis = "components",
      .signal = "indicator"};
  numbers.columns.back().gaps = "The noise of the spectra is not known.";
  for (Table* t : {&curves, &weights, &numbers}) out.tables.push_back(std::move(*t));
  std::vector<double> beyond(c.singular.begin() + static_cast<std::ptrdiff_t>(c.indicator.size()), c.singular.end());
  if (!beyond.empty())
    out.tables.push_back({.name = "singular_values_left",
                          .title = "Singular values without an indicator",
                          .columns = {number_column("singular_value", "", "Singular value", beyond)}});
  const auto count = [&](const char* name, const char* help, std::size_t n) {
    out.numbers.push_back(
        {.name = name, .unit = {}, .help = help, .value = core::Value::exact(static_cast<double>(n))});
  };
  count("components_by_indicator", "Independent spectra by the indicator", c.by_indicator);
  if (c.by_noise > 0) count("components_by_noise", "Independent spectra by the noise", c.by_noise);
}

// ---- observables ----------------------------------------------------------------------------------------------------

// One value, or several spectra of one edge along their numbers.
class Observed {
 public:
  explicit Observed(const XasOutcome& outcome) : outcome_(outcome) {}

  void add(const std::string& name, std::size_t spectrum, const char* help, const core::Value& own, double by_shift) {
    const XasSpectrum& one = outcome_.spectra[spectrum];
    auto found = std::ranges::find(all_, name, &result::Observable::name);
    if (found == all_.end()) {
      all_.push_back({.name = name, .help = help, .axis_name = "spectrum", .depth = one.depth});
      found = all_.end() - 1;
      if (one.read.yield == Yield::unknown)
        found->unusable = "What was detected, and so how deep it sees, is not known.";
    }
    found->axis.push_back(static_cast<double>(spectrum) + 1);
    found->values.push_back(own.value);
    found->variance.push_back(own.variance);
    found->flags.emplace_back("ok");
    shifts_[name].emplace_back("energy scale of " + one.read.source, by_shift);
  }
  std::vector<result::Observable> take() {
    for (result::Observable& o : all_) {
      const auto& shifts = shifts_[o.name];
      for (std::size_t i = 0; i < shifts.size(); ++i) {
        if (shifts[i].second == 0) continue;
        auto mode = std::ranges::find(o.common, shifts[i].first, &result::CommonMode::cause);
        if (mode == o.common.end())
          mode = o.common.insert(o.common.end(), {shifts[i].first, std::vector<double>(o.size(), 0.0)});
        mode->shift[i] = shifts[i].second;
      }
      if (o.size() > 1) continue;
      o.axis.clear();
      o.axis_name.clear();
    }
    return std::move(all_);
  }

 private:
  const XasOutcome& outcome_;
  std::vector<result::Observable> all_;
  std::map<std::string, std::vector<std::pair<std::string, double>>> shifts_;
};

std::vector<result::Observable> observables_of(const XasOutcome& outcome) {
  Observed out{outcome};
  for (std::size_t i = 0; i < outcome.spectra.size(); ++i) {
    const XasSpectrum& one = outcome.spectra[i];
    const std::string& element = one.read.normalised.spectrum.element;
    for (const auto& [window, r] : one.features)
      out.add(observable_name(window, element, one.read.yield), i, "Mean intensity in one window over that in another",
              {r.ratio.value, r.by_noise}, r.by_shift);
    if (one.white_lines)
      out.add(fmt::format("branching/{}{}", element, one.read.yield == Yield::fluorescence ? "/fluorescence" : ""), i,
              "Share of the L3 white line in those of L3 and L2", one.white_lines->branching, 0);
  }
  return out.take();
}

}  // namespace

result::Result describe(const XasOutcome& outcome) {
  result::Result out;
  out.warnings = outcome.warnings;
  out.tables.push_back(spectra_table(outcome));
  if (Table features = feature_table(outcome); features.rows() > 0) out.tables.push_back(std::move(features));
  if (Table lines = white_line_table(outcome); lines.rows() > 0) out.tables.push_back(std::move(lines));
  for (std::size_t k = 0; k < outcome.pairs.size(); ++k) out.tables.push_back(difference_table(outcome, k));
  if (!outcome.pairs.empty()) {
    out.tables.push_back(comparison_table(outcome));
    out.tables.push_back(test_table(outcome));
  }
  if (Table changes = change_table(outcome); changes.rows() > 0) out.tables.push_back(std::move(changes));
  add_curves(outcome, out);
  if (outcome.components) add_components(*outcome.components, outcome, out);
  out.observables = observables_of(outcome);
  add_figures(outcome, out);
  add_page(outcome, out);
  return out;
}

std::vector<EarlierSpectrum> spectra_of(const result::Result& result) {
  const Table& spectra = result.table("spectra");
  const Table* features = result.find_table("features");
  std::vector<EarlierSpectrum> out;
  for (std::size_t i = 0; i < spectra.rows(); ++i) {
    EarlierSpectrum one{.source = spectra.at("source").words()[i], .spectrum = {}, .features = {}};
    one.spectrum = spectrum_in(result.table(fmt::format("spectrum_{}", i + 1)), "normalised");
    one.spectrum.name = spectra.at("name").words()[i];
    one.spectrum.element = spectra.at("element").words()[i];
    one.spectrum.edge = spectra.at("edge").words()[i];
    one.spectrum.fitted = {.background_terms = static_cast<int>(spectra.at("background_terms").integers()[i]),
                           .divided = spectra.at("divided_by_itself").integers()[i] != 0,
                           .curve_terms = static_cast<int>(spectra.at("curve_terms").integers()[i])};
    if (one.spectrum.fitted.curve_terms > 0) one.spectrum.fitted.curve_from_eV = spectra.at("e0").number(i);
    for (const Noise noise : {Noise::none, Noise::column, Noise::counts, Noise::scatter}) {
      if (spectra.at("noise").words()[i] == noise_words(noise)) one.spectrum.noise = noise;
    }
    for (std::size_t r = 0; features != nullptr && r < features->rows(); ++r) {
      if (features->at("spectrum").integers()[r] != static_cast<std::int64_t>(i) + 1) continue;
      const core::Value ratio = features->at("ratio").value(r);
      const double by_shift = features->at("by_energy_scale").number(r);
      one.features.push_back(
          {.window = {.name = features->at("feature").words()[r],
                      .from_eV = features->at("from").number(r),
                      .to_eV = features->at("to").number(r),
                      .other_from_eV = features->at("over_from").number(r),
                      .other_to_eV = features->at("over_to").number(r)},
           .ratio = {
               .ratio = ratio, .by_noise = std::max(0.0, ratio.variance - by_shift * by_shift), .by_shift = by_shift}});
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace lithoscope::xas
