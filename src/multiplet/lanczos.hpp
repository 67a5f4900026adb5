// Lanczos: the lowest states of a large block, and spectral functions of a vector. Private to the room.
#pragma once

#include <cstdint>
#include <vector>

#include "sparse.hpp"

namespace lithoscope::multiplet {

template <class S>
struct Eigenpairs {
  Eigen::VectorXd energies_eV;
  Dense<S> vectors;  // a column each
};

template <class S>
Eigenpairs<S> all_eigenpairs(const Block<S>& block);

/// The lowest state of a block, orthogonal to `known` (columns). Found degenerate states are found again until the
/// space of that energy is exhausted, because each search starts from a vector of its own. Throws ComputationError
/// when it does not converge.
template <class S>
struct LowestState {
  double energy_eV = 0;
  Column<S> vector;
};
template <class S>
LowestState<S> lowest_state(const Block<S>& block, const Dense<S>& known);

/// Where a spectral function has to be right: at these energies, seen through Lorentzians of this half width, to this
/// share of its maximum.
struct SpectralGoal {
  std::vector<double> energies_eV;
  double width_eV = 0;
  double tolerance = 0;
  std::int64_t most_steps = 0;
  /// The vector (z - H)^-1 |v> itself is wanted, not its product with v: its error is of first order.
  bool of_vector = false;
};

/// The tridiagonal matrix a Hamiltonian becomes in the Krylov space of a vector.
struct Chain {
  double norm_squared = 0;  ///< of the vector
  std::vector<double> diagonal, off_diagonal;
  double residual = 0;  ///< bound of the error of the spectral function, or of the vector, share of its maximum
};
template <class S>
Chain spectral_chain(const Block<S>& block, const Column<S>& vector, const SpectralGoal& goal);

/// Its poles and their weights, which add up to norm_squared (Golub and Welsch 1969). Negligible ones are left out.
struct Pole {
  double energy_eV = 0, weight = 0;
};
std::vector<Pole> poles(const Chain& chain);

}  // namespace lithoscope::multiplet
