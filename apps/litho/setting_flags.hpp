// A table of settings as flags of a subcommand that has no study file.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <span>
#include <string>
#include <utility>

#include "command_line.hpp"
#include "lithoscope/core/settings.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/io/text_table.hpp"

namespace litho {

/// "--loss-step" of "loss_step".
inline std::string flag_of(std::string_view name) {
  std::string flag = "--" + std::string{name};
  std::ranges::replace(flag, '_', '-');
  return flag;
}

/// What was typed for each flag; empty: nothing. Addresses are stable.
using SettingTexts = std::list<std::pair<std::string, std::string>>;

template <class Settings>
void add_setting_flags(Command& command, SettingTexts& texts,
                       std::span<const lithoscope::core::Setting<Settings>> table) {
  const Settings defaults;
  for (const auto& entry : table) {
    auto& text = texts.emplace_back(std::string{entry.name}, "").second;
    const std::string unit = entry.unit == "1" ? "" : " " + std::string{entry.unit};
    command.text(flag_of(entry.name), text, fmt::format("{} [{}{}]", entry.help, defaults.*entry.member, unit));
  }
}

/// Settings with what was typed; a plain number is in the table's unit. Throws UsageError.
template <class Settings>
void apply_setting_flags(const SettingTexts& texts, std::span<const lithoscope::core::Setting<Settings>> table,
                         Settings& settings) {
  for (const auto& entry : table) {
    const auto typed = std::ranges::find(texts, entry.name, [](const auto& t) { return std::string_view{t.first}; });
    if (typed == texts.end() || typed->second.empty()) continue;
    const auto plain = lithoscope::io::to_number(typed->second);
    const double value = plain ? *plain : lithoscope::core::parse_quantity(typed->second, entry.unit).value;
    if (!(value >= entry.least && value <= entry.most)) {
      throw lithoscope::core::UsageError(
          {.what = flag_of(entry.name) + " is out of range",
           .expected = fmt::format("{} to {} {}", entry.least, entry.most, entry.unit == "1" ? "" : entry.unit),
           .found = typed->second});
    }
    settings.*entry.member = value;
  }
}

}  // namespace litho
