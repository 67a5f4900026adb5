// A microcalorimeter run of a known emission: the instrument's plan, its files, and what a reduction should find.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/core/settings.hpp"
#include "lithoscope/rixs/feature.hpp"
#include "lithoscope/rixs/spectra.hpp"
#include "lithoscope/rixs/synthesize.hpp"
#include "lithoscope/tes/scan_log.hpp"
#include "lithoscope/tes/synthesize.hpp"

namespace lithoscope::rixs {

enum class TwinKind { off, ljh, both };

/// What a person may set of the run.
struct TwinSettings {
  std::vector<std::string> emission;  ///< "INCIDENT EMISSION SIGMA_IN SIGMA_OUT STRENGTH"; empty: usual_emission()
  double elastic = 0.02;              ///< strength at every incident energy
  std::string incident = "526..538:0.2";
  double dwell = 1.2;        ///< s
  double rate = 20;          ///< 1/s: photons in a pixel where most are emitted, and in calibrations
  double calibration = 120;  ///< s: length of each of the two
  int pixels = 240, passes = 1;
  TwinKind kind = TwinKind::off;
};
std::span<const core::Setting<TwinSettings>> twin_settings_table();

/// Oxygen of a charged cathode: the band, its resonance, and the feature of oxidised oxygen (JACS 2019, Figure 4).
std::vector<std::string> usual_emission();

/// Times of a run: a calibration, the scan, another calibration.
struct TwinPlan {
  tes::ScanLog before, scan, after;
};

struct ArrayTwin {
  tes::SyntheticArray array;
  TwinPlan plan;
  EmissionModel model;
  double rate_per_s = 0;
  TwinKind kind = TwinKind::off;
};
/// Texts of the settings understood. Throws UsageError.
ArrayTwin twin_of(const TwinSettings& settings, std::uint64_t seed);

/// Logs and pulse files by name.
void write_files(const ArrayTwin& twin, core::Progress& progress,
                 const std::function<void(const std::string& name, std::string_view bytes)>& sink);

/// Photons a second a pixel sees in a part of the map at each of these incident energies, the detector's resolution
/// (FWHM, eV) included.
std::vector<double> expected_yield(const ArrayTwin& twin, const Region& band, std::span<const double> incident_eV,
                                   double resolution_fwhm_eV);
/// Photons of the line nearest to a place of the map, a second in a pixel, added up over the scanned energies; nothing
/// when no line lies within the reach of the search.
std::optional<double> expected_feature(const ArrayTwin& twin, const FeatureSettings& sought);

}  // namespace lithoscope::rixs
