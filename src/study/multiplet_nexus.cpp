#include <fmt/format.h>

#include "lithoscope/io/nexus_file.hpp"
#include "lithoscope/study/multiplet_run.hpp"
#include "lithoscope/study/run.hpp"

namespace lithoscope::study {

std::string nexus_file(const MultipletOutcome& outcome) {
  io::NexusWriter nexus;
  const std::string at = "/entry/multiplet";
  nexus.group("/entry", "NXentry");
  nexus.attribute("/", "default", "entry");
  nexus.text("/entry/title", outcome.study.ion.name() + " L2,3");
  nexus.group(at, "NXsubentry");
  nexus.attribute("/entry", "default", "multiplet");
  nexus.text(at + "/definition", "lithoscope_multiplet");
  nexus.group(at + "/process", "NXprocess");
  nexus.text(at + "/process/program", program_version());
  nexus.text(at + "/process/settings", resolved_multiplet_study(outcome.study));
  const std::string spectrum = at + "/absorption";
  nexus.group(spectrum, "NXdata");
  nexus.numbers(spectrum + "/energy", outcome.energy_eV, "eV");
  nexus.numbers(spectrum + "/isotropic", outcome.isotropic, "1/eV");
  for (std::size_t i = 0; i < outcome.polarised.size(); ++i) {
    const std::string name = fmt::format("{}/polarised_{}", spectrum, i);
    nexus.numbers(name, outcome.polarised[i].spectrum, "1/eV");
    nexus.attribute(name, "long_name", outcome.polarised[i].name);
  }
  nexus.attribute(spectrum, "signal", "isotropic");
  nexus.attribute(spectrum, "axes", "energy");
  nexus.attribute(at, "default", "absorption");
  const std::string sticks = at + "/sticks";
  nexus.group(sticks, "NXcollection");
  std::vector<double> energy, strength, hole;
  for (const multiplet::Stick& s : outcome.absorption.sticks) {
    energy.push_back(s.energy_eV + outcome.study.spectrum.energy_offset);
    strength.push_back(multiplet::isotropic(s));
    hole.push_back(s.half_hole);
  }
  nexus.numbers(sticks + "/energy", energy, "eV");
  nexus.numbers(sticks + "/strength", strength, "");
  nexus.numbers(sticks + "/share_of_j_half", hole, "");
  const std::string levels = at + "/levels";
  nexus.group(levels, "NXcollection");
  std::vector<double> level_eV, spin_squared;
  std::vector<std::int64_t> degeneracy;
  for (const multiplet::Level& level : outcome.levels) {
    level_eV.push_back(level.energy_eV);
    spin_squared.push_back(level.spin_squared);
    degeneracy.push_back(level.degeneracy);
  }
  nexus.numbers(levels + "/energy", level_eV, "eV");
  nexus.numbers(levels + "/spin_squared", spin_squared, "");
  nexus.integers(levels + "/degeneracy", degeneracy);
  if (outcome.fit) {
    const std::string fit = at + "/fit";
    nexus.group(fit, "NXcollection");
    for (const multiplet::FittedParameter& p : outcome.fit->parameters) {
      const std::string unit = p.unit == "1" ? "" : p.unit;
      nexus.number(fit + "/" + p.name, p.value.value, unit);
      nexus.number(fit + "/" + p.name + "_errors", p.value.sigma(), unit);
    }
    nexus.numbers(fit + "/energy", outcome.study.fit->measured.energy_eV, "eV");
    nexus.numbers(fit + "/measured", outcome.study.fit->measured.intensity, "");
    nexus.numbers(fit + "/model", outcome.fit->model, "");
  }
  if (outcome.scatter) {
    for (std::size_t c = 0; c < outcome.scatter->channels.size(); ++c) {
      const std::string map = at + "/scattering_" + outcome.scatter->channels[c];
      nexus.group(map, "NXdata");
      nexus.numbers(map + "/incident_energy", outcome.scatter->axes.incident_eV, "eV");
      nexus.numbers(map + "/energy_loss", outcome.scatter->axes.loss_eV, "eV");
      // Row by row of the incident energy.
      nexus.numbers(map + "/intensity_lifetime", outcome.scatter->narrow[c], "1/eV");
      nexus.numbers(map + "/intensity_resolved", outcome.scatter->seen[c], "1/eV");
    }
  }
  return nexus.finish();
}

}  // namespace lithoscope::study
