// Which shells a photon can empty, and what they emit (xraylib's tables).
#pragma once

#include <string>
#include <vector>

#include "lithoscope/material/composition.hpp"

namespace lithoscope::material {

/// "K", "L1", "L2" or "L3" of an element: its binding energy. Throws UsageError for an unknown element or shell.
double edge_eV(const std::string& element, const std::string& shell);

/// Photoelectric absorption by one shell of one element, cm2 per gram of that element (Kissel). 0 below the edge;
/// within 2 eV above it, where the tables smear, carried down from 2 eV above. Throws UsageError.
double shell_absorption_cm2_per_g(const std::string& element, const std::string& shell, double energy_eV);

/// Mass of an element in a gram of a material.
double mass_fraction(const Composition& composition, const std::string& element);

/// A group of lines of one shell that soft X-ray detectors do not tell apart, such as La1 and La2.
struct EmissionLine {
  std::string element, shell;
  std::string name;        ///< "Ka", "Kb", "La", "Lb", "Ll", "Ln"
  double energy_eV = 0;    ///< mean by intensity
  double yield = 0;        ///< photons per hole in the shell
  double attenuation = 0;  ///< of the material at this energy, cm2/g
};

/// One line of a group: where, how much of the group, how wide (Lorentzian, sum of the two shells' widths).
struct GroupMember {
  double energy_eV = 0, share = 0, fwhm_eV = 0;
};
/// Of an element's "Ka", "Kb", "La", "Lb", "Ll" or "Ln", the strongest first; empty when the element has none.
/// xraylib's energies are those of Bearden where they end in two digits and differences of level energies elsewhere:
/// some are several eV off below 2.5 keV. Throws UsageError for an unknown element or group.
std::vector<GroupMember> line_group(const std::string& element, const std::string& group);

/// Lines that light of this energy excites in a material, weakest (1e-6 of the strongest yield) left out. Coster-Kronig
/// transfers between L shells are not in them: xraylib has none of these for Mn, Co and Ni.
std::vector<EmissionLine> emission_lines(const Composition& composition, double incident_eV);

}  // namespace lithoscope::material
