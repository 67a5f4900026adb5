// A number with its variance, and the one place where uncertainty is propagated (first order, independent inputs).
#pragma once

#include <string>

namespace lithoscope::core {

struct Value {
  double value = 0;
  double variance = 0;  ///< square of the unit of `value`; 0 means exact

  static Value exact(double v) { return {v, 0}; }
  static Value with_sigma(double v, double sigma) { return {v, sigma * sigma}; }
  double sigma() const;
  double relative_sigma() const;  ///< sigma / |value|
  bool operator==(const Value&) const = default;
};

Value operator+(Value a, Value b);
Value operator-(Value a, Value b);
Value operator*(Value a, Value b);
Value operator/(Value a, Value b);
Value operator*(double factor, Value a);
Value operator/(Value a, double divisor);
Value power(Value a, double exponent);
Value log10(Value a);

/// The value rounded to its uncertainty, two digits when the leading digit is 1: "1.24(3)e-15", "3.72(12)".
/// An exact value is printed with six significant digits.
std::string format_value(Value v);

}  // namespace lithoscope::core
