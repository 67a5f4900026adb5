// Reading and writing cycler files. Formats are recognised by content, never by the name of the file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lithoscope/echem/cycler_table.hpp"
#include "lithoscope/io/input_file.hpp"

namespace lithoscope::echem {

/// Whether the bytes are a cycler's file: one that is read, or one known by name only.
bool is_cycler_file(const io::InputFile& file);

/// Reads any registered format. Throws UnreadableFile when the file is damaged, is not a cycler file, or is of a kind
/// that is recognised but not read yet (the message names it).
CyclerTable read_cycler_file(const io::InputFile& file);

/// Which column of a plain table is what. A unit is taken from the column's name ("Time [s]", "I (mA)", "Voltage / V")
/// unless given; "Seconds [s]" also declares the unit of a column that is called just "Seconds".
struct PlainColumn {
  std::string name;
  std::string unit;
};
struct PlainLayout {
  PlainColumn time, potential, current;
  std::optional<PlainColumn> capacity, temperature;
};

/// A delimited text with one line of names. Throws UnreadableFile when a column is missing (naming those there are),
/// UsageError when a unit is missing or has the wrong dimension. A current per mass (mA/g) sets current_per_mass.
CyclerTable read_plain_table(const io::InputFile& file, const PlainLayout& layout);

/// The names of all readable formats.
std::vector<std::string> cycler_format_names();

/// The table as Battery Data Format csv, shortest digits that read back to the same numbers.
std::string bdf_csv(const CyclerTable& table);
/// The table as BioLogic text (EC-Lab ASCII), as an instrument would export it.
std::string biologic_text(const CyclerTable& table);

}  // namespace lithoscope::echem
