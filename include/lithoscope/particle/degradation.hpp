// What heat does: layered to spinel to rock salt, first-order in what is left, and a shell that grows from the surface.
#pragma once

#include <vector>

#include "lithoscope/particle/model.hpp"

namespace lithoscope::particle {

/// Extents at one moment. Fractions: layered 1 - spinel_extent, spinel spinel_extent - rock_salt_extent, rock salt
/// rock_salt_extent.
template <class T>
struct ExtentsOf {
  T exposure{0};  ///< integral of k1 dt
  T spinel{0};
  T rock_salt{0};
  T shell_nm{0};
};
using Extents = ExtentsOf<double>;

/// spinel = 1 - exp(-K^n) with K the integral of k1 dt (n = 1: d(spinel)/dt = k1 (1 - spinel)), d(rock_salt)/dt = k2
/// (spinel - rock_salt), k = A exp(-E/RT), over `duration_s` from `temperature_K` at a steady `rate_K_per_s`.
Extents advance_degradation(const Degradation& kinetics, const Extents& from, double temperature_K, double rate_K_per_s,
                            double duration_s);

/// E from the temperatures of the largest rate at several heating rates, by the line ln(beta/Tp^2) against 1/Tp
/// (Kissinger, Anal. Chem. 29, 1702). kJ/mol. Throws UsageError for fewer than two.
double kissinger_energy_kJ_per_mol(const std::vector<double>& rate_K_per_s, const std::vector<double>& peak_K);

}  // namespace lithoscope::particle
