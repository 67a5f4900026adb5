#include "operators.hpp"

#include <algorithm>
#include <cmath>

#include "angular.hpp"
#include "lithoscope/core/constants.hpp"

namespace lithoscope::multiplet {
namespace {

constexpr int d_first = p_orbitals;
constexpr std::complex<double> imaginary{0, 1};

// Two electrons of given angular momenta exchange a multipole k: sum over all projections and spins.
struct Electron {
  int l;
  int first;  // orbital
  int orbital(int m, int spin) const { return first + 2 * (m + l) + spin; }
};

// Adds radial * c^k(i,k) c^k(l,j) / 2 for electrons that go from a to c and from b to d.
void add_multipole(Operator& op, int k, double radial, Electron a, Electron b, Electron c, Electron d) {
  if (radial == 0) return;
  for (int ma = -a.l; ma <= a.l; ++ma) {
    for (int mb = -b.l; mb <= b.l; ++mb) {
      for (int mc = -c.l; mc <= c.l; ++mc) {
        const int md = ma + mb - mc;
        if (std::abs(md) > d.l) continue;
        const double value = 0.5 * radial * gaunt(k, c.l, mc, a.l, ma) * gaunt(k, b.l, mb, d.l, md);
        for (int s = 0; s < 2; ++s) {
          for (int t = 0; t < 2; ++t) {
            op.add(c.orbital(mc, s), d.orbital(md, t), a.orbital(ma, s), b.orbital(mb, t), value);
          }
        }
      }
    }
  }
}

constexpr Electron p_electron{1, 0};
constexpr Electron d_electron{2, d_first};

double ladder(int l, int m, int step) { return std::sqrt(static_cast<double>(l * (l + 1) - m * (m + step))); }

}  // namespace

Operator::Operator(int orbitals)
    : hops_(static_cast<std::size_t>(orbitals)),
      pairs_(static_cast<std::size_t>(orbitals) * static_cast<std::size_t>(orbitals)),
      orbitals_(static_cast<std::size_t>(orbitals)) {}

void Operator::add(int to, int from, std::complex<double> value) {
  if (value == 0.0) return;
  auto& hops = hops_[static_cast<std::size_t>(from)];
  const auto known = std::ranges::find(hops, to, &Hop::to);
  if (known != hops.end()) {
    known->value += value;
  } else {
    hops.push_back({to, value});
  }
}

void Operator::add(int i, int j, int k, int l, std::complex<double> value) {
  if (value == 0.0 || i == j || k == l) return;
  if (k > l) {
    std::swap(k, l);
    value = -value;
  }
  if (i > j) {
    std::swap(i, j);
    value = -value;
  }
  auto& pairs = pairs_[static_cast<std::size_t>(k) * orbitals_ + static_cast<std::size_t>(l)];
  const auto known = std::ranges::find_if(pairs, [&](const Pair& p) { return p.i == i && p.j == j; });
  if (known != pairs.end()) {
    known->value += value;
  } else {
    pairs.push_back({i, j, value});
  }
}

void Operator::add(int first, const ShellMatrix& matrix) {
  for (int r = 0; r < d_orbitals; ++r) {
    for (int c = 0; c < d_orbitals; ++c) add(first + r, first + c, matrix(r, c));
  }
}

bool Operator::is_real() const {
  const auto real = [](const auto& term) { return term.value.imag() == 0; };
  return std::ranges::all_of(hops_, [&](const auto& list) { return std::ranges::all_of(list, real); }) &&
         std::ranges::all_of(pairs_, [&](const auto& list) { return std::ranges::all_of(list, real); });
}

void add_coulomb_dd(Operator& op, double F0, double F2, double F4) {
  const double radial[]{F0, F2, F4};
  for (int k = 0; k < 3; ++k) add_multipole(op, 2 * k, radial[k], d_electron, d_electron, d_electron, d_electron);
}

void add_coulomb_pd(Operator& op, double F0, double F2, double G1, double G3) {
  const auto direct = [&](int k, double F) {
    add_multipole(op, k, F, p_electron, d_electron, p_electron, d_electron);
    add_multipole(op, k, F, d_electron, p_electron, d_electron, p_electron);
  };
  const auto exchange = [&](int k, double G) {
    add_multipole(op, k, G, p_electron, d_electron, d_electron, p_electron);
    add_multipole(op, k, G, d_electron, p_electron, p_electron, d_electron);
  };
  direct(0, F0);
  direct(2, F2);
  exchange(1, G1);
  exchange(3, G3);
}

void add_spin_orbit(Operator& op, int first, int l, double zeta) {
  const Electron e{l, first};
  for (int m = -l; m <= l; ++m) {
    op.add(e.orbital(m, 0), e.orbital(m, 0), 0.5 * zeta * m);
    op.add(e.orbital(m, 1), e.orbital(m, 1), -0.5 * zeta * m);
    if (m < l) {  // l+ s- and its adjoint
      const double value = 0.5 * zeta * ladder(l, m, 1);
      op.add(e.orbital(m + 1, 1), e.orbital(m, 0), value);
      op.add(e.orbital(m, 0), e.orbital(m + 1, 1), value);
    }
  }
}

void add_field(Operator& op, int first, int l, const std::array<double, 3>& field, double orbital, double spin) {
  const Electron e{l, first};
  const std::complex<double> raise = 0.5 * (field[0] - imaginary * field[1]);  // goes with the raising operators
  for (int m = -l; m <= l; ++m) {
    for (int s = 0; s < 2; ++s) {
      op.add(e.orbital(m, s), e.orbital(m, s), field[2] * (orbital * m + spin * (s == 0 ? 0.5 : -0.5)));
      if (m == l) continue;
      const double step = orbital * ladder(l, m, 1);
      op.add(e.orbital(m + 1, s), e.orbital(m, s), raise * step);
      op.add(e.orbital(m, s), e.orbital(m + 1, s), std::conj(raise) * step);
    }
    op.add(e.orbital(m, 0), e.orbital(m, 1), raise * spin);
    op.add(e.orbital(m, 1), e.orbital(m, 0), std::conj(raise) * spin);
  }
}

namespace {

Operator with_atom(const IonModel& model, const material::SlaterIntegrals& atom, bool core_hole) {
  const int shells = 1 + static_cast<int>(model.ligands.size());
  Operator op{p_orbitals + d_orbitals * shells};
  const ChargeTransferLevels levels = charge_transfer_levels(model);
  // F0 from the mean repulsion: the multipoles' mean is taken off.
  add_coulomb_dd(op, model.U_dd_eV + 2.0 / 63.0 * (atom.F2_dd_eV + atom.F4_dd_eV), atom.F2_dd_eV, atom.F4_dd_eV);
  add_spin_orbit(op, d_first, 2, atom.zeta_d_eV);
  op.add(d_first, core_hole ? model.field_core_hole : model.field_ground);
  const ShellMatrix one = cubic(1, 1);
  op.add(d_first, (core_hole ? levels.d_core_hole_eV : levels.d_eV) * one);
  add_field(op, d_first, 2, model.exchange_eV, 0, 2);
  const auto in_eV = [&](double T) { return core::bohr_magneton_eV_per_T * T; };
  const std::array<double, 3> magnetic{in_eV(model.magnetic_T[0]), in_eV(model.magnetic_T[1]),
                                       in_eV(model.magnetic_T[2])};
  add_field(op, d_first, 2, magnetic, 1, 2);
  if (core_hole) {
    add_coulomb_pd(op, model.U_pd_eV + atom.G1_pd_eV / 15 + 3 * atom.G3_pd_eV / 70, atom.F2_pd_eV, atom.G1_pd_eV,
                   atom.G3_pd_eV);
    add_spin_orbit(op, 0, 1, atom.zeta_p_eV);
    add_field(op, 0, 1, magnetic, 1, 2);
    for (int i = 0; i < p_orbitals; ++i) op.add(i, i, levels.p_eV);
  }
  for (std::size_t s = 0; s < model.ligands.size(); ++s) {
    const LigandShell& ligand = model.ligands[s];
    const int first = p_orbitals + d_orbitals * (1 + static_cast<int>(s));
    op.add(first, ligand.field + (core_hole ? levels.ligand_core_hole_eV[s] : levels.ligand_eV[s]) * one);
    for (int r = 0; r < d_orbitals; ++r) {
      for (int c = 0; c < d_orbitals; ++c) {
        op.add(d_first + r, first + c, ligand.hybridisation(r, c));
        op.add(first + c, d_first + r, std::conj(ligand.hybridisation(r, c)));
      }
    }
  }
  return op;
}

}  // namespace

Hamiltonian hamiltonian(const IonModel& model, bool core_hole) {
  const material::SlaterIntegrals& nominal = core_hole ? model.core_hole : model.ground;
  const auto& transferred = core_hole ? model.core_hole_transferred : model.ground_transferred;
  return {with_atom(model, nominal, core_hole), with_atom(model, transferred.value_or(nominal), core_hole),
          model.d_electrons + (core_hole ? 1 : 0)};
}

Operator dipole(int q, int orbitals) {
  Operator op{orbitals};
  for (int m = -1; m <= 1; ++m) {
    for (int s = 0; s < 2; ++s) {
      if (std::abs(m + q) <= 2) op.add(d_orbital(m + q, s), p_orbital(m, s), clebsch_gordan(1, m, 1, q, 2, m + q));
    }
  }
  return op;
}

Operator spin_raising(int orbitals) {
  Operator op{orbitals};
  for (int i = p_orbitals; i < orbitals; i += 2) op.add(i, i + 1, 1.0);
  return op;
}

}  // namespace lithoscope::multiplet
