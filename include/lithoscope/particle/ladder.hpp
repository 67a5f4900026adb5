// The redox ladder: which couple gives the electron when lithium leaves. Potential, valences and oxygen holes of every
// place in the grain follow from its lithium by electroneutrality.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/material/composition.hpp"

namespace lithoscope::particle {

/// "red = ox + Li+ + e-" of one cation. Occupied by its oxidised form as 1 / (1 + exp((level - V) / width)).
struct Couple {
  std::string name;                ///< "Ni3/4"
  std::string element;             ///< "Ni"
  double valence = 0;              ///< of the reduced form
  double level_V = 0;              ///< vs Li/Li+ at the reference temperature
  double width_V = 0;              ///< at least k_B T / e; more for site disorder and covalency
  double level_slope_V_per_K = 0;  ///< entropy of the couple / F
  double width_slope_V_per_K = 0;
  double electrons = 0;  ///< per formula unit; 0 stands for the element's amount
};

/// Oxygen sites that can hold an electron hole. A fresh site is oxidised at `level_V`; once stabilised (dimer, cation
/// that moved) it gives the electron back only at `stabilised_level_V`.
struct OxygenRedox {
  double sites = 0;  ///< holes per formula unit when all are oxidised
  double level_V = 4.5;
  double stabilised_level_V = 3.45;
  double width_V = 0.03;
  double level_slope_V_per_K = 0;
  double stabilised_level_slope_V_per_K = 0;
  double width_slope_V_per_K = 0;
};

struct Cation {
  std::string element;
  double amount = 0;        ///< per formula unit
  double base_valence = 0;  ///< when all its couples are reduced
};

struct Ladder {
  std::vector<Cation> cations;  ///< all but lithium, in the order of their couples
  std::vector<Couple> couples;
  OxygenRedox oxygen;
  double lithium = 0;  ///< per pristine formula unit: the largest x
  double offset = 0;   ///< holes the couples hold at x = 0, so that sum of n theta = x + offset - 2 delta
  double reference_temperature_K = core::room_temperature_K;
};

/// Completes a ladder from the formula. Cations without a couple keep their nominal valence. Throws UsageError for a
/// couple of an absent element, a width that is not positive, repeated names, or couples that leave a gap in valence.
Ladder make_ladder(const material::Composition& composition, std::vector<Couple> couples, const OxygenRedox& oxygen);

/// What neutrality says about one place. Vectors follow `cations` and `couples`.
struct LocalRedox {
  double V = 0;                        ///< local potential vs Li/Li+
  std::vector<double> valence;         ///< a cation
  std::vector<double> capacity_per_V;  ///< a couple: n d(theta)/dV, electrons per formula unit and volt
  double oxygen_capacity_per_V = 0;
  double fresh_holes = 0;  ///< per formula unit
  double stabilised_holes = 0;
  double holes() const { return fresh_holes + stabilised_holes; }
};

/// Solves sum of n theta(V) = x + offset - 2 delta. `stabilised`: sites per formula unit, of `oxygen.sites`.
/// Throws ComputationError when no potential makes the place neutral.
LocalRedox local_redox(const Ladder& ladder, double lithium_extracted, double stabilised, double oxygen_lost,
                       double temperature_K);

}  // namespace lithoscope::particle
