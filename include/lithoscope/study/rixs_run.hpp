// Photon events and scan logs to maps and everything cut from them: what `litho rixs` computes and writes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lithoscope/rixs/change.hpp"
#include "lithoscope/rixs/elastic.hpp"
#include "lithoscope/rixs/feature.hpp"
#include "lithoscope/study/tes_run.hpp"
#include "lithoscope/study/xas_run.hpp"

namespace lithoscope::study {

/// Which photons and which scans make one map.
struct MapSource {
  TesStudy detector;              ///< files and calibrations; or
  std::string events;             ///< a run.nxs of `litho tes`
  std::vector<std::string> logs;  ///< scan logs; calibration logs among them go to the detector
  std::string i0, i0_column;      ///< a table of the monitor over incident energy
  double i0_relative_sigma = 0;
};

struct RixsStudy {
  MapSource before;
  std::optional<MapSource> after;  ///< missing parts are those of `before`: another scan of the same night
  rixs::MapSettings map;
  double bin_eV = 0.5;
  std::optional<double> emission_from_eV, emission_to_eV;  ///< default: about the scanned edge
  std::vector<rixs::Region> regions;                       ///< PFY of bands, sPFY of polygons
  std::optional<rixs::Region> inverse;                     ///< iPFY of this band
  std::vector<std::pair<double, double>> cuts;             ///< incident energies of emission spectra
  bool remove_elastic = false;
  std::optional<rixs::FeatureSettings> feature;  ///< default: where the map holds 531 and 523 eV
  bool seek_feature = true;
  rixs::Normalise normalise = rixs::Normalise::area;
};

struct NamedCurve {
  std::string kind;  ///< "PFY", "sPFY", "iPFY", "TFY", "XRF", "XES"
  rixs::Curve curve;
};

/// One sample: its map and all spectra of it.
struct MapOutcome {
  rixs::RixsMap map;       ///< all passes; the elastic line taken away where that was asked
  rixs::RixsMap measured;  ///< as counted
  std::vector<rixs::RixsMap> passes;
  std::optional<rixs::ElasticFit> elastic;
  std::vector<NamedCurve> curves;  ///< the same kinds in the same order for before and after
  std::optional<rixs::Feature> feature;
  /// Chi squared of the passes against each other, PFY point by point: more than its degrees is a beam or a sample that
  /// changed.
  double passes_chi_squared = 0;
  std::int64_t passes_degrees = 0;
};

struct RixsOutcome {
  RixsStudy study;
  std::vector<TesOutcome> detectors;  ///< of before and after, where they were reduced here
  MapOutcome before;
  std::optional<MapOutcome> after;
  std::vector<rixs::CurveChange> changes;  ///< a curve kind, before to after
  std::optional<rixs::MapChange> map_change;
  std::optional<rixs::FeatureChange> feature_change;
  std::vector<std::string> sources;  ///< logs, events, pulses: "file  format  sha256 ..."
  std::string settings;
  std::vector<std::string> warnings;
};

/// Throws UsageError where no scan or no photon is given, UnreadableFile.
RixsOutcome run_rixs(const RixsStudy& study, core::Progress& progress);

std::vector<CurveTable> curve_tables(const RixsOutcome& outcome);
std::string nexus_file(const RixsOutcome& outcome);

}  // namespace lithoscope::study
