// Slater integrals and spin-orbit couplings of free 3d ions, from Hartree-Fock, and a rule that finds wrong ones.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lithoscope::material {

struct Ion {
  std::string element;
  int valence = 0;
  int d_electrons = 0;
  std::string name() const;  ///< "Ni2+"
};

/// "Ni2+", "Mn4". Throws UsageError when it is no ion whose atomic parameters are known.
Ion parse_ion(const std::string& text);

/// All ions whose atomic parameters are known, by element and valence.
std::vector<Ion> known_ions();

/// Of one configuration, eV. The core-hole ones hold with a hole in 2p; a ground configuration has none of them.
struct SlaterIntegrals {
  double F2_dd_eV = 0, F4_dd_eV = 0;
  double F2_pd_eV = 0, G1_pd_eV = 0, G3_pd_eV = 0;
  double zeta_d_eV = 0, zeta_p_eV = 0;
};

/// Electron repulsion of free ions is too large in a solid: `slater` is usually 0.7 to 0.85; spin-orbit stays.
SlaterIntegrals scaled(const SlaterIntegrals& free_ion, double slater, double spin_orbit);

struct AtomicParameters {
  SlaterIntegrals ground;     ///< of 2p6 3d^n
  SlaterIntegrals core_hole;  ///< of 2p5 3d^(n+1)
};

/// Hartree-Fock (Cowan's RCN), unscaled. Throws UsageError for an ion that is not in the table.
AtomicParameters atomic_parameters(const Ion& ion);

/// A row of a table of atomic parameters, as read.
struct AtomicRow {
  std::string element;
  bool core_hole = false;
  int d_electrons = 0;
  SlaterIntegrals values;
  std::string origin;
};

/// The table that comes with the program, and one somebody else made (csv with the same header). Throws UnreadableFile.
std::span<const AtomicRow> atomic_table();
std::vector<AtomicRow> parse_atomic_table(std::string_view text, const std::string& path);

/// Rows that cannot be right, a sentence each. Within an element and kind of configuration every integral grows
/// smoothly as electrons are taken away, and F4/F2 of an atom hardly varies: a value off its neighbours' trend, a ratio
/// off the usual one, or a row equal to the one beside it is a slip of the table.
std::vector<std::string> slips(std::span<const AtomicRow> rows);

}  // namespace lithoscope::material
