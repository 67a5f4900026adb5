// What is said of a map and of its change.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "maps_parts.hpp"

namespace lithoscope::rixs {
namespace {

std::string feature_words(const Feature& f) {
  return fmt::format("{} counts (95 %: {:.0f} to {:.0f}) at {} eV in and {} eV out, {:.1f} standard deviations",
                     core::format_value(f.counts), f.low, f.high, core::format_value(f.incident_eV),
                     core::format_value(f.emission_eV), f.significance);
}

// Emission spectra and the sum of all are told where they have something to tell.
void add_changed_curves(const MapsOutcome& outcome, std::vector<std::string>& out) {
  for (std::size_t i = 0; i < outcome.change->curves.size(); ++i) {
    const NamedCurve& named = outcome.found.curves[i];
    const CurveChange& c = outcome.change->curves[i];
    const bool minor = named.kind == "XES" || named.kind == "XRF";
    if (minor && !changed(c)) continue;
    const char* verdict = changed(c) ? "changed" : "did not change beyond counting";
    out.push_back(fmt::format("{}{} {}: {:.1f} standard deviations, chi squared {:.0f} for {} degrees of freedom.",
                              named.kind, named.kind == "TFY" || named.kind == "XRF" ? "" : " " + named.curve.name,
                              verdict, c.significance, c.chi_squared, c.degrees));
  }
}

std::vector<std::string> answers(const MapsOutcome& outcome) {
  std::vector<std::string> out;
  const MapOutcome& first = outcome.change ? outcome.change->before : outcome.found;
  const RixsMap& m = first.map;
  out.push_back(fmt::format("{:.0f} photons of {} pixels at {} incident energies from {:.2f} to {:.2f} eV{}.",
                            m.total(), m.pixels, m.columns(), m.incident_eV.front(), m.incident_eV.back(),
                            outcome.change ? fmt::format("; {:.0f} after", outcome.found.map.total()) : ""));
  if (outcome.change) add_changed_curves(outcome, out);
  if (outcome.change && outcome.change->feature) {
    const FeatureChange& f = *outcome.change->feature;
    out.push_back(fmt::format(
        "The feature: before {}; after {}. Its share went to {} of what it was, {:.1f} standard deviations.",
        feature_words(f.before), feature_words(f.after), core::format_value(f.ratio), f.significance));
  } else if (outcome.found.feature) {
    out.push_back("The feature: " + feature_words(*outcome.found.feature) + ".");
  }
  if (first.elastic && first.elastic->significance > 3)
    out.push_back(fmt::format("Elastic light is {} eV wide and lies {} eV from the diagonal.",
                              core::format_value(first.elastic->fwhm_eV),
                              core::format_value(first.elastic->offset_eV)));
  return out;
}

bool is_of_map(const std::string& figure) { return figure.starts_with("map"); }

}  // namespace

void add_page(const MapsOutcome& outcome, result::Result& out) {
  out.asked = outcome.change
                  ? "Asked: did the map or any spectrum cut from it change, beyond what counting can explain?"
                  : "Asked: what was emitted at which incident energy?";
  out.answers = answers(outcome);
  // Before the number: it is why not to trust it.
  if (outcome.found.feature) {
    if (const std::string why = why_unusable(*outcome.found.feature); !why.empty()) out.warnings.push_back(why);
  }
  result::Section maps{.title = "Maps", .tables = {"exposure"}}, spectra{.title = "Spectra", .tables = {"spectra"}};
  if (out.find_table("feature") != nullptr) maps.tables.emplace_back("feature");
  for (const result::Figure& f : out.figures) (is_of_map(f.name) ? maps : spectra).figures.push_back(f.name);
  out.sections = {std::move(maps), std::move(spectra)};
}

}  // namespace lithoscope::rixs
