#include "lithoscope/core/value.hpp"

#include <fmt/format.h>

#include <cmath>

namespace lithoscope::core {

double Value::sigma() const { return std::sqrt(variance); }
double Value::relative_sigma() const { return std::sqrt(variance) / std::abs(value); }

Value operator+(Value a, Value b) { return {a.value + b.value, a.variance + b.variance}; }
Value operator-(Value a, Value b) { return {a.value - b.value, a.variance + b.variance}; }
Value operator*(Value a, Value b) {
  return {a.value * b.value, b.value * b.value * a.variance + a.value * a.value * b.variance};
}
Value operator/(Value a, Value b) {
  const double q = a.value / b.value;
  return {q, (a.variance + q * q * b.variance) / (b.value * b.value)};
}
Value operator*(double factor, Value a) { return {factor * a.value, factor * factor * a.variance}; }
Value operator/(Value a, double divisor) { return (1.0 / divisor) * a; }

Value power(Value a, double exponent) {
  const double slope = exponent * std::pow(a.value, exponent - 1);
  return {std::pow(a.value, exponent), slope * slope * a.variance};
}

Value log10(Value a) {
  const double slope = 1.0 / (a.value * std::log(10.0));
  return {std::log10(a.value), slope * slope * a.variance};
}

std::string format_value(Value v) {
  const double sigma = v.sigma();
  if (!std::isfinite(v.value)) return "not known";
  if (!(sigma > 0) || !std::isfinite(sigma)) return fmt::format("{:.6g}", v.value);
  // Digits of the uncertainty: two when it starts with 1, else one (as PDG rounds).
  int sigma_exponent = static_cast<int>(std::floor(std::log10(sigma)));
  double lead = sigma / std::pow(10.0, sigma_exponent);
  int digits = lead < 1.95 ? 2 : 1;
  double shown = std::round(lead * std::pow(10.0, digits - 1));
  if (shown >= std::pow(10.0, digits)) {  // 9.6 rounds to 10
    shown = 10;
    digits = 2;
    ++sigma_exponent;
  }
  const int last = sigma_exponent - digits + 1;  // decimal exponent of the last digit shown
  const int value_exponent =
      v.value == 0 ? sigma_exponent : static_cast<int>(std::floor(std::log10(std::abs(v.value))));
  // A value far below its uncertainty is as large as that.
  const int size = std::max(value_exponent, sigma_exponent);
  const bool scientific = size < -3 || value_exponent > 5 || last > 0;
  if (!scientific) return fmt::format("{:.{}f}({:.0f})", v.value, -last, shown);
  const int top = std::max(value_exponent, last);
  const int decimals = top - last;
  return fmt::format("{:.{}f}({:.0f})e{}", v.value / std::pow(10.0, top), decimals, shown, top);
}

}  // namespace lithoscope::core
