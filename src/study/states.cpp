#include "states.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/units.hpp"

namespace lithoscope::study {
namespace {

using io::TableReader;

std::optional<probe::Quantity> range(TableReader& reader, std::string_view key, std::string_view unit) {
  const auto text = reader.text(key);
  if (!text) return std::nullopt;
  try {
    return probe::parse_range(*text, unit);
  } catch (const core::UsageError& error) {
    const core::ErrorFacts& facts = error.facts();
    reader.fail(key, facts.what, facts.expected, facts.found, facts.advice);
  }
}

// "C/8", "2C" or a current per mass.
void read_rate(TableReader& reader, probe::Charge& charge) {
  const auto text = reader.text("rate");
  if (!text) return;
  const auto number = [](std::string_view digits) {
    return digits.empty() || digits.find_first_not_of("0123456789.") != std::string_view::npos
               ? 0.0
               : std::atof(std::string{digits}.c_str());
  };
  if (text->starts_with("C/")) {
    if (const double hours = number(std::string_view{*text}.substr(2)); hours > 0) charge.c_rate_per_h = 1 / hours;
  } else if (text->ends_with('C')) {
    if (const double rate = number(std::string_view{*text}.substr(0, text->size() - 1)); rate > 0)
      charge.c_rate_per_h = rate;
  } else {
    try {
      charge.current_A_per_kg = core::parse_quantity(*text, "A/kg");
    } catch (const core::UsageError&) {
      charge.current_A_per_kg.reset();  // told below
    }
  }
  if (!charge.c_rate_per_h && !charge.current_A_per_kg)
    reader.fail("rate", "is no rate", "\"C/8\", \"2C\" or a current such as \"20 mA/g\"", "\"" + *text + "\"", "");
}

probe::Charge read_charge(TableReader reader) {
  probe::Charge out;
  read_rate(reader, out);
  out.to_V = reader.quantity("to", "V");
  out.capacity_C_per_kg = reader.quantity("capacity", "C/kg");
  reader.finish();
  return out;
}

probe::Hold read_hold(TableReader reader) {
  probe::Hold out{.temperature_K = range(reader, "temperature", "K"), .time_s = range(reader, "time", "s")};
  reader.finish();
  return out;
}

probe::Ramp read_ramp(TableReader reader) {
  probe::Ramp out{.to_K = range(reader, "to", "K"),
                  .time_s = range(reader, "time", "s"),
                  .rate_K_per_s = range(reader, "rate", "K/s")};
  reader.finish();
  return out;
}

probe::State read_state(TableReader reader) {
  probe::State s;
  const auto name = reader.text("name");
  if (!name || name->empty()) reader.fail("name", "is missing", "a name the measurements refer to", "nothing", "");
  s.name = *name;
  s.line = reader.line();
  s.after = reader.text("after").value_or("");
  s.lithium_extracted = reader.number("lithium_extracted");
  if (s.lithium_extracted && std::abs(*s.lithium_extracted) > 10) {
    reader.fail("lithium_extracted", "is no amount of lithium per formula unit", "a number such as 0.02",
                fmt::format("{}", *s.lithium_extracted), "");
  }
  const std::string& path = reader.path();
  const auto within = [&](const char* key, const auto& take) {
    if (const io::TomlTable* table = reader.table(key))
      take(TableReader{*table, path, fmt::format("[[state]] \"{}\" {}", s.name, key)});
  };
  within("charge", [&](TableReader inner) { s.charge = read_charge(std::move(inner)); });
  within("wait", [&](TableReader inner) { s.wait = read_hold(std::move(inner)); });
  within("hold", [&](TableReader inner) { s.hold = read_hold(std::move(inner)); });
  within("ramp", [&](TableReader inner) { s.ramp = read_ramp(std::move(inner)); });
  s.piece = reader.text("piece").value_or("");
  s.empty = reader.yes_no("empty").value_or(false);
  reader.finish();
  return s;
}

const probe::State* find(const std::vector<probe::State>& states, const std::string& name) {
  const auto found = std::ranges::find(states, name, &probe::State::name);
  return found == states.end() ? nullptr : &*found;
}

[[noreturn]] void refuse(const TableReader& study, const probe::State& s, std::string what, std::string expected,
                         std::string found) {
  core::Place where{.path = study.path()};
  if (s.line > 0) where.line = s.line;
  throw core::UsageError({.what = fmt::format("[[state]] \"{}\" {}", s.name, what),
                          .where = where,
                          .expected = std::move(expected),
                          .found = std::move(found)});
}

void check_order(const TableReader& study, const std::vector<probe::State>& states) {
  for (const probe::State& s : states) {
    if (!s.after.empty() && find(states, s.after) == nullptr)
      refuse(study, s, "comes after a state that is not defined", "the name of a [[state]]", "\"" + s.after + "\"");
    std::string chain = s.name;
    const probe::State* at = &s;
    for (std::size_t steps = 0; !at->after.empty(); ++steps) {
      at = find(states, at->after);
      if (at == nullptr) break;
      chain += " after " + at->name;
      if (steps > states.size() || at == &s)
        refuse(study, s, "is made from itself", "states in an order of time", chain);
    }
  }
}

std::string quantity_text(const core::Value& v, const char* unit) {
  return v.variance > 0 ? fmt::format("\"{} +- {} {}\"", v.value, v.sigma(), unit)
                        : fmt::format("\"{} {}\"", v.value, unit);
}

std::string range_text(const probe::Quantity& q, const char* unit) {
  if (q.low && q.high) return fmt::format("\"{0} {2} to {1} {2}\"", *q.low, *q.high, unit);
  return quantity_text(q.value, unit);
}

// { a = ..., b = ... } of what is there.
class Inline {
 public:
  void put(const char* key, const std::string& value) {
    text_ += fmt::format("{}{} = {}", text_.empty() ? "" : ", ", key, value);
  }
  void put(const char* key, const std::optional<core::Value>& v, const char* unit) {
    if (v) put(key, quantity_text(*v, unit));
  }
  void put(const char* key, const std::optional<probe::Quantity>& v, const char* unit) {
    if (v) put(key, range_text(*v, unit));
  }
  std::string line(const char* name) const { return fmt::format("{} = {{ {} }}\n", name, text_); }

 private:
  std::string text_;
};

std::string hold_line(const char* name, const probe::Hold& hold) {
  Inline out;
  out.put("temperature", hold.temperature_K, "K");
  out.put("time", hold.time_s, "s");
  return out.line(name);
}

}  // namespace

std::vector<probe::State> read_states(TableReader& study) {
  std::vector<probe::State> states;
  for (const io::TomlTable* table : study.tables("state")) {
    TableReader reader{*table, study.path(), "[[state]]"};
    probe::State s = read_state(reader);
    if (find(states, s.name) != nullptr)
      refuse(study, s, "has a name that another state has", "a name of its own", "\"" + s.name + "\"");
    states.push_back(std::move(s));
  }
  check_order(study, states);
  return states;
}

std::string states_toml(const std::vector<probe::State>& states) {
  std::string out;
  for (const probe::State& s : states) {
    out += fmt::format("\n[[state]]\nname = {}\n", io::quoted(s.name));
    if (!s.after.empty()) out += fmt::format("after = {}\n", io::quoted(s.after));
    if (s.lithium_extracted) out += fmt::format("lithium_extracted = {}\n", *s.lithium_extracted);
    if (s.charge) {
      Inline charge;
      if (s.charge->c_rate_per_h) charge.put("rate", fmt::format("\"{}C\"", *s.charge->c_rate_per_h));
      charge.put("rate", s.charge->current_A_per_kg, "A/kg");
      charge.put("to", s.charge->to_V, "V");
      charge.put("capacity", s.charge->capacity_C_per_kg, "C/kg");
      out += charge.line("charge");
    }
    if (s.wait) out += hold_line("wait", *s.wait);
    if (s.hold) out += hold_line("hold", *s.hold);
    if (s.ramp) {
      Inline ramp;
      ramp.put("to", s.ramp->to_K, "K");
      ramp.put("time", s.ramp->time_s, "s");
      ramp.put("rate", s.ramp->rate_K_per_s, "K/s");
      out += ramp.line("ramp");
    }
    if (!s.piece.empty()) out += fmt::format("piece = {}\n", io::quoted(s.piece));
    if (s.empty) out += "empty = true\n";
  }
  return out;
}

}  // namespace lithoscope::study
