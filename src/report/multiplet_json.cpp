#include <nlohmann/json.hpp>

#include "lithoscope/report/multiplet_section.hpp"
#include "lithoscope/study/run.hpp"

namespace lithoscope::report {
namespace {

using Json = nlohmann::ordered_json;

Json fit_json(const multiplet::SpectrumFit& fit) {
  Json parameters = Json::array();
  for (const multiplet::FittedParameter& p : fit.parameters) {
    const double sigma = p.value.sigma();
    parameters.push_back({{"name", p.name},
                          {"value", p.value.value},
                          {"sigma", std::isfinite(sigma) ? Json(sigma) : Json(nullptr)},
                          {"unit", p.unit},
                          {"at_bound", p.at_bound}});
  }
  return {{"parameters", parameters},
          {"amplitude", fit.amplitude},
          {"background", fit.background},
          {"background_slope_per_eV", fit.background_slope},
          {"reduced_chi_squared", fit.reduced_chi_squared},
          {"converged", fit.converged},
          {"hamiltonians_solved", fit.solved}};
}

}  // namespace

std::string multiplet_json(const study::MultipletOutcome& outcome) {
  const double offset = outcome.study.spectrum.energy_offset;
  Json j;
  j["schema"] = "lithoscope/multiplet/1";
  j["program"] = study::program_version();
  j["ion"] = outcome.study.ion.name();
  j["settings"] = study::resolved_multiplet_study(outcome.study);
  j["warnings"] = outcome.warnings;
  j["determinants"] = {{"ground", outcome.size.ground}, {"core_hole", outcome.size.core_hole}};
  Json levels = Json::array();
  for (const multiplet::Level& l : outcome.levels) {
    levels.push_back({{"energy_eV", l.energy_eV},
                      {"degeneracy", l.degeneracy},
                      {"spin_squared", l.spin_squared},
                      {"e_g_electrons", l.e_g_electrons},
                      {"d_electrons", l.d_electrons},
                      {"population", l.population}});
  }
  j["levels"] = levels;
  j["L3_maximum_eV"] = outcome.edges.L3_maximum_eV;
  j["branching_ratio"] = outcome.edges.branching_ratio;
  j["total_strength"] = outcome.edges.total;
  j["krylov_residual"] = outcome.absorption.krylov_residual;
  Json energy = Json::array(), strength = Json::array(), hole = Json::array();
  for (const multiplet::Stick& s : outcome.absorption.sticks) {
    energy.push_back(s.energy_eV + offset);
    strength.push_back(multiplet::isotropic(s));
    hole.push_back(s.half_hole);
  }
  j["sticks"] = {{"energy_eV", energy}, {"strength", strength}, {"share_of_j_half", hole}};
  j["spectrum"] = {{"energy_eV", outcome.energy_eV}, {"isotropic_per_eV", outcome.isotropic}};
  Json polarised = Json::array();
  for (const auto& p : outcome.polarised) polarised.push_back({{"name", p.name}, {"per_eV", p.spectrum}});
  j["spectrum"]["polarised"] = polarised;
  if (outcome.fit) j["fit"] = fit_json(*outcome.fit);
  if (outcome.scatter) {
    const study::ScatterOutcome& s = *outcome.scatter;
    Json maps;
    for (std::size_t c = 0; c < s.channels.size(); ++c) maps[s.channels[c]] = s.seen[c];
    j["scattering"] = {{"incident_eV", s.axes.incident_eV},
                       {"loss_eV", s.axes.loss_eV},
                       {"intensity_per_eV", maps},
                       {"krylov_residual", s.krylov_residual}};
  }
  return j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lithoscope::report
