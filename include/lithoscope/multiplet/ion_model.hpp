// The Hamiltonian of one transition-metal ion, alone or with ligand shells, before and after a 2p electron is lifted.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "lithoscope/material/atomic_parameters.hpp"
#include "lithoscope/multiplet/crystal_field.hpp"

namespace lithoscope::multiplet {

/// Ten ligand spin-orbitals of the d shell's symmetry, full when nothing is transferred (single-impurity Anderson
/// model).
struct LigandShell {
  double delta_eV = 0;        ///< <d^(n+1) L> - <d^n>, means of configurations (Zaanen, Sawatzky, Allen 1985)
  ShellMatrix hybridisation;  ///< <d|H|L>
  ShellMatrix field;          ///< splitting of the shell itself
};

/// Energies are means of configurations: <d^n> = 0 before, <2p5 d^(n+1)> = 0 after the absorption, so that a spectrum
/// lies about 0 and a measured one is reached by an offset.
struct IonModel {
  int d_electrons = 0;                  ///< n, nominal; 0 to 9
  material::SlaterIntegrals ground;     ///< of d^n, scaled
  material::SlaterIntegrals core_hole;  ///< of 2p5 d^(n+1), scaled
  double U_dd_eV = 0, U_pd_eV = 0;      ///< mean repulsion; matters only with ligands
  ShellMatrix field_ground, field_core_hole;
  std::array<double, 3> exchange_eV{};  ///< B of the molecular field B . 2S on the d shell
  std::array<double, 3> magnetic_T{};   ///< mu_B B . (L + 2S) on the d shell and the 2p shell
  std::vector<LigandShell> ligands;
  /// With ligands: no more electrons than this come over from them; 2 or 3 is nearly all, 1 is what two-configuration
  /// programs do.
  int most_transferred = 64;
  /// Of configurations with electrons come over, where they are to differ; scaled.
  std::optional<material::SlaterIntegrals> ground_transferred, core_hole_transferred;
};

/// Free-ion parameters scaled, the same field before and after. Throws UsageError for an ion that is not in the table.
IonModel ion_model(const material::Ion& ion, double slater_scale, double spin_orbit_scale, const ShellMatrix& field);

/// One-electron levels that put the means of configurations where `delta_eV`, U_dd and U_pd say (Zaanen, Sawatzky and
/// Allen 1985).
struct ChargeTransferLevels {
  double d_eV = 0, d_core_hole_eV = 0, p_eV = 0;
  std::vector<double> ligand_eV, ligand_core_hole_eV;
};
ChargeTransferLevels charge_transfer_levels(const IonModel& model);

/// Determinants before and after, and what solving them needs. Throws ComputationError for an impossible occupation.
struct Size {
  double ground = 0, core_hole = 0;
  double memory_bytes = 0;  ///< rough
};
Size size_of(const IonModel& model);

}  // namespace lithoscope::multiplet
