// The probe `valence`: a spectrum as a mixture of references, at the surface and in the bulk.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/result/result.hpp"
#include "lithoscope/xas/depth_valence.hpp"
#include "lithoscope/xas/linear_combination.hpp"
#include "lithoscope/xas/reading.hpp"
#include "lithoscope/xas/sight.hpp"

namespace lithoscope::xas {

/// Settings beside those of reading, the mixture, the depth and the sight.
struct ValenceSettings {
  std::vector<std::string> ions;
  int combinations = 0;
  std::string fluorescence_signal, fluorescence_i0;
};
std::span<const core::Setting<ValenceSettings>> valence_settings_table();

struct ReferenceChoice {
  ScanChoice file;  ///< empty for an ion
  std::string ion;  ///< "Ni2+", computed
  std::string name;
  std::optional<double> valence;
};
/// "Ni2+" or "Ni2+=2". Throws UsageError.
ReferenceChoice parse_ion_reference(const std::string& text);
/// What follows the path of a reference: "=3", "SCAN", "SCAN=3".
ReferenceChoice file_reference(const std::string& path, const std::string& selector);

struct ValenceStudy {
  ScanChoice file;  ///< electrons, when there are two
  std::optional<ScanChoice> fluorescence;
  Reading reading, fluorescence_reading;
  std::vector<ReferenceChoice> references;
  MixtureSettings mixture;
  std::size_t combinations = 0;  ///< try all of up to so many references; 0: only all together
  Matter matter;                 ///< for the depth: what light and electrons go through
  SightSettings sight;
  DepthSettings depth;
  std::vector<Spectrum> before;  ///< normalised, of the state before: electrons, fluorescence; empty: none
};

struct ValenceOutcome {
  ValenceStudy study;
  std::vector<ReadSpectrum> measured;        ///< electrons, fluorescence
  std::vector<MixtureFit> fits;              ///< of each
  std::vector<result::DepthKernel> kernels;  ///< of each
  std::vector<MixtureChange> changes;        ///< of each that has one before
  std::vector<Combination> combinations;
  std::vector<std::string> reference_names;
  std::vector<std::optional<double>> reference_valences;
  std::optional<DepthValence> depth;
  std::string why_no_depth;
  double electron_attenuation_nm = 0, fluorescence_nm = 0;  ///< lengths used for the depth
  std::string gate;                                         ///< why the shares are not to be used; empty: they are
  std::vector<std::string> warnings;
};

/// Throws UnreadableFile, UsageError.
ValenceOutcome run_valence(const ValenceStudy& study, core::Progress& progress);

/// "electrons", "fluorescence" or "transmission": of which yield a valence is. An unknown one is taken for electrons
/// beside a fluorescence and at soft edges, for transmission at hard ones.
Yield yield_of(const ValenceOutcome& outcome, std::size_t fit);

/// Numbers, tables, observables, figures and words; the probe's facts are filled in by its caller.
result::Result describe(const ValenceOutcome& outcome);

/// The spectra of a result, as they were fitted, for ValenceStudy::before.
std::vector<Spectrum> mixed_spectra(const result::Result& result);

}  // namespace lithoscope::xas
