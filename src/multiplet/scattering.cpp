// Kramers-Heisenberg: what an ion scatters at each incident energy.
#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/parallel.hpp"
#include "solved_ion.hpp"

namespace lithoscope::multiplet {
namespace {

using Eigen::Index;
using Complex = std::complex<double>;
using Matrix = Eigen::MatrixXcd;

constexpr double same_loss_eV = 1e-9;
constexpr double elastic_eV = 1e-6;
constexpr double amplitude_tolerance = 1e-5;
constexpr double final_tolerance = 1e-5;
constexpr double nothing = 1e-24;  // squared norm of a vector that symmetry forbids

// Amplitudes in spherical components, F[q][r] = <f|T_q+ ... T_r|i>, turned into x, y, z.
void to_cartesian(const std::array<Complex, 9>& spherical, Tensor3& out) {
  const auto& c = cartesian();
  std::array<Complex, 9> half{};  // [a][r]
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t q = 0; q < 3; ++q) {
      if (c[a][q] == 0.0) continue;
      for (std::size_t r = 0; r < 3; ++r) half[3 * a + r] += std::conj(c[a][q]) * spherical[3 * q + r];
    }
  }
  out = {};
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = 0; b < 3; ++b) {
      for (std::size_t r = 0; r < 3; ++r) {
        if (c[b][r] != 0.0) out[3 * a + b] += half[3 * a + r] * c[b][r];
      }
    }
  }
}

double strength_of(const Channel& channel, const Tensor3& F) {
  if (const auto* powder = std::get_if<Powder>(&channel.how)) return powder_average(F, *powder);
  const auto& [in, out] = std::get<Polarised>(channel.how);
  Complex sum = 0;
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = 0; b < 3; ++b) sum += std::conj(out[a]) * F[3 * a + b] * in[b];
  }
  return std::norm(sum);
}

// 1/(w - (E_n - E_i) + i gamma_n) for all core-hole states of a block and all incident energies.
template <class S>
Matrix resolvent(const Eigenpairs<S>& states, const std::vector<double>& half_hole, double initial_eV,
                 const ScatteringSettings& how) {
  Matrix g(states.energies_eV.size(), static_cast<Index>(how.incident_eV.size()));
  for (Index w = 0; w < g.cols(); ++w) {
    for (Index n = 0; n < g.rows(); ++n) {
      const double gamma = how.lifetimes.of(half_hole[static_cast<std::size_t>(n)]);
      g(n, w) = 1.0 / Complex{how.incident_eV[static_cast<std::size_t>(w)] - states.energies_eV[n] + initial_eV, gamma};
    }
  }
  return g;
}

// D+ M with a real or complex D.
Matrix adjoint_product(const Dense<double>& D, const Matrix& M) {
  Matrix out(D.cols(), M.cols());
  out.real() = D.transpose() * M.real();
  out.imag() = D.transpose() * M.imag();
  return out;
}
Matrix adjoint_product(const Dense<Complex>& D, const Matrix& M) { return D.adjoint() * M; }

// <n|T_q|g> between the eigenstates of a core-hole block and those of a ground block; empty when there is nothing.
template <class S>
using Elements = std::vector<std::vector<std::array<Dense<S>, 3>>>;

template <class S>
Elements<S> elements_of(const SolvedIon<S>& ion) {
  const std::size_t cores = ion.core_hole.blocks.size();
  const std::size_t grounds = ion.ground.blocks.size();
  Elements<S> all(cores, std::vector<std::array<Dense<S>, 3>>(grounds));
  core::parallel_for(static_cast<std::int64_t>(grounds), [&](std::int64_t i) {
    const auto g = static_cast<std::size_t>(i);
    const Dense<S>& from = ion.ground_states[g].vectors;
    const auto& members = ion.ground.blocks[g].members;
    for (std::size_t q = 0; q < 3; ++q) {
      const SparseMatrix<S>& T = ion.dipole[q];
      std::map<std::int32_t, Dense<S>> images;  // by core-hole block
      for (std::size_t c = 0; c < members.size(); ++c) {
        const auto column = static_cast<std::size_t>(members[c]);
        for (std::int64_t k = T.start[column]; k < T.start[column + 1]; ++k) {
          const auto row = static_cast<std::size_t>(T.index[static_cast<std::size_t>(k)]);
          const std::int32_t block = ion.core_hole.block_of[row];
          auto& image = images[block];
          if (image.size() == 0)
            image = Dense<S>::Zero(ion.core_hole.blocks[static_cast<std::size_t>(block)].size(), from.cols());
          image.row(ion.core_hole.place_in_block[row]) +=
              T.value[static_cast<std::size_t>(k)] * from.row(static_cast<Index>(c));
        }
      }
      for (auto& [block, image] : images) {
        const auto b = static_cast<std::size_t>(block);
        all[b][g][q] = ion.core_hole_states[b]->vectors.adjoint() * image;
      }
    }
  });
  return all;
}

// The energies of all final states as a few lines of loss: degenerate ones together.
struct LossLines {
  std::vector<double> loss_eV;
  std::size_t line_of(double loss) const {
    const auto above = std::ranges::lower_bound(loss_eV, loss - same_loss_eV);
    return static_cast<std::size_t>(above - loss_eV.begin());
  }
};

template <class S>
LossLines loss_lines(const SolvedIon<S>& ion) {
  std::vector<double> all;
  for (const PopulatedState& state : ion.populated) {
    for (const auto& states : ion.ground_states) {
      for (const double e : states.energies_eV) all.push_back(e - state.energy_eV);
    }
  }
  std::ranges::sort(all);
  LossLines lines;
  for (const double loss : all) {
    if (lines.loss_eV.empty() || loss - lines.loss_eV.back() > same_loss_eV) lines.loss_eV.push_back(loss);
  }
  return lines;
}

// From one populated state to all final states: strength[(w * channels + channel) * lines + line].
template <class S>
void scatter_from(const SolvedIon<S>& ion, const PopulatedState& state, const Elements<S>& elements,
                  const ScatteringSettings& how, const LossLines& lines, std::vector<double>& strength) {
  const auto incident = static_cast<Index>(how.incident_eV.size());
  const std::size_t channels = how.channels.size();
  // F[final block][q][r]: final states by incident energies
  std::vector<std::array<Matrix, 9>> F(ion.ground.blocks.size());
  for (std::size_t b = 0; b < elements.size(); ++b) {
    const auto& into = elements[b][state.block];
    if (std::ranges::all_of(into, [](const auto& m) { return m.size() == 0; })) continue;
    const Matrix g = resolvent(*ion.core_hole_states[b], ion.half_hole[b], state.energy_eV, how);
    for (std::size_t r = 0; r < 3; ++r) {
      if (into[r].size() == 0) continue;
      const Matrix excited = into[r].col(state.column).template cast<Complex>().asDiagonal() * g;
      for (std::size_t f = 0; f < F.size(); ++f) {
        for (std::size_t q = 0; q < 3; ++q) {
          if (elements[b][f][q].size() == 0) continue;
          Matrix& sum = F[f][3 * q + r];
          if (sum.size() == 0) {
            sum = adjoint_product(elements[b][f][q], excited);
          } else {
            sum += adjoint_product(elements[b][f][q], excited);
          }
        }
      }
    }
  }
  Tensor3 cartesian_F;
  for (std::size_t f = 0; f < F.size(); ++f) {
    for (Index n = 0; n < ion.ground_states[f].energies_eV.size(); ++n) {
      const double loss = ion.ground_states[f].energies_eV[n] - state.energy_eV;
      if (!how.elastic && std::abs(loss) < elastic_eV) continue;
      const std::size_t line = lines.line_of(loss);
      for (Index w = 0; w < incident; ++w) {
        std::array<Complex, 9> spherical{};
        for (std::size_t k = 0; k < 9; ++k) {
          if (F[f][k].size() > 0) spherical[k] = F[f][k](n, w);
        }
        to_cartesian(spherical, cartesian_F);
        for (std::size_t c = 0; c < channels; ++c) {
          strength[(static_cast<std::size_t>(w) * channels + c) * lines.loss_eV.size() + line] +=
              state.population * strength_of(how.channels[c], cartesian_F);
        }
      }
    }
  }
}

void require_memory(double bytes, std::size_t lines) {
  const double free = memory_at_hand_bytes();
  if (bytes <= free) return;
  throw core::ComputationError(
      {.what = "this scattering map needs more memory than there is",
       .expected = fmt::format("at most {:.2g} GB, which is free", free / 1e9),
       .found = fmt::format("{:.2g} GB for {} losses at each incident energy", bytes / 1e9, lines),
       .advice = "use fewer incident energies or a lower temperature"});
}

// So many initial states are computed side by side, then added in their order: the same bytes for any thread count.
constexpr std::size_t at_once = 8;

template <class S>
Scattering dense_scattering(const SolvedIon<S>& ion, const ScatteringSettings& how, core::Progress& progress) {
  const Elements<S> elements = elements_of(ion);
  const LossLines lines = loss_lines(ion);
  const std::size_t channels = how.channels.size();
  const std::size_t all = how.incident_eV.size() * channels * lines.loss_eV.size();
  require_memory(static_cast<double>(all) * sizeof(double) * (at_once + 1), lines.loss_eV.size());
  std::vector<double> sum(all, 0.0);
  std::vector<std::vector<double>> parts(at_once);
  std::atomic<std::int64_t> done = 0;
  progress.start("scattering", static_cast<std::int64_t>(ion.populated.size()));
  for (std::size_t first = 0; first < ion.populated.size(); first += at_once) {
    const std::size_t count = std::min(at_once, ion.populated.size() - first);
    core::parallel_for(static_cast<std::int64_t>(count), [&](std::int64_t i) {
      auto& part = parts[static_cast<std::size_t>(i)];
      part.assign(all, 0.0);
      scatter_from(ion, ion.populated[first + static_cast<std::size_t>(i)], elements, how, lines, part);
      progress.advance(++done);
    });
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t k = 0; k < all; ++k) sum[k] += parts[i][k];
    }
  }
  progress.finish();
  Scattering out;
  for (std::size_t w = 0; w < how.incident_eV.size(); ++w) {
    const auto first = sum.begin() + static_cast<std::ptrdiff_t>(w * channels * lines.loss_eV.size());
    out.rows.push_back({how.incident_eV[w],
                        lines.loss_eV,
                        {first, first + static_cast<std::ptrdiff_t>(channels * lines.loss_eV.size())}});
  }
  return out;
}

// ---- large configurations -------------------------------------------------------------------------------------------

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

}  // namespace

template <class S>
Scattering SolvedIon<S>::scattering(const ScatteringSettings& how, core::Progress& progress) const {
  const bool all_dense =
      ground_is_dense() && std::ranges::all_of(core_hole_states, [](const auto& s) { return s.has_value(); });
  Scattering out = all_dense ? dense_scattering(*this, how, progress) : krylov_scattering(*this, how, progress);
  for (const Channel& channel : how.channels) out.channels.push_back(channel.name);
  return out;
}

template Scattering SolvedIon<double>::scattering(const ScatteringSettings&, core::Progress&) const;
template Scattering SolvedIon<std::complex<double>>::scattering(const ScatteringSettings&, core::Progress&) const;

}  // namespace lithoscope::multiplet
