// Units exist at the boundary only: text a person wrote becomes a number in one of the native units, once, with a
// dimension check. Inside, every name says its unit (eV, nm, s, K, V, A, C, kg).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lithoscope/core/value.hpp"

namespace lithoscope::core {

/// y = scale * x + offset takes x from one unit to y in another.
struct Conversion {
  double scale = 1;
  double offset = 0;
  double operator()(double x) const { return scale * x + offset; }
};

/// Conversion between two unit spellings, or nothing when the dimensions differ. Reciprocals (s, Hz) differ.
/// Throws UsageError when a spelling is not a unit. "Ah", "mAh" and "mAh/g" are units here.
std::optional<Conversion> conversion(std::string_view from, std::string_view to);

/// Whether the text is a unit at all.
bool is_unit(std::string_view text);

/// "4.1 mg", "3.7 +- 0.2 m2/g" or "100 degC" in the unit asked for. The uncertainty is one sigma.
/// Throws UsageError (expected and found say the units) when there is no number, no unit or another dimension.
Value parse_quantity(std::string_view text, std::string_view unit);

}  // namespace lithoscope::core
