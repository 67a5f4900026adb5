// Absorption spectra from files to answers: what `litho xas`, `litho valence` and `litho selfabs` compute and write.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/xas/compare.hpp"
#include "lithoscope/xas/components.hpp"
#include "lithoscope/xas/depth_valence.hpp"
#include "lithoscope/xas/features.hpp"
#include "lithoscope/xas/linear_combination.hpp"
#include "lithoscope/xas/normalise.hpp"
#include "lithoscope/xas/self_absorption.hpp"

namespace lithoscope::study {

/// A file and which of its scans; "FILE:SCAN" on the command line, where a colon in a file's own name is kept.
struct ScanChoice {
  std::string path, scan;
};
ScanChoice parse_scan_choice(const std::string& text);

/// How files become normalised spectra; the same for all of one run.
struct XasReading {
  std::optional<xas::Channels> channels;  ///< default: the usual ones of such a file
  xas::Normalisation normalisation = xas::Normalisation::edge;
  xas::EdgeSettings edge;
  bool stored_settings = true;     ///< an Athena record's own e0 and ranges where none are given
  std::string element, edge_name;  ///< where the file does not say
  bool fluorescence = false;       ///< the usual column is a fluorescence
  /// A foil measured along: its edge is put at `foil_edge_eV`, and the spectrum moved as much.
  std::optional<xas::Channels> foil;
  double foil_edge_eV = 0;
  /// Moved onto the shape of this spectrum, by a shift of this standard deviation about 0.
  std::optional<ScanChoice> align;
  double align_prior_eV = 1;
};

/// As read and calibrated, before anything else is done to it. Throws UnreadableFile, UsageError.
xas::Spectrum read_measured(const ScanChoice& choice, const XasReading& reading);
xas::Normalised read_normalised(const ScanChoice& choice, const XasReading& reading);

/// A curve or several over one axis, as results are written.
struct CurveTable {
  std::string name;
  struct Column {
    std::string name, unit;
    std::vector<double> values;
  };
  std::vector<Column> columns;  ///< the first is the axis
};

struct XasSpectrumOutcome {
  std::string source;
  xas::Spectrum measured;
  xas::Normalised normalised;
  std::optional<xas::WhiteLines> white_lines;  ///< of an L edge that holds both
  std::string why_no_white_lines;
  std::vector<std::pair<xas::FeatureWindow, core::Value>> features;
};

struct XasFeatureChange {
  xas::FeatureWindow window;
  core::Value before, after;
};

struct XasPair {
  std::size_t before = 0, after = 0;  ///< of the spectra
  xas::Difference difference;
  std::vector<XasFeatureChange> changes;
};

struct XasOutcome {
  std::vector<XasSpectrumOutcome> spectra;  ///< all before, then all after
  std::vector<XasPair> pairs;
  std::optional<xas::Components> components;  ///< of three or more
  std::string settings;                       ///< every default written out
  std::vector<std::string> warnings;
};

struct XasStudy {
  std::vector<ScanChoice> files;
  std::vector<ScanChoice> after;  ///< of each of the files, in their order; empty: nothing is compared
  XasReading reading;
  xas::CompareSettings compare_settings;
  std::vector<xas::FeatureWindow> features;  ///< default: the usual ones of the element
};
XasOutcome run_xas(const XasStudy& study);

struct ReferenceChoice {
  ScanChoice file;  ///< empty for an ion
  std::string ion;  ///< "Ni2+", computed
  std::string name;
  std::optional<double> valence;
};
/// "FILE:SCAN=3" or "Ni2+". Throws UsageError.
ReferenceChoice parse_reference(const std::string& text);

struct ValenceStudy {
  ScanChoice file;  ///< electrons, when there are two
  std::optional<ScanChoice> fluorescence;
  XasReading reading, fluorescence_reading;
  std::vector<ReferenceChoice> references;
  xas::MixtureSettings mixture;
  std::size_t combinations = 0;  ///< try all of up to so many references; 0: only all together
  std::string formula;           ///< for the depth: what light and electrons go through
  double density_g_per_cm3 = 0;
  double incidence_deg = 45, exit_deg = 45;
  xas::DepthSettings depth;
};
struct ValenceOutcome {
  ValenceStudy study;
  std::vector<xas::Normalised> measured;  ///< electrons, fluorescence
  std::vector<xas::MixtureFit> fits;      ///< of each
  std::vector<xas::Combination> combinations;
  std::vector<std::string> reference_names;
  std::optional<xas::DepthValence> depth;
  std::string why_no_depth;
  double electron_attenuation_nm = 0, fluorescence_nm = 0;  ///< lengths used for the depth
  std::string settings;
  std::vector<std::string> warnings;
};
ValenceOutcome run_valence(const ValenceStudy& study, core::Progress& progress);

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
  XasReading reading;
  std::string formula;
  double incidence_deg = 45, exit_deg = 45;
  double second_incidence_deg = 0, second_exit_deg = 0;
  std::optional<double> areal_density_g_per_cm2;
  bool thick = false;
  bool flat_response = false;
  std::optional<core::Value> strength_edge_eV;
  double line_eV = 0;  ///< 0: the strongest of the edge
};
struct SelfAbsorptionOutcome {
  SelfAbsorptionStudy study;
  xas::Normalised signal;
  xas::EdgeAbsorption absorption;
  std::optional<xas::ThicknessFit> thickness;
  xas::Slab slab;
  std::optional<xas::Corrected> corrected;
  std::optional<xas::Spectrum> attenuation;  ///< of two angles: over that at the emitted line
  std::vector<xas::LineYield> lines;         ///< of the demonstration
  std::vector<double> partial, total;        ///< of the demonstration, an edge of one
  std::string settings;
  std::vector<std::string> warnings;
};
SelfAbsorptionOutcome run_self_absorption(const SelfAbsorptionStudy& study);

std::vector<CurveTable> curve_tables(const XasOutcome& outcome);
std::vector<CurveTable> curve_tables(const ValenceOutcome& outcome);
std::vector<CurveTable> curve_tables(const SelfAbsorptionOutcome& outcome);

/// The bytes of run.nxs.
std::string nexus_file(const XasOutcome& outcome);
std::string nexus_file(const ValenceOutcome& outcome);
std::string nexus_file(const SelfAbsorptionOutcome& outcome);

}  // namespace lithoscope::study
