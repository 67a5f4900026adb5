// A map and its spectra as numbers, tables, grids, observables.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "gauss.hpp"
#include "lithoscope/material/fluorescence.hpp"
#include "maps_parts.hpp"

namespace lithoscope::rixs {
namespace {

constexpr double not_known = result::not_a_number;

class Numbers {
 public:
  explicit Numbers(result::Result& out) : out_(out) {}
  void value(const char* name, const char* unit, const char* help, const core::Value& v) {
    out_.numbers.push_back({.name = name,
                            .unit = unit,
                            .help = help,
                            .value = v,
                            .flag = std::isnan(v.value) ? "the data do not determine it" : ""});
  }
  void exact(const char* name, const char* unit, const char* help, double v) { value(name, unit, help, {v, 0}); }
  /// Without a stated uncertainty.
  void plain(const char* name, const char* unit, const char* help, double v) {
    value(name, unit, help, {v, not_known});
  }

 private:
  result::Result& out_;
};

void add_feature_numbers(const FeatureChange& f, Numbers& put) {
  put.value("feature_change", "", "Change of the feature in photons, at the exposure of the state before", f.counts);
  put.plain("feature_change_low", "", "Lower end of the 95 % interval of that change", f.low);
  put.plain("feature_change_high", "", "Upper end of the 95 % interval of that change", f.high);
  put.plain("feature_change_significance", "", "Change of the feature, in standard deviations", f.significance);
  put.exact("feature_box_photons", "", "Photons before in the box about the feature", f.box_before);
  put.value("feature_box_ratio", "", "Photons of the box at equal exposure, after over before", f.box_ratio);
  put.value("feature_change_of_box", "", "Change of the feature over what the box holds before",
            f.box_before > 0 ? (1 / f.box_before) * f.counts : core::Value{not_known, not_known});
  put.value("feature_change_ratio", "",
            "Photons of the feature, after over before, where the maps tell how many it has",
            f.relative ? core::Value{1 + f.relative->value, f.relative->variance} : core::Value{not_known, not_known});
  put.plain("feature_search_largest", "", "Largest change of a line anywhere in the search range, standard deviations",
            f.largest);
  put.plain("feature_search_chance", "", "Chance that noise alone makes one as large anywhere in the search range",
            f.chance);
  put.plain("feature_change_misfit", "",
            "What else differs between the maps beside feature, scale and shift, standard deviations", f.misfit);
  put.value("feature_change_shift", "eV", "Emission scale of the state after less that of the state before, fitted",
            f.shift_eV);
}

void add_change_numbers(const MapsChange& change, Numbers& put) {
  const StateScale& scale = change.scale;
  const bool by_rest = scale.source == ScaleSource::rest_of_map;
  put.value("map_change_scale", "",
            "Counts at equal exposure, after over before, where nothing changed: what the states are compared on",
            scale.ratio);
  put.exact("map_change_scale_by_monitor", "", "Whether that scale is the monitors': 1 for yes",
            scale.source == ScaleSource::monitor ? 1 : 0);
  put.value("map_change_rest", "", "The rest of the map on that scale, after over before; 1 where it is the scale",
            by_rest ? core::Value::exact(1) : scale.of_rest);
  put.plain("map_change_largest", "", "Largest change of the map, in standard deviations", change.map.largest);
  put.plain("map_change_incident_energy", "eV", "Incident energy of the largest change",
            change.map.largest_incident_eV);
  put.plain("map_change_emission_energy", "eV", "Emission energy (or loss) of the largest change",
            change.map.largest_emission_eV);
  put.plain("map_change_chance", "", "Chance that noise alone makes a change as large anywhere in the map",
            change.map.chance);
  if (change.feature) add_feature_numbers(*change.feature, put);
}

void add_numbers(const MapsOutcome& outcome, result::Result& out) {
  const MapOutcome& one = outcome.found;
  Numbers put{out};
  put.exact("photons", "", "Photons in the map, as counted", one.measured.total());
  put.exact("outside", "", "Photons in the scan's windows beyond the rows of the map",
            static_cast<double>(one.map.outside));
  put.exact("pixels", "", "Pixels that looked at the sample", static_cast<double>(one.map.pixels));
  put.exact("row_low", "eV", "Lower edge of the map's first row", one.map.emission.low_eV);
  put.exact("row_width", "eV", "Width of a row of the map", one.map.emission.width_eV);
  put.exact("monitor_mean", "", "Mean of the monitor in its own unit; 0 without a monitor", one.measured.monitor_mean);
  put.exact("energy_sigma", "eV", "Standard deviation of the emission scale, as far as all photons share it",
            one.measured.energy_sigma_eV);
  put.exact("row_closed", "", "Whether the upper edge belongs to the last row: 1 for yes",
            one.map.emission.closed ? 1 : 0);
  put.plain("passes_chi_squared", "", "Chi squared of the passes against each other, total yield point by point",
            one.passes_chi_squared);
  put.exact("passes_degrees", "", "Degrees of freedom of the passes' chi squared",
            static_cast<double>(one.passes_degrees));
  if (one.elastic) {
    put.value("elastic_offset", "eV", "Energy of the elastic line less incident energy", one.elastic->offset_eV);
    put.value("elastic_fwhm", "eV", "Full width at half maximum of the elastic line", one.elastic->fwhm_eV);
    put.plain("elastic_significance", "", "Elastic line of all columns together, in standard deviations",
              one.elastic->significance);
  }
  if (outcome.change) add_change_numbers(*outcome.change, put);
}

// The element whose edge is scanned: the nearest of those that soft X-rays reach, none when all are far.
std::string element_near(double incident_eV) {
  static constexpr std::array<std::pair<const char*, const char*>, 13> edges{{{"C", "K"},
                                                                              {"N", "K"},
                                                                              {"O", "K"},
                                                                              {"F", "K"},
                                                                              {"Na", "K"},
                                                                              {"Ti", "L3"},
                                                                              {"V", "L3"},
                                                                              {"Cr", "L3"},
                                                                              {"Mn", "L3"},
                                                                              {"Fe", "L3"},
                                                                              {"Co", "L3"},
                                                                              {"Ni", "L3"},
                                                                              {"Cu", "L3"}}};
  constexpr double below_eV = 15, above_eV = 30;
  std::string element;
  double least = 1e300;
  for (const auto& [name, shell] : edges) {
    const double above = incident_eV - material::edge_eV(name, shell);
    if (above < -below_eV || above > above_eV || std::abs(above) >= least) continue;
    least = std::abs(above);
    element = name;
  }
  return element;
}

// The monitor's scale moves all values of a state together.
void add_monitor(const MapsOutcome& outcome, result::Observable& o) {
  if (!(outcome.request.scale_error > 0) || !(outcome.found.measured.monitor_mean > 0)) return;
  std::vector<double> shift;
  for (const double v : o.values) shift.push_back(std::isfinite(v) ? v * outcome.request.scale_error : 0);
  o.common.push_back({"monitor" + (outcome.state.empty() ? std::string{} : " of " + outcome.state), std::move(shift)});
}

// The emission scale moves all bins of a state together.
void add_energy_scale(const MapsOutcome& outcome, const std::vector<double>& shift, double exposure,
                      result::Observable& o) {
  if (shift.empty()) return;
  std::vector<double> mode;
  for (std::size_t i = 0; i < shift.size(); ++i) mode.push_back(std::isfinite(o.values[i]) ? shift[i] / exposure : 0);
  const std::string state = outcome.state.empty() ? std::string{} : " of " + outcome.state;
  o.common.push_back({"emission energy scale" + state, std::move(mode)});
}

// Of a second in a live pixel, and of a unit of the monitor where there is one.
double unit_exposure(const RixsMap& map, double exposure) {
  return map.monitor_mean > 0 ? exposure * map.monitor_mean : exposure;
}

// Photons a second in a live pixel: what two states can be compared in. Times the exposure they are counts.
result::Observable yield_observable(const MapsOutcome& outcome, const NamedCurve& named) {
  const Curve& c = named.curve;
  const double exposure = unit_exposure(outcome.found.map, mean_exposure(outcome.found.map));
  const bool monitored = outcome.found.map.monitor_mean > 0;
  result::Observable o{
      .name = fmt::format("{}/{}", named.kind == "PFY" ? "pfy" : "spfy", c.name),
      .unit = "1/s",
      .help = "Photons of " + c.name + " a second in a live pixel" + (monitored ? " and a unit of the monitor" : ""),
      .axis_name = "incident_energy",
      .axis_unit = "eV",
      .axis = c.energy_eV};
  o.noise.law = result::NoiseLaw::poisson;
  for (std::size_t i = 0; i < c.size(); ++i) {
    const bool known = std::isfinite(c.value[i]) && std::isfinite(c.variance[i]);
    o.values.push_back(known ? c.value[i] / exposure : not_known);
    o.variance.push_back(known ? c.variance[i] / (exposure * exposure) : 0);
    o.noise.exposure.push_back(c.exposure[i] * exposure);
    o.flags.emplace_back(known ? "ok" : "no pixel was live at this energy");
  }
  o.depth = {.law = result::DepthLaw::fluorescence, .element = element_near(c.energy_eV[c.size() / 2])};
  add_monitor(outcome, o);
  add_energy_scale(outcome, c.by_energy_scale, exposure, o);
  return o;
}

// Exposure where the feature lies: dead time and monitor are not the same at all incident energies.
double exposure_at(const Feature& f, const RixsMap& map) {
  const double sigma = std::max(f.sigma_incident_eV.value, 1e-3);
  double sum = 0, weights = 0;
  for (std::size_t c = 0; c < map.columns(); ++c) {
    const double weight = gauss_density(map.incident_eV[c], f.incident_eV.value, sigma);
    sum += weight * map.live_pixel_s[c] * map.i0[c].value;
    weights += weight;
  }
  return weights > 0 && sum > 0 ? sum / weights : mean_exposure(map);
}

result::Observable feature_observable(const MapsOutcome& outcome) {
  const Feature& f = *outcome.found.feature;
  const double exposure = unit_exposure(outcome.found.measured, exposure_at(f, outcome.found.measured));
  const FeatureSettings sought = outcome.request.feature.value_or(FeatureSettings{});
  result::Observable o{.name = feature_name(sought),
                       .unit = "1/s",
                       .help = "Photons of the feature a second in a live pixel, added up over the incident energies",
                       .values = {f.counts.value / exposure},
                       .variance = {f.counts.variance / (exposure * exposure)},
                       .depth = {.law = result::DepthLaw::fluorescence, .element = element_near(sought.incident_eV)},
                       .flags = {"ok"},
                       .unusable = why_unusable(f)};
  if (!std::isfinite(o.variance.front())) o.variance = {0};
  add_monitor(outcome, o);
  return o;
}

}  // namespace

double mean_exposure(const RixsMap& map) {
  const std::vector<double> of_columns = exposures(map, ScaleSource::live_time);
  return std::accumulate(of_columns.begin(), of_columns.end(), 0.0) / static_cast<double>(map.columns());
}

std::string feature_name(const FeatureSettings& feature) {
  const std::string element = element_near(feature.incident_eV);
  return fmt::format("feature/{}{}{:.0f}-{:.0f}", element, element.empty() ? "" : "/", feature.incident_eV,
                     feature.emission_eV);
}

result::Result describe(const MapsOutcome& outcome) {
  result::Result out;
  out.warnings = outcome.warnings;
  add_numbers(outcome, out);
  add_tables(outcome, out);
  add_grids(outcome, out);
  std::vector<std::string> names;
  for (const NamedCurve& named : outcome.found.curves) {
    if (named.kind != "PFY" && named.kind != "sPFY") continue;
    result::Observable o = yield_observable(outcome, named);
    if (std::ranges::find(names, o.name) != names.end()) continue;  // a region given twice
    names.push_back(o.name);
    out.observables.push_back(std::move(o));
  }
  if (outcome.found.feature) out.observables.push_back(feature_observable(outcome));
  add_figures(outcome, out);
  add_page(outcome, out);
  return out;
}

}  // namespace lithoscope::rixs
