#include "lithoscope/study/study_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "states.hpp"

namespace lithoscope::study {
namespace {

using io::TableReader;
using io::TomlTable;

probe::Sample read_sample(TableReader reader) {
  const auto infos = core::setting_infos<probe::Sample>(probe::sample_settings_table(), "The sample");
  probe::Sample sample;
  core::fill_settings(probe::sample_settings_table(), reader.settings(infos), sample);
  reader.finish();
  try {
    probe::complete(sample);
  } catch (const core::UsageError& error) {
    const core::ErrorFacts& facts = error.facts();
    const auto colon = facts.what.find(": ");
    const bool named = facts.what.starts_with("[sample] ") && colon != std::string::npos;
    const std::string key = named ? facts.what.substr(9, colon - 9) : "formula";
    reader.fail(key, named ? facts.what.substr(colon + 2) : facts.what, facts.expected, facts.found, facts.advice);
  }
  return sample;
}

// The probes whose roles and settings a measurement may give: its own, and those it takes, which are then made from the
// same block.
std::vector<const probe::Probe*> accepted(const probe::Probe& own, const Registry& registry) {
  std::vector<const probe::Probe*> out{&own};
  const bool has_files = std::ranges::find(own.roles, "files", &probe::Role::name) != own.roles.end();
  if (has_files) return out;
  for (const probe::Take& take : own.takes) {
    if (const probe::Probe* taken = find_probe(registry, take.probe)) out.push_back(taken);
  }
  return out;
}

std::string replaced(std::string text, const std::string& mark, const std::string& by) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + by.size()))
    text.replace(at, mark.size(), by);
  return text;
}

// One block before it is spread over its states and edges.
struct Block {
  Entry entry;
  std::vector<std::string> states, over;
  std::string over_name;  ///< "edge"
  std::vector<std::pair<std::string, std::vector<std::pair<std::string, std::vector<std::string>>>>> by_state;
  bool named = false;
};

class BlockReader {
 public:
  BlockReader(const TomlTable& table, const std::string& path, const std::vector<probe::State>& states,
              const Registry& registry)
      : table_(table), reader_(table, path, "[[measurement]]"), path_(path), states_(states), registry_(registry) {}
  /// The table of a probe that has a section of its own.
  BlockReader(const TomlTable& table, const std::string& path, const std::vector<probe::State>& states,
              const Registry& registry, const probe::Probe& of_section)
      : table_(table),
        reader_(table, path, "[" + of_section.section + "]"),
        path_(path),
        states_(states),
        registry_(registry),
        probe_(&of_section) {}

  /// Of a section: one measurement, in the state that is asked about.
  Entry read_section(const std::string& state) {
    block_.entry.probe = probe_->name;
    block_.entry.line = reader_.line();
    block_.entry.name = probe_->title.empty() ? probe_->name : probe_->title;
    block_.entry.state = state;
    accepted_ = accepted(*probe_, registry_);
    refuse_weights();
    read_roles();
    read_settings();
    reader_.finish();
    return std::move(block_.entry);
  }

  Block read() {
    const auto name = reader_.text("probe");
    if (!name) reader_.fail("probe", "is missing", "the name of a probe, such as \"gitt\"", "nothing", "");
    try {
      probe_ = &probe_named(registry_, *name);
    } catch (const core::UsageError& error) {
      const core::ErrorFacts& facts = error.facts();
      reader_.fail("probe", facts.what, facts.expected, facts.found, facts.advice);
    }
    block_.entry.probe = probe_->name;
    block_.entry.line = reader_.line();
    accepted_ = accepted(*probe_, registry_);
    refuse_weights();
    const std::string title = probe_->title.empty() ? probe_->name : probe_->title;
    const auto given = reader_.text("name");
    block_.named = given.has_value();
    block_.entry.name = given.value_or(title);
    block_.entry.takes = reader_.texts("takes");
    read_states();
    read_over();
    read_roles();
    read_settings();
    refuse_strangers_in(table_, reader_);
    reader_.finish();
    return std::move(block_);
  }

 private:
  void refuse_weights() {
    for (const char* key : {"weight", "weights"}) {
      if (!reader_.has(key)) continue;
      reader_.fail(key, "is not something a study can set",
                   "no weights: every value counts by its own uncertainty, and causes that values share enter once",
                   std::string{"\""} + key + "\"",
                   "where a measurement deserves less trust, give it the larger error or the scatter that it has");
    }
  }

  void read_states() {
    block_.states = reader_.texts("state");
    for (const std::string& state : block_.states) {
      if (std::ranges::find(states_, state, &probe::State::name) != states_.end()) continue;
      std::vector<std::string> names;
      for (const probe::State& s : states_) names.push_back(s.name);
      const std::string near = core::nearest_name(state, names);
      reader_.fail("state", "names a state that is not defined", "the name of a [[state]]", "\"" + state + "\"",
                   near.empty() ? "add a [[state]] with this name" : "did you mean \"" + near + "\"?");
    }
    block_.entry.over_states_of_takes = block_.states.empty() && !block_.entry.takes.empty();
    for (const std::string& take : block_.entry.takes) {
      if (find_probe(registry_, take) == nullptr)
        reader_.fail("takes", "names a probe that is not there", "a probe of this program", "\"" + take + "\"", "");
    }
  }

  void read_over() {
    block_.over_name = probe_->runs_over;
    if (block_.over_name.empty()) return;
    block_.over = reader_.texts(block_.over_name + "s");
  }

  void read_roles() {
    for (const probe::Probe* p : accepted_) {
      for (const probe::Role& role : p->roles) read_role(role);
    }
    block_.entry.folder = reader_.text("folder").value_or("");
    for (const probe::Role& role : probe_->roles) {
      if (!role.required || has(role.name) || !block_.entry.folder.empty()) continue;
      reader_.fail(role.name, "is missing", "a list of paths or patterns: " + role.help, "nothing", "");
    }
  }

  bool has(const std::string& role) const {
    const auto named = [&](const auto& f) { return f.first == role; };
    return std::ranges::any_of(block_.entry.files, named) || std::ranges::any_of(block_.by_state, named);
  }

  void read_role(const probe::Role& role) {
    if (has(role.name)) return;  // the same role of two probes: both get its files
    const io::TomlNode* node = reader_.node(role.name);
    if (node == nullptr) return;
    const TomlTable* table = node->table();
    if (table == nullptr) {
      block_.entry.files.emplace_back(role.name, reader_.texts(role.name));
      return;
    }
    TableReader inner{*table, path_, "[[measurement]] " + role.name};
    if (inner.has("files")) {  // { files = [...], and settings }
      block_.entry.files.emplace_back(role.name, inner.texts("files"));
      reader_.node(role.name + ".files");  // asked for
      return;
    }
    const bool of_states = std::ranges::all_of(table->entries, [&](const auto& e) {
      return std::ranges::find(block_.states, e.first) != block_.states.end();
    });
    if (!of_states || table->entries.empty()) return;  // only settings within it
    auto& lists =
        block_.by_state.emplace_back(role.name, std::vector<std::pair<std::string, std::vector<std::string>>>{});
    for (const auto& [state, files] : table->entries) lists.second.emplace_back(state, inner.texts(state));
  }

  void read_settings() {
    std::optional<TableReader> inner;
    if (const TomlTable* table = reader_.table("settings")) inner.emplace(*table, path_, "[measurement.settings]");
    for (const probe::Probe* p : accepted_) {
      for (const core::SettingInfo& info : p->settings) {
        if (block_.entry.settings.find(info.name) != nullptr) continue;
        core::SettingValue value = is_role(info.name) ? core::SettingValue{} : setting_of(info);
        if (inner) {
          core::SettingValue also = inner->setting(info);
          const bool both =
              !std::holds_alternative<std::monostate>(value) && !std::holds_alternative<std::monostate>(also);
          if (both) reader_.fail(info.name, "is given twice", "in [[measurement]] or in its settings", "in both", "");
          if (!std::holds_alternative<std::monostate>(also)) value = std::move(also);
        }
        if (!std::holds_alternative<std::monostate>(value)) block_.entry.settings.set(info.name, std::move(value));
      }
    }
    if (inner) {
      refuse_strangers_in(*reader_.table("settings"), *inner);
      inner->finish();
    }
  }

  // A list of texts may be a table: key = "value" is "key=value".
  core::SettingValue setting_of(const core::SettingInfo& info) {
    const io::TomlNode* node = info.kind == core::SettingKind::texts ? reader_.node(info.name) : nullptr;
    const TomlTable* table = node == nullptr ? nullptr : node->table();
    if (table == nullptr) return reader_.setting(info);
    TableReader inner{*table, path_, "[" + info.name + "]"};
    std::vector<std::string> out;
    for (const auto& [key, value] : table->entries) {
      if (const auto text = inner.text(key)) out.push_back(key + "=" + *text);
    }
    inner.finish();
    return out;
  }

  bool is_role(const std::string& name) const {
    return std::ranges::any_of(accepted_, [&](const probe::Probe* p) {
      return std::ranges::find(p->roles, name, &probe::Role::name) != p->roles.end();
    });
  }

  // A setting or role of another probe is told as such.
  void refuse_strangers_in(const TomlTable& table, const TableReader& reader) const {
    static const std::vector<std::string> general{"probe", "name", "state", "files", "folder", "takes", "settings"};
    for (const auto& [key, node] : table.entries) {
      const auto has_key = [&, k = key](const probe::Probe& p) {
        return std::ranges::any_of(p.settings,
                                   [&](const auto& s) { return s.name == k || s.name.starts_with(k + "."); }) ||
               std::ranges::find(p.roles, k, &probe::Role::name) != p.roles.end() ||
               (!p.runs_over.empty() && k == p.runs_over + "s");
      };
      if (std::ranges::find(general, key) != general.end()) continue;
      if (std::ranges::any_of(accepted_, [&](const probe::Probe* p) { return has_key(*p); })) continue;
      for (const probe::Probe& other : registry_) {
        if (!has_key(other)) continue;
        reader.fail(key, fmt::format("belongs to the probe {}, not to {}", other.name, probe_->name),
                    "a key of " + probe_->name, "\"" + key + "\"", "");
      }
    }
  }

  const TomlTable& table_;
  TableReader reader_;
  std::string path_;
  const std::vector<probe::State>& states_;
  const Registry& registry_;
  const probe::Probe* probe_ = nullptr;
  std::vector<const probe::Probe*> accepted_;
  Block block_;
};

// One entry for each state and each edge; {state} and {edge} in paths are filled in.
void spread(const Block& block, std::vector<Entry>& out) {
  const std::vector<std::string> none{""};
  for (const std::string& over : block.over.empty() ? none : block.over) {
    for (const std::string& state : block.states.empty() ? none : block.states) {
      Entry e = block.entry;
      e.state = state;
      if (!state.empty() && (!block.named || block.states.size() > 1)) e.name += ", " + state;
      if (!over.empty()) {
        e.settings.set(block.over_name, over);
        e.name += ", " + over;
      }
      for (const auto& [role, lists] : block.by_state) {
        for (const auto& [of, files] : lists) {
          if (of == state) e.files.emplace_back(role, files);
        }
      }
      const auto fill = [&](std::string& text) {
        text = replaced(std::move(text), "{state}", state);
        if (!over.empty()) text = replaced(std::move(text), "{" + block.over_name + "}", over);
      };
      for (auto& [role, files] : e.files) std::ranges::for_each(files, fill);
      fill(e.folder);
      out.push_back(std::move(e));
    }
  }
}

// Two measurements of one state would speak with one voice: "GITT, pristine" and "GITT, pristine (2)".
void number_equal_names(std::vector<Entry>& entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    int same = 1;
    for (std::size_t j = i + 1; j < entries.size(); ++j) {
      if (entries[j].name == entries[i].name) entries[j].name += fmt::format(" ({})", ++same);
    }
  }
}

void read_about(TableReader reader, const std::string& path, Study& study) {
  study.title = reader.text("title").value_or("");
  if (const TomlTable* question = reader.table("question")) {
    TableReader inner{*question, path, "[study] question"};
    const auto before = inner.text("before"), after = inner.text("after");
    if (!before || !after) inner.fail("before", "and after are both needed", "two states", "one", "");
    study.question = {*before, *after};
    inner.finish();
  }
  reader.finish();
}

// The two states a section is about: those of the question, or the only pair in which something was measured.
std::pair<std::string, std::string> compared(const Study& study, const TableReader& reader,
                                             const std::string& section) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const auto measured = [&](const std::string& state) {
    return std::ranges::find(study.entries, state, &Entry::state) != study.entries.end();
  };
  for (const probe::State& s : study.states) {
    if (!s.after.empty() && measured(s.name) && measured(s.after)) pairs.emplace_back(s.after, s.name);
  }
  const std::pair<std::string, std::string> asked = study.question      ? *study.question
                                                    : pairs.size() == 1 ? pairs.front()
                                                                        : std::pair<std::string, std::string>{};
  if (asked.second.empty()) {
    reader.fail(
        section, "does not know which two states to compare", "[study] question = { before = ..., after = ... }",
        pairs.empty() ? "no state that was measured and is made `after` another one that was" : "several pairs", "");
  }
  const auto after = std::ranges::find(study.states, asked.second, &probe::State::name);
  if (after == study.states.end() || after->after != asked.first) {
    reader.fail(
        section, "compares two states that no step links", "a state after that names the state before as `after`",
        "\"" + asked.first + "\" and \"" + asked.second + "\"", "what happened between them is what is weighed");
  }
  return asked;
}

// Tables that ask for a probe which reads all others.
void read_sections(TableReader& reader, const std::string& path, const Registry& registry,
                   const std::vector<std::string>& asked, Study& study) {
  for (const probe::Probe& probe : registry) {
    if (probe.section.empty()) continue;
    const bool wanted = std::ranges::find(asked, probe.section) != asked.end();
    static const TomlTable nothing;
    const TomlTable* table = reader.table(probe.section);
    if (table == nullptr && wanted) table = &nothing;
    if (table == nullptr) continue;
    const std::string state = compared(study, reader, probe.section).second;
    study.entries.push_back(BlockReader{*table, path, study.states, registry, probe}.read_section(state));
  }
}

}  // namespace

Study study_from(const TomlTable& root, const std::string& path, const Registry& registry,
                 const std::vector<std::string>& asked) {
  Study study;
  study.path = path;
  study.directory = std::filesystem::path(path).parent_path().string();
  TableReader reader{root, path, "the study"};
  if (const TomlTable* about = reader.table("study")) read_about({*about, path, "[study]"}, path, study);
  if (study.title.empty()) study.title = std::filesystem::path(path).stem().string();
  if (const TomlTable* sample = reader.table("sample")) study.sample = read_sample({*sample, path, "[sample]"});
  study.states = read_states(reader);
  for (const TomlTable* m : reader.tables("measurement")) {
    spread(BlockReader{*m, path, study.states, registry}.read(), study.entries);
  }
  number_equal_names(study.entries);
  if (study.entries.empty()) {
    reader.fail("measurement", "is missing", "at least one [[measurement]]", "none",
                "say what was measured and which files hold it");
  }
  if (study.question) {
    for (const std::string& state : {study.question->first, study.question->second}) {
      if (std::ranges::find(study.states, state, &probe::State::name) == study.states.end())
        reader.fail("study", "asks about a state that is not defined", "the name of a [[state]]", "\"" + state + "\"",
                    "");
    }
  }
  read_sections(reader, path, registry, asked, study);
  reader.finish();
  return study;
}

Study parse_study(const std::string& text, const std::string& path, const std::vector<io::Override>& overrides,
                  const Registry& registry, const std::vector<std::string>& asked) {
  TomlTable root = io::parse_toml(text, path);
  for (const io::Override& change : overrides) io::apply_override(root, change);
  return study_from(root, path, registry, asked);
}

Study read_study(const std::string& path, const std::vector<io::Override>& overrides, const Registry& registry,
                 const std::vector<std::string>& asked) {
  return parse_study(io::read_definition(path), path, overrides, registry, asked);
}

}  // namespace lithoscope::study
