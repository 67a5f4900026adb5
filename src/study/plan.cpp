#include "lithoscope/study/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <set>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/result/files.hpp"
#include "paths.hpp"
#include "states.hpp"

namespace lithoscope::study {
namespace fs = std::filesystem;
namespace {

core::Place place_of(const Study& study, int line) {
  core::Place where{.path = study.path};
  if (line > 0) where.line = line;
  return where;
}

const probe::State* find_state(const Study& study, const std::string& name) {
  const auto found = std::ranges::find(study.states, name, &probe::State::name);
  return found == study.states.end() ? nullptr : &*found;
}

std::string plain(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool keep = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (keep)
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (out.ends_with('-')) out.pop_back();
  return out;
}

class Planner {
 public:
  Planner(const Study& study, const Registry& registry, std::uint64_t seed) : registry_(registry) {
    plan_.study = study;
    plan_.seed = seed;
  }

  Plan make() {
    for (const Entry& entry : plan_.study.entries) add_entry(entry);
    link_partners();
    sort_steps();
    for (Step& step : plan_.steps) step.key = key_of(step);
    return std::move(plan_);
  }

 private:
  // ---- entries to steps
  // ----------------------------------------------------------------------------------------------

  void add_entry(const Entry& entry) {
    if (!entry.over_states_of_takes) {
      add_step(entry);
      return;
    }
    std::vector<std::string> states;
    for (const Step& step : plan_.steps) {
      const bool taken = std::ranges::find(entry.takes, step.measurement.probe) != entry.takes.end();
      if (taken && std::ranges::find(states, step.measurement.state) == states.end())
        states.push_back(step.measurement.state);
    }
    if (states.empty()) states.emplace_back();
    for (const std::string& state : states) {
      Entry of_state = entry;
      of_state.state = state;
      if (!state.empty()) of_state.name += ", " + state;
      add_step(of_state);
    }
  }

  // Of files that are given to a probe without any of its own those it recognises, such as a map given to rixs, are
  // its; the others are for the probe that it takes.
  Entry with_own_files(const Entry& entry, const probe::Probe& probe) const {
    const bool has_files = std::ranges::find(probe.roles, "files", &probe::Role::name) != probe.roles.end();
    if (has_files || probe.role_of == nullptr) return entry;
    Entry out = entry;
    const auto files = std::ranges::find(out.files, "files", [](const auto& f) { return f.first; });
    if (files == out.files.end()) return entry;
    std::vector<std::string> others;
    std::vector<std::pair<std::string, std::string>> own;
    for (std::string pattern : files->second) {
      const std::string written = pattern, role = own_role(probe, pattern);
      if (role.empty()) {
        others.push_back(written);
      } else {
        own.emplace_back(role, pattern);
      }
    }
    files->second = std::move(others);
    if (files->second.empty()) out.files.erase(files);
    for (auto& [role, pattern] : own) {
      auto at = std::ranges::find(out.files, role, [](const auto& f) { return f.first; });
      if (at == out.files.end()) at = out.files.insert(out.files.end(), {role, {}});
      at->second.push_back(std::move(pattern));
    }
    return out;
  }

  // The one role of all files of a pattern; a folder stands for the run in it.
  std::string own_role(const probe::Probe& probe, std::string& pattern) const {
    std::error_code error;
    const fs::path whole = fs::path(plan_.study.directory) / pattern;
    if (fs::is_directory(whole, error)) pattern = (fs::path(pattern) / "run.nxs").string();
    std::string role;
    for (const probe::Input& input : found_files(pattern, plan_.study.directory, {})) {
      if (!fs::is_regular_file(input.path, error)) return {};
      const std::string one = probe.role_of(io::InputFile::open(input.path));
      if (one.empty() || (!role.empty() && one != role)) return {};
      role = one;
    }
    return role;
  }

  std::size_t add_step(const Entry& written) {
    const probe::Probe& probe = probe_named(registry_, written.probe);
    const Entry entry = with_own_files(written, probe);
    Step step{.id = unique_id(entry, probe), .probe = &probe};
    probe::Measurement& m = step.measurement;
    m.probe = probe.name;
    m.name = entry.name;
    m.state = entry.state;
    m.sample = plan_.study.sample;
    if (const probe::State* state = find_state(plan_.study, entry.state)) {
      m.state_facts = *state;
      if (const probe::State* parent = find_state(plan_.study, state->after)) m.parent = *parent;
    }
    find_inputs(entry, probe, step);
    for (const core::SettingInfo& info : probe.settings) {
      const core::SettingValue* given = entry.settings.find(info.name);
      m.settings.set(info.name, given != nullptr ? *given : info.otherwise);
    }
    for (const probe::Take& take : probe.takes) {
      if (const auto index = taken_step(entry, take)) step.takes.push_back(*index);
    }
    for (const std::string& name : entry.takes) require_taken(entry, step, name);
    if (!probe.section.empty()) take_everything(m, step);
    plan_.steps.push_back(std::move(step));
    return plan_.steps.size() - 1;
  }

  std::string unique_id(const Entry& entry, const probe::Probe& probe) {
    std::string base = probe.name;
    if (!entry.state.empty()) base += "-" + plain(entry.state);
    if (const core::SettingValue* over = entry.settings.find(probe.runs_over))
      if (const auto* word = std::get_if<std::string>(over); word != nullptr && !word->empty())
        base += "-" + plain(*word);
    std::string id = base;
    for (int number = 2; !ids_.insert(id).second; ++number) id = fmt::format("{}-{}", base, number);
    return id;
  }

  // ---- what a step takes
  // ---------------------------------------------------------------------------------------------

  // All steps in the two states that a section compares.
  void take_everything(const probe::Measurement& m, Step& step) const {
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
      const probe::Measurement& other = plan_.steps[i].measurement;
      const bool ours = other.state == m.state || (m.parent && other.state == m.parent->name);
      const bool known = std::ranges::find(step.takes, i) != step.takes.end();
      if (ours && !known && plan_.steps[i].probe->section.empty() && !is_made_for_section(plan_.steps[i]))
        step.takes.push_back(i);
    }
  }

  bool is_made_for_section(const Step& step) const {
    return std::ranges::any_of(registry_, [&](const probe::Probe& p) {
      return !p.section.empty() && std::ranges::find(p.takes, step.probe->name, &probe::Take::probe) != p.takes.end();
    });
  }

  // Whether the entry holds files of the probe it takes: then that measurement is made of them.
  bool implies(const Entry& entry, const probe::Probe& taken) const {
    const probe::Probe& own = probe_named(registry_, entry.probe);
    if (!own.section.empty()) return true;
    if (std::ranges::find(own.roles, "files", &probe::Role::name) != own.roles.end()) return false;
    if (!entry.folder.empty()) return true;
    return std::ranges::any_of(entry.files, [&](const auto& f) {
      return f.first == "files" && std::ranges::find(taken.roles, "files", &probe::Role::name) != taken.roles.end();
    });
  }

  std::optional<std::size_t> taken_step(const Entry& entry, const probe::Take& take) {
    const probe::Probe& taken = probe_named(registry_, take.probe);
    if (implies(entry, taken)) return implied(entry, taken);
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
      if (plan_.steps[i].measurement.probe == take.probe && plan_.steps[i].measurement.state == entry.state) return i;
    }
    // On the command line the state after is often another scan of the files before.
    if (plan_.study.path.empty()) {
      for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
        if (plan_.steps[i].measurement.probe == take.probe) return i;
      }
    }
    if (!take.required) return std::nullopt;
    throw core::UsageError(
        {.what = fmt::format("\"{}\" takes {}, which nothing makes{}", entry.name, take.probe,
                             entry.state.empty() ? "" : fmt::format(" in the state \"{}\"", entry.state)),
         .where = place_of(plan_.study, entry.line),
         .expected = fmt::format("a [[measurement]] of the probe {}, or its files in this block", take.probe),
         .found = "none",
         .advice = "a step that is taken stands before the one that takes it"});
  }

  void require_taken(const Entry& entry, const Step& step, const std::string& name) {
    const bool there =
        std::ranges::any_of(step.takes, [&](std::size_t i) { return plan_.steps[i].measurement.probe == name; });
    if (there) return;
    const bool could = std::ranges::find(step.probe->takes, name, &probe::Take::probe) != step.probe->takes.end();
    throw core::UsageError({.what = fmt::format("\"{}\" takes {}, which {}", entry.name, name,
                                                could ? "nothing makes" : "it does not read"),
                            .where = place_of(plan_.study, entry.line),
                            .expected = could ? "a [[measurement]] of that probe before it" : "a probe that it reads",
                            .found = name});
  }

  std::size_t implied(const Entry& entry, const probe::Probe& taken) {
    Entry other = entry;
    other.probe = taken.name;
    other.name = fmt::format("{} for {}", taken.title.empty() ? taken.name : taken.title, entry.name);
    other.takes.clear();
    std::erase_if(other.files, [&](const auto& f) {
      return std::ranges::find(taken.roles, f.first, &probe::Role::name) == taken.roles.end();
    });
    if (auto given = finished_run(other, taken)) {
      Step step{.id = unique_id(other, taken), .probe = &taken};
      step.measurement.probe = taken.name;
      step.measurement.name = other.name;
      step.measurement.state = other.state;
      step.given = std::move(given);
      plan_.steps.push_back(std::move(step));
      return plan_.steps.size() - 1;
    }
    // The same files were asked for by another block: made once.
    const std::size_t made = add_step(other);
    for (std::size_t i = 0; i < made; ++i) {
      const Step& one = plan_.steps[i];
      const Step& two = plan_.steps[made];
      if (one.given == nullptr && key_of(one) == key_of(two) && one.measurement.probe == two.measurement.probe) {
        ids_.erase(plan_.steps.back().id);
        plan_.steps.pop_back();
        return i;
      }
    }
    return made;
  }

  // A folder or run.nxs of a finished run in place of raw files.
  std::shared_ptr<const result::Result> finished_run(const Entry& entry, const probe::Probe& taken) const {
    for (const auto& [role, files] : entry.files) {
      if (role != "files" || files.size() != 1) continue;
      fs::path path = fs::path(plan_.study.directory) / files.front();
      std::error_code error;
      if (fs::is_directory(path, error)) path /= "run.nxs";
      if (!fs::is_regular_file(path, error)) continue;
      const io::InputFile file = io::InputFile::open(path.string());
      if (!result::is_result_file(file)) continue;
      for (result::Result& one : result::read_nexus(file)) {
        if (one.probe == taken.name) return std::make_shared<const result::Result>(std::move(one));
      }
      throw core::UsageError({.what = fmt::format("the run holds no result of {}", taken.name),
                              .where = {.path = path.string()},
                              .expected = "a run of " + taken.name,
                              .found = "other probes"});
    }
    return nullptr;
  }

  // ---- files
  // ---------------------------------------------------------------------------------------------------------

  void find_inputs(const Entry& entry, const probe::Probe& probe, Step& step) {
    std::vector<std::pair<std::string, std::vector<probe::Input>>>& files = step.measurement.files;
    for (const probe::Role& role : probe.roles) {
      std::vector<probe::Input> all;
      for (const auto& [name, written] : entry.files) {
        if (name != role.name) continue;
        for (const std::string& pattern : written) append(all, entry, role, pattern);
      }
      if (all.empty() && !role.otherwise.empty()) all.push_back({.path = role.otherwise, .builtin = true});
      if (!all.empty()) files.emplace_back(role.name, std::move(all));
    }
    if (!entry.folder.empty()) sort_folder(entry, probe, files);
    for (const probe::Role& role : probe.roles) check_role(entry, role, step.measurement.of(role.name));
    for (const auto& [role, inputs] : files) {
      for (const probe::Input& input : inputs) step.inputs.push_back(source_of(role, input));
    }
  }

  void append(std::vector<probe::Input>& all, const Entry& entry, const probe::Role& role, const std::string& pattern) {
    const auto found = found_files(pattern, plan_.study.directory, role);
    if (found.empty()) {
      const std::string near = core::nearest_name(pattern, role.builtin);
      throw core::UsageError({.what = fmt::format("the file \"{}\" of \"{}\" does not exist", pattern, entry.name),
                              .where = place_of(plan_.study, entry.line),
                              .expected = role.builtin.empty()
                                              ? "a file, or a pattern that matches one"
                                              : "a file, or the name of one that comes with the program",
                              .found = "nothing at " + (fs::path(plan_.study.directory) / pattern).string(),
                              .advice = !near.empty()              ? "did you mean " + near + "?"
                                        : plan_.study.path.empty() ? ""
                                                                   : "paths are relative to the study file"});
    }
    all.insert(all.end(), found.begin(), found.end());
  }

  void sort_folder(const Entry& entry, const probe::Probe& probe,
                   std::vector<std::pair<std::string, std::vector<probe::Input>>>& files) {
    if (probe.role_of == nullptr) return;
    const std::string folder = (fs::path(plan_.study.directory) / entry.folder).string();
    for (const std::string& path : files_below(folder)) {
      const std::string role = probe.role_of(io::InputFile::open(path));
      if (role.empty()) continue;
      auto at = std::ranges::find(files, role, [](const auto& f) { return f.first; });
      if (at == files.end()) at = files.insert(files.end(), {role, {}});
      at->second.push_back({.path = path});
    }
    if (files.empty()) {
      throw core::UsageError(
          {.what = fmt::format("the folder of \"{}\" holds nothing that {} reads", entry.name, probe.name),
           .where = place_of(plan_.study, entry.line),
           .expected = "files of this probe",
           .found = "none in " + folder});
    }
  }

  void check_role(const Entry& entry, const probe::Role& role, const std::vector<probe::Input>& inputs) const {
    if (role.required && inputs.empty()) {
      throw core::UsageError({.what = fmt::format("\"{}\" has no {}", entry.name, role.name),
                              .where = place_of(plan_.study, entry.line),
                              .expected = role.help,
                              .found = "nothing",
                              .advice = role.name == "files"
                                            ? ""
                                            : fmt::format("give it with --{} or `{} = [...]`", role.name, role.name)});
    }
    if (!role.many && inputs.size() > 1) {
      throw core::UsageError(
          {.what = fmt::format("\"{}\" takes one {}", entry.name, role.name == "files" ? "file" : role.name),
           .where = place_of(plan_.study, entry.line),
           .expected = "one",
           .found = std::to_string(inputs.size())});
    }
  }

  result::Source source_of(const std::string& role, const probe::Input& input) {
    result::Source out{.role = role, .path = input.path, .format = {}, .sha256 = {}};
    if (input.builtin) {
      out.sha256 = hash_of_text("builtin " + input.path + " " + program_version());
      out.hashed = "its name and the version of the program";
      return out;
    }
    auto known = hashes_.find(input.path);
    if (known == hashes_.end()) known = hashes_.emplace(input.path, hash_of(input.path)).first;
    out.sha256 = known->second.sha256;
    out.hashed = known->second.hashed;
    return out;
  }

  // ---- order and keys
  // ------------------------------------------------------------------------------------------------

  // The same probe (and the same edge) in the parent state.
  void link_partners() {
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
      Step& step = plan_.steps[i];
      if (!step.probe->partner || !step.measurement.parent) continue;
      for (std::size_t k = 0; k < plan_.steps.size(); ++k) {
        const Step& other = plan_.steps[k];
        if (other.probe != step.probe || other.measurement.state != step.measurement.parent->name) continue;
        const core::SettingValue* mine = step.measurement.settings.find(step.probe->runs_over);
        const core::SettingValue* its = other.measurement.settings.find(step.probe->runs_over);
        const bool same_edge = (mine == nullptr) == (its == nullptr) && (mine == nullptr || *mine == *its);
        if (same_edge) step.partner = k;
      }
    }
  }

  // Partners may stand later in the file; states have no circles, so an order exists.
  void sort_steps() {
    std::vector<std::size_t> order;
    std::vector<int> mark(plan_.steps.size(), 0);
    const auto visit = [&](auto&& self, std::size_t i) -> void {
      if (mark[i] != 0) return;
      mark[i] = 1;
      for (const std::size_t t : plan_.steps[i].takes) self(self, t);
      if (plan_.steps[i].partner) self(self, *plan_.steps[i].partner);
      order.push_back(i);
    };
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) visit(visit, i);
    std::vector<std::size_t> place(order.size());
    for (std::size_t k = 0; k < order.size(); ++k) place[order[k]] = k;
    std::vector<Step> sorted;
    for (const std::size_t i : order) sorted.push_back(std::move(plan_.steps[i]));
    for (Step& step : sorted) {
      for (std::size_t& t : step.takes) t = place[t];
      if (step.partner) step.partner = place[*step.partner];
    }
    plan_.steps = std::move(sorted);
  }

  // No folders and no times: a moved folder still hits. The file's own name counts, as instruments put facts into it.
  std::string key_of(const Step& step) const {
    if (step.given != nullptr) return step.given->key;
    const probe::Measurement& m = step.measurement;
    std::string text = fmt::format("lithoscope step 1\n{} {}\nname {}\nseed {}\nstate {}\n", m.probe,
                                   step.probe->version, m.name, plan_.seed, m.state);
    for (const core::SettingInfo& info : step.probe->settings) {
      if (const core::SettingValue* value = m.settings.find(info.name))
        text += fmt::format("{} = {}\n", info.name, core::setting_text(*value, info.unit));
    }
    const core::Settings sample = core::settings_of(probe::sample_settings_table(), m.sample);
    for (const std::string& key : step.probe->sample) {
      if (const core::SettingValue* value = sample.find(key))
        text += fmt::format("sample.{} = {}\n", key, core::setting_text(*value, ""));
    }
    if (std::ranges::find(step.probe->state, "lithium_extracted") != step.probe->state.end() &&
        m.state_facts.lithium_extracted)
      text += fmt::format("lithium_extracted = {}\n", *m.state_facts.lithium_extracted);
    if (std::ranges::find(step.probe->state, "history") != step.probe->state.end()) {
      std::vector<probe::State> history{m.state_facts};
      if (m.parent) history.insert(history.begin(), *m.parent);
      text += states_toml(history);
    }
    std::size_t k = 0;
    for (const auto& [role, inputs] : m.files) {
      for (const probe::Input& input : inputs)
        text += fmt::format("{} {} {} {}\n", role, step.inputs[k++].sha256, fs::path(input.path).filename().string(),
                            input.selector);
    }
    for (const std::size_t t : step.takes) text += "takes " + key_of(plan_.steps[t]) + "\n";
    if (step.partner) text += "partner " + key_of(plan_.steps[*step.partner]) + "\n";
    return hash_of_text(text);
  }

  const Registry& registry_;
  Plan plan_;
  std::set<std::string> ids_;
  std::map<std::string, Hash> hashes_;
};

}  // namespace

Plan make_plan(const Study& study, const Registry& registry, std::uint64_t seed) {
  return Planner{study, registry, seed}.make();
}

std::size_t step_named(const Plan& plan, const std::string& id) {
  const auto found = std::ranges::find(plan.steps, id, &Step::id);
  if (found != plan.steps.end()) return static_cast<std::size_t>(found - plan.steps.begin());
  std::vector<std::string> ids;
  std::string list;
  for (const Step& step : plan.steps) {
    ids.push_back(step.id);
    list += (list.empty() ? "" : ", ") + step.id;
  }
  const std::string near = core::nearest_name(id, ids);
  throw core::UsageError({.what = fmt::format("the study has no step \"{}\"", id),
                          .expected = "one of " + list,
                          .found = id,
                          .advice = near.empty() ? "" : fmt::format("did you mean \"{}\"?", near)});
}

std::string plan_text(const Plan& plan) {
  std::string out = plan.study.title + "\n";
  for (const Step& step : plan.steps) {
    out += fmt::format("  {}: {}\n", step.id, step.measurement.name);
    std::string waits;
    for (const std::size_t t : step.takes) waits += (waits.empty() ? "" : ", ") + plan.steps[t].id;
    if (step.partner) waits += (waits.empty() ? "" : ", ") + plan.steps[*step.partner].id;
    if (!waits.empty()) out += "    waits for " + waits + "\n";
    for (const result::Source& source : step.inputs) out += fmt::format("    {}: {}\n", source.role, source.path);
  }
  return out;
}

std::string plan_json(const Plan& plan) {
  const auto text = [](const std::string& s) { return "\"" + core::escaped_string(s) + "\""; };
  std::string out =
      fmt::format("{{\"schema\": \"lithoscope/plan/1\", \"title\": {}, \"steps\": [", text(plan.study.title));
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    std::string waits, inputs;
    for (const std::size_t t : step.takes) waits += (waits.empty() ? "" : ", ") + text(plan.steps[t].id);
    if (step.partner) waits += (waits.empty() ? "" : ", ") + text(plan.steps[*step.partner].id);
    for (const result::Source& s : step.inputs)
      inputs += fmt::format("{}{{\"role\": {}, \"path\": {}, \"sha256\": {}, \"hashed\": {}}}",
                            inputs.empty() ? "" : ", ", text(s.role), text(s.path), text(s.sha256), text(s.hashed));
    out += fmt::format(
        "{}\n  {{\"id\": {}, \"probe\": {}, \"name\": {}, \"state\": {}, \"key\": {}, \"waits_for\": [{}], \"inputs\": "
        "[{}]}}",
        i > 0 ? "," : "", text(step.id), text(step.measurement.probe), text(step.measurement.name),
        text(step.measurement.state), text(step.key), waits, inputs);
  }
  return out + "\n]}\n";
}

}  // namespace lithoscope::study
