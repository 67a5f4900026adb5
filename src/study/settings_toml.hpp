// Tables of settings read from and written to TOML. Private to the room.
#pragma once

#include <fmt/format.h>

#include <span>
#include <string>

#include "lithoscope/core/settings.hpp"
#include "toml_table.hpp"

namespace lithoscope::study {

template <class Settings>
void read_settings(TableReader& reader, std::span<const core::Setting<Settings>> table, Settings& settings) {
  for (const core::Setting<Settings>& entry : table) {
    const auto given = entry.unit == "1" ? reader.number(entry.name) : [&]() -> std::optional<double> {
      const auto value = reader.quantity(entry.name, entry.unit);
      return value ? std::optional{value->value} : std::nullopt;
    }();
    if (!given) continue;
    if (*given < entry.least || *given > entry.most)
      reader.fail(entry.name, "is out of range",
                  fmt::format("{} to {} {}", entry.least, entry.most, entry.unit == "1" ? "" : entry.unit),
                  fmt::format("{}", *given), "");
    settings.*entry.member = *given;
  }
}

template <class Settings>
void append_settings(std::string& out, std::span<const core::Setting<Settings>> table, const Settings& settings) {
  for (const core::Setting<Settings>& entry : table) {
    const double value = settings.*entry.member;
    out += entry.unit == "1" ? fmt::format("{} = {}\n", entry.name, value)
                             : fmt::format("{} = \"{} {}\"\n", entry.name, value, entry.unit);
  }
}

}  // namespace lithoscope::study
