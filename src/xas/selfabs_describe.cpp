// Self-absorption as numbers, tables and an observable.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/statistics.hpp"
#include "selfabs_parts.hpp"

namespace lithoscope::xas {

using result::number_column;
using result::Table;

std::string line_column(const LineYield& line) { return plain_name(line.element + "_" + line.line); }

namespace {

constexpr auto not_stated = result::not_a_number;

void put(result::Result& out, std::string name, std::string unit, std::string help, double value) {
  out.numbers.push_back(
      {.name = std::move(name), .unit = std::move(unit), .help = std::move(help), .value = {value, not_stated}});
}

void put_switch(result::Result& out, std::string name, std::string help, bool value) {
  out.numbers.push_back(
      {.name = std::move(name), .unit = {}, .help = std::move(help), .value = core::Value::exact(value ? 1 : 0)});
}

void add_areal_density(const SelfAbsorptionOutcome& outcome, result::Result& out) {
  const double areal = outcome.slab.areal_density_g_per_cm2;
  result::Number n{.name = "areal_density",
                   .unit = "g/cm2",
                   .help = "Mass of the sample per area",
                   .value = {areal, not_stated},
                   .shown = {.unit = "mg/cm2"}};
  if (std::isinf(areal)) {
    n.value.value = not_stated;
    n.flag = "thick: no light comes through";
  }
  if (outcome.thickness) {
    n.low = outcome.thickness->low;
    n.high = outcome.thickness->high;
    if (std::isinf(n.high)) n.flag = n.flag.empty() ? "without an upper bound" : n.flag;
  } else if (n.flag.empty()) {
    n.flag = outcome.study.second ? "an effective number by which one yield follows the other" : "as given";
  }
  out.numbers.push_back(std::move(n));
}

void add_numbers(const SelfAbsorptionOutcome& outcome, result::Result& out) {
  if (!outcome.attenuation) {
    put(out, "line_energy", "eV", "Energy of the emitted line", outcome.absorption.line_eV);
    add_areal_density(outcome, out);
    put(out, "exit_ratio", "", "Sine of the incidence over that of the exit, both from the surface",
        outcome.slab.exit_ratio);
  }
  if (const auto& t = outcome.thickness) {
    put(out, "thickness_chi_squared", "", "Chi squared of the evidence at the best areal density", t->misfit);
    put(out, "thickness_chi_squared_thick", "", "Chi squared of the evidence for a thick sample", t->misfit_thick);
    put(out, "thickness_chi_squared_thin", "", "Chi squared of the evidence for a thin sample", t->misfit_thin);
    put_switch(out, "thick_rejected", "Whether a thick sample is rejected at 95 %: 1 for yes", t->thick_rejected);
    put_switch(out, "thin_rejected", "Whether a thin sample is rejected at 95 %: 1 for yes", t->thin_rejected);
  }
  if (const auto& c = outcome.corrected) {
    put_switch(out, "correction_trusted", "Whether the correction may be used: 1 for yes", c->verdict.trusted);
    put(out, "amplification", "", "Largest factor by which a relative error of the signal grows",
        c->verdict.amplification);
    put(out, "amplification_at", "eV", "Energy where errors grow most", c->verdict.at_eV);
    out.numbers.back().shown.digits = 7;
  }
}

void add_tables(const SelfAbsorptionOutcome& outcome, result::Result& out) {
  if (outcome.corrected) {
    const Corrected& c = *outcome.corrected;
    Table t = curve_table("corrected", "Corrected for self-absorption", c.spectrum, "corrected",
                          c.verdict.trusted ? "Absorption with an edge of one" : "Not to be used: see the gate");
    t.columns.push_back(number_column("resonant_absorption", "",
                                      "The same over the smooth atomic absorption in the middle: it falls above the "
                                      "edge as tables do",
                                      c.absorption.intensity));
    out.tables.push_back(std::move(t));
  }
  if (outcome.attenuation)
    out.tables.push_back(curve_table("attenuation", "Attenuation from two geometries", *outcome.attenuation,
                                     "attenuation", "Total attenuation over that at the emitted line"));
  const auto& signal = outcome.signal.normalised.spectrum;
  out.tables.push_back(curve_table("signal", short_name(signal) + ", as normalised", signal, "signal",
                                   outcome.partial.empty() ? "Fluorescence as measured" : "Absorption as given"));
  if (outcome.second) {
    const auto& second = outcome.second->normalised.spectrum;
    out.tables.push_back(
        curve_table("second", short_name(second) + ", as normalised", second, "signal", "The second spectrum"));
  }
  if (outcome.partial.empty()) return;
  out.tables.push_back(
      {.name = "yields",
       .title = "What fluorescence makes of the absorption",
       .columns = {number_column("energy", "eV", "Photon energy", signal.energy_eV),
                   number_column("total", "", "Total fluorescence, where partial has an edge of one", outcome.total),
                   number_column("partial", "", "Partial fluorescence, an edge of one", outcome.partial)},
       .axis = "energy",
       .signal = "total"});
  Table lines{.name = "line_yields",
              .title = "Emitted lines",
              .columns = {number_column("energy", "eV", "Photon energy", signal.energy_eV)},
              .axis = "energy"};
  for (const LineYield& line : outcome.lines) {
    std::vector<double> yield = line.yield;
    for (double& y : yield) y *= 1e3;
    std::string name = line_column(line);
    while (lines.find(name) != nullptr) name += "_";
    lines.columns.push_back(number_column(name, "",
                                          fmt::format("Photons of {} {} ({:.0f} eV, hole in {}) per thousand incident "
                                                      "ones, into all directions",
                                                      line.element, line.line, line.energy_eV, line.shell),
                                          std::move(yield)));
  }
  if (lines.columns.size() > 1) lines.signal = lines.columns[1].name;
  out.tables.push_back(std::move(lines));
}

void add_observable(const SelfAbsorptionOutcome& outcome, result::Result& out) {
  if (outcome.attenuation || !outcome.partial.empty()) return;
  result::Observable o{.name = "areal_density",
                       .unit = "g/cm2",
                       .help = "Mass of the sample per area",
                       .values = {outcome.slab.areal_density_g_per_cm2},
                       .variance = {0},
                       .flags = {"ok"}};
  if (outcome.thickness) {
    const double half = 0.5 * (outcome.thickness->high - outcome.thickness->low);
    o.variance = {std::pow(half / core::two_sided_95, 2)};
    if (std::isinf(outcome.thickness->high)) {
      o.variance = {not_stated};
      o.unusable = "The areal density has no upper bound.";
    }
  } else {
    o.unusable = outcome.study.second ? "An effective number by which one yield follows the other, not the sample's."
                                      : "It was given, not measured.";
  }
  if (!std::isfinite(o.values[0])) {
    o.values = {not_stated};
    o.flags = {"thick"};
  }
  if (outcome.corrected && !outcome.corrected->verdict.trusted && o.unusable.empty())
    o.unusable = "The correction it belongs to is refused.";
  out.observables.push_back(std::move(o));
}

}  // namespace

result::Result describe(const SelfAbsorptionOutcome& outcome) {
  result::Result out;
  out.warnings = outcome.warnings;
  add_numbers(outcome, out);
  add_tables(outcome, out);
  add_observable(outcome, out);
  if (outcome.corrected && !outcome.corrected->verdict.trusted) out.gate = outcome.corrected->verdict.reason + ".";
  add_figures(outcome, out);
  add_page(outcome, out);
  return out;
}

}  // namespace lithoscope::xas
