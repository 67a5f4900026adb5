// What is said of a map and of its change.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/statistics.hpp"
#include "maps_parts.hpp"

namespace lithoscope::rixs {
namespace {

std::string feature_words(const Feature& f) {
  constexpr double by_chance = 0.01;
  if (f.at_edge || f.chance > by_chance)
    return fmt::format("none is shown by this map alone (chance {:.2g} that bands and noise make one as large)",
                       f.chance);
  return fmt::format(
      "{} counts (95 %: {:.0f} to {:.0f}) at {} eV in and {} eV out, {:.1f} standard deviations on any smooth "
      "background",
      core::format_value(f.counts), f.low, f.high, core::format_value(f.incident_eV), core::format_value(f.emission_eV),
      f.significance);
}

// Emission spectra and the sum of all are told where they have something to tell.
void add_changed_curves(const MapsOutcome& outcome, std::vector<std::string>& out) {
  for (std::size_t i = 0; i < outcome.change->curves.size(); ++i) {
    const NamedCurve& named = outcome.found.curves[i];
    const CurveChange& c = outcome.change->curves[i];
    const bool minor = named.kind == "XES" || named.kind == "XRF";
    if (minor && !changed(c)) continue;
    const bool plain = named.kind == "TFY" || named.kind == "XRF";
    out.push_back(fmt::format("{}{} {}.", named.kind, plain ? "" : " " + named.curve.name, change_words(c)));
  }
}

std::string scale_words(const MapsOutcome& outcome) {
  const StateScale& s = outcome.change->scale;
  if (outcome.request.normalise == Normalise::area || outcome.request.normalise == Normalise::maximum)
    return "Spectra are compared in shape alone, each by its own height, polygons by that of the total yield; map and "
           "feature on the scale of the rest of the map.";
  if (s.source == ScaleSource::live_time)
    return "Compared at equal live time: a change of the beam looks like a change of the sample.";
  if (s.source == ScaleSource::rest_of_map)
    return fmt::format(
        "Compared on the scale of the rest of the map, which counts {} times as much after at equal exposure: what all "
        "of the map did together does not show.",
        core::format_value(s.ratio));
  return fmt::format("Compared on the scale of the monitors, {:.2g} % in each state; the rest of the map went to {}.",
                     100 * outcome.request.scale_error, core::format_value(s.of_rest));
}

std::string percent(double share) { return fmt::format("{:+.2g} %", 100 * share); }

// The change in photons, of the box, and of the feature where that is known.
std::string bounds_of(const FeatureChange& f) {
  std::string out = fmt::format("{:+.0f} to {:+.0f} photons", f.low, f.high);
  if (f.box_before > 0)
    out += fmt::format(", {} to {} of the box", percent(f.low / f.box_before), percent(f.high / f.box_before));
  if (f.relative) {
    const double half = core::two_sided_95 * f.relative->sigma();
    out +=
        fmt::format(", {} to {} of the feature", percent(f.relative->value - half), percent(f.relative->value + half));
  }
  return out;
}

std::string feature_change_words(const FeatureChange& f) {
  constexpr double clear = 3;
  const std::string box = fmt::format("the box about it went to {}", core::format_value(f.box_ratio));
  if (std::abs(f.significance) > clear)
    return fmt::format("The feature {} by {} photons (95 %: {}), {:.1f} standard deviations; {}.",
                       f.counts.value > 0 ? "rose" : "fell",
                       core::format_value({std::abs(f.counts.value), f.counts.variance}), bounds_of(f),
                       std::abs(f.significance), box);
  if (changed(f))
    return fmt::format(
        "A line changed at {:.1f} eV in and {:.1f} eV out, by {:.1f} standard deviations (chance {:.2g}), and not "
        "where "
        "the feature was expected; {}.",
        f.largest_incident_eV, f.largest_emission_eV, f.largest, f.chance, box);
  if (f.low > 0 || f.high < 0)
    return fmt::format("The feature may have {} by {} photons (95 %: {}): {:.1f} standard deviations, short of 3; {}.",
                       f.counts.value > 0 ? "risen" : "fallen",
                       core::format_value({std::abs(f.counts.value), f.counts.variance}), bounds_of(f),
                       std::abs(f.significance), box);
  return fmt::format("The feature did not change beyond counting: at 95 % its change lies within {}; {}.", bounds_of(f),
                     box);
}

bool seen(const std::optional<ElasticFit>& elastic) {
  constexpr double clear = 3;
  return elastic && elastic->significance > clear;
}

std::vector<std::string> answers(const MapsOutcome& outcome) {
  std::vector<std::string> out;
  const MapOutcome& first = outcome.change ? outcome.change->before : outcome.found;
  const RixsMap& m = first.map;
  if (outcome.change && outcome.change->feature) out.push_back(feature_change_words(*outcome.change->feature));
  if (!outcome.change && outcome.found.feature)
    out.push_back("The feature: " + feature_words(*outcome.found.feature) + ".");
  if (outcome.change) {
    add_changed_curves(outcome, out);
    out.push_back(scale_words(outcome));
  }
  // A map that was made elsewhere says nothing of pixels.
  const std::string pixels = m.pixels > 0 ? fmt::format(" of {} pixels", m.pixels) : std::string{};
  out.push_back(fmt::format("{:.0f} photons{} at {} incident energies from {:.2f} to {:.2f} eV{}.", m.total(), pixels,
                            m.columns(), m.incident_eV.front(), m.incident_eV.back(),
                            outcome.change ? fmt::format("; {:.0f} after", outcome.found.map.total()) : ""));
  if (seen(first.elastic))
    out.push_back(fmt::format("Elastic light is {} eV wide and lies {} eV from the diagonal.",
                              core::format_value(first.elastic->fwhm_eV),
                              core::format_value(first.elastic->offset_eV)));
  return out;
}

bool is_of_map(const std::string& figure) { return figure.starts_with("map"); }

// Emission and incident energies are two scales; elastic light ties them.
void add_elastic_warnings(const MapsOutcome& outcome, std::vector<std::string>& out) {
  constexpr double clear = 5;
  const auto far = [](const core::Value& v) { return std::abs(v.value) > clear * v.sigma(); };
  const auto& after = outcome.found.elastic;
  if (seen(after) && far(after->offset_eV))
    out.push_back(fmt::format(
        "Elastic light lies {} eV from the diagonal: emission and incident energies are that far apart, and "
        "neither says which is right.",
        core::format_value(after->offset_eV)));
  if (!outcome.change || !seen(after) || !seen(outcome.change->before.elastic)) return;
  const core::Value moved = after->offset_eV - outcome.change->before.elastic->offset_eV;
  if (far(moved))
    out.push_back(
        fmt::format("Elastic light moved by {} eV against the incident energies from one state to the other: a scale "
                    "moved, and what seems to change at steep places may be that.",
                    core::format_value(moved)));
}

// What makes every change on this page doubtful.
void add_scale_warnings(const MapsChange& change, std::vector<std::string>& out) {
  constexpr double clear = 4;
  const core::Value rest = change.scale.of_rest;
  const bool moved = std::abs(rest.value - 1) > clear * std::sqrt(rest.variance + change.scale.ratio.variance);
  if (moved && change.scale.source == ScaleSource::monitor)
    out.push_back(fmt::format(
        "On the monitors' scale all the rest of the map went to {}: the sample, its illumination or a monitor changed.",
        core::format_value(rest)));
  if (moved && change.scale.source == ScaleSource::live_time)
    out.push_back(
        fmt::format("At equal live time all the rest of the map went to {}: so would a change of the beam, which live "
                    "time does not see.",
                    core::format_value(rest)));
  if (change.feature && change.feature->misfit > clear)
    out.push_back(fmt::format(
        "The two maps differ by more than the feature, a scale and a shift of the emission energies ({:.1f} standard "
        "deviations): what lies under the feature may have changed as well.",
        change.feature->misfit));
}

}  // namespace

std::string change_words(const CurveChange& c) {
  const auto where = [&] {
    return c.part_eV > 0 ? fmt::format(" over {:.2g} eV about {:.1f} eV", c.part_eV, c.part_at_eV) : std::string{};
  };
  const double half = core::two_sided_95 * c.height.sigma();
  if (height_changed(c))
    return fmt::format("{} by {} %{}: {:.1f} standard deviations", c.height.value > 0 ? "rose" : "fell",
                       core::format_value({100 * std::abs(c.height.value), 1e4 * c.height.variance}), where(),
                       std::abs(c.height.value) / c.height.sigma());
  if (changed(c)) return fmt::format("changed in shape: {:.1f} standard deviations", c.significance);
  if (!std::isfinite(half)) return "did not change beyond counting";
  // An interval without zero is not "no change".
  if (std::abs(c.height.value) > half)
    return fmt::format("may have {} by {} %{}: {:.1f} standard deviations, short of 3",
                       c.height.value > 0 ? "risen" : "fallen",
                       core::format_value({100 * std::abs(c.height.value), 1e4 * c.height.variance}), where(),
                       std::abs(c.height.value) / c.height.sigma());
  return fmt::format("did not change beyond counting: at 95 % its height{} lies within {:+.2g} to {:+.2g} %", where(),
                     100 * (c.height.value - half), 100 * (c.height.value + half));
}

void add_page(const MapsOutcome& outcome, result::Result& out) {
  out.asked = outcome.change
                  ? "Asked: did the map or any spectrum cut from it change, beyond what counting can explain?"
                  : "Asked: what was emitted at which incident energy?";
  out.answers = answers(outcome);
  add_elastic_warnings(outcome, out.warnings);
  if (outcome.change) add_scale_warnings(*outcome.change, out.warnings);
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
