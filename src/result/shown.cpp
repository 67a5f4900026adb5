// How values look to a person.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/statistics.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/result/result.hpp"

namespace lithoscope::result {
namespace {

core::Conversion conversion_of(const std::string& unit, const Shown& shown) {
  if (shown.unit.empty() || shown.unit == unit) return {};
  const auto found = core::conversion(unit.empty() ? "1" : unit, shown.unit);
  return found.value_or(core::Conversion{});
}

const std::string& unit_of(const std::string& unit, const Shown& shown) {
  return shown.unit.empty() ? unit : shown.unit;
}

std::string text_of(core::Value v, const Shown& shown) {
  if (!std::isfinite(v.value)) return std::isinf(v.value) ? (v.value > 0 ? "\u221e" : "\u2212\u221e") : "\u2013";
  const double sigma = v.sigma();
  if (!(sigma > 0) || !std::isfinite(sigma)) return fmt::format("{:.{}g}", v.value, shown.digits);
  constexpr double mostly_a_factor = 0.25;  // decades: beyond that an uncertainty is a factor, not a digit
  const double decades = sigma / (std::abs(v.value) * std::log(10.0));
  if (shown.as_factor && decades >= mostly_a_factor)
    return fmt::format("{:.1g} (\u00d7\u00f7{:.2g})", v.value, std::pow(10.0, std::min(decades, 9.0)));
  return core::format_value(v);
}

}  // namespace

std::string shown_text(const Column& column, std::size_t row) {
  if (column.is_words()) return column.words()[row];
  if (const auto* whole = std::get_if<std::vector<std::int64_t>>(&column.values)) return std::to_string((*whole)[row]);
  const core::Conversion convert = conversion_of(column.unit, column.shown);
  const core::Value v = column.value(row);
  return text_of({convert(v.value), convert.scale * convert.scale * v.variance}, column.shown);
}

std::string shown_text(const Number& n) {
  const core::Conversion convert = conversion_of(n.unit, n.shown);
  const double variance = std::isnan(n.value.variance) ? 0 : n.value.variance;
  std::string out = text_of({convert(n.value.value), convert.scale * convert.scale * variance}, n.shown);
  if (const std::string& unit = unit_of(n.unit, n.shown); !unit.empty()) out += " " + unit;
  if (!std::isnan(n.low) && !std::isnan(n.high))
    out += fmt::format(" (95 %: {} to {})", text_of({convert(n.low), 0}, {.digits = 3}),
                       text_of({convert(n.high), 0}, {.digits = 3}));
  return out;
}

std::string shown_heading(const Column& column) {
  std::string name = column.shown.name.empty() ? column.name : column.shown.name;
  if (column.shown.name.empty()) std::ranges::replace(name, '_', ' ');
  const std::string& unit = unit_of(column.unit, column.shown);
  return unit.empty() ? name : fmt::format("{} ({})", name, unit);
}

std::vector<double> shown_values(const Column& column) {
  const core::Conversion convert = conversion_of(column.unit, column.shown);
  std::vector<double> out;
  for (std::size_t i = 0; i < column.size(); ++i) out.push_back(convert(column.number(i)));
  return out;
}

Bounds shown_bounds(const Column& column) {
  const core::Conversion convert = conversion_of(column.unit, column.shown);
  Bounds out;
  if (!column.low.empty() && !column.high.empty()) {
    for (std::size_t i = 0; i < column.size(); ++i) {
      out.low.push_back(convert(column.low[i]));
      out.high.push_back(convert(column.high[i]));
    }
    return out;
  }
  for (std::size_t i = 0; i < column.variance.size(); ++i) {
    const double half = core::two_sided_95 * std::sqrt(column.variance[i]);
    out.low.push_back(convert(column.number(i) - half));
    out.high.push_back(convert(column.number(i) + half));
  }
  return out;
}

}  // namespace lithoscope::result
