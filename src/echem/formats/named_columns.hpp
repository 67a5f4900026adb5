// Columns of vendor tables by their names, however the vendor spelled them this year.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "lithoscope/echem/cycler_table.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::echem {

/// "Test Time (s)", "Test_Time(s)" and "test time(s)" are one name.
std::string plain_spelling(std::string_view name);

/// A csv whose first line is its column names.
io::TextTable parse_named_csv(const io::InputFile& file);

/// The first column whose plain spelling is one of `names` (given in plain spelling), or nullptr.
const io::TextColumn* find_spelled(const io::TextTable& table, std::initializer_list<std::string_view> names);

/// Throws UnreadableFile naming the columns there are.
const std::vector<double>& required_numbers(const io::TextTable& table, const std::string& path, std::string_view what,
                                            std::initializer_list<std::string_view> names);

/// The Arbin tables (database and csv) share everything but the spelling.
CyclerTable arbin_table(const io::TextTable& table, const std::string& path);

}  // namespace lithoscope::echem
