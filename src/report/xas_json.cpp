#include <cmath>
#include <nlohmann/json.hpp>

#include "lithoscope/report/xas_section.hpp"
#include "lithoscope/study/run.hpp"

namespace lithoscope::report {
namespace {

using Json = nlohmann::ordered_json;

Json number(double v) { return std::isfinite(v) ? Json(v) : Json(nullptr); }
Json value(const core::Value& v) { return {{"value", number(v.value)}, {"sigma", number(v.sigma())}}; }
Json interval(const xas::Interval& i) { return {{"low", i.low}, {"median", i.median}, {"high", i.high}}; }

Json curves(const std::vector<study::CurveTable>& tables) {
  Json out;
  for (const study::CurveTable& table : tables) {
    Json columns;
    for (const auto& column : table.columns) {
      Json values = Json::array();
      for (const double v : column.values) values.push_back(number(v));
      columns[column.unit.empty() ? column.name : column.name + "_" + column.unit] = std::move(values);
    }
    out[table.name] = std::move(columns);
  }
  return out;
}

Json started(const char* schema, const std::string& settings, const std::vector<std::string>& warnings) {
  Json j;
  j["schema"] = schema;
  j["program"] = study::program_version();
  j["settings"] = settings;
  j["warnings"] = warnings;
  return j;
}

std::string written(const Json& j) { return j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n"; }

Json fit_json(const xas::MixtureFit& fit) {
  Json shares = Json::array();
  for (const xas::Share& s : fit.shares)
    shares.push_back({{"name", s.name},
                      {"share", value(s.share)},
                      {"low", s.low},
                      {"high", s.high},
                      {"shift_eV", value(s.shift_eV)},
                      {"scale", s.scale}});
  Json j{{"shares", shares},
         {"covariance", fit.covariance},
         {"shift_eV", value(fit.shift_eV)},
         {"amplitude", fit.amplitude},
         {"bend", value(fit.bend)},
         {"chi_squared", fit.chi_squared},
         {"reduced_chi_squared", fit.reduced_chi_squared},
         {"r_factor", fit.r_factor},
         {"akaike", fit.akaike},
         {"bayes", fit.bayes},
         {"points", fit.points},
         {"free_parameters", fit.free_parameters},
         {"converged", fit.converged}};
  j["valence"] = fit.valence ? value(*fit.valence) : Json(nullptr);
  return j;
}

}  // namespace

std::string xas_json(const study::XasOutcome& outcome) {
  Json j = started("lithoscope/xas/1", outcome.settings, outcome.warnings);
  Json spectra = Json::array();
  for (const study::XasSpectrumOutcome& one : outcome.spectra) {
    Json s{{"source", one.source},
           {"name", one.normalised.spectrum.name},
           {"element", one.normalised.spectrum.element},
           {"edge", one.normalised.spectrum.edge},
           {"points", one.normalised.spectrum.size()},
           {"noise", std::string{xas::noise_words(one.normalised.spectrum.noise)}},
           {"divided_by", value(one.normalised.scale)}};
    if (const auto& e = one.normalised.edge) {
      s["e0_eV"] = e->e0_eV;
      s["edge_step"] = value(e->step);
      s["ranges_eV"] = {{"pre_from", e->pre_from},
                        {"pre_to", e->pre_to},
                        {"post_from", e->post_from},
                        {"post_to", e->post_to},
                        {"order", e->order}};
    }
    if (const auto& w = one.white_lines) {
      s["white_lines"] = {{"L3_eV", w->L3_eV},
                          {"L2_eV", w->L2_eV},
                          {"L3_area_eV", value(w->L3_area)},
                          {"L2_area_eV", value(w->L2_area)},
                          {"branching_ratio", value(w->branching)},
                          {"L3_half_width_eV", w->L3_half_width_eV},
                          {"L2_half_width_eV", w->L2_half_width_eV}};
    }
    for (const auto& [window, ratio] : one.features) s["features"][window.name] = value(ratio);
    spectra.push_back(std::move(s));
  }
  j["spectra"] = std::move(spectra);
  for (const study::XasPair& pair : outcome.pairs) {
    const xas::Difference& d = pair.difference;
    Json one{{"before", outcome.spectra[pair.before].source},
             {"after", outcome.spectra[pair.after].source},
             {"shift_eV", value(d.shift_eV)},
             {"scale", value(d.scale)},
             {"offset", value(d.offset)},
             {"chi_squared", d.chi_squared},
             {"points", d.points},
             {"significance", d.significance},
             {"largest", d.largest},
             {"largest_eV", d.largest_eV}};
    for (const study::XasFeatureChange& change : pair.changes)
      one["features"][change.window.name] = {{"before", value(change.before)},
                                             {"after", value(change.after)},
                                             {"change", value(change.after - change.before)}};
    j["differences"].push_back(std::move(one));
  }
  if (const auto& c = outcome.components) {
    j["components"] = {{"singular_values", c->singular},
                       {"indicator", c->indicator},
                       {"reduced_chi_squared", c->reduced_chi_squared},
                       {"by_indicator", c->by_indicator},
                       {"by_noise", c->by_noise}};
  }
  j["curves"] = curves(study::curve_tables(outcome));
  return written(j);
}

std::string valence_json(const study::ValenceOutcome& outcome) {
  Json j = started("lithoscope/valence/1", outcome.settings, outcome.warnings);
  Json fits = Json::array();
  for (const xas::MixtureFit& fit : outcome.fits) fits.push_back(fit_json(fit));
  j["fits"] = std::move(fits);
  if (!outcome.combinations.empty()) {
    Json all = Json::array();
    for (const xas::Combination& c : outcome.combinations) {
      Json names = Json::array();
      for (const std::size_t k : c.members) names.push_back(outcome.reference_names[k]);
      all.push_back({{"references", names}, {"chi_squared", c.fit.chi_squared}, {"bayes", c.fit.bayes}});
    }
    j["combinations"] = std::move(all);
  }
  if (const auto& d = outcome.depth) {
    j["depth"] = {{"layer_nm", interval(d->layer_nm)},         {"surface_valence", interval(d->surface_valence)},
                  {"bulk_valence", interval(d->bulk_valence)}, {"difference", interval(d->difference)},
                  {"probability_surface_reduced", d->reduced}, {"electrons_from_layer", d->surface_in_electrons}};
  }
  j["curves"] = curves(study::curve_tables(outcome));
  return written(j);
}

std::string self_absorption_json(const study::SelfAbsorptionOutcome& outcome) {
  Json j = started("lithoscope/selfabs/1", outcome.settings, outcome.warnings);
  j["line_eV"] = outcome.absorption.line_eV;
  j["areal_density_g_per_cm2"] = number(outcome.slab.areal_density_g_per_cm2);
  j["exit_ratio"] = outcome.slab.exit_ratio;
  if (const auto& t = outcome.thickness) {
    j["thickness"] = {{"low_g_per_cm2", t->low},
                      {"high_g_per_cm2", number(t->high)},
                      {"chi_squared", t->misfit},
                      {"chi_squared_thick", t->misfit_thick},
                      {"chi_squared_thin", t->misfit_thin},
                      {"thick_rejected", t->thick_rejected},
                      {"thin_rejected", t->thin_rejected}};
  }
  if (const auto& c = outcome.corrected) {
    j["verdict"] = {{"trusted", c->verdict.trusted},
                    {"reason", c->verdict.reason},
                    {"amplification", c->verdict.amplification},
                    {"at_eV", c->verdict.at_eV}};
  }
  j["curves"] = curves(study::curve_tables(outcome));
  return written(j);
}

}  // namespace lithoscope::report
