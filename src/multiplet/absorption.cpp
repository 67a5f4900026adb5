// Absorption from the populated states: sticks with the tensor of all polarisations.
#include <algorithm>
#include <atomic>
#include <cmath>

#include "lithoscope/core/parallel.hpp"
#include "solved_ion.hpp"

namespace lithoscope::multiplet {
namespace {

using Eigen::Index;
using Complex = std::complex<double>;

// Spherical amplitudes' products conj(A_q) A_q' as a Cartesian tensor.
Tensor3 cartesian_tensor(const std::array<Complex, 9>& spherical) {
  const auto& c = cartesian();
  Tensor3 out{};
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = 0; b < 3; ++b) {
      for (std::size_t q = 0; q < 3; ++q) {
        for (std::size_t r = 0; r < 3; ++r) out[3 * a + b] += std::conj(c[a][q]) * c[b][r] * spherical[3 * q + r];
      }
    }
  }
  return out;
}

double largest(const Tensor3& t) {
  double most = 0;
  for (const Complex& v : t) most = std::max(most, std::abs(v));
  return most;
}

// Transitions of the same energy from and to the same core level are one stick.
std::vector<Stick> merged(std::vector<Stick> sticks) {
  constexpr double same_eV = 1e-9;
  constexpr double same_hole = 1e-6;
  constexpr double forbidden = 1e-15;
  std::erase_if(sticks, [](const Stick& s) { return largest(s.strength) < forbidden; });
  std::ranges::stable_sort(sticks, {}, &Stick::energy_eV);
  std::vector<Stick> out;
  for (const Stick& s : sticks) {
    const bool same = !out.empty() && s.energy_eV - out.back().energy_eV < same_eV &&
                      std::abs(s.half_hole - out.back().half_hole) < same_hole;
    if (!same) {
      out.push_back(s);
      continue;
    }
    for (std::size_t i = 0; i < 9; ++i) out.back().strength[i] += s.strength[i];
  }
  return out;
}

// T_q |i> in one block of the core-hole space, for the q that lead there.
template <class S>
struct Start {
  const PopulatedState* state;
  std::array<Column<S>, 3> lifted;  // empty: nothing
};

template <class S>
std::vector<std::vector<Start<S>>> starts_of(const SolvedIon<S>& ion) {
  std::vector<std::vector<Start<S>>> starts(ion.core_hole.blocks.size());
  for (const PopulatedState& state : ion.populated) {
    const Column<S> v = ion.vector_of(state);
    std::array<Column<S>, 3> lifted;
    for (std::size_t q = 0; q < 3; ++q) lifted[q] = ion.dipole[q].times(v);
    for (std::size_t b = 0; b < starts.size(); ++b) {
      Start<S> start{&state, {}};
      bool any = false;
      for (std::size_t q = 0; q < 3; ++q) {
        Column<S> part = ion.core_hole.gather(b, lifted[q]);
        constexpr double nothing = 1e-24;
        if (part.squaredNorm() < nothing) continue;
        start.lifted[q] = std::move(part);
        any = true;
      }
      if (any) starts[b].push_back(std::move(start));
    }
  }
  return starts;
}

template <class S>
std::vector<Stick> dense_sticks(const Eigenpairs<S>& states, const std::vector<double>& half_hole,
                                const Start<S>& start) {
  std::array<Column<S>, 3> amplitude;
  for (std::size_t q = 0; q < 3; ++q) {
    if (start.lifted[q].size() > 0) amplitude[q] = states.vectors.adjoint() * start.lifted[q];
  }
  std::vector<Stick> sticks;
  for (Index n = 0; n < states.energies_eV.size(); ++n) {
    std::array<Complex, 9> spherical{};
    for (std::size_t q = 0; q < 3; ++q) {
      for (std::size_t r = 0; r < 3; ++r) {
        if (amplitude[q].size() == 0 || amplitude[r].size() == 0) continue;
        spherical[3 * q + r] = start.state->population * conjugate(amplitude[q][n]) * amplitude[r][n];
      }
    }
    sticks.push_back({states.energies_eV[n] - start.state->energy_eV, half_hole[static_cast<std::size_t>(n)],
                      cartesian_tensor(spherical)});
  }
  return sticks;
}

// A spectral function of one vector, and what tensor its weights carry.
struct Measure {
  std::array<Complex, 3> mix;          // vector = sum_q mix_q lifted_q
  std::array<Complex, 9> contributes;  // spherical
};

// The tensor of up to three vectors from spectral functions of single ones: the mixed products by polarisation,
// 2 Re <a|b> = |a+b|^2 - |a|^2 - |b|^2, and likewise Im with a+ib.
template <class S>
std::vector<Measure> measures_of(const Start<S>& start) {
  std::vector<Measure> measures;
  for (std::size_t q = 0; q < 3; ++q) {
    if (start.lifted[q].size() == 0) continue;
    Measure own{};
    own.mix[q] = 1;
    own.contributes[3 * q + q] = 1;
    for (std::size_t r = 0; r < 3; ++r) {
      if (r == q || start.lifted[r].size() == 0) continue;
      // 2 Re <q|r> is taken off both, and 2 Im too where there is one.
      own.contributes[3 * std::min(q, r) + std::max(q, r)] -= 0.5;
      own.contributes[3 * std::max(q, r) + std::min(q, r)] -= 0.5;
      if constexpr (!std::is_same_v<S, double>) {
        own.contributes[3 * std::min(q, r) + std::max(q, r)] += Complex{0, 0.5};
        own.contributes[3 * std::max(q, r) + std::min(q, r)] -= Complex{0, 0.5};
      }
    }
    measures.push_back(own);
  }
  for (std::size_t q = 0; q < 3; ++q) {
    for (std::size_t r = q + 1; r < 3; ++r) {
      if (start.lifted[q].size() == 0 || start.lifted[r].size() == 0) continue;
      Measure sum{};
      sum.mix[q] = sum.mix[r] = 1;
      sum.contributes[3 * q + r] = sum.contributes[3 * r + q] = 0.5;
      measures.push_back(sum);
      if constexpr (!std::is_same_v<S, double>) {
        // |q + i r|^2 = |q|^2 + |r|^2 - 2 Im <q|r>
        Measure turned{};
        turned.mix[q] = 1;
        turned.mix[r] = {0, 1};
        turned.contributes[3 * q + r] = {0, -0.5};
        turned.contributes[3 * r + q] = {0, 0.5};
        measures.push_back(turned);
      }
    }
  }
  return measures;
}

template <class S>
S as_scalar(Complex v) {
  if constexpr (std::is_same_v<S, double>) {
    return v.real();
  } else {
    return v;
  }
}

struct KrylovResult {
  std::vector<Stick> sticks;
  double residual = 0;
  std::int64_t steps = 0;
};

template <class S>
KrylovResult krylov_sticks(const SolvedIon<S>& ion, std::size_t block, const Start<S>& start, const Measure& measure,
                           const Lifetimes& lifetimes) {
  Column<S> vector = Column<S>::Zero(ion.core_hole.blocks[block].size());
  for (std::size_t q = 0; q < 3; ++q) {
    if (measure.mix[q] != 0.0) vector += as_scalar<S>(measure.mix[q]) * start.lifted[q];
  }
  const auto curve = ion.hole_curve(block, vector);
  SpectralGoal goal{.width_eV = std::min(lifetimes.L3_eV, lifetimes.L2_eV),
                    .tolerance = ion.settings.krylov_tolerance,
                    .most_steps = ion.settings.krylov_most};
  // Wherever a short chain has poles, the spectrum may have weight.
  const double first = curve.energy_eV.front();
  const double last = curve.energy_eV.back();
  const auto probes = static_cast<int>(std::min(2000.0, 1 + (last - first) / (2 * goal.width_eV)));
  for (int i = 0; i <= probes; ++i) goal.energies_eV.push_back(first + (last - first) * i / probes);
  const Chain chain = spectral_chain(ion.core_hole.blocks[block], vector, goal);
  KrylovResult result{.residual = chain.residual, .steps = static_cast<std::int64_t>(chain.diagonal.size())};
  const Tensor3 tensor = cartesian_tensor(measure.contributes);
  for (const Pole& pole : poles(chain)) {
    Stick stick{pole.energy_eV - start.state->energy_eV, curve.at(pole.energy_eV), tensor};
    for (auto& s : stick.strength) s *= start.state->population * pole.weight;
    result.sticks.push_back(stick);
  }
  return result;
}

}  // namespace

template <class S>
Absorption SolvedIon<S>::absorption(const Lifetimes& lifetimes, core::Progress& progress) const {
  const auto starts = starts_of(*this);
  struct Job {
    std::size_t block;
    const Start<S>* start;
    Measure measure;  // of a Krylov space
  };
  std::vector<Job> jobs;
  for (std::size_t b = 0; b < starts.size(); ++b) {
    for (const Start<S>& start : starts[b]) {
      if (core_hole_states[b]) {
        jobs.push_back({b, &start, {}});
      } else {
        for (const Measure& measure : measures_of(start)) jobs.push_back({b, &start, measure});
      }
    }
  }
  std::vector<KrylovResult> results(jobs.size());
  std::atomic<std::int64_t> done = 0;
  progress.start("absorption", static_cast<std::int64_t>(jobs.size()));
  core::parallel_for(static_cast<std::int64_t>(jobs.size()), [&](std::int64_t i) {
    const Job& job = jobs[static_cast<std::size_t>(i)];
    auto& result = results[static_cast<std::size_t>(i)];
    if (core_hole_states[job.block]) {
      result.sticks = dense_sticks(*core_hole_states[job.block], half_hole[job.block], *job.start);
    } else {
      result = krylov_sticks(*this, job.block, *job.start, job.measure, lifetimes);
    }
    progress.advance(++done);
  });
  progress.finish();
  Absorption out;
  for (KrylovResult& result : results) {
    out.sticks.insert(out.sticks.end(), result.sticks.begin(), result.sticks.end());
    out.krylov_residual = std::max(out.krylov_residual, result.residual);
    out.krylov_steps = std::max(out.krylov_steps, result.steps);
  }
  out.sticks = merged(std::move(out.sticks));
  return out;
}

template Absorption SolvedIon<double>::absorption(const Lifetimes&, core::Progress&) const;
template Absorption SolvedIon<std::complex<double>>::absorption(const Lifetimes&, core::Progress&) const;

}  // namespace lithoscope::multiplet
