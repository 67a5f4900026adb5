// Slater determinants as bit strings: the 2p shell in bits 0 to 5, the d shell in 6 to 15, ligand shells of ten above.
// Within a shell m ascends, spin up before spin down. Private to the room.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace lithoscope::multiplet {

using Determinant = std::uint64_t;

inline constexpr int p_orbitals = 6;
inline constexpr int d_orbitals = 10;

inline constexpr int p_orbital(int m, int spin) { return 2 * (m + 1) + spin; }
/// `shell` 0 is d, 1 the first ligand shell.
inline constexpr int d_orbital(int m, int spin, int shell = 0) { return p_orbitals + 10 * shell + 2 * (m + 2) + spin; }

inline int d_count(Determinant d) { return std::popcount((d >> p_orbitals) & ((1U << d_orbitals) - 1)); }

/// Binomial coefficient as a floating-point number: it may be beyond any integer.
double combinations(int of, int taken);

/// All determinants of so many 2p electrons and so many electrons in the other shells together, in ascending order of
/// the upper bits, then of the 2p bits.
class Determinants {
 public:
  /// `most_d`: determinants with more d electrons are left out.
  Determinants(int p_electrons, int upper_orbitals, int upper_electrons, int most_d = d_orbitals);

  std::int64_t size() const { return static_cast<std::int64_t>(all_.size()); }
  Determinant operator[](std::int64_t i) const { return all_[static_cast<std::size_t>(i)]; }
  /// -1 for one that is left out.
  std::int64_t index_of(Determinant d) const;

 private:
  std::vector<Determinant> all_;
  std::vector<std::int64_t> p_rank_;  // of six bits
  std::int64_t p_count_ = 0;
  std::vector<std::vector<std::int64_t>> choose_;  // choose_[position][how many bits up to here]
  std::vector<Determinant> kept_;                  // strings of upper bits, where some are left out
};

}  // namespace lithoscope::multiplet
