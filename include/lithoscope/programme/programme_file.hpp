// The programme file of `litho particle`: one particle, what is done to it, and what a scan varies. Strict, as the
// study file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lithoscope/io/toml.hpp"
#include "lithoscope/particle/model.hpp"
#include "lithoscope/particle/programme.hpp"
#include "lithoscope/particle/scan.hpp"
#include "lithoscope/programme/origin.hpp"

namespace lithoscope::programme {

/// What a paper reports of a number of the run, and the smallest change its instruments resolve.
struct Reported {
  std::string quantity;  ///< as particle::summary names it: "heat.delta_tey_valence.Ni"
  std::string words;
  std::optional<double> resolves;  ///< in the quantity's unit
  std::string why;                 ///< of `resolves`
};

struct ProgrammeFile {
  std::string path;  ///< of the file, or the name of the preset
  particle::Model model;
  particle::Programme programme;
  std::optional<particle::Scan> scan;
  /// Radii, beside the grain's own, for which the page says how far a charge comes with D not multiplied.
  std::vector<double> face_value_radii_nm;
  std::vector<Reported> reported;
  std::vector<Origin> origins;  ///< of every number the run depends on
};

/// A file, or the name of a preset that comes with the program. Throws UsageError with file, line and column.
ProgrammeFile read_programme_file(const std::string& path_or_preset, const std::vector<io::Override>& overrides);
ProgrammeFile parse_programme_file(const std::string& text, const std::string& path,
                                   const std::vector<io::Override>& overrides);

/// Throws UsageError that names the first value set on the command line without which the run is the same, and what
/// read_programme_file and simulate throw.
void refuse_idle_overrides(const std::string& path_or_preset, const std::vector<io::Override>& overrides);

/// Every default written out, as TOML that reads back to the same.
std::string resolved_text(const ProgrammeFile& file);

struct Preset {
  std::string name;
  std::string title;
};
std::vector<Preset> presets();
/// The preset's file, to start one's own from. Throws UsageError for an unknown name.
std::string preset_text(const std::string& name);

}  // namespace lithoscope::programme
