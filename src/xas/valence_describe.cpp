// A mixture of references as numbers, tables and observables.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/statistics.hpp"
#include "valence_parts.hpp"

namespace lithoscope::xas {

using result::integer_column;
using result::number_column;
using result::Table;
using result::value_column;
using result::word_column;

std::string named_by_fit(const char* name, std::size_t fit) {
  return fit == 0 ? name : fmt::format("{}_fluorescence", name);
}

namespace {

constexpr auto not_stated = result::not_a_number;

void add_numbers(const ValenceOutcome& outcome, result::Result& out) {
  for (std::size_t k = 0; k < outcome.fits.size(); ++k) {
    const std::string yield{yield_words(yield_of(outcome, k))};
    result::Number n{
        .name = "valence_" + yield,
        .unit = {},
        .help = fmt::format("Mean valence by the {}, from the shares and valences of the references", yield),
        .value = outcome.fits[k].valence.value_or(core::Value{not_stated, not_stated})};
    if (outcome.fits[k].valence) {
      n.low = outcome.fits[k].valence_low;
      n.high = outcome.fits[k].valence_high;
    } else {
      n.flag = "not every reference has a valence";
    }
    out.numbers.push_back(std::move(n));
  }
  for (std::size_t k = 0; k < outcome.changes.size(); ++k) {
    const std::string yield{yield_words(yield_of(outcome, k))};
    const core::Value& change = outcome.changes[k].change;
    const double reach = core::two_sided_95 * change.sigma();
    out.numbers.push_back({.name = "valence_change_" + yield,
                           .unit = {},
                           .help = fmt::format("Mean valence by the {} less that of the state before, both in one fit "
                                               "with the same references",
                                               yield),
                           .value = change,
                           .low = change.value - reach,
                           .high = change.value + reach});
  }
  if (!outcome.depth) return;
  const DepthValence& d = *outcome.depth;
  const auto interval = [&](const char* name, const char* unit, const char* help, const Interval& i) {
    out.numbers.push_back(
        {.name = name, .unit = unit, .help = help, .value = {i.median, not_stated}, .low = i.low, .high = i.high});
  };
  const auto plain = [&](const char* name, const char* unit, const char* help, double value) {
    out.numbers.push_back({.name = name, .unit = unit, .help = help, .value = {value, not_stated}});
  };
  interval("layer_thickness", "nm", "Thickness of the surface layer: posterior median and 95 % interval", d.layer_nm);
  interval("surface_valence", "", "Valence of the surface layer: posterior median and 95 % interval",
           d.surface_valence);
  interval("bulk_valence", "", "Valence below the layer: posterior median and 95 % interval", d.bulk_valence);
  interval("surface_less_bulk", "", "Valence of the surface less that of the bulk: posterior median and 95 % interval",
           d.difference);
  plain("probability_surface_reduced", "", "Probability that the surface's valence is below the bulk's", d.reduced);
  plain("electrons_from_layer", "", "Median share of the electrons that come from the layer", d.surface_in_electrons);
  plain("light_attenuation_length", "nm", "Depth over which the light falls to 1/e, well above the edge",
        outcome.electron_attenuation_nm);
  plain("fluorescence_length", "nm", "Depth from which fluorescence is seen, well above the edge",
        outcome.fluorescence_nm);
}

Table share_table(const ValenceOutcome& outcome, std::size_t k) {
  const MixtureFit& fit = outcome.fits[k];
  std::vector<std::int64_t> number;
  std::vector<double> place, low, high, scale;
  std::vector<std::string> name;
  std::vector<core::Value> share, shift;
  for (const Share& s : fit.shares) {
    number.push_back(static_cast<std::int64_t>(number.size()) + 1);
    // Beside each other where two yields are drawn.
    constexpr double apart = 0.12;
    place.push_back(static_cast<double>(number.size()) + apart * static_cast<double>(k));
    name.push_back(s.name);
    share.push_back(s.share);
    low.push_back(s.low);
    high.push_back(s.high);
    shift.push_back(s.shift_eV);
    scale.push_back(s.scale);
  }
  Table t{.name = named_by_fit("shares", k),
          .title = short_name(outcome.measured[k].normalised.spectrum),
          .columns = {integer_column("number", "Number of the reference", number),
                      number_column("place", "", "Where the figure draws it", place),
                      word_column("reference", "Name of the reference", name),
                      value_column("share", "", "Share of all references, which add up to 1", share),
                      value_column("shift", "eV", "Energy shift of this reference by itself", shift),
                      number_column("scale", "", "Factor on this reference's normalisation", scale)},
          .signal = "share",
          .brief = {"reference", "share", "shift", "scale"}};
  t.columns[3].low = low;
  t.columns[3].high = high;
  t.columns[0].shown.hidden = t.columns[1].shown.hidden = true;
  return t;
}

// Of the shares, row by row.
result::Grid covariance_grid(const ValenceOutcome& outcome, std::size_t k) {
  const MixtureFit& fit = outcome.fits[k];
  std::vector<double> number;
  for (std::size_t j = 0; j < fit.shares.size(); ++j) number.push_back(static_cast<double>(j) + 1);
  return {.name = named_by_fit("share_covariance", k),
          .title = "Covariance of the shares",
          .x = number_column("reference", "", "Number of the reference", number),
          .y = number_column("other_reference", "", "Number of the other reference", number),
          .z = number_column("covariance", "", "Covariance of two shares", fit.covariance)};
}

Table mixture_table(const ValenceOutcome& outcome, std::size_t k) {
  const MixtureFit& fit = outcome.fits[k];
  std::vector<double> residual;
  for (std::size_t i = 0; i < fit.measured.size(); ++i) residual.push_back(fit.measured[i] - fit.model[i]);
  return {.name = named_by_fit("mixture", k),
          .title = short_name(outcome.measured[k].normalised.spectrum) + ", measured and mixed",
          .columns = {number_column("energy", "eV", "Photon energy", fit.energy_eV),
                      number_column("measured", "", "Normalised absorption", fit.measured, fit.variance),
                      number_column("model", "", "Mixture of the references", fit.model),
                      number_column("residual", "", "Measured less mixture", residual)},
          .axis = "energy",
          .signal = "measured"};
}

}  // namespace

std::vector<Spectrum> mixed_spectra(const result::Result& result) {
  std::vector<Spectrum> out;
  for (std::size_t k = 0; k < 2; ++k) {
    const Table* table = result.find_table(named_by_fit("mixture", k));
    if (table == nullptr) break;
    out.push_back(spectrum_in(*table, "measured"));
  }
  return out;
}

namespace {

Table fit_table(const ValenceOutcome& outcome) {
  std::vector<std::string> yield, source, element, edge;
  std::vector<core::Value> shift, bend, divided_by;
  std::vector<double> amplitude, offset, slope, chi_squared, reduced, r_factor, akaike, bayes;
  std::vector<std::int64_t> points, free, converged;
  for (std::size_t k = 0; k < outcome.fits.size(); ++k) {
    const MixtureFit& fit = outcome.fits[k];
    const Normalised& n = outcome.measured[k].normalised;
    yield.emplace_back(yield_words(yield_of(outcome, k)));
    source.push_back(outcome.measured[k].source);
    element.push_back(n.spectrum.element);
    edge.push_back(n.spectrum.edge);
    divided_by.push_back(n.scale);
    shift.push_back(fit.shift_eV);
    amplitude.push_back(fit.amplitude);
    offset.push_back(fit.offset);
    slope.push_back(fit.slope_per_eV);
    bend.push_back(fit.bend);
    chi_squared.push_back(fit.chi_squared);
    reduced.push_back(fit.reduced_chi_squared);
    r_factor.push_back(fit.r_factor);
    akaike.push_back(fit.akaike);
    bayes.push_back(fit.bayes);
    points.push_back(fit.points);
    free.push_back(fit.free_parameters);
    converged.push_back(fit.converged ? 1 : 0);
  }
  return {.name = "fits",
          .title = "Fits of the mixture",
          .columns = {word_column("yield", "What was detected", yield), word_column("source", "File and scan", source),
                      word_column("element", "Element of the edge", element), word_column("edge", "Edge", edge),
                      value_column("divided_by", "", "What the spectrum was divided by", divided_by),
                      value_column("shift", "eV", "Energy shift that all references share", shift),
                      number_column("amplitude", "", "Sum of the references' amplitudes", amplitude),
                      number_column("offset", "", "Constant beside the references", offset),
                      number_column("slope", "1/eV", "Slope of the line beside the references", slope),
                      value_column("bend", "", "Saturation b of a mixture m that is seen as m/(1 + b m)", bend),
                      number_column("chi_squared", "", "Chi squared of the points, without the priors", chi_squared),
                      number_column("reduced_chi_squared", "", "Chi squared a point", reduced),
                      number_column("r_factor", "", "Sum of squared misfits over that of squared values", r_factor),
                      number_column("akaike", "", "Akaike's criterion", akaike),
                      number_column("bayes", "", "Bayes criterion", bayes),
                      integer_column("points", "Number of energies in the fit", points),
                      integer_column("free_parameters", "Number of parameters that no prior holds", free),
                      integer_column("converged", "Whether the fit converged: 1 for yes", converged)},
          .signal = "reduced_chi_squared",
          .brief = {"yield", "chi_squared", "reduced_chi_squared", "r_factor"}};
}

Table combination_table(const ValenceOutcome& outcome) {
  std::vector<std::string> references;
  std::vector<double> chi_squared, reduced, r_factor, bayes;
  for (const Combination& c : outcome.combinations) {
    std::string names;
    for (const std::size_t j : c.members) names += (names.empty() ? "" : ", ") + outcome.reference_names[j];
    references.push_back(std::move(names));
    chi_squared.push_back(c.fit.chi_squared);
    reduced.push_back(c.fit.reduced_chi_squared);
    r_factor.push_back(c.fit.r_factor);
    bayes.push_back(c.fit.bayes);
  }
  return {.name = "combinations",
          .title = "Combinations, best first",
          .columns = {word_column("references", "Names of the references that are mixed", references),
                      number_column("chi_squared", "", "Chi squared of the points", chi_squared),
                      number_column("reduced_chi_squared", "", "Chi squared a point", reduced),
                      number_column("r_factor", "", "Sum of squared misfits over that of squared values", r_factor),
                      number_column("bayes", "", "Bayes criterion: the lowest is the best", bayes)},
          .signal = "bayes",
          .brief = {"references", "chi_squared", "bayes"}};
}

Table reference_table(const ValenceOutcome& outcome) {
  std::vector<double> valence;
  std::vector<std::string> flags, kind;
  for (std::size_t j = 0; j < outcome.reference_names.size(); ++j) {
    const auto& v = outcome.reference_valences[j];
    valence.push_back(v.value_or(not_stated));
    flags.emplace_back(v ? "ok" : "no valence is given");
    kind.emplace_back(outcome.study.references[j].ion.empty() ? "measured" : "computed");
  }
  return {.name = "references",
          .title = "References",
          .columns = {word_column("reference", "Name of the reference", outcome.reference_names),
                      number_column("valence", "", "Valence it stands for", valence),
                      word_column("kind", "Measured, or computed of an ion", kind),
                      word_column("flags", "\"ok\", or what is missing", flags)},
          .flags = "flags"};
}

// What the figure of surface and bulk shows, in its order.
Table depth_table(const ValenceOutcome& outcome) {
  const DepthValence& d = *outcome.depth;
  std::vector<double> middle, low, high;
  const auto add = [&](double l, double m, double h) {
    low.push_back(l);
    middle.push_back(m);
    high.push_back(h);
  };
  for (const MixtureFit& fit : outcome.fits) {
    const core::Value v = *fit.valence;
    add(v.value - core::two_sided_95 * v.sigma(), v.value, v.value + core::two_sided_95 * v.sigma());
  }
  add(d.surface_valence.low, d.surface_valence.median, d.surface_valence.high);
  add(d.bulk_valence.low, d.bulk_valence.median, d.bulk_valence.high);
  Table t{.name = "surface_and_bulk",
          .title = "Surface and bulk",
          .columns = {integer_column("place", "Where the figure draws it", {1, 2, 3, 4}),
                      word_column("what", "What is seen", {"electrons", "fluorescence", "surface layer", "bulk"}),
                      word_column("kind", "Measured, or inferred from what was measured",
                                  {"measured", "measured", "inferred", "inferred"}),
                      number_column("valence", "", "Mean valence, of inferred ones the median", middle)},
          .signal = "valence"};
  t.columns.back().low = low;
  t.columns.back().high = high;
  t.columns.front().shown.hidden = true;
  return t;
}

// ---- observables ----------------------------------------------------------------------------------------------------

// Everything the priors are about moves other values, too: the same reference enters every valence made with it.
void add_modes(const ValenceOutcome& outcome, std::size_t k, result::Observable& o) {
  const ValenceEffects& effects = outcome.fits[k].on_valence;
  const auto mode = [&](std::string cause, double shift) {
    if (shift == 0) return;
    auto same = std::ranges::find(o.common, cause, &result::CommonMode::cause);
    if (same != o.common.end()) cause += " (2)";
    o.common.push_back({.cause = std::move(cause), .shift = {shift}});
    o.variance[0] -= shift * shift;
  };
  mode("energy scale of " + outcome.measured[k].source, effects.shift);
  for (std::size_t j = 0; j < effects.reference_shift.size(); ++j) {
    mode("energy of reference " + outcome.reference_names[j], effects.reference_shift[j]);
    mode("normalisation of reference " + outcome.reference_names[j], effects.reference_scale[j]);
  }
  o.variance[0] = std::max(o.variance[0], 0.0);
}

std::vector<result::Observable> observables_of(const ValenceOutcome& outcome) {
  std::vector<result::Observable> out;
  for (std::size_t k = 0; k < outcome.fits.size(); ++k) {
    const MixtureFit& fit = outcome.fits[k];
    if (!fit.valence) continue;
    const std::string& element = outcome.measured[k].normalised.spectrum.element;
    result::Observable o{
        .name = fmt::format("valence/{}/{}", element.empty() ? "unknown" : element, yield_words(yield_of(outcome, k))),
        .help = "Mean valence of the element in what the yield sees",
        .values = {fit.valence->value},
        .variance = {fit.valence->variance},
        .depth = outcome.kernels[k],
        .flags = {"ok"}};
    if (!fit.converged) o.unusable = "The fit of the mixture did not converge.";
    if (element.empty()) o.unusable = "The element is not known.";
    add_modes(outcome, k, o);
    out.push_back(std::move(o));
  }
  return out;
}

}  // namespace

result::Result describe(const ValenceOutcome& outcome) {
  result::Result out;
  out.warnings = outcome.warnings;
  out.gate = outcome.gate;
  add_numbers(outcome, out);
  for (std::size_t k = 0; k < outcome.fits.size(); ++k) out.tables.push_back(share_table(outcome, k));
  out.tables.push_back(fit_table(outcome));
  if (!outcome.combinations.empty()) out.tables.push_back(combination_table(outcome));
  out.tables.push_back(reference_table(outcome));
  for (std::size_t k = 0; k < outcome.fits.size(); ++k) {
    out.tables.push_back(mixture_table(outcome, k));
    out.tables.push_back(curve_table(named_by_fit("spectrum", k),
                                     short_name(outcome.measured[k].normalised.spectrum) + ", normalised",
                                     outcome.measured[k].normalised.spectrum, "normalised", "Normalised absorption"));
    out.grids.push_back(covariance_grid(outcome, k));
  }
  if (outcome.depth) out.tables.push_back(depth_table(outcome));
  out.observables = observables_of(outcome);
  add_figures(outcome, out);
  add_page(outcome, out);
  return out;
}

}  // namespace lithoscope::xas
