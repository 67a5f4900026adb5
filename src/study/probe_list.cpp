#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/study/registry.hpp"
#include "version.hpp"

namespace lithoscope::study {

const probe::Probe* find_probe(const Registry& registry, std::string_view name) {
  const auto found = std::ranges::find(registry, name, &probe::Probe::name);
  return found == registry.end() ? nullptr : &*found;
}

const probe::Probe& probe_named(const Registry& registry, const std::string& name) {
  if (const probe::Probe* found = find_probe(registry, name)) return *found;
  std::vector<std::string> names;
  std::string list;
  for (const probe::Probe& p : registry) {
    names.push_back(p.name);
    list += (list.empty() ? "" : ", ") + p.name;
  }
  const std::string near = core::nearest_name(name, names);
  throw core::UsageError({.what = fmt::format("there is no probe \"{}\"", name),
                          .expected = "one of " + list,
                          .found = fmt::format("\"{}\"", name),
                          .advice = near.empty() ? "" : fmt::format("did you mean \"{}\"?", near)});
}

std::vector<std::string> faults_of(const Registry& registry) {
  std::vector<std::string> out;
  std::set<std::string> names;
  for (const probe::Probe& p : registry) {
    const auto unless = [&](bool sound, const std::string& what) {
      if (!sound) out.push_back(p.name + ": " + what);
    };
    unless(names.insert(p.name).second, "two probes have this name");
    unless(!p.help.empty() && !p.version.empty() && p.reduce != nullptr, "no help, version or reduction");
    std::set<std::string> keys{"probe", "name", "state", "files", "folder", "takes", "settings"};
    for (const probe::Role& role : p.roles) {
      unless(role.name == "files" || keys.insert(role.name).second, "the role " + role.name + " has a name in use");
      unless(!role.help.empty(), "the role " + role.name + " has no help");
    }
    for (const auto* list : {&p.settings, &p.instrument}) {
      for (const core::SettingInfo& s : *list) {
        unless(list == &p.instrument || keys.insert(s.name).second, "the setting " + s.name + " has a name in use");
        unless(!s.help.empty(), "the setting " + s.name + " has no help");
        const bool number = s.kind == core::SettingKind::number || s.kind == core::SettingKind::numbers ||
                            s.kind == core::SettingKind::quantity;
        unless(!number || !s.unit.empty(), "the setting " + s.name + " has no unit");
      }
    }
    for (const probe::Take& take : p.takes)
      unless(find_probe(registry, take.probe) != nullptr, "it takes " + take.probe + ", which is not there");
  }
  return out;
}

std::string program_version() { return "lithoscope " LITHOSCOPE_VERSION; }

}  // namespace lithoscope::study
