// Second-quantised one- and two-electron operators over the spin-orbitals of determinants.hpp. Private to the room.
#pragma once

#include <array>
#include <complex>
#include <vector>

#include "determinants.hpp"
#include "lithoscope/multiplet/ion_model.hpp"

namespace lithoscope::multiplet {

class Operator {
 public:
  explicit Operator(int orbitals);

  /// Adds value * c+_to c_from.
  void add(int to, int from, std::complex<double> value);
  /// Adds value * c+_i c+_j c_l c_k: electrons go from k to i and from l to j.
  void add(int i, int j, int k, int l, std::complex<double> value);
  /// Hermitian matrix over ten orbitals from `first` on.
  void add(int first, const ShellMatrix& matrix);

  /// All parts are real numbers.
  bool is_real() const;

  /// Calls emit(determinant, value) for every determinant the operator makes of `d`, the same one perhaps often.
  template <class Emit>
  void apply(Determinant d, const Emit& emit) const;

 private:
  struct Hop {
    int to;
    std::complex<double> value;
  };
  struct Pair {
    int i, j;  // i < j
    std::complex<double> value;
  };
  std::vector<std::vector<Hop>> hops_;    // of each orbital
  std::vector<std::vector<Pair>> pairs_;  // of each two orbitals k < l, at k * orbitals + l
  std::size_t orbitals_;
};

/// Coulomb repulsion within the d shell.
void add_coulomb_dd(Operator& op, double F0, double F2, double F4);
/// Coulomb attraction and exchange between the d shell and the 2p shell.
void add_coulomb_pd(Operator& op, double F0, double F2, double G1, double G3);
/// zeta * sum of l.s over a shell of angular momentum l whose orbitals start at `first`.
void add_spin_orbit(Operator& op, int first, int l, double zeta);
/// Field . (orbital * L + spin * S) on a shell.
void add_field(Operator& op, int first, int l, const std::array<double, 3>& field, double orbital, double spin);

/// Everything of the configuration before, or after a 2p electron has been lifted. Configurations with electrons from
/// the ligands may have an atom of their own.
struct Hamiltonian {
  Operator nominal, transferred;
  int nominal_d = 0;
  const Operator& of(Determinant d) const { return d_count(d) > nominal_d ? transferred : nominal; }
  bool is_real() const { return nominal.is_real() && transferred.is_real(); }
};
Hamiltonian hamiltonian(const IonModel& model, bool core_hole);
/// Component q of the dipole operator that lifts a 2p electron into the d shell: <1 m 1 q|2 m'>.
Operator dipole(int q, int orbitals);
/// S+ of the d shell and all ligand shells.
Operator spin_raising(int orbitals);

// ---------------------------------------------------------------------------------------------------------------------

namespace detail {

// Sign of taking an electron out of, or putting one into, an orbital: electrons below it are passed.
inline bool odd_below(Determinant d, int orbital) {
  return (std::popcount(d & ((Determinant{1} << orbital) - 1)) & 1) != 0;
}
inline Determinant bit(int orbital) { return Determinant{1} << orbital; }

}  // namespace detail

template <class Emit>
void Operator::apply(Determinant d, const Emit& emit) const {
  using detail::bit;
  using detail::odd_below;
  for (Determinant k_left = d; k_left != 0; k_left &= k_left - 1) {
    const int k = std::countr_zero(k_left);
    const Determinant without_k = d & ~bit(k);
    const bool sign_k = odd_below(d, k);
    for (const Hop& hop : hops_[static_cast<std::size_t>(k)]) {
      if ((without_k & bit(hop.to)) != 0) continue;
      const bool odd = sign_k != odd_below(without_k, hop.to);
      emit(without_k | bit(hop.to), odd ? -hop.value : hop.value);
    }
    for (Determinant l_left = k_left & (k_left - 1); l_left != 0; l_left &= l_left - 1) {
      const int l = std::countr_zero(l_left);
      const auto& targets = pairs_[static_cast<std::size_t>(k) * orbitals_ + static_cast<std::size_t>(l)];
      if (targets.empty()) continue;
      const Determinant without = without_k & ~bit(l);
      const bool sign_kl = sign_k != odd_below(without_k, l);
      for (const Pair& pair : targets) {
        if ((without & (bit(pair.i) | bit(pair.j))) != 0) continue;
        const Determinant with_j = without | bit(pair.j);
        const bool odd = sign_kl != (odd_below(without, pair.j) != odd_below(with_j, pair.i));
        emit(with_j | bit(pair.i), odd ? -pair.value : pair.value);
      }
    }
  }
}

}  // namespace lithoscope::multiplet
