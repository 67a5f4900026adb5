// xraylib's tables have single energies where a shell's absorption is missing (Mn L2 at 663.0 eV is 0): a value far off
// both neighbours is theirs. Private to the room.
#pragma once

#include <cmath>
#include <optional>

namespace lithoscope::material {

/// `at(eV)` gives a value or none.
template <class Table>
std::optional<double> without_hole(const Table& at, double energy_eV) {
  constexpr double apart_eV = 0.3, same = 0.03, off = 0.06;
  const auto here = at(energy_eV);
  const auto below = at(energy_eV - apart_eV);
  const auto above = at(energy_eV + apart_eV);
  if (!here || !below || !above) return here;
  const double mean = 0.5 * (*below + *above);
  const bool neighbours_agree = std::abs(*above - *below) < same * mean;
  return neighbours_agree && std::abs(*here - mean) > off * mean ? std::optional{mean} : here;
}

}  // namespace lithoscope::material
