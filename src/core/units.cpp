#include "lithoscope/core/units.hpp"

#include <fmt/format.h>
#include <udunits2.h>

#include <charconv>
#include <cmath>
#include <memory>
#include <mutex>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"

namespace lithoscope::core {
namespace {

struct UnitDeleter {
  void operator()(ut_unit* unit) const { ut_free(unit); }
};
using UnitPtr = std::unique_ptr<ut_unit, UnitDeleter>;
struct ConverterDeleter {
  void operator()(cv_converter* converter) const { cv_free(converter); }
};

// udunits ends the whole process when two threads parse at once, so one mutex guards everything in it.
std::mutex& udunits_mutex() {
  static std::mutex mutex;
  return mutex;
}

void add_symbol(ut_system* system, const char* symbol, const char* definition) {
  const UnitPtr unit{ut_parse(system, definition, UT_UTF8)};
  ut_map_symbol_to_unit(symbol, UT_ASCII, unit.get());
}

ut_system* unit_system() {
  static ut_system* const system = [] {
    ut_set_error_message_handler(ut_ignore);
    ut_system* s = ut_read_xml(nullptr);
    if (s == nullptr) {
      throw Error(ExitCode::bug, {.what = "the unit database of udunits2 could not be read",
                                  .expected = "the Debian package libudunits2-data",
                                  .advice = "install libudunits2-data"});
    }
    // Battery spellings udunits lacks.
    add_symbol(s, "Ah", "A h");
    add_symbol(s, "mAh", "mA h");
    add_symbol(s, "Wh", "W h");
    return s;
  }();
  return system;
}

UnitPtr parse_unit(std::string_view text) {
  const std::string copy{trimmed(text)};
  if (copy.empty()) return nullptr;
  return UnitPtr{ut_parse(unit_system(), copy.c_str(), UT_UTF8)};
}

// ut_are_convertible also accepts reciprocals (s and Hz); a quotient without dimension is what we mean.
bool same_dimension(const ut_unit* a, const ut_unit* b) {
  const UnitPtr quotient{ut_divide(a, b)};
  return quotient && ut_is_dimensionless(quotient.get()) != 0;
}

struct Number {
  double value;
  std::string_view rest;
};

std::optional<Number> leading_number(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  return Number{value, trimmed(text.substr(static_cast<std::size_t>(end - text.data())))};
}

std::optional<std::string_view> after_plus_minus(std::string_view text) {
  for (const std::string_view mark : {"+-", "+/-", "±"}) {
    if (text.starts_with(mark)) return trimmed(text.substr(mark.size()));
  }
  return std::nullopt;
}

[[noreturn]] void bad_quantity(std::string_view text, std::string_view unit, std::string_view why) {
  throw UsageError({.what = fmt::format("\"{}\" {}", text, why),
                    .expected = fmt::format("a number and a unit convertible to {}", unit),
                    .found = fmt::format("\"{}\"", text),
                    .advice = fmt::format(
                        "write it like \"4.1 {}\" or, with its standard uncertainty, \"4.1 +- 0.2 {}\"", unit, unit)});
}

}  // namespace

std::optional<Conversion> conversion(std::string_view from, std::string_view to) {
  const std::scoped_lock lock{udunits_mutex()};
  const UnitPtr a = parse_unit(from);
  const UnitPtr b = parse_unit(to);
  if (!a || !b) {
    throw UsageError({.what = fmt::format("\"{}\" is not a unit", a ? to : from),
                      .expected = "a unit such as s, h, mV, mA, mAh, mg, g/cm3, m2/g, nm, degC",
                      .found = std::string{a ? to : from},
                      .advice = "units are case sensitive (mA, not ma)"});
  }
  if (trimmed(from) == trimmed(to)) return Conversion{};  // exactly: udunits goes by way of the metre and back
  if (!same_dimension(a.get(), b.get())) return std::nullopt;
  const std::unique_ptr<cv_converter, ConverterDeleter> converter{ut_get_converter(a.get(), b.get())};
  if (!converter) return std::nullopt;
  const double at_zero = cv_convert_double(converter.get(), 0.0);
  return Conversion{cv_convert_double(converter.get(), 1.0) - at_zero, at_zero};
}

bool is_unit(std::string_view text) {
  const std::scoped_lock lock{udunits_mutex()};
  return parse_unit(text) != nullptr;
}

Value parse_quantity(std::string_view text, std::string_view unit) {
  const auto number = leading_number(text);
  if (!number) bad_quantity(text, unit, "does not start with a number");
  double sigma = 0;
  std::string_view written_unit = number->rest;
  if (const auto tail = after_plus_minus(written_unit)) {
    const auto uncertainty = leading_number(*tail);
    if (!uncertainty || uncertainty->value < 0) bad_quantity(text, unit, "has no number after +-");
    sigma = uncertainty->value;
    written_unit = uncertainty->rest;
  }
  if (written_unit.empty() && unit != "1") bad_quantity(text, unit, "has no unit");
  if (!written_unit.empty() && !is_unit(written_unit)) bad_quantity(text, unit, "has no unit we know");
  const auto convert = conversion(written_unit.empty() ? "1" : written_unit, unit);
  if (!convert) bad_quantity(text, unit, "has the wrong dimension");
  return Value::with_sigma((*convert)(number->value), convert->scale * sigma);
}

}  // namespace lithoscope::core
