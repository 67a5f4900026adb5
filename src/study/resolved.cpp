// A plan written down as the study file that makes it again, every default included.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "lithoscope/study/plan.hpp"
#include "states.hpp"

namespace lithoscope::study {
namespace {

std::string path_text(const Plan& plan, const probe::Input& input) {
  if (input.builtin) return input.path;
  std::string path = input.path;
  if (!plan.study.directory.empty()) {
    const auto relative = std::filesystem::path(path).lexically_relative(plan.study.directory);
    if (!relative.empty() && *relative.begin() != "..") path = relative.string();
  }
  if (input.selector.empty()) return path;
  return path + (input.selector.starts_with('=') ? "" : ":") + input.selector;
}

// Whether a step stands in a section's table and in no [[measurement]].
bool made_for_section(const Plan& plan, std::size_t step) {
  return std::ranges::any_of(plan.steps, [&](const Step& s) {
    const auto& takes = s.probe->takes;
    return !s.probe->section.empty() && std::ranges::find(s.takes, step) != s.takes.end() &&
           std::ranges::find(takes, plan.steps[step].probe->name, &probe::Take::probe) != takes.end();
  });
}

void append_files(std::string& out, const Plan& plan, const Step& step) {
  for (const auto& [role, inputs] : step.measurement.files) {
    std::string list;
    for (const probe::Input& input : inputs) list += (list.empty() ? "" : ", ") + io::quoted(path_text(plan, input));
    // A role that settings share a table with is written as its "files".
    const bool shares = std::ranges::any_of(
        step.probe->settings, [&, name = role + "."](const core::SettingInfo& s) { return s.name.starts_with(name); });
    out += fmt::format("{}{} = [{}]\n", role, shares ? ".files" : "", list);
  }
}

// A section, with the roles and settings of the steps that are made for it.
void append_section(std::string& out, const Plan& plan, const Step& step) {
  out += fmt::format("\n[{}]\n", step.probe->section);
  for (const std::size_t t : step.takes) {
    if (!made_for_section(plan, t)) continue;
    append_files(out, plan, plan.steps[t]);
    out += io::settings_toml(plan.steps[t].measurement.settings, plan.steps[t].probe->settings);
  }
  out += io::settings_toml(step.measurement.settings, step.probe->settings);
}

void append_step(std::string& out, const Plan& plan, const Step& step) {
  const probe::Measurement& m = step.measurement;
  out += fmt::format("\n[[measurement]]\nprobe = {}\nname = {}\n", io::quoted(m.probe), io::quoted(m.name));
  if (!m.state.empty()) out += fmt::format("state = {}\n", io::quoted(m.state));
  std::string takes;
  for (const std::size_t t : step.takes)
    takes += (takes.empty() ? "" : ", ") + io::quoted(plan.steps[t].measurement.probe);
  if (!takes.empty()) out += fmt::format("takes = [{}]\n", takes);
  append_files(out, plan, step);
  out += io::settings_toml(m.settings, step.probe->settings);
}

}  // namespace

std::string resolved_study(const Plan& plan) {
  const Study& study = plan.study;
  std::string out = fmt::format("[study]\ntitle = {}\n", io::quoted(study.title));
  if (study.question)
    out += fmt::format("question = {{ before = {}, after = {} }}\n", io::quoted(study.question->first),
                       io::quoted(study.question->second));
  const auto infos = core::setting_infos<probe::Sample>(probe::sample_settings_table(), "");
  const core::Settings sample = core::settings_of(probe::sample_settings_table(), study.sample);
  out += "\n[sample]\n" + io::settings_toml(sample, infos);
  out += states_toml(study.states);
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    if (made_for_section(plan, i)) continue;
    if (!step.probe->section.empty()) {
      append_section(out, plan, step);
    } else if (step.given == nullptr) {
      append_step(out, plan, step);
    } else {
      out += fmt::format("\n# {}: read from a finished run, key {}\n", step.measurement.name, step.given->key);
    }
  }
  return out;
}

}  // namespace lithoscope::study
