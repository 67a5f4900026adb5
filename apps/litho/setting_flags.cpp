#include "setting_flags.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace litho {
namespace core = lithoscope::core;
namespace {

std::string help_of(const core::SettingInfo& info) {
  std::string out = info.help;
  if (!info.choices.empty()) out += fmt::format(": {}", fmt::join(info.choices, ", "));
  return fmt::format("{} [{}]", out, info.default_text());
}

// "columns.time.unit" is for study files; a flag for every such key would bury the others.
bool is_flag(const core::SettingInfo& info) { return std::ranges::count(info.name, '.') < 2; }

}  // namespace

void SettingFlags::add(Command& command, const std::vector<core::SettingInfo>& infos, std::vector<std::string>& taken) {
  std::string heading;
  for (const core::SettingInfo& info : infos) {
    const std::string flag = info.flag();
    if (!is_flag(info) || std::ranges::find(taken, flag) != taken.end()) continue;
    taken.push_back(flag);
    if (info.heading != heading) command.heading(heading = info.heading);
    Entry& entry = entries_.emplace_back(Entry{.info = info, .text = {}, .texts = {}});
    if (info.kind == core::SettingKind::texts) {
      command.texts(flag, entry.texts, help_of(info));
    } else if (info.kind == core::SettingKind::yes_no) {
      const bool on = std::holds_alternative<bool>(info.otherwise) && std::get<bool>(info.otherwise);
      // A switch that is on is there to be switched off.
      std::string names = flag;
      if (on) names += ",!--no-" + flag.substr(2);
      command.toggle(names, entry.text, help_of(info));
    } else {
      command.text(flag, entry.text, help_of(info));
    }
  }
}

core::Settings SettingFlags::typed() const {
  core::Settings out;
  for (const Entry& entry : entries_) {
    if (entry.info.kind == core::SettingKind::texts) {
      std::vector<std::string> all;
      for (const std::string& text : entry.texts) {
        const core::SettingValue part = core::parse_setting(entry.info, text);
        const auto& words = std::get<std::vector<std::string>>(part);
        all.insert(all.end(), words.begin(), words.end());
      }
      if (!all.empty()) out.set(entry.info.name, std::move(all));
    } else if (!entry.text.empty()) {
      out.set(entry.info.name, core::parse_setting(entry.info, entry.text));
    }
  }
  return out;
}

bool SettingFlags::any() const {
  return std::ranges::any_of(entries_, [](const Entry& e) { return !e.text.empty() || !e.texts.empty(); });
}

std::vector<lithoscope::io::Override> SettingFlags::toml() const {
  const core::Settings given = typed();
  std::vector<lithoscope::io::Override> out;
  for (const Entry& entry : entries_) {
    if (const core::SettingValue* value = given.find(entry.info.name))
      out.emplace_back(entry.info.name, core::setting_text(*value, entry.info.unit));
  }
  return out;
}

}  // namespace litho
