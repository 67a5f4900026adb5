// The study file: which sample, which states, which measurements, which files. Strict: an unknown key, a wrong unit, a
// role or setting of another probe is an error with its line.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lithoscope/io/toml.hpp"
#include "lithoscope/probe/sample.hpp"
#include "lithoscope/study/registry.hpp"

namespace lithoscope::study {

/// One [[measurement]] of one state and, where a block runs over several, one edge.
struct Entry {
  std::string probe;
  std::string name;                                                     ///< for a person
  std::string state;                                                    ///< empty when the block names none
  std::vector<std::pair<std::string, std::vector<std::string>>> files;  ///< by role, as written: paths or patterns
  std::string folder;                                                   ///< searched by content; empty: none
  core::Settings settings;                                              ///< those that were given
  std::vector<std::string> takes;                                       ///< probes it was told to take
  bool over_states_of_takes = false;  ///< names no state: one measurement for each state its takes were measured in
  int line = 0;                       ///< of the study file, 0 when there is none
};

struct Study {
  std::string path;       ///< of the study file; empty when it came from the command line
  std::string directory;  ///< relative paths start here
  std::string title;
  std::optional<std::pair<std::string, std::string>> question;  ///< the states compared: before, after
  probe::Sample sample;
  std::vector<probe::State> states;
  std::vector<Entry> entries;
};

/// Throw UsageError with file, line and column. `asked`: sections of probes ("inference") that are wanted though the
/// study does not have them; then with their defaults.
Study read_study(const std::string& path, const std::vector<io::Override>& overrides, const Registry& registry,
                 const std::vector<std::string>& asked = {});
Study parse_study(const std::string& text, const std::string& path, const std::vector<io::Override>& overrides,
                  const Registry& registry, const std::vector<std::string>& asked = {});
/// From a tree that was made otherwise: the command line.
Study study_from(const io::TomlTable& root, const std::string& path, const Registry& registry,
                 const std::vector<std::string>& asked = {});

}  // namespace lithoscope::study
