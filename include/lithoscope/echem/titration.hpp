// A titration from files to what is known of it: what the probes `gitt` and `ici` reduce.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/echem/constant_current.hpp"
#include "lithoscope/echem/cycler_files.hpp"
#include "lithoscope/echem/gitt.hpp"
#include "lithoscope/probe/probe.hpp"

namespace lithoscope::echem {

/// Settings beside those of the analysis.
struct TitrationSettings {
  CellKind cell = CellKind::not_declared;
  Join join = Join::time;
  std::string time, time_unit, potential, potential_unit, current, current_unit;  ///< columns of a plain table
  std::string capacity, capacity_unit, temperature, temperature_unit;
  std::optional<core::Value> constant_current_mass_kg;  ///< of that electrode; default: the titration's
  std::optional<double> constant_current_extracted;     ///< when it begins; default: as the titration begins
};
std::span<const core::Setting<TitrationSettings>> titration_settings_table();

struct TitrationOutcome {
  std::string name;
  GittSettings gitt;
  TitrationSettings settings;
  CyclerTable table;
  GittSample sample;  ///< what the analysis assumed, from the study and from the file
  GittResult result;
  std::vector<std::string> remarks;  ///< what was assumed and where it came from
  std::optional<ConstantCurrent> constant_current;
  std::vector<SourceFile> constant_current_sources;

  bool x_is_known() const;  ///< lithium per formula unit: masses are known
};

/// Reads and joins the files of a role. Throws UnreadableFile.
CyclerTable read_record(const probe::Measurement& measurement, std::string_view role, const TitrationSettings& settings,
                        core::Progress& progress);

TitrationOutcome analyse_titration(const probe::Measurement& measurement, core::Progress& progress);

result::Result describe(const TitrationOutcome& outcome);

}  // namespace lithoscope::echem
