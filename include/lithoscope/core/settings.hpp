// One table per settings struct: the study file fills it, flags and --help are made from it, provenance stores it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lithoscope/core/value.hpp"

namespace lithoscope::core {

/// A member that is one of an enumeration's values, written as one of some words (in the enumeration's order).
template <class Struct>
struct Choice {
  std::span<const std::string_view> words;
  std::size_t (*get)(const Struct&);
  void (*set)(Struct&, std::size_t);
};

/// `words` must outlive the table: a static constexpr array beside it.
template <auto member, class Struct, std::size_t n>
constexpr Choice<Struct> choice_of(const std::array<std::string_view, n>& words) {
  return {words, [](const Struct& s) { return static_cast<std::size_t>(s.*member); },
          [](Struct& s, std::size_t i) { s.*member = static_cast<std::remove_reference_t<decltype(s.*member)>>(i); }};
}

template <class Struct>
using Member = std::variant<double Struct::*, bool Struct::*, int Struct::*, std::string Struct::*,
                            std::optional<double> Struct::*, std::optional<int> Struct::*, Value Struct::*,
                            std::optional<Value> Struct::*, std::vector<double> Struct::*,
                            std::vector<std::string> Struct::*, Choice<Struct>>;

template <class Struct>
struct Setting {
  std::string_view name;  ///< key in the study file; with '-' for '_' and '.' the flag on the command line
  std::string_view unit;  ///< native unit of the member; "1" for a plain number; empty for words and switches
  Member<Struct> member;
  std::string_view help;  ///< a sentence that stands alone: what it does and why the default is what it is
  double least = 0;       ///< numbers outside [least, most] are refused
  double most = 1e15;
  std::string_view unset = {};  ///< what --help shows where the default is nothing: "the usual ones"

  /// The member of a table that holds numbers only. Throws std::bad_variant_access for another one.
  double& number(Struct& s) const { return s.*std::get<double Struct::*>(member); }
  double number(const Struct& s) const { return s.*std::get<double Struct::*>(member); }
};

/// What a setting holds; nothing for an optional without a value. A Value is a quantity with its uncertainty.
using SettingValue = std::variant<std::monostate, bool, std::int64_t, double, Value, std::string, std::vector<double>,
                                  std::vector<std::string>>;

enum class SettingKind { yes_no, integer, number, quantity, text, choice, numbers, texts };

/// A setting without its struct: what the study file, --help, the docs and Python need to know of it.
struct SettingInfo {
  std::string name;
  std::string unit;
  SettingKind kind = SettingKind::number;
  std::string help;
  SettingValue otherwise;  ///< the default
  double least = 0, most = 1e15;
  std::vector<std::string> choices;
  std::string unset;
  std::string heading;        ///< under which --help lists it
  std::string typed_as = {};  ///< the flag's name where it is not made from `name`
  bool commas = false;        ///< a list may be typed in one word with commas, not only by repeating the flag

  std::string flag() const;          ///< "--loss-step" of "loss_step"
  std::string default_text() const;  ///< "0.5 eV", "no", "none"
};

/// Resolved settings, by name, in the order of their tables.
class Settings {
 public:
  void set(const std::string& name, SettingValue value);
  /// Nothing when it is not there or has no value.
  const SettingValue* find(std::string_view name) const;
  const std::vector<std::pair<std::string, SettingValue>>& all() const { return entries_; }
  bool operator==(const Settings&) const = default;

 private:
  std::vector<std::pair<std::string, SettingValue>> entries_;
};

/// As a study file writes it: `true`, `3`, `"0.25 eV"`, `["a", "b"]`. Numbers have the shortest digits that read back.
std::string setting_text(const SettingValue& value, std::string_view unit);

/// What a person typed for it on the command line; numbers with or without their unit, lists with commas. Throws
/// UsageError that names the flag.
SettingValue parse_setting(const SettingInfo& info, std::string_view typed);

/// Throws UsageError when the value is not of the kind, outside the range, or none of the choices; `where` names the
/// setting in the message ("--bin", "[measurement] bin"). Returns it as it is stored: an integer of a number as number.
SettingValue checked_setting(const SettingInfo& info, SettingValue value, const std::string& where);

/// The table without its struct. Defaults are those of `defaults`.
template <class Struct>
std::vector<SettingInfo> setting_infos(std::span<const Setting<Struct>> table, const std::string& heading,
                                       const Struct& defaults = {});

/// Settings that are there and have a value go into their members; the others stay as they are.
template <class Struct>
void fill_settings(std::span<const Setting<Struct>> table, const Settings& from, Struct& to);

/// The struct as settings.
template <class Struct>
Settings settings_of(std::span<const Setting<Struct>> table, const Struct& from);

// ---- templates ------------------------------------------------------------------------------------------------------

template <class Struct>
SettingValue setting_value(const Setting<Struct>& entry, const Struct& from) {
  struct Get {
    const Struct& s;
    SettingValue operator()(double Struct::* m) const { return s.*m; }
    SettingValue operator()(bool Struct::* m) const { return s.*m; }
    SettingValue operator()(int Struct::* m) const { return std::int64_t{s.*m}; }
    // An empty word or list is none.
    SettingValue operator()(std::string Struct::* m) const { return (s.*m).empty() ? SettingValue{} : s.*m; }
    SettingValue operator()(Value Struct::* m) const { return s.*m; }
    SettingValue operator()(std::vector<double> Struct::* m) const { return (s.*m).empty() ? SettingValue{} : s.*m; }
    SettingValue operator()(std::vector<std::string> Struct::* m) const {
      return (s.*m).empty() ? SettingValue{} : s.*m;
    }
    SettingValue operator()(std::optional<double> Struct::* m) const {
      return s.*m ? SettingValue{*(s.*m)} : SettingValue{};
    }
    SettingValue operator()(std::optional<int> Struct::* m) const {
      return s.*m ? SettingValue{std::int64_t{*(s.*m)}} : SettingValue{};
    }
    SettingValue operator()(std::optional<Value> Struct::* m) const {
      return s.*m ? SettingValue{*(s.*m)} : SettingValue{};
    }
    SettingValue operator()(const Choice<Struct>& c) const { return std::string{c.words[c.get(s)]}; }
  };
  return std::visit(Get{from}, entry.member);
}

template <class Struct>
void set_member(const Setting<Struct>& entry, const SettingValue& value, Struct& to) {
  struct Put {
    Struct& s;
    const SettingValue& v;
    void operator()(double Struct::* m) const { s.*m = std::get<double>(v); }
    void operator()(bool Struct::* m) const { s.*m = std::get<bool>(v); }
    void operator()(int Struct::* m) const { s.*m = static_cast<int>(std::get<std::int64_t>(v)); }
    void operator()(std::string Struct::* m) const { s.*m = std::get<std::string>(v); }
    void operator()(Value Struct::* m) const { s.*m = std::get<Value>(v); }
    void operator()(std::vector<double> Struct::* m) const { s.*m = std::get<std::vector<double>>(v); }
    void operator()(std::vector<std::string> Struct::* m) const { s.*m = std::get<std::vector<std::string>>(v); }
    void operator()(std::optional<double> Struct::* m) const { s.*m = std::get<double>(v); }
    void operator()(std::optional<int> Struct::* m) const { s.*m = static_cast<int>(std::get<std::int64_t>(v)); }
    void operator()(std::optional<Value> Struct::* m) const { s.*m = std::get<Value>(v); }
    void operator()(const Choice<Struct>& c) const {
      const std::string& word = std::get<std::string>(v);
      for (std::size_t i = 0; i < c.words.size(); ++i) {
        if (c.words[i] == word) c.set(s, i);
      }
    }
  };
  if (!std::holds_alternative<std::monostate>(value)) std::visit(Put{to, value}, entry.member);
}

template <class Struct>
SettingKind setting_kind(const Setting<Struct>& entry) {
  using K = SettingKind;
  // In the order of Member's alternatives.
  constexpr std::array kinds{K::number,   K::yes_no,   K::integer, K::text,  K::number, K::integer,
                             K::quantity, K::quantity, K::numbers, K::texts, K::choice};
  static_assert(kinds.size() == std::variant_size_v<Member<Struct>>);
  return kinds[entry.member.index()];
}

template <class Struct>
std::vector<SettingInfo> setting_infos(std::span<const Setting<Struct>> table, const std::string& heading,
                                       const Struct& defaults) {
  std::vector<SettingInfo> out;
  for (const Setting<Struct>& entry : table) {
    SettingInfo info{.name = std::string{entry.name},
                     .unit = std::string{entry.unit},
                     .kind = setting_kind(entry),
                     .help = std::string{entry.help},
                     .otherwise = setting_value(entry, defaults),
                     .least = entry.least,
                     .most = entry.most,
                     .choices = {},
                     .unset = std::string{entry.unset},
                     .heading = heading};
    if (const auto* choice = std::get_if<Choice<Struct>>(&entry.member))
      info.choices.assign(choice->words.begin(), choice->words.end());
    out.push_back(std::move(info));
  }
  return out;
}

template <class Struct>
void fill_settings(std::span<const Setting<Struct>> table, const Settings& from, Struct& to) {
  for (const Setting<Struct>& entry : table) {
    if (const SettingValue* value = from.find(entry.name)) set_member(entry, *value, to);
  }
}

template <class Struct>
Settings settings_of(std::span<const Setting<Struct>> table, const Struct& from) {
  Settings out;
  for (const Setting<Struct>& entry : table) out.set(std::string{entry.name}, setting_value(entry, from));
  return out;
}

}  // namespace lithoscope::core
