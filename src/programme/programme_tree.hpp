// The tables of a programme file before they are read: what it is based on, and what the command line puts in. Private
// to the room.
#pragma once

#include <string>

#include "lithoscope/io/toml.hpp"

namespace lithoscope::programme {

/// The file it is based on (a preset or a path beside `path`), with what it drops taken away and what it says put in.
/// Throws UsageError for a base that is not there, or files based on each other.
io::TomlTable with_base(io::TomlTable own, const std::string& path, int depth = 0);

/// Puts in a value from the command line: names of parameters lead to their place, steps of branches are called like
/// those of the trunk. Returns the name as keys_of writes it. Throws UsageError.
std::string put_in(io::TomlTable& root, io::Override change);

}  // namespace lithoscope::programme
