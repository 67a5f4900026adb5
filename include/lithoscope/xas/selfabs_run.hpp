// The probe `selfabs`: what a sample does to its own fluorescence, and whether it can be undone.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/settings.hpp"
#include "lithoscope/result/result.hpp"
#include "lithoscope/xas/reading.hpp"
#include "lithoscope/xas/self_absorption.hpp"

namespace lithoscope::xas {

/// What a detector counted.
enum class YieldKind {
  told,     ///< as the column's name, the level below the edge and the strength of the white lines tell
  partial,  ///< the edge's own lines
  total,    ///< everything
};

/// Settings beside those of reading. Angles are from the surface.
struct SelfAbsorptionSettings {
  double incidence_deg = 45, exit_deg = 45;
  std::optional<double> second_incidence_deg, second_exit_deg;
  std::optional<double> areal_density_g_per_cm2;
  bool thick = false;
  bool flat_response = false;
  std::optional<core::Value> strength_edge_eV;
  std::optional<double> line_eV;
  bool inverse = false;
  bool demonstrate = false;
  std::optional<core::Value> coster_kronig;
  YieldKind yield = YieldKind::told;
};
std::span<const core::Setting<SelfAbsorptionSettings>> self_absorption_settings_table();

enum class SelfAbsorptionTask {
  correct,      ///< fluorescence -> absorption
  two_angle,    ///< the same line at two geometries
  inverse,      ///< a non-resonant line at two geometries
  demonstrate,  ///< absorption -> what total and partial fluorescence make of it
};
struct SelfAbsorptionStudy {
  SelfAbsorptionTask task = SelfAbsorptionTask::correct;
  ScanChoice file;
  std::optional<ScanChoice> second;  ///< at another geometry, or an electron yield to fit the slab to
  Reading reading;
  std::string formula;
  double incidence_deg = 45, exit_deg = 45;
  double second_incidence_deg = 0, second_exit_deg = 0;
  std::optional<double> areal_density_g_per_cm2;
  bool thick = false;
  bool flat_response = false;
  std::optional<core::Value> strength_edge_eV;
  double line_eV = 0;  ///< 0: all lines of the edge
  core::Value coster_kronig;
  YieldKind yield = YieldKind::told;
};

struct SelfAbsorptionOutcome {
  SelfAbsorptionStudy study;
  ReadSpectrum signal;
  std::optional<ReadSpectrum> second;
  EdgeAbsorption absorption;
  std::optional<ThicknessFit> thickness;
  Slab slab;
  std::optional<Corrected> corrected;
  std::optional<Spectrum> attenuation;  ///< of two angles: over that at the emitted line
  std::vector<LineYield> lines;         ///< of the demonstration
  std::vector<double> partial, total;   ///< of the demonstration, an edge of one
  std::vector<std::string> warnings;
};

/// Throws UsageError for settings that exclude each other.
SelfAbsorptionStudy self_absorption_study(const SelfAbsorptionSettings& settings);
/// Throws UnreadableFile, UsageError, ComputationError.
SelfAbsorptionOutcome run_self_absorption(const SelfAbsorptionStudy& study);
/// The same of a spectrum that is in memory.
SelfAbsorptionOutcome run_self_absorption(const SelfAbsorptionStudy& study, ReadSpectrum signal);

/// Numbers, tables, observables, figures and words; the probe's facts are filled in by its caller.
result::Result describe(const SelfAbsorptionOutcome& outcome);

}  // namespace lithoscope::xas
