// The study file: which sample, which measurements, which files. Strict: an unknown key, a wrong unit or a missing file
// is an error with its line.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lithoscope/core/value.hpp"
#include "lithoscope/echem/cycler_files.hpp"
#include "lithoscope/echem/gitt.hpp"
#include "lithoscope/study/override.hpp"

namespace lithoscope::study {

struct Sample {
  std::string formula;  ///< empty when not given
  std::optional<core::Value> molar_mass_g_per_mol;
  std::optional<core::Value> active_mass_kg;
  std::optional<core::Value> density_kg_per_m3;
  std::optional<core::Value> bet_area_m2_per_kg;
  double size_spread = 0;  ///< standard deviation of ln R by volume
  std::optional<core::Value>
      particle_radius_m;  ///< median by volume; takes precedence over bet_area for the diffusion length
  echem::Geometry geometry = echem::Geometry::sphere;
};

struct State {
  std::string name;
  std::optional<double> lithium_extracted;  ///< per formula unit, when the measurement of this state begins
};

/// A charge or discharge at constant current, held against a titration.
struct ConstantCurrentFiles {
  std::vector<std::string> files;
  std::optional<double> active_mass_kg;     ///< of that electrode; default: the titration's
  std::optional<double> lithium_extracted;  ///< when it begins; default: as the titration begins
};

struct Measurement {
  std::string probe;  ///< "gitt"
  std::string name;   ///< for the report; by default the probe and the state
  std::string state;
  std::vector<std::string> files;  ///< as written: paths or patterns relative to the study file
  std::optional<echem::PlainLayout> columns;
  echem::Join join = echem::Join::time;
  echem::CellKind cell = echem::CellKind::not_declared;
  echem::GittSettings gitt;
  echem::StepSettings steps;
  echem::IciSettings ici;
  std::optional<ConstantCurrentFiles> constant_current;
  int line = 0;  ///< of the study file, 0 when there is none
};

struct Study {
  std::string path;       ///< of the study file; empty when it came from the command line
  std::string directory;  ///< relative paths start here
  std::string title;
  Sample sample;
  std::vector<State> states;
  std::vector<Measurement> measurements;
};

/// Throws UsageError with file, line and column.
Study read_study(const std::string& path, const std::vector<Override>& overrides);
Study parse_study(const std::string& text, const std::string& path, const std::vector<Override>& overrides);

/// The study with every default written out, as TOML that reads back to the same study.
std::string resolved_study(const Study& study);

}  // namespace lithoscope::study
