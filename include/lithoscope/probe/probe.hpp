// A probe as the house sees it: a table of facts and three doors. Adding one is a room that returns it from probes()
// and one line in study/registry.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lithoscope/core/log.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/core/settings.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/particle/history.hpp"
#include "lithoscope/particle/model.hpp"
#include "lithoscope/probe/sample.hpp"
#include "lithoscope/result/result.hpp"

namespace lithoscope::probe {

/// What a file is to the measurement. The role "files" is the measurement itself and positional on the command line;
/// the others are keys of the measurement and flags.
struct Role {
  std::string name;
  std::string help;
  bool required = false;
  bool many = true;         ///< more than one file; else a second one is refused
  bool selectable = false;  ///< "FILE:SCAN" is understood; the part after the file goes into Input::selector
  std::vector<std::string> builtin = {};  ///< names that are no files and are understood, too: presets
  std::string otherwise = {};             ///< the one of `builtin` that is used where none is given; empty: none
};

/// A file of a role, found.
struct Input {
  std::string path;
  std::string selector = {};  ///< "3" of "FILE:3"
  bool builtin = false;       ///< `path` is a name of Role::builtin
  bool operator==(const Input&) const = default;
};

/// What reduce is given: every file found, every setting resolved and checked.
struct Measurement {
  std::string probe;
  std::string name;                                               ///< for a person
  std::string state;                                              ///< empty when the study has none for it
  std::vector<std::pair<std::string, std::vector<Input>>> files;  ///< by role
  core::Settings settings;
  core::Settings instrument = {};  ///< settings of the synthetic instrument; empty in reduce
  Sample sample = {};
  State state_facts;                 ///< of `state`
  std::optional<State> parent = {};  ///< the state it was made from

  const std::vector<Input>& of(std::string_view role) const;  ///< empty when none was given
  /// The only one of a role, or nothing.
  const Input* one(std::string_view role) const;
};

/// A result that another one is made with.
struct Taken {
  std::string probe, state;
  bool partner = false;  ///< of the same probe, in the parent state
  std::shared_ptr<const result::Result> result;
};

/// Everything a door may use beside its arguments.
struct Context {
  core::Progress& progress;
  core::Log& log;
  std::uint64_t seed = 1;
  std::vector<Taken> taken = {};

  /// Of that probe, not the partner; the first one. nullptr when there is none.
  const result::Result* find(std::string_view probe) const;
  /// The same probe's result of the state before; nullptr when there is none.
  const result::Result* partner() const;
};

/// Another probe whose result of the same state is needed.
struct Take {
  std::string probe;
  bool required = true;
};

/// The particle at the end of a step, and how it got there.
struct Scene {
  const particle::Model& model;
  const particle::Run& run;    ///< sizes and weights
  const particle::Leg& leg;    ///< with its trace, sampled as an instrument would
  const particle::Mark& mark;  ///< the end of the step
};

/// Where raw files go: a name without folders and the bytes. May be called from several threads.
using Sink = std::function<void(const std::string& name, std::string_view bytes)>;

/// What a file is, from its content.
struct Identity {
  std::string format;
  std::vector<std::pair<std::string, std::string>> facts;  ///< "rows": "23", "started": "2019-..."
  std::vector<std::string> remarks;
};

/// A measurement in another format: `litho convert --to NAME`, `litho xas --write FILE.NAME`.
struct Export {
  std::string name;                  ///< "bdf"
  std::string format;                ///< "Battery Data Format csv"
  std::vector<std::string> endings;  ///< of file names, without the dot
  std::string (*write)(const Measurement&, Context&);
};

/// Something the probe's command prints in place of a result: a list of presets, the columns of a file.
struct Printout {
  std::string name;  ///< "list": the flag --list
  std::string help;
  bool takes_text = false;  ///< --show NAME
  std::string (*print)(const Measurement&, const std::string& text, Context&);
};

struct Probe {
  std::string name;     ///< of the probe and of its command: small letters
  std::string help;     ///< a sentence: what comes out of what
  std::string version;  ///< raised when the reduction's numbers change; part of a step's key
  std::vector<Role> roles;
  std::vector<core::SettingInfo> settings;
  std::vector<std::string> sample = {};  ///< keys of [sample] it reads; the others are no part of its step's key
  std::vector<std::string> state = {};   ///< keys of [[state]] it reads; "history": how it and its parent were made
  std::vector<Take> takes = {};
  bool partner = false;  ///< reads its own result of the parent state, and says what changed
  /// A table of the study ("inference") that asks for it once, in place of a [[measurement]]: it is of the two states
  /// of the study's question, reads the results of all other steps in them, also where some failed, and is given the
  /// roles and settings of the probes it takes, which are made for it.
  std::string section = {};
  bool command = true;         ///< has a command of its own
  std::string runs_over = {};  ///< a setting: `edges = [...]` in a study makes one measurement for each `edge`
  std::vector<std::string> cite = {};
  std::vector<core::SettingInfo> instrument = {};  ///< settings of synthesize and predict alone
  bool synthesizes_folder = false;                 ///< more than one file
  bool needs_particle = true;                      ///< synthesize and predict look at a scene; else it is empty

  result::Result (*reduce)(const Measurement&, Context&) = nullptr;
  /// Fills the values of the observables it is handed (names, axes and kernels as they are) with what the particle
  /// would show; what it cannot tell keeps NaN and gets a flag. nullptr: no such door.
  std::vector<result::Observable> (*predict)(const Scene&, const Measurement&, std::vector<result::Observable>,
                                             Context&) = nullptr;
  /// Writes the raw files an instrument would have written of the scene. nullptr: no such door.
  void (*synthesize)(const Scene&, const Measurement&, const Sink&, Context&) = nullptr;

  /// Of the files of role "files"; nullptr: nothing is recognised. Not to throw for a file of another kind.
  std::optional<Identity> (*identify)(const io::InputFile&) = nullptr;
  std::vector<Export> exports = {};
  std::vector<Printout> printouts = {};
  /// Which role a file of a `folder` has, by its content; empty: none. nullptr: folders are not searched.
  std::string (*role_of)(const io::InputFile&) = nullptr;
  std::string title = {};  ///< for a person: "GITT"; empty: the name
};

/// Settings of the measurement in a struct of the room.
template <class Struct>
Struct settings_in(const Measurement& measurement, std::span<const core::Setting<Struct>> table, Struct defaults = {}) {
  core::fill_settings(table, measurement.settings, defaults);
  return defaults;
}

/// Settings of the synthetic instrument in a struct of the room.
template <class Struct>
Struct instrument_in(const Measurement& measurement, std::span<const core::Setting<Struct>> table,
                     Struct defaults = {}) {
  core::fill_settings(table, measurement.instrument, defaults);
  return defaults;
}

/// Appends: `infos += table` reads better than insert.
std::vector<core::SettingInfo> joined(std::vector<std::vector<core::SettingInfo>> parts);

}  // namespace lithoscope::probe
