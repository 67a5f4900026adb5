// What a format is to the registry: a name, a test on the content, a reader. One file a format.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lithoscope/echem/cycler_table.hpp"
#include "lithoscope/io/input_file.hpp"

namespace lithoscope::echem {

struct CyclerFormat {
  std::string name;
  bool (*recognises)(std::string_view bytes);
  CyclerTable (*read)(const io::InputFile& file);
};

CyclerFormat biologic_mpr_format();
CyclerFormat biologic_mpt_format();
CyclerFormat arbin_res_format();
CyclerFormat arbin_csv_format();
CyclerFormat bdf_csv_format();

/// The first line that could hold column names: without a byte-order mark and without its end.
std::string_view first_line(std::string_view bytes);

/// Fills what follows from the rest: stamps, capacity where the file has none, the source, and the checks.
void complete_table(CyclerTable& table, const io::InputFile& file, const std::string& format_name, bool has_capacity);

/// A step number of a file as an integer; -1 for what is none.
std::int32_t step_number(double value);

/// Net charge from two counters that only grow or restart at zero.
std::vector<double> net_of_counters(const std::vector<double>& charge, const std::vector<double>& discharge);

[[noreturn]] void unreadable(const std::string& path, std::string what, std::string expected, std::string found,
                             std::string advice);

}  // namespace lithoscope::echem
