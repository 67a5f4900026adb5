// Kramers-Heisenberg: what an ion scatters at each incident energy.
#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>

#include "krylov_scattering.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/parallel.hpp"

namespace lithoscope::multiplet {
namespace {

using Eigen::Index;
using Complex = std::complex<double>;
using Matrix = Eigen::MatrixXcd;

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
