#include "lithoscope/multiplet/ion_model.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "determinants.hpp"
#include "lithoscope/core/errors.hpp"

namespace lithoscope::multiplet {

IonModel ion_model(const material::Ion& ion, double slater_scale, double spin_orbit_scale, const ShellMatrix& field) {
  const material::AtomicParameters atom = material::atomic_parameters(ion);
  IonModel model;
  model.d_electrons = ion.d_electrons;
  model.ground = material::scaled(atom.ground, slater_scale, spin_orbit_scale);
  model.core_hole = material::scaled(atom.core_hole, slater_scale, spin_orbit_scale);
  model.field_ground = field;
  model.field_core_hole = field;
  return model;
}

// Before: <d^n> = 0 and <d^(n+1) L_s> = delta_s. After, with the 2p shell: <2p6 d^n> = 0, <2p5 d^(n+1)> = 0 and
// <2p5 d^(n+2) L_s> = delta_s + U_dd - U_pd. Without ligands the one-electron levels are 0: U_dd and U_pd only shift.
ChargeTransferLevels charge_transfer_levels(const IonModel& model) {
  ChargeTransferLevels levels;
  const double n = model.d_electrons;
  const double U = model.U_dd_eV;
  const double Q = model.U_pd_eV;
  const auto shells = static_cast<double>(model.ligands.size());
  double delta = 0;
  for (const LigandShell& ligand : model.ligands) delta += ligand.delta_eV;
  const double pairs = 0.5 * n * (n - 1);
  levels.d_eV = (10 * delta - 10 * shells * n * U - U * pairs) / (n + 10 * shells);
  if (n + shells == 0) levels.d_eV = 0;
  levels.d_core_hole_eV =
      (10 * delta - Q * (60 * shells + 6 * (5 - n) + 6 * n) - U * (10 * shells * n + 6 * n + pairs)) /
      (6 + n + 10 * shells);
  levels.p_eV = levels.d_core_hole_eV + Q * (5 - n) + n * U;
  for (const LigandShell& ligand : model.ligands) {
    levels.ligand_eV.push_back(levels.d_eV + n * U - ligand.delta_eV);
    levels.ligand_core_hole_eV.push_back(levels.d_core_hole_eV + 6 * Q + n * U - ligand.delta_eV);
  }
  return levels;
}

Size size_of(const IonModel& model) {
  if (model.d_electrons < 0 || model.d_electrons > 9) {
    throw core::ComputationError({.what = "a d shell cannot take another electron from 2p",
                                  .expected = "0 to 9 d electrons before the absorption",
                                  .found = fmt::format("{}", model.d_electrons)});
  }
  constexpr std::size_t most_shells = 4;  // 64 bits
  if (model.ligands.size() > most_shells) {
    throw core::ComputationError({.what = "too many ligand shells",
                                  .expected = fmt::format("at most {}", most_shells),
                                  .found = fmt::format("{}", model.ligands.size())});
  }
  const int shells = 1 + static_cast<int>(model.ligands.size());
  if (model.most_transferred < 0) {
    throw core::ComputationError({.what = "fewer than no electrons from the ligands",
                                  .expected = "most_transferred 0 or more",
                                  .found = fmt::format("{}", model.most_transferred)});
  }
  const int ligand_orbitals = d_orbitals * (shells - 1);
  const auto determinants = [&](int d_electrons) {
    double sum = 0;
    for (int t = 0; t <= std::min({model.most_transferred, d_orbitals - d_electrons, ligand_orbitals}); ++t)
      sum += combinations(d_orbitals, d_electrons + t) * combinations(ligand_orbitals, t);
    return sum;
  };
  Size size;
  size.ground = determinants(model.d_electrons);
  size.core_hole = p_orbitals * determinants(model.d_electrons + 1);
  // Elements a row as counted on ions with one ligand shell (16 before, 21 after), more with more; 20 bytes each where
  // they are complex, held twice while blocks are split; a Lanczos basis of 160 vectors for the lowest states.
  const double elements_per_row = 24 + 12 * (shells - 1);
  size.memory_bytes = (2 * 20 * elements_per_row + 80) * (size.ground + size.core_hole) + 160 * 8 * size.ground;
  return size;
}

}  // namespace lithoscope::multiplet
