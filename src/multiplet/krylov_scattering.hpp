// Scattering of models too large to diagonalise, by Krylov spaces. Private to the room.
#pragma once

#include "solved_ion.hpp"

namespace lithoscope::multiplet {

inline constexpr double same_loss_eV = 1e-9;
inline constexpr double elastic_eV = 1e-6;

/// As SolvedIon::scattering says, where some block is not diagonalised.
template <class S>
Scattering krylov_scattering(const SolvedIon<S>& ion, const ScatteringSettings& how, core::Progress& progress);

}  // namespace lithoscope::multiplet
