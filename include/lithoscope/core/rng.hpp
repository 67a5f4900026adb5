// Counter-based random numbers (Philox4x32-10, Salmon et al., SC'11): a stream is a pure function of seed, stream
// number and position, so parallel work draws the same numbers in any order.
#pragma once

#include <array>
#include <cstdint>

namespace lithoscope::core {

class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::uint64_t stream);
  std::uint32_t next_u32();
  double uniform();  ///< in (0, 1), 53 bits, never 0 or 1
  double normal();   ///< mean 0, variance 1 (Box-Muller, one pair per two calls)

 private:
  void refill();
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  int used_ = 4;
  double spare_ = 0;
  bool has_spare_ = false;
};

/// One Philox4x32-10 block, public so that its published test vectors can be checked.
std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

}  // namespace lithoscope::core
