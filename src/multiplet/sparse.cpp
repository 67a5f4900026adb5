#include "sparse.hpp"

#include <algorithm>
#include <numeric>

#include "lithoscope/core/parallel.hpp"

namespace lithoscope::multiplet {
namespace {

constexpr double cancelled_eV = 1e-13;

template <class S>
S as(std::complex<double> v) {
  if constexpr (std::is_same_v<S, double>) {
    return v.real();
  } else {
    return v;
  }
}

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

// Follows links to the representative of a set, and shortens them.
std::int32_t root_of(std::vector<std::int32_t>& parent, std::int32_t i) {
  while (parent[at(i)] != i) {
    parent[at(i)] = parent[at(parent[at(i)])];
    i = parent[at(i)];
  }
  return i;
}

template <class S>
std::vector<std::int32_t> connected(const SparseMatrix<S>& matrix) {
  std::vector<std::int32_t> parent(at(matrix.columns()));
  std::iota(parent.begin(), parent.end(), 0);
  for (std::int64_t c = 0; c < matrix.columns(); ++c) {
    for (std::int64_t k = matrix.start[at(c)]; k < matrix.start[at(c) + 1]; ++k) {
      const auto a = root_of(parent, static_cast<std::int32_t>(c));
      const auto b = root_of(parent, matrix.index[at(k)]);
      parent[at(std::max(a, b))] = std::min(a, b);  // the least member stands for the set
    }
  }
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(parent.size()); ++i) parent[at(i)] = root_of(parent, i);
  return parent;
}

// `operator_of(determinant)` acts on each column.
template <class S, class OperatorOf>
SparseMatrix<S> build(const OperatorOf& operator_of, const Determinants& from, const Determinants& to) {
  struct Entry {
    std::int32_t row;
    S value;
  };
  struct Chunk {
    std::vector<std::int32_t> length;
    std::vector<std::int32_t> index;
    std::vector<S> value;
  };
  constexpr std::int64_t chunk_size = 512;
  std::vector<Chunk> chunks(at((from.size() + chunk_size - 1) / chunk_size));
  core::parallel_for(static_cast<std::int64_t>(chunks.size()), [&](std::int64_t i) {
    Chunk& chunk = chunks[at(i)];
    std::vector<Entry> entries;
    for (std::int64_t c = i * chunk_size; c < std::min((i + 1) * chunk_size, from.size()); ++c) {
      entries.clear();
      S diagonal{};
      const Determinant source = from[c];
      operator_of(source).apply(source, [&](Determinant d, std::complex<double> v) {
        if (d == source) {
          diagonal += as<S>(v);
        } else {
          const std::int64_t row = to.index_of(d);
          if (row >= 0) entries.push_back({static_cast<std::int32_t>(row), as<S>(v)});
        }
      });
      if (diagonal != S{}) entries.push_back({static_cast<std::int32_t>(to.index_of(source)), diagonal});
      std::ranges::stable_sort(entries, {}, &Entry::row);
      const std::size_t before = chunk.index.size();
      for (std::size_t k = 0; k < entries.size();) {
        S sum{};
        const std::int32_t row = entries[k].row;
        for (; k < entries.size() && entries[k].row == row; ++k) sum += entries[k].value;
        if (std::abs(sum) <= cancelled_eV) continue;
        chunk.index.push_back(row);
        chunk.value.push_back(sum);
      }
      chunk.length.push_back(static_cast<std::int32_t>(chunk.index.size() - before));
    }
  });
  SparseMatrix<S> matrix;
  matrix.rows = to.size();
  for (Chunk& chunk : chunks) {
    for (const std::int32_t length : chunk.length) matrix.start.push_back(matrix.start.back() + length);
    matrix.index.insert(matrix.index.end(), chunk.index.begin(), chunk.index.end());
    matrix.value.insert(matrix.value.end(), chunk.value.begin(), chunk.value.end());
    chunk = {};
  }
  return matrix;
}

}  // namespace

template <class S>
SparseMatrix<S> matrix_of(const Operator& op, const Determinants& from, const Determinants& to) {
  const Operator* same = &op;
  return build<S>([same](Determinant) -> const Operator& { return *same; }, from, to);
}

template <class S>
SparseMatrix<S> matrix_of(const Hamiltonian& hamiltonian, const Determinants& space) {
  return build<S>([&](Determinant d) -> const Operator& { return hamiltonian.of(d); }, space, space);
}

template <class S>
Dense<S> Block<S>::dense() const {
  Dense<S> full = Dense<S>::Zero(size(), size());
  for (std::int64_t c = 0; c < size(); ++c) {
    for (std::int64_t k = hamiltonian.start[at(c)]; k < hamiltonian.start[at(c) + 1]; ++k) {
      full(hamiltonian.index[at(k)], c) = hamiltonian.value[at(k)];
    }
  }
  return full;
}

template <class S>
Space<S>::Space(Determinants all, const Hamiltonian& hamiltonian) : determinants(std::move(all)) {
  const SparseMatrix<S> whole = matrix_of<S>(hamiltonian, determinants);
  const std::vector<std::int32_t> representative = connected(whole);
  block_of.resize(at(size()));
  place_in_block.resize(at(size()));
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(size()); ++i) {
    if (representative[at(i)] == i) {
      block_of[at(i)] = static_cast<std::int32_t>(blocks.size());
      blocks.emplace_back();
    } else {
      block_of[at(i)] = block_of[at(representative[at(i)])];
    }
    auto& members = blocks[at(block_of[at(i)])].members;
    place_in_block[at(i)] = static_cast<std::int32_t>(members.size());
    members.push_back(i);
  }
  core::parallel_for(static_cast<std::int64_t>(blocks.size()), [&](std::int64_t b) {
    Block<S>& block = blocks[at(b)];
    block.hamiltonian.rows = block.size();
    for (const std::int32_t c : block.members) {
      for (std::int64_t k = whole.start[at(c)]; k < whole.start[at(c) + 1]; ++k) {
        block.hamiltonian.index.push_back(place_in_block[at(whole.index[at(k)])]);
        block.hamiltonian.value.push_back(whole.value[at(k)]);
      }
      block.hamiltonian.start.push_back(static_cast<std::int64_t>(block.hamiltonian.index.size()));
    }
  });
}

template <class S>
Column<S> Space<S>::spread(std::size_t block, const Eigen::Ref<const Column<S>>& part) const {
  Column<S> whole = Column<S>::Zero(size());
  const auto& members = blocks[block].members;
  for (std::size_t i = 0; i < members.size(); ++i) whole[members[i]] = part[static_cast<Eigen::Index>(i)];
  return whole;
}

template <class S>
Column<S> Space<S>::gather(std::size_t block, const Column<S>& whole) const {
  const auto& members = blocks[block].members;
  Column<S> part(static_cast<Eigen::Index>(members.size()));
  for (std::size_t i = 0; i < members.size(); ++i) part[static_cast<Eigen::Index>(i)] = whole[members[i]];
  return part;
}

template SparseMatrix<double> matrix_of(const Operator&, const Determinants&, const Determinants&);
template SparseMatrix<std::complex<double>> matrix_of(const Operator&, const Determinants&, const Determinants&);
template struct Block<double>;
template struct Block<std::complex<double>>;
template struct Space<double>;
template struct Space<std::complex<double>>;

}  // namespace lithoscope::multiplet
