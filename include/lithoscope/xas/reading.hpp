// From files to normalised spectra: what the probes of this room share.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/settings.hpp"
#include "lithoscope/xas/features.hpp"
#include "lithoscope/xas/normalise.hpp"
#include "lithoscope/xas/scan_files.hpp"

namespace lithoscope::xas {

/// What is typed about the columns of a file; empty: the usual ones of such a file.
struct ColumnSettings {
  std::string energy;
  std::vector<std::string> signal;
  std::string i0;
  bool transmission = false;
  std::string sigma;
  bool counts = false;
  double dark_signal = 0, dark_i0 = 0;
  double energy_shift_eV = 0;
  std::string foil_signal, foil_i0;
  bool foil_transmission = false;
  std::optional<double> foil_edge_eV;
  double align_prior_eV = 1;
  bool merge_repeats = false;
  bool deglitch = false;
  std::optional<double> rebin_eV;
  std::string tey, tfy, monitor;  ///< of a study: electrons, fluorescence, monitor; `signal` and `i0` go first
};
std::span<const core::Setting<ColumnSettings>> column_settings_table();

/// How spectra are normalised.
struct NormalisationSettings {
  Normalisation how = Normalisation::edge;
  std::optional<double> e0_eV, pre_from, pre_to, post_from, post_to;
  std::optional<int> pre_order, order;
  std::string element;
  std::string edge_name;  ///< "L3", or element and edge in one: "Ni L3"
};
std::span<const core::Setting<NormalisationSettings>> normalisation_settings_table();

/// Both tables, for a probe's list of settings.
std::vector<core::SettingInfo> reading_settings();

/// A file and which of its scans.
struct ScanChoice {
  std::string path, scan;
  std::string title() const;  ///< "before.dat:3", without folders: a moved folder gives the same result
  bool operator==(const ScanChoice&) const = default;
};

/// How files become normalised spectra; the same for all of one measurement.
struct Reading {
  std::optional<Channels> channels;  ///< default: the usual ones of such a file
  Normalisation normalisation = Normalisation::edge;
  EdgeSettings edge;
  bool stored_settings = true;     ///< an Athena record's own e0 and ranges where none are given
  std::string element, edge_name;  ///< where the file does not say
  bool fluorescence = false;       ///< the usual column is a fluorescence
  std::optional<double> rebin_eV;  ///< Rebin::step_eV
  /// A foil measured along: its edge is put at `foil_edge_eV`, and the spectrum moved as much.
  std::optional<Channels> foil;
  double foil_edge_eV = 0;
  /// Moved onto the shape of this spectrum, by a shift of this standard deviation about 0.
  std::optional<ScanChoice> align;
  double align_prior_eV = 1;
};

struct ElementAndEdge {
  std::string element, edge;
};
/// "Ni L3" is both, "L3" an edge, "Ni" alone an element.
ElementAndEdge parse_edge(const std::string& text);

/// Throws UsageError for a foil's column without its edge or the other way round.
Reading reading_of(const ColumnSettings& columns, const NormalisationSettings& normalisation);

/// What was detected: it says how deep the spectrum sees.
enum class Yield { electrons, fluorescence, transmission, unknown };
/// "electrons", "fluorescence", "transmission", "unknown".
std::string_view yield_words(Yield yield);
/// By the names of the columns that were used.
Yield yield_of(const Channels& channels);

/// A spectrum as read and calibrated, and normalised.
struct ReadSpectrum {
  std::string source;  ///< ScanChoice::title()
  std::string format;  ///< as the reader calls it
  Yield yield = Yield::unknown;
  Channels channels;  ///< columns that were read
  Spectrum measured;
  Normalised normalised;
};
/// Throws UnreadableFile, UsageError.
ReadSpectrum read_spectrum(const ScanChoice& choice, const Reading& reading);
/// Of a scan that is in memory; `reading.align` is a file all the same.
ReadSpectrum spectrum_of(const Scan& scan, const ScanChoice& choice, const Reading& reading);

/// The file's name, or the first line of what it calls the scan: what a legend can hold.
std::string short_name(const Spectrum& spectrum);
/// "Ni L2,3".
std::string edge_title(const Spectrum& spectrum);

}  // namespace lithoscope::xas
