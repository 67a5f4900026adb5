#include <nlohmann/json.hpp>

#include "lithoscope/report/particle_section.hpp"
#include "lithoscope/study/run.hpp"

namespace lithoscope::report {
namespace {

using Json = nlohmann::ordered_json;

Json mark_json(const particle::Mark& mark, const particle::Ladder& ladder) {
  const particle::Observables& o = mark.seen;
  Json valences;
  for (std::size_t k = 0; k < ladder.cations.size(); ++k) {
    valences[ladder.cations[k].element] = {
        {"tey", o.tey_valence[k]}, {"pfy", o.pfy_valence[k]}, {"mean", o.mean_valence[k]}};
  }
  return {{"step", mark.step},
          {"time_s", mark.time_s},
          {"temperature_K", mark.temperature_K},
          {"valence", valences},
          {"lithium_extracted", o.mean_lithium},
          {"tey_lithium_extracted", o.tey_lithium},
          {"surface_lithium_extracted", o.surface_lithium},
          {"core_lithium_extracted", o.core_lithium},
          {"holes", o.mean_holes},
          {"tey_holes", o.tey_holes},
          {"oxygen_lost", o.mean_oxygen_lost},
          {"rixs", o.rixs},
          {"tey_transmission", o.tey_transmission},
          {"surface_V", o.surface_V},
          {"core_V", o.core_V}};
}

Json leg_json(const particle::Leg& leg, const particle::Ladder& ladder) {
  Json marks = Json::array();
  for (const particle::Mark& m : leg.marks) marks.push_back(mark_json(m, ladder));
  return {{"name", leg.name}, {"after", leg.after}, {"ends_of_steps", marks}};
}

Json scan_json(const particle::ScanResult& scan) {
  Json parameters = Json::array(), results = Json::array(), rows = Json::array();
  for (const auto& a : scan.scan.axes) parameters.push_back({{"name", a.parameter}, {"unit", a.unit}});
  for (std::size_t q = 0; q < scan.names.size(); ++q)
    results.push_back({{"name", scan.names[q]}, {"unit", scan.units[q]}});
  for (const particle::ScanRow& row : scan.rows) {
    rows.push_back({{"parameters", row.values}, {"results", row.results}, {"failure", row.failure}});
  }
  return {{"seed", scan.scan.seed},
          {"samples", scan.scan.samples},
          {"parameters", parameters},
          {"results", results},
          {"rows", rows}};
}

}  // namespace

std::string particle_json(const study::ParticleOutcome& outcome) {
  const particle::Ladder& ladder = outcome.study.model.ladder;
  Json j;
  j["schema"] = "lithoscope/particle/1";
  j["program"] = study::program_version();
  j["title"] = outcome.study.programme.title;
  j["programme"] = study::resolved_particle_study(outcome.study);
  j["warnings"] = outcome.warnings;
  Json summary;
  for (const particle::Quantity& q : outcome.summary) summary[q.name] = {{"value", q.value}, {"unit", q.unit}};
  j["summary"] = summary;
  j["trunk"] = leg_json(outcome.run.trunk, ladder);
  Json branches = Json::array();
  for (const particle::Leg& leg : outcome.run.branches) branches.push_back(leg_json(leg, ladder));
  j["branches"] = branches;
  if (outcome.scan) j["scan"] = scan_json(*outcome.scan);
  return j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lithoscope::report
