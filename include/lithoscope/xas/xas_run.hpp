// The probe `xas`: absorption spectra normalised, measured by their features, and compared.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/result/result.hpp"
#include "lithoscope/xas/compare.hpp"
#include "lithoscope/xas/components.hpp"
#include "lithoscope/xas/features.hpp"
#include "lithoscope/xas/reading.hpp"
#include "lithoscope/xas/sight.hpp"

namespace lithoscope::xas {

/// Settings beside those of reading, comparing and depth.
struct XasSettings {
  std::vector<std::string> feature;  ///< "name: from..to / from..to"
};
std::span<const core::Setting<XasSettings>> xas_settings_table();

struct XasFeature {
  FeatureWindow window;
  FeatureRatio ratio;
};

struct XasSpectrum {
  ReadSpectrum read;
  std::optional<WhiteLines> white_lines;  ///< of an L edge that holds both
  std::string why_no_white_lines;
  std::vector<XasFeature> features;
  result::DepthKernel depth;
};

/// A spectrum of the state before, as it is found in a result.
struct EarlierSpectrum {
  std::string source;
  Spectrum spectrum;  ///< normalised; of its name one line
  std::vector<XasFeature> features;
};

struct XasPair {
  EarlierSpectrum before;
  std::size_t after = 0;  ///< of the spectra
  Difference difference;
  std::vector<FeatureChange> changes;
};

struct XasOutcome {
  std::vector<XasSpectrum> spectra;      ///< of one yield after another
  std::vector<XasPair> pairs;            ///< with those of the state before
  std::optional<Components> components;  ///< of three or more of one yield
  std::vector<std::string> warnings;
};

struct XasStudy {
  std::vector<ScanChoice> files;
  std::vector<Reading> readings;  ///< one a yield
  CompareSettings compare;
  std::vector<FeatureWindow> features;  ///< default: the usual ones of the element
  SightSettings sight;
  Matter matter;
};

/// Throws UnreadableFile, UsageError.
XasOutcome run_xas(const XasStudy& study);
/// What run_xas makes of one spectrum.
XasSpectrum measure_spectrum(ReadSpectrum read, const XasStudy& study);
/// How the computed references of neighbouring valences differ, at the energies of an L2,3 edge of Mn, Co or Ni;
/// nothing for other edges.
std::vector<Direction> reference_directions(const Spectrum& spectrum, core::Progress& progress);
/// What chemistry may do to a spectrum (after), such as reference_directions.
using DirectionsOf = std::function<std::vector<Direction>(const Spectrum&)>;
/// The spectra one by one against those of the state before, with the directions of each. Throws UsageError when there
/// are not as many.
void compare_with(XasOutcome& outcome, std::span<const EarlierSpectrum> before, const CompareSettings& settings,
                  const DirectionsOf& directions);

/// "feature/Ni/L3-high-energy-shoulder"; of a fluorescence with "/fluorescence" at its end.
std::string observable_name(const FeatureWindow& window, const std::string& element, Yield yield);

/// Numbers, tables, observables, figures and words; the probe's facts are filled in by its caller.
result::Result describe(const XasOutcome& outcome);
/// What a comparison needs of such a result.
std::vector<EarlierSpectrum> spectra_of(const result::Result& result);

}  // namespace lithoscope::xas
