#include "lithoscope/io/access_database.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/child_process.hpp"
#include "lithoscope/io/recognise.hpp"

namespace lithoscope::io {
namespace {

[[noreturn]] void damaged(const InputFile& file, std::string what, std::string expected, std::string found) {
  const bool missing_tool = found.find("not installed") != std::string::npos;
  throw core::UnreadableFile({.what = std::move(what),
                              .where = {.path = file.path()},
                              .expected = std::move(expected),
                              .found = std::move(found),
                              .advice = missing_tool ? "install the Debian package mdbtools"
                                                     : "the database is cut short or damaged: copy it again"});
}

void check_whole_pages(const InputFile& file) {
  const std::string_view bytes = file.bytes();
  if (recognise_container(bytes) != Container::access_database || bytes.size() < 0x15) {
    damaged(file, "is not a Microsoft Access database", "\"Standard Jet DB\" at byte 4", "something else");
  }
  // Byte 0x14 is the Jet version: 0 is Jet 3 with pages of 2048 bytes, later ones have 4096.
  const std::size_t page = bytes[0x14] == 0 ? 2048 : 4096;
  if (bytes.size() % page != 0) {
    damaged(file, "is cut short", fmt::format("a multiple of {} bytes", page), fmt::format("{} bytes", bytes.size()));
  }
}

std::string run_tool(const InputFile& file, const std::vector<std::string>& arguments) {
  const auto size = static_cast<std::int64_t>(file.bytes().size());
  ChildLimits limits;
  limits.seconds = 30 + static_cast<int>(size / 5'000'000);
  limits.memory_bytes = 500'000'000 + 4 * size;
  limits.output_bytes = 10'000'000 + 20 * size;
  ChildResult result = run_child(arguments, file.bytes(), limits);
  if (!result.failure.empty()) {
    damaged(file, "could not be read as a database", "tables mdbtools can list", result.failure);
  }
  return std::move(result.output);
}

}  // namespace

std::vector<std::string> database_table_names(const InputFile& file) {
  check_whole_pages(file);
  const std::string output = run_tool(file, {"mdb-tables", "-1", "{input}"});
  std::vector<std::string> names;
  for (const std::string_view line : lines_of(output)) {
    if (!core::trimmed(line).empty()) names.emplace_back(core::trimmed(line));
  }
  return names;
}

std::unique_ptr<DatabaseTable> read_database_table(const InputFile& file, const std::string& table) {
  check_whole_pages(file);
  // Separators no comment contains, and no quotes: the text needs no unescaping.
  auto result = std::make_unique<DatabaseTable>();
  result->bytes = run_tool(file, {"mdb-export", "-Q", "-d", "\x1f", "-R", "\x1e", "{input}", table});
  // mdb-export ends the line of names with the row separator too.
  result->table = parse_text_table(file.path() + " [" + table + "]", result->bytes,
                                   {.skip_lines = 0, .delimiter = '\x1f', .decimal_comma = false, .row_end = '\x1e'});
  // mdb-export leaves out pages it cannot read and says nothing; the table's own count does not.
  const auto counted = to_number(run_tool(file, {"mdb-count", "{input}", table}));
  if (counted && *counted != static_cast<double>(result->table.rows)) {
    damaged(file, fmt::format("rows of {} are lost", table), fmt::format("{} rows", *counted),
            fmt::format("{} rows", result->table.rows));
  }
  return result;
}

}  // namespace lithoscope::io
