#include "solved_ion.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/parallel.hpp"

namespace lithoscope::multiplet {
namespace {

using Eigen::Index;

constexpr double degenerate_eV = 1e-6;

int orbitals_of(const IonModel& model) {
  return p_orbitals + d_orbitals * (1 + static_cast<int>(model.ligands.size()));
}

Determinants determinants_of(const IonModel& model, bool core_hole) {
  const int ligands = d_orbitals * static_cast<int>(model.ligands.size());
  return {core_hole ? p_orbitals - 1 : p_orbitals, d_orbitals + ligands,
          model.d_electrons + ligands + (core_hole ? 1 : 0),
          std::min(d_orbitals, model.d_electrons + model.most_transferred + (core_hole ? 1 : 0))};
}

}  // namespace

template <class S>
SolvedIon<S>::SolvedIon(const IonModel& model, const SolverSettings& how)
    : settings(how),
      orbitals(orbitals_of(model)),
      ground(determinants_of(model, false), hamiltonian(model, false)),
      core_hole(determinants_of(model, true), hamiltonian(model, true)) {
  for (std::size_t q = 0; q < 3; ++q) {
    const Operator lift = multiplet::dipole(static_cast<int>(q) - 1, orbitals);
    dipole[q] = matrix_of<S>(lift, ground.determinants, core_hole.determinants);
  }
  Operator spin_orbit{orbitals};
  add_spin_orbit(spin_orbit, 0, 1, 1);
  p_spin_orbit_ = matrix_of<S>(spin_orbit, core_hole.determinants, core_hole.determinants);
  solve_ground();
  populate();
  solve_core_hole();
}

template <class S>
void SolvedIon<S>::solve_ground() {
  const auto blocks = static_cast<std::int64_t>(ground.blocks.size());
  ground_states.resize(ground.blocks.size());
  const auto large = [&](std::size_t b) { return ground.blocks[b].size() > settings.dense_most; };
  const auto append = [&](std::size_t b) {
    Eigenpairs<S>& known = ground_states[b];
    if (known.vectors.rows() == 0) known.vectors.resize(ground.blocks[b].size(), 0);
    const LowestState<S> found = lowest_state(ground.blocks[b], known.vectors);
    known.vectors.conservativeResize(Eigen::NoChange, known.vectors.cols() + 1);
    known.vectors.rightCols(1) = found.vector;
    known.energies_eV.conservativeResize(known.energies_eV.size() + 1);
    known.energies_eV[known.energies_eV.size() - 1] = found.energy_eV;
  };
  core::parallel_for(blocks, [&](std::int64_t i) {
    const auto b = static_cast<std::size_t>(i);
    if (large(b)) {
      append(b);
    } else {
      ground_states[b] = all_eigenpairs(ground.blocks[b]);
    }
  });
  double lowest = std::numeric_limits<double>::infinity();
  for (const Eigenpairs<S>& states : ground_states) lowest = std::min(lowest, states.energies_eV[0]);
  const double cut = settings.populated_kT * core::boltzmann_eV_per_K * settings.temperature_K + degenerate_eV;
  core::parallel_for(blocks, [&](std::int64_t i) {
    const auto b = static_cast<std::size_t>(i);
    if (!large(b)) return;
    // One state beyond the cut shows that none below it is missing.
    while (ground_states[b].energies_eV.maxCoeff() <= lowest + cut &&
           ground_states[b].energies_eV.size() < ground.blocks[b].size()) {
      append(b);
    }
  });
}

template <class S>
void SolvedIon<S>::populate() {
  std::vector<PopulatedState> all;
  for (std::size_t b = 0; b < ground_states.size(); ++b) {
    const auto& energies = ground_states[b].energies_eV;
    for (Index k = 0; k < energies.size(); ++k) all.push_back({b, k, energies[k], 0});
  }
  std::ranges::stable_sort(all, {}, &PopulatedState::energy_eV);
  const double kT = core::boltzmann_eV_per_K * settings.temperature_K;
  const double lowest = all.front().energy_eV;
  double sum = 0;
  for (const PopulatedState& state : all) {
    const double above = state.energy_eV - lowest;
    // Whole manifolds: a state as low as the last one taken is taken too.
    const bool low = above <= settings.populated_kT * kT;
    const bool same = !populated.empty() && state.energy_eV - populated.back().energy_eV < degenerate_eV;
    if (!low && !same) break;
    populated.push_back(state);
    populated.back().population = kT > 0 ? std::exp(-above / kT) : 1;  // at 0 K the lowest manifold evenly
    sum += populated.back().population;
  }
  for (PopulatedState& state : populated) state.population /= sum;
}

template <class S>
void SolvedIon<S>::solve_core_hole() {
  core_hole_states.resize(core_hole.blocks.size());
  half_hole.resize(core_hole.blocks.size());
  core::parallel_for(static_cast<std::int64_t>(core_hole.blocks.size()), [&](std::int64_t i) {
    const auto b = static_cast<std::size_t>(i);
    if (core_hole.blocks[b].size() > settings.dense_most) return;
    core_hole_states[b] = all_eigenpairs(core_hole.blocks[b]);
    const Dense<S>& vectors = core_hole_states[b]->vectors;
    const auto& members = core_hole.blocks[b].members;
    Dense<S> turned = Dense<S>::Zero(vectors.rows(), vectors.cols());
    for (std::size_t c = 0; c < members.size(); ++c) {
      const auto column = static_cast<std::size_t>(members[c]);
      for (std::int64_t k = p_spin_orbit_.start[column]; k < p_spin_orbit_.start[column + 1]; ++k) {
        const auto row = static_cast<std::size_t>(p_spin_orbit_.index[static_cast<std::size_t>(k)]);
        if (core_hole.block_of[row] != static_cast<std::int32_t>(b)) continue;
        turned.row(core_hole.place_in_block[row]) +=
            p_spin_orbit_.value[static_cast<std::size_t>(k)] * vectors.row(static_cast<Index>(c));
      }
    }
    // Five electrons with a hole in 3/2 have sum l.s = -1/2, in 1/2 it is 1.
    for (Index k = 0; k < vectors.cols(); ++k) {
      half_hole[b].push_back(std::clamp((1 + 2 * std::real(vectors.col(k).dot(turned.col(k)))) / 3, 0.0, 1.0));
    }
  });
}

template <class S>
bool SolvedIon<S>::ground_is_dense() const {
  return std::ranges::all_of(ground.blocks, [&](const Block<S>& b) { return b.size() <= settings.dense_most; });
}

template <class S>
Column<S> SolvedIon<S>::vector_of(const PopulatedState& state) const {
  return ground.spread(state.block, ground_states[state.block].vectors.col(state.column));
}

template <class S>
std::vector<double> SolvedIon<S>::energies() const {
  std::vector<double> all;
  for (const auto& states : ground_states) all.insert(all.end(), states.energies_eV.begin(), states.energies_eV.end());
  std::ranges::sort(all);
  return all;
}

template <class S>
std::vector<Level> SolvedIon<S>::levels(CubicAxis axis) const {
  struct State {
    double energy, spin_squared, e_g, d;
  };
  std::vector<State> states;
  Operator e_g{orbitals};
  e_g.add(p_orbitals, cubic(1, 0, axis));
  const Operator raising = spin_raising(orbitals);
  const SparseMatrix<S> e_g_matrix = matrix_of<S>(e_g, ground.determinants, ground.determinants);
  const bool all = ground_is_dense();
  const double top = all ? std::numeric_limits<double>::infinity() : populated.back().energy_eV;
  for (std::size_t b = 0; b < ground_states.size(); ++b) {
    for (Index k = 0; k < ground_states[b].energies_eV.size(); ++k) {
      if (ground_states[b].energies_eV[k] > top) continue;
      const Column<S> v = ground.spread(b, ground_states[b].vectors.col(k));
      State state{ground_states[b].energies_eV[k], 0, std::real(v.dot(e_g_matrix.adjoint_times(v))), 0};
      // S^2 = S- S+ + Sz (Sz + 1); S+ changes the determinants' spin, so its image is collected in place.
      Column<S> raised = Column<S>::Zero(ground.size());
      for (std::int64_t c = 0; c < ground.size(); ++c) {
        const Determinant d = ground.determinants[c];
        const double weight = std::norm(v[c]);
        constexpr Determinant up_bits = 0x5555555555555540ULL;
        const double sz = std::popcount(d & up_bits) - 0.5 * (std::popcount(d) - p_orbitals);
        state.spin_squared += weight * sz * (sz + 1);
        state.d += weight * std::popcount((d >> p_orbitals) & 0x3ffU);
        if (v[c] == S{}) continue;
        raising.apply(d, [&](Determinant to, std::complex<double> sign) {
          raised[ground.determinants.index_of(to)] += sign.real() * v[c];
        });
      }
      state.spin_squared += raised.squaredNorm();
      states.push_back(state);
    }
  }
  std::ranges::stable_sort(states, {}, &State::energy);
  std::vector<Level> levels;
  double first = 0;
  for (const State& s : states) {
    const bool same = !levels.empty() && s.energy - first < degenerate_eV;
    if (!same) {
      first = s.energy;
      levels.push_back({.energy_eV = s.energy - states.front().energy, .degeneracy = 0});
    }
    Level& level = levels.back();
    const double n = level.degeneracy;
    const auto mean = [&](double old, double value) { return (n * old + value) / (n + 1); };
    level.spin_squared = mean(level.spin_squared, s.spin_squared);
    level.e_g_electrons = mean(level.e_g_electrons, s.e_g);
    level.d_electrons = mean(level.d_electrons, s.d);
    ++level.degeneracy;
  }
  for (const PopulatedState& p : populated) {
    for (Level& level : levels) {
      if (std::abs(p.energy_eV - lowest_eV() - level.energy_eV) < degenerate_eV) {
        level.population += p.population;
        break;
      }
    }
  }
  return levels;
}

template <class S>
double SolvedIon<S>::HoleCurve::at(double e) const {
  const auto above = std::ranges::lower_bound(energy_eV, e);
  if (above == energy_eV.begin()) return half_hole.front();
  if (above == energy_eV.end()) return half_hole.back();
  const auto i = static_cast<std::size_t>(above - energy_eV.begin());
  const double t = (e - energy_eV[i - 1]) / (energy_eV[i] - energy_eV[i - 1]);
  return half_hole[i - 1] + t * (half_hole[i] - half_hole[i - 1]);
}

// Ritz vectors of a short Krylov space, kept orthogonal: enough to tell L3 from L2.
template <class S>
typename SolvedIon<S>::HoleCurve SolvedIon<S>::hole_curve(std::size_t b, const Column<S>& vector) const {
  constexpr Index most = 120;
  const Block<S>& block = core_hole.blocks[b];
  const Index steps = std::min<Index>(most, block.size());
  Dense<S> basis(block.size(), steps);
  basis.col(0) = vector.normalized();
  Column<S> next;
  Index used = 1;
  for (; used < steps; ++used) {
    block.hamiltonian.adjoint_times(Column<S>{basis.col(used - 1)}, next);
    const double size = next.norm();
    for (int pass = 0; pass < 2; ++pass) next -= basis.leftCols(used) * (basis.leftCols(used).adjoint() * next).eval();
    if (next.norm() < 1e-10 * size) break;
    basis.col(used) = next.normalized();
  }
  Dense<S> energy(used, used), hole(used, used);
  for (Index k = 0; k < used; ++k) {
    block.hamiltonian.adjoint_times(Column<S>{basis.col(k)}, next);
    energy.col(k) = basis.leftCols(used).adjoint() * next;
    const Column<S> turned = core_hole.gather(b, p_spin_orbit_.times(core_hole.spread(b, basis.col(k))));
    hole.col(k) = basis.leftCols(used).adjoint() * turned;
  }
  const Eigen::SelfAdjointEigenSolver<Dense<S>> ritz{energy};
  HoleCurve curve;
  for (Index k = 0; k < used; ++k) {
    const auto u = ritz.eigenvectors().col(k);
    curve.energy_eV.push_back(ritz.eigenvalues()[k]);
    curve.half_hole.push_back(std::clamp((1 + 2 * std::real(u.dot(hole * u))) / 3, 0.0, 1.0));
  }
  return curve;
}

template class SolvedIon<double>;
template class SolvedIon<std::complex<double>>;

}  // namespace lithoscope::multiplet
