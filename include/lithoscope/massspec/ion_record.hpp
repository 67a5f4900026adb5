// What a mass spectrometer and a thermobalance wrote, each series on its own clock.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace lithoscope::massspec {

/// A time of day as a file writes it: of a clock that is named (UTC), or of the clock on the wall beside the
/// instrument.
struct Moment {
  double seconds = 0;  ///< since 1970-01-01 00:00 of that clock
  bool utc = false;
};
/// "2022-11-28 13:51:12", with " UTC" where the clock is known.
std::string text_of(const Moment& moment);

/// One series with its own times, which ascend.
struct Series {
  std::string name;  ///< as the file calls it: "C4M32", "Water"
  std::string unit;  ///< "A", "mbar", "cps", "ml/min"; empty: a number without one
  std::vector<double> time_s;
  std::vector<double> value;                             ///< finite; rows without one are dropped
  double mz = std::numeric_limits<double>::quiet_NaN();  ///< mass over charge; NaN: no ion's series
};

/// One pass over the masses.
struct MassScan {
  double time_s = 0;
  std::string unit;
  std::vector<double> mz, value;  ///< mz ascends
};

/// A potentiostat's record beside the ion currents.
struct CellRecord {
  std::vector<double> time_s, potential_V, current_A;
};

struct IonRecord {
  std::string path, format;
  std::optional<Moment> start;  ///< where time_s is 0
  std::vector<Series> ions;     ///< by m/z, then by name
  std::vector<Series> others;   ///< pressures, flows
  std::vector<MassScan> scans;
  std::optional<CellRecord> cell;
  std::optional<Series> temperature_K;  ///< where the spectrometer's own table has one
  std::vector<std::string> remarks;     ///< sentences a user should read
};

struct BalanceRecord {
  std::string path, format;
  std::optional<Moment> start;
  std::vector<double> time_s;         ///< ascends
  std::vector<double> temperature_K;  ///< of the sample; NaN where the row has none; empty: the file has none
  std::vector<double> mass_kg;
  std::vector<std::string> remarks;
};

/// The m/z that a series' name tells: "C4M32", "M32-O2 [A]", "32_amu", "m/z 32", "Water", "Oxygen", "CO2"; NaN: none.
double mz_of_name(const std::string& name);

}  // namespace lithoscope::massspec
