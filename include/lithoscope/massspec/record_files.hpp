// Reading files of mass spectrometers and thermobalances. Formats are recognised by content, never by a file's name.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lithoscope/io/input_file.hpp"
#include "lithoscope/massspec/ion_record.hpp"

namespace lithoscope::massspec {

bool is_ion_record(const io::InputFile& file);
bool is_balance_record(const io::InputFile& file);

/// Zilien (versions 1 and 2, mass scans), PV MassSpec (currents and scans), Quadera, Quadstar, EC-MS tables of ixdat,
/// plain tables with a column of time. Throws UnreadableFile for a file that is damaged, none of these, or whose clock
/// jumps back.
IonRecord read_ion_record(const io::InputFile& file);

/// Files of one measurement: series and scans together. Throws UsageError for two files with the same series, or whose
/// starts are not known alike.
IonRecord joined(std::vector<IonRecord> records);

/// What a table without names holds.
struct PlainBalance {
  std::string time_unit, mass_unit;  ///< empty: such a table is refused
};

/// Mettler STARe text, TA Instruments text, plain tables. Throws UnreadableFile; for a table of two columns without
/// names and without `plain`, too.
BalanceRecord read_balance_record(const io::InputFile& file, const PlainBalance& plain = {});

std::vector<std::string> ion_format_names();
std::vector<std::string> balance_format_names();

}  // namespace lithoscope::massspec
