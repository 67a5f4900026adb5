#include <cmath>
#include <nlohmann/json.hpp>

#include "lithoscope/report/rixs_section.hpp"
#include "lithoscope/study/run.hpp"

namespace lithoscope::report {
namespace {

using Json = nlohmann::ordered_json;

Json number(double v) { return std::isfinite(v) ? Json(v) : Json(nullptr); }
Json value(const core::Value& v) { return {{"value", number(v.value)}, {"sigma", number(v.sigma())}}; }
Json numbers(const std::vector<double>& values) {
  Json out = Json::array();
  for (const double v : values) out.push_back(number(v));
  return out;
}

Json feature_json(const rixs::Feature& f) {
  return {{"incident_eV", value(f.incident_eV)},
          {"emission_eV", value(f.emission_eV)},
          {"sigma_incident_eV", value(f.sigma_incident_eV)},
          {"sigma_emission_eV", value(f.sigma_emission_eV)},
          {"counts", value(f.counts)},
          {"low", number(f.low)},
          {"high", number(f.high)},
          {"share", value(f.share)},
          {"significance", number(f.significance)},
          {"chance", number(f.chance)}};
}

Json map_json(const study::MapOutcome& one) {
  const rixs::RixsMap& m = one.map;
  Json totals = Json::array();
  for (const rixs::RixsMap& pass : one.passes)
    totals.push_back({{"name", pass.name}, {"counts", pass.total()}, {"outside", pass.outside}});
  Json j{{"counts", m.total()},
         {"outside", m.outside},
         {"pixels", m.pixels},
         {"passes", totals},
         {"incident_eV", numbers(m.incident_eV)},
         {"rows",
          {{"low_eV", m.emission.low_eV},
           {"width_eV", m.emission.width_eV},
           {"count", m.emission.count},
           {"loss", m.is_loss}}},
         {"dwell_s", numbers(m.dwell_s)},
         {"live_pixel_s", numbers(m.live_pixel_s)},
         {"pile_up", numbers(m.pile_up)}};
  if (one.elastic)
    j["elastic"] = {{"offset_eV", value(one.elastic->offset_eV)},
                    {"fwhm_eV", value(one.elastic->fwhm_eV)},
                    {"significance", number(one.elastic->significance)}};
  if (one.feature) j["feature"] = feature_json(*one.feature);
  j["passes_chi_squared"] = number(one.passes_chi_squared);
  j["passes_degrees"] = one.passes_degrees;
  return j;
}

}  // namespace

std::string rixs_json(const study::RixsOutcome& outcome) {
  Json j;
  j["schema"] = "lithoscope/rixs/1";
  j["program"] = study::program_version();
  j["settings"] = outcome.settings;
  j["inputs"] = outcome.sources;
  j["warnings"] = outcome.warnings;
  j["answers"] = rixs_answers(outcome);
  j["before"] = map_json(outcome.before);
  if (outcome.after) j["after"] = map_json(*outcome.after);
  Json changes = Json::array();
  for (std::size_t i = 0; i < outcome.changes.size(); ++i) {
    const rixs::CurveChange& c = outcome.changes[i];
    changes.push_back({{"kind", outcome.before.curves[i].kind},
                       {"name", c.before.name},
                       {"chi_squared", number(c.chi_squared)},
                       {"degrees", c.degrees},
                       {"significance", number(c.significance)}});
  }
  j["changes"] = changes;
  if (outcome.map_change)
    j["map_change"] = {{"scale", value(outcome.map_change->scale)},
                       {"largest", number(outcome.map_change->largest)},
                       {"incident_eV", number(outcome.map_change->largest_incident_eV)},
                       {"emission_eV", number(outcome.map_change->largest_emission_eV)},
                       {"chance", number(outcome.map_change->chance)}};
  if (outcome.feature_change)
    j["feature_change"] = {{"ratio", value(outcome.feature_change->ratio)},
                           {"significance", number(outcome.feature_change->significance)}};
  Json curves;
  for (const study::CurveTable& table : study::curve_tables(outcome)) {
    Json columns;
    for (const auto& column : table.columns)
      columns[column.unit.empty() ? column.name : column.name + "_" + column.unit] = numbers(column.values);
    curves[table.name] = std::move(columns);
  }
  j["spectra"] = curves;
  return j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lithoscope::report
