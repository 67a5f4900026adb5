// Electron bookkeeping of a lithium metal oxide: valences, capacities and what oxygen loss leaves behind.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/material/composition.hpp"

namespace lithoscope::material {

struct Valence {
  std::string element;
  double amount = 0;   ///< per formula unit
  double valence = 0;  ///< of the pristine compound; negative for anions
};

/// Li 1, O -2, F -1, Mn 4, Co 3, Ni 2 and other cations' usual valences; the remainder of the charge balance goes to
/// the first of Ni, Co, Mn, Fe that is present and can take it (LiNiO2: Ni 3). Throws UsageError for an element without
/// a usual valence or a formula that cannot be neutral.
std::vector<Valence> pristine_valences(const Composition& composition);

/// Sum of amounts times valences.
double total_charge(const std::vector<Valence>& valences);

/// Sites of oxygen and fluorine per formula unit.
double anion_sites(const Composition& composition);

/// Electrons per formula unit the cations can give up to Mn4+, Co4+, Ni4+ (Fe3+).
double cation_capacity(const std::vector<Valence>& valences);

/// mAh/g that one lithium per formula unit carries: F / (3.6 M).
double capacity_mAh_per_g_per_lithium(const Composition& composition);

/// Density from the lattice: formula units in the cell and the cell's volume in cubic angstrom; g/cm3.
double lattice_density_g_per_cm3(const Composition& composition, double formula_units, double volume_A3);

/// What is left when a charged layered oxide closes its oxygen deficit (mechanism: all cations on spinel M3O4 or rock
/// salt MO sites).
struct Decomposition {
  double oxygen_left = 0;          ///< O and F per formula unit
  double oxygen_lost = 0;          ///< O per formula unit; 0 when the compound holds less than the phase
  double oxygen_gas = 0;           ///< O2 per formula unit
  double mass_loss = 0;            ///< fraction of the mass before
  double mean_cation_valence = 0;  ///< of the cations but lithium
};
enum class OxidePhase { spinel, rock_salt };
Decomposition decompose(const Composition& composition, double lithium_extracted, OxidePhase phase);

/// Only the oxygen lost, of `cations` = all cations but the lithium extracted; per formula unit with `anions` sites.
double oxygen_lost_to(OxidePhase phase, double cations, double anions);

}  // namespace lithoscope::material
