// Microsoft Access (Jet) databases through mdbtools. Its library crashes and hangs on damaged files, so it runs as a
// child process with limits on time, memory and output.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lithoscope/io/input_file.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::io {

/// Text that owns its bytes, and the columns that point into it.
struct DatabaseTable {
  std::string bytes;
  TextTable table;
};

/// Throws UnreadableFile when the file is cut short, has no such table, or mdbtools fails on it.
std::vector<std::string> database_table_names(const InputFile& file);
/// Numbers come through decimal text of at most 16 digits.
std::unique_ptr<DatabaseTable> read_database_table(const InputFile& file, const std::string& table);

}  // namespace lithoscope::io
