#include "lithoscope/result/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace lithoscope::result {
namespace {

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }
bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return std::ranges::equal(a, b, [](double x, double y) { return same(x, y); });
}
bool same(const Shown& a, const Shown& b) {
  return a.unit == b.unit && a.name == b.name && a.digits == b.digits && a.as_factor == b.as_factor &&
         a.hidden == b.hidden;
}

}  // namespace

std::size_t Column::size() const {
  return std::visit([](const auto& v) { return v.size(); }, values);
}

double Column::number(std::size_t row) const {
  if (const auto* n = std::get_if<std::vector<double>>(&values)) return n->at(row);
  if (const auto* n = std::get_if<std::vector<std::int64_t>>(&values)) return static_cast<double>(n->at(row));
  return not_a_number;
}

core::Value Column::value(std::size_t row) const { return {number(row), variance.empty() ? 0 : variance.at(row)}; }

bool Column::operator==(const Column& other) const {
  const auto* a = std::get_if<std::vector<double>>(&values);
  const auto* b = std::get_if<std::vector<double>>(&other.values);
  const bool equal_values = a != nullptr && b != nullptr ? same(*a, *b) : values == other.values;
  return equal_values && name == other.name && unit == other.unit && help == other.help && gaps == other.gaps &&
         same(variance, other.variance) && same(low, other.low) && same(high, other.high) && same(shown, other.shown);
}

bool Number::operator==(const Number& other) const {
  return name == other.name && unit == other.unit && help == other.help && flag == other.flag &&
         same(value.value, other.value.value) && same(value.variance, other.value.variance) && same(low, other.low) &&
         same(high, other.high) && same(shown, other.shown);
}

const Column* Table::find(std::string_view column) const {
  const auto found = std::ranges::find(columns, column, &Column::name);
  return found == columns.end() ? nullptr : &*found;
}

const Column& Table::at(std::string_view column) const {
  if (const Column* found = find(column)) return *found;
  throw std::out_of_range(fmt::format("the table {} has no column {}", name, column));
}

Column number_column(std::string name, std::string unit, std::string help, std::vector<double> values,
                     std::vector<double> variance) {
  Column out{.name = std::move(name), .unit = std::move(unit), .help = std::move(help)};
  out.values = std::move(values);
  out.variance = std::move(variance);
  return out;
}

Column value_column(std::string name, std::string unit, std::string help, std::span<const core::Value> values) {
  std::vector<double> numbers, variance;
  for (const core::Value& v : values) {
    numbers.push_back(v.value);
    variance.push_back(v.variance);
  }
  return number_column(std::move(name), std::move(unit), std::move(help), std::move(numbers), std::move(variance));
}

Column integer_column(std::string name, std::string help, std::vector<std::int64_t> values) {
  Column out{.name = std::move(name), .unit = {}, .help = std::move(help)};
  out.values = std::move(values);
  return out;
}

Column word_column(std::string name, std::string help, std::vector<std::string> values) {
  Column out{.name = std::move(name), .unit = {}, .help = std::move(help)};
  out.values = std::move(values);
  return out;
}

}  // namespace lithoscope::result
