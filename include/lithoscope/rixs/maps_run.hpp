// Photon events and scan passes to maps and everything cut from them: the probe `rixs`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/core/settings.hpp"
#include "lithoscope/result/result.hpp"
#include "lithoscope/rixs/change.hpp"
#include "lithoscope/rixs/elastic.hpp"
#include "lithoscope/rixs/feature.hpp"
#include "lithoscope/rixs/feature_change.hpp"
#include "lithoscope/rixs/plane_file.hpp"
#include "lithoscope/rixs/scale.hpp"
#include "lithoscope/tes/events.hpp"
#include "lithoscope/tes/scan_log.hpp"

namespace lithoscope::rixs {

/// What a person may set.
struct MapsSettings {
  std::string edge;       ///< "O K": only passes about it; empty: all
  std::string i0_column;  ///< of the monitor's table; empty: "i0"
  std::optional<double> i0_sigma;
  bool whole_seconds = false;
  std::optional<double> from, to;  ///< eV; nothing: about the scanned energies
  double bin = 0.5;                ///< eV
  bool loss = false, no_elastic = false;
  std::vector<std::string> region;
  std::string inverse;
  std::vector<std::string> cut_at;
  Normalise normalise = Normalise::automatic;
  std::string feature;
  bool no_feature = false;
  PlaneAxes plane_axes = PlaneAxes::automatic;
  std::optional<double> photons_per_unit;
  std::string monitor_column;
  std::optional<double> monitor_scale_error, monitor_dark, monitor_range;
};
std::span<const core::Setting<MapsSettings>> maps_settings_table();

/// "531" or "530..532": incident energies of an emission spectrum. Throws UsageError.
std::pair<double, double> parse_cut(const std::string& text);
/// "531,523" or "531 eV -> 523 eV": where a feature is sought. Throws UsageError.
FeatureSettings parse_feature(const std::string& text);

struct MapsRequest {
  std::string edge;
  std::string i0, i0_column = "i0";  ///< a table of the monitor over incident energy; empty: the log's own monitor
  double i0_relative_sigma = 0;
  double i0_dark = 0, i0_range = 1;  ///< reading without beam; factor of the amplifier's range
  double scale_error = 0.01;         ///< relative, of the monitor in each state: common to all values of a state
  MapSettings map;
  double bin_eV = 0.5;
  std::optional<double> emission_from_eV, emission_to_eV;  ///< default: about the scanned energies
  std::vector<Region> regions;                             ///< PFY of bands, sPFY of polygons
  std::optional<Region> inverse;                           ///< iPFY of this band
  std::vector<std::pair<double, double>> cuts;             ///< incident energies of emission spectra
  bool remove_elastic = false;
  std::optional<FeatureSettings> feature;  ///< default: where the map has 531 and 523 eV
  bool seek_feature = true;
  Normalise normalise = Normalise::automatic;
  PlaneSettings plane;  ///< of maps that were made elsewhere
};
/// Texts of the settings understood. Throws UsageError.
MapsRequest request_of(const MapsSettings& settings);

/// Photons of all pixels and the passes of the scans, on one clock.
struct Photons {
  std::vector<tes::PixelEvents> events;
  std::vector<tes::ScanPass> passes;
  std::optional<double> detector_fwhm_eV;  ///< of the calibration lines, the median pixel
};

struct NamedCurve {
  std::string kind;  ///< "PFY", "sPFY", "iPFY", "TFY", "XRF", "XES"
  Curve curve;
};

struct PassFacts {
  std::string name;
  double counts = 0;
  std::int64_t outside = 0;  ///< photons in its windows beyond the rows
};

/// One sample: its map and all spectra of it.
struct MapOutcome {
  RixsMap map;       ///< all passes; the elastic line taken away where that was asked
  RixsMap measured;  ///< as counted
  std::vector<PassFacts> passes;
  std::optional<ElasticFit> elastic;
  std::vector<NamedCurve> curves;
  std::optional<Feature> feature;
  /// Chi squared of the passes against each other, PFY point by point: more than its degrees is a beam or a sample that
  /// changed.
  double passes_chi_squared = 0;
  std::int64_t passes_degrees = 0;
};

/// What changed from the state before, where both were scanned at the same energies.
struct MapsChange {
  MapOutcome before;
  StateScale scale;
  std::vector<CurveChange> curves;  ///< in the order of the curves
  MapChange map;
  std::optional<FeatureChange> feature;
};

struct MapsOutcome {
  MapsRequest request;  ///< with the regions that were used
  EnergyBins bins;
  MapOutcome found;
  std::optional<MapsChange> change;
  std::string state;  ///< whose monitor it was
  std::vector<std::string> warnings;
};

/// `before`: rows are chosen as there, and what changed is worked out where the axes are the same. Throws UsageError
/// where no scan is given, UnusableData where no photon falls into one.
MapsOutcome reduce_maps(const Photons& photons, const MapsRequest& request, const MapOutcome* before = nullptr);
/// The same of maps that were made elsewhere: added up as far as their axes agree.
MapsOutcome reduce_maps(std::vector<RixsMap> maps, const MapsRequest& request, const MapOutcome* before = nullptr);

/// What is cut from a map of these passes where no region is asked for: all that is shown.
std::vector<Region> usual_regions(const MapsRequest& request, const std::vector<tes::ScanPass>& passes);

/// Everything of it as numbers, tables, grids, observables, figures and words.
result::Result describe(const MapsOutcome& outcome);

/// What a result of `rixs` was described from; the map's name and remarks are not kept. Throw std::out_of_range for
/// another result.
MapOutcome map_outcome_of(const result::Result& result);
RixsMap map_of(const result::Result& result);
std::vector<NamedCurve> curves_of(const result::Result& result);
std::optional<Feature> feature_of(const result::Result& result);

/// "feature/O/531-523": the element whose edge is near, the energies rounded.
std::string feature_name(const FeatureSettings& feature);

}  // namespace lithoscope::rixs
