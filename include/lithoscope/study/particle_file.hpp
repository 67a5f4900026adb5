// The programme file of `litho particle`: one particle, what is done to it, and what a scan varies. Strict, as the
// study file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lithoscope/particle/model.hpp"
#include "lithoscope/particle/programme.hpp"
#include "lithoscope/particle/scan.hpp"
#include "lithoscope/study/override.hpp"

namespace lithoscope::study {

struct ParticleStudy {
  std::string path;  ///< of the file, or the name of the preset
  particle::Model model;
  particle::Programme programme;
  std::optional<particle::Scan> scan;
};

/// A file, or the name of a preset that comes with the program. Throws UsageError with file, line and column.
ParticleStudy read_particle_study(const std::string& path_or_preset, const std::vector<Override>& overrides);
ParticleStudy parse_particle_study(const std::string& text, const std::string& path,
                                   const std::vector<Override>& overrides);

/// Every default written out, as TOML that reads back to the same.
std::string resolved_particle_study(const ParticleStudy& study);

struct Preset {
  std::string name;
  std::string title;
};
std::vector<Preset> particle_presets();
/// The preset's file, to start one's own from. Throws UsageError for an unknown name.
std::string particle_preset(const std::string& name);

}  // namespace lithoscope::study
