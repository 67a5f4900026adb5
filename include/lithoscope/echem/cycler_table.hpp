// What a cycler file said, in native units: the measurement every electrochemical analysis starts from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lithoscope::echem {

/// Whether the instrument wrote the time of a row or a program filled it in.
enum class TimeStamp : std::uint8_t { stamped, interpolated };

/// How the capacity column came about. It is always net charge since the first row, positive when charging.
enum class CapacityOrigin {
  file_net_counter,             ///< a signed counter of the file, such as BioLogic (Q-Qo)
  file_charge_minus_discharge,  ///< two counters of the file, resets bridged
  integrated_current,           ///< integrated here from current and time
};

/// How the current column came about.
enum class CurrentOrigin {
  instantaneous,         ///< sampled when the row was written
  interval_average,      ///< the file's average since the row before
  charge_over_interval,  ///< charge counted since the row before, divided by the time (BioLogic GCPL has no current)
};

/// What the potential is measured against. "Full cell" is declared by the user; files do not know.
enum class PotentialKind { working_electrode, cell_voltage };

/// What the file says of the sample; absent when it says nothing or the instrument's default.
struct SampleFacts {
  std::optional<double> active_mass_kg;
  std::optional<double> molar_mass_g_per_mol;
  std::optional<double> electrode_area_m2;
  std::string electrode_material;
  std::string electrolyte;
  std::string comment;
};

struct SourceFile {
  std::string path;
  std::string format;  ///< name in the registry, e.g. "BioLogic .mpr"
  std::string
      sha256;  ///< of the file on disk; filled by a run, which records its inputs (hashing is slower than reading)
  std::string technique;
  std::string instrument;
  std::string started;  ///< local time of the instrument, ISO 8601, empty when unknown
};

/// All vectors have `rows()` entries, except `step` and `temperature_K`, which are empty when the file has none.
struct CyclerTable {
  std::vector<double> time_s;  ///< the file's own clock; not shifted
  std::vector<double> potential_V;
  std::vector<double> current_A;  ///< positive when charging (oxidation of the working electrode)
  std::vector<double> capacity_Ah;
  std::vector<double> temperature_K;
  std::vector<std::int32_t> step;  ///< the instrument's step number, for information only
  std::vector<TimeStamp> stamp;

  CurrentOrigin current_origin = CurrentOrigin::instantaneous;
  CapacityOrigin capacity_origin = CapacityOrigin::integrated_current;
  PotentialKind potential_kind = PotentialKind::working_electrode;
  bool current_per_mass = false;  ///< current_A and capacity_Ah are per kg of active material (a table in mA/g)
  SampleFacts sample;
  std::vector<SourceFile> sources;
  std::vector<std::string> remarks;  ///< sentences a user should read

  std::int64_t rows() const { return static_cast<std::int64_t>(time_s.size()); }
};

std::string describe(CapacityOrigin origin);
std::string describe(CurrentOrigin origin);

/// Net charge since the first row, Ah. An interval-averaged current counts for the interval that ends at its row; an
/// instantaneous one is integrated by trapezoids.
std::vector<double> integrate_current_Ah(const CyclerTable& table);

/// Adds a remark on time that goes back, and throws UnreadableFile when rows hold no finite numbers.
void check_table(CyclerTable& table);

/// Currents and capacities of a table per mass as those of `mass_kg` of active material.
void scale_to_mass(CyclerTable& table, double mass_kg);

/// How several tables follow each other.
enum class Join {
  time,      ///< one clock runs through all files
  sequence,  ///< each file starts its own clock: placed one after another; the joint is marked as interpolated
};

/// Sorted by time (Join::time) or in the order given. Throws UnreadableFile when files overlap in time or differ in
/// kind.
CyclerTable join_tables(std::vector<CyclerTable> tables, Join how);

}  // namespace lithoscope::echem
