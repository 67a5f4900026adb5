#include "determinants.hpp"

#include <algorithm>
#include <cmath>

namespace lithoscope::multiplet {
namespace {

constexpr Determinant p_mask = (1U << p_orbitals) - 1;

// Bit strings of `size` bits with `count` set, ascending: Gosper's successor.
std::vector<Determinant> strings(int size, int count) {
  if (count == 0) return {0};
  std::vector<Determinant> out;
  const Determinant end = Determinant{1} << size;
  for (Determinant d = (Determinant{1} << count) - 1; d < end;) {
    out.push_back(d);
    const Determinant lowest = d & (~d + 1);
    const Determinant carried = d + lowest;
    d = carried | (((d ^ carried) >> 2) / lowest);
  }
  return out;
}

// The same with at most `most_d` among the first ten: each count of d electrons with all strings of the rest.
std::vector<Determinant> truncated_strings(int size, int count, int most_d) {
  std::vector<Determinant> out;
  for (int d = std::max(0, count - (size - d_orbitals)); d <= std::min(most_d, count); ++d) {
    const auto lower = strings(d_orbitals, d);
    for (const Determinant rest : strings(size - d_orbitals, count - d)) {
      for (const Determinant l : lower) out.push_back((rest << d_orbitals) | l);
    }
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace

double combinations(int of, int taken) {
  double product = 1;
  for (int i = 1; i <= taken; ++i) product *= static_cast<double>(of - taken + i) / i;
  return std::round(product);
}

Determinants::Determinants(int p_electrons, int upper_orbitals, int upper_electrons, int most_d)
    : p_rank_(p_mask + 1, -1) {
  const auto lower = strings(p_orbitals, p_electrons);
  p_count_ = static_cast<std::int64_t>(lower.size());
  for (std::size_t i = 0; i < lower.size(); ++i) p_rank_[lower[i]] = static_cast<std::int64_t>(i);
  const bool truncated = most_d < d_orbitals;
  const auto upper =
      truncated ? truncated_strings(upper_orbitals, upper_electrons, most_d) : strings(upper_orbitals, upper_electrons);
  if (truncated) kept_ = upper;
  all_.reserve(upper.size() * lower.size());
  for (const Determinant u : upper) {
    for (const Determinant l : lower) all_.push_back((u << p_orbitals) | l);
  }
  for (int position = 0; position < upper_orbitals; ++position) {
    auto& row = choose_.emplace_back();
    for (int bits = 0; bits <= upper_electrons; ++bits) {
      row.push_back(bits > position ? 0 : static_cast<std::int64_t>(combinations(position, bits)));
    }
  }
}

std::int64_t Determinants::index_of(Determinant d) const {
  const std::int64_t p_rank = p_rank_[d & p_mask];
  if (!kept_.empty()) {
    const auto place = std::ranges::lower_bound(kept_, d >> p_orbitals);
    if (place == kept_.end() || *place != d >> p_orbitals) return -1;
    return (place - kept_.begin()) * p_count_ + p_rank;
  }
  std::int64_t rank = 0;
  std::size_t bits = 0;
  for (Determinant upper = d >> p_orbitals; upper != 0; upper &= upper - 1) {
    rank += choose_[static_cast<std::size_t>(std::countr_zero(upper))][++bits];
  }
  return rank * p_count_ + p_rank;
}

}  // namespace lithoscope::multiplet
