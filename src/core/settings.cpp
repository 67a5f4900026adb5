#include "lithoscope/core/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/core/units.hpp"

namespace lithoscope::core {
namespace {

bool has_unit(std::string_view unit) { return !unit.empty() && unit != "1"; }

std::string quoted(std::string_view text) { return "\"" + escaped_string(text) + "\""; }

template <class T, class Show>
std::string list_text(const std::vector<T>& items, const Show& show) {
  std::string out;
  for (const T& item : items) out += (out.empty() ? "" : ", ") + show(item);
  return "[" + out + "]";
}

std::optional<double> plain_number(std::string_view text) {
  double value = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::vector<std::string> parts_of(std::string_view typed) {
  std::vector<std::string> out;
  while (!typed.empty()) {
    const auto comma = typed.find(',');
    const std::string_view part = trimmed(typed.substr(0, comma));
    if (!part.empty()) out.emplace_back(part);
    typed.remove_prefix(comma == std::string_view::npos ? typed.size() : comma + 1);
  }
  return out;
}

[[noreturn]] void refuse(const std::string& where, const std::string& what, const std::string& expected,
                         const std::string& found, const std::string& advice = {}) {
  throw UsageError({.what = where + " " + what, .expected = expected, .found = found, .advice = advice});
}

std::string one_of(const std::vector<std::string>& choices) {
  return fmt::format("one of {}", fmt::join(choices, ", "));
}

double number_with_unit(const SettingInfo& info, std::string_view typed) {
  if (const auto plain = plain_number(trimmed(typed))) return *plain;
  if (!has_unit(info.unit)) {
    // "1.5 %" is a plain number, too.
    try {
      return parse_quantity(typed, "1").value;
    } catch (const UsageError&) {
      refuse(info.flag(), "takes a number", "a plain number", std::string{typed});
    }
  }
  try {
    return parse_quantity(typed, info.unit).value;
  } catch (const UsageError& error) {
    const ErrorFacts& facts = error.facts();
    refuse(info.flag(), facts.what, facts.expected.empty() ? "a quantity in " + info.unit : facts.expected,
           facts.found.empty() ? std::string{typed} : facts.found, facts.advice);
  }
}

bool parse_switch(const SettingInfo& info, std::string_view typed) {
  const std::string word = lower(trimmed(typed));
  if (word == "yes" || word == "true" || word == "on") return true;
  if (word == "no" || word == "false" || word == "off") return false;
  refuse(info.flag(), "is a switch", "yes or no", std::string{typed});
}

}  // namespace

std::string SettingInfo::flag() const {
  std::string out = "--" + (typed_as.empty() ? name : typed_as);
  std::ranges::replace(out, '_', '-');
  std::ranges::replace(out, '.', '-');
  return out;
}

std::string SettingInfo::default_text() const {
  if (std::holds_alternative<std::monostate>(otherwise)) return unset.empty() ? "none" : unset;
  if (const bool* yes = std::get_if<bool>(&otherwise)) return *yes ? "yes" : "no";
  if (const auto* word = std::get_if<std::string>(&otherwise))
    return word->empty() ? (unset.empty() ? "none" : unset) : *word;
  if (const auto* words = std::get_if<std::vector<std::string>>(&otherwise))
    return words->empty() ? (unset.empty() ? "none" : unset) : fmt::format("{}", fmt::join(*words, ", "));
  if (const auto* numbers = std::get_if<std::vector<double>>(&otherwise))
    return numbers->empty() ? (unset.empty() ? "none" : unset) : fmt::format("{}", fmt::join(*numbers, ", "));
  if (!unset.empty() && std::holds_alternative<double>(otherwise) && std::get<double>(otherwise) == 0) return unset;
  std::string text = setting_text(otherwise, unit);
  std::erase(text, '"');
  return text;
}

void Settings::set(const std::string& name, SettingValue value) {
  const auto found = std::ranges::find(entries_, name, &std::pair<std::string, SettingValue>::first);
  if (found == entries_.end()) {
    entries_.emplace_back(name, std::move(value));
  } else {
    found->second = std::move(value);
  }
}

const SettingValue* Settings::find(std::string_view name) const {
  const auto found = std::ranges::find(entries_, name, &std::pair<std::string, SettingValue>::first);
  if (found == entries_.end() || std::holds_alternative<std::monostate>(found->second)) return nullptr;
  return &found->second;
}

std::string setting_text(const SettingValue& value, std::string_view unit) {
  const auto with_unit = [&](double v) {
    return has_unit(unit) ? fmt::format("\"{} {}\"", v, unit) : fmt::format("{}", v);
  };
  struct Show {
    const decltype(with_unit)& number;
    std::string_view unit;
    std::string operator()(std::monostate) const { return "\"\""; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
    std::string operator()(double v) const { return number(v); }
    std::string operator()(const Value& v) const {
      if (!(v.variance > 0)) return number(v.value);
      return fmt::format("\"{} +- {}{}{}\"", v.value, v.sigma(), has_unit(unit) ? " " : "", has_unit(unit) ? unit : "");
    }
    std::string operator()(const std::string& v) const { return quoted(v); }
    std::string operator()(const std::vector<double>& v) const { return list_text(v, number); }
    std::string operator()(const std::vector<std::string>& v) const {
      return list_text(v, [](const std::string& s) { return quoted(s); });
    }
  };
  return std::visit(Show{with_unit, unit}, value);
}

SettingValue parse_setting(const SettingInfo& info, std::string_view typed) {
  switch (info.kind) {
    case SettingKind::yes_no:
      return parse_switch(info, typed);
    case SettingKind::integer:
    case SettingKind::number:
      return checked_setting(info, number_with_unit(info, typed), info.flag());
    case SettingKind::quantity: {
      if (const auto plain = plain_number(trimmed(typed)))
        return checked_setting(info, Value::exact(*plain), info.flag());
      try {
        return checked_setting(info, parse_quantity(typed, has_unit(info.unit) ? info.unit : "1"), info.flag());
      } catch (const UsageError& error) {
        const ErrorFacts& facts = error.facts();
        refuse(info.flag(), facts.what, facts.expected, facts.found, facts.advice);
      }
    }
    case SettingKind::text:
    case SettingKind::choice:
      return checked_setting(info, std::string{typed}, info.flag());
    case SettingKind::numbers: {
      std::vector<double> out;
      for (const std::string& part : parts_of(typed)) out.push_back(number_with_unit(info, part));
      return checked_setting(info, std::move(out), info.flag());
    }
    case SettingKind::texts:
      return info.commas ? parts_of(typed) : std::vector<std::string>{std::string{typed}};
  }
  return {};
}

SettingValue checked_setting(const SettingInfo& info, SettingValue value, const std::string& where) {
  if (std::holds_alternative<std::monostate>(value)) return value;
  const std::string unit = has_unit(info.unit) ? " " + info.unit : "";
  const auto in_range = [&](double v) {
    if (v >= info.least && v <= info.most) return;
    refuse(where, "is out of range", fmt::format("{} to {}{}", info.least, info.most, unit),
           fmt::format("{}{}", v, unit));
  };
  const auto wrong = [&](const char* expected) {
    refuse(where, "has the wrong type", expected, setting_text(value, info.unit));
  };
  switch (info.kind) {
    case SettingKind::yes_no:
      if (!std::holds_alternative<bool>(value)) wrong("true or false: it is a switch");
      return value;
    case SettingKind::integer: {
      double v = 0;
      if (const auto* whole = std::get_if<std::int64_t>(&value)) {
        v = static_cast<double>(*whole);
      } else if (const auto* number = std::get_if<double>(&value);
                 number != nullptr && *number == std::floor(*number)) {
        v = *number;
      } else {
        wrong("a whole number");
      }
      in_range(v);
      return static_cast<std::int64_t>(v);
    }
    case SettingKind::number:
      if (const auto* whole = std::get_if<std::int64_t>(&value)) value = static_cast<double>(*whole);
      if (const auto* quantity = std::get_if<Value>(&value)) value = quantity->value;
      if (!std::holds_alternative<double>(value)) wrong("a number");
      in_range(std::get<double>(value));
      return value;
    case SettingKind::quantity:
      if (const auto* whole = std::get_if<std::int64_t>(&value)) value = Value::exact(static_cast<double>(*whole));
      if (const auto* number = std::get_if<double>(&value)) value = Value::exact(*number);
      if (!std::holds_alternative<Value>(value)) wrong("a quantity");
      in_range(std::get<Value>(value).value);
      return value;
    case SettingKind::text:
      if (!std::holds_alternative<std::string>(value)) wrong("text");
      return value;
    case SettingKind::choice: {
      const auto* word = std::get_if<std::string>(&value);
      if (word == nullptr) wrong("a word");
      if (std::ranges::find(info.choices, *word) != info.choices.end()) return value;
      const std::string near = nearest_name(*word, info.choices);
      refuse(where, fmt::format("must be {}", one_of(info.choices)), one_of(info.choices), *word,
             near.empty() ? "" : fmt::format("did you mean {}?", near));
    }
    case SettingKind::numbers:
      if (const auto* one = std::get_if<double>(&value)) value = std::vector<double>{*one};
      if (!std::holds_alternative<std::vector<double>>(value)) wrong("a list of numbers");
      for (const double v : std::get<std::vector<double>>(value)) in_range(v);
      return value;
    case SettingKind::texts:
      if (const auto* one = std::get_if<std::string>(&value)) value = std::vector<std::string>{*one};
      if (!std::holds_alternative<std::vector<std::string>>(value)) wrong("a list of texts");
      return value;
  }
  return value;
}

}  // namespace lithoscope::core
