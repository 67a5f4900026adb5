#include "krylov_scattering.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>

#include "lithoscope/core/parallel.hpp"

namespace lithoscope::multiplet {
namespace {

using Eigen::Index;
using Complex = std::complex<double>;
using Matrix = Eigen::MatrixXcd;

constexpr double amplitude_tolerance = 1e-5;
constexpr double final_tolerance = 1e-5;
constexpr double nothing = 1e-24;  // squared norm of a vector that symmetry forbids

// A channel as a sum of squares: |sum_ab conj(u_ab) F_ab|^2 times a weight.
struct Square {
  double weight = 0;
  Tensor3 u{};
};

std::vector<Square> squares_of(const Channel& channel) {
  if (const auto* p = std::get_if<Polarised>(&channel.how)) {
    Square s{.weight = 1};
    for (std::size_t a = 0; a < 3; ++a) {
      for (std::size_t b = 0; b < 3; ++b) s.u[3 * a + b] = p->out[a] * std::conj(p->in[b]);
    }
    return {s};
  }
  // A powder sees the trace, the antisymmetric and the traceless symmetric part of F separately.
  const Powder& w = std::get<Powder>(channel.how);
  const double scalar = 10 * w.L1 / 30;
  const double axial_part = 5 * (w.L2 - w.L3) / 30;
  const double tensor = (-2 * w.L1 + 3 * w.L2 + 3 * w.L3) / 30;
  std::vector<Square> out;
  const auto add = [&](double weight, std::initializer_list<std::pair<std::size_t, double>> elements) {
    if (weight == 0) return;
    Square s{.weight = weight};
    for (const auto& [at, value] : elements) s.u[at] = value;
    out.push_back(s);
  };
  const double h = std::sqrt(0.5);
  const double t = std::sqrt(1.0 / 3);
  const double x = std::sqrt(1.0 / 6);
  add(scalar, {{0, t}, {4, t}, {8, t}});
  add(axial_part, {{1, h}, {3, -h}});
  add(axial_part, {{2, h}, {6, -h}});
  add(axial_part, {{5, h}, {7, -h}});
  add(tensor, {{1, h}, {3, h}});
  add(tensor, {{2, h}, {6, h}});
  add(tensor, {{5, h}, {7, h}});
  add(tensor, {{0, h}, {4, -h}});
  add(tensor, {{0, -x}, {4, -x}, {8, 2 * x}});
  return out;
}

// (w - H + i gamma)^-1 |start> for many w at once from one Krylov space, built twice so that it need not be kept: first
// its tridiagonal matrix, then the sum of its vectors with each w's coefficients.
template <class S>
struct Excited {
  std::vector<Column<Complex>> at;  // of each incident energy
  double residual = 0;
};

template <class S>
Excited<S> excited_states(const SolvedIon<S>& ion, std::size_t b, const Column<S>& start, double initial_eV,
                          const ScatteringSettings& how) {
  const Block<S>& block = ion.core_hole.blocks[b];
  const auto curve = ion.hole_curve(b, start);
  SpectralGoal goal{.width_eV = std::min(how.lifetimes.L3_eV, how.lifetimes.L2_eV),
                    .tolerance = amplitude_tolerance,
                    .most_steps = ion.settings.krylov_most,
                    .of_vector = true};
  for (const double w : how.incident_eV) goal.energies_eV.push_back(w + initial_eV);
  const Chain chain = spectral_chain(block, start, goal);
  const auto m = static_cast<Index>(chain.diagonal.size());
  const auto n = static_cast<Index>(how.incident_eV.size());
  // (z - T) c = e1 by elimination from below.
  Matrix c(m, n);
  for (Index w = 0; w < n; ++w) {
    const double e = how.incident_eV[static_cast<std::size_t>(w)] + initial_eV;
    const Complex z{e, how.lifetimes.of(curve.at(e))};
    std::vector<Complex> pivot(static_cast<std::size_t>(m));
    for (Index k = m - 1; k >= 0; --k) {
      const auto i = static_cast<std::size_t>(k);
      pivot[i] = z - chain.diagonal[i];
      if (k + 1 < m) pivot[i] -= chain.off_diagonal[i] * chain.off_diagonal[i] / pivot[i + 1];
    }
    c(0, w) = std::sqrt(chain.norm_squared) / pivot[0];
    for (Index k = 1; k < m; ++k) {
      const auto i = static_cast<std::size_t>(k);
      c(k, w) = chain.off_diagonal[i - 1] * c(k - 1, w) / pivot[i];
    }
  }
  Excited<S> out;
  out.residual = chain.residual;
  out.at.assign(static_cast<std::size_t>(n), Column<Complex>::Zero(block.size()));
  Column<S> now = start / std::sqrt(chain.norm_squared);
  Column<S> before = Column<S>::Zero(now.size());
  Column<S> next;
  for (Index k = 0; k < m; ++k) {
    const auto i = static_cast<std::size_t>(k);
    if (k % 64 == 0) core::throw_if_interrupted();
    for (Index w = 0; w < n; ++w) out.at[static_cast<std::size_t>(w)] += c(k, w) * now;
    if (k + 1 == m) break;
    block.hamiltonian.adjoint_times(now, next);
    next -= chain.diagonal[i] * now + (k == 0 ? 0.0 : chain.off_diagonal[i - 1]) * before;
    before.swap(now);
    now = next / chain.off_diagonal[i];
  }
  return out;
}

// T+ x of a vector that may be complex where the matrix is real.
template <class S>
Column<Complex> adjoint_times(const SparseMatrix<S>& T, const Column<Complex>& x) {
  Column<Complex> y(T.columns());
  for (std::int64_t c = 0; c < T.columns(); ++c) {
    Complex sum = 0;
    for (std::int64_t k = T.start[static_cast<std::size_t>(c)]; k < T.start[static_cast<std::size_t>(c) + 1]; ++k)
      sum += conjugate(T.value[static_cast<std::size_t>(k)]) * x[T.index[static_cast<std::size_t>(k)]];
    y[c] = sum;
  }
  return y;
}

// Poles of a final-state vector: of its real and imaginary parts, when the Hamiltonian is real, since then neither
// mixes with the other; exact for a dense block.
struct FinalPoles {
  std::vector<Pole> poles;
  double residual = 0;
};

template <class S>
FinalPoles final_poles(const SolvedIon<S>& ion, std::size_t g, const Column<Complex>& y,
                       const ScatteringSettings& how) {
  const Eigenpairs<S>& states = ion.ground_states[g];
  const Block<S>& block = ion.ground.blocks[g];
  FinalPoles out;
  if (states.energies_eV.size() == block.size()) {
    const Column<Complex> projected = states.vectors.adjoint().template cast<Complex>() * y;
    for (Index n = 0; n < projected.size(); ++n) out.poles.push_back({states.energies_eV[n], std::norm(projected[n])});
    return out;
  }
  std::vector<Column<S>> parts;
  if constexpr (std::is_same_v<S, double>) {
    parts = {y.real(), y.imag()};
  } else {
    parts = {y};
  }
  SpectralGoal goal{
      .width_eV = how.final_half_width_eV, .tolerance = final_tolerance, .most_steps = ion.settings.krylov_most};
  const auto probes = static_cast<int>(std::min(2000.0, (how.loss_to_eV + 1) / goal.width_eV));
  for (int i = 0; i <= probes; ++i) goal.energies_eV.push_back(ion.lowest_eV() - 1 + i * (how.loss_to_eV + 1) / probes);
  for (const Column<S>& part : parts) {
    if (part.squaredNorm() < nothing) continue;
    const Chain chain = spectral_chain(block, part, goal);
    out.residual = std::max(out.residual, chain.residual);
    const auto found = poles(chain);
    out.poles.insert(out.poles.end(), found.begin(), found.end());
  }
  return out;
}

// Lines of one incident energy as they come.
struct Line {
  double loss_eV = 0;
  std::size_t square = 0;
  double strength = 0;
};

// All channels' squares, each once: powders at different angles see the same nine with other weights.
struct SharedSquare {
  Tensor3 u{};
  std::vector<double> weights;  // of each channel
};

std::vector<SharedSquare> shared_squares(const std::vector<Channel>& channels) {
  std::vector<SharedSquare> out;
  for (std::size_t k = 0; k < channels.size(); ++k) {
    for (const Square& square : squares_of(channels[k])) {
      auto known = std::ranges::find(out, square.u, &SharedSquare::u);
      if (known == out.end()) {
        out.push_back({square.u, std::vector<double>(channels.size(), 0.0)});
        known = out.end() - 1;
      }
      known->weights[k] += square.weight;
    }
  }
  return out;
}

// x_r(w) = (w - H + i gamma)^-1 T_r |state> in the whole core-hole space, from each block it reaches.
template <class S>
std::vector<Column<Complex>> excited_by(const SolvedIon<S>& ion, const PopulatedState& state, const Column<S>& lifted,
                                        const ScatteringSettings& how, double& residual) {
  std::vector<Column<Complex>> x(how.incident_eV.size(), Column<Complex>::Zero(ion.core_hole.size()));
  for (std::size_t b = 0; b < ion.core_hole.blocks.size(); ++b) {
    const Column<S> start = ion.core_hole.gather(b, lifted);
    if (start.squaredNorm() < nothing) continue;
    const Excited<S> excited = excited_states(ion, b, start, state.energy_eV, how);
    residual = std::max(residual, excited.residual);
    const auto& members = ion.core_hole.blocks[b].members;
    for (std::size_t w = 0; w < x.size(); ++w) {
      for (std::size_t i = 0; i < members.size(); ++i) x[w][members[i]] = excited.at[w][static_cast<Index>(i)];
    }
  }
  return x;
}

// sum_ab conj(u_ab) F_ab of amplitudes in spherical components.
Column<Complex> mixed(const SharedSquare& square, const std::array<Column<Complex>, 9>& F) {
  const auto& c = cartesian();
  Column<Complex> y = Column<Complex>::Zero(F[0].size());
  for (std::size_t q = 0; q < 3; ++q) {
    for (std::size_t r = 0; r < 3; ++r) {
      Complex factor = 0;
      for (std::size_t a = 0; a < 3; ++a) {
        for (std::size_t b = 0; b < 3; ++b) factor += std::conj(square.u[3 * a + b]) * std::conj(c[a][q]) * c[b][r];
      }
      if (factor != 0.0) y += factor * F[3 * q + r];
    }
  }
  return y;
}

struct Found {
  std::vector<Line> lines;
  double residual = 0;
};

template <class S>
Found lines_at(const SolvedIon<S>& ion, const PopulatedState& state, const std::array<Column<Complex>, 9>& F,
               const std::vector<SharedSquare>& squares, const ScatteringSettings& how) {
  Found out;
  for (std::size_t k = 0; k < squares.size(); ++k) {
    const Column<Complex> y = mixed(squares[k], F);
    for (std::size_t g = 0; g < ion.ground.blocks.size(); ++g) {
      const auto& members = ion.ground.blocks[g].members;
      Column<Complex> part(static_cast<Index>(members.size()));
      for (std::size_t i = 0; i < members.size(); ++i) part[static_cast<Index>(i)] = y[members[i]];
      if (part.squaredNorm() < nothing) continue;
      const FinalPoles found = final_poles(ion, g, part, how);
      out.residual = std::max(out.residual, found.residual);
      for (const Pole& pole : found.poles) {
        const double loss = pole.energy_eV - state.energy_eV;
        if (how.elastic || std::abs(loss) >= elastic_eV) out.lines.push_back({loss, k, state.population * pole.weight});
      }
    }
  }
  return out;
}

ScatteringRow row_of(double incident_eV, std::vector<Line> lines, const std::vector<SharedSquare>& squares,
                     std::size_t channels) {
  std::ranges::stable_sort(lines, {}, &Line::loss_eV);
  ScatteringRow row{.incident_eV = incident_eV};
  std::vector<std::vector<double>> strength(channels);
  for (const Line& line : lines) {
    if (row.loss_eV.empty() || line.loss_eV - row.loss_eV.back() > same_loss_eV) {
      row.loss_eV.push_back(line.loss_eV);
      for (auto& values : strength) values.push_back(0);
    }
    for (std::size_t k = 0; k < channels; ++k) strength[k].back() += squares[line.square].weights[k] * line.strength;
  }
  for (const auto& values : strength) row.strength.insert(row.strength.end(), values.begin(), values.end());
  return row;
}

}  // namespace

// A few incident energies at a time: each needs three vectors of the core-hole space in memory.
template <class S>
Scattering krylov_scattering(const SolvedIon<S>& ion, const ScatteringSettings& how, core::Progress& progress) {
  constexpr std::size_t at_a_time = 32;
  Scattering out{.krylov = true};
  const auto squares = shared_squares(how.channels);
  std::vector<Found> found(how.incident_eV.size());
  std::atomic<std::int64_t> done = 0;
  progress.start("scattering", static_cast<std::int64_t>(ion.populated.size() * how.incident_eV.size()));
  for (const PopulatedState& state : ion.populated) {
    const Column<S> v = ion.vector_of(state);
    for (std::size_t first = 0; first < how.incident_eV.size(); first += at_a_time) {
      const std::size_t end = std::min(first + at_a_time, how.incident_eV.size());
      ScatteringSettings part = how;
      part.incident_eV.assign(how.incident_eV.begin() + static_cast<std::ptrdiff_t>(first),
                              how.incident_eV.begin() + static_cast<std::ptrdiff_t>(end));
      std::array<std::vector<Column<Complex>>, 3> x;
      std::array<double, 3> residual{};
      core::parallel_for(3, [&](std::int64_t i) {
        const auto r = static_cast<std::size_t>(i);
        x[r] = excited_by(ion, state, ion.dipole[r].times(v), part, residual[r]);
      });
      out.krylov_residual = std::max({out.krylov_residual, residual[0], residual[1], residual[2]});
      core::parallel_for(static_cast<std::int64_t>(end - first), [&](std::int64_t i) {
        const auto w = static_cast<std::size_t>(i);
        std::array<Column<Complex>, 9> F;  // spherical q, r
        for (std::size_t q = 0; q < 3; ++q) {
          for (std::size_t r = 0; r < 3; ++r) F[3 * q + r] = adjoint_times(ion.dipole[q], x[r][w]);
        }
        const Found more = lines_at(ion, state, F, squares, part);
        Found& all = found[first + w];
        all.lines.insert(all.lines.end(), more.lines.begin(), more.lines.end());
        all.residual = std::max(all.residual, more.residual);
        progress.advance(++done);
      });
    }
  }
  progress.finish();
  for (std::size_t w = 0; w < found.size(); ++w) {
    out.krylov_residual = std::max(out.krylov_residual, found[w].residual);
    out.rows.push_back(row_of(how.incident_eV[w], std::move(found[w].lines), squares, how.channels.size()));
  }
  return out;
}

template Scattering krylov_scattering(const SolvedIon<double>&, const ScatteringSettings&, core::Progress&);
template Scattering krylov_scattering(const SolvedIon<std::complex<double>>&, const ScatteringSettings&,
                                      core::Progress&);

}  // namespace lithoscope::multiplet
