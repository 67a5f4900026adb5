// One writer and one reader each: JSON, NeXus, csv. The tree of names is the same in both, so run.json and run.nxs hold
// the same names, units and errors, and reading gives back what was written, to the bit.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lithoscope/io/input_file.hpp"
#include "lithoscope/result/result.hpp"

namespace lithoscope::result {

/// What belongs to a whole file beside its results.
struct FileFacts {
  std::string title;
  std::string program;                                          ///< name and version
  std::vector<std::pair<std::string, std::string>> texts = {};  ///< "study": the resolved study file
};

/// One NXentry, one NXsubentry a result; the @default chain ends on the plot of the first result's first figure.
std::string nexus_file(std::span<const Result> results, const FileFacts& facts);
/// Throws UnreadableFile when it is no such file.
std::vector<Result> read_nexus(const io::InputFile& file);
FileFacts read_nexus_facts(const io::InputFile& file);
/// Whether the bytes are such a file.
bool is_result_file(const io::InputFile& file);

/// One JSON object, schema lithoscope/run/2; bulk tables and grids are named with their size and left to run.nxs.
std::string json_file(std::span<const Result> results, const FileFacts& facts);
/// One result, schema lithoscope/result/1.
std::string json_text(const Result& result, const std::string& program);
/// Reads either. Throws UnreadableFile.
std::vector<Result> read_json(std::string_view text, const std::string& path);

/// A table or grid as csv: names with units in the first line, `NAME_errors` beside what has a variance.
std::string csv_text(const Table& table);
std::string csv_text(const Grid& grid);

/// The tables with a `brief`, the numbers, as a terminal shows them: at most `rows` lines a table, evenly chosen.
std::string terminal_text(const Result& result, std::size_t rows = 12);

}  // namespace lithoscope::result
