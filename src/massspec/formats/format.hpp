// What a format is to the registry, and what all readers of this room need.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lithoscope/io/input_file.hpp"
#include "lithoscope/massspec/ion_record.hpp"
#include "lithoscope/massspec/record_files.hpp"

namespace lithoscope::massspec {

struct IonFormat {
  std::string name;
  bool (*recognises)(std::string_view bytes);
  IonRecord (*read)(const io::InputFile& file);
};
IonFormat zilien_format();
IonFormat zilien_scan_format();
IonFormat pv_massspec_format();
IonFormat quadera_format();
IonFormat quadstar_format();
IonFormat ixdat_format();
IonFormat plain_ions_format();

struct BalanceFormat {
  std::string name;
  bool (*recognises)(std::string_view bytes);
  BalanceRecord (*read)(const io::InputFile& file, const PlainBalance& plain);
};
BalanceFormat mettler_format();
BalanceFormat ta_format();
BalanceFormat plain_balance_format();

[[noreturn]] void unreadable(const std::string& path, std::int64_t line, std::string what, std::string expected,
                             std::string found, std::string advice = {});

/// "Mass  [AMU]": words one blank apart.
std::string single_blanked(std::string_view text);
/// The name and the unit of "Time Relative [s]", "Ewe/V", "Weight (mg)"; no unit: empty.
struct NameAndUnit {
  std::string name, unit;
};
NameAndUnit name_and_unit(std::string_view heading);

/// Which of the three numbers of a date comes first.
enum class DateOrder { day_month_year, month_day_year, year_month_day };
/// "28/11/2022 13:51:12", "28.11.2022 14:59:26.5", "2024-01-17 15:22:01.14". Nothing for another text.
std::optional<Moment> moment_of(std::string_view text, DateOrder order);

/// Drops rows whose value or time is no number, and checks that time ascends: else throws with the line, which is
/// `first_line` of the first row; repeated times are dropped with a remark.
Series checked_series(const std::string& path, Series series, std::int64_t first_line,
                      std::vector<std::string>& remarks);

/// Values to the unit the room keeps: currents in A; others as they are.
void to_native(Series& series);

/// Columns of rows with several clocks: every cell as a number, NaN where it is empty. `decimal_comma` as in to_number.
/// A row cut short is filled with NaN when it is the last, else refused.
struct CellTable {
  std::vector<std::string> names;
  std::vector<std::vector<double>> columns;
  std::int64_t first_line = 0;  ///< of the first row
  std::int64_t short_last = 0;  ///< cells that the last row has, when it was cut short; 0: it is whole
};
CellTable cells_of(const std::string& path, const std::vector<std::string_view>& lines, std::int64_t names_at,
                   std::int64_t rows_at, char delimiter, bool decimal_comma);

}  // namespace lithoscope::massspec
