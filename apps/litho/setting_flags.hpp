// Settings as flags of a subcommand, from their table.
#pragma once

#include <list>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "lithoscope/core/settings.hpp"
#include "lithoscope/io/toml.hpp"

namespace litho {

/// Flags of a list of settings and what was typed for each. Addresses are stable.
class SettingFlags {
 public:
  /// One flag a setting, under its heading; those whose flag is in `taken` are left to whoever took it.
  void add(Command& command, const std::vector<lithoscope::core::SettingInfo>& infos, std::vector<std::string>& taken);
  /// What was typed, parsed and checked. Throws UsageError that names the flag.
  lithoscope::core::Settings typed() const;
  /// The same as name and TOML value, for a study.
  std::vector<lithoscope::io::Override> toml() const;
  bool any() const;

 private:
  struct Entry {
    lithoscope::core::SettingInfo info;
    std::string text;
    std::vector<std::string> texts;
  };
  std::list<Entry> entries_;
};

}  // namespace litho
