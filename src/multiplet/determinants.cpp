#include "determinants.hpp"

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
  auto upper = strings(upper_orbitals, upper_electrons);
  if (most_d < d_orbitals) {
    const auto left_out = [&](Determinant u) { return d_count(u << p_orbitals) > most_d; };
    std::int32_t place = 0;
    for (const Determinant u : upper) kept_.push_back(left_out(u) ? -1 : place++);
    std::erase_if(upper, left_out);
  }
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
  std::int64_t rank = 0;
  std::size_t bits = 0;
  for (Determinant upper = d >> p_orbitals; upper != 0; upper &= upper - 1) {
    rank += choose_[static_cast<std::size_t>(std::countr_zero(upper))][++bits];
  }
  if (!kept_.empty()) rank = kept_[static_cast<std::size_t>(rank)];
  return rank < 0 ? -1 : rank * p_count_ + p_rank_[d & p_mask];
}

}  // namespace lithoscope::multiplet
