// Sparse matrices of operators between spaces of determinants, and the blocks a Hamiltonian falls into. Private.
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <complex>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "operators.hpp"

namespace lithoscope::multiplet {

template <class S>
using Column = Eigen::Matrix<S, Eigen::Dynamic, 1>;
template <class S>
using Dense = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic>;

inline double conjugate(double v) { return v; }
inline std::complex<double> conjugate(std::complex<double> v) { return std::conj(v); }

/// Column after column: entries of column c are at start[c] ... start[c + 1] - 1.
template <class S>
struct SparseMatrix {
  std::int64_t rows = 0;
  std::vector<std::int64_t> start{0};
  std::vector<std::int32_t> index;
  std::vector<S> value;

  std::int64_t columns() const { return static_cast<std::int64_t>(start.size()) - 1; }

  /// M x
  Column<S> times(const Eigen::Ref<const Column<S>>& x) const {
    Column<S> y = Column<S>::Zero(rows);
    for (std::int64_t c = 0; c < columns(); ++c) {
      const S factor = x[c];
      if (factor == S{}) continue;
      for (std::int64_t k = start[at(c)]; k < start[at(c) + 1]; ++k) y[index[at(k)]] += value[at(k)] * factor;
    }
    return y;
  }

  /// M+ x; of a Hermitian matrix M x itself, which is faster this way.
  void adjoint_times(const Column<S>& x, Column<S>& y) const {
    y.resize(columns());
    for (std::int64_t c = 0; c < columns(); ++c) {
      S sum{};
      for (std::int64_t k = start[at(c)]; k < start[at(c) + 1]; ++k) sum += conjugate(value[at(k)]) * x[index[at(k)]];
      y[c] = sum;
    }
  }
  Column<S> adjoint_times(const Column<S>& x) const {
    Column<S> y;
    adjoint_times(x, y);
    return y;
  }

 private:
  static std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }
};

/// The matrix of `op`, or of what a Hamiltonian is for each determinant. Elements below 1e-13 eV, which cancelled, are
/// left out.
template <class S>
SparseMatrix<S> matrix_of(const Operator& op, const Determinants& from, const Determinants& to);
template <class S>
SparseMatrix<S> matrix_of(const Hamiltonian& hamiltonian, const Determinants& space);

/// A part of a space that a Hamiltonian does not connect with the rest: a set of conserved quantum numbers.
template <class S>
struct Block {
  std::vector<std::int32_t> members;  ///< determinants, ascending
  SparseMatrix<S> hamiltonian;

  std::int64_t size() const { return static_cast<std::int64_t>(members.size()); }
  Dense<S> dense() const;
};

/// A space with its Hamiltonian in blocks, in order of their first determinants.
template <class S>
struct Space {
  Determinants determinants;
  std::vector<Block<S>> blocks;
  std::vector<std::int32_t> block_of, place_in_block;  // of each determinant

  Space(Determinants all, const Hamiltonian& hamiltonian);

  std::int64_t size() const { return determinants.size(); }
  Column<S> spread(std::size_t block, const Eigen::Ref<const Column<S>>& part) const;
  Column<S> gather(std::size_t block, const Column<S>& whole) const;
};

}  // namespace lithoscope::multiplet
